"""Inequality and segregation: Gini and Theil coefficients of values, dissimilarity of two groups over places."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from landsim.indicators.ratios import ratio


def gini(values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    """Gini coefficient, half the relative mean difference (Gini 1912), by the trapezoids under the Lorenz curve.

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Not negative.
    weights : array_like of float, shape (n,), optional
        How many each value stands for; one where not given.

    Returns
    -------
    float
        0 all alike, towards 1 one has all; NaN where there is nothing to share.

    Examples
    --------
    >>> gini([1, 2, 3, 4])
    0.25
    """
    amounts = np.asarray(values, dtype=np.float64)
    shares = np.ones(amounts.shape) if weights is None else np.asarray(weights, dtype=np.float64)
    order = np.argsort(amounts, kind="stable")
    owned = np.cumsum(amounts[order] * shares[order])
    if not owned.size or owned[-1] <= 0:
        return math.nan
    below = np.concatenate([[0.0], owned[:-1]])
    area = float(shares[order] @ (owned + below))
    return 1.0 - area / float(shares.sum() * owned[-1])


def theil(values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> float:
    """Theil's T, ``mean(v / m * ln(v / m))`` with the mean m (Theil 1967).

    Parameters
    ----------
    values : array_like of float, shape (n,)
        Not negative; nothing adds nothing.
    weights : array_like of float, shape (n,), optional
        How many each value stands for; one where not given.

    Returns
    -------
    float
        0 all alike, ln(n) one has all; NaN where there is nothing to share.

    Examples
    --------
    >>> round(theil([1, 2, 3, 4]), 6)
    0.10644
    """
    amounts = np.asarray(values, dtype=np.float64)
    mean = _mean(amounts, weights)
    if not mean > 0:
        return math.nan
    share = amounts / mean
    return _mean(share * np.log(share, out=np.zeros(share.shape), where=share > 0), weights)


def _mean(values: npt.NDArray[np.float64], weights: npt.ArrayLike | None) -> float:
    """Mean, weighed where weights are given; NaN where there is nothing."""
    if weights is None:
        return float(values.mean()) if values.size else math.nan
    shares = np.asarray(weights, dtype=np.float64)
    return ratio(float(values @ shares), float(shares.sum()))


def dissimilarity(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Share of either group that would have to move for both to be spread alike (Duncan and Duncan 1955).

    Parameters
    ----------
    first, second : array_like of float, shape (n,)
        Members of the two groups in each place.

    Returns
    -------
    float
        ``1/2 sum |a_i / A - b_i / B|``: 0 spread alike, 1 wholly apart; NaN where a group is empty.

    Examples
    --------
    >>> dissimilarity([10, 0, 5, 5], [0, 10, 5, 5])
    0.5
    """
    a, b = (np.asarray(group, dtype=np.float64) for group in (first, second))
    if not a.sum() or not b.sum():
        return math.nan
    return ratio(float(np.abs(a / a.sum() - b / b.sum()).sum()), 2.0)
