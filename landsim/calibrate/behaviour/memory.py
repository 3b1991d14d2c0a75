"""Memory: measures of runs kept in a file, so that work that was killed goes on without running anything twice."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from landsim.core.errors import InputError, Problem

Record = dict[str, Any]


class Memory:
    """Records by key, in one SQLite file: a record is there as a whole or not at all, whatever kills the process.

    Parameters
    ----------
    path : pathlib.Path or None
        File; made if it is not there.  None remembers nothing beyond the process.

    Raises
    ------
    InputError
        If the file is no such memory.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._file = sqlite3.connect(":memory:" if path is None else path)
        try:
            with self._file:
                self._file.execute("CREATE TABLE IF NOT EXISTS runs (key TEXT PRIMARY KEY, record TEXT NOT NULL)")
        except sqlite3.DatabaseError as error:
            self._file.close()
            where = "runs" if path is None else path.name
            raise InputError(
                Problem(where, "cannot be read", found=str(error), mend="Remove it; it is a cache")
            ) from None

    def get(self, key: str) -> Record | None:
        """Give the record of a key; None where there is none."""
        row = self._file.execute("SELECT record FROM runs WHERE key = ?", (key,)).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def put(self, key: str, record: Record) -> None:
        """Keep a record, in place of an earlier one; numbers come back as they were, to the bit."""
        with self._file:
            self._file.execute("INSERT OR REPLACE INTO runs VALUES (?, ?)", (key, json.dumps(record)))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def key_of(*parts: str | int | float | Mapping[str, float]) -> str:
    """Hash of what a record depends on; values of a mapping count by name."""
    return blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=16).hexdigest()
