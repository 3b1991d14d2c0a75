"""Following: the desk of a page is made with it, shows what comes of its runs at a bearable pace, and goes with it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import solara

from landsim.dashboard.page.desk import Desk
from landsim.dashboard.runs.controller import Controller
from landsim.dashboard.runs.snapshot import Snapshot
from landsim.dashboard.settings import Settings

LEAST_PAUSE = 0.2
"""Seconds between two years on a page."""


def use_desk(settings: Settings) -> Desk:
    """Give the desk of this page, made once and closed with the page."""
    desk: Desk = solara.use_memo(lambda: Desk(settings), [])
    solara.use_effect(lambda: desk.close, [])
    solara.use_effect(lambda: follow(desk.a, desk.snap_a.set), [])
    other = desk.b.value

    def follow_b() -> Any:
        return None if other is None else follow(other, desk.snap_b.set)

    solara.use_effect(follow_b, [other])
    return desk


def follow(controller: Controller, show: Callable[[Snapshot], None]) -> Callable[[], None]:
    """Show the snapshots of a controller as they come, at most five a second; gives what ends it."""
    ended = threading.Event()

    def watch() -> None:
        version, year = -1, -1
        while not ended.is_set():
            snap = controller.wait(version, 0.5)
            if snap.version != version and not ended.is_set():
                show(snap)
                # another year is another picture; what else changes is light and need not wait
                ended.wait(LEAST_PAUSE if snap.year != year else 0.0)
                version, year = snap.version, snap.year

    threading.Thread(target=watch, name="landsim-page", daemon=True).start()
    return ended.set
