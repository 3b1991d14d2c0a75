"""Atomic writing: a file or folder appears whole or not at all, and a full disk is one clear error."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from landsim.core.errors import DiskError, InputError, Problem

_FULL = (errno.ENOSPC, errno.EDQUOT)
_REFUSED = (
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.ENOENT, errno.ENAMETOOLONG, errno.EINVAL,
)  # fmt: skip
_CUT_SHORT = ("No space left", "errno 28", "requested and", "Write failed", "disk is full", "commit transaction")


@contextmanager
def writing(target: Path, mend: str = "Free some space, then run again") -> Iterator[None]:
    """Turn the operating system's refusals into errors for the user.

    Raises
    ------
    DiskError
        If the disk is full or the place is not writable.
    """
    try:
        yield
    except (OSError, RuntimeError) as error:
        # numpy and GDAL tell of a write cut short without the number of the error
        number = getattr(error, "errno", None)
        if number in _FULL or (number is None and any(words in str(error) for words in _CUT_SHORT)):
            raise DiskError(Problem(str(target), "disk full", mend=mend)) from error
        if number in _REFUSED:
            reason = os.strerror(number)
            raise DiskError(
                Problem(str(target), f"not writable: {reason}", mend="Choose another folder with --out")
            ) from error
        raise


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path` that takes its name when the block ends well."""
    aside = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        with writing(path):
            yield aside
            os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder that takes the name `path` when the block ends well, and is removed otherwise."""
    with writing(path):
        refuse_occupied(path)
    aside = path.with_name(path.name + ".partial")
    with writing(path):
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
    try:
        with writing(path):
            yield aside
            rename_folder(aside, path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def filled_folder(path: Path) -> Iterator[Path]:
    """Give a temporary folder whose content goes into `path` when the block ends well.

    An empty folder stays the one it is, so that somebody may stand in it.
    """
    with writing(path):
        stands = path.is_dir()
    if not stands:
        with new_folder(path) as aside:
            yield aside
        return
    refuse_occupied(path)
    aside = path / ".partial"
    try:
        with writing(path):
            aside.mkdir()
            yield aside
            for part in sorted(aside.iterdir()):
                os.rename(part, path / part.name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def refuse_occupied(path: Path) -> None:
    """Refuse a target that is a file or a folder with something in it.

    Raises
    ------
    InputError
        If `path` exists and is not an empty folder.
    """
    if path.is_dir() and not any(path.iterdir()):
        return
    if path.exists():
        what = "output folder is not empty" if path.is_dir() else "is a file, not a folder"
        raise InputError(Problem(str(path), what, mend="Choose another folder, or remove it"))


def rename_folder(source: Path, target: Path) -> None:
    """Rename a finished folder; an empty one in its way is removed first."""
    if target.exists():
        target.rmdir()
    os.rename(source, target)
