"""Ledger: which jobs are still to do, which are tried again, and which failed and why; each is settled exactly once."""

from __future__ import annotations

import signal
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from types import FrameType
from typing import Any

from landsim.core.errors import DiskError, Problem
from landsim.sweep import losses
from landsim.sweep.folders import SweepFolder, write_json
from landsim.sweep.jobs import LASTING, Job, Outcome
from landsim.sweep.words import span


class Watcher:
    """Hears how a sweep goes; this one keeps still."""

    def say(self, text: str) -> None:
        """Hear something that happens once."""

    def begin(self, total: int, workers: int) -> None:
        """Hear how many runs are to be made."""

    def settled(self, outcome: Outcome, done: int, failed: int) -> None:
        """Hear that a run has ended."""


class Ledger:
    """Jobs of a sweep, handed out to workers and settled by their outcomes.

    Parameters
    ----------
    jobs : iterable of Job
        Runs that are not there yet.
    folder : SweepFolder
        Where failures are written down.
    retries : int
        Times that a job is tried again.
    watcher : Watcher
        Hears how it goes.
    """

    def __init__(self, jobs: Iterable[Job], folder: SweepFolder, retries: int, watcher: Watcher) -> None:
        self._waiting = deque(jobs)
        self._under_way: dict[str, Job] = {}
        self._tries: dict[str, int] = {}
        self._losses = losses.Losses()
        self.folder, self.retries, self.watcher = folder, retries, watcher
        self.total = len(self._waiting)
        self.done = self.failed = 0
        self.outcomes: list[Outcome] = []
        self.stop_reason = ""
        self.fault: DiskError | None = None

    @property
    def stopping(self) -> bool:
        """Whether no further job is handed out."""
        return bool(self.stop_reason)

    @property
    def open(self) -> bool:
        """Whether there is something to wait for or to hand out."""
        return bool(self._under_way) or (bool(self._waiting) and not self.stopping)

    def stop(self, reason: str) -> None:
        """Hand out nothing more."""
        self.stop_reason = self.stop_reason or reason

    def take(self) -> Job | None:
        """Hand out the next job; None where there is none at present."""
        if self.stopping or not self._waiting:
            return None
        job = self._waiting.popleft()
        self._under_way[job.run] = job
        return job

    def settle(self, outcome: Outcome) -> None:
        """Book what came of a job: it is done, is tried again later, or has failed."""
        job = self._under_way.pop(outcome.run, None)
        if job is None:
            return  # told twice, e.g. by a worker that was thought to be lost
        if self.stopping and (outcome.state == "stopped" or outcome.cause == "killed"):
            self._waiting.appendleft(job)  # a worker that dies once all are asked to stop is no fault of its run
        elif outcome.state == "stopped":
            if not self._given_up(job, outcome.worker):
                self._waiting.appendleft(job)
        elif outcome.state == "done":
            self._book_done(outcome)
        elif outcome.cause == "disk":
            self._waiting.appendleft(job)
            self.fault = DiskError(Problem(str(self.folder.path), "the sweep was stopped", found=outcome.error))
            self.stop("disk")
        else:
            self._book_failure(job, outcome)

    def lose(self, run: str, worker: str = "") -> bool:
        """Hear that the worker of a job left, and another one begins with it; tell whether it was one too many."""
        job = self._under_way.get(run)
        if job is None or self.stopping or not self._given_up(job, worker):
            return False
        del self._under_way[run]
        return True

    def _given_up(self, job: Job, worker: str) -> bool:
        """Count a loss; a run with too many has failed."""
        count = self._losses.count(job)
        if count < losses.MOST:
            return False
        error = f"its worker was asked to leave, or left, {count} times before the run had ended"
        self._write_failure(Outcome(job.run, "failed", "killed", error, worker=worker), count)
        return True

    def give_back(self, run: str) -> None:
        """Take back a job that no worker has any more, without counting a try."""
        job = self._under_way.pop(run, None)
        if job is not None:
            self._waiting.appendleft(job)

    def _book_done(self, outcome: Outcome) -> None:
        self.done += 1
        self.outcomes.append(outcome)
        self.folder.failure(outcome.run).unlink(missing_ok=True)
        self.watcher.settled(outcome, self.done, self.failed)

    def _book_failure(self, job: Job, outcome: Outcome) -> None:
        tries = self._tries[job.run] = self._tries.get(job.run, 0) + 1
        if tries <= self.retries and outcome.cause not in LASTING:
            self._waiting.append(job)
            return
        self._write_failure(outcome, tries)

    def _write_failure(self, outcome: Outcome, tries: int) -> None:
        self.failed += 1
        self.outcomes.append(outcome)
        try:
            write_json(self.folder.failure(outcome.run), {**asdict(outcome), "tries": tries})
        except DiskError as fault:
            self.fault = fault
            self.stop("disk")
        self.watcher.settled(outcome, self.done, self.failed)


@contextmanager
def stopped_by_signals(ledger: Ledger) -> Iterator[None]:
    """Let SIGTERM and SIGINT end the sweep in good order: nothing new is begun, and a second one does not wait."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def hear(number: int, frame: FrameType | None) -> None:
        if ledger.stopping:
            raise KeyboardInterrupt
        ledger.stop(signal.Signals(number).name)

    before: dict[int, Any] = {number: signal.signal(number, hear) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Pace:
    """How fast runs end, and how long the rest will take."""

    def __init__(self, total: int) -> None:
        self.total, self.began = total, time.monotonic()

    def text(self, ended: int) -> str:
        """Say the rate and what is left."""
        took = max(time.monotonic() - self.began, 1e-9)
        left = took / max(ended, 1) * (self.total - ended)
        return f"{ended / took * 60:.3g} runs a minute, about {span(left)} left"
