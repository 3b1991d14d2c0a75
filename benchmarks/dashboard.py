"""The dashboard in a real browser: seconds from a click to the new map, and memory over a long play.

Usage: python benchmarks/dashboard.py [--scenario demo] [--clicks 9] | [--play SECONDS]

Starts `landsim dashboard` in an empty folder and a headless Chromium (Debian's, driven by playwright).  A click is
timed inside the page, from the click on "One year" to the frame in which the decoded picture of the new year stands.
A play goes to the horizon and begins again, over and over; its growth is the largest resident memory of the server
after the first time through, less that at the end of the first time.  Prints one flat JSON line.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from measure import emit

ROOT = Path(__file__).resolve().parents[1]
SHIPPED_DATA = ("demo",)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
)
WATCH = """() => new Promise(resolve => {
  const image = () => document.querySelector('.map-a .leaflet-image-layer');
  const old = image().src, begun = performance.now();
  const look = () => {
    const now = image();
    if (now && now.src !== old && now.complete) requestAnimationFrame(() => resolve(performance.now() - begun));
    else requestAnimationFrame(look);
  };
  document.querySelector('.btn-step').click();
  look();
})"""


@contextlib.contextmanager
def served() -> Iterator[tuple[str, int]]:
    """Run the command in a folder of its own; its address and process number."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    with tempfile.TemporaryDirectory(prefix="landsim-bench-") as folder:
        words = [sys.executable, "-m", "landsim.cli", "dashboard", "--port", str(port)]
        process = subprocess.Popen(words, cwd=folder, env=environment, stderr=subprocess.DEVNULL)
        url = f"http://127.0.0.1:{port}/"
        try:
            _until_ready(url, process)
            yield url, process.pid
        finally:
            process.terminate()
            process.wait(180)


def _until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url + "readyz", timeout=5):
            return
        time.sleep(0.2)
    raise SystemExit("landsim dashboard did not start")


@contextlib.contextmanager
def opened(url: str, scenario: str) -> Iterator[Any]:
    """Open a scenario on a page of a new browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.set_default_timeout(300_000)
        page.goto(url)
        page.select_option(".sel-source select", scenario)
        page.wait_for_selector(".map-a .leaflet-image-layer")
        page.click(".tab-save")
        page.uncheck(".chk-keep input")
        page.click(".tab-series")
        page.wait_for_timeout(1500)
        yield page
        page.close()
        browser.close()


def clicks(page: Any, count: int) -> list[float]:
    """Seconds from each of some clicks to the new map; the first one, which compiles and loads, is left out."""
    found = []
    for _ in range(count + 1):
        page.wait_for_selector(".btn-step:not([disabled])")
        found.append(page.evaluate(WATCH) / 1000.0)
        page.wait_for_timeout(300)
    return found[1:]


def resident(pid: int) -> int:
    """Resident memory of a process, bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


def play(page: Any, pid: int, seconds: float) -> dict[str, float]:
    """Play over and over for so long; memory after the first time through, and the largest later one."""
    page.select_option(".sel-speed select", "1000.0")
    begun, base, peak, times = time.perf_counter(), 0, 0, 0
    while times < 2 or time.perf_counter() - begun < seconds:
        page.click(".btn-play:not([disabled])")
        page.wait_for_selector(".ls-state-ended")
        peak = max(peak, resident(pid)) if times else 0
        base = base or resident(pid)
        page.click(".btn-reset:not([disabled])")
        page.wait_for_selector(".ls-state-ready")
        times += 1
    return {
        "wall_s": time.perf_counter() - begun, "peak_rss_bytes": peak, "growth_bytes": peak - base, "times": times,
    }  # fmt: skip


def main() -> None:
    """Time clicks, or watch a play."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", default="demo")
    parser.add_argument("--clicks", type=int, default=9)
    parser.add_argument("--play", type=float, default=0.0, metavar="SECONDS")
    chosen = parser.parse_args()
    if chosen.scenario not in SHIPPED_DATA and not os.environ.get("LANDSIM_DATA"):
        print(f"{chosen.scenario}: not measured, LANDSIM_DATA is not set", file=sys.stderr)
        return
    if shutil.which("chromium") is None:
        print("dashboard: not measured, there is no chromium here", file=sys.stderr)
        return
    with served() as (url, pid), opened(url, chosen.scenario) as page:
        if chosen.play:
            emit({"case": f"play_{chosen.scenario}", **play(page, pid, chosen.play)})
            return
        times = clicks(page, chosen.clicks)
        emit({
            "case": f"click_{chosen.scenario}", "wall_s": statistics.median(times), "worst_s": max(times),
            "peak_rss_bytes": resident(pid),
        })  # fmt: skip


if __name__ == "__main__":
    main()
