"""The page in a real browser: load, step, play, pause, levers, why, languages, downloads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rasterio

from landsim.io.store import open_run
from landsim.scenario.run import replay
from tests.browser.acts import (
    MAP,
    changed_picture,
    click_cell,
    fill,
    open_source,
    picture_of,
    pixels,
    says,
    step,
    wait_for_year,
)
from tests.browsing import grave_faults

Visit = Callable[[], Any]


def test_the_page_loads_and_says_what_to_do(visit: Visit, server: Any) -> None:
    page = visit()
    says(page, ".ls-welcome", "Choose a scenario or a finished run")
    names = page.locator(".sel-source option").all_inner_texts()
    assert {"demo", "small", "runs/tight", "runs/spoilt"} <= set(names)
    assert page.evaluate("document.documentElement.lang") == "en"


def test_a_step_changes_year_map_and_charts(visit: Visit) -> None:
    page = visit()
    open_source(page)
    wait_for_year(page, 2020)
    before, picture = pixels(page), picture_of(page)
    for _ in range(3):
        step(page)
    changed_picture(page, picture)
    page.wait_for_timeout(400)
    after = pixels(page)
    assert before.shape == after.shape
    assert (before != after).any(axis=2).mean() > 0.002
    says(page, ".ls-bar-ends", "3 of 12 years")
    page.wait_for_function("document.querySelectorAll('.ls-chart canvas').length === 4")


def test_play_goes_on_and_pause_stops_exactly(visit: Visit) -> None:
    page = visit()
    open_source(page)
    page.select_option(".sel-speed select", "5.0")
    page.click(".btn-play")
    page.wait_for_selector(".ls-state-playing")
    page.wait_for_function("Number(document.querySelector('.ls-year').dataset.year) >= 2022")
    page.click(".btn-pause")
    page.wait_for_selector(".ls-state-ready")
    year = page.get_attribute(".ls-year", "data-year")
    page.wait_for_timeout(1500)  # more than the time of several years at this speed
    assert page.get_attribute(".ls-year", "data-year") == year
    assert 2022 <= int(year) < 2032
    assert page.locator(".btn-play:not([disabled])").count() == 1


def test_an_earlier_year_is_shown_on_the_slider(visit: Visit) -> None:
    page = visit()
    open_source(page)
    first = picture_of(page)
    for _ in range(3):
        step(page)
    last = changed_picture(page, first)
    page.locator(".rng-year input").fill("2020")
    assert changed_picture(page, last) == first
    page.locator(".rng-year input").fill("2023")
    assert changed_picture(page, first) == last


def test_a_lever_changes_the_next_years_events_and_the_run_is_replayed(visit: Visit, server: Any) -> None:
    page, other = visit(), visit()
    for user in (page, other):
        open_source(user)
        step(user)
    fill(page, "lever-quota-multiplier", "0")
    page.locator(".lever-lines-udb input").uncheck()
    page.wait_for_selector(".ls-waiting")
    says(page, ".ls-levers", "Waiting for 2022")
    for user in (page, other):
        assert step(user) == 2022
    says(page, ".ls-moved", "2022 Construction quota → 0")
    for user, name in ((page, "moved"), (other, "unmoved")):
        user.click(".tab-save")
        fill(user, "fld-save-name", name)
        user.click(".btn-save:not([disabled])")
        user.wait_for_selector(".ls-saved")
    moved, unmoved = (open_run(server.folder / "runs" / name) for name in ("moved", "unmoved"))
    assert replay(moved) == replay(unmoved) == []
    built = [(run.events["year"] == 2022) & (run.events["quota"] != "none") for run in (moved, unmoved)]
    assert built[0].sum() == 0 < built[1].sum()
    first = [run.events[run.events["year"] == 2021].astype(str) for run in (moved, unmoved)]
    assert first[0].equals(first[1])


def test_a_lever_out_of_bounds_is_a_sentence_on_the_page(visit: Visit) -> None:
    page = visit()
    open_source(page)
    page.click(".btn-all-levers")
    fill(page, "lever-review-share", "7")
    page.wait_for_selector(".ls-problems")
    says(page, ".ls-problems", "lever review.share: Input should be less than or equal to 1")
    page.wait_for_function("document.querySelector('.lever-review-share input').value === '0.25'")
    page.click(".btn-close-problems")
    page.wait_for_selector(".ls-problems", state="detached")


def test_a_click_tells_why(visit: Visit, server: Any) -> None:
    page = visit()
    open_source(page)
    for _ in range(2):
        step(page)
    page.click(".tab-save")
    fill(page, "fld-save-name", "asked")
    page.click(".btn-save:not([disabled])")
    page.wait_for_selector(".ls-saved")
    run = open_run(server.folder / "runs" / "asked")
    event = run.events[run.events["layer"] == "lu"].iloc[-1]
    names = {row.code: row.name.replace("_", " ") for row in run.legend.rows}
    click_cell(page, int(event["cell"]))
    told = page.inner_text(".panel-why")
    row, col = divmod(int(event["cell"]), 60)
    assert f"Cell at row {row}, column {col}" in told
    assert f"{event['year']} {names[event['from']]} → {names[event['to']]}" in told
    kind, number = event["agent"].split(":")
    assert f"by {dict(farmer='farm operator').get(kind, kind)} {number}" in told
    assert "What may become of it" in told
    assert page.locator(".map-a path.leaflet-interactive").count() > 0


def test_a_click_on_a_finished_run_tells_what_the_rules_say_in_the_year_shown(visit: Visit, server: Any) -> None:
    page = visit()
    open_source(page, "runs/tight")
    run = open_run(server.folder / "runs" / "tight")
    event = run.events[run.events["layer"] == "lu"].iloc[-1]
    click_cell(page, int(event["cell"]))
    says(page, ".panel-why", "What may become of it", "as of the end of 2024", f"{event['year']} ")
    says(page, ".panel-why", "The place in the race is known in a live run only")
    assert page.locator(".ls-may tr").count() > 0
    page.locator(".rng-year input").fill("2021")
    says(page, ".btn-ask-again", "Ask for 2021")
    page.click(".btn-ask-again")
    says(page, ".panel-why", "as of the end of 2021")
    page.wait_for_selector(".btn-ask-again", state="detached")
    assert "slope" not in page.locator(".sel-layer option").evaluate_all("all => all.map(o => o.value)")[:3]


def test_a_click_beside_the_map_is_answered_too(visit: Visit) -> None:
    page = visit()
    open_source(page)
    box = page.locator(".map-a").bounding_box()
    page.mouse.click(box["x"] + 3, box["y"] + box["height"] / 2)
    says(page, ".panel-why", "there is nothing to ask")


def test_a_cell_is_asked_for_by_keyboard(visit: Visit) -> None:
    page = visit()
    open_source(page)
    page.locator(".tab-series").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_selector(".panel-why")
    assert page.evaluate("document.activeElement.innerText") == "Why"
    fill(page, "fld-row", "12")
    fill(page, "fld-col", "99")
    page.locator(".btn-ask").press("Enter")
    says(page, ".ls-problems", "Rows count from 0 to 59, columns from 0 to 59.")
    fill(page, "fld-col", "30")
    page.locator(".btn-ask").press("Enter")
    says(page, ".panel-why", "Cell at row 12, column 30")
    page.wait_for_selector(".ls-problems", state="detached")


def test_a_finished_run_is_played_again(visit: Visit) -> None:
    page = visit()
    open_source(page, "runs/tight")
    says(page, ".ls-about", "quota.multiplier=0.1")
    page.click(".btn-play-again")
    page.wait_for_selector(".ls-state-ready")
    wait_for_year(page, 2020)
    step(page)
    page.wait_for_function("document.querySelector('.lever-quota-multiplier input').value === '0.1'")


def test_what_lies_outside_the_folder_is_refused_on_the_page(visit: Visit) -> None:
    page = visit()
    page.click(".btn-by-path")
    fill(page, "fld-path", "/etc/passwd")
    says(page, ".ls-problems", "/etc/passwd: lies outside the folder of the dashboard")
    page.click(".btn-close-problems")
    page.wait_for_selector(".ls-problems", state="detached")
    page.click(".btn-by-path")
    fill(page, "fld-path", "small/scenario.yaml")
    page.wait_for_selector(MAP)
    wait_for_year(page, 2020)


def test_the_welcome_offers_what_there_is_with_its_named_overrides(visit: Visit) -> None:
    page = visit()
    says(page, ".ls-offer", "A small city")
    page.locator(".ls-chip[aria-label='small --with loose']").click()
    page.wait_for_selector(MAP)
    page.wait_for_function("document.querySelector('.lever-quota-multiplier input').value === '2'")
    assert page.input_value(".sel-source select") == "small --with loose"


def test_a_long_drag_of_the_year_leaves_no_queue_and_ends_where_it_ends(visit: Visit) -> None:
    page = visit()
    open_source(page, "runs/tight")
    sent: list[str] = []
    watched = page.context.new_cdp_session(page)
    watched.send("Network.enable")
    watched.on("Network.webSocketFrameSent", lambda frame: sent.append(frame["response"]["payloadData"]))
    page.evaluate(
        """async () => { const input = document.querySelector('.rng-year input');
             for (let k = 0; k < 60; k++) {
               input.value = 2020 + k % 5; input.dispatchEvent(new Event('input'));
               await new Promise(done => setTimeout(done, 20)); }
             input.value = 2022; input.dispatchEvent(new Event('input')); input.dispatchEvent(new Event('change')); }"""
    )
    page.wait_for_function("document.querySelector('.map-a').getAttribute('aria-label').endsWith('2022')")
    told = [frame for frame in sent if '"event": "set"' in frame or '"event":"set"' in frame]
    assert 1 <= len(told) <= 12, "sixty places were passed"
    page.wait_for_timeout(400)
    assert page.get_attribute(".map-a", "aria-label").endswith("2022")


def test_maps_that_are_gone_do_not_answer_to_changes_of_the_window(visit: Visit) -> None:
    page = visit()
    for name in ("runs/tight", "small", "runs/tight"):
        page.select_option(".sel-source select", name)
        page.wait_for_function("n => document.title.startsWith(n)", arg=name)
        page.wait_for_selector(MAP)
    for width in (1200, 1366):
        page.set_viewport_size({"width": width, "height": 700})
        page.wait_for_timeout(300)  # a fault of the page fails the test when it is over


def test_nothing_is_left_behind_from_reset_to_reset(visit: Visit, server: Any) -> None:
    server.until(lambda: server.pages()[0] == 0)
    page = visit()
    open_source(page)
    page.select_option(".sel-speed select", "1000.0")
    counts = []
    for _ in range(3):
        page.click(".btn-play:not([disabled])")
        page.wait_for_selector(".ls-state-ended")
        for tab in ("gauges", "unmet", "why", "save", "series"):
            page.click(f".tab-{tab}")
            page.wait_for_selector(f".panel-{tab}")
        page.click(".btn-compare")
        page.click(".btn-pin")
        page.wait_for_selector(".map-b .leaflet-image-layer")
        page.click(".tab-difference")
        page.wait_for_selector(".map-difference .leaflet-image-layer")
        page.click(".btn-end-compare")
        page.wait_for_selector(MAP)
        page.click(".btn-reset:not([disabled])")
        page.wait_for_selector(".ls-state-ready")
        wait_for_year(page, 2020)
        page.wait_for_function("document.querySelectorAll('.ls-chart canvas').length === 4")
        counts.append(server.pages())
    assert counts[1] == counts[2], counts
    assert counts[0][0] == 1


def test_the_language_is_switched(visit: Visit) -> None:
    page = visit()
    open_source(page)
    page.select_option(".sel-language select", "zh")
    page.wait_for_function("document.documentElement.lang === 'zh-CN'")
    says(page, ".btn-play", "播放")
    says(page, ".ls-legend", "耕地")
    says(page, ".ls-levers", "政策杠杆")
    step(page)
    page.select_option(".sel-language select", "en")
    says(page, ".btn-play", "Play")
    wait_for_year(page, 2021)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (800, 1000), (683, 384)])
def test_nothing_runs_over_the_edge(visit: Visit, lang: str, size: tuple[int, int]) -> None:
    page = visit()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.select_option(".sel-language select", lang)
    open_source(page)
    step(page)
    page.click(".btn-compare")
    for tab in ("series", "gauges", "unmet", "why", "save"):
        page.click(f".tab-{tab}")
        page.wait_for_selector(f".panel-{tab}")
        over = page.evaluate(
            """() => [document.documentElement, ...document.querySelectorAll(
                 '.ls-head, .ls-left, .ls-right, .ls-centre, .ls-card, .ls-panel, .ls-tools, .ls-tabs')]
               .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.className || e.tagName)"""
        )
        assert over == []
    wide = page.locator(".map-a").bounding_box()
    assert wide["width"] > 0.42 * min(size[0], 1000)
    assert wide["height"] > 180
    if size[0] > 1180:  # else, or in print that is twice as large, the page scrolls
        assert page.evaluate("document.documentElement.scrollHeight <= window.innerHeight")


def test_maps_tables_scenario_and_report_are_downloaded(visit: Visit, tmp_path: Path) -> None:
    page = visit()
    open_source(page)
    step(page)
    page.click(".tab-save")
    sizes = {}
    for kind in ("geotiff", "png", "csv", "xlsx", "scenario", "report"):
        with page.expect_download() as waiting:
            page.click(f".dl-{kind}:not([disabled])")
        path = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(path)
        sizes[path.name] = path.stat().st_size
    assert set(sizes) == {
        "small_landcover_2021.tif", "small_landcover_2021.png", "small_tables.zip", "small_tables.xlsx",
        "small_played.yaml", "small_report.html",
    }  # fmt: skip
    assert all(size > 200 for size in sizes.values())
    with rasterio.open(tmp_path / "small_landcover_2021.tif") as data:
        assert data.shape == (60, 60)


@pytest.mark.parametrize(
    ("lang", "tabs"), [("en", ("series", "gauges", "unmet", "why", "save")), ("zh", ("why",))], ids=["en", "zh"]
)
def test_axe_finds_no_serious_fault(visit: Visit, axe: str, lang: str, tabs: tuple[str, ...]) -> None:
    page = visit()
    page.select_option(".sel-language select", lang)
    open_source(page)
    step(page)
    page.click(".btn-all-levers")
    page.click(".btn-compare")
    found = []
    for tab in tabs:
        page.click(f".tab-{tab}")
        page.wait_for_selector(f".panel-{tab}")
        if tab == "why":
            click_cell(page, 30 * 60 + 30)
        found += [(tab, *fault) for fault in grave_faults(page, axe)]
    assert found == []
