"""Hashes: the sha256 of files, taken by a thread of its own while other files are read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path


def file_hash(path: Path) -> str:
    """Return the sha256 of a file, read in blocks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


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
