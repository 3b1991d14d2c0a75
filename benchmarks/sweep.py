"""Sweeps on this machine: how two workers compare with one, and what an executor adds to runs of known length.

Usage: python benchmarks/sweep.py [--runs 40] [--scenario demo] [--set PATH=VALUE]... [--pauses 8] [--seconds 5]

``scaling``: runs of a scenario by warm workers of one thread each, in blocks of one, two, two and one of them, so that
what else the machine does in the meantime weighs on both alike; ``speedup`` is the ratio of their rates.  ``overhead``:
runs that only wait; ``overhead`` is the time that a worker spends for each over that of the run, less 1.  Runs are
counted from the moment at which each worker has made its first one, while all are at work, and one that lies partly in
that time counts by that part.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from landsim.sweep.executors import local
from landsim.sweep.folders import SweepFolder
from landsim.sweep.jobs import Outcome
from landsim.sweep.ledger import Ledger, Watcher
from landsim.sweep.plan import make_plan
from landsim.sweep.settings import load_sweep

WORKERS = 2


SPARE = 10
"""Times as many runs are planned as are to be counted, for a worker that starts late."""

BLOCKS = (1, WORKERS, WORKERS, 1)
"""Workers of each block of runs: a drift that is even over time weighs on both numbers alike."""


class Clock(Watcher):
    """Notes when each run ended, how long it took and whose it was, and ends the sweep once enough are counted.

    Parameters
    ----------
    workers : int
        How many there are.
    enough : float
        Runs to count.
    """

    def __init__(self, workers: int, enough: float) -> None:
        self.workers, self.enough = workers, enough
        self.runs: list[tuple[float, Outcome]] = []
        self.ledger: Ledger | None = None

    def settled(self, outcome: Outcome, done: int, failed: int) -> None:
        if outcome.state != "done":
            raise SystemExit(f"a run failed: {outcome.error}")
        self.runs.append((time.perf_counter(), outcome))
        if self.ledger is not None and self.counted()[0] >= self.enough:
            self.ledger.stop("enough")

    def counted(self) -> tuple[float, float]:
        """Runs while all workers were warm and at work, each by its part in that time, and the time, s; 0 before."""
        ends: dict[str, list[float]] = {}
        for ended, outcome in self.runs:
            ends.setdefault(outcome.worker, []).append(ended)
        if len(ends) < self.workers:
            return 0.0, 0.0
        first, last = max(mine[0] for mine in ends.values()), min(mine[-1] for mine in ends.values())
        inside = [min(ended, last) - max(ended - outcome.wall_s, first) for ended, outcome in self.runs]
        parts = (max(part, 0.0) / outcome.wall_s for part, (_, outcome) in zip(inside, self.runs, strict=True))
        return sum(parts), max(last - first, 0.0)


def swept(
    folder: Path, asked: dict[str, Any], workers: int, enough: float, execute: Callable[[Ledger, int], None]
) -> tuple[float, float, float]:
    """Make runs of a sweep anew until enough are counted; their number, their time and that of the processors, s."""
    folder.mkdir(parents=True)
    path = folder / "sweep.yaml"
    path.write_text(yaml.safe_dump({**asked, "seeds": SPARE * (math.ceil(enough) + workers)}), encoding="utf-8")
    plan, out, clock = make_plan(load_sweep(path)), SweepFolder(folder / "out"), Clock(workers, enough)
    plan.write(out)
    began = os.times()
    clock.ledger = Ledger(plan.jobs(out), out, 0, clock)
    execute(clock.ledger, workers)
    ended = os.times()
    count, wall = clock.counted()
    if count < enough:
        raise SystemExit("a worker was idle for too long to count runs")
    return count, wall, ended.children_user + ended.user - began.children_user - began.user


def scaling(place: Path, scenario: str, settings: dict[str, Any], runs: int) -> list[dict[str, Any]]:
    """Measure the rate of one worker and of two; so many runs of each are counted, in two blocks."""
    asked = {"name": "scaling", "scenarios": scenario, "set": settings}
    totals = {workers: np.zeros(3) for workers in BLOCKS}
    for number, workers in enumerate(BLOCKS):
        totals[workers] += swept(place / f"scaling-{number}", asked, workers, runs / 2, local)
    alone = totals[1][0] / totals[1][1]
    return [
        {
            "case": f"scaling_{workers}", "workers": workers, "runs": round(count, 2), "wall_s": round(wall, 3),
            "cpu_s": round(cpu, 3), "runs_per_minute": round(60 * count / wall, 2),
            "speedup": round(count / wall / alone, 3),
        }
        for workers, (count, wall, cpu) in ((workers, total.tolist()) for workers, total in totals.items())
    ]  # fmt: skip


def overhead(
    place: Path, name: str, execute: Callable[[Ledger, int], None], pauses: int, seconds: float
) -> dict[str, Any]:
    """Measure what an executor adds to runs that only wait."""
    asked = {"name": "overhead", "function": "pause", "set": {"seconds": seconds}, "keep": ["indicators"]}
    count, wall, cpu = swept(place / f"overhead-{name}", asked, WORKERS, pauses, execute)
    return {
        "case": f"overhead_{name}", "workers": WORKERS, "runs": round(count, 2), "run_s": seconds,
        "wall_s": round(wall, 3), "cpu_s": round(cpu, 3), "overhead": round(WORKERS * wall / (seconds * count) - 1, 4),
    }  # fmt: skip


def by_dask(ledger: Ledger, workers: int) -> None:
    """Carry out a ledger by workers of Dask on this machine."""
    from landsim.sweep.on_dask import connected, on_dask

    with connected(None, workers) as client:
        on_dask(ledger, client)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=40, help="runs of the scenario for each number of workers")
    parser.add_argument("--scenario", default="demo")
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE")
    parser.add_argument("--pauses", type=int, default=8, help="runs that wait")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long they wait")
    given = parser.parse_args()
    settings = {path: yaml.safe_load(value) for path, _, value in (text.partition("=") for text in given.set)}
    with tempfile.TemporaryDirectory(prefix="landsim-sweep-") as name:
        place = Path(name)
        for line in scaling(place, given.scenario, settings, given.runs):
            print(json.dumps(line), flush=True)
        for name, execute in (("local", local), ("dask", by_dask)):
            print(json.dumps(overhead(place, name, execute, given.pauses, given.seconds)), flush=True)


if __name__ == "__main__":
    main()
