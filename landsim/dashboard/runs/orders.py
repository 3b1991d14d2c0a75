"""Orders: what the thread of a run does next - orders in their turn, and years as long as it plays."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from landsim.core.errors import InputError, Problem

Order = Callable[[], None]


class Orders:
    """A queue with a clock, filled from any thread and worked off by one.

    Parameters
    ----------
    changed : threading.Condition
        Guards the queue, and is notified of what comes in.
    year : callable
        The order that is due again and again while the run plays.
    speed : callable
        Gives the years a second.

    Attributes
    ----------
    playing, closing : bool
    """

    def __init__(self, changed: threading.Condition, year: Order, speed: Callable[[], float]) -> None:
        self._changed, self._year, self._speed = changed, year, speed
        self._queue: deque[Order] = deque()
        self._due = 0.0
        self.playing = self.closing = False

    def add(self, order: Order) -> None:
        """Put an order at the end of the queue."""
        with self._changed:
            self._queue.append(order)
            self._changed.notify_all()

    def play(self) -> None:
        """Let years be due, the first one at once."""
        with self._changed:
            self.playing, self._due = True, 0.0
            self._changed.notify_all()

    def pause(self) -> None:
        """Let no further year be due."""
        with self._changed:
            self.playing = False

    def hurry(self) -> None:
        """Let the next year be due at once, as after a change of speed."""
        with self._changed:
            self._due = 0.0
            self._changed.notify_all()

    def close(self) -> None:
        """Let nothing more be done."""
        with self._changed:
            self.playing, self.closing = False, True
            self._changed.notify_all()

    def result(self, work: Callable[[], Any], alive: Callable[[], bool], timeout: float) -> Any:
        """Let the thread do something in its turn, and wait for what comes of it.

        Raises
        ------
        InputError
            If it takes longer than `timeout` seconds or the thread has ended; else whatever the work raises.
        """
        done: dict[str, Any] = {}
        ready = threading.Event()

        def order() -> None:
            try:
                done["value"] = work()
            except Exception as fault:
                done["fault"] = fault
            finally:
                ready.set()

        self.add(order)
        ends = time.monotonic() + timeout
        while not ready.wait(0.2):
            if time.monotonic() > ends or not alive():
                raise InputError(Problem("dashboard", "the run did not answer in time", mend="Pause, and ask again"))
        if "fault" in done:
            raise done["fault"]
        return done["value"]

    def next(self) -> Order | None:
        """Wait for something to do; None when all is over."""
        with self._changed:
            while not self.closing:
                if self._queue:
                    return self._queue.popleft()
                left = self._due - time.monotonic() if self.playing else None
                if left is not None and left <= 0:
                    self._due = time.monotonic() + 1.0 / self._speed()
                    return self._year
                self._changed.wait(left)
            return None
