"""One year of the race: collect the clocks that may ring, let them ring in order, grow patches, stop at the quantity."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from landsim.core.draws import draw_cell
from landsim.transition.clocks import lane_of, rescale, respond, weight
from landsim.transition.conversion import convert
from landsim.transition.heap import drop_first, push, room


class Patches(NamedTuple):
    """How clumped the change is.

    Attributes
    ----------
    mean : float64, shape (K,)
        Mean patch size in cells; 1 grows no patch.
    spread : float64
        Standard deviation of the logarithm of the size.
    compact : float64
        Weight of each neighbour in the patch, in units of ln w.
    keys : uint32, shape (2,)
        Key of the size draws.
    """

    mean: npt.NDArray[np.float64]
    spread: float
    compact: float
    keys: npt.NDArray[np.uint32]


class Record(NamedTuple):
    """Conversions of a year in the order in which they happened.

    Attributes
    ----------
    cell : int64, shape (capacity,)
    class_, from_ : uint8, shape (capacity,)
        Row of the gained class; the code before.
    project : int64, shape (capacity,)
        Number of the patch within the year.
    count : int64, shape (2,)
        Conversions and patches so far.
    """

    cell: npt.NDArray[np.int64]
    class_: npt.NDArray[np.uint8]
    from_: npt.NDArray[np.uint8]
    project: npt.NDArray[np.int64]
    count: npt.NDArray[np.int64]


class Queue(NamedTuple):
    """The clocks that may ring this year: a heap, and how far each class has been collected.

    Attributes
    ----------
    keys : float32, shape (capacity,)
    ids : int64, shape (capacity,)
        ``cell * K + k``.
    upto : float32, shape (K,)
        Every clock of the class that rings earlier is in the heap.
    """

    keys: npt.NDArray[np.float32]
    ids: npt.NDArray[np.int64]
    upto: npt.NDArray[np.float32]


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def ring_key(clocks: Any, lanes: Any, k: Any, cell: Any, lane: Any) -> Any:
    """Time into the year at which a clock rings."""
    if clocks.greedy[0]:
        return clocks.t[k, cell]
    return clocks.t[k, cell] - lanes.tau[lane]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def next_threshold(clocks: Any, door: Any, lanes: Any, k: Any, low: Any, wanted: Any) -> Any:
    """Guess from a sample the time before which `wanted` more clocks of class k ring; inf if there are fewer."""
    n = door.land.size
    stride = max(n // 262144, 1)
    sample = np.empty(n // stride + 1, np.float32)
    count = 0
    for cell in range(stride // 2, n, stride):
        if clocks.t[k, cell] < np.inf:
            lane = lane_of(clocks, door, k, cell)
            key = ring_key(clocks, lanes, k, cell, lane)
            if lanes.rule[lane] == 0 and key >= low:
                sample[count] = key
                count += 1
    place = wanted // stride + 1
    if place >= count:
        return np.float32(np.inf)
    return np.partition(sample[:count], place)[place]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def collect(clocks: Any, door: Any, lanes: Any, k: Any, low: Any, high: Any, keys: Any, ids: Any, count: Any) -> Any:
    """Put every clock of class k that rings in ``[low, high)`` and whose lane runs into the heap."""
    classes = clocks.target.size
    latest = np.float32(np.inf)
    if not clocks.greedy[0]:
        latest = high + lanes.tau.max()
    else:
        latest = high
    for cell in range(door.land.size):
        if not clocks.t[k, cell] < latest:
            continue
        lane = lane_of(clocks, door, k, cell)
        key = ring_key(clocks, lanes, k, cell, lane)
        if lanes.rule[lane] == 0 and key >= low and key < high:
            keys, ids = room(keys, ids, count)
            count = push(keys, ids, count, key, np.int64(cell) * classes + k)
    return keys, ids, count


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def react(clocks: Any, door: Any, lanes: Any, cell: Any, a: Any, b: Any, upto: Any, keys: Any, ids: Any, count: Any) -> Any:
    """Let the neighbourhood of a cell that went from code index a to b react: scores, clocks, heap."""
    height, width = np.int64(clocks.shape[0]), np.int64(clocks.shape[1])
    side = clocks.pull.shape[2]
    radius = side // 2
    row, col = cell // width, cell % width
    classes = clocks.target.size
    for k in range(classes):
        if not clocks.moves[k, a, b]:
            continue
        for r in range(max(row - radius, 0), min(row + radius + 1, height)):
            # the kernel is read mirrored: what this cell is to its neighbour
            kr = radius - (r - row)
            for c in range(max(col - radius, 0), min(col + radius + 1, width)):
                kc = radius - (c - col)
                delta = clocks.pull[k, b, kr, kc] - clocks.pull[k, a, kr, kc]
                if delta == 0:
                    continue
                near = r * width + c
                old = clocks.score[k, near]
                new = np.int16(old + delta)
                clocks.score[k, near] = new
                if not clocks.t[k, near] < np.inf:
                    continue
                ratio = respond(clocks, k, old) / respond(clocks, k, new)
                if ratio == np.float32(1.0):
                    continue
                rescale(clocks, door, lanes, k, near, ratio)
                lane = lane_of(clocks, door, k, near)
                key = ring_key(clocks, lanes, k, near, lane)
                if key < upto[k] and lanes.rule[lane] == 0:
                    keys, ids = room(keys, ids, count)
                    count = push(keys, ids, count, key, near * classes + k)
    return keys, ids, count


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def patch_size(patches: Any, k: Any, cell: Any, year: Any, most: Any) -> Any:
    """Draw the size of a patch in cells: lognormal with the mean of its class, at least 1, at most `most`."""
    mean = patches.mean[k]
    if mean <= 1.0:
        return np.int64(1)
    k0, k1 = patches.keys[0], patches.keys[1]
    u = draw_cell(k0, k1, np.uint32(year), cell, np.uint32(2 * k))
    v = draw_cell(k0, k1, np.uint32(year), cell, np.uint32(2 * k + 1))
    z = np.sqrt(-2.0 * np.log(u)) * np.cos(2.0 * np.pi * v)
    # the mean of a size that is rounded up to 1 stays close to the wanted one
    size = np.exp(np.log(mean) - 0.5 * patches.spread**2 + patches.spread * z)
    return min(max(np.int64(np.rint(size)), np.int64(1)), most)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def frontier(clocks: Any, door: Any, k: Any, cell: Any, year: Any, compact: Any, keys: Any, ids: Any, count: Any) -> Any:
    """Offer the convertible neighbours of a new patch cell; a cell beside more patch cells comes earlier."""
    height, width = np.int64(clocks.shape[0]), np.int64(clocks.shape[1])
    row, col = cell // width, cell % width
    for r in range(max(row - 1, 0), min(row + 2, height)):
        for c in range(max(col - 1, 0), min(col + 2, width)):
            near = r * width + c
            if not clocks.t[k, near] < np.inf:
                continue
            w = weight(clocks, door, k, near, year)
            if w <= np.float32(0.0):
                continue
            bonus = compact * beside(clocks, door, k, near)
            keys, ids = room(keys, ids, count)
            count = push(keys, ids, count, np.float32(-np.log(w) - bonus), near)
    return keys, ids, count


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def beside(clocks: Any, door: Any, k: Any, cell: Any) -> Any:
    """Count the cells of class k among the eight around a cell."""
    height, width = np.int64(clocks.shape[0]), np.int64(clocks.shape[1])
    row, col = cell // width, cell % width
    found = 0
    for r in range(max(row - 1, 0), min(row + 2, height)):
        for c in range(max(col - 1, 0), min(col + 2, width)):
            found += door.land[r * width + c] == clocks.target[k]
    return found


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def note(clocks: Any, record: Any, cell: Any, k: Any, from_code: Any, year: Any) -> None:
    """Write one conversion into the record and stop the clocks of its cell."""
    j = record.count[0]
    record.cell[j] = cell
    record.class_[j] = k
    record.from_[j] = from_code
    record.project[j] = record.count[1]
    record.count[0] = j + 1
    clocks.since[cell] = year
    for other in range(clocks.target.size):
        clocks.t[other, cell] = np.float32(np.inf)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def grow(
    clocks: Any, door: Any, lanes: Any, patches: Any, record: Any, seed: Any, k: Any, year: Any, size: Any,
    upto: Any, keys: Any, ids: Any, count: Any,
) -> Any:  # fmt: skip
    """Grow a patch from its seed, which is converted already, cell by cell through the door; cells converted."""
    edge_keys = np.empty(64, np.float32)
    edge_ids = np.empty(64, np.int64)
    edge = 0
    grown = 1
    edge_keys, edge_ids, edge = frontier(clocks, door, k, seed, year, patches.compact, edge_keys, edge_ids, edge)
    while grown < size and edge > 0:
        cell = edge_ids[0]
        edge = drop_first(edge_keys, edge_ids, edge)
        if not clocks.t[k, cell] < np.inf:
            continue
        from_code = door.land[cell]
        if convert(door, cell, clocks.target[k], clocks.project[k], 0):
            continue
        note(clocks, record, cell, k, from_code, year)
        grown += 1
        a, b = clocks.code_index[from_code], clocks.code_index[clocks.target[k]]
        keys, ids, count = react(clocks, door, lanes, cell, a, b, upto, keys, ids, count)
        edge_keys, edge_ids, edge = frontier(
            clocks, door, k, cell, year, patches.compact, edge_keys, edge_ids, edge
        )
    return grown, keys, ids, count


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def hold(clocks: Any, lanes: Any, lane: Any, rule: Any) -> None:
    """Stop a lane at this moment because of a rule."""
    lanes.rule[lane] = rule
    lanes.stop[lane] = lanes.now[0]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def lane_is_shut(door: Any, cell: Any, rule: Any) -> Any:
    """Tell whether a rule that stopped one cell stops every cell of its lane (an empty counter, not a poor cell)."""
    if rule == 2:
        return door.bank[0] < 1
    return rule == 1 or rule == 3 or (rule == 5 and door.loss[door.land[cell]] < 1)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def earliest(need: Any, upto: Any, spent: Any) -> Any:
    """Return the class in need that has been collected least far, or -1."""
    best = -1
    for k in range(need.size):
        if need[k] > 0 and not spent[k] and (best < 0 or upto[k] < upto[best]):
            best = k
    return best


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def run_year(clocks: Any, door: Any, lanes: Any, patches: Any, need: Any, year: Any, record: Any, aside: Any) -> None:
    """Let the clocks of a year ring until every need is met or nothing can ring any more.

    Parameters
    ----------
    clocks, door, lanes, patches, record : Clocks, Door, Lanes, Patches, Record
        State; all but `patches` are changed in place.
    need : int64, shape (K,)
        Cells wanted of each class; what is left is the unmet demand.
    year : int
        Year of the run, counted from 1.
    aside : int64, shape (K, n_regions, 6)
        Count of single cells that rang and were set aside, by district and rule.
    """
    classes = clocks.target.size
    upto = np.full(classes, -np.inf, np.float32)
    spent = np.zeros(classes, np.bool_)
    keys = np.empty(4096, np.float32)
    ids = np.empty(4096, np.int64)
    count = 0
    while True:
        k = earliest(need, upto, spent)
        if k < 0:
            break
        if count > 0 and keys[0] < upto[k]:
            key, ident = keys[0], ids[0]
            count = drop_first(keys, ids, count)
            keys, ids, count = ring(
                clocks, door, lanes, patches, need, year, record, aside, key, ident, upto, keys, ids, count
            )
        elif upto[k] == np.inf:
            spent[k] = True
        else:
            wanted = np.int64(1.25 * need[k] / max(patches.mean[k], 1.0)) + 64
            high = next_threshold(clocks, door, lanes, k, upto[k], wanted)
            if not high > upto[k]:
                high = np.float32(np.inf)
            keys, ids, count = collect(clocks, door, lanes, k, upto[k], high, keys, ids, count)
            upto[k] = high
    settle(clocks, lanes)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def ring(
    clocks: Any, door: Any, lanes: Any, patches: Any, need: Any, year: Any, record: Any, aside: Any,
    key: Any, ident: Any, upto: Any, keys: Any, ids: Any, count: Any,
) -> Any:  # fmt: skip
    """Handle one ringing clock: skip it if it is stale, set it aside if a rule blocks it, else convert and grow."""
    classes = clocks.target.size
    cell, k = ident // classes, ident % classes
    if need[k] < 1 or not clocks.t[k, cell] < np.inf:
        return keys, ids, count
    lane = lane_of(clocks, door, k, cell)
    if lanes.rule[lane] or ring_key(clocks, lanes, k, cell, lane) != key:
        return keys, ids, count
    lanes.now[0] = max(lanes.now[0], key)
    from_code = door.land[cell]
    rule = convert(door, cell, clocks.target[k], clocks.project[k], 0)
    if rule:
        if lane_is_shut(door, cell, rule):
            hold(clocks, lanes, lane, rule)
        else:
            aside[k, door.region[cell], rule] += 1
        return keys, ids, count
    record.count[1] += 1
    note(clocks, record, cell, k, from_code, year)
    a, b = clocks.code_index[from_code], clocks.code_index[clocks.target[k]]
    keys, ids, count = react(clocks, door, lanes, cell, a, b, upto, keys, ids, count)
    size = patch_size(patches, k, cell, year, need[k])
    grown = 1
    if size > 1:
        grown, keys, ids, count = grow(
            clocks, door, lanes, patches, record, cell, k, year, size, upto, keys, ids, count
        )
    need[k] -= grown
    if need[k] < 1:
        finish(clocks, lanes, k)
    return keys, ids, count


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def finish(clocks: Any, lanes: Any, k: Any) -> None:
    """Stop the running lanes of a class whose quantity is reached."""
    codes2 = clocks.ease.shape[1] * 2
    classes = clocks.target.size
    for lane in range(lanes.tau.size):
        if lane // codes2 % classes == k:
            lanes.stop[lane] = min(lanes.stop[lane], lanes.now[0])


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def settle(clocks: Any, lanes: Any) -> None:
    """Carry the race time of every lane to the end of the year and open it again."""
    for lane in range(lanes.tau.size):
        if not clocks.greedy[0]:
            lanes.tau[lane] += min(lanes.now[0], lanes.stop[lane])
        lanes.stop[lane] = np.inf
    lanes.now[0] = 0.0
