"""A controller whose orders can be waited for."""

from __future__ import annotations

import time
from collections.abc import Callable

from landsim.dashboard.runs.controller import Controller
from landsim.dashboard.runs.snapshot import Snapshot


class Driven(Controller):
    """A controller whose orders can be waited for, by what they lead to and never by the clock."""

    def until(self, holds: Callable[[Snapshot], bool]) -> Snapshot:
        ends = time.monotonic() + 120.0
        snap = self.snapshot()
        while not holds(snap):
            assert time.monotonic() < ends, f"never came: {snap}"
            snap = self.wait(snap.version, 1.0)
        return snap

    def at_rest(self) -> Snapshot:
        return self.until(lambda snap: snap.state in ("ready", "ended", "finished", "error") and not snap.doing)

    def opened(self, name: str) -> Snapshot:
        self.open(self.shelf.find(name))
        return self.at_rest()

    def stepped(self, years: int = 1) -> Snapshot:
        for _ in range(years):
            wanted = self.snapshot().year + 1
            self.step()
            self.until(lambda snap, wanted=wanted: snap.year == wanted and snap.state in ("ready", "ended"))
        return self.snapshot()
