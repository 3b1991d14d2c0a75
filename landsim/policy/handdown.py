"""Hand-down: a parent's area split over its children in whole cells, exactly, by largest remainder."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from landsim.core.params import Params, param

_ROUNDING = 1e-9


class HandDownParams(Params):
    """Weights by which a construction quota is handed down."""

    basic: float = param(
        0.2, doc="part of the quota handed down by built land, so that no county is left without", ge=0, le=1
    )
    population: float = param(0.4, doc="weight of a child's share in population growth", ge=0)
    jobs: float = param(0.3, doc="weight of a child's share in job growth", ge=0)
    intensity: float = param(0.2, doc="weight of a child's share in intensity of land use", ge=0)
    idle: float = param(0.1, doc="weight of a child's share in idle land, which counts against it", ge=0)


def hand_down_caps(
    totals: npt.ArrayLike, weights: npt.ArrayLike, parent: npt.ArrayLike | None = None
) -> npt.NDArray[np.int64]:
    """Split caps over children: the floor of each share, then one more cell by largest remainder.

    Parameters
    ----------
    totals : int or array_like of int, shape (n_parents,)
        Cells of each parent.
    weights : array_like of float, shape (n_children,)
        Weight of each child, not negative; equal shares where a parent's children all weigh nothing.
    parent : array_like of int, shape (n_children,), optional
        Row of each child's parent; one parent if omitted.

    Returns
    -------
    numpy.ndarray of int64, shape (n_children,)
        Cells of each child; they sum to the parent's exactly and lie within one cell of the share.
        Equal remainders go to the lower row.

    Examples
    --------
    >>> hand_down_caps(100, [0.335, 0.335, 0.33]).tolist()
    [34, 33, 33]
    """
    total, group, share = _shares(totals, weights, parent)
    cells = np.floor(share + _ROUNDING).astype(np.int64)
    missing = total - _sums(group, cells, total.size)
    cells += _rank_in_group(group, share - cells) < missing[group]
    return cells


def construction_weights(
    population_growth: npt.ArrayLike,
    job_growth: npt.ArrayLike,
    intensity: npt.ArrayLike,
    idle: npt.ArrayLike,
    params: HandDownParams,
) -> npt.NDArray[np.float64]:
    """Weight of each child in handing down a construction quota, float64, shape (n,), sum 1.

    Each trait enters as the child's share of the sum over all children (negative values count as none), so that
    persons, jobs and hectares can be added; idle land counts against a child; the weight is clipped at 0.
    """
    score = params.population * _portion(population_growth) + params.jobs * _portion(job_growth)
    score += params.intensity * _portion(intensity) - params.idle * _portion(idle)
    return _portion(score)


def _portion(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Each child's part of the sum of what is positive; equal parts where nothing is."""
    positive = np.maximum(np.asarray(values, dtype=np.float64), 0.0)
    whole = positive.sum()
    return positive / whole if whole > 0 else np.full(positive.shape, 1.0 / max(positive.size, 1))


def _shares(
    totals: npt.ArrayLike, weights: npt.ArrayLike, parent: npt.ArrayLike | None
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Totals, parent row of each child, and its share in cells, float64."""
    total = np.atleast_1d(np.asarray(totals, dtype=np.int64))
    weight = np.asarray(weights, dtype=np.float64)
    group = np.zeros(weight.size, dtype=np.int64) if parent is None else np.asarray(parent, dtype=np.int64)
    if (weight < 0).any() or not np.isfinite(weight).all() or (total < 0).any():
        raise ValueError("totals and weights must be finite and not negative")
    whole = np.bincount(group, weight, minlength=total.size)
    count = np.bincount(group, minlength=total.size)
    if whole.size != total.size:
        raise ValueError(f"children of {whole.size} parents, but totals of {total.size}")
    if ((count == 0) & (total > 0)).any():
        raise ValueError("a parent with cells to hand down has no child")
    equal = whole[group] <= 0
    part = np.where(equal, 1.0 / count[group], weight / np.where(equal, 1.0, whole[group]))
    return total, group, np.asarray(total[group] * part, dtype=np.float64)


def _sums(group: npt.NDArray[np.int64], cells: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.int64]:
    out = np.zeros(n, dtype=np.int64)
    np.add.at(out, group, cells)
    return out


def _rank_in_group(group: npt.NDArray[np.int64], key: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Rank of each child among its siblings, largest key first, ties by lower row."""
    # keys that differ by rounding alone are ties
    order = np.lexsort((np.arange(group.size), -np.round(key, 9), group))
    count = np.bincount(group)
    start = np.cumsum(count) - count
    rank = np.empty(group.size, dtype=np.int64)
    rank[order] = np.arange(group.size) - start[group[order]]
    return rank
