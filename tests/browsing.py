"""Browsing: the browser of this machine, how it is started, what a page asks for, and what axe-core finds on one."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.required import lacking

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip
AXE = "axe-core@4.10.3"
_AXE_FILE = Path("node_modules") / "axe-core" / "axe.min.js"


def chromium_path() -> str:
    """Path of the browser; skips, or fails where it is required, on a machine without one."""
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return next((path for path in found if path), None) or lacking("no chromium here: apt-get install chromium")


@contextmanager
def chromium() -> Iterator[Any]:
    """Start the browser, driven by Playwright, which holds an event loop until the end."""
    path = chromium_path()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        lacking("playwright is not installed: it comes with the extra dev")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


def axe_source(folder: Path) -> str:
    """Script of axe-core, which looks for what people with a disability stumble over; from npm, into a folder."""
    known = Path(__file__).parents[1] / _AXE_FILE
    if known.is_file():
        return known.read_text("utf-8")
    npm = shutil.which("npm") or lacking("no npm on this machine: apt-get install npm")
    words = [npm, "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), AXE]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300)
    if not (folder / _AXE_FILE).is_file():
        lacking(f"axe-core cannot be had from npm: {done.stderr[-300:]}")
    return (folder / _AXE_FILE).read_text("utf-8")


def grave_faults(page: Any, axe: str) -> list[tuple[str, str]]:
    """Faults of a page that axe-core calls serious or critical: rule, and the first element that breaks it."""
    page.evaluate(axe)
    result = page.evaluate("axe.run(document)")
    assert len(result["passes"]) > 20
    grave = (fault for fault in result["violations"] if fault["impact"] in ("serious", "critical"))
    return [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in grave]
