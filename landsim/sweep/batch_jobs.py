"""Batch jobs: those that bring workers of Dask, watched - refused ones, ones that end too early, and new ones."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landsim.core.errors import InputError, Problem
from landsim.sweep.ledger import Watcher
from landsim.sweep.settings import Cluster

COMMANDS = {"slurm": "sbatch", "pbs": "qsub", "lsf": "bsub"}
AGAIN = 3
"""Times in a row that jobs are asked for again which ended before their worker joined."""

LOOK_S = 10.0
"""How often the batch system is asked for its jobs while some have brought no worker."""

REFUSED_S = 300.0
"""How long to wait before asking again for jobs that were refused while others were taken."""

_SETTLED_S = 5.0  # a job is in the list of the batch system by then
_ASK_S = 10.0
_LINES, _LETTERS = 8, 800
_OWN_TEXT = re.compile(r"stderr:\n(.*)", re.DOTALL)
_GOES_ON = "nothing is lost, and the same command goes on"


@dataclass
class _Job:
    """A job that the batch system has taken, and whether its worker has joined."""

    number: str
    since: float
    joined: bool = False


class JobWatch:
    """Keeps the number of jobs up, and ends the sweep where the batch system cannot bring any worker.

    Parameters
    ----------
    settings : Cluster
    logs : pathlib.Path
        Folder into which the jobs write.
    workers : int
        Jobs that are wanted.
    watcher : Watcher
        Hears what happens.
    """

    def __init__(self, settings: Cluster, logs: Path, workers: int, watcher: Watcher) -> None:
        self.settings, self.logs, self.workers, self.watcher = settings, logs, workers, watcher
        self.cluster: Any = None
        self._jobs: dict[str, _Job] = {}
        self._refused: dict[str, str] = {}
        self._told: set[str] = set()
        self._most, self._rounds = workers, 0
        self._looked = self._cut = time.monotonic()

    def watched(self, kind: Any) -> Any:
        """Make a kind of job of dask-jobqueue that tells this watch what becomes of it."""
        from distributed.core import Status

        watch = self

        class Watched(kind):  # type: ignore[misc]
            async def start(self) -> None:
                try:
                    await super().start()
                except (OSError, RuntimeError, ValueError) as error:
                    watch._refused[self.name] = _own_text(error)
                    self.status = Status.running  # Dask keeps one that raises, never asks again, and fails as it closes
                else:
                    watch._jobs[self.name] = _Job(str(self.job_id), time.monotonic())

            async def close(self) -> None:
                watch._jobs.pop(self.name, None)
                await super().close()
                self.status = Status.closed

        return Watched

    def begin(self, cluster: Any) -> None:
        """Ask for the jobs."""
        self.cluster = cluster
        cluster.scale(jobs=self.workers)

    def keep_up(self) -> None:
        """Ask again for jobs that have ended.

        Raises
        ------
        InputError
            If all jobs are refused, or end again and again before a worker has joined.
        """
        now = time.monotonic()
        self._see_joined()
        self._see_refused(now)
        if now - self._looked > LOOK_S and any(not job.joined for job in self._jobs.values()):
            self._looked = now
            self._see_ended(now)
        if self._most < self.workers and self._rounds == 0 and now - self._cut > REFUSED_S:
            self._most = self.workers
        self.cluster.scale(jobs=self._most)

    def _see_joined(self) -> None:
        names = {worker["name"] for worker in self.cluster.scheduler_info["workers"].values()}
        for name, job in list(self._jobs.items()):
            if name in names and not job.joined:
                job.joined = True
                if self._rounds:
                    self._rounds, self._most = 0, self.workers

    def _see_refused(self, now: float) -> None:
        """Give up where no job is taken; go on with those that are."""
        refused = dict(self._refused)
        if not refused or (not self._jobs and self._under_way(refused)):
            return
        text = next(iter(refused.values()))
        if not self._jobs:
            keys = "queue, account, walltime, memory or directives under `cluster`"
            raise InputError(Problem(COMMANDS[self.settings.system], "the batch system refuses the jobs", found=text,
                                     mend=f"Mend {keys}; {_GOES_ON}"))  # fmt: skip
        self._take_out(refused, again=False)
        for name in refused:
            del self._refused[name]
        self._cut, self._most = now, max(len(self.cluster.worker_spec), 1)
        self._say_once(f"caution: some jobs are refused, and the sweep goes on with {self._most}: {text}")

    def _under_way(self, refused: Collection[str]) -> bool:
        """Tell whether some submission has not been answered."""
        return any(name not in refused for name in list(self.cluster.worker_spec))

    def _take_out(self, names: Collection[str], *, again: bool) -> None:
        """Have Dask forget jobs that are gone, so that it asks for them again; or for fewer, by so many."""
        from distributed.core import Status

        for name in names:
            self._jobs.pop(name, None)
            gone = self.cluster.workers.pop(name, None)
            if gone is not None:
                gone.status = Status.closed
            if not again:
                self.cluster.worker_spec.pop(name, None)

    def _see_ended(self, now: float) -> None:
        """Find the jobs that ended before their worker joined, and have them asked for again, up to the cap."""
        listed = listed_jobs(self.settings.system)
        if listed is None:
            return
        ended = [
            name for name, job in list(self._jobs.items())
            if not job.joined and job.number not in listed and now - job.since > _SETTLED_S
            and name in self.cluster.workers
        ]  # fmt: skip
        self._tell_reasons(listed)
        if not ended:
            return
        self._rounds += 1
        self._take_out(ended, again=self._rounds <= AGAIN)
        if self._rounds <= AGAIN:
            which = f"{len(ended)} job{'' if len(ended) == 1 else 's'} ended before a worker had joined"
            self.watcher.say(f"{which}: asked for again, {self._rounds} of {AGAIN} times; logs: {self.logs}")
            return
        self._most = len(self.cluster.worker_spec)
        if not self._jobs and not self._most:
            raise InputError(self._hopeless())
        self._say_once("caution: jobs end again and again before their worker joins: the sweep goes on with the others")

    def _hopeless(self) -> Problem:
        what = f"{self._rounds} times in a row jobs ended before their worker had joined the scheduler"
        mend = f"Look at the logs in {self.logs}, and mend `cluster`, e.g. its prologue; {_GOES_ON}"
        return Problem(f"jobs of {self.settings.system}", what, found=last_words(self.logs), mend=mend)

    def _tell_reasons(self, listed: dict[str, str]) -> None:
        """Say why jobs wait, while no worker has joined at all."""
        if any(job.joined for job in self._jobs.values()):
            return
        reasons = Counter(listed[job.number] for job in list(self._jobs.values()) if listed.get(job.number))
        if reasons:
            told = ", ".join(f"{reason} ({number})" for reason, number in sorted(reasons.items()))
            self._say_once(f"jobs wait in the queue: {told}")

    def _say_once(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self.watcher.say(text)


def listed_jobs(system: str) -> dict[str, str] | None:
    """Jobs of this user that have not ended, each with the reason why it waits; None where that cannot be asked.

    Only SLURM is asked: what the other systems answer was never tried on a real one.
    """
    if system != "slurm":
        return None
    words = ["squeue", "--noheader", f"--user={os.getuid()}", "--format=%A|%t|%r"]
    try:
        told = subprocess.run(words, capture_output=True, text=True, timeout=_ASK_S, check=True).stdout
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    rows = [line.strip().split("|", 2) for line in told.splitlines() if line.count("|") >= 2]
    return {number: reason if state == "PD" else "" for number, state, reason in rows}


def last_words(logs: Path) -> str:
    """End of the newest log of a folder, in one line."""
    try:
        newest = max((path for path in logs.iterdir() if path.is_file()), key=lambda path: path.stat().st_mtime)
        lines = newest.read_text(encoding="utf-8", errors="replace").split("\n")
    except (OSError, ValueError):
        return "no log"
    words = " / ".join([line.strip() for line in lines if line.strip()][-_LINES:])
    return f"{newest.name}: {words[-_LETTERS:] or 'empty'}"


def _own_text(error: Exception) -> str:
    """What the batch system said itself, out of what dask-jobqueue tells."""
    found = _OWN_TEXT.search(str(error))
    return " ".join((found[1] if found and found[1].strip() else str(error)).split())[:_LETTERS]
