"""Keeping: the run of a page that goes away is saved under a free name."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from landsim.core.errors import InputError
from landsim.dashboard.shelf import Shelf

if TYPE_CHECKING:
    from landsim.dashboard.runs.live import LiveRun


Saved = tuple["LiveRun", int]
"""A run, and the year up to which it was saved."""

_log = logging.getLogger(__name__)


def keep_if_fresh(run: LiveRun, saved: Saved | None, shelf: Shelf) -> None:
    """Save a run of which years would be lost; what goes wrong is logged, for there is no page left to tell it."""
    if run.year == run.track.about.start or saved == (run, run.year):
        return
    try:
        keep(run, shelf)
    except Exception:
        _log.exception("a live run could not be kept")


def keep(run: LiveRun, shelf: Shelf) -> Path:
    """Save a run as ``runs/NAME-live-N``, also where other pages close at the same moment.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    while True:
        name = shelf.free_name(f"{run.track.about.name}-live")
        try:
            return run.save(shelf.place_for(name))
        except InputError:
            if shelf.free_name(name) == name:  # the name was not taken in between: something else is wrong
                raise
