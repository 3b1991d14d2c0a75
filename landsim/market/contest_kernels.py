"""Compiled rounds of proposals: places go to those who bid most, as many as there are, and the others ask elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def give_places(
    idents: Any, currents: Any, ranked: Any, bids: Any, left: Any, site: Any, moved: Any, refusals: Any
) -> None:
    """Let every mover ask for the places on its list, one a round; `left` is used up, the last three are filled.

    Who is given a place, or comes to the end of its list or to its present place, asks no more.
    """
    seekers = np.arange(idents.size).astype(np.int32)
    asked = np.zeros(left.size, dtype=np.int32)
    for turn in range(ranked.shape[1]):
        wishes = ranked[:, turn]
        seekers = _ask(seekers, wishes, currents, asked)
        if seekers.size == 0:
            break
        _answer_contested(seekers, wishes, bids[:, turn], idents, asked, left, moved)
        for i in seekers:
            if moved[i] or asked[wishes[i]] <= left[wishes[i]]:
                moved[i] = True
                site[i] = wishes[i]
            else:
                refusals[i] += 1
        seekers = _close_round(seekers, wishes, asked, left, moved)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _ask(seekers: Any, wishes: Any, currents: Any, asked: Any) -> Any:
    """Count the proposals to each place, and keep those who make one."""
    count = 0
    for i in seekers:
        if wishes[i] >= 0 and wishes[i] != currents[i]:
            asked[wishes[i]] += 1
            seekers[count] = i
            count += 1
    return seekers[:count]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _answer_contested(seekers: Any, wishes: Any, bid: Any, idents: Any, asked: Any, left: Any, moved: Any) -> None:
    """Mark who wins where more ask than there is room: the highest bids of a place, kept in a heap of its own."""
    heaps = np.empty(seekers.size, dtype=np.int32)
    start = np.full(left.size, -1, dtype=np.int32)
    size = np.zeros(left.size, dtype=np.int32)
    used = 0
    for i in seekers:
        place = wishes[i]
        room = left[place]
        if asked[place] <= room or room == 0:
            continue
        if start[place] < 0:
            start[place] = used
            used += room
        heap = heaps[start[place] : start[place] + room]
        if size[place] < room:
            _rise(heap, size[place], i, bid, idents)
            size[place] += 1
        elif _weaker(heap[0], i, bid, idents):
            _sink(heap, i, bid, idents)
    for i in heaps[:used]:
        moved[i] = True


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _close_round(seekers: Any, wishes: Any, asked: Any, left: Any, moved: Any) -> Any:
    """Take what was given off what is left, forget the proposals, and keep those who were refused."""
    count = 0
    for i in seekers:
        place = wishes[i]
        left[place] -= min(asked[place], left[place])
        asked[place] = 0
        if not moved[i]:
            seekers[count] = i
            count += 1
    return seekers[:count]


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def _weaker(i: Any, j: Any, bid: Any, idents: Any) -> Any:
    """Tell whether mover `i` must give way to `j`: a lower bid, and among equals the higher id."""
    return bid[i] < bid[j] or (bid[i] == bid[j] and idents[i] > idents[j])


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _rise(heap: Any, at: Any, mover: Any, bid: Any, idents: Any) -> None:
    """Put a mover into a heap whose top is the weakest, from the free position `at` upwards."""
    while at > 0:
        parent = (at - 1) >> 1
        if not _weaker(mover, heap[parent], bid, idents):
            break
        heap[at] = heap[parent]
        at = parent
    heap[at] = mover


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _sink(heap: Any, mover: Any, bid: Any, idents: Any) -> None:
    """Put a mover in the place of the weakest."""
    at = 0
    while 2 * at + 1 < heap.size:
        child = 2 * at + 1
        if child + 1 < heap.size and _weaker(heap[child + 1], heap[child], bid, idents):
            child += 1
        if not _weaker(heap[child], mover, bid, idents):
            break
        heap[at] = heap[child]
        at = child
    heap[at] = mover
