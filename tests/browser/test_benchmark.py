"""The benchmark of the dashboard, kept short: it prints the promised figures."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def _line(*options: str) -> dict[str, Any]:
    words = [sys.executable, str(ROOT / "benchmarks" / "dashboard.py"), *options]
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_click_is_timed(chromium_file: str) -> None:
    line = _line("--clicks", "1")
    assert line["case"] == "click_demo"
    assert 0 < line["wall_s"] <= line["worst_s"]
    assert line["peak_rss_bytes"] > 1e8


def test_a_play_is_watched_until_it_has_begun_again(chromium_file: str) -> None:
    line = _line("--play", "0.1")
    assert line["case"] == "play_demo"
    assert line["times"] == 2
    assert line["growth_bytes"] < 50e6
