"""One year of the race: collect the clocks that may ring, ring them in order, grow patches, stop at the quantity."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from landsim.core.draws import draw_cell
from landsim.transition.clocks import stamp, weight
from landsim.transition.conversion import convert
from landsim.transition.heap import drop_first, push, room
from landsim.transition.lanes import (
    LATEST,
    finish,
    furthest,
    hold,
    is_late,
    lane_is_shut,
    lane_number,
    lane_of,
    rebase,
    settle,
    start,
)


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
    keys : uint32, shape (K, 2)
        Keys of the size draws.
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
    tally : int64, shape (2,)
        Conversions and patches so far.
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
        tally=np.zeros(2, dtype=np.int64),
    )


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def ring_key(clocks: Any, lanes: Any, k: Any, cell: Any, lane: Any) -> Any:
    """Time into the year at which a clock rings."""
    if clocks.greedy[0]:
        return clocks.t[k, cell]
    return clocks.t[k, cell] - lanes.tau[lane]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def next_threshold(clocks: Any, door: Any, lanes: Any, k: Any, low: Any, wanted: Any) -> Any:
    """Guess from a sample the time before which `wanted` more clocks of class k ring; inf if there are fewer."""
    t, index, land, region = clocks.t[k], clocks.code_index, door.land, door.region
    control, inside, tau, rules = door.control, door.inside, lanes.tau, lanes.rule
    classes, codes, greedy, n = clocks.target.size, clocks.ease.shape[1], clocks.greedy[0], door.land.size
    stride = max(n // 262144, 1)
    sample = np.empty(n // stride + 1, np.float32)
    count = 0
    for cell in range(stride // 2, n, stride):
        if t[cell] < np.inf:
            lane = lane_number(region[cell], k, classes, index[land[cell]], codes, inside[control[cell]])
            key = t[cell] if greedy else t[cell] - tau[lane]
            if rules[lane] == 0 and key >= low:
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
    # one step beyond, because the sum may have been rounded down
    latest = np.nextafter(high + furthest(clocks, lanes, k), np.float32(np.inf))
    t, index, land, region = clocks.t[k], clocks.code_index, door.land, door.region
    control, inside, tau, rules = door.control, door.inside, lanes.tau, lanes.rule
    codes, greedy = clocks.ease.shape[1], clocks.greedy[0]
    for cell in range(land.size):
        if not t[cell] < latest:
            continue
        lane = lane_number(region[cell], k, classes, index[land[cell]], codes, inside[control[cell]])
        key = t[cell] if greedy else t[cell] - tau[lane]
        if rules[lane] == 0 and key >= low and key < high:
            keys, ids = room(keys, ids, count)
            count = push(keys, ids, count, key, np.int64(cell) * classes + k)
    return keys, ids, count


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def react(
    clocks: Any, door: Any, lanes: Any, cell: Any, a: Any, b: Any, upto: Any, keys: Any, ids: Any, count: Any
) -> Any:
    """Let the neighbourhood of a cell that went from code index a to b react: scores, clocks, heap."""
    height, width = np.int64(clocks.shape[0]), np.int64(clocks.shape[1])
    radius = clocks.pull.shape[2] // 2
    row, col = cell // width, cell % width
    index, land, region, control, inside = clocks.code_index, door.land, door.region, door.control, door.inside
    tau, stop, rules, moment = lanes.tau, lanes.stop, lanes.rule, lanes.now[0]
    classes, codes, greedy = clocks.target.size, clocks.ease.shape[1], clocks.greedy[0]
    for k in range(classes):
        if not clocks.moves[k, a, b]:
            continue
        t, score, response = clocks.t[k], clocks.score[k], clocks.response[k]
        was, is_now, top, horizon = clocks.pull[k, a], clocks.pull[k, b], clocks.response.shape[1] - 1, upto[k]
        for r in range(max(row - radius, 0), min(row + radius + 1, height)):
            # the kernel is read mirrored: what this cell is to its neighbour
            kr = radius - (r - row)
            for c in range(max(col - radius, 0), min(col + radius + 1, width)):
                kc = radius - (c - col)
                delta = is_now[kr, kc] - was[kr, kc]
                if delta == 0:
                    continue
                near = r * width + c
                old = np.int64(score[near])
                new = old + delta
                score[near] = new
                if not t[near] < np.inf:
                    continue
                ratio = response[min(max(old, 0), top)] / response[min(max(new, 0), top)]
                if ratio == np.float32(1.0):
                    continue
                lane = lane_number(region[near], k, classes, index[land[near]], codes, inside[control[near]])
                now = np.float32(0.0) if greedy else tau[lane] + min(moment, stop[lane])
                left = t[near] - now
                # a clock that has rung waits at the door, whatever happens around it
                if left <= np.float32(0.0):
                    continue
                later = min(np.float32(now + left * ratio), LATEST)
                if later == t[near]:
                    continue
                t[near] = later
                key = later if greedy else later - tau[lane]
                if key < horizon and rules[lane] == 0:
                    keys, ids = room(keys, ids, count)
                    count = push(keys, ids, count, key, near * classes + k)
    return keys, ids, count


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def patch_size(patches: Any, k: Any, cell: Any, year: Any, most: Any) -> Any:
    """Draw the size of a patch in cells: lognormal with the mean of its class, at least 1, at most `most`."""
    mean = patches.mean[k]
    if mean <= 1.0:
        return np.int64(1)
    k0, k1 = patches.keys[k, 0], patches.keys[k, 1]
    u = draw_cell(k0, k1, np.uint32(year), cell, np.uint32(0))
    v = draw_cell(k0, k1, np.uint32(year), cell, np.uint32(1))
    z = np.sqrt(-2.0 * np.log(u)) * np.cos(2.0 * np.pi * v)
    size = np.exp(np.log(mean) - 0.5 * patches.spread**2 + patches.spread * z)
    return min(max(np.int64(np.rint(size)), np.int64(1)), most)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def frontier(
    clocks: Any, door: Any, k: Any, cell: Any, year: Any, compact: Any, keys: Any, ids: Any, count: Any
) -> Any:
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
    j = record.tally[0]
    record.cell[j] = cell
    record.class_[j] = k
    record.from_[j] = from_code
    record.project[j] = record.tally[1]
    record.tally[0] = j + 1
    clocks.since[cell] = stamp(year)
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
        edge_keys, edge_ids, edge = frontier(clocks, door, k, cell, year, patches.compact, edge_keys, edge_ids, edge)
    return grown, keys, ids, count


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def earliest(need: Any, upto: Any, spent: Any) -> Any:
    """Return the class in need that has been collected least far, or -1."""
    best = -1
    for k in range(need.size):
        if need[k] > 0 and not spent[k] and (best < 0 or upto[k] < upto[best]):
            best = k
    return best


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def run_year(clocks: Any, door: Any, lanes: Any, patches: Any, need: Any, year: Any, record: Any) -> None:
    """Let the clocks of a year ring until every need is met or nothing can ring any more.

    Parameters
    ----------
    clocks, door, lanes, patches, record : Clocks, Door, Lanes, Patches, Record
        State; all but `patches` are changed in place.
    need : int64, shape (K,)
        Cells wanted of each class; what is left is the unmet demand.
    year : int
        Year of the run, counted from 1.
    """
    classes = clocks.target.size
    start(clocks, lanes, need)
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
                clocks, door, lanes, patches, need, year, record, key, ident, upto, keys, ids, count
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
    for k in range(classes):
        if is_late(clocks, lanes, k):
            rebase(clocks, door, lanes, k)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def ring(
    clocks: Any, door: Any, lanes: Any, patches: Any, need: Any, year: Any, record: Any, key: Any,
    ident: Any, upto: Any, keys: Any, ids: Any, count: Any,
) -> Any:  # fmt: skip
    """Handle one ringing clock: skip it if it is stale, leave it rung if a rule blocks it, else convert and grow."""
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
        return keys, ids, count
    record.tally[1] += 1
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
