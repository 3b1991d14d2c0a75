"""Lanes: how far the race has gone for each (district, class, code come from, side of the boundary)."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from landsim.transition.conversion import Rule, builds, test_quota

_QUOTA, _BALANCE, _PACE, _NO_LAND = (int(r) for r in (Rule.QUOTA, Rule.BALANCE, Rule.PACE, Rule.NO_LAND))

LATEST = np.float32(1e38)
"""Last moment that a clock can show."""

REFUSED = np.float32(-np.inf)
"""What a clock shows that rang and was refused alone, being too dear; it is set afresh next year."""

LATE = 1024.0
"""Race time, in mean waits of the best possible cell, after which it is counted from 0 again."""


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
def lane_number(region: Any, k: Any, classes: Any, code: Any, codes: Any, inside: Any) -> Any:
    """Number a lane by district row, class, index of the code come from, and side of the boundary."""
    return ((np.int64(region) * classes + k) * codes + code) * 2 + inside


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def lane_of(clocks: Any, door: Any, k: Any, cell: Any) -> Any:
    """Return the lane of a cell for a class; long loops take the arrays out of the records and use `lane_number`."""
    code = clocks.code_index[door.land[cell]]
    inside = door.inside[door.control[cell]]
    return lane_number(door.region[cell], k, clocks.target.size, code, clocks.ease.shape[1], inside)


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def racing(clocks: Any, lane: Any) -> Any:
    """Return the class of a lane."""
    return lane // (2 * clocks.ease.shape[1]) % clocks.target.size


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def furthest(clocks: Any, lanes: Any, k: Any) -> Any:
    """Race time of the lane of class k that has gone furthest."""
    time = np.float32(0.0)
    for lane in range(lanes.tau.size):
        if racing(clocks, lane) == k:
            time = max(time, lanes.tau[lane])
    return time


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def start(clocks: Any, lanes: Any, need: Any) -> None:
    """Let the lanes of the classes in need run; the others, and those that a rule has stopped, stand still."""
    for lane in range(lanes.tau.size):
        runs = need[racing(clocks, lane)] > 0 and lanes.rule[lane] == 0
        lanes.stop[lane] = np.float32(np.inf) if runs else np.float32(0.0)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def hold(clocks: Any, door: Any, lanes: Any) -> None:
    """Stop at this moment every lane that an empty counter closes.

    All of them at once: if each ran on until its own next clock is refused, one cell of every lane would have rung, and
    would come first when the counter opens again, however small its weight.
    """
    code_class, quota, pace, bank, loss, debits = (
        door.code_class, door.quota, door.pace, door.bank, door.loss, door.debits
    )  # fmt: skip
    codes, targets, rules, stop, now = clocks.code, clocks.target, lanes.rule, lanes.stop, lanes.now[0]
    for lane in range(rules.size):
        code = codes[lane // 2 % codes.size]
        from_class = code_class[code]
        to_class = code_class[targets[racing(clocks, lane)]]
        if rules[lane] or from_class == 0:
            continue
        rule = _NO_LAND if loss[code] < 1 else 0
        if rule == 0 and builds(from_class, to_class):
            rule = test_quota(quota, pace, lane // (2 * codes.size * targets.size), lane % 2, from_class)
        if rule == 0 and bank[0] < 1 and debits[from_class, to_class]:
            rule = _BALANCE
        if rule:
            rules[lane] = rule
            stop[lane] = min(stop[lane], now)


@njit(forceinline=True, cache=True)  # type: ignore[untyped-decorator]
def lane_is_shut(door: Any, cell: Any, rule: Any) -> Any:
    """Tell whether a rule that stopped one cell stops every cell of its lane (an empty counter, not a poor cell)."""
    if rule == _BALANCE:
        return door.bank[0] < 1
    return rule in (_QUOTA, _PACE) or (rule == _NO_LAND and door.loss[door.land[cell]] < 1)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def finish(clocks: Any, lanes: Any, k: Any) -> None:
    """Stop the running lanes of a class whose quantity is reached."""
    for lane in range(lanes.tau.size):
        if racing(clocks, lane) == k:
            lanes.stop[lane] = min(lanes.stop[lane], lanes.now[0])


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def settle(clocks: Any, lanes: Any) -> None:
    """Carry the race time of every lane to the end of the year."""
    for lane in range(lanes.tau.size):
        if not clocks.greedy[0]:
            lanes.tau[lane] = min(lanes.tau[lane] + min(lanes.now[0], lanes.stop[lane]), LATEST)
        lanes.stop[lane] = np.inf
    lanes.now[0] = 0.0


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def is_late(clocks: Any, lanes: Any, k: Any) -> Any:
    """Tell whether a class races at so late a time that fresh clocks of good cells would round to the same float32.

    It comes to that when the last and least cells of a class have been taken.
    """
    if lanes.tau.size == 0:
        return False
    # a fitted class may come to more than it had at the start, where new land stands around
    best = np.float64(clocks.ease[k].max()) * clocks.top_bid[k] * clocks.response[k].max()
    return furthest(clocks, lanes, k) * best > LATE


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def rebase(clocks: Any, door: Any, lanes: Any, k: Any) -> None:
    """Count the time of class k from 0 again; what is left of its clocks stays as it is."""
    t = clocks.t[k]
    for cell in range(t.size):
        if t[cell] < np.inf:
            t[cell] -= lanes.tau[lane_of(clocks, door, k, cell)]
    for lane in range(lanes.tau.size):
        if racing(clocks, lane) == k:
            lanes.tau[lane] = 0.0
