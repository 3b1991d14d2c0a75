"""The report in a real browser: it draws, prints, asks for nothing, and axe-core finds no serious fault."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from landsim.report.page.write import write_report
from landsim.report.sweep.write import write_sweep_report
from landsim.report.words import LANGUAGES
from tests.browsing import axe_source, chromium, grave_faults


@pytest.fixture(scope="module")
def browser():
    """One browser for the tests of this file."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def axe(tmp_path_factory) -> str:
    """The script of axe-core."""
    return axe_source(tmp_path_factory.mktemp("axe"))


@pytest.fixture(scope="module", params=LANGUAGES)
def opened(request, browser, two_runs, tmp_path_factory):
    """The page of two runs in a language, with what it asked for and what it complained of."""
    path: Path = write_report(two_runs, tmp_path_factory.mktemp("pages") / "page.html", request.param)
    yield from _opened(browser, path)


@pytest.fixture(scope="module", params=LANGUAGES)
def opened_sweep(request, browser, swept):
    """The page of a sweep in a language, likewise."""
    yield from _opened(browser, write_sweep_report(*swept, request.param))


def _opened(browser, path):
    # the page forbids scripts, also those that look at it; what it asks for is watched all the same
    context = browser.new_context(viewport={"width": 1200, "height": 900}, bypass_csp=True)
    page = context.new_page()
    asked, told = [], []
    page.on("request", lambda call: asked.append(call.url))
    page.on("console", lambda line: told.append(line.text))
    page.on("pageerror", lambda fault: told.append(str(fault)))
    page.goto(path.as_uri())
    yield page, asked, told
    context.close()


def test_it_asks_for_nothing_and_complains_of_nothing(opened):
    page, asked, told = opened
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert told == []
    assert page.locator("h2").count() == 12


def test_maps_are_drawn_and_charts_have_text(opened):
    page, _, _ = opened
    maps = page.locator("svg.map")
    assert maps.count() == 7
    shot = Image.open(io.BytesIO(maps.first.screenshot())).convert("RGB")
    assert len(np.unique(np.asarray(shot).reshape(-1, 3), axis=0)) > 5
    boxes = page.eval_on_selector_all("svg.chart text", "texts => texts.map(t => t.getBoundingClientRect().width)")
    assert len(boxes) > 50
    assert min(boxes) > 0


def test_nothing_sticks_out_on_a_telephone_or_a_screen(opened):
    page, _, _ = opened
    for width in (390, 1200):
        page.set_viewport_size({"width": width, "height": 900})
        wide = "nodes => nodes.filter(n => n.getBoundingClientRect().right > innerWidth + 1).map(n => n.className)"
        assert page.eval_on_selector_all("section > *:not(.wide), figure, svg", wide) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), width


def test_it_prints_on_a4(opened):
    page, _, _ = opened
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
    assert 4 <= pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") + pdf.count(b"/Type /Page/") <= 25
    assert b"/MediaBox [0 0 594.9" in pdf or b"/MediaBox [0 0 595" in pdf or b"[0 0 594.95996 841.91998]" in pdf


def test_axe_finds_no_serious_fault(opened, axe):
    assert grave_faults(opened[0], axe) == []


def test_the_page_of_a_sweep_draws_fits_prints_and_has_no_serious_fault(opened_sweep, axe):
    page, asked, told = opened_sweep
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert told == []
    assert (page.locator("h1").count(), page.locator("svg.map").count()) == (1, 9)
    boxes = page.eval_on_selector_all("svg.chart text", "texts => texts.map(t => t.getBoundingClientRect().width)")
    assert len(boxes) > 100
    assert min(boxes) > 0
    for width in (390, 1366):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), width
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    assert grave_faults(page, axe) == []
