"""Hashes: the sha256 of plain data and of files, the latter by a thread of its own while other files are read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def file_hash(path: Path) -> str:
    """Return the sha256 of a file, read in blocks; of a folder, that of the names and hashes of its files."""
    if path.is_dir():
        parts = sorted(part for part in path.rglob("*") if part.is_file())
        return fingerprint({part.relative_to(path).as_posix(): file_hash(part) for part in parts})
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fingerprint(content: Any) -> str:
    """Return the sha256 of plain data, whatever the order of its keys.

    Examples
    --------
    >>> fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})
    True
    """
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


class Hashes:
    """Hashes that were begun before they are asked for."""

    def __init__(self) -> None:
        self._begun: dict[Path, Future[str]] = {}

    @contextmanager
    def beside(self, paths: Iterable[Path]) -> Iterator[None]:
        """Begin with these files, one after the other, and let go of what nobody has asked for at the end."""
        with ThreadPoolExecutor(1, thread_name_prefix="landsim-hash") as pool:
            self._begun = {path: pool.submit(file_hash, path) for path in dict.fromkeys(paths)}
            try:
                yield
            finally:
                pool.shutdown(cancel_futures=True)
                self._begun = {}

    def of(self, path: Path) -> str:
        """Return the sha256 of a file, at once where it was not begun."""
        begun = self._begun.get(path)
        return file_hash(path) if begun is None else begun.result()
