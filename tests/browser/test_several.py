"""Several runs and several users in a real browser: finished runs, two side by side, two users, tabs that close."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from landsim.io.store import open_run
from tests.browser.acts import MAP, fill, open_source, picture_of, pixels, says, step, wait_for_year
from tests.browsing import FLAGS

Visit = Callable[[], Any]


def test_a_finished_run_is_opened_and_a_spoilt_one_is_told(visit: Visit) -> None:
    page = visit()
    page.select_option(".sel-source select", "runs/spoilt")
    page.wait_for_selector(".ls-problems")
    says(page, ".ls-problems", "incomplete run folder")
    says(page, ".ls-welcome", "Choose a scenario")
    open_source(page, "runs/tight")
    wait_for_year(page, 2024)
    assert page.locator(".btn-step").count() == 0
    says(page, ".ls-levers", "A finished run has no levers")
    page.click(".tab-unmet")
    page.wait_for_selector(".panel-unmet canvas")
    says(page, ".panel-unmet", "quota of the year")


def test_two_runs_are_compared_side_by_side_and_by_their_difference(visit: Visit) -> None:
    page = visit()
    open_source(page)
    for _ in range(4):
        step(page)
    page.click(".btn-compare")
    page.select_option(".sel-b select", "runs/tight")
    page.wait_for_selector(".map-b .leaflet-image-layer")
    says(page, ".map-b .ls-map-name", "B · runs/tight · 2024")
    assert picture_of(page) != picture_of(page, ".map-b .leaflet-image-layer")
    page.click(".tab-difference")
    page.wait_for_selector(".map-difference .leaflet-image-layer")
    says(page, ".ls-legend", "built in A only")
    page.wait_for_timeout(500)
    orange = np.abs(pixels(page, ".map-difference") - (0xD5, 0x5E, 0x00)).sum(axis=2) < 12
    assert orange.any()
    page.click(".btn-end-compare")
    page.wait_for_selector(MAP)
    assert page.locator(".map-difference").count() == 0


def test_a_run_is_kept_as_b_while_a_begins_again(visit: Visit) -> None:
    page = visit()
    open_source(page)
    for _ in range(2):
        step(page)
    page.click(".btn-compare")
    page.click(".btn-pin")
    page.wait_for_selector(".map-b .leaflet-image-layer")
    page.click(".btn-reset")
    wait_for_year(page, 2020)
    page.wait_for_function("document.querySelector('.map-a .ls-map-name').innerText.endsWith('2020')")
    page.wait_for_function("document.querySelectorAll('.ls-chart canvas').length === 4")
    page.locator(".rng-year input").fill("2022")  # years that B has and A has not
    page.wait_for_function("document.querySelector('.map-b .ls-map-name').innerText.endsWith('2022')")
    says(page, ".map-a .ls-map-name", "2020")


def test_two_live_runs_are_played_together_and_steered_apart(visit: Visit) -> None:
    page = visit()
    open_source(page)
    step(page)
    page.click(".btn-compare")
    page.select_option(".sel-b select", "small")
    page.wait_for_selector(".map-b .leaflet-image-layer")
    page.select_option(".sel-target select", "b")
    page.wait_for_function("document.querySelector('.ls-levers .ls-note').innerText.includes('2021')")
    fill(page, "lever-quota-multiplier", "0")
    page.wait_for_selector(".ls-waiting")
    step(page)
    page.wait_for_selector(".ls-moved")
    page.select_option(".sel-target select", "a")
    page.wait_for_selector(".ls-moved", state="detached")
    says(page, ".map-b .ls-map-name", "B · small · 2021")


def test_two_users_do_not_mix(visit: Visit) -> None:
    one, other = visit(), visit()
    open_source(one)
    open_source(other)
    one.select_option(".sel-language select", "zh")
    fill(one, "lever-quota-multiplier", "0")
    for _ in range(3):
        step(one)
    assert other.get_attribute(".ls-year", "data-year") == "2020"
    assert other.inner_text(".btn-play") == "Play"
    assert other.locator(".ls-moved").count() == 0
    for _ in range(3):
        step(other)
    one.wait_for_timeout(400)
    assert picture_of(one) != picture_of(other)


def test_a_closed_tab_leaves_no_thread_and_its_run_is_kept(visit: Visit, server: Any) -> None:
    server.until(lambda: server.runs() == 0)
    page = visit()
    open_source(page)
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
    open_source(page)
    page.click(".btn-play")
    page.wait_for_function("Number(document.querySelector('.ls-year').dataset.year) > 2020")
    assert server.runs() == 1
    other.close()  # no page says good-bye; the server waits a while for it to come back
    server.until(lambda: server.runs() == 0)
