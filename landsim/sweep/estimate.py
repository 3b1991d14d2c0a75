"""Estimate: what a sweep takes of time, memory, disk and files, told before anything is submitted."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from landsim.core.errors import InputError
from landsim.io.store import CUBE, open_run
from landsim.sweep.folders import SweepFolder, is_done
from landsim.sweep.plan import Plan
from landsim.sweep.words import amount, span

_FILES_OF_A_FOLDER, _FILES_OF_MAPS = 2, 41
_SAMPLE = 20
_WORKER_START_S = 4.0
_FUNCTION_FILES_BYTES = 3_000
_CUBE_SHARE = 0.7


@dataclass(frozen=True)
class Cost:
    """What a sweep takes.

    Attributes
    ----------
    runs, there : int
        Distinct runs, and how many of them are there already.
    seconds : float
        Core time of those that are not, s.
    wall : float
        With the workers asked for, s.
    memory : float
        Of a worker, bytes.
    disk : float
        Of the new runs, bytes.
    files : int
        Files and folders of the new runs.
    measured : bool
        Whether the time is that of runs that have ended, and no estimate.
    """

    runs: int
    there: int
    seconds: float
    wall: float
    memory: float
    disk: float
    files: int
    measured: bool

    def lines(self, workers: int) -> list[str]:
        """Say it in words."""
        from_what = "by runs that have ended" if self.measured else "estimated"
        return [
            f"{self.runs:,} runs, {self.there:,} of them there already",
            f"{span(self.seconds)} of one core, {from_what}; about {span(self.wall)} with {workers} workers",
            f"{amount(self.memory)} of memory a worker; {amount(self.disk)} and {self.files:,} files on disk",
        ]


def cost_of(plan: Plan, folder: SweepFolder, runs: Sequence[str], workers: int) -> Cost:
    """Estimate what is left of some runs of a sweep, by those that have ended where there are some."""
    there = [run for run in runs if is_done(folder.run(run))]
    done = set(there)
    left = [plan.runs[run] for run in runs if run not in done]
    took = _measured(folder, there)
    seconds = sum(took if took is not None else plan.bases[row.base].seconds for row in left)
    memory = max((base.memory for base in plan.bases), default=0.0)
    wall = seconds / max(workers, 1) + (_WORKER_START_S if left else 0.0)
    disk = sum(_disk(plan, row.base) for row in left)
    return Cost(len(runs), len(done), seconds, wall, memory, disk, len(left) * files_of_a_run(plan), took is not None)


def files_of_a_run(plan: Plan) -> int:
    """Files and folders that a run leaves."""
    keeping = plan.sweep.keeping
    if plan.sweep.function:
        return _FILES_OF_A_FOLDER + 1
    maps = 0 if CUBE not in keeping.results or keeping.zipped else _FILES_OF_MAPS
    return _FILES_OF_A_FOLDER + len(keeping.results) + maps


def _disk(plan: Plan, base: int) -> float:
    if plan.sweep.function:
        return _FUNCTION_FILES_BYTES
    whole = plan.bases[base].disk
    return whole if CUBE in plan.sweep.keeping.results else whole * (1.0 - _CUBE_SHARE)


def _measured(folder: SweepFolder, there: Sequence[str]) -> float | None:
    """Median time of some runs that have ended, s; None where there are too few or they say nothing."""
    known = [took for run in there[:_SAMPLE] if (took := _took(folder.run(run))) > 0.0]
    return statistics.median(known) if len(known) >= 3 else None


def _took(run: Path) -> float:
    """Time of a run, s; 0 where it says nothing or is damaged, which is told when the runs are looked through."""
    try:
        return float(open_run(run).manifest.get("wall_s", 0.0))
    except (InputError, AttributeError, KeyError, TypeError, ValueError):
        return 0.0
