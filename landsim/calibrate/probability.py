"""Probability: from out-of-fold map ranks and what changed, the chance of change that goes with each rank."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from landsim.transition.ranks import Chance, map_ranks

_BINS = 64
_FEWEST = 20  # cells of a bin

Floats = npt.NDArray[np.float64]


def fit_chance(score: npt.ArrayLike, gained: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> Chance:
    """Fit a table of rising chance to scores of cells that their models did not learn from.

    Ranks are binned, finer towards the top where change is, the share that changed is made monotone by isotonic
    regression, and the mean over the ranks is kept at the share observed.

    Parameters
    ----------
    score : array_like of float, shape (n,)
        Any score; only its order counts.
    gained : array_like of bool, shape (n,)
    weight : array_like of float, shape (n,), optional
        Cells that each stands for.

    Raises
    ------
    ValueError
        If nothing, or everything, changed.
    """
    changed = np.asarray(gained, dtype=np.float64)
    mass = np.ones(changed.size) if weight is None else np.asarray(weight, dtype=np.float64)
    share = float((mass * changed).sum() / mass.sum()) if mass.sum() else 0.0
    if not 0.0 < share < 1.0:
        raise ValueError("a chance needs cells that changed and cells that did not")
    rank = _weighted_ranks(np.asarray(score), mass)
    edges = _edges(changed.size)
    place = np.minimum(np.searchsorted(edges, rank, "right") - 1, edges.size - 2)
    cells = np.bincount(place, mass, edges.size - 1).astype(np.float64)
    hits = np.bincount(place, mass * changed, edges.size - 1).astype(np.float64)
    used = cells > 0
    level = isotonic(hits[used] / cells[used], cells[used])
    middle = ((edges[:-1] + edges[1:]) / 2)[used]
    rank_knots = np.concatenate([[0.0], middle, [1.0]])
    return Chance.rising(rank_knots, np.concatenate([level[:1] / 2, level, level[-1:]]))


def isotonic(values: Floats, weight: Floats) -> Floats:
    """Least-squares fit that does not fall, by pooling adjacent violators.

    Source: Barlow et al. (1972), "Statistical inference under order restrictions".

    Examples
    --------
    >>> isotonic(np.array([1.0, 3.0, 2.0, 4.0]), np.ones(4))
    array([1. , 2.5, 2.5, 4. ])
    """
    pools: list[tuple[float, float, int]] = []
    for value, mass in zip(values.tolist(), weight.tolist(), strict=True):
        pools.append((value, mass, 1))
        while len(pools) > 1 and pools[-2][0] >= pools[-1][0]:
            (a, m, i), (b, n, j) = pools[-2:]
            pools[-2:] = [((a * m + b * n) / (m + n), m + n, i + j)]
    return np.repeat([pool[0] for pool in pools], [pool[2] for pool in pools])


def _weighted_ranks(score: npt.NDArray[np.float64 | np.float32], mass: Floats) -> Floats:
    """Mid ranks by mass; ties share one."""
    if (mass == mass[0]).all():
        return map_ranks(score).astype(np.float64)
    values, place = np.unique(score, return_inverse=True)
    each = np.bincount(place, mass, values.size)
    return np.asarray(((np.cumsum(each) - each / 2) / each.sum())[place])


def _edges(cells: int) -> Floats:
    """Edges of the bins: even in the logarithm of the share above, as far as bins hold enough cells."""
    last = np.log(max(2.0, cells / _FEWEST))
    edges = 1.0 - np.exp(-np.linspace(0.0, last, _BINS))
    return np.append(edges, 1.0)
