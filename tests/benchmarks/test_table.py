"""The table shows every line and every target, and a script that fails makes it fail."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def _module() -> ModuleType:
    """The targets alone: their folder is no package, and its names must not hide those of the standard library."""
    spec = importlib.util.spec_from_file_location("benchmark_targets", ROOT / "benchmarks" / "targets.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TARGETS = _module()


def _engine(size: int, potential: float, years: float, threads: int = 1, share: float = 0.05) -> list[dict[str, Any]]:
    facts = {"script": "engine.py", "size": size, "threads": threads}
    outcome = {"converted_cells": int(size * size * share), "state_hash": "same", "peak_rss_bytes": 3e9}
    return [
        {**facts, "case": "potential", "wall_s": potential},
        {**facts, **outcome, "case": "years", "wall_s": years, "plane_copies_per_year": 12.0, "bytes_per_cell": 23.0},
    ]


LINES = [
    *_engine(1000, 0.1, 0.1),
    *_engine(4000, 2.0, 2.0),
    *_engine(4000, 1.9, 1.8),
    *_engine(4000, 1.0, 1.8, threads=2),
    *_engine(4000, 1.9, 0.9, share=0.025),
    *_engine(10_000, 10.0, 10.0),
    {"script": "agents.py", "case": "choice", "wall_s": 0.4},
    {"script": "sweep.py", "case": "scaling_1", "wall_s": 80.0, "speedup": 1.0},
    {"script": "sweep.py", "case": "scaling_2", "wall_s": 42.0, "speedup": 1.9},
    {"script": "sweep.py", "case": "overhead_local", "wall_s": 20.5, "overhead": 0.02},
    {"script": "sweep.py", "case": "overhead_dask", "wall_s": 21.5, "overhead": 0.07},
]


def _found(lines: list[dict[str, Any]]) -> dict[str, tuple[Any, Any]]:
    return {target.name: (target.found, target.met) for target in TARGETS.targets(lines)}


@pytest.mark.parametrize(
    ("name", "found", "met"),
    [
        ("engine: exponent of cost over cells", 1.0, True),
        ("engine: reading and potential, two threads", 1.9, True),
        ("engine: years, two threads", 1.0, True),
        ("engine: share saved by half the change", 0.5, True),
        ("engine: outcomes that differ with threads", 0.0, True),
        ("engine 4000: plane copies a year", 12.0, True),
        ("engine 10000: peak memory", 3.0, True),
        ("households: location choice", 0.4, False),
        ("sweep: two workers over one", 1.9, True),
        ("sweep: overhead of worker processes", 0.02, True),
        ("sweep: overhead of Dask", 0.07, False),
        ("Wuhan, whole command", None, None),
    ],
)
def test_a_target_is_worked_out_of_the_quickest_lines(name: str, found: float | None, met: bool | None) -> None:
    assert _found(LINES)[name] == (pytest.approx(found), met)


def test_threads_that_change_the_outcome_miss_a_target() -> None:
    other = [{**line, "state_hash": "other"} if line["threads"] == 2 else line for line in _engine(4000, 1, 1, 2)]
    assert _found([*_engine(4000, 1, 1), *other])["engine: outcomes that differ with threads"] == (1.0, False)


def test_without_lines_no_target_is_judged() -> None:
    assert set(_found([]).values()) == {(None, None)}


def _table(folder: Path, plan: str) -> subprocess.CompletedProcess[str]:
    """Run a plan in a folder with one script that works and one that fails."""
    line = {"case": "quick", "wall_s": 0.25, "size": 7}
    (folder / "works.py").write_text(f"print({json.dumps(line)!r})\n")
    (folder / "fails.py").write_text("raise SystemExit(3)\n")
    (folder / "chats.py").write_text("print('done')\n")
    (folder / "plan.txt").write_text(plan)
    words = [str(ROOT / "benchmarks" / "table.py"), str(folder / "plan.txt"), "--out", str(folder / "out.jsonl")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, env=environment)


def test_all_lines_are_shown_and_kept(tmp_path: Path) -> None:
    done = _table(tmp_path, "# a plan\nworks.py\nworks.py --fast  # again\n")
    assert done.returncode == 0, done.stderr
    assert "[2/2]" in done.stdout
    assert done.stdout.count("0.25") == 2
    kept = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [(line["script"], line["options"], line["size"]) for line in kept] == [
        ("works.py", o, 7) for o in ("", "--fast")
    ]


@pytest.mark.parametrize("bad", ["fails.py", "missing.py", "chats.py"])
def test_a_script_that_is_missing_or_fails_fails_the_table_and_spares_the_rest(tmp_path: Path, bad: str) -> None:
    done = _table(tmp_path, f"{bad}\nworks.py\n")
    assert done.returncode == 1
    assert "0.25" in done.stdout
    assert f"failed: {bad}" in done.stderr
