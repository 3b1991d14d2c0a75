"""The report in a real browser: it draws, prints, asks for nothing, and axe-core finds no serious fault."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from landsim.report.page import write_report
from landsim.report.words import LANGUAGES

IN_CI = os.environ.get("CI", "").lower() == "true"
AXE = "axe-core@4.10.3"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip


def _lacking(what: str) -> None:
    """Skip where something can be missing, and fail where it is required."""
    if IN_CI:
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="module")
def browser():
    """Debian's chromium, driven by Playwright."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        _lacking("no chromium on this machine: apt-get install chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _lacking("playwright is not installed: it comes with the extra dev")
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def axe(tmp_path_factory) -> str:
    """The script of axe-core, from npm."""
    if shutil.which("npm") is None:
        _lacking("no npm on this machine: apt-get install npm")
    folder = tmp_path_factory.mktemp("axe")
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), AXE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode:
        _lacking(f"axe-core cannot be had from npm: {done.stderr[-300:]}")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="module", params=LANGUAGES)
def opened(request, browser, two_runs, tmp_path_factory):
    """The page of two runs in a language, with what it asked for and what it complained of."""
    path: Path = write_report(two_runs, tmp_path_factory.mktemp("pages") / "page.html", request.param)
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
    assert page.locator("h2").count() == 11


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
    page, _, _ = opened
    page.evaluate(axe)
    found = page.evaluate("axe.run().then(result => result.violations)")
    grave = [(v["id"], v["nodes"][0]["html"][:200]) for v in found if v["impact"] in ("serious", "critical")]
    assert grave == []
