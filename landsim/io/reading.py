"""Reading: a damaged result is one clear error, whatever the library that stumbled over it raises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile

from landsim.core.errors import InputError, Problem


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what libraries raise over a damaged file or folder into an error for the user.

    Raises
    ------
    InputError
        If the file or folder cannot be read.
    """
    try:
        yield
    except (OSError, ValueError, RuntimeError, LookupError, TypeError, BadZipFile) as error:
        found = f"no {error}" if isinstance(error, KeyError) else str(error).partition("\n")[0].partition(". ")[0]
        mend = "Run again, or bring the file back from a copy"
        raise InputError(Problem(str(path), "is damaged and cannot be read", found=found, mend=mend)) from error
