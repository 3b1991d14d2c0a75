"""Work: one run made in this process, from the job to its folder, with every failure turned into an outcome."""

from __future__ import annotations

import gc
import os
import shutil
import socket
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from landsim import __version__
from landsim.core.errors import BusyError, CheckpointError, DiskError, InputError, LandsimError, Problem
from landsim.io.atomic import writing
from landsim.io.store import Keeping
from landsim.sweep.folders import RUN, is_done
from landsim.sweep.functions import run_function
from landsim.sweep.jobs import VERSION, Cause, Job, Outcome
from landsim.sweep.limits import Clock, GivenUp, Limited, heard_compiling, memory_mb

_WAIT_S = 0.5


class Workshop:
    """Makes runs, one after the other, and keeps what they share.

    Parameters
    ----------
    stopping : callable
        Tells whether the sweep is to stop; asked at the end of each year.
    compiling : callable
        Hears when kernels begin to be compiled, and when they no longer are.
    """

    def __init__(
        self, stopping: Callable[[], bool] = lambda: False, compiling: Callable[[bool], None] = lambda now: None
    ) -> None:
        self.stopping, self.compiling = stopping, compiling
        self._shelf: Any = None
        self._frozen = False
        self.name = f"{socket.gethostname()}:{os.getpid()}"

    def __enter__(self) -> Workshop:
        return self

    def __exit__(self, *_: object) -> None:
        if self._frozen:
            gc.unfreeze()

    def perform(self, job: Job) -> Outcome:
        """Make a run and tell what came of it; nothing is raised but what ends the process."""
        began = time.monotonic()
        outcome: dict[str, Any] = {"state": "done"}
        try:
            self._make(job)
        except GivenUp as given_up:
            state = "failed" if given_up.cause else "stopped"
            outcome = {"state": state, "cause": given_up.cause, "error": given_up.error}
        except LandsimError as error:
            outcome = {"state": "failed", "cause": _cause(error), "error": str(error)}
        except MemoryError as error:
            outcome = {"state": "failed", "cause": "memory", "error": f"out of memory: {error}"}
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            outcome = {"state": "failed", "cause": "fault", "error": text, "details": traceback.format_exc()}
        if self._shelf is not None:
            self._tidy()
        took = time.monotonic() - began
        return Outcome(job.run, **outcome, wall_s=took, memory_mb=memory_mb(), worker=self.name)

    def _make(self, job: Job) -> None:
        """Make a run, unless it is there; wait where another process is making it."""
        folder, began = Path(job.folder), time.monotonic()
        if is_done(folder):
            return
        _refuse_another_version(job)
        with writing(folder):
            folder.parent.mkdir(parents=True, exist_ok=True)
        make = self._maker(job, folder)
        while not is_done(folder):
            try:
                make()
            except BusyError:
                self._wait(job, began)
            except CheckpointError:
                if not _begun_anew(folder.with_name(folder.name + ".partial")):
                    raise

    def _wait(self, job: Job, began: float) -> None:
        if self.stopping():
            raise GivenUp("", "stopped")
        if job.timeout is not None and time.monotonic() - began > job.timeout:
            raise GivenUp("timeout", f"{job.folder}: another process goes on writing this run.")
        time.sleep(_WAIT_S)

    def _maker(self, job: Job, folder: Path) -> Callable[[], Any]:
        """Read what a run needs, and give what makes it."""
        subject, facts = job.subject, {RUN: job.run}
        if not is_done(folder):
            shutil.rmtree(folder, ignore_errors=True)  # without a manifest it never was a run
        if "function" in subject:
            return lambda: run_function(subject["function"], subject["values"], job.seed, folder, facts)
        from landsim.scenario.run import execute

        clock = Clock()

        def hear(now: bool) -> None:
            clock.compiling(now)
            self.compiling(now)

        with heard_compiling(hear):
            ready = self._ready(job)
        limited = Limited(job.timeout, job.memory, self.stopping, clock)
        keeping = Keeping(job.keep, job.zipped)

        def make() -> None:
            with heard_compiling(hear):
                execute(ready, folder, resume=True, progress=limited, keeping=keeping, facts=facts)

        return make

    def _ready(self, job: Job) -> Any:
        """Prepare a run, unless its files are no longer those that its id was made of."""
        from landsim.scenario.manifest import refuse_difference
        from landsim.sweep.bases import found_in
        from landsim.sweep.shelf import source_of_run

        scenario, names, settings = (job.subject[key] for key in ("scenario", "names", "settings"))
        ready = self.shelf.ready(scenario, names, {**settings, **job.subject["point"], "seed": job.seed}, job.allow)
        shared = source_of_run(scenario, names, settings, job.allow)  # after the run's own, so no edit goes unseen
        mend = "Give the command again without --shard, so that the sweep is planned anew"
        found = found_in(ready, shared.scenario)
        refuse_difference(job.expected, found, f"{scenario}, since the sweep was planned", mend)
        return ready

    def _tidy(self) -> None:
        """Free the model, which holds itself in circles, before the next one, which is as large."""
        gc.collect()
        if not self._frozen:
            gc.freeze()  # the libraries stay, and need not be looked through again after each run
            self._frozen = True

    @property
    def shelf(self) -> Any:
        """What scenarios share; its libraries are imported when the first one is run."""
        if self._shelf is None:
            from landsim.sweep.shelf import Shelf

            self._shelf = Shelf()
        return self._shelf


def _refuse_another_version(job: Job) -> None:
    """Refuse a run that another version of landsim has planned, as where nodes have environments of their own."""
    wanted = job.expected.get(VERSION, __version__)
    if wanted != __version__:
        mend = "Install one version for the command and for all workers; the same command goes on"
        raise InputError(Problem(f"worker on {socket.gethostname()}", "has another version of landsim than the plan",
                                 wanted=wanted, found=__version__, mend=mend))  # fmt: skip


def _begun_anew(partial: Path) -> bool:
    """Throw away what an earlier try left, and tell whether its checkpoint is gone."""
    from landsim.scenario.run import has_checkpoint

    shutil.rmtree(partial, ignore_errors=True)
    return not has_checkpoint(partial)


def _cause(error: LandsimError) -> Cause:
    """Tell faults of the input, which stay, from those of the machine, which may pass."""
    if isinstance(error, DiskError):
        return "disk"
    return "input" if isinstance(error, InputError) else "fault"
