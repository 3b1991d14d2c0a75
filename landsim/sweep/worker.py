"""Worker: the program of a process that makes runs - jobs come in as lines of JSON, outcomes go out the same way."""

from __future__ import annotations

import faulthandler
import os
import queue
import signal
import sys
import threading
from types import FrameType
from typing import IO

from landsim.sweep.jobs import Job
from landsim.sweep.work import Workshop

BEGUN = "\n"
"""Line by which a worker says that it has begun with a job."""

COMPILING = "\t\n"
"""Line by which it says that it compiles kernels, until it says `BEGUN` again."""

ORPHANED = 4
"""Exit code of a worker whose parent has gone."""


def serve(jobs: IO[str], outcomes: IO[str]) -> None:
    """Make the runs that are asked for until there are no more lines, or SIGTERM asks to stop.

    After SIGTERM the run under way is stopped and told, and the worker leaves: its parent makes a new one if need be.
    A worker whose parent dies ends at once, in mid-run too: what it was writing is not there yet under its name.
    """
    stop = threading.Event()

    def hear(number: int, frame: FrameType | None) -> None:
        stop.set()
        waiting.put(None)

    waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()  # no other may be put to within a signal's handler
    signal.signal(signal.SIGTERM, hear)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the parent, who then sends SIGTERM

    def tell(text: str) -> None:
        outcomes.write(text)
        outcomes.flush()

    threading.Thread(target=_listen, args=(jobs, waiting), daemon=True).start()
    with Workshop(stop.is_set, lambda now: tell(COMPILING if now else BEGUN)) as workshop:
        while (line := waiting.get()) is not None:
            tell(BEGUN)  # now, and not when the process was started, the time of the run begins
            outcome = workshop.perform(Job.read(line))
            tell(outcome.text() + "\n")


def _listen(jobs: IO[str], waiting: queue.SimpleQueue[str | None]) -> None:
    """Pass lines on; at their end let a worker that is at rest go in peace, and end one that is at work."""
    for line in jobs:
        if line == "\n":
            waiting.put(None)
            return
        waiting.put(line)
    os._exit(ORPHANED)


def main() -> None:
    """Serve standard input, with outcomes alone on what was standard output."""
    faulthandler.enable()
    outcomes = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints must not come between the outcomes
    serve(sys.stdin, outcomes)
    sys.stderr.flush()
    os._exit(0)  # the listener may hold standard input for ever, and an ordinary end would abort over that


if __name__ == "__main__":
    main()
