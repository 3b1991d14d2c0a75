"""Intervals: Student's for means and Wilson's for shares, at 95 %."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]

LEVEL = 0.95
_UPPER = (1.0 + LEVEL) / 2.0
_ALIKE = 1e-12
"""Spread, as a share of the mean, below which values are alike and what is left is rounding."""


class Share(NamedTuple):
    """A share between two limits."""

    value: float
    low: float
    high: float


def t_interval(values: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Mean with its interval by Student's t.

    Parameters
    ----------
    values : array_like of float, shape (..., n)
        Along the last axis; differences of pairs give the interval of the paired difference.

    Returns
    -------
    mean, low, high : numpy.ndarray of float64, shape (...)
        The edges are NaN with fewer than two values, and the mean is with none.

    Examples
    --------
    >>> mean, low, high = t_interval([1, 2, 3, 4, 5])
    >>> round(float(mean), 3), round(float(high - mean), 3)
    (3.0, 1.963)
    """
    given = np.asarray(values, dtype=np.float64)
    n = given.shape[-1]
    if n < 2:
        unknown = np.full(given.shape[:-1], np.nan)
        return (given[..., 0] if n else unknown), unknown, unknown
    mean = given.mean(axis=-1)
    half = half_width(spread(given), n)
    return mean, mean - half, mean + half


def half_width(sd: npt.ArrayLike, n: npt.ArrayLike) -> Floats:
    """Half of Student's interval of a mean: t(n - 1) sd / sqrt(n).

    Parameters
    ----------
    sd : array_like of float
        Standard deviation of the sample.
    n : array_like of int
        Its size.

    Returns
    -------
    numpy.ndarray of float64
        NaN for a sample of one.
    """
    size = np.asarray(n, dtype=np.float64)
    return np.asarray(stats.t.ppf(_UPPER, size - 1.0) * np.asarray(sd, dtype=np.float64) / np.sqrt(size))


def spread(values: Floats) -> Floats:
    """Sample standard deviation along the last axis; 0 where it is rounding alone.

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (..., n)
        Two or more.
    """
    found = np.asarray(values.std(axis=-1, ddof=1))
    return np.where(found > _ALIKE * np.abs(values.mean(axis=-1)), found, 0.0)


def wilson(hits: int, of: int) -> Share:
    """Interval of a share (Wilson 1927); from 0 to 1 where nothing was counted.

    Examples
    --------
    >>> share, low, high = wilson(7, 20)
    >>> round(low, 5), round(high, 5)
    (0.18119, 0.56715)
    """
    if of == 0:
        return Share(math.nan, 0.0, 1.0)
    z = float(stats.norm.ppf(_UPPER))
    share, shrink = hits / of, 1.0 + z * z / of
    centre = (share + z * z / (2.0 * of)) / shrink
    reach = z / shrink * math.sqrt(share * (1.0 - share) / of + z * z / (4.0 * of * of))
    return Share(share, max(centre - reach, 0.0), min(centre + reach, 1.0))
