"""Opening: a scenario or a finished run becomes a live run, or one to be looked at; it takes what memory there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from landsim.core.errors import InputError, Problems

if TYPE_CHECKING:
    from landsim.dashboard.runs.finished import FinishedRun
    from landsim.dashboard.runs.live import LiveRun
    from landsim.dashboard.shelf import Choice
    from landsim.scenario.build import Ready

Tell = Callable[[str], None]
"""Hears what is under way: a key of `landsim.dashboard.words`, or a sentence."""
Wanted = Callable[[], bool]
"""Tells whether anybody still waits for it."""


def live_run(choice: Choice, tell: Tell, wanted: Wanted) -> LiveRun | None:
    """Build the model of a scenario; None where nobody waits for it any more.

    Raises
    ------
    InputError
        With every fault of the scenario and its data, or if memory does not suffice.
    """
    from landsim.scenario.build import load_or_tell_all, prepare

    return _built(lambda: prepare(load_or_tell_all(str(choice.path), {}, list(choice.names))), tell, wanted)


def again(run: FinishedRun, tell: Tell, wanted: Wanted) -> LiveRun | None:
    """Build the model of a finished run anew, at its start; None where nobody waits for it any more.

    Raises
    ------
    InputError
        If what it was made from is not at hand, or if memory does not suffice.
    """
    return _built(run.ready, tell, wanted)


def _built(read: Callable[[], Ready], tell: Tell, wanted: Wanted) -> LiveRun | None:
    from landsim.dashboard.runs.live import LiveRun
    from landsim.scenario.run import Progress, telling_compilation

    progress = Progress()
    progress.say = lambda text: tell(text)  # type: ignore[method-assign]
    tell("reading")
    with telling_compilation(progress):
        ready = read()
        refuse_want_of_memory(ready)
        if not wanted():
            return None
        tell("building")
        return LiveRun(ready)


def refuse_want_of_memory(ready: Ready) -> None:
    """Refuse a run that is larger than the memory that is free: it would take the runs of all pages with it.

    Raises
    ------
    InputError
    """
    from landsim.io.doctor import check_room

    room = Problems()
    check_room(ready.estimate(), ready.source.folder, room)
    mend = "Close other runs, or open a coarser map"
    short = [replace(caution, mend=mend) for caution in room.cautions if caution.where == "memory"]
    if short:
        raise InputError(short)
