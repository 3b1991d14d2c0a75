"""No costly case takes more than 1.3 times the plane copies or the memory of the baseline."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"
PATIENCE = "90"
"""Seconds that a case may wait for a quiet moment; it is seldom more than two."""

SLOWER = """
import sys, time
sys.path.insert(0, {folder!r})
import baseline, engine
run_years = engine.run_years

def slower(*arguments):
    begun = time.thread_time()
    converted = run_years(*arguments)
    end = begun + {factor} * (time.thread_time() - begun)
    while time.thread_time() < end:
        pass
    return converted

engine.run_years = slower
sys.argv[1:] = ["--only", "engine_1000", "--seconds", "10"]
baseline.main()
"""


def _run(words: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, env=environment)


@pytest.mark.parametrize("case", ["engine_1000", "households", "travel_time"])
def test_the_cost_of_a_case_stays_near_the_baseline(case: str) -> None:
    done = _run([str(BENCHMARKS / "baseline.py"), "--only", case, "--seconds", PATIENCE])
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    known = json.loads((BENCHMARKS / "baseline.json").read_text("utf-8"))["cases"][case]
    assert {line["case"] for line in lines} == set(known)
    assert all(0 < line["ratio"] <= 1.3 for line in lines)


def test_years_that_take_half_as_long_again_are_noticed() -> None:
    done = _run(["-c", SLOWER.format(folder=str(BENCHMARKS), factor=1.5)])
    years = next(line for line in map(json.loads, done.stdout.splitlines()) if line["case"] == "years")
    assert done.returncode == 1, done.stdout
    assert years["ratio"] > 1.3
    assert "times the baseline" in done.stderr
