"""Clocks: the state of the race, the weight of a cell for a class, and how a change makes neighbours react.

Every convertible cell i and gained class k owns one unit-exponential draw E and rings at t = tau + E / w, where w is
its potential.  The next to ring is the next to convert: weighted sampling without replacement (Efraimidis & Spirakis
2006).  When a potential changes in mid-race only what is left is rescaled, t <- now + (t - now) * w_old / w_new, the
next-reaction method of Gibson & Bruck (2000).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from landsim.core.draws import draw_cell
from landsim.transition.conversion import permitted

SUIT_STEPS = 2048.0
"""Steps of the stored suitability in one unit of its natural logarithm."""

UNFIT = np.uint16(65535)
"""Stored suitability of a cell that a class can never take."""


class Clocks(NamedTuple):
    """The race of every gained class; n cells, K classes, C codes, B blocks.

    Attributes
    ----------
    t : float32, shape (K, n)
        Ringing time; inf where there is no clock.
    score : int16, shape (K, n)
        Neighbourhood score: integer weights of the cells around, exact in any order.
    suit : uint16, shape (K, n)
        Suitability as -ln(S) in steps of 1/2048; 65535 where the class is impossible.
    since : uint8, shape (n,)
        Year of the run in which a cell last changed, counted from 1; 0 never.
    suit_factor : float32, shape (65536,)
        Weight of a stored suitability.
    response : float32, shape (K, top + 1)
        Weight of a neighbourhood score 0..top.
    ease : float32, shape (K, C)
        Weight of coming from a code, mean patch size included; 0 forbids.
    ready : float32, shape (256,)
        Weight of the years since the last change.
    bid : float32, shape (K, B)
        Weight of the economic level of a block.
    pull : int16, shape (K, C, side, side)
        Neighbourhood weight of a code at an offset.
    moves : uint8, shape (K, C, C)
        1 where a change from one code to another alters scores of a class.
    code_index : uint8, shape (256,)
        Position of a code in the legend.
    target : uint8, shape (K,)
        Code that each clock converts to.
    project : uint8, shape (K,)
        1 where a clock runs under the permissions of projects (decline of built-up land).
    shape : int32, shape (4,)
        Height and width of the map, block factor, blocks in a row.
    greedy : uint8, shape (1,)
        1 for the deterministic ranking (no scatter): t = 1 / w and time stands still.
    """

    t: npt.NDArray[np.float32]
    score: npt.NDArray[np.int16]
    suit: npt.NDArray[np.uint16]
    since: npt.NDArray[np.uint8]
    suit_factor: npt.NDArray[np.float32]
    response: npt.NDArray[np.float32]
    ease: npt.NDArray[np.float32]
    ready: npt.NDArray[np.float32]
    bid: npt.NDArray[np.float32]
    pull: npt.NDArray[np.int16]
    moves: npt.NDArray[np.uint8]
    code_index: npt.NDArray[np.uint8]
    target: npt.NDArray[np.uint8]
    project: npt.NDArray[np.uint8]
    shape: npt.NDArray[np.int32]
    greedy: npt.NDArray[np.uint8]


class Lanes(NamedTuple):
    """Race time by lane; a lane is a (district, class, code come from, inside the boundary or not).

    Counters stop whole lanes: the time of a stopped lane stands still, so that its race goes on exactly where it
    stood when the counter opens again.

    Attributes
    ----------
    tau : float32, shape (lanes,)
        Race time at the start of the year.
    stop : float32, shape (lanes,)
        Time into the year at which the lane was stopped; inf while it runs.
    rule : uint8, shape (lanes,)
        The `Rule` that stopped it this year; 0 while it runs.
    now : float32, shape (1,)
        Time into the year.
    """

    tau: npt.NDArray[np.float32]
    stop: npt.NDArray[np.float32]
    rule: npt.NDArray[np.uint8]
    now: npt.NDArray[np.float32]


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def lane_of(clocks: Any, door: Any, k: Any, cell: Any) -> Any:
    """Return the lane of a cell for a class."""
    codes = clocks.ease.shape[1]
    row = (np.int64(door.region[cell]) * clocks.target.size + k) * codes + clocks.code_index[door.land[cell]]
    return row * 2 + door.inside[door.control[cell]]


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def lane_now(clocks: Any, lanes: Any, lane: Any) -> Any:
    """Race time of a lane at this moment; always 0 for the deterministic ranking."""
    if clocks.greedy[0]:
        return np.float32(0.0)
    return lanes.tau[lane] + min(lanes.now[0], lanes.stop[lane])


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def respond(clocks: Any, k: Any, score: Any) -> Any:
    """Weight of a neighbourhood score."""
    top = clocks.response.shape[1] - 1
    return clocks.response[k, min(max(np.int64(score), 0), top)]


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def block_of(clocks: Any, cell: Any) -> Any:
    """Return the block of a cell."""
    width = np.int64(clocks.shape[1])
    factor = np.int64(clocks.shape[2])
    return (cell // width) // factor * np.int64(clocks.shape[3]) + (cell % width) // factor


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def weight(clocks: Any, door: Any, k: Any, cell: Any, year: Any) -> Any:
    """Return the potential w of a cell for a class in the given year of the run (domain formula S*N*I*X, masks apart)."""
    stored = clocks.suit[k, cell]
    if stored == UNFIT:
        return np.float32(0.0)
    w = clocks.suit_factor[stored] * respond(clocks, k, clocks.score[k, cell])
    w *= clocks.ease[k, clocks.code_index[door.land[cell]]] * clocks.bid[k, block_of(clocks, cell)]
    since = clocks.since[cell]
    if since > 0:
        w *= clocks.ready[year - since]
    return np.float32(w)


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def lasts(clocks: Any, w: Any, key0: Any, key1: Any, year: Any, cell: Any) -> Any:
    """Time that a fresh clock of weight w runs: a named unit exponential over w, or 1 / w without scatter."""
    if w <= np.float32(0.0):
        return np.float32(np.inf)
    if clocks.greedy[0]:
        return np.float32(1.0) / w
    return np.float32(-np.log(draw_cell(key0, key1, year, cell, np.uint32(0)))) / w


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def wind(clocks: Any, door: Any, lanes: Any, k: Any, keys: Any, year: Any, first: Any, last: Any) -> None:
    """Set fresh clocks of class k on the cells ``first .. last - 1``."""
    for cell in range(first, last):
        wind_cell(clocks, door, lanes, k, keys, year, cell)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def wind_cell(clocks: Any, door: Any, lanes: Any, k: Any, keys: Any, year: Any, cell: Any) -> None:
    """Set a fresh clock of class k on one cell, or none where the class may not come."""
    clocks.t[k, cell] = np.float32(np.inf)
    from_code = door.land[cell]
    to_code = clocks.target[k]
    from_class = door.code_class[from_code]
    if from_class == 0 or from_code == to_code:
        return
    w = weight(clocks, door, k, cell, year)
    if w <= np.float32(0.0) or not permitted(door, cell, from_class, door.code_class[to_code], clocks.project[k]):
        return
    left = lasts(clocks, w, keys[k, 0], keys[k, 1], np.uint32(year), cell)
    clocks.t[k, cell] = lane_now(clocks, lanes, lane_of(clocks, door, k, cell)) + left


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def rewind(clocks: Any, door: Any, lanes: Any, keys: Any, year: Any, cells: Any) -> None:
    """Set fresh clocks of every class on cells that have changed."""
    for j in range(cells.size):
        for k in range(clocks.target.size):
            wind_cell(clocks, door, lanes, k, keys, year, cells[j])


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def ripen(clocks: Any, door: Any, lanes: Any, year: Any, cells: Any) -> None:
    """Re-rate cells changed in earlier years whose readiness grows by a year."""
    for j in range(cells.size):
        cell = cells[j]
        age = year - clocks.since[cell]
        ratio = clocks.ready[age - 1] / clocks.ready[age]
        for k in range(clocks.target.size):
            if clocks.t[k, cell] < np.inf:
                rescale(clocks, door, lanes, k, cell, ratio)


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def rescale(clocks: Any, door: Any, lanes: Any, k: Any, cell: Any, ratio: Any) -> Any:
    """Rescale what is left of a clock by ``w_old / w_new``; the new ringing time."""
    now = lane_now(clocks, lanes, lane_of(clocks, door, k, cell))
    left = max(clocks.t[k, cell] - now, np.float32(0.0))
    t = np.float32(now + left * np.float32(ratio))
    clocks.t[k, cell] = t
    return t


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def rebid(clocks: Any, door: Any, lanes: Any, k: Any, bids: Any) -> None:
    """Take new economic weights of blocks for class k and re-rate the cells of the blocks that changed."""
    height, width = np.int64(clocks.shape[0]), np.int64(clocks.shape[1])
    factor, per_row = np.int64(clocks.shape[2]), np.int64(clocks.shape[3])
    for block in range(bids.size):
        if bids[block] == clocks.bid[k, block]:
            continue
        ratio = clocks.bid[k, block] / bids[block]
        clocks.bid[k, block] = bids[block]
        top = block // per_row * factor
        left = block % per_row * factor
        for r in range(top, min(top + factor, height)):
            for c in range(left, min(left + factor, width)):
                if clocks.t[k, r * width + c] < np.inf:
                    rescale(clocks, door, lanes, k, r * width + c, ratio)
