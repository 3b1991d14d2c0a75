"""Snapshot: what a page knows of its run at one moment."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from landsim.dashboard.runs.track import Track
from landsim.dashboard.runs.why import Why
from landsim.model.inputs import DatedLever

if TYPE_CHECKING:
    from landsim.model.params import ModelParams

State = Literal["empty", "loading", "ready", "playing", "busy", "ended", "finished", "error", "closed"]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What a page knows at one moment; nothing in it changes afterwards but the years that its track gains.

    Attributes
    ----------
    version : int
        Grows with every snapshot of a controller.
    state : str
        ``empty``, ``loading`` (build under way), ``ready`` (at rest), ``playing``, ``busy`` (one order at work),
        ``ended`` (horizon reached), ``finished`` (a run folder), ``error`` (nothing to go on with), ``closed``.
    doing : str
        What is under way, as a key of `landsim.dashboard.words`, or a sentence.
    problems : tuple of str
        What went wrong last, in sentences.
    name : str
        What was opened.
    track : Track or None
    year : int
        Last year that is done.
    params : ModelParams or None
        As the next year will find them, waiting levers included.
    waiting : tuple of (str, object)
        Levers that act from the next year.
    moves : tuple of DatedLever
        Levers that have acted.
    answer : Why or None
        About the cell that was asked for last.
    saved : str
        Where the run was saved last, from the start folder.
    speed : float
        Years a second.
    """

    version: int = 0
    state: State = "empty"
    doing: str = ""
    problems: tuple[str, ...] = ()
    name: str = ""
    track: Track | None = None
    year: int = 0
    params: ModelParams | None = None
    waiting: tuple[tuple[str, Any], ...] = ()
    moves: tuple[DatedLever, ...] = ()
    answer: Why | None = None
    saved: str = ""
    speed: float = 2.0


class Board:
    """Where the present snapshot of a run hangs: it is replaced whole, from any thread, and can be waited for.

    Attributes
    ----------
    changed : threading.Condition
        Guards the snapshot, and is notified of each new one.
    now : Snapshot
    """

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.now = Snapshot()

    def read(self) -> Snapshot:
        """Return the present snapshot."""
        with self.changed:
            return self.now

    def wait(self, version: int, timeout: float) -> Snapshot:
        """Return the first snapshot that is not `version`, or the present one after `timeout` seconds."""
        with self.changed:
            self.changed.wait_for(lambda: self.now.version != version, timeout)
            return self.now

    def tell(self, **changes: Any) -> None:
        """Put up another snapshot, which differs in some facts."""
        with self.changed:
            self.now = replace(self.now, version=self.now.version + 1, **changes)
            self.changed.notify_all()
