"""One year of the race: collect the clocks that may ring, ring them in order, grow patches, stop at the quantity."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from landsim.transition.conversion import convert
from landsim.transition.heap import drop_first, push, room
from landsim.transition.lanes import (
    REFUSED,
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
from landsim.transition.patches import grow, note, patch_size
from landsim.transition.ripple import react

STRIP = 256
"""Cells looked through at once for clocks that ring soon."""

FEW = 16
"""Rings below which their mean wait says little."""


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
    for first in range(0, t.size, STRIP):
        some = t[first : first + STRIP]
        # counting has no branch, so that whole vectors are compared at once; few strips hold a clock that rings soon
        soon = np.int32(0)
        for i in range(some.size):
            soon += np.int32(some[i] < latest)
        if soon == 0:
            continue
        for cell in range(first, first + some.size):
            if not t[cell] < latest:
                continue
            lane = lane_number(region[cell], k, classes, index[land[cell]], codes, inside[control[cell]])
            key = t[cell] if greedy else t[cell] - tau[lane]
            if rules[lane] == 0 and key >= low and key < high:
                keys, ids = room(keys, ids, count)
                count = push(keys, ids, count, key, np.int64(cell) * classes + k)
    return keys, ids, count


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def earliest(need: Any, upto: Any, spent: Any) -> Any:
    """Return the class in need that has been collected least far, or -1."""
    best = -1
    for k in range(need.size):
        if need[k] > 0 and not spent[k] and (best < 0 or upto[k] < upto[best]):
            best = k
    return best


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def run_year(
    clocks: Any, door: Any, lanes: Any, patches: Any, need: Any, year: Any, record: Any, window: Any, waits: Any
) -> None:
    """Let the clocks of a year ring until every need is met or nothing can ring any more.

    Parameters
    ----------
    clocks, door, lanes, patches, record : Clocks, Door, Lanes, Patches, Record
        State; all but `patches` are changed in place.
    need : int64, shape (K,)
        Cells wanted of each class; what is left is the unmet demand.
    year : int
        Year of the run, counted from 1.
    window : int32
        Scratch of `react`.
    waits : float32, shape (K,)
        Mean time between two rings last year, 0 unknown: only a guess of how far to look, never of consequence.
    """
    classes = clocks.target.size
    start(clocks, lanes, need)
    upto = np.full(classes, -np.inf, np.float32)
    spent = np.zeros(classes, np.bool_)
    rings, moment = np.zeros(classes, np.int64), np.zeros(classes, np.float32)
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
            if need[ident % classes] > 0:
                rings[ident % classes] += 1
                moment[ident % classes] = key
            keys, ids, count = ring(
                clocks, door, lanes, patches, need, year, record, key, ident, window, upto, keys, ids, count
            )
        elif upto[k] == np.inf:
            spent[k] = True
        else:
            high = horizon(clocks, door, lanes, patches, k, need[k], upto[k], waits[k])
            keys, ids, count = collect(clocks, door, lanes, k, upto[k], high, keys, ids, count)
            upto[k] = high
    for k in range(classes):
        known = rings[k] >= FEW and moment[k] > np.float32(0.0) and not clocks.greedy[0]
        waits[k] = moment[k] / rings[k] if known else np.float32(0.0)
    settle(clocks, lanes)
    for k in range(classes):
        if is_late(clocks, lanes, k):
            rebase(clocks, door, lanes, k)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def horizon(clocks: Any, door: Any, lanes: Any, patches: Any, k: Any, need: Any, low: Any, wait: Any) -> Any:
    """Choose how far the clocks of a class are collected next: as far as last year's waits tell, else by a sample."""
    wanted = 1.25 * need / max(patches.mean[k], 1.0) + 64.0
    if low == -np.inf and wait > np.float32(0.0):
        high = np.float32(wait * wanted)
    else:
        high = next_threshold(clocks, door, lanes, k, low, np.int64(wanted))
    return high if high > low else np.float32(np.inf)


@njit(forceinline=True, cache=True)  # type: ignore[untyped-decorator]
def ring(
    clocks: Any, door: Any, lanes: Any, patches: Any, need: Any, year: Any, record: Any, key: Any,
    ident: Any, window: Any, upto: Any, keys: Any, ids: Any, count: Any,
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
            hold(clocks, door, lanes)
        elif not clocks.greedy[0]:
            clocks.t[k, cell] = REFUSED
            record.tally[2] += 1
        return keys, ids, count
    first = record.tally[0]
    record.tally[1] += 1
    note(clocks, record, cell, k, from_code, year)
    size = patch_size(patches, k, cell, year, need[k])
    need[k] -= grow(clocks, door, patches, record, k, year, size) if size > 1 else 1
    last = record.tally[0]
    keys, ids, count = react(
        clocks, door, lanes, record.cell[first:last], record.from_[first:last], clocks.target[k], window, upto, keys,
        ids, count,
    )  # fmt: skip
    if need[k] < 1:
        finish(clocks, lanes, k)
    return keys, ids, count
