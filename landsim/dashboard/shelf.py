"""Shelf: the scenarios and finished runs that a page may open: those that ship, and those in the start folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from landsim.core.errors import InputError, Problem
from landsim.core.registry import nearest
from landsim.io.store import MANIFEST
from landsim.scenario.shipped import find_shipped, shipped_names

DEEPEST = 4
"""Levels of folders below the start folder that are looked through."""
MOST_FOLDERS = 5_000
_SKIPPED = re.compile(r"^[.]|^(__pycache__|node_modules|.*[.]zarr|.*[.]partial)$")
_NAME = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$")


@dataclass(frozen=True)
class Choice:
    """Something that can be opened.

    Attributes
    ----------
    kind : {"scenario", "run"}
    name : str
        What the list shows, and what `Shelf.find` takes: a shipped name, or a path from the start folder.
    path : pathlib.Path
        Scenario file, or run folder.
    """

    kind: Literal["scenario", "run"]
    name: str
    path: Path


class Shelf:
    """What may be opened and written by the pages of one server.

    Parameters
    ----------
    folder : pathlib.Path
        The folder that the server was started with; nothing outside is opened or written, but what ships.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()

    def choices(self) -> list[Choice]:
        """Shipped scenarios, then the scenarios and the finished runs of the folder, by name."""
        shipped = [Choice("scenario", name, path) for name in shipped_names() if (path := find_shipped(name))]
        known = {choice.path for choice in shipped}
        found = [choice for choice in self._walk() if choice.path.resolve() not in known]
        return shipped + sorted(found, key=lambda choice: (choice.kind != "scenario", choice.name))

    def find(self, text: str) -> Choice:
        """Find what a person named.

        Raises
        ------
        InputError
            If it lies outside the folder, or is neither a scenario nor a folder of a run.
        """
        shipped = find_shipped(text)
        if shipped is not None and not (self.folder / text).exists():
            return Choice("scenario", text, shipped)
        path = self._inside(text)
        if path.is_dir() and (path / "scenario.yaml").is_file():
            return Choice("scenario", text, path / "scenario.yaml")
        if path.is_file() and path.suffix in (".yaml", ".yml"):
            return Choice("scenario", text, path)
        if path.is_dir():
            return Choice("run", text, path)  # whether it is whole, opening it tells
        near = nearest(text, [choice.name for choice in self.choices()])
        raise InputError(
            Problem(
                text, "no scenario and no run folder of that name",
                wanted="one of " + ", ".join(shipped_names()) + f", or a path inside {self.folder}",
                mend=f"Did you mean {near!r}?" if near else None,
            )
        )  # fmt: skip

    def place_for(self, name: str) -> Path:
        """Give the new folder ``runs/NAME`` in which a live run is saved.

        Raises
        ------
        InputError
            If the name is no plain name, or is taken.
        """
        if not _NAME.match(name):
            wanted = "letters, digits, - _ . and no folder"
            raise InputError(Problem(name or "name of the run", "is no name for a run", wanted=wanted))
        path = self._inside(f"runs/{name}")
        if path.exists() or path.with_name(path.name + ".partial").exists():
            mend = f"Choose another name, such as {self.free_name(name)}"
            raise InputError(Problem(f"runs/{name}", "there is a run of that name", mend=mend))
        return path

    def free_name(self, stem: str) -> str:
        """Give the first of ``STEM-1``, ``STEM-2`` ... that is not taken in ``runs``."""
        stem = re.sub(r"-\d+$", "", stem)
        taken = {path.name.removesuffix(".partial") for path in (self.folder / "runs").glob(f"{stem}-*")}
        return next(name for i in range(1, len(taken) + 2) if (name := f"{stem}-{i}") not in taken)

    def _inside(self, text: str) -> Path:
        try:
            path = (self.folder / text).resolve()
            path.exists()
        except (OSError, RuntimeError, ValueError):  # a loop of links, an over-long name, a NUL
            path = Path("/")
        if not path.is_relative_to(self.folder):
            mend = "Start landsim dashboard in a folder that holds it"
            wanted = f"a path inside {self.folder}"
            raise InputError(Problem(text, "lies outside the folder of the dashboard", wanted=wanted, mend=mend))
        return path

    def _walk(self) -> Iterator[Choice]:
        """Look for scenarios and runs, not below what was found, not through links, not endlessly."""
        for seen, (top, folders, files) in enumerate(os.walk(self.folder)):
            path = Path(top)
            name = path.relative_to(self.folder).as_posix()
            if seen >= MOST_FOLDERS:
                return
            deep = len(path.relative_to(self.folder).parts) >= DEEPEST
            folders[:] = [] if deep else sorted(folder for folder in folders if not _SKIPPED.match(folder))
            if MANIFEST in files and "landcover.zarr" in os.listdir(path):
                folders[:] = []
                yield Choice("run", name, path)
            elif "scenario.yaml" in files:
                folders[:] = []
                yield Choice("scenario", name, path / "scenario.yaml")
