"""Public works of governments: which land a county reclaims, and where facilities are sited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.ndimage import distance_transform_edt

from landsim.agents.government import GovernmentParams
from landsim.landscape.legend import Land


@dataclass(frozen=True)
class ReclaimPlan:
    """Land that a county proposes to turn into arable in one year.

    Attributes
    ----------
    cells : numpy.ndarray of int64, shape (n,)
        Flat indices, ascending.
    source : numpy.ndarray of uint8, shape (n,)
        Model class that each cell leaves.
    cost : numpy.ndarray of float64, shape (n,)
        CNY a cell.
    """

    cells: npt.NDArray[np.int64]
    source: npt.NDArray[np.uint8]
    cost: npt.NDArray[np.float64]


def reclaim_projects(
    params: GovernmentParams,
    cells: npt.NDArray[np.integer[Any]],
    land: npt.NDArray[np.uint8],
    slope: npt.NDArray[np.floating[Any]],
    vacant: npt.NDArray[np.bool_],
    *,
    budget: float,
    need: int,
    cell_area_ha: float,
    benefit: npt.ArrayLike | None = None,
) -> ReclaimPlan:
    """Choose cells to reclaim by benefit over cost until the budget or the need is spent.

    Parameters
    ----------
    cells, land, slope, vacant : numpy.ndarray, shape (n,)
        Candidates ascending by cell: flat index, model class, slope (deg), and whether nobody lives there.
    budget : float
        What may be spent, CNY.
    need : int
        Most cells wanted.
    cell_area_ha : float
        Area of a cell, ha.
    benefit : array_like of float, shape (n,), optional
        Gain of each cell, CNY/ha; by default the value of a balance credit everywhere.

    Returns
    -------
    ReclaimPlan
        The longest affordable run of the ranking; equal ratios go to the lower cell.
    """
    kind = ((land == Land.RURAL) & vacant) | (land == Land.UNUSED) | (land == Land.GRASS)
    fit = np.flatnonzero(kind & (slope <= params.reclaim_slope))
    cost = np.where(land[fit] == Land.RURAL, params.reclaim_cost_rural, params.reclaim_cost_open) * cell_area_ha
    cost = cost * (1.0 + params.reclaim_slope_cost * slope[fit])
    gain = np.broadcast_to(np.asarray(params.credit_value if benefit is None else benefit, np.float64), land.shape)
    ratio = gain[fit] * cell_area_ha / cost
    affordable = int(budget // cost.min()) if fit.size and budget > 0 else 0
    ranked = _best(ratio, min(need, affordable))
    ranked = ranked[(ratio[ranked] >= 1.0) & (np.cumsum(cost[ranked]) <= budget)]
    chosen = np.sort(ranked)
    return ReclaimPlan(cells[fit[chosen]].astype(np.int64), land[fit[chosen]], cost[chosen])


def _best(score: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.int64]:
    """Positions of the `count` highest scores, best first; ties by position; one partition and a short sort."""
    if count <= 0:
        return np.empty(0, dtype=np.int64)
    if count < score.size:
        edge = np.partition(score, score.size - count)[score.size - count]
        above = np.flatnonzero(score > edge)
        top = np.concatenate([above, np.flatnonzero(score == edge)[: count - above.size]])
    else:
        top = np.arange(score.size)
    return top[np.lexsort((top, -score[top]))]


@dataclass(frozen=True)
class FacilityPlan:
    """Sites of new facilities.

    Attributes
    ----------
    blocks : numpy.ndarray of int64, shape (n,)
        Flat block indices in the order of choice.
    gained : numpy.ndarray of float64, shape (n,)
        Need that each one newly covers.
    """

    blocks: npt.NDArray[np.int64]
    gained: npt.NDArray[np.float64]


def site_facilities(
    need: npt.NDArray[np.floating[Any]],
    radius: float,
    count: int,
    *,
    served: npt.NDArray[np.bool_] | None = None,
    least: float = 0.0,
) -> FacilityPlan:
    """Greedy maximal coverage: each facility goes where it covers the most need that nobody serves yet.

    Source: Church and ReVelle (1974), "The maximal covering location problem"; the greedy rule covers at least
    1 - 1/e of the best (Nemhauser, Wolsey and Fisher 1978).

    Parameters
    ----------
    need : numpy.ndarray of float, shape (rows, columns)
        Persons, or another weight, a block; not negative.
    radius : float
        Distance that a facility serves, in block sides.
    count : int
        Most facilities to site.
    served : numpy.ndarray of bool, shape (rows, columns), optional
        Blocks that a facility serves already.
    least : float
        Siting stops where the best site would cover no more than this.

    Returns
    -------
    FacilityPlan
        At most `count` sites; ties go to the lower block.
    """
    weights = np.ascontiguousarray(need, dtype=np.float64)
    open_need = np.where(served, 0.0, weights) if served is not None else weights.copy()
    count = min(count, weights.size)
    reach = int(radius)
    down, right = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disc = down**2 + right**2 <= radius**2
    blocks = np.empty(count, dtype=np.int64)
    gained = np.empty(count, dtype=np.float64)
    chosen = _cover(open_need, down[disc], right[disc], float(least), blocks, gained)
    return FacilityPlan(blocks[:chosen], gained[:chosen])


def within(sites: npt.NDArray[np.bool_], radius: float) -> npt.NDArray[np.bool_]:
    """Tell which blocks lie no farther than `radius` (block sides) from a marked one, bool, shape of the input."""
    if not sites.any():
        return np.zeros_like(sites)
    return np.asarray(distance_transform_edt(~sites) <= radius, dtype=np.bool_)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _spread(block: Any, amount: Any, gain: Any, down: Any, right: Any) -> None:
    rows, columns = gain.shape
    for j in range(down.size):
        r, c = block // columns + down[j], block % columns + right[j]
        if 0 <= r < rows and 0 <= c < columns:
            gain[r, c] += amount


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _cover(open_need: Any, down: Any, right: Any, least: Any, blocks: Any, gained: Any) -> Any:
    rows, columns = open_need.shape
    gain = np.zeros((rows, columns))
    for block in range(rows * columns):
        _spread(block, open_need[block // columns, block % columns], gain, down, right)
    for k in range(blocks.size):
        best = np.argmax(gain)
        blocks[k], gained[k] = best, gain[best // columns, best % columns]
        if gained[k] <= max(least, 1e-9):
            return k
        for j in range(down.size):
            r, c = best // columns + down[j], best % columns + right[j]
            if 0 <= r < rows and 0 <= c < columns and open_need[r, c] > 0.0:
                _spread(r * columns + c, -open_need[r, c], gain, down, right)
                open_need[r, c] = 0.0
    return blocks.size
