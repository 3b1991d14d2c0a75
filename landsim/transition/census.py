"""Census: why demand was not met, counted over the cells that rules kept from converting."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from landsim.transition.clocks import UNFIT, stamp
from landsim.transition.conversion import Rule, permitted, refusal
from landsim.transition.lanes import lane_number

N_RULES = len(Rule)
_ZONE = int(Rule.ZONE)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def count_blocked(clocks: Any, door: Any, lanes: Any, k: Any, year: Any, out: Any) -> None:
    """Count the cells that class k could take but for a rule.

    A running clock whose lane was stopped is held by the rule that stopped the lane; one that rang and still runs was
    set aside alone, by the rule that refuses it now, because counters only fall during a race.

    Parameters
    ----------
    clocks, door, lanes : Clocks, Door, Lanes
        State at the end of the race of a year.
    k : int
        Row of the class.
    year : int
        Year of the run.
    out : int64, shape (n_regions, 6)
        Added to: cells by district and `Rule`.
    """
    t, suit, since, land, code_class = clocks.t[k], clocks.suit[k], clocks.since, door.land, door.code_class
    ease, index, target, mark = clocks.ease[k], clocks.code_index, clocks.target[k], stamp(year)
    to_class, project = code_class[target], clocks.project[k]
    chance, control, permit_key, region = door.chance[project], door.control, door.permit_key, door.region
    rules, inside, classes, codes = lanes.rule, door.inside, clocks.target.size, clocks.ease.shape[1]
    for cell in range(land.size):
        code = land[cell]
        from_class = code_class[code]
        if from_class == 0 or ease[index[code]] <= 0.0 or suit[cell] == UNFIT:
            continue
        if since[cell] == mark or code == target:
            continue
        if t[cell] < np.inf:
            rule = rules[lane_number(region[cell], k, classes, index[code], codes, inside[control[cell]])]
            if rule == 0:
                rule = refusal(door, cell, target, project, 0)
            out[region[cell], rule] += 1
        elif not permitted(chance[control[cell], from_class, to_class], permit_key, cell, to_class):
            out[region[cell], _ZONE] += 1


def explain(unmet: int, blocked: npt.NDArray[np.int64]) -> list[tuple[int, Rule, int]]:
    """Share unmet cells among districts and the rules that bind there.

    Counters come first, in the order in which the door tests them: quota, pace, balance.  Land was permitted there,
    and only they kept it; in this order a larger quota never leaves more unmet demand that names quota.  What exceeds
    that land is laid to the zones, and what exceeds the zones to want of land.

    Parameters
    ----------
    unmet : int
        Cells asked for and not converted.
    blocked : numpy.ndarray of int64, shape (n_regions, 6)
        Cells kept back, by district and rule (`count_blocked`).

    Returns
    -------
    list of (int, Rule, int)
        District row (-1 where no district is to be named), rule, cells; the cells sum to `unmet`.
    """
    rows: list[tuple[int, Rule, int]] = []
    left = unmet
    for group in ((Rule.QUOTA,), (Rule.PACE,), (Rule.BALANCE,), (Rule.ZONE,), (Rule.NO_LAND,)):
        part = np.zeros_like(blocked)
        part[:, list(group)] = blocked[:, list(group)]
        taken = share_out(min(left, int(part.sum())), part)
        left -= int(taken.sum())
        rows += [(int(d), Rule(int(r)), int(taken[d, r])) for d, r in zip(*np.nonzero(taken), strict=True)]
    if left:
        rows.append((-1, Rule.NO_LAND, left))
    return rows


def share_out(total: int, weights: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Share an integer in proportion to integer weights by largest remainder, never more than a weight.

    Examples
    --------
    >>> share_out(3, np.array([2, 2]))
    array([2, 1])
    """
    whole = int(weights.sum())
    if total == 0 or whole == 0:
        return np.zeros_like(weights)
    flat = weights.reshape(-1)
    exact = [int(w) * total for w in flat]
    parts = np.array([e // whole for e in exact], dtype=np.int64)
    rest = np.array([e % whole for e in exact], dtype=np.float64)
    order = np.lexsort((np.arange(flat.size), -rest))
    parts[order[: total - int(parts.sum())]] += 1
    return parts.reshape(weights.shape)
