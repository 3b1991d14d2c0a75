"""On Dask: the jobs of a ledger carried out by the workers of a Dask scheduler, on this machine or on a cluster."""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from landsim.core.errors import InputError, Problem
from landsim.sweep.dask_worker import BEGUN, perform
from landsim.sweep.jobs import Outcome
from landsim.sweep.ledger import Ledger

AHEAD = 2
"""Tasks a thread that the scheduler holds; the ledger keeps the rest, so that the scheduler stays small."""

SILENCE_S = 15.0
"""How long a scheduler may be out of reach before it is taken for gone."""

_HERE = "127.0.0.1"
_WAIT_S = 0.2
_LOOK_S = 2.0

Body = Callable[[str], str]


def on_dask(
    ledger: Ledger, client: Any, keep_up: Callable[[], None] = lambda: None, body: Body = perform, tell: bool = True
) -> None:
    """Carry out the jobs by the workers of a scheduler.

    Parameters
    ----------
    ledger : Ledger
        Jobs.
    client : distributed.Client
        Connected to the scheduler.
    keep_up : callable
        Called now and then, to ask again for workers that were lost.
    body : callable
        What a worker does with a job as text.
    tell : bool
        Whether the watcher is told of the begin.
    """
    session = _Session(ledger, client, body)
    if tell:
        ledger.watcher.begin(ledger.total, max(session.threads(), 1))
    looked = time.monotonic()
    try:
        while ledger.open and not ledger.stopping:
            session.submit()
            session.collect()
            if time.monotonic() - looked > _LOOK_S:
                looked = time.monotonic()
                keep_up()
                session.refuse_silence()
                session.tell_lack_of_workers()
    finally:
        session.leave()


class _Session:
    """Futures of the jobs that are under way."""

    def __init__(self, ledger: Ledger, client: Any, body: Body) -> None:
        self.ledger, self.client, self.body = ledger, client, body
        self.futures: dict[str, Any] = {}
        self.begun: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self._workers: dict[str, str] = {}
        self.ended: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self.count = 0
        self._told = False
        self._threads, self._asked, self._heard = 0, -_LOOK_S, time.monotonic()
        client.subscribe_topic(BEGUN, lambda event: self.begun.put((event[1]["run"], event[1]["worker"])))

    def threads(self) -> int:
        """Threads of all workers, as they were some seconds ago at most."""
        now = time.monotonic()
        if now - self._asked > _LOOK_S and self.client.status == "running":
            self._asked = now
            with suppress(OSError, TimeoutError):  # a scheduler that is gone is told by `refuse_silence`
                self._threads = sum(self.client.nthreads().values())
        return self._threads

    def submit(self) -> None:
        """Give the scheduler what it can hold."""
        most = max(AHEAD * self.threads(), 1)
        while len(self.futures) < most and (job := self.ledger.take()) is not None:
            self.count += 1
            self._workers.pop(job.run, None)
            future = self.client.submit(self.body, job.text(), key=f"landsim-{job.run}-{self.count}", pure=False)
            self.futures[job.run] = future
            future.add_done_callback(lambda ended, run=job.run: self.ended.put((run, ended)))

    def collect(self) -> None:
        """Settle what has ended, after a moment's wait, and count the workers that left."""
        self._count_losses()
        try:
            run, future = self.ended.get(timeout=_WAIT_S)
            while True:
                if self.futures.get(run) is future:
                    self._settle(run, self.futures.pop(run))
                run, future = self.ended.get_nowait()
        except queue.Empty:
            return

    def _count_losses(self) -> None:
        """Count what Dask mends by itself and tells nobody: a task that begins anew has lost its worker."""
        while not self.begun.empty():
            run, worker = self.begun.get()
            if run in self.futures:
                before = self._workers.get(run)
                self._workers[run] = worker
                if before is not None and self.ledger.lose(run, before):
                    self.client.cancel([self.futures.pop(run)], force=True)

    def _settle(self, run: str, future: Any) -> None:
        if future.status == "finished":
            self.ledger.settle(Outcome.read(future.result()))
        elif future.status == "error":
            error = future.exception()
            text = f"{type(error).__name__}: {error}"
            self.ledger.settle(Outcome(run, "failed", "killed", " ".join(text.split())[:1000], worker="dask"))
        else:  # cancelled, with its worker or its scheduler
            self.ledger.settle(Outcome(run, "stopped", worker="dask"))

    def refuse_silence(self) -> None:
        """Stop where the scheduler is gone.

        Raises
        ------
        InputError
            If it was out of reach for too long.
        """
        now = time.monotonic()
        if self.client.status == "running":
            self._heard = now
        elif self.client.status == "closed" or now - self._heard > SILENCE_S:
            address = getattr(self.client.scheduler, "addr", "the scheduler")
            mend = "Start it again, and give the same command: what has ended is there"
            raise InputError(Problem(str(address), "the Dask scheduler is gone", mend=mend))

    def tell_lack_of_workers(self) -> None:
        """Say, once each time, that runs wait because no worker is there."""
        idle = self.client.status == "running" and self.threads() == 0
        if idle and not self._told:
            self.ledger.watcher.say("no worker has joined the scheduler yet: look at the queue and the logs of jobs")
        self._told = idle

    def leave(self) -> None:
        """Take back what is under way; tasks that no worker has begun are cancelled."""
        if self.futures and self.client.status == "running":
            self.client.cancel(list(self.futures.values()))
        for run in list(self.futures):
            self.ledger.give_back(run)
        self.futures.clear()


@contextmanager
def connected(address: str | None, workers: int) -> Iterator[Any]:
    """Connect to a scheduler, or start one with workers on this machine.

    Raises
    ------
    InputError
        If Dask is not installed, or no scheduler answers.
    """
    distributed = load_dask()
    if address is not None:
        try:
            client = distributed.Client(address, timeout="5s", set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            mend = "Start one with dask scheduler, and give its address"
            raise InputError(Problem(address, "no Dask scheduler answers", found=str(error), mend=mend)) from None
        with client:
            yield client
        return
    with (
        distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host=_HERE,
            dashboard_address=None,
            memory_limit=0,
            scheduler_kwargs={"dashboard_address": f"{_HERE}:0"},  # else a second scheduler warns of a port in use
            silence_logs=logging.CRITICAL,
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client


def load_dask() -> Any:
    """Import Dask's scheduler and workers, and keep their log quiet.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        import distributed
    except ImportError as error:
        mend = "Install it with pip install 'landsim[cluster]'"
        raise InputError(Problem("dask", "is needed for this executor and is not installed", mend=mend)) from error
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # its losses are ours to tell
    return distributed
