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
from landsim.dashboard.sweeps import PLAN, labelled_runs
from landsim.io.store import CUBE, MANIFEST
from landsim.io.zipped import ZIPPED_CUBE
from landsim.scenario.compose import overrides_of
from landsim.scenario.schema import plain_name
from landsim.scenario.shipped import find_shipped, shipped_names

DEEPEST = 4
"""Levels of folders below the start folder that are looked through."""
MOST_FOLDERS = 5_000
WITH = " --with "
"""What stands between a scenario and a named override of it, as on the command line."""
_SKIPPED = re.compile(r"^[.]|^(__pycache__|node_modules|.*[.]zarr|.*[.]partial)$")


@dataclass(frozen=True)
class Choice:
    """Something that can be opened.

    Attributes
    ----------
    kind : {"scenario", "run"}
    name : str
        What `Shelf.find` takes: a shipped name, or a path from the start folder, and ``--with NAME`` after it.
    path : pathlib.Path
        Scenario file, or run folder.
    names : tuple of str
        Named overrides of a scenario.
    label : str
        What the list shows; nothing where that is the name.
    """

    kind: Literal["scenario", "run"]
    name: str
    path: Path
    names: tuple[str, ...] = ()
    label: str = ""


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
        """Shipped scenarios, then those of the folder, each before its named overrides; then finished runs, by name."""
        shipped = [Choice("scenario", name, path) for name in shipped_names() if (path := find_shipped(name))]
        known = {choice.path for choice in shipped}
        found = [choice for choice in self._walk() if choice.path.resolve() not in known]
        own = sorted((choice for choice in found if choice.kind == "scenario"), key=lambda choice: choice.name)
        runs = sorted((choice for choice in found if choice.kind == "run"), key=_natural)
        return [one for choice in (*shipped, *own) for one in (choice, *_overridden(choice))] + runs

    def ships(self, choice: Choice) -> bool:
        """Tell whether a choice comes with landsim, and does not stand in the folder."""
        return not choice.path.resolve().is_relative_to(self.folder)

    def find(self, text: str) -> Choice:
        """Find what a person named.

        Raises
        ------
        InputError
            If it lies outside the folder, or is neither a scenario nor a folder of a run.
        """
        plain, *names = text.split(WITH)
        choice = self._find(plain.strip())
        if not names or choice.kind == "scenario":
            return Choice(choice.kind, text, choice.path, tuple(name.strip() for name in names))
        raise InputError(Problem(text, "a finished run has no overrides", mend="Open its scenario with them"))

    def _find(self, text: str) -> Choice:
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
        try:
            plain_name(name)
        except ValueError as fault:
            raise InputError(Problem(name or "name of the run", "is no name for a run", mend=str(fault))) from None
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
            if MANIFEST in files and (ZIPPED_CUBE in files or CUBE in os.listdir(path)):
                folders[:] = []
                yield Choice("run", name, path)
            elif PLAN in files:
                folders[:] = []
                yield from (
                    Choice("run", run.relative_to(self.folder).as_posix(), run, label=f"{name}: {label}")
                    for run, label in labelled_runs(path)
                )
            elif "scenario.yaml" in files:
                folders[:] = []
                yield Choice("scenario", name, path / "scenario.yaml")


def _natural(choice: Choice) -> list[tuple[int, str]]:
    """Order names as people do: run-9 before run-10."""
    parts = re.split(r"(\d+)", choice.label or choice.name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def _overridden(choice: Choice) -> list[Choice]:
    """A scenario under each of its named overrides; none where that file is at fault, which opening it tells."""
    try:
        names = list(overrides_of(choice.path.parent))
    except InputError:
        return []
    return [Choice("scenario", f"{choice.name}{WITH}{name}", choice.path, (name,)) for name in names]
