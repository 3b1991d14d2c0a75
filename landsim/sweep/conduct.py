"""Conduct: a sweep from its plan to its tables - what is there is checked, what is missing is run, all is gathered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from landsim.core.errors import InputError, Problem, UsageError
from landsim.sweep.executors import local, serial
from landsim.sweep.folders import SweepFolder, discard, fault_of, is_done, lacking, run_of
from landsim.sweep.gather import Gathered, gather, removed_folder
from landsim.sweep.ledger import Ledger, Watcher, stopped_by_signals
from landsim.sweep.maps import Share, write_maps
from landsim.sweep.plan import Plan

if TYPE_CHECKING:
    import pandas as pd

Executor = Literal["serial", "local", "dask", "slurm"]
EXECUTORS: tuple[Executor, ...] = get_args(Executor)

_ROUNDS = 3


@dataclass(frozen=True)
class Way:
    """How a sweep is carried out.

    Attributes
    ----------
    executor : {"serial", "local", "dask", "slurm"}
    workers : int
        Processes, or jobs of a batch system.
    scheduler : str or None
        Address of a Dask scheduler, for the executor dask; None starts one here.
    shard : tuple of int or None
        (I, N): only every N-th run, beginning with the I-th.
    allow : tuple of str
        Folders outside the project that may be read.
    """

    executor: Executor = "local"
    workers: int = 1
    scheduler: str | None = None
    shard: tuple[int, int] | None = None
    allow: tuple[str, ...] = ()


@dataclass
class Result:
    """What came of a sweep.

    Attributes
    ----------
    ledger : Ledger
        Runs made and failed this time.
    gathered : Gathered or None
        None where the sweep was stopped, or only a part of it was asked for.
    tables : dict of str to pandas.DataFrame
        Tables of the analysis.
    shares : list of Share
        Robust and contested land.
    cautions : list of Problem
        What was asked for and could not be weighed.
    """

    ledger: Ledger
    gathered: Gathered | None = None
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    shares: list[Share] = field(default_factory=list)
    cautions: list[Problem] = field(default_factory=list)


def conduct(plan: Plan, folder: SweepFolder, way: Way, watcher: Watcher | None = None) -> Result:
    """Write the plan, make every run that is not there, then gather and analyse.

    The same call goes on where an earlier one stopped, whatever stopped it.  Runs that failed are tried again.

    Raises
    ------
    InputError
        If the disk is full, a scheduler is gone, another process works on the sweep, or the folder is of another one;
        or if runs that workers told to be done are not there, once the others are gathered and analysed.
    """
    watcher = watcher or Watcher()
    folder.make()
    with folder.held(alone=way.shard is None):
        plan.write(folder)
        for _ in range(_ROUNDS):
            ledger = carry_out(plan, folder, way, watcher)
            if ledger.stopping or way.shard is not None:
                return Result(ledger)
            watcher.say("gathering ...")
            gathered = gather(plan, folder)
            for run, why in gathered.damaged.items():
                watcher.say(f"made again: damaged: {why}")
                discard(folder.run(run))
            if not gathered.damaged:
                break
        result = _analysed(plan, folder, ledger, gathered)
        for caution in result.cautions:
            watcher.say(f"caution: {caution}")
        _refuse_lost(plan, folder, ledger)
        return result


def gather_only(plan: Plan, folder: SweepFolder, watcher: Watcher | None = None) -> Result:
    """Gather and analyse what is there, and run nothing; jobs of an array may go on meanwhile.

    Runs that are damaged, or are not as the plan wants them, are told and left out, and stay where they are.

    Raises
    ------
    InputError
        If the disk is full, another process gathers or makes the whole sweep, or the folder is of another one.
    """
    watcher = watcher or Watcher()
    folder.make()
    with folder.gathering():
        plan.write(folder)
        faults = {run: _fault(plan, folder.run(run), run) for run in plan.runs if is_done(folder.run(run))}
        gathered = gather(plan, folder, {run: fault for run, fault in faults.items() if fault is not None})
        result = _analysed(plan, folder, Ledger((), folder, 0, watcher), gathered)
        for told in (*(f"left out: {fault}" for fault in gathered.damaged.values()),
                     *(f"caution: {caution}" for caution in result.cautions)):  # fmt: skip
            watcher.say(told)
        return result


def _refuse_lost(plan: Plan, folder: SweepFolder, ledger: Ledger) -> None:
    """Refuse to call a sweep whole whose runs are neither there nor failed."""
    failed = {outcome.run for outcome in ledger.outcomes if outcome.state == "failed"}
    lost = sum(run not in failed and not is_done(folder.run(run)) for run in plan.runs)
    if lost:
        what = f"{lost} of {len(plan.runs)} runs are missing, though they were reported as made"
        mend = "Give --out a folder that the workers see under the same path: theirs may be another file system"
        raise InputError(Problem(str(folder.path), what, mend=mend))


def _analysed(plan: Plan, folder: SweepFolder, ledger: Ledger, gathered: Gathered) -> Result:
    removed_folder(folder.report)  # it is of the runs and the plan before these
    if not gathered.done:
        for path in (folder.path / "analysis", folder.maps):
            removed_folder(path)
        return Result(ledger, gathered)
    from landsim.sweep.analysis import analyse

    there = {run for run in plan.runs if is_done(folder.run(run)) and run not in gathered.damaged}
    shares = write_maps(plan, folder, there)
    tables = analyse(plan, folder, shares)
    return Result(ledger, gathered, tables, shares, list(_cautions(plan, tables)))


def _cautions(plan: Plan, tables: dict[str, pd.DataFrame]) -> Iterator[Problem]:
    """Say what was asked for and no run has, and what is left out, or compares unlike things."""
    what = "is left out: no run has it, because its data do not give it"
    for row in tables["absent"].itertuples(index=False):
        yield Problem(f"{plan.source.where}: {row.asked}: {row.indicator}", what)
    if names := list(tables["unsplit"].get("indicator", ())):
        what = "no shares are told: no point has runs with it in every combination"
        yield Problem("variance", what, found=", ".join(names))
    pairs = tables["differences"]
    if len(pairs) and (left := int(pairs["left_out"].max())):
        what = "some futures, structures or points are left out, because runs that both strategies need are missing"
        yield Problem("differences", what, found=f"up to {left} of {int(pairs['combinations'].min()) + left}")
    years = sorted({int(year) for key in ("shortest", "longest") for year in tables["ends"][key]})
    if len(years) > 1:
        what = "runs end in different years, and each counts with its own last year"
        mend = "Give all one horizon, e.g. under `set`, to compare them in one year; analysis/ends has each"
        yield Problem("differences, variance and regret", what, found=", ".join(map(str, years)), mend=mend)


def carry_out(plan: Plan, folder: SweepFolder, way: Way, watcher: Watcher) -> Ledger:
    """Make the runs that are not there."""
    mine = shard_of(list(plan.runs), way.shard)
    there = survey(plan, folder, mine, watcher)
    left = set(mine).difference(there)
    jobs = [job for job in plan.jobs(folder, way.allow) if job.run in left]
    ledger = Ledger(jobs, folder, plan.sweep.limits.retries, watcher)
    with stopped_by_signals(ledger):
        if jobs:
            _execute(plan, folder, way, ledger)
    if ledger.fault is not None:
        raise ledger.fault
    return ledger


def _execute(plan: Plan, folder: SweepFolder, way: Way, ledger: Ledger) -> None:
    workers = max(1, min(way.workers, ledger.total))
    if way.executor == "serial":
        serial(ledger)
    elif way.executor == "local":
        local(ledger, workers)
    elif way.executor == "dask":
        from landsim.sweep.on_dask import connected, on_dask

        with connected(way.scheduler, workers) as client:
            on_dask(ledger, client)
    else:
        from landsim.sweep.batch import jobs_as_workers
        from landsim.sweep.on_dask import on_dask

        ledger.watcher.begin(ledger.total, workers)
        asked = plan.sweep.cluster, plan.sweep.name
        with jobs_as_workers(*asked, folder, workers, ledger.watcher) as (client, keep_up):
            on_dask(ledger, client, keep_up, tell=False)


def survey(plan: Plan, folder: SweepFolder, runs: Sequence[str], watcher: Watcher) -> list[str]:
    """Runs that are there and as the plan wants them, every byte compared with its hash; others are removed.

    Those are made again: damaged runs, runs of something else, and runs that kept less than is wanted now.
    """
    there = []
    for run in runs:
        path = folder.run(run)
        if not is_done(path):
            continue
        fault = _fault(plan, path, run)
        if fault is None:
            there.append(run)
        else:
            watcher.say(f"made again: {fault}")
            discard(path)
    return there


def _fault(plan: Plan, path: Path, run: str) -> str | None:
    """Say why a finished run must be made again, if it must."""
    if fault := fault_of(path):
        return f"damaged: {fault}"
    if run_of(path) != run:
        return f"{path}: another run stands under this id"
    missing = [] if plan.sweep.function else lacking(path, plan.sweep.keeping.results)
    return f"{path}: lacks what is to be kept: {', '.join(missing)}" if missing else None


def shard_of(runs: Sequence[str], shard: tuple[int, int] | None) -> list[str]:
    """Runs of a part; the parts of all numbers hold each run once.

    Examples
    --------
    >>> shard_of(["a", "b", "c"], (1, 2)), shard_of(["a", "b", "c"], (2, 2))
    (['a', 'c'], ['b'])
    """
    return list(runs) if shard is None else list(runs[shard[0] - 1 :: shard[1]])


def read_shard(text: str) -> tuple[int, int]:
    """Read I/N.

    Raises
    ------
    UsageError
        If it is not of that form, or I is not one of 1..N.
    """
    first, sign, last = text.partition("/")
    try:
        part, parts = int(first), int(last)
    except ValueError:
        part = parts = 0
    if not sign or not 1 <= part <= parts:
        raise UsageError(f"--shard {text}: wanted I/N with I in 1..N, e.g. 3/24")
    return part, parts


def sweep(
    what: str | Path, out: str | Path, way: Way | None = None, watcher: Watcher | None = None
) -> tuple[Plan, Result]:
    """Plan a sweep and carry it out; `landsim sweep` from Python.

    Raises
    ------
    InputError
        With every fault of what was asked; if runs failed, that is told in the result and not raised.
    """
    from landsim.sweep.plan import make_plan
    from landsim.sweep.settings import load_sweep

    way = way or Way()
    plan, folder = make_plan(load_sweep(what), way.allow), SweepFolder(Path(out).absolute())
    return plan, conduct(plan, folder, way, watcher)
