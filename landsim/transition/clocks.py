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
    top_bid : float32, shape (K,)
        Largest of them.
    pull : int16, shape (K, C, side, side)
        Neighbourhood weight of a code at an offset.
    moves : uint8, shape (K, C, C)
        1 where a change from one code to another alters scores of a class.
    code_index : uint8, shape (256,)
        Position of a code in the legend.
    code : uint8, shape (C,)
        Codes of the legend.
    target : uint8, shape (K,)
        Code that each clock converts to.
    project : uint8, shape (K,)
        1 where a clock runs under the permissions of projects (decline of built-up land).
    shape : int32, shape (4,)
        Height and width of the map, block factor, blocks in a row.
    block_row, block_col : int32, shape (height,), shape (width,)
        Sum to the block of a cell: divisions are dear in the innermost loops.
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
    top_bid: npt.NDArray[np.float32]
    pull: npt.NDArray[np.int16]
    moves: npt.NDArray[np.uint8]
    code_index: npt.NDArray[np.uint8]
    code: npt.NDArray[np.uint8]
    target: npt.NDArray[np.uint8]
    project: npt.NDArray[np.uint8]
    shape: npt.NDArray[np.int32]
    block_row: npt.NDArray[np.int32]
    block_col: npt.NDArray[np.int32]
    greedy: npt.NDArray[np.uint8]


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def stamp(year: Any) -> Any:
    """Mark that a change of this year of the run leaves on a cell: 1 .. `MEMORY`, over and over."""
    return (year - 1) % MEMORY + 1


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def elapsed(year: Any, since: Any) -> Any:
    """Years since a stamped change, 0 .. `MEMORY` - 1."""
    return (year - np.int64(since)) % MEMORY


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def weigh(
    factor: Any, response: Any, ease: Any, bid: Any, ready: Any, stored: Any, score: Any, code: Any, block: Any,
    since: Any, year: Any,
) -> Any:  # fmt: skip
    """Potential of a cell for a class in a year of the run, S * N * I * X, masks apart; 0 where it may not come.

    Tables of the class come first, then what they are read by: stored suitability, score, index of the code now,
    block, and the stamp of the last change.
    """
    w = np.float64(factor[stored]) * response[min(max(np.int64(score), 0), response.size - 1)]
    w *= np.float64(ease[code]) * bid[block]
    if since > 0:
        w *= ready[elapsed(year, since)]
    return min(max(w, FAINT), 1.0 / FAINT) if w > 0.0 else 0.0


@njit(forceinline=True, cache=True)  # type: ignore[untyped-decorator]
def still(clocks: Any, cell: Any, year: Any) -> None:
    """Stop the clocks of a cell that has changed this year."""
    clocks.since[cell] = stamp(year)
    clocks.t[:, cell] = np.float32(np.inf)
