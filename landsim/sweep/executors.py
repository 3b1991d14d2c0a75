"""Executors: the jobs of a ledger carried out in this process, or by worker processes of this machine."""

from __future__ import annotations

import time

from landsim.sweep.hand import Hand, wait_for_any
from landsim.sweep.ledger import Ledger
from landsim.sweep.work import Workshop

GRACE_S = 30.0
"""How long a worker may take to end its year once the sweep is to stop; batch systems kill after as much."""

COMPILING = "workers compile kernels: once on a machine, this may take a minute and counts against no limit"

_WAIT_S = 0.2


def serial(ledger: Ledger) -> None:
    """Carry out the jobs one after the other in this process: simple to debug, with limits looked at once a year."""
    ledger.watcher.begin(ledger.total, 1)
    with Workshop(lambda: ledger.stopping) as workshop:
        while (job := ledger.take()) is not None:
            ledger.settle(workshop.perform(job))


def local(ledger: Ledger, workers: int) -> None:
    """Carry out the jobs by worker processes of this machine, with one thread each.

    A worker that dies or passes a limit is replaced, and its run tried again, from its checkpoint where it has one.

    Parameters
    ----------
    ledger : Ledger
        Jobs.
    workers : int
        Number of processes.
    """
    ledger.watcher.begin(ledger.total, workers)
    hands = [Hand() for _ in range(max(1, min(workers, ledger.total)))]
    try:
        told = False
        while ledger.open:
            _hand_out(ledger, hands)
            _collect(ledger, hands)
            if not told and any(hand.has_compiled for hand in hands):
                told = True
                ledger.watcher.say(COMPILING)
            if ledger.stopping:
                _stop(ledger, hands)
    finally:
        for hand in hands:
            hand.close()


def _hand_out(ledger: Ledger, hands: list[Hand]) -> None:
    for hand in hands:
        if hand.job is None and (job := ledger.take()) is not None:
            hand.start(job)


def _collect(ledger: Ledger, hands: list[Hand]) -> None:
    """Wait a moment for outcomes, and look at the limits of all."""
    busy = [hand for hand in hands if hand.job is not None]
    wait_for_any(busy, _WAIT_S)
    for hand in busy:
        if (outcome := hand.poll()) is not None:
            ledger.settle(outcome)


def _stop(ledger: Ledger, hands: list[Hand]) -> None:
    """Let the workers end the year that they are in; what has a checkpoint is gone on with later."""
    until = time.monotonic() + GRACE_S
    for hand in hands:
        hand.ask_to_stop()
    while ledger.open and time.monotonic() < until:
        _collect(ledger, hands)
    for hand in hands:
        if hand.job is not None:
            ledger.give_back(hand.job.run)
            hand.close()
