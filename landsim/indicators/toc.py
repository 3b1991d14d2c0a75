"""Total operating characteristic of a suitability score: hits against size, and the area under the curve.

Source: Pontius and Si (2014).  The area is that of the curve inside its parallelogram, less the lower triangle,
over the parallelogram; it equals the area under the receiver operating characteristic, ties counted half.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

_STEPS = 100


def auc(score: npt.ArrayLike, gained: npt.ArrayLike) -> float:
    """Area under the curve; the chance that a gained cell scores above one that is not, ties counted half.

    Parameters
    ----------
    score : array_like of float, shape (n,)
    gained : array_like of bool, shape (n,)

    Returns
    -------
    float
        0..1; NaN where all or no cells gained.

    Examples
    --------
    >>> auc([0.1, 0.4, 0.35, 0.8], [False, False, True, True])
    0.75
    """
    every, positive = _sorted(score, gained)
    return _area(every, positive)


def toc_curve(score: npt.ArrayLike, gained: npt.ArrayLike) -> dict[str, Any]:
    """Curve of the total operating characteristic at each percent of the candidates.

    Parameters
    ----------
    score : array_like of float, shape (n,)
        Suitability of each candidate; NaN ranks lowest.
    gained : array_like of bool, shape (n,)
        The candidate gained the class.

    Returns
    -------
    dict
        ``auc``, and the lists ``size`` (hits + false alarms, cells) and ``hits`` (cells, in proportion among ties).
    """
    every, positive = _sorted(score, gained)
    size = np.unique(np.linspace(0, every.size, _STEPS + 1).astype(np.int64))
    return {"auc": _area(every, positive), "size": size.tolist(), "hits": _hits_at(size, every, positive).tolist()}


def _sorted(score: npt.ArrayLike, gained: npt.ArrayLike) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """All scores and those of the gained cells, ascending."""
    values = np.asarray(score)
    values = values.astype(np.float32 if values.dtype == np.float32 else np.float64)
    values[np.isnan(values)] = -np.inf
    positive = np.sort(values[np.asarray(gained, dtype=np.bool_)])
    values.sort()
    return values, positive


def _area(every: npt.NDArray[Any], positive: npt.NDArray[Any]) -> float:
    negatives = every.size - positive.size
    if not negatives or not positive.size:
        return math.nan
    below = np.searchsorted(every, positive, "left") - np.searchsorted(positive, positive, "left")
    not_above = np.searchsorted(every, positive, "right") - np.searchsorted(positive, positive, "right")
    return float((below.sum() + not_above.sum()) / (2 * negatives * positive.size))


def _hits_at(size: npt.NDArray[np.int64], every: npt.NDArray[Any], positive: npt.NDArray[Any]) -> Any:
    """Hits among the `size` highest scores; the cells tied at the threshold share theirs evenly."""
    threshold = every[np.minimum(every.size - size, every.size - 1)]
    above = every.size - np.searchsorted(every, threshold, "right")
    tied = every.size - above - np.searchsorted(every, threshold, "left")
    hits_above = positive.size - np.searchsorted(positive, threshold, "right")
    hits_tied = positive.size - hits_above - np.searchsorted(positive, threshold, "left")
    return np.where(size == 0, 0, hits_above + (size - above) * hits_tied / tied)
