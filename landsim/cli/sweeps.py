"""Sweeps: the command sweep - many runs planned, carried out here or on a cluster, gathered and weighed."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landsim.cli.guard import INTERRUPTED
from landsim.cli.results import Language

if TYPE_CHECKING:
    from rich.console import Console

    from landsim.core.errors import Problem
    from landsim.sweep.conduct import Result, Way
    from landsim.sweep.estimate import Cost
    from landsim.sweep.folders import SweepFolder
    from landsim.sweep.plan import Plan

TERMINATED = 143
_LINE_EVERY_S = 5.0


def sweep(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="A file, or a folder with sweep.yaml.")],
    out: Annotated[Path | None, typer.Option(help="Folder of the sweep; sweeps/NAME by default.")] = None,
    executor: Annotated[str, typer.Option(help="serial, local, dask or slurm.")] = "local",
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes or jobs; one for each core here by default.")
    ] = None,
    shard: Annotated[str | None, typer.Option(metavar="I/N", help="Make part I of N only, as in a job array.")] = None,
    scheduler: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Dask scheduler for --executor dask.")
    ] = None,
    script: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Write a job array of N jobs for SLURM, and run nothing.")
    ] = None,
    gather: Annotated[
        bool, typer.Option("--gather", help="Gather and weigh the runs that are there, and run nothing.")
    ] = False,
    estimate: Annotated[bool, typer.Option("--estimate", help="Tell the cost and run nothing.")] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="A sweep always goes on where it stopped; said for clearness only.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
    allow: Annotated[
        list[Path] | None, typer.Option("--allow", metavar="DIR", help="Folder outside the project to read.")
    ] = None,
    lang: Annotated[Language, typer.Option(help="Language of the report.")] = Language.EN,
) -> None:
    """Make every run of a plan, gather them, and weigh what is uncertain; the same command goes on after a stop."""
    from landsim.core.errors import UsageError
    from landsim.sweep.conduct import conduct, gather_only

    if gather and (shard or script or estimate):
        raise UsageError("--gather runs nothing: it goes with none of --shard, --script and --estimate")
    way = _way(executor, workers, scheduler, shard, script, allow or [])
    made, folder = _plan(plan, out, way, known=gather or way.shard is not None)
    console = _console(quiet)
    if gather:
        _end(made, folder, gather_only(made, folder, _watcher(console)), lang, console, gathered_only=True)
        return
    _tell_cost(made, folder, way, console, even_if_quiet=estimate)
    if estimate:
        return
    if script is not None:
        _write_script(made, folder, script, way)
        return
    watcher = _watcher(console)
    result = conduct(made, folder, way, watcher)
    _end(made, folder, result, lang, console)


def _way(
    executor: str, workers: int | None, scheduler: str | None, shard: str | None, script: int | None, allow: list[Path]
) -> Way:
    """Read how the sweep is to be carried out; a job array is as many jobs of a batch system."""
    from landsim.core.errors import UsageError
    from landsim.sweep.conduct import EXECUTORS, Way, read_shard

    if executor not in EXECUTORS:
        raise UsageError(f"--executor {executor}: wanted one of {', '.join(EXECUTORS)}")
    if scheduler is not None and executor != "dask":
        raise UsageError("--scheduler is for --executor dask")
    if script is not None and shard is not None:
        raise UsageError("--script writes a job for every part, and --shard makes one of them: give one of the two")
    part = None if shard is None else read_shard(shard)
    many = 1 if executor == "serial" else workers or (1 if part else len(os.sched_getaffinity(0)))
    folders = tuple(str(folder.absolute()) for folder in allow)
    return Way("slurm" if script else executor, script or many, scheduler, part, folders)


def _plan(what: Path, out: Path | None, way: Way, *, known: bool) -> tuple[Plan, SweepFolder]:
    """Plan the sweep, or take the plan that is there, where that will do, if it was made of the same files."""
    from landsim.sweep.folders import SweepFolder
    from landsim.sweep.plan import make_plan, planned_before
    from landsim.sweep.settings import load_sweep

    source = load_sweep(what)
    folder = SweepFolder((out or Path("sweeps") / source.sweep.name).absolute())  # workers may stand elsewhere
    before = planned_before(source, folder) if known else None
    return before or make_plan(source, way.allow), folder


def _console(quiet: bool) -> Console:
    from rich.console import Console

    return Console(stderr=True, highlight=False, soft_wrap=True, quiet=quiet)


def _watcher(console: Console) -> Any:
    """Give who hears the sweep, and writes a line now and then."""
    from landsim.sweep.jobs import Outcome
    from landsim.sweep.ledger import Pace, Watcher

    class Lines(Watcher):
        total, pace, told = 0, Pace(0), 0.0

        def say(self, text: str) -> None:
            console.print(text, markup=False)

        def begin(self, total: int, workers: int) -> None:
            self.total, self.pace = total, Pace(total)
            self.say(f"{total} runs to make, {workers} workers")

        def settled(self, outcome: Outcome, done: int, failed: int) -> None:
            if outcome.state == "failed":
                self.say(f"failed: {outcome.run}: {outcome.error}")
            ended, now = done + failed, time.monotonic()
            if now - self.told > _LINE_EVERY_S or ended == self.total:
                self.told = now
                more = f", {failed} failed" if failed else ""
                self.say(f"{ended} of {self.total} runs{more}, {self.pace.text(ended)}")

    return Lines()


def _tell_cost(made: Plan, folder: SweepFolder, way: Way, console: Console, even_if_quiet: bool) -> None:
    """Say what the sweep takes, before anything runs."""
    from landsim.sweep.conduct import shard_of
    from landsim.sweep.estimate import cost_of

    runs = shard_of(list(made.runs), way.shard)
    cost = cost_of(made, folder, runs, way.workers)
    for caution in (*made.cautions, *_shortages(cost, folder, way)):
        console.print(f"caution: {caution}", markup=False)
    for line in cost.lines(way.workers, "job" if way.executor == "slurm" else "worker"):
        if even_if_quiet:
            typer.echo(line)
        else:
            console.print(line, markup=False)


def _shortages(cost: Cost, folder: SweepFolder, way: Way) -> list[Problem]:
    """What this machine lacks of the memory of all workers, where they are here, and of the disk."""
    from landsim.core.errors import Problems
    from landsim.io.doctor import Estimate, check_room

    here = way.executor in ("serial", "local") or (way.executor == "dask" and way.scheduler is None)
    problems = Problems()
    check_room(Estimate(int(cost.memory * way.workers) if here else 0, 0.0, int(cost.disk)), folder.path, problems)
    return problems.cautions


def _write_script(made: Plan, folder: SweepFolder, jobs: int, way: Way) -> None:
    import shlex

    from landsim.sweep.batch import array_caution, write_array_script

    folder.make()
    with folder.held(alone=True):
        made.write(folder)
    path = write_array_script(made.sweep.cluster, made.sweep.name, folder, made.source.path, jobs, way.allow)
    if caution := array_caution(jobs):
        typer.echo(f"caution: {caution}", err=True)
    typer.echo(f"Job array: {path}\nSubmit it with: sbatch {shlex.quote(str(path))}")


def _end(
    made: Plan, folder: SweepFolder, result: Result, lang: Language, console: Console, gathered_only: bool = False
) -> None:
    """Say what came of it; exit code 1 where runs failed, and that of the signal where the sweep was stopped."""
    ledger = result.ledger
    if ledger.stopping:
        typer.echo(
            f"stopped by {ledger.stop_reason}: {ledger.done} of {ledger.total} runs were made; "
            "the same command goes on", err=True,
        )  # fmt: skip
        raise typer.Exit(INTERRUPTED if ledger.stop_reason == "SIGINT" else TERMINATED)
    if result.gathered is not None:
        from landsim.report.sweep.write import write_sweep_report

        page = write_sweep_report(made, folder, result, lang.value)
        tables = f"{folder.tables}, {folder.path / 'analysis'}" if result.tables else str(folder.tables)
        console.print(f"Tables: {tables}\nReport: {page}", markup=False)
    if ledger.failed:
        typer.echo(f"{ledger.failed} of {ledger.total} runs failed; their errors: {folder.failures}", err=True)
        raise typer.Exit(1)
    if gathered_only and result.gathered is not None and (missing := result.gathered.missing):
        failed = sum(folder.failure(run).is_file() for run in made.runs)
        told = f", {failed} of them failed (their errors: {folder.failures})" if failed else ""
        typer.echo(
            f"{missing} of {len(made.runs)} runs are not there{told}; the same command without --gather makes them",
            err=True,
        )
        raise typer.Exit(1)
