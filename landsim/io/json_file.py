"""JSON: a small object read from a file within a limit, where every fault is one sentence, and written to disk."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from landsim.core.errors import InputError, Problem
from landsim.io.reading import reading


def read_object(path: Path, what: str, at_most: int) -> dict[str, Any]:
    """Read an object of JSON as plain data.

    Parameters
    ----------
    path : pathlib.Path
    what : str
        What the file should be, for the error, such as ``"the manifest of a run"``.
    at_most : int
        Largest size of the file, bytes.

    Raises
    ------
    InputError
        If the file cannot be read, is larger, or is no object of JSON whose text can be written again.
    """
    with reading(path):
        size = path.stat().st_size
        raw = path.read_bytes() if size <= at_most else b""
    try:
        if size > at_most:
            raise ValueError(f"{size / 1e6:,.0f} MB")
        content = json.loads(raw.decode("utf-8"))
        if not isinstance(content, dict):
            raise ValueError("no object of JSON")
        json.dumps(content, ensure_ascii=False).encode("utf-8")  # halves of characters can be read, but not written
    except RecursionError as error:
        raise InputError(Problem(str(path), f"is not {what}", found="too many levels")) from error
    except ValueError as error:
        raise InputError(Problem(str(path), f"is not {what}", found=str(error)[:160])) from error
    return content


def write_object(path: Path, content: Mapping[str, Any]) -> None:
    """Write a mapping as indented JSON, and have it on the disk.

    Raises
    ------
    ValueError
        If a number is not finite.
    TypeError
        If something is no plain data, NumPy value or path.
    """
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False, default=_plain)
    with path.open("w", encoding="utf-8") as stream:
        stream.write(text + "\n")
        stream.flush()
        os.fsync(stream.fileno())


def _plain(value: Any) -> Any:
    """NumPy scalars and paths as JSON knows them."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray | tuple):
        return list(value)
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} in a manifest")
