"""Patches: a ringing clock is a seed; its patch grows cell by cell over its frontier, through the door."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from landsim.core.draws import draw_cell
from landsim.transition.clocks import still, weigh
from landsim.transition.conversion import convert
from landsim.transition.heap import drop_first, push, room


class Patches(NamedTuple):
    """How clumped the change is.

    Attributes
    ----------
    mean : float64, shape (K,)
        Mean patch size in cells; 1 grows no patch.
    spread : float64, shape (K,)
        Standard deviation of the logarithm of the size.
    boost : float64, shape (K, 9)
        Weight of a cell with so many cells of the class among the eight around it.
    keys : uint32, shape (K, 2)
        Keys of the size draws.
    """

    mean: npt.NDArray[np.float64]
    spread: npt.NDArray[np.float64]
    boost: npt.NDArray[np.float64]
    keys: npt.NDArray[np.uint32]


class Record(NamedTuple):
    """Conversions of a year in the order in which they happened.

    Attributes
    ----------
    cell : int64, shape (capacity,)
    class_, from_ : uint8, shape (capacity,)
        Row of the gained class in a race, its code for a batch of parcels; the code before.
    project : int64, shape (capacity,)
        Number of the patch within the year.
    tally : int64, shape (3,)
        Conversions, patches and refusals so far.
    """

    cell: npt.NDArray[np.int64]
    class_: npt.NDArray[np.uint8]
    from_: npt.NDArray[np.uint8]
    project: npt.NDArray[np.int64]
    tally: npt.NDArray[np.int64]


def blank_record(capacity: int) -> Record:
    """Make a record with room for so many conversions."""
    return Record(
        cell=np.empty(capacity, dtype=np.int64),
        class_=np.empty(capacity, dtype=np.uint8),
        from_=np.empty(capacity, dtype=np.uint8),
        project=np.empty(capacity, dtype=np.int64),
        tally=np.zeros(3, dtype=np.int64),
    )


@njit(forceinline=True, cache=True)  # type: ignore[untyped-decorator]
def patch_size(patches: Any, k: Any, cell: Any, year: Any, most: Any) -> Any:
    """Draw the size of a patch in cells: lognormal with the mean of its class, at least 1, at most `most`."""
    mean = patches.mean[k]
    if mean <= 1.0:
        return np.int64(1)
    k0, k1 = patches.keys[k, 0], patches.keys[k, 1]
    u = draw_cell(k0, k1, np.uint32(year), cell, np.uint32(0))
    v = draw_cell(k0, k1, np.uint32(year), cell, np.uint32(1))
    z = np.sqrt(-2.0 * np.log(u)) * np.cos(2.0 * np.pi * v)
    spread = patches.spread[k]
    size = np.exp(np.log(mean) - 0.5 * spread**2 + spread * z)
    return min(max(np.int64(np.rint(size)), np.int64(1)), most)


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def beside(land: Any, target: Any, row: Any, col: Any, height: Any, width: Any) -> Any:
    """Count the cells of a code among the eight around a cell."""
    found = 0
    if 0 < row < height - 1 and 0 < col < width - 1:
        # no branch a neighbour: this is the innermost loop of a year
        for middle in range(row * width + col - width, row * width + col + 2 * width, width):
            found += (land[middle - 1] == target) + (land[middle] == target) + (land[middle + 1] == target)
        return found - (land[row * width + col] == target)
    for r in range(max(row - 1, 0), min(row + 2, height)):
        for c in range(max(col - 1, 0), min(col + 2, width)):
            found += (r != row or c != col) and land[r * width + c] == target
    return found


@njit(forceinline=True, cache=True)  # type: ignore[untyped-decorator]
def grow(clocks: Any, door: Any, patches: Any, record: Any, k: Any, year: Any, size: Any) -> Any:
    """Grow a patch from its seed, the last conversion of the record; cells converted, the seed among them.

    The next cell is that of the largest weight times `Patches.boost`, by the scores at the moment of the seed: a patch
    is decided at once, and its surroundings react when it is whole.
    """
    height, width = np.int64(clocks.shape[0]), np.int64(clocks.shape[1])
    block_row, block_col, t, land, boost = clocks.block_row, clocks.block_col, clocks.t[k], door.land, patches.boost[k]
    suit, score, factor, response = clocks.suit[k], clocks.score[k], clocks.suit_factor, clocks.response[k]
    ease, bid, ready, since, index = clocks.ease[k], clocks.bid[k], clocks.ready, clocks.since, clocks.code_index
    target, project = clocks.target[k], clocks.project[k]
    keys, ids, count = np.empty(256, np.float64), np.empty(256, np.int64), 0
    cell = record.cell[record.tally[0] - 1]
    grown = 1
    while grown < size:
        # offer the convertible neighbours of the newest cell; one beside more cells of the class comes earlier
        row, col = cell // width, cell % width
        for r in range(max(row - 1, 0), min(row + 2, height)):
            for c in range(max(col - 1, 0), min(col + 2, width)):
                near = r * width + c
                if not t[near] < np.inf:
                    continue
                w = weigh(
                    factor, response, ease, bid, ready, suit[near], score[near], index[land[near]],
                    block_row[r] + block_col[c], since[near], year,
                )  # fmt: skip
                keys, ids = room(keys, ids, count)
                count = push(keys, ids, count, -w * boost[beside(land, target, r, c, height, width)], near)
        cell = -1
        while count > 0 and cell < 0:
            near = ids[0]
            count = drop_first(keys, ids, count)
            if not t[near] < np.inf:
                continue
            from_code = land[near]
            if not convert(door, near, target, project, 0):
                note(clocks, record, near, k, from_code, year)
                cell = near
        if cell < 0:
            break
        grown += 1
    return grown


@njit(forceinline=True, cache=True)  # type: ignore[untyped-decorator]
def note(clocks: Any, record: Any, cell: Any, k: Any, from_code: Any, year: Any) -> None:
    """Write one conversion into the record and stop the clocks of its cell."""
    tally = record.tally
    j = tally[0]
    record.cell[j] = cell
    record.class_[j] = k
    record.from_[j] = from_code
    record.project[j] = tally[1]
    tally[0] = j + 1
    still(clocks, cell, year)
