"""Every benchmark script prints lines with the promised keys, and the engine converts exactly what it promises."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"
MEASURED = {"case", "wall_s", "cpu_s"}
TIMED = MEASURED | {"size", "threads", "peak_rss_bytes"}
YEARS = TIMED | {
    "years", "bytes_per_cell", "cell_years_per_s", "plane_copies_per_year", "converted_cells", "state_hash",
}  # fmt: skip
HOMES = TIMED | {"households", "bytes_per_household", "state_hash"}
FILES = TIMED | {"bytes_per_cell", "plane_copies", "mb_per_s", "state_hash"}
IO_CASES = [
    *("write_drivers", "read_rows", "write_landcover", "read_landcover", "write_cube", "zones_by_share"),
    "districts_by_centre",
]
PROMISED: dict[str, dict[str, set[str]]] = {
    "engine.py --size 200 --years 3 --drivers 2": {
        "potential": TIMED | {"years", "bytes_per_cell", "plane_copies"},
        "years": YEARS,
    },
    "io.py --size 120 --years 2": dict.fromkeys(IO_CASES, FILES),
    "agents.py --households 2000 --movers 200 --side 60 --cells 40000 --repeats 1": {
        "create": HOMES,
        "choice": HOMES | {"movers", "alternatives", "moved"},
        "year": HOMES | {"moved"},
        "travel_time": TIMED | {"bytes_per_cell", "plane_copies", "state_hash"},
    },
    "startup.py --repeats 1": dict.fromkeys(
        ("python", "import_landsim", "help", "list_scenarios", "import_run", "demo_to_first_year"), MEASURED
    ),
    "command.py --scenario demo --repeats 1 --set horizon=2021 --set agents.households=500": {
        "run_demo": MEASURED | {"peak_rss_bytes"}
    },
}
SWEPT = MEASURED | {"workers", "runs"}
PROMISED["sweep.py --runs 2 --pauses 2 --seconds 0.2 --set horizon=2021 --set agents.households=500"] = {
    **dict.fromkeys(("scaling_1", "scaling_2"), SWEPT | {"runs_per_minute", "speedup"}),
    **dict.fromkeys(("overhead_local", "overhead_dask"), SWEPT | {"run_s", "overhead"}),
}
PROMISED["scheduler.py --workers 3 --runs-a-worker 5 --seconds 0.1"] = {
    "scheduler_3": SWEPT | {"runs_per_s", "scheduler_cpu_s", "scheduler_mb", "busy_workers_at_60s", "efficiency"},
    "files": MEASURED | {"runs", "inodes", "runs_per_s", "list_s"},
}
ELSEWHERE = {"baseline.py", "dashboard.py", "table.py"}
"""Scripts that other tests run: of this folder, and those of the browser."""


def _run(words: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, env=environment)


def _lines(command: str, **variables: str) -> list[dict[str, Any]]:
    script, *options = command.split()
    done = _run([str(BENCHMARKS / script), *options], **variables)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("command", PROMISED, ids=lambda command: command.partition(".")[0])
def test_a_script_prints_a_flat_line_a_case_with_the_promised_keys(command: str) -> None:
    lines = _lines(command)
    assert [case for case in PROMISED[command] if case not in {line["case"] for line in lines}] == []
    for line in lines:
        assert PROMISED[command][line["case"]] <= set(line)
        assert not any(isinstance(value, dict | list) for value in line.values())
        assert line["wall_s"] > 0


@pytest.mark.parametrize(("size", "share"), [(200, 0.05), (101, 0.025)])
def test_the_engine_converts_exactly_the_share_of_the_cells(size: int, share: float) -> None:
    years = _lines(f"engine.py --size {size} --years 4 --converted {share} --drivers 2")[-1]
    assert years["converted_cells"] == int(size * size * share)
    assert (years["size"], years["years"], years["threads"]) == (size, 4, 1)


def test_every_script_of_the_folder_is_run_here() -> None:
    scripts = {path.name for path in BENCHMARKS.glob("*.py") if "__main__" in path.read_text("utf-8")}
    assert scripts == {command.split()[0] for command in PROMISED} | ELSEWHERE


def test_a_command_on_real_data_says_why_it_is_not_measured() -> None:
    done = _run([str(BENCHMARKS / "command.py"), "--scenario", "wuhan"], LANDSIM_DATA="")
    assert (done.returncode, done.stdout) == (0, "")
    assert "LANDSIM_DATA is not set" in done.stderr


def test_the_plan_runs_every_script_and_options_that_they_know() -> None:
    plan = [line.split() for line in (BENCHMARKS / "plan.txt").read_text("utf-8").splitlines() if line[:1] != "#"]
    assert {words[0] for words in plan} == {command.split()[0] for command in PROMISED} | ELSEWHERE - {"table.py"}
    for words in plan:
        known = set(re.findall(r'add_argument\("(--[a-z-]+)"', (BENCHMARKS / words[0]).read_text("utf-8")))
        assert {word for word in words if word.startswith("--")} <= known
