"""Run: years are simulated one by one, written aside with checkpoints, resumed after a kill, and replayed."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landsim.agents.enrolment import forget
from landsim.core.errors import CheckpointError, Problem
from landsim.io.checkpoint import load_checkpoint, save_checkpoint
from landsim.io.cube import load_libraries
from landsim.io.store import EVERYTHING, Keeping, RunFolder, RunWriter, differences
from landsim.scenario.build import Ready, as_source, prepare
from landsim.scenario.compose import Source
from landsim.scenario.manifest import identity, origin, outcome, ready_again, refuse_difference
from landsim.scenario.result import Result, record_of

if TYPE_CHECKING:
    from landsim.model.model import LandModel

COMPILING = "compiling kernels (first run on this machine, about a minute) ..."


class Progress:
    """Hears how a run goes; this one keeps still."""

    def say(self, text: str) -> None:
        """Hear something that happens once."""

    def begin(self, year: int, start: int, horizon: int) -> None:
        """Hear that years `start` to `horizon` are to be simulated, of which all up to `year` already are."""

    def end_year(self, year: int) -> None:
        """Hear that a year is simulated."""


def run(
    scenario: Source | str | Path,
    out: str | Path | None = None,
    *,
    resume: bool = False,
    allow: Iterable[str | Path] = (),
    progress: Progress | None = None,
) -> Result:
    """Run a scenario to its horizon.

    Parameters
    ----------
    scenario : Source, str or pathlib.Path
        From `load_scenario`, or what `load_scenario` takes.
    out : str, pathlib.Path or None
        Run folder, new or empty; None keeps the results in memory only.
    resume : bool
        Go on from the checkpoint of a run into `out` that was killed, to the same bytes.
    allow : iterable of str or pathlib.Path
        Folders outside the project that may be read too.
    progress : Progress or None
        Hears how the run goes.

    Returns
    -------
    Result

    Raises
    ------
    InputError
        If the scenario or its data are at fault, the folder is occupied or not writable, or a killed run was made
        from something else.
    """
    watcher = progress or Progress()
    with telling_compilation(watcher):
        return execute(prepare(as_source(scenario), allow), out, resume=resume, progress=watcher)


def execute(
    ready: Ready,
    out: str | Path | None = None,
    *,
    resume: bool = False,
    progress: Progress | None = None,
    keeping: Keeping = EVERYTHING,
    facts: Mapping[str, Any] | None = None,
) -> Result:
    """Run prepared inputs; parameters, returns and errors as of `run`.

    Parameters
    ----------
    keeping : Keeping
        What the folder keeps.
    facts : mapping of str to object, optional
        Further facts of its manifest, on which nothing in the run depends.
    """
    watcher = progress or Progress()
    made = {**origin(ready, None if out is None else Path(out)), **(facts or {})}
    if out is None:
        return _Drive(ready, made, watcher).result()
    writer = RunWriter(out, resume, keeping)
    with _nothing_left_without_a_checkpoint(writer):
        return _Drive(ready, made, watcher, writer).result()


def replay(run_folder: RunFolder, allow: Iterable[str | Path] = (), progress: Progress | None = None) -> list[str]:
    """Run the manifest of a finished run again, and name the results whose bytes differ.

    Raises
    ------
    InputError
        If what the run was made from is gone or has changed.
    """
    watcher = progress or Progress()
    with telling_compilation(watcher), tempfile.TemporaryDirectory(prefix="landsim-replay-") as folder:
        again = Path(folder) / "run"
        execute(ready_again(run_folder, allow), again, progress=watcher, keeping=Keeping.of(run_folder.manifest))
        return differences(run_folder.path, again)


class EndHere(BaseException):
    """Raised by whoever hears that a year has ended, to end the run there; its state is kept to be gone on from.

    No `Exception`, so that nothing on the way takes it for a fault.
    """


class _Drive:
    """Takes a model from its start, or from its checkpoint, to its horizon."""

    def __init__(self, ready: Ready, made: dict[str, Any], watcher: Progress, writer: RunWriter | None = None) -> None:
        from landsim.model.model import LandModel

        self.started = time.perf_counter()
        self.made, self.watcher, self.writer = made, watcher, writer
        self.rhythm = ready.source.scenario.output
        self.kept_at = self.started
        self.model: LandModel = LandModel(ready.inputs)
        if writer is not None:
            self._go_on_from(writer.checkpoint)

    def result(self) -> Result:
        """Simulate every year and gather, or write, what is left."""
        model = self.model
        self.watcher.begin(model.year, model.start, model.inputs.horizon)
        if self.writer is not None:
            threading.Thread(target=load_libraries).start()  # the years leave a core idle most of the time
        while model.running:
            model.step()
            self._end_year()
        record = record_of(model, {**self.made, **outcome(model, self._elapsed())})
        forget(model)
        del model.ground  # the clocks of the engine are the larger part of the memory, and writing takes its own
        return Result(record, None if self.writer is None else self.writer.finish(record))

    def _elapsed(self) -> float:
        return time.perf_counter() - self.started

    def _end_year(self) -> None:
        """Tell that a year has ended, and keep it where a checkpoint is due or whoever hears it ends the run there."""
        try:
            self.watcher.end_year(self.model.year)
        except (Exception, EndHere):
            if self.rhythm.checkpoint_years > 0:
                self._keep()
            raise
        if self._due():
            self._keep()

    def _due(self) -> bool:
        """Whether a checkpoint is due; none after the last year, because the results follow at once."""
        model, every = self.model, self.rhythm.checkpoint_years
        if every == 0 or (model.year - model.start) % every or not model.running:
            return False
        return time.perf_counter() - self.kept_at >= self.rhythm.checkpoint_seconds

    def _keep(self) -> None:
        """Write a checkpoint of a run that has a folder."""
        if self.writer is None:
            return
        model = self.model
        scalars = {
            "identity": identity(self.made),
            "year": model.year,
            "elapsed": self._elapsed(),
            "tables": model.books.tables(),
        }
        save_checkpoint(self.writer.checkpoint, model.state(), scalars)
        self.kept_at = time.perf_counter()

    def _go_on_from(self, folder: Path) -> None:
        kept = load_checkpoint(folder)
        if kept is None:
            return
        arrays, scalars = kept
        where = str(folder.parent)
        if not {"identity", "year", "elapsed", "tables"} <= set(scalars):
            raise CheckpointError(Problem(where, "damaged checkpoint", mend=f"Remove {where} and run again"))
        mend = "Resume with what the run was started with, or start anew"
        refuse_difference(scalars["identity"], identity(self.made), where, mend, CheckpointError)
        self.model.restore(arrays, scalars["tables"])
        self.started -= scalars["elapsed"]
        self.watcher.say(f"going on after {scalars['year']}")


@contextmanager
def _nothing_left_without_a_checkpoint(writer: RunWriter) -> Iterator[None]:
    """Remove what a failed or interrupted run began, unless it can be gone on from."""
    try:
        yield
    except BaseException:
        if not has_checkpoint(writer.partial):
            writer.discard()
        raise


def has_checkpoint(partial: Path) -> bool:
    """Tell whether the folder of an unfinished run holds a checkpoint."""
    return any((partial / name / "state.json").is_file() for name in ("checkpoint", "checkpoint.old"))


@contextmanager
def telling_compilation(watcher: Progress) -> Iterator[None]:
    """Say once that a kernel has to be compiled inside the block, because that may take longer than the run."""
    from numba.core import event

    class Notice(event.Listener):  # type: ignore[misc]
        told = False

        def on_start(self, event: Any) -> None:
            if not self.told:
                self.told = True
                watcher.say(COMPILING)

        def on_end(self, event: Any) -> None:
            pass

    with event.install_listener("numba:compile", Notice()):
        yield
