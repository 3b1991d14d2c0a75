"""Paths: where the files that a project names may lie, and how such a name becomes a path."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from landsim.core.errors import Problems

DATA_VARIABLE = "LANDSIM_DATA"
GEODATABASE = ".gdb"
"""Ending of the folder that is one File Geodatabase."""

_VARIABLE = re.compile(r"^\$\{(\w+)\}[/\\]?")


@dataclass(frozen=True)
class Places:
    """The folders from which the files of a project may be read.

    Attributes
    ----------
    home : pathlib.Path
        Folder of the file that names the paths; relative paths start here.
    data : pathlib.Path or None
        Value of ``LANDSIM_DATA``, None where it is unset.
    allow : tuple of pathlib.Path
        Further folders that the user opened with ``--allow``.
    """

    home: Path
    data: Path | None = None
    allow: tuple[Path, ...] = ()

    @classmethod
    def of(cls, home: Path, allow: Iterable[str | Path] = ()) -> Places:
        """Take the folder of the naming file, the environment's ``LANDSIM_DATA`` and the allowed folders."""
        data = os.environ.get(DATA_VARIABLE, "").strip()
        return cls(home.resolve(), Path(data).resolve() if data else None, tuple(Path(a).resolve() for a in allow))

    def may_read(self, path: Path) -> bool:
        """Tell whether a path, all symbolic links followed, lies in one of the folders."""
        try:
            real = path.resolve()
        except (OSError, RuntimeError, ValueError):  # a loop of links, an over-long name, a NUL
            return False
        roots = [self.home, *self.allow, *([self.data] if self.data else [])]
        return any(real.is_relative_to(root) for root in roots)


def resolve(text: str, places: Places, where: str, problems: Problems) -> Path | None:
    """Turn a path as the user wrote it into an existing file, or the folder of a File Geodatabase.

    Parameters
    ----------
    text : str
        A path relative to `places.home`, or one that starts with ``${LANDSIM_DATA}``.
    places : Places
        The folders that may be read.
    where : str
        Key that holds the path, for the messages.
    problems : Problems
        Gets the faults: unset variable, path outside the folders, missing file.

    Returns
    -------
    pathlib.Path or None
        The file with all symbolic links followed; None after a fault.
    """
    path = permitted(text, places, where, problems)
    if path is None:
        return None
    if not path.is_file() and not (path.is_dir() and path.suffix.lower() == GEODATABASE):
        what = "is a folder, not a file" if path.is_dir() else "missing file"
        problems.add(where, what, found=str(path), mend="Check the name and the folder")
        return None
    return path.resolve()


def permitted(text: str, places: Places, where: str, problems: Problems) -> Path | None:
    """Turn a path as the user wrote it into one that may be read, whether something is there or not.

    Parameters and faults are those of `resolve`, but for the missing file.
    """
    path = _expand(text, places, where, problems)
    if path is None or places.may_read(path):
        return path
    problems.add(
        where,
        "path outside the project folder",
        found=text,
        wanted=f"a path inside {places.home} or ${{{DATA_VARIABLE}}}",
        mend="Move the file into the project, or name its folder with --allow",
    )
    return None


def _expand(text: str, places: Places, where: str, problems: Problems) -> Path | None:
    """Put the folder in front: `places.home`, or ``LANDSIM_DATA`` where the text names it."""
    match = _VARIABLE.match(text)
    if match is None:
        return places.home / text
    if match[1] != DATA_VARIABLE:
        problems.add(where, "unknown variable in a path", found=text, wanted=f"${{{DATA_VARIABLE}}}")
        return None
    if places.data is None:
        problems.add(
            where,
            f"the environment variable {DATA_VARIABLE} is not set",
            found=text,
            mend=f"Set it to the folder of the data: export {DATA_VARIABLE}=/path/to/data",
        )
        return None
    return places.data / text[match.end() :]
