"""Limits: a run is ended at the end of a year when its time is up, its memory is too large, or the sweep stops."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from landsim.scenario.run import Progress
from landsim.sweep.jobs import Cause


class GivenUp(BaseException):
    """A run ends before its horizon; no `Exception`, so that nothing on the way takes it for a fault."""

    def __init__(self, cause: Cause, error: str) -> None:
        super().__init__(error)
        self.cause: Cause = cause
        self.error = error


class Limited(Progress):
    """Looks at the limits of a run at the end of each year.

    Parameters
    ----------
    timeout, memory : float or None
        Most wall time (s) and resident memory (MB).
    stopping : callable
        Tells whether the sweep is to stop.
    """

    def __init__(
        self, timeout: float | None = None, memory: float | None = None, stopping: Callable[[], bool] = lambda: False
    ) -> None:
        self.timeout, self.memory, self.stopping = timeout, memory, stopping
        self.began = time.monotonic()

    def end_year(self, year: int) -> None:
        """Give the run up where a limit is passed.

        Raises
        ------
        GivenUp
            With the limit.
        """
        if self.stopping():
            raise GivenUp("", "stopped")
        took = time.monotonic() - self.began
        if self.timeout is not None and took > self.timeout:
            raise GivenUp("timeout", timeout_text(self.timeout, took))
        if self.memory is not None and (used := memory_mb()) > self.memory:
            raise GivenUp("memory", memory_text(self.memory, used))


def timeout_text(limit: float, took: float) -> str:
    """Say that a run took too long."""
    return f"limits.timeout: the run took longer than it may; found {took:.0f} s; wanted at most {limit:g} s."


def memory_text(limit: float, used: float) -> str:
    """Say that a run took too much memory."""
    return f"limits.memory: the run took more memory than it may; found {used:.0f} MB; wanted at most {limit:g} MB."


def memory_mb(process: int | None = None) -> float:
    """Resident memory of a process, of this one by default; 0 where the system does not say."""
    try:
        with open(f"/proc/{process or os.getpid()}/statm", encoding="ascii") as stream:
            return int(stream.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, ValueError, IndexError):
        return 0.0
