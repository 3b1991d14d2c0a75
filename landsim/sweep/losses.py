"""Losses: how often the worker of a run left under it, so that a run whose workers always leave ends as a failure."""

from __future__ import annotations

import time
from pathlib import Path

from landsim.sweep.jobs import Job

MOST = 10
"""Losses after which a run has failed; it may be what drives its workers away."""

LULL_S = 60.0
"""Losses of a run that follow each other within this time are one."""


class Losses:
    """Counts the losses of each run.

    A node that is drained sends a run from one leaving worker to the next within seconds, and a long run may outlive
    many jobs: so losses in quick succession count once, and one after which a later year is kept counts anew from 1.
    """

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._since: dict[str, float] = {}
        self._kept: dict[str, int] = {}

    def count(self, job: Job) -> int:
        """Count a loss, and give their number."""
        now, kept = time.monotonic(), _kept(Path(job.folder))
        before = self._counts.get(job.run, 0)
        if kept != self._kept.get(job.run, 0):
            before = 0
        if not before or now - self._since[job.run] >= LULL_S:
            self._since[job.run] = now
            before += 1
        self._kept[job.run], self._counts[job.run] = kept, before
        return before


def _kept(folder: Path) -> int:
    """Time at which the run last kept a checkpoint, ns; 0 where it has none."""
    state = folder.with_name(folder.name + ".partial") / "checkpoint" / "state.json"
    try:
        return state.stat().st_mtime_ns
    except OSError:
        return 0
