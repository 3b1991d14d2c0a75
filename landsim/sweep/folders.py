"""Folders: where a sweep keeps its plan, runs, failures, tables and report, and whether a run is there and whole."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landsim.core.errors import BusyError, InputError, Problem
from landsim.io.atomic import new_file, writing
from landsim.io.store import CUBE, digest, is_run, open_run
from landsim.io.zipped import ZIPPED_CUBE

RUN = "sweep_run"
"""Fact of a manifest that says which run of a sweep it is: a hash of all that decides its bytes."""

_SHARED, _ALONE = fcntl.LOCK_SH, fcntl.LOCK_EX
_TOLD = 5


@dataclass(frozen=True)
class SweepFolder:
    """Names inside the folder of a sweep.

    Attributes
    ----------
    path : pathlib.Path
        The folder.
    """

    path: Path

    @property
    def plan(self) -> Path:
        """Table of the runs."""
        return self.path / "plan.parquet"

    @property
    def facts(self) -> Path:
        """What the plan was made from."""
        return self.path / "sweep.json"

    @property
    def failures(self) -> Path:
        """Holds a file for each run that failed, until it succeeds."""
        return self.path / "failures"

    @property
    def tables(self) -> Path:
        """What was gathered."""
        return self.path / "tables"

    @property
    def maps(self) -> Path:
        """Maps over all runs."""
        return self.path / "maps"

    @property
    def report(self) -> Path:
        """Text and figures."""
        return self.path / "report"

    @property
    def logs(self) -> Path:
        """What jobs of a batch system print."""
        return self.path / "logs"

    def run(self, run: str) -> Path:
        """Folder of a run; no folder holds more than a 256th of all."""
        return self.path / "runs" / run[:2] / run

    def failure(self, run: str) -> Path:
        """File in which the last error of a run stands; spread as the runs are."""
        return self.failures / run[:2] / f"{run}.json"

    def make(self) -> None:
        """Make the folder.

        Raises
        ------
        InputError
            If it cannot be written, or holds something that is not of a sweep.
        """
        with writing(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            names = sorted(path.name for path in self.path.iterdir())
        foreign = [name for name in names if not name.startswith(".") and name != self.plan.name]
        if foreign and not self.facts.is_file():  # the table is written before the facts
            mend = "Choose an empty folder, or a new one, with --out"
            found = ", ".join(foreign[:_TOLD])
            raise InputError(Problem(str(self.path), "is not the folder of a sweep", found=found, mend=mend))

    @contextmanager
    def held(self, *, alone: bool) -> Iterator[None]:
        """Hold the sweep against others that would do the same runs: parts of it share it, the whole has it alone.

        Raises
        ------
        BusyError
            If another process holds it.
        """
        with self._locked(".held", _ALONE if alone else _SHARED, "another process works on this sweep"):
            yield

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """Hold the tables, maps and report against others that gather, while parts of the sweep may go on.

        Raises
        ------
        BusyError
            If another process gathers, or makes the whole sweep.
        """
        with self.held(alone=False), self._locked(".gathering", _ALONE, "another process gathers this sweep"):
            yield

    @contextmanager
    def _locked(self, name: str, kind: int, told: str) -> Iterator[None]:
        with writing(self.path):
            stream = (self.path / name).open("w", encoding="utf-8")
        with stream:
            try:
                fcntl.flock(stream, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                mend = "Wait for it, or stop it first"
                raise BusyError(Problem(str(self.path), told, mend=mend)) from None
            except OSError:
                pass  # a file system without locks: each run has a lock of its own, or fails alike
            yield

    @contextmanager
    def planning(self) -> Iterator[None]:
        """Wait until no other process writes the plan."""
        with writing(self.path):
            stream = (self.path / ".planning").open("w", encoding="utf-8")
        with stream:
            with suppress(OSError):  # as above; the plan takes its name when it is whole, and all write the same
                fcntl.flock(stream, _ALONE)
            yield


def fault_of(run: Path) -> str | None:
    """Tell what is wrong with a finished run: unreadable, incomplete, or bytes that are not those that were written."""
    try:
        made = open_run(run).manifest
        files = dict(made["files"])
    except InputError as error:
        return str(error)
    except (KeyError, TypeError, ValueError) as error:
        return f"{run}: damaged manifest: {error}"
    changed = [name for name, sha256 in files.items() if digest(run / name) != sha256]
    return f"{run}: other bytes than were written: {', '.join(changed)}" if changed else None


def run_of(run: Path) -> str | None:
    """Tell by its manifest which run it is; None for one that no sweep has made."""
    found = open_run(run).manifest.get(RUN)
    return None if found is None else str(found)


def lacking(run: Path, results: Iterable[str]) -> list[str]:
    """Results that a run was not to keep when it was made; its maps may be a folder or one file."""
    there = {path.name for path in run.iterdir()}
    there |= {CUBE} if ZIPPED_CUBE in there else set()
    return [name for name in results if name not in there]


def is_done(run: Path) -> bool:
    """Tell whether a run has ended and its folder has its name."""
    return is_run(run)


def discard(run: Path) -> None:
    """Remove a run and what is left of one in the making."""
    for path in (run, run.with_name(run.name + ".partial")):
        shutil.rmtree(path, ignore_errors=True)


def write_json(path: Path, content: Any) -> None:
    """Write a small record, whole or not at all.

    Raises
    ------
    DiskError
        If the disk is full or the place is not writable.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with new_file(path) as aside:
        aside.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read a record; None where there is none that can be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
