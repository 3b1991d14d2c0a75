"""Limits: a run is ended at the end of a year when its time is up, its memory is too large, or the sweep stops."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from landsim.scenario.run import EndHere, Progress
from landsim.sweep.jobs import Cause


class GivenUp(EndHere):
    """A run ends before its horizon, and why."""

    def __init__(self, cause: Cause, error: str) -> None:
        super().__init__(error)
        self.cause: Cause = cause
        self.error = error


class Clock:
    """Time of a run, without that in which kernels are compiled: that is done once on a machine, and for all runs."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._stopped: float | None = None

    def compiling(self, now: bool) -> None:
        """Stand still from now on, or go on."""
        if now and self._stopped is None:
            self._stopped = time.monotonic()
        elif not now and self._stopped is not None:
            self._began += time.monotonic() - self._stopped
            self._stopped = None

    def took(self) -> float:
        """Time so far, s."""
        return (time.monotonic() if self._stopped is None else self._stopped) - self._began


@contextmanager
def heard_compiling(tell: Callable[[bool], None]) -> Iterator[None]:
    """Call `tell` when kernels begin to be compiled inside the block, and when they no longer are."""
    from numba.core import event

    class Hears(event.Listener):  # type: ignore[misc]
        depth = 0  # a kernel that calls others has them compiled on the way

        def on_start(self, event: Any) -> None:
            self.depth += 1
            if self.depth == 1:
                tell(True)

        def on_end(self, event: Any) -> None:
            self.depth -= 1
            if self.depth == 0:
                tell(False)

    with event.install_listener("numba:compile", Hears()):
        yield


class Limited(Progress):
    """Looks at the limits of a run at the end of each year.

    Parameters
    ----------
    timeout, memory : float or None
        Most wall time (s) and resident memory (MB).
    stopping : callable
        Tells whether the sweep is to stop.
    clock : Clock or None
        Of the run; None: one that begins now.
    """

    def __init__(
        self, timeout: float | None = None, memory: float | None = None, stopping: Callable[[], bool] = lambda: False,
        clock: Clock | None = None,
    ) -> None:  # fmt: skip
        self.timeout, self.memory, self.stopping = timeout, memory, stopping
        self.clock = clock or Clock()

    def end_year(self, year: int) -> None:
        """Give the run up where a limit is passed.

        Raises
        ------
        GivenUp
            With the limit.
        """
        if self.stopping():
            raise GivenUp("", "stopped")
        took = self.clock.took()
        if self.timeout is not None and took > self.timeout:
            raise GivenUp("timeout", timeout_text(self.timeout, took))
        if self.memory is not None and (used := memory_mb()) > self.memory:
            raise GivenUp("memory", memory_text(self.memory, used))


def timeout_text(limit: float, took: float) -> str:
    """Say that a run took too long."""
    found = f"{took:.0f}" if round(took) > limit else f"{took:.2f}"
    return f"limits.timeout: the run took longer than it may; found {found} s; wanted at most {limit:g} s."


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
