"""Ranking: what a score gains when the cells that it ranks first are taken, as many as changed."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from landsim.indicators.ranking import descending, first_in_order

Scores = npt.NDArray[np.float32]
Plane = npt.NDArray[np.bool_]


def taken(score: Scores, count: int) -> Plane:
    """Cells that are ranked first, ties by position, bool, shape (n,).

    Examples
    --------
    >>> taken(np.array([0.1, 0.9, 0.1], dtype=np.float32), 2)
    array([ True,  True, False])
    """
    chosen = np.zeros(score.size, dtype=np.bool_)
    chosen[first_in_order(descending(score), count)] = True
    return chosen


def ranking_fom(score: Scores, gained: Plane) -> float:
    """Gain figure of merit H / (H + M + F) at the observed quantity; NaN where nothing changed.

    Examples
    --------
    >>> ranking_fom(np.array([3.0, 2.0, 1.0], dtype=np.float32), np.array([True, False, True]))
    0.3333333333333333
    """
    count = int(np.count_nonzero(gained))
    hits = int(np.count_nonzero(taken(score, count) & gained))
    return hits / (2 * count - hits) if count else math.nan
