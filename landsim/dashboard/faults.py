"""Faults: what goes wrong, as sentences for the page; a fault inside leaves its traceback in a log."""

from __future__ import annotations

import tempfile
import traceback
from functools import lru_cache
from pathlib import Path

from landsim.core.errors import InputError, InternalError


def sentences(fault: InputError) -> tuple[str, ...]:
    """Say every problem of a refusal in a sentence."""
    return tuple(str(problem) for problem in fault.problems)


def logged(fault: Exception) -> str:
    """Write the traceback of a fault inside to a log, and say so in a sentence."""
    words = str(fault) if isinstance(fault, InternalError) else f"{type(fault).__name__}: {fault}"
    whole = "".join(traceback.format_exception(fault))
    if not _log_of(whole).is_file():  # somebody has tidied up
        _log_of.cache_clear()
    return f"internal fault: {words}. Details: {_log_of(whole)}"


@lru_cache(maxsize=100)
def _log_of(text: str) -> Path:
    """Path of the log with a text; a fault that comes again, as at every drawing of a page, has one log."""
    with tempfile.NamedTemporaryFile("w", prefix="landsim-", suffix=".log", delete=False, encoding="utf-8") as log:
        log.write(text)
    return Path(log.name)
