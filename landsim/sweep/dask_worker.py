"""Dask worker: what a task does where it lands - it hands the job to a worker process of its own, and waits."""

from __future__ import annotations

import threading

from landsim.sweep.hand import Hand
from landsim.sweep.jobs import Job

_OWN = threading.local()


def perform(text: str) -> str:
    """Make a run of a job as text, in the process that this thread keeps for its runs; the outcome as text.

    A run that is killed, or must be, leaves the Dask worker alive; where that one is killed, its process ends too.
    """
    hand = getattr(_OWN, "hand", None)
    if hand is None:
        hand = _OWN.hand = Hand()
    return hand.run(Job.read(text)).text()
