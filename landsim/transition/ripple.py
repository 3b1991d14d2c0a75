"""Ripple: how the scores and clocks around new land react, once for all the cells that changed at one moment.

Cells of a patch lie close together, so that their neighbourhoods overlap: what each of them adds to the scores is
summed in a small window first, and every clock in reach is rescaled once by the product of all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from landsim.transition.heap import push, room
from landsim.transition.lanes import LATEST, lane_number

WINDOW = 192 * 192
"""Cells of the window, 147 kB: it stays in the second cache.  A patch that reaches further takes several."""


def blank_window() -> npt.NDArray[np.int32]:
    """Make the scratch of `react`."""
    return np.zeros(WINDOW, dtype=np.int32)


@njit(forceinline=True, cache=True)  # type: ignore[untyped-decorator]
def react(
    clocks: Any, door: Any, lanes: Any, cells: Any, before: Any, to_code: Any, window: Any, upto: Any, keys: Any,
    ids: Any, count: Any,
) -> Any:  # fmt: skip
    """Let the neighbourhoods of cells that went to one code react: scores, clocks, heap.

    Parameters
    ----------
    clocks, door, lanes : Clocks, Door, Lanes
        State; scores and ringing times are changed.
    cells : int64, shape (m,)
        Cells that have changed at this moment.
    before : uint8, shape (m,)
        Their codes before.
    to_code : int
        Their code now.
    window : int32, shape (WINDOW,)
        Scratch.
    upto : float32, shape (K,)
        Moment up to which the clocks of each class are in the heap.
    keys, ids, count
        The heap of clocks that ring next; returned, for it may have moved.
    """
    height, width = np.int64(clocks.shape[0]), np.int64(clocks.shape[1])
    radius = np.int64(clocks.pull.shape[2] // 2)
    first = 0
    while first < cells.size:
        top = bottom = cells[first] // width
        left = right = cells[first] % width
        last = first + 1
        while last < cells.size:
            row, col = cells[last] // width, cells[last] % width
            high, low, west, east = min(top, row), max(bottom, row), min(left, col), max(right, col)
            if (low - high + 1 + 2 * radius) * (east - west + 1 + 2 * radius) > window.size:
                break
            top, bottom, left, right = high, low, west, east
            last += 1
        tall = max(top - radius, 0), min(bottom + radius + 1, height)
        wide = max(left - radius, 0), min(right + radius + 1, width)
        box = tall[0], tall[1], wide[0], wide[1]
        b = clocks.code_index[to_code]
        for k in range(clocks.target.size):
            if gather(clocks, k, cells[first:last], before[first:last], b, window, box):
                keys, ids, count = spread(clocks, door, lanes, k, window, box, upto[k], keys, ids, count)
        first = last
    return keys, ids, count


@njit(forceinline=True, cache=True)  # type: ignore[untyped-decorator]
def gather(clocks: Any, k: Any, cells: Any, before: Any, b: Any, window: Any, box: Any) -> Any:
    """Sum into the window what the changed cells add to the scores of class k; False where that is nothing."""
    width, index, moves, pull = np.int64(clocks.shape[1]), clocks.code_index, clocks.moves[k], clocks.pull[k]
    top, bottom, left, right = box
    across, side = right - left, pull.shape[1]
    radius = side // 2
    change = np.empty((side, side), np.int32)
    known, any_change = np.int64(-1), False
    for j in range(cells.size):
        a = np.int64(index[before[j]])
        if not moves[a, b]:
            continue
        if not any_change:
            window[: (bottom - top) * across] = 0
            any_change = True
        if a != known:
            known = a
            # the kernel is read mirrored: what this cell is to its neighbour
            for y in range(side):
                for x in range(side):
                    change[y, x] = np.int32(pull[b, side - 1 - y, side - 1 - x]) - np.int32(
                        pull[a, side - 1 - y, side - 1 - x]
                    )
        row, col = cells[j] // width - radius, cells[j] % width - radius
        west, east = max(left - col, 0), min(right - col, side)
        for y in range(max(top - row, 0), min(bottom - row, side)):
            place = (row + y - top) * across + col - left
            for x in range(west, east):
                window[place + x] += change[y, x]
    return any_change


@njit(forceinline=True, cache=True)  # type: ignore[untyped-decorator]
def spread(
    clocks: Any, door: Any, lanes: Any, k: Any, window: Any, box: Any, horizon: Any, keys: Any, ids: Any, count: Any
) -> Any:
    """Add the window to the scores of class k, rescale what is left of its clocks, and queue those that come soon."""
    index, land, region, control, inside = clocks.code_index, door.land, door.region, door.control, door.inside
    tau, stop, rules, moment = lanes.tau, lanes.stop, lanes.rule, lanes.now[0]
    t, score, response = clocks.t[k], clocks.score[k], clocks.response[k]
    classes, codes, greedy, top_score = clocks.target.size, clocks.ease.shape[1], clocks.greedy[0], response.size - 1
    width = np.int64(clocks.shape[1])
    top, bottom, left, right = box
    place = 0
    for r in range(top, bottom):
        for near in range(r * width + left, r * width + right):
            delta = window[place]
            place += 1
            if delta == 0:
                continue
            old = np.int64(score[near])
            new = old + delta
            score[near] = new
            if not t[near] < np.inf:
                continue
            ratio = response[min(max(old, 0), top_score)] / response[min(max(new, 0), top_score)]
            if ratio == np.float32(1.0):
                continue
            lane = lane_number(region[near], k, classes, index[land[near]], codes, inside[control[near]])
            now = np.float32(0.0) if greedy else tau[lane] + min(moment, stop[lane])
            rest = t[near] - now
            # a clock that has rung waits at the door, whatever happens around it
            if rest <= np.float32(0.0):
                continue
            later = min(np.float32(now + rest * ratio), LATEST)
            if later == t[near]:
                continue
            t[near] = later
            key = later if greedy else later - tau[lane]
            if key < horizon and rules[lane] == 0:
                keys, ids = room(keys, ids, count)
                count = push(keys, ids, count, key, near * classes + k)
    return keys, ids, count
