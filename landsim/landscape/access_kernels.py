"""Compiled searches of the least cost over the eight neighbours of a cell: by a heap, and by buckets of cost."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_DIAGONAL = np.sqrt(2.0)
_CHUNK = 64  # cells of a bucket that stand together in memory
_MOST_BUCKETS = 4096


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _rise(keys: Any, cells: Any, place: Any, key: Any, cell: Any, at: Any) -> None:
    """Put an entry into the heap at or above a free position; equal keys stand in the order of their cells."""
    while at > 0:
        parent = (at - 1) >> 2
        if keys[parent] < key or (keys[parent] == key and cells[parent] < cell):
            break
        keys[at], cells[at] = keys[parent], cells[parent]
        place[cells[at]] = at
        at = parent
    keys[at], cells[at] = key, cell
    place[cell] = at


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _sink(keys: Any, cells: Any, place: Any, size: Any) -> None:
    """Fill the free top of the heap with its last entry, moved down to its place."""
    key, cell, at = keys[size], cells[size], 0
    while 4 * at + 1 < size:
        first = 4 * at + 1
        child = first
        for other in range(first + 1, min(first + 4, size)):
            if keys[other] < keys[child] or (keys[other] == keys[child] and cells[other] < cells[child]):
                child = other
        if key < keys[child] or (key == keys[child] and cell < cells[child]):
            break
        keys[at], cells[at] = keys[child], cells[child]
        place[cells[at]] = at
        at = child
    keys[at], cells[at] = key, cell
    place[cell] = at


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def grow_tree(half: Any, sources: Any, cost: Any, via: Any, source: Any) -> None:
    """Spread from the sources by a heap of four branches that knows the place of each cell.

    `half` is the cost of half a cell side; the other three arrays come filled with inf, -1 and -1.
    """
    height, width = half.shape
    keys = np.empty(cost.size, dtype=np.float64)
    cells = np.empty(cost.size, dtype=np.int32)
    place = np.full(cost.size, -1, dtype=np.int32)
    size = 0
    for k in range(sources.size):
        start = sources[k]
        if cost[start] > 0.0:
            cost[start], source[start] = 0.0, k
            _rise(keys, cells, place, 0.0, start, size)
            size += 1
    while size > 0:
        cell = cells[0]
        size -= 1
        _sink(keys, cells, place, size)
        r, c = cell // width, cell % width
        for rr in range(max(r - 1, 0), min(r + 2, height)):
            for cc in range(max(c - 1, 0), min(c + 2, width)):
                step = half[r, c] + half[rr, cc]
                if rr != r and cc != c:
                    step *= _DIAGONAL
                other, reached = rr * width + cc, cost[cell] + step
                if reached < cost[other]:
                    cost[other], via[other], source[other] = reached, cell, source[cell]
                    at = place[other]
                    if at < 0:
                        at, size = size, size + 1
                    _rise(keys, cells, place, reached, other, at)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _new_chunk(entries: Any, link: Any, free: Any) -> Any:
    """Make sure that there is a free chunk: the arrays, perhaps twice as long, and the first of the free."""
    if free >= 0:
        return entries, link, free
    old = link.size
    new = max(2 * old, 64)
    more = np.empty(new * _CHUNK, dtype=np.int32)
    more[: entries.size] = entries
    links = np.arange(1, new + 1).astype(np.int32)
    links[:old] = link
    links[-1] = -1
    return more, links, old


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def _put(cell: Any, bucket: Any, head: Any, fill: Any, entries: Any, link: Any, free: Any) -> Any:
    """Put a cell into a bucket, a list of chunks of which the first has room; the arrays of chunks may be new ones."""
    if head[bucket] < 0 or fill[bucket] == _CHUNK:
        entries, link, free = _new_chunk(entries, link, free)
        chunk, free = free, link[free]
        head[bucket], link[chunk], fill[bucket] = chunk, head[bucket], 0
    entries[head[bucket] * _CHUNK + fill[bucket]] = cell
    fill[bucket] += 1
    return entries, link, free


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def spread_times(speed: Any, pace: Any, sources: Any, cost: Any) -> None:
    """Spread from the sources by a ring of buckets as wide as the shortest step (Dial 1969); `cost` comes as inf.

    `speed` is flat, of the shape of `cost`; half a cell side costs ``pace / speed``.  A cell may stand in several
    buckets: what it costs tells which of them counts.  The order within a bucket does not matter, for a sum of
    floats never falls when a term grows: every order ends at the same least costs.  With very unequal speeds buckets
    are wider than the shortest step, and a cell may be served twice.
    """
    height, width = cost.shape
    low, high = _extremes(speed)
    if high == 0.0:
        low = high = 1.0
    longest = 2.0 * _DIAGONAL * pace / low
    per_level = 1.0 / max(2.0 * pace / high, longest / _MOST_BUCKETS)
    n_buckets = 4
    while n_buckets < longest * per_level + 3.0:
        n_buckets *= 2
    ring = np.int64(n_buckets - 1)
    head = np.full(n_buckets, -1, dtype=np.int32)
    fill = np.zeros(n_buckets, dtype=np.int32)
    entries = np.empty(0, dtype=np.int32)
    link = np.empty(0, dtype=np.int32)
    free = -1
    queued = 0
    level = np.int64(0)
    flat = cost.reshape(-1)
    for start in sources:
        if flat[start] > 0.0:
            flat[start] = 0.0
            entries, link, free = _put(start, 0, head, fill, entries, link, free)
            queued += 1
    while queued > 0:
        bucket = level & ring
        while head[bucket] >= 0:
            fill[bucket] -= 1
            chunk = head[bucket]
            cell = np.int64(entries[chunk * _CHUNK + fill[bucket]])
            queued -= 1
            if fill[bucket] == 0:
                head[bucket], link[chunk], free = link[chunk], free, chunk
                fill[bucket] = _CHUNK
            here = flat[cell]
            if np.int64(here * per_level) < level:  # served already
                continue
            own = np.float64(pace / speed[cell])
            r = cell // width
            c = cell - r * width
            for rr in range(max(r - 1, 0), min(r + 2, height)):
                for cc in range(max(c - 1, 0), min(c + 2, width)):
                    other = rr * width + cc
                    known = flat[other]
                    if known <= here or speed[other] <= 0.0:
                        continue
                    step = own + np.float64(pace / speed[other])
                    if rr != r and cc != c:
                        step *= _DIAGONAL
                    reached = here + step
                    if reached >= known:
                        continue
                    flat[other] = reached
                    due = np.int64(reached * per_level)
                    if known < np.inf and due > level and np.int64(known * per_level) == due:
                        continue  # it stands in that bucket
                    entries, link, free = _put(other, due & ring, head, fill, entries, link, free)
                    queued += 1
        level += 1


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _extremes(speed: Any) -> Any:
    """Least positive and greatest speed; inf and 0 where no speed is positive."""
    low, high = np.inf, 0.0
    for value in speed:
        if value > 0.0:
            low = min(low, value)
            high = max(high, value)
    return low, high
