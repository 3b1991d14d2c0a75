"""Faults: what goes wrong, as sentences for the page; a fault inside leaves its traceback in a log."""

from __future__ import annotations

import tempfile
import traceback
from pathlib import Path

from landsim.core.errors import InputError, InternalError


def sentences(fault: InputError) -> tuple[str, ...]:
    """Say every problem of a refusal in a sentence."""
    return tuple(str(problem) for problem in fault.problems)


def logged(fault: Exception) -> str:
    """Write the traceback of a fault inside to a log, and say so in a sentence."""
    text = "".join(traceback.format_exception(fault))
    with tempfile.NamedTemporaryFile("w", prefix="landsim-", suffix=".log", delete=False, encoding="utf-8") as log:
        log.write(text)
    words = str(fault) if isinstance(fault, InternalError) else f"{type(fault).__name__}: {fault}"
    return f"internal fault: {words}. Details: {Path(log.name)}"
