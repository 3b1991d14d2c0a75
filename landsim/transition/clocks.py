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
from landsim.transition.lanes import LATEST, lane_now, lane_number, lane_of

SUIT_STEPS = 2048.0
"""Steps of the stored suitability in one unit of its natural logarithm."""

UNFIT = np.uint16(65535)
"""Stored suitability of a cell that a class can never take."""

FAINT = 1e-30
"""Smallest weight above 0: however sharp the ranking, what is possible stays possible."""

MEMORY = 250
"""Years after which a changed cell counts as one that never changed."""


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
        `stamp` of the year in which a cell last changed; 0 never.
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


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def respond(clocks: Any, k: Any, score: Any) -> Any:
    """Weight of a neighbourhood score."""
    top = clocks.response.shape[1] - 1
    return clocks.response[k, min(max(np.int64(score), 0), top)]


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def stamp(year: Any) -> Any:
    """Mark that a change of this year of the run leaves on a cell: 1 .. `MEMORY`, over and over."""
    return (year - 1) % MEMORY + 1


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def elapsed(year: Any, since: Any) -> Any:
    """Years since a stamped change, 0 .. `MEMORY` - 1."""
    return (year - np.int64(since)) % MEMORY


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def block_of(clocks: Any, cell: Any) -> Any:
    """Return the block of a cell."""
    width = np.int64(clocks.shape[1])
    factor = np.int64(clocks.shape[2])
    return (cell // width) // factor * np.int64(clocks.shape[3]) + (cell % width) // factor


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def weight(clocks: Any, door: Any, k: Any, cell: Any, year: Any) -> Any:
    """Return the potential w of a cell for a class in a year of the run (domain formula S*N*I*X, masks apart)."""
    stored = clocks.suit[k, cell]
    if stored == UNFIT:
        return np.float32(0.0)
    w = np.float64(clocks.suit_factor[stored]) * respond(clocks, k, clocks.score[k, cell])
    w *= np.float64(clocks.ease[k, clocks.code_index[door.land[cell]]]) * clocks.bid[k, block_of(clocks, cell)]
    since = clocks.since[cell]
    if since > 0:
        w *= clocks.ready[elapsed(year, since)]
    if w > 0.0:
        w = min(max(w, FAINT), 1.0 / FAINT)
    return np.float32(w)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def wind(clocks: Any, door: Any, lanes: Any, k: Any, keys: Any, year: Any, cells: Any) -> None:
    """Set a fresh clock of class k on each listed cell, or none where the class may not come.

    A clock of weight w runs for a named unit exponential over w, or for 1 / w without scatter.
    """
    # arrays leave the records first: reading a field in the loop costs a reference count, sixteen times the rest
    t, suit, score, response = clocks.t[k], clocks.suit[k], clocks.score[k], clocks.response[k]
    ease, bid, factor, ready, since = clocks.ease[k], clocks.bid[k], clocks.suit_factor, clocks.ready, clocks.since
    index, land, code_class, region = clocks.code_index, door.land, door.code_class, door.region
    control, inside, chance = door.control, door.inside, door.chance[clocks.project[k]]
    tau, stop, now = lanes.tau, lanes.stop, lanes.now[0]
    target, greedy, top, classes, codes = (
        clocks.target[k],
        clocks.greedy[0],
        response.size - 1,
        clocks.target.size,
        ease.size,
    )
    to_class = code_class[target]
    k0, k1, p0, p1 = keys[k, 0], keys[k, 1], door.permit_key[0], door.permit_key[1]
    width, side, per_row = np.int64(clocks.shape[1]), np.int64(clocks.shape[2]), np.int64(clocks.shape[3])
    for j in range(cells.size):
        cell = cells[j]
        t[cell] = np.float32(np.inf)
        code = land[cell]
        from_class = code_class[code]
        stored = suit[cell]
        if from_class == 0 or code == target or stored == UNFIT:
            continue
        w = np.float64(factor[stored]) * response[min(max(np.int64(score[cell]), 0), top)]
        w *= np.float64(ease[index[code]]) * bid[(cell // width) // side * per_row + (cell % width) // side]
        if since[cell] > 0:
            w *= ready[elapsed(year, since[cell])]
        odds = chance[control[cell], from_class, to_class]
        if w <= 0.0 or odds <= 0.0:
            continue
        if odds < 1.0 and draw_cell(p0, p1, np.uint32(0), cell, np.uint32(to_class)) >= odds:
            continue
        rate = np.float32(min(max(w, FAINT), 1.0 / FAINT))
        if greedy:
            t[cell] = np.float32(1.0) / rate
            continue
        lane = lane_number(region[cell], k, classes, index[code], codes, inside[control[cell]])
        left = np.float32(-np.log(draw_cell(k0, k1, np.uint32(year), cell, np.uint32(0)))) / rate
        t[cell] = tau[lane] + min(now, stop[lane]) + left


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def rewind(clocks: Any, door: Any, lanes: Any, keys: Any, year: Any, cells: Any) -> None:
    """Set fresh clocks of every class on cells that have changed."""
    for k in range(clocks.target.size):
        wind(clocks, door, lanes, k, keys, year, cells)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def ripen(clocks: Any, door: Any, lanes: Any, year: Any, cells: Any) -> None:
    """Re-rate cells changed in earlier years whose readiness grows by a year; the oldest change is forgotten."""
    for j in range(cells.size):
        cell = cells[j]
        age = elapsed(year - 1, clocks.since[cell]) + 1
        if age == MEMORY:
            clocks.since[cell] = 0
        ratio = clocks.ready[age - 1] / clocks.ready[age]
        for k in range(clocks.target.size):
            if clocks.t[k, cell] < np.inf:
                rescale(clocks, door, lanes, k, cell, ratio)


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def rescale(clocks: Any, door: Any, lanes: Any, k: Any, cell: Any, ratio: Any) -> Any:
    """Rescale what is left of a clock by ``w_old / w_new``; tell whether its ringing time changed."""
    now = lane_now(clocks, lanes, lane_of(clocks, door, k, cell))
    left = clocks.t[k, cell] - now
    # a clock that has rung waits at the door, whatever happens around it
    if left <= np.float32(0.0):
        return False
    t = min(np.float32(now + left * np.float32(ratio)), LATEST)
    moved = t != clocks.t[k, cell]
    clocks.t[k, cell] = t
    return moved


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def rebid(clocks: Any, door: Any, lanes: Any, k: Any, bids: Any) -> None:
    """Take new economic weights of blocks for class k and re-rate the cells of the blocks that changed."""
    height, width = np.int64(clocks.shape[0]), np.int64(clocks.shape[1])
    factor, per_row = np.int64(clocks.shape[2]), np.int64(clocks.shape[3])
    t, bid, index, land, region = clocks.t[k], clocks.bid[k], clocks.code_index, door.land, door.region
    control, inside, tau, stop, moment = door.control, door.inside, lanes.tau, lanes.stop, lanes.now[0]
    classes, codes, greedy = clocks.target.size, clocks.ease.shape[1], clocks.greedy[0]
    for block in range(bids.size):
        if bids[block] == bid[block]:
            continue
        ratio = np.float32(bid[block] / bids[block])
        bid[block] = bids[block]
        top = block // per_row * factor
        left = block % per_row * factor
        for r in range(top, min(top + factor, height)):
            for cell in range(r * width + left, r * width + min(left + factor, width)):
                if not t[cell] < np.inf:
                    continue
                now = np.float32(0.0)
                if not greedy:
                    lane = lane_number(region[cell], k, classes, index[land[cell]], codes, inside[control[cell]])
                    now = tau[lane] + min(moment, stop[lane])
                if t[cell] > now:
                    t[cell] = min(np.float32(now + (t[cell] - now) * ratio), LATEST)
