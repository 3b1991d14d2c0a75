"""Whole: a run whose results are, byte by byte, those that it wrote, and whose manifest says what readers need."""

from __future__ import annotations

from pathlib import Path

from landsim.core.errors import InputError, Problem
from landsim.io.facts import unsound
from landsim.io.reading import reading
from landsim.io.store import MANIFEST, RESULTS, RunFolder, digest, open_run
from landsim.io.zipped import ZIPPED_CUBE


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
        If it is no run folder, was not finished, has another layout, its manifest is damaged, or a result has other
        bytes than the manifest tells, or is there and not told of.
    """
    run = open_run(path)
    refuse_unsound(run)
    told = run.manifest["files"]
    there = [name for name in (*RESULTS, ZIPPED_CUBE) if (run.path / name).exists()]
    changed = [name for name in there if name not in told or _digest(run.path / name) != told[name]]
    if changed:
        what = "is damaged: results have other bytes than the run wrote"
        mend = "Run again, or bring the files back from a copy"
        raise InputError(Problem(str(run.path), what, found="changed " + ", ".join(changed), mend=mend))
    return run


def refuse_unsound(run: RunFolder) -> None:
    """Refuse a run whose manifest lacks a fact, or has one that cannot be.

    Raises
    ------
    InputError
    """
    if found := unsound(run.manifest):
        what, where = "is not the whole manifest of a run", str(run.path / MANIFEST)
        raise InputError(Problem(where, what, found=found, mend="Run again, or bring it back from a copy"))


def _digest(path: Path) -> str:
    with reading(path):
        return digest(path)
