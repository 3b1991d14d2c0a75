"""Whole: a run whose results are, byte by byte, those that it wrote, and whose manifest says what readers need."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from landsim.core.errors import InputError, Problem
from landsim.io.reading import reading
from landsim.io.store import MANIFEST, Keeping, RunFolder, digest, open_run

FACTS: Mapping[str, type] = {
    "name": str,
    "title": str,
    "description": str,
    "rules": str,
    "seed": int,
    "constructed_lines": list,
    "scenario": dict,
    "files": dict,
}
"""Facts of a manifest without which no result can be told, and their types in JSON."""


def open_whole_run(path: str | Path) -> RunFolder:
    """Open a finished run folder whose results are those that it wrote.

    Lost chunks of a map read as nodata and a foreign table reads as any other, so nothing else would tell.

    Parameters
    ----------
    path : str or pathlib.Path
        The run folder.

    Returns
    -------
    RunFolder

    Raises
    ------
    InputError
        If it is no run folder, was not finished, has another layout, its manifest lacks a fact, or a result has other
        bytes than the manifest tells.
    """
    run = open_run(path)
    _refuse_lacking(run)
    changed = [
        name for name in Keeping.of(run.manifest).files if _digest(run.path / name) != run.manifest["files"][name]
    ]
    if changed:
        what = "is damaged: results have other bytes than the run wrote"
        mend = "Run again, or bring the files back from a copy"
        raise InputError(Problem(str(run.path), what, found="changed " + ", ".join(changed), mend=mend))
    return run


def _refuse_lacking(run: RunFolder) -> None:
    lacking = [name for name, kind in FACTS.items() if not _is(run.manifest.get(name), kind)]
    if lacking:
        what, where = "is not the whole manifest of a run", str(run.path / MANIFEST)
        raise InputError(
            Problem(where, what, wanted=", ".join(lacking), mend="Run again, or bring it back from a copy")
        )


def _is(value: Any, kind: type) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _digest(path: Path) -> str:
    with reading(path):
        return digest(path)
