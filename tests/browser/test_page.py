"""The page in a real browser: load, step, play, pause, levers, why, comparison, languages, downloads, two users."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from PIL import Image

from landsim.io.store import open_run
from landsim.scenario.run import replay
from tests.browsing import FLAGS, grave_faults

Visit = Callable[[], Any]
MAP = ".map-a .leaflet-image-layer"


def _open(page: Any, name: str = "small") -> None:
    page.select_option(".sel-source select", name)
    page.wait_for_selector(MAP)
    page.wait_for_selector(".ls-state-ready, .ls-state-finished")


def _year(page: Any, year: int) -> None:
    page.wait_for_selector(f'.ls-year[data-year="{year}"]')


def _step(page: Any) -> int:
    year = int(page.get_attribute(".ls-year", "data-year")) + 1
    page.click(".btn-step:not([disabled])")
    _year(page, year)
    page.wait_for_selector(".ls-state-ready, .ls-state-ended")
    return year


def _says(page: Any, where: str, *words: str) -> None:
    """Wait until a part of the page says something; a page is drawn part by part."""
    for told in words:
        page.wait_for_function("([sel, w]) => document.querySelector(sel)?.innerText.includes(w)", arg=[where, told])


def _pixels(page: Any, where: str = ".map-a") -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(page.locator(where).screenshot())).convert("RGB")).astype(int)


def _picture(page: Any, where: str = MAP) -> str:
    return str(page.get_attribute(where, "src"))


def _changed_picture(page: Any, before: str) -> str:
    page.wait_for_function("([sel, old]) => document.querySelector(sel).src !== old", arg=[MAP, before])
    return _picture(page)


def _fill(page: Any, hook: str, value: str) -> None:
    field = page.locator(f".{hook} input")
    field.fill(value)
    field.press("Tab")


def _click_cell(page: Any, cell: int, cells: int = 60) -> None:
    """Click a cell of the map, which is seen whole."""
    box = page.locator(MAP).bounding_box()
    row, col = divmod(cell, cells)
    page.mouse.click(box["x"] + (col + 0.5) * box["width"] / cells, box["y"] + (row + 0.5) * box["height"] / cells)
    page.wait_for_selector(".ls-why")


def test_the_page_loads_and_says_what_to_do(visit: Visit, server: Any) -> None:
    page = visit()
    _says(page, ".ls-welcome", "Choose a scenario or a finished run")
    names = page.locator(".sel-source option").all_inner_texts()
    assert {"demo", "small", "runs/tight", "runs/spoilt"} <= set(names)
    assert page.evaluate("document.documentElement.lang") == "en"


def test_a_step_changes_year_map_and_charts(visit: Visit) -> None:
    page = visit()
    _open(page)
    _year(page, 2020)
    before, picture = _pixels(page), _picture(page)
    for _ in range(3):
        _step(page)
    _changed_picture(page, picture)
    page.wait_for_timeout(400)
    after = _pixels(page)
    assert before.shape == after.shape
    assert (before != after).any(axis=2).mean() > 0.002
    _says(page, ".ls-bar-ends", "3 of 12 years")
    page.wait_for_function("document.querySelectorAll('.ls-chart canvas').length === 4")


def test_play_goes_on_and_pause_stops_exactly(visit: Visit) -> None:
    page = visit()
    _open(page)
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
    _open(page)
    first = _picture(page)
    for _ in range(3):
        _step(page)
    last = _changed_picture(page, first)
    page.locator(".rng-year input").fill("2020")
    assert _changed_picture(page, last) == first
    page.locator(".rng-year input").fill("2023")
    assert _changed_picture(page, first) == last


def test_a_lever_changes_the_next_years_events_and_the_run_is_replayed(visit: Visit, server: Any) -> None:
    page, other = visit(), visit()
    for user in (page, other):
        _open(user)
        _step(user)
    _fill(page, "lever-quota-multiplier", "0")
    page.locator(".lever-lines-udb input").uncheck()
    page.wait_for_selector(".ls-waiting")
    _says(page, ".ls-levers", "Waiting for 2022")
    for user in (page, other):
        assert _step(user) == 2022
    _says(page, ".ls-moved", "2022 Construction quota → 0")
    for user, name in ((page, "moved"), (other, "unmoved")):
        user.click(".tab-save")
        _fill(user, "fld-save-name", name)
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
    _open(page)
    page.click(".btn-all-levers")
    _fill(page, "lever-review-share", "7")
    page.wait_for_selector(".ls-problems")
    _says(page, ".ls-problems", "lever review.share: Input should be less than or equal to 1")
    page.wait_for_function("document.querySelector('.lever-review-share input').value === '0.25'")
    page.click(".btn-close-problems")
    page.wait_for_selector(".ls-problems", state="detached")


def test_a_click_tells_why(visit: Visit, server: Any) -> None:
    page = visit()
    _open(page)
    for _ in range(2):
        _step(page)
    page.click(".tab-save")
    _fill(page, "fld-save-name", "asked")
    page.click(".btn-save:not([disabled])")
    page.wait_for_selector(".ls-saved")
    run = open_run(server.folder / "runs" / "asked")
    event = run.events[run.events["layer"] == "lu"].iloc[-1]
    names = {row.code: row.name.replace("_", " ") for row in run.legend.rows}
    _click_cell(page, int(event["cell"]))
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
    _open(page, "runs/tight")
    run = open_run(server.folder / "runs" / "tight")
    event = run.events[run.events["layer"] == "lu"].iloc[-1]
    _click_cell(page, int(event["cell"]))
    _says(page, ".panel-why", "What may become of it", "as of the end of 2024", f"{event['year']} ")
    _says(page, ".panel-why", "The place in the race is known in a live run only")
    assert page.locator(".ls-may tr").count() > 0
    page.locator(".rng-year input").fill("2021")
    _says(page, ".btn-ask-again", "Ask for 2021")
    page.click(".btn-ask-again")
    _says(page, ".panel-why", "as of the end of 2021")
    page.wait_for_selector(".btn-ask-again", state="detached")
    assert "slope" not in page.locator(".sel-layer option").evaluate_all("all => all.map(o => o.value)")[:3]


def test_a_cell_is_asked_for_by_keyboard(visit: Visit) -> None:
    page = visit()
    _open(page)
    page.locator(".tab-series").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_selector(".panel-why")
    assert page.evaluate("document.activeElement.innerText") == "Why"
    _fill(page, "fld-row", "12")
    _fill(page, "fld-col", "99")
    page.locator(".btn-ask").press("Enter")
    _says(page, ".ls-problems", "Rows count from 0 to 59, columns from 0 to 59.")
    _fill(page, "fld-col", "30")
    page.locator(".btn-ask").press("Enter")
    _says(page, ".panel-why", "Cell at row 12, column 30")
    page.wait_for_selector(".ls-problems", state="detached")


def test_a_finished_run_is_played_again(visit: Visit) -> None:
    page = visit()
    _open(page, "runs/tight")
    _says(page, ".ls-about", "quota.multiplier=0.1")
    page.click(".btn-play-again")
    page.wait_for_selector(".ls-state-ready")
    _year(page, 2020)
    _step(page)
    page.wait_for_function("document.querySelector('.lever-quota-multiplier input').value === '0.1'")


def test_what_lies_outside_the_folder_is_refused_on_the_page(visit: Visit) -> None:
    page = visit()
    page.click(".btn-by-path")
    _fill(page, "fld-path", "/etc/passwd")
    _says(page, ".ls-problems", "/etc/passwd: lies outside the folder of the dashboard")
    page.click(".btn-close-problems")
    page.wait_for_selector(".ls-problems", state="detached")
    page.click(".btn-by-path")
    _fill(page, "fld-path", "small/scenario.yaml")
    page.wait_for_selector(MAP)
    _year(page, 2020)


def test_the_welcome_offers_what_there_is_with_its_named_overrides(visit: Visit) -> None:
    page = visit()
    _says(page, ".ls-offer", "A small city")
    page.locator(".ls-chip[aria-label='small --with loose']").click()
    page.wait_for_selector(MAP)
    page.wait_for_function("document.querySelector('.lever-quota-multiplier input').value === '2'")
    assert page.input_value(".sel-source select") == "small --with loose"


def test_a_long_drag_of_the_year_leaves_no_queue_and_ends_where_it_ends(visit: Visit) -> None:
    page = visit()
    _open(page, "runs/tight")
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
    _open(page)
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
        _year(page, 2020)
        page.wait_for_function("document.querySelectorAll('.ls-chart canvas').length === 4")
        counts.append(server.pages())
    assert counts[1] == counts[2], counts
    assert counts[0][0] == 1


def test_a_finished_run_is_opened_and_a_spoilt_one_is_told(visit: Visit) -> None:
    page = visit()
    page.select_option(".sel-source select", "runs/spoilt")
    page.wait_for_selector(".ls-problems")
    _says(page, ".ls-problems", "incomplete run folder")
    _says(page, ".ls-welcome", "Choose a scenario")
    _open(page, "runs/tight")
    _year(page, 2024)
    assert page.locator(".btn-step").count() == 0
    _says(page, ".ls-levers", "A finished run has no levers")
    page.click(".tab-unmet")
    page.wait_for_selector(".panel-unmet canvas")
    _says(page, ".panel-unmet", "quota of the year")


def test_two_runs_are_compared_side_by_side_and_by_their_difference(visit: Visit) -> None:
    page = visit()
    _open(page)
    for _ in range(4):
        _step(page)
    page.click(".btn-compare")
    page.select_option(".sel-b select", "runs/tight")
    page.wait_for_selector(".map-b .leaflet-image-layer")
    _says(page, ".map-b .ls-map-name", "B · runs/tight · 2024")
    assert _picture(page) != _picture(page, ".map-b .leaflet-image-layer")
    page.click(".tab-difference")
    page.wait_for_selector(".map-difference .leaflet-image-layer")
    _says(page, ".ls-legend", "built in A only")
    page.wait_for_timeout(500)
    orange = np.abs(_pixels(page, ".map-difference") - (0xD5, 0x5E, 0x00)).sum(axis=2) < 12
    assert orange.any()
    page.click(".btn-end-compare")
    page.wait_for_selector(MAP)
    assert page.locator(".map-difference").count() == 0


def test_a_run_is_kept_as_b_while_a_begins_again(visit: Visit) -> None:
    page = visit()
    _open(page)
    for _ in range(2):
        _step(page)
    page.click(".btn-compare")
    page.click(".btn-pin")
    page.wait_for_selector(".map-b .leaflet-image-layer")
    page.click(".btn-reset")
    _year(page, 2020)
    page.wait_for_function("document.querySelector('.map-a .ls-map-name').innerText.endsWith('2020')")
    page.wait_for_function("document.querySelectorAll('.ls-chart canvas').length === 4")
    page.locator(".rng-year input").fill("2022")  # years that B has and A has not
    page.wait_for_function("document.querySelector('.map-b .ls-map-name').innerText.endsWith('2022')")
    _says(page, ".map-a .ls-map-name", "2020")


def test_two_live_runs_are_played_together_and_steered_apart(visit: Visit) -> None:
    page = visit()
    _open(page)
    _step(page)
    page.click(".btn-compare")
    page.select_option(".sel-b select", "small")
    page.wait_for_selector(".map-b .leaflet-image-layer")
    page.select_option(".sel-target select", "b")
    page.wait_for_function("document.querySelector('.ls-levers .ls-note').innerText.includes('2021')")
    _fill(page, "lever-quota-multiplier", "0")
    page.wait_for_selector(".ls-waiting")
    _step(page)
    page.wait_for_selector(".ls-moved")
    page.select_option(".sel-target select", "a")
    page.wait_for_selector(".ls-moved", state="detached")
    _says(page, ".map-b .ls-map-name", "B · small · 2021")


def test_the_language_is_switched(visit: Visit) -> None:
    page = visit()
    _open(page)
    page.select_option(".sel-language select", "zh")
    page.wait_for_function("document.documentElement.lang === 'zh-CN'")
    _says(page, ".btn-play", "播放")
    _says(page, ".ls-legend", "耕地")
    _says(page, ".ls-levers", "政策杠杆")
    _step(page)
    page.select_option(".sel-language select", "en")
    _says(page, ".btn-play", "Play")
    _year(page, 2021)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (800, 1000), (683, 384)])
def test_nothing_runs_over_the_edge(visit: Visit, lang: str, size: tuple[int, int]) -> None:
    page = visit()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.select_option(".sel-language select", lang)
    _open(page)
    _step(page)
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
    _open(page)
    _step(page)
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


def test_two_users_do_not_mix(visit: Visit) -> None:
    one, other = visit(), visit()
    _open(one)
    _open(other)
    one.select_option(".sel-language select", "zh")
    _fill(one, "lever-quota-multiplier", "0")
    for _ in range(3):
        _step(one)
    assert other.get_attribute(".ls-year", "data-year") == "2020"
    assert other.inner_text(".btn-play") == "Play"
    assert other.locator(".ls-moved").count() == 0
    for _ in range(3):
        _step(other)
    one.wait_for_timeout(400)
    assert _picture(one) != _picture(other)


def test_a_closed_tab_leaves_no_thread_and_its_run_is_kept(visit: Visit, server: Any) -> None:
    server.until(lambda: server.runs() == 0)
    page = visit()
    _open(page)
    assert server.runs() == 1
    page.select_option(".sel-speed select", "2.0")
    page.click(".btn-play")
    page.wait_for_function("Number(document.querySelector('.ls-year').dataset.year) >= 2022")
    known = set((server.folder / "runs").glob("small-live-*"))
    page.close()
    server.until(lambda: server.runs() == 0)
    kept = set((server.folder / "runs").glob("small-live-*")) - known
    assert len(kept) == 1
    assert open_run(kept.pop()).years[-1] >= 2022


def test_a_browser_that_dies_leaves_no_thread(server: Any, chromium: Any, chromium_file: str) -> None:
    other = chromium.browser_type.launch(executable_path=chromium_file, args=list(FLAGS))
    page = other.new_page()
    server.until(lambda: server.runs() == 0)
    page.goto(server.url)
    page.wait_for_selector(".ls-head")
    _open(page)
    page.click(".btn-play")
    page.wait_for_function("Number(document.querySelector('.ls-year').dataset.year) > 2020")
    assert server.runs() == 1
    other.close()  # no page says good-bye; the server waits a while for it to come back
    server.until(lambda: server.runs() == 0)


@pytest.mark.parametrize(
    ("lang", "tabs"), [("en", ("series", "gauges", "unmet", "why", "save")), ("zh", ("why",))], ids=["en", "zh"]
)
def test_axe_finds_no_serious_fault(visit: Visit, axe: str, lang: str, tabs: tuple[str, ...]) -> None:
    page = visit()
    page.select_option(".sel-language select", lang)
    _open(page)
    _step(page)
    page.click(".btn-all-levers")
    page.click(".btn-compare")
    found = []
    for tab in tabs:
        page.click(f".tab-{tab}")
        page.wait_for_selector(f".panel-{tab}")
        if tab == "why":
            _click_cell(page, 30 * 60 + 30)
        found += [(tab, *fault) for fault in grave_faults(page, axe)]
    assert found == []
