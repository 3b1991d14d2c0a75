"""Dask worker: what a task does where it lands - it hands the job to a worker process of its own, and waits."""

from __future__ import annotations

import threading
from contextlib import suppress

from landsim.sweep.hand import Hand
from landsim.sweep.jobs import Job, Outcome

IDLE_S = 60.0
"""How long a process is kept without a job; the Dask worker may serve others after the sweep."""

BEGUN = "landsim-begun"
"""Topic under which a worker tells the client that it begins with a run, and who it is."""

_OWN = threading.local()


class _Keeper:
    """Keeps a worker process from run to run, and ends it once no run has come for a while."""

    def __init__(self) -> None:
        self.hand = Hand()
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def run(self, job: Job) -> Outcome:
        """Make a run."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            try:
                return self.hand.run(job)
            finally:
                self._timer = threading.Timer(IDLE_S, self._rest)
                self._timer.daemon = True
                self._timer.start()

    def _rest(self) -> None:
        """End the process, unless a run has come since this timer was set."""
        with self._lock:
            if self._timer is threading.current_thread():
                self.hand.close()


def perform(text: str) -> str:
    """Make a run of a job as text, in the process that this thread keeps for its runs; the outcome as text.

    A run that is killed, or must be, leaves the Dask worker alive; where that one is killed, its process ends too.
    """
    job = Job.read(text)
    tell_begun(job.run)
    keeper = getattr(_OWN, "keeper", None)
    if keeper is None:
        keeper = _OWN.keeper = _Keeper()
    return keeper.run(job).text()


def tell_begun(run: str) -> None:
    """Tell the client, as an event of Dask, that this worker begins with a run."""
    from distributed import get_worker

    with suppress(ValueError):  # in no worker, e.g. for a look into a fault
        worker = get_worker()
        worker.log_event(BEGUN, {"run": run, "worker": str(worker.address)})
