"""Sweeps on this machine: how two workers compare with one, and what an executor adds to runs of known length.

Usage: python benchmarks/sweep.py [--runs 40] [--scenario demo] [--set PATH=VALUE]... [--pauses 8] [--seconds 5]

``scaling``: runs of a scenario by 1 and by 2 warm workers of one thread each; ``speedup`` is the ratio of their rates,
counted from the moment at which each worker has made its first run.  ``overhead``: runs that only wait; ``overhead`` is
the time of the sweep over that of the runs on so many workers, less 1, with warm workers.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from landsim.sweep.executors import local
from landsim.sweep.folders import SweepFolder
from landsim.sweep.jobs import Outcome
from landsim.sweep.ledger import Ledger, Watcher
from landsim.sweep.plan import make_plan
from landsim.sweep.settings import load_sweep

WORKERS = 2


class Clock(Watcher):
    """Notes when each run ends, and how long it took."""

    def __init__(self) -> None:
        self.ended: list[float] = []
        self.took: list[float] = []
        self.states: list[str] = []

    def settled(self, outcome: Outcome, done: int, failed: int) -> None:
        self.ended.append(time.perf_counter())
        self.took.append(outcome.wall_s)
        self.states.append(outcome.state)


def swept(folder: Path, asked: dict[str, Any], execute: Callable[[Ledger], None]) -> Clock:
    """Make a sweep anew and clock it."""
    folder.mkdir(parents=True)
    path = folder / "sweep.yaml"
    path.write_text(yaml.safe_dump(asked), encoding="utf-8")
    plan, out, clock = make_plan(load_sweep(path)), SweepFolder(folder / "out"), Clock()
    plan.write(out)
    execute(Ledger(plan.jobs(out), out, 0, clock))
    if set(clock.states) != {"done"}:
        raise SystemExit("a run failed")
    return clock


def rate(clock: Clock, workers: int) -> tuple[float, float, int]:
    """Runs a second after each worker has made one, the time that they took, and their number."""
    warm = clock.ended[workers - 1]
    wall, count = clock.ended[-1] - warm, len(clock.ended) - workers
    return count / wall, wall, count


def scaling(place: Path, scenario: str, settings: dict[str, Any], runs: int) -> list[dict[str, Any]]:
    """Measure the rate of one worker and of two."""
    lines, alone = [], 0.0
    for workers in (1, WORKERS):
        asked = {"name": "scaling", "scenarios": scenario, "set": settings, "seeds": runs + workers}
        began = os.times()
        clock = swept(place / f"scaling-{workers}", asked, lambda ledger, n=workers: local(ledger, n))
        ended = os.times()
        speed, wall, count = rate(clock, workers)
        alone = alone or speed
        lines.append(
            {
                "case": f"scaling_{workers}", "workers": workers, "runs": count, "wall_s": round(wall, 3),
                "cpu_s": round(ended.children_user + ended.user - began.children_user - began.user, 3),
                "runs_per_minute": round(60 * speed, 2), "speedup": round(speed / alone, 3),
            }
        )  # fmt: skip
    return lines


def overhead(place: Path, name: str, execute: Callable[[Ledger], None], pauses: int, seconds: float) -> dict[str, Any]:
    """Measure what an executor adds to runs that only wait."""
    asked = {
        "name": "overhead", "function": "pause", "set": {"seconds": seconds}, "seeds": pauses + WORKERS,
        "keep": ["indicators"],
    }  # fmt: skip
    began = os.times()
    clock = swept(place / f"overhead-{name}", asked, execute)
    ended = os.times()
    _, wall, count = rate(clock, WORKERS)
    ideal = seconds * count / WORKERS
    return {
        "case": f"overhead_{name}", "workers": WORKERS, "runs": count, "run_s": seconds, "wall_s": round(wall, 3),
        "cpu_s": round(ended.children_user + ended.user - began.children_user - began.user, 3),
        "overhead": round(wall / ideal - 1, 4),
    }  # fmt: skip


def by_dask(ledger: Ledger) -> None:
    """Carry out a ledger by workers of Dask on this machine."""
    from landsim.sweep.on_dask import connected, on_dask

    with connected(None, WORKERS) as client:
        on_dask(ledger, client)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=40, help="runs of the scenario, besides the first of each worker")
    parser.add_argument("--scenario", default="demo")
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE")
    parser.add_argument("--pauses", type=int, default=8, help="runs that wait; an even number")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long they wait")
    given = parser.parse_args()
    settings = {path: yaml.safe_load(value) for path, _, value in (text.partition("=") for text in given.set)}
    with tempfile.TemporaryDirectory(prefix="landsim-sweep-") as name:
        place = Path(name)
        for line in scaling(place, given.scenario, settings, given.runs):
            print(json.dumps(line), flush=True)
        for name, execute in (("local", lambda ledger: local(ledger, WORKERS)), ("dask", by_dask)):
            print(json.dumps(overhead(place, name, execute, given.pauses, given.seconds)), flush=True)


if __name__ == "__main__":
    main()
