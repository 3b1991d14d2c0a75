"""Parallel: the same work for many row blocks, on as many threads as numba may use; the result never depends on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numba

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


def threads() -> int:
    """Threads to use: those of numba, so that ``NUMBA_NUM_THREADS`` and `numba.set_num_threads` rule them all."""
    return int(numba.get_num_threads())


def each(function: Callable[[Item], Outcome], items: Iterable[Item]) -> list[Outcome]:
    """Call a function for every item, several at a time, and return the outcomes in the order of the items.

    The function must not write where another item's call reads or writes, and must let go of the interpreter lock
    (numba with ``nogil``, numpy, rasterio) to gain from more threads.

    Examples
    --------
    >>> each(abs, [-1, 2])
    [1, 2]
    """
    jobs = list(items)
    count = min(threads(), len(jobs))
    if count < 2:
        return [function(item) for item in jobs]
    with ThreadPoolExecutor(count, thread_name_prefix="landsim") as pool:
        return list(pool.map(function, jobs))
