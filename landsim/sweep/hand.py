"""Hand: one worker process as its parent holds it - given jobs, watched for its limits, killed and made anew."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from typing import IO

from landsim.sweep.jobs import Cause, Job, Outcome
from landsim.sweep.limits import Clock, memory_mb, memory_text, timeout_text
from landsim.sweep.worker import BEGUN, COMPILING

ONE_THREAD = (
    "NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "GDAL_NUM_THREADS",
)  # fmt: skip
"""A worker has one core, so none of its libraries may think that it has more."""

_GRACE_S = 2.0
_LOOK_S = 0.25
_LAST_BYTES = 4000
_AT_ONCE = 65536


def one_thread(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which every library keeps to one thread."""
    return {**environment, **dict.fromkeys(ONE_THREAD, "1")}


def wait_for_any(files: Iterable[Hand | int], wait: float) -> bool:
    """Wait up to `wait` seconds until one of the files has something to read; their number is not limited."""
    with selectors.PollSelector() as selector:  # `select.select` refuses file numbers above 1023
        for file in files:
            selector.register(file, selectors.EVENT_READ)
        return bool(selector.select(wait))


class _Lines:
    """Lines out of a pipe; what was read beyond a line is kept here, where waiting looks first."""

    def __init__(self, file: int) -> None:
        self._file, self._kept = file, b""

    def take(self, wait: float) -> str | None:
        """Give the next line if there is one within `wait` seconds; it is cut short where the writer is gone."""
        while b"\n" not in self._kept:
            if not wait_for_any([self._file], wait):
                return None
            piece = os.read(self._file, _AT_ONCE)
            if not piece:
                break
            self._kept += piece
        line, end, self._kept = self._kept.partition(b"\n")
        return (line + end).decode("utf-8", errors="replace")


class Hand:
    """A worker process.

    It is a program of its own and no fork, so it shares no locks and threads with its parent, can be started from any
    thread and from a daemon, and its memory and time can be limited from outside whatever it is doing.
    """

    def __init__(self) -> None:
        self.job: Job | None = None
        self._clock: Clock | None = None
        self.has_compiled = False
        self._looked = 0.0
        self._process: subprocess.Popen[bytes] | None = None
        self._lines = _Lines(-1)
        self._errors: IO[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Process id; None where no process is alive."""
        return None if self._process is None else self._process.pid

    def fileno(self) -> int:
        """File from which the next outcome comes, for `wait_for_any`."""
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def start(self, job: Job) -> None:
        """Give it a job; a process is made if there is none."""
        assert self.job is None, "one job at a time"
        if self._process is None or self._process.poll() is not None:
            self._make()
        self.job, self._clock = job, None
        assert self._process is not None
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has died since: `poll` will tell
            self._process.stdin.write(job.text().encode() + b"\n")
            self._process.stdin.flush()

    def poll(self, wait: float = 0.0) -> Outcome | None:
        """Give the outcome of the job if it has ended, within `wait` seconds, by itself or by a limit."""
        job = self.job
        if job is None:
            return None
        until = time.monotonic() + wait
        while True:
            left = max(min(until - time.monotonic(), _LOOK_S), 0.0)
            if (line := self._lines.take(left)) is not None:
                if line not in (BEGUN, COMPILING):
                    return self._ended(job, line)
                self._go_on(line)
                continue  # the outcome may have come with it
            if (outcome := self._over_limit(job)) is not None or time.monotonic() >= until:
                return outcome

    def _go_on(self, line: str) -> None:
        """Start the clock of the run, or have it stand still while its worker compiles kernels."""
        self._clock = self._clock or Clock()
        self._clock.compiling(line == COMPILING)
        self.has_compiled = self.has_compiled or line == COMPILING

    def run(self, job: Job) -> Outcome:
        """Give it a job and wait for the outcome."""
        self.start(job)
        while (outcome := self.poll(60.0)) is None:
            continue
        return outcome

    def ask_to_stop(self) -> None:
        """Ask it to end its run at the end of a year."""
        if self._process is not None:
            self._process.terminate()

    def close(self) -> None:
        """End the process: in peace where it is at rest, and at once where it is at work."""
        process = self._process
        if process is None:
            return
        if self.job is None and process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.write(b"\n")
                process.stdin.flush()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE_S)
        self._kill()

    def _make(self) -> None:
        self._forget()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `_forget`
        self._process = subprocess.Popen(
            [sys.executable, "-m", "landsim.sweep.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self._errors, env=one_thread(os.environ),
        )  # fmt: skip
        self._lines = _Lines(self.fileno())

    def _ended(self, job: Job, line: str) -> Outcome:
        """Read the outcome; where there is none the process has died."""
        assert self._process is not None
        self.job = None
        if line.endswith("\n"):
            outcome = Outcome.read(line)
            if outcome.state == "stopped" or (job.memory is not None and outcome.memory_mb > job.memory):
                self.close()  # it leaves; and what it has kept of earlier runs must not count against the next one
            return outcome
        code = self._process.wait()
        if code == 0 and self._clock is None:  # it was asked to stop while it was at rest, and left
            self._forget()
            return Outcome(job.run, "stopped")
        died = f"killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        outcome = self._failed(job, "killed", f"the worker was {died}" if code < 0 else f"the worker {died}")
        self._forget()
        return outcome

    def _over_limit(self, job: Job) -> Outcome | None:
        """Kill a process that is past a limit; the run itself looks at them once a year."""
        now, took = time.monotonic(), self._took()
        if job.timeout is not None and took > job.timeout + _GRACE_S:
            return self._cut(job, "timeout", timeout_text(job.timeout, took))
        if job.memory is not None and now - self._looked > _LOOK_S:
            self._looked = now
            used = memory_mb(self.pid)
            if used > job.memory:
                return self._cut(job, "memory", memory_text(job.memory, used))
        return None

    def _cut(self, job: Job, cause: Cause, error: str) -> Outcome:
        outcome = self._failed(job, cause, error)
        self.job = None
        self._kill()
        return outcome

    def _failed(self, job: Job, cause: Cause, error: str) -> Outcome:
        pid, words = self.pid or 0, self._last_words()
        return Outcome(job.run, "failed", cause, error, words, self._took(), memory_mb(pid), f"process {pid}")

    def _took(self) -> float:
        """Time since the worker began with its job, without the compiling of kernels, s."""
        return 0.0 if self._clock is None else self._clock.took()

    def _last_words(self) -> str:
        """End of what the process wrote to its standard error."""
        if self._errors is None:
            return ""
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(size - _LAST_BYTES, 0))
        return self._errors.read().decode("utf-8", errors="replace")

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._forget()

    def _forget(self) -> None:
        self.job = None
        for stream in (self._process and self._process.stdin, self._process and self._process.stdout, self._errors):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()
        self._process = self._errors = None
