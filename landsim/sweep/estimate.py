"""Estimate: what a sweep takes of time, memory, disk and files, told before anything is submitted."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from landsim.core.errors import InputError
from landsim.io.store import CUBE, open_run
from landsim.sweep.folders import SweepFolder, is_done
from landsim.sweep.plan import Plan
from landsim.sweep.words import amount, span

_FILES_OF_A_FOLDER, _FILES_OF_MAPS = 2, 41
_LOOKED_AT = 60
"""Runs that have ended of which the times are read."""
_FEWEST = 3
"""With fewer of a base, one that compiled kernels would tell."""
OVERHEAD_S = 0.006
"""Of a worker for each run besides its making: 20,480 runs of ishigami took two worker processes 64 s on two cores."""
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
        Core time of those that are not, and of the start of each worker, s.
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

    def lines(self, workers: int, kind: str = "worker") -> list[str]:
        """Say it in words, with so many workers of a kind."""
        from_what = "by runs that have ended" if self.measured else "estimated"
        return [
            f"{self.runs:,} runs, {self.there:,} of them there already",
            f"{span(self.seconds)} of one core, {from_what}; about {span(self.wall)} with "
            f"{workers:,} {kind}{'' if workers == 1 else 's'}",
            f"{amount(self.memory)} of memory a {kind}; {amount(self.disk)} and {self.files:,} files on disk",
        ]


def cost_of(plan: Plan, folder: SweepFolder, runs: Sequence[str], workers: int) -> Cost:
    """Estimate what is left of some runs of a sweep, by those that have ended where there are some.

    A worker starts, and reads its place, once, whatever the number of its runs.
    """
    there = [run for run in runs if is_done(folder.run(run))]
    left = Counter(plan.runs[run].base for run in set(runs).difference(there))
    took = _measured(plan, folder, there)
    making_of = took or {base.number: base.seconds for base in plan.bases}
    a_run = {base: seconds + OVERHEAD_S for base, seconds in making_of.items()}
    start = max((plan.bases[base].start for base in left), default=0.0)
    hands = max(min(workers, left.total()), 1)
    making = sum(count * a_run[base] for base, count in left.items())
    longest = max((a_run[base] for base in left), default=0.0)
    memory = max((base.memory for base in plan.bases), default=0.0)
    disk = sum(count * _disk(plan, base) for base, count in left.items())
    return Cost(
        len(runs), len(there), making + hands * start, max(making / hands, longest) + start, memory, disk,
        left.total() * files_of_a_run(plan), took is not None,
    )  # fmt: skip


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


def _measured(plan: Plan, folder: SweepFolder, there: Sequence[str]) -> dict[int, float] | None:
    """Median time of the runs of each base that have ended, s; None where there are too few or they say nothing.

    A base of which too few have ended is taken to be as much slower or quicker than its estimate as the others are.
    """
    known = defaultdict(list)
    for run in there[:: max(len(there) // _LOOKED_AT, 1)]:
        if (took := _took(folder.run(run))) > 0.0:
            known[plan.runs[run].base].append(took)
    medians = {base: statistics.median(took) for base, took in known.items() if len(took) >= _FEWEST}
    if not medians:
        return None
    usual = statistics.median(medians.values())
    paces = [took / plan.bases[base].seconds for base, took in medians.items() if plan.bases[base].seconds > 0.0]
    others = {base.number: base.seconds * statistics.median(paces) if paces else usual for base in plan.bases}
    return {**others, **medians}


def _took(run: Path) -> float:
    """Time of a run, s; 0 where it says nothing or is damaged, which is told when the runs are looked through."""
    try:
        return float(open_run(run).manifest.get("wall_s", 0.0))
    except (InputError, AttributeError, KeyError, TypeError, ValueError):
        return 0.0
