"""Convergence: how the interval of a mean narrows as seeds are added, how many are enough, and how many are needed."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import stats

from landsim.indicators.intervals import LEVEL, half_width

Values = npt.NDArray[np.float64]

MOST_SEEDS = 1_000_000
"""Above so many no number of seeds that anybody runs would do."""


def running(values: Values) -> tuple[Values, Values]:
    """Mean and half-width of its 95 % interval after the first n values, each of shape (n,); NaN for one value."""
    mean, sd = _moments(values)
    return mean, half_width(sd, np.arange(1, values.size + 1))


def seeds_enough(values: Values, precision: float = 0.02) -> int | None:
    """Least number of seeds from which on the half-width stays below a share of the mean; None if it does not.

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (seeds,)
        An outcome of each seed, in their order.
    precision : float
        Share of the mean.  A mean of 0 is precise where all values are 0.

    Examples
    --------
    >>> seeds_enough(np.array([10.0, 10.1, 9.9, 10.0, 10.05]))
    4
    """
    near = _near(*running(values), precision)
    if not near.size or not near[-1]:
        return None
    return int(np.flatnonzero(~near)[-1]) + 2  # the first value alone has no interval, so there is one


def seeds_needed(values: Values, precision: float = 0.02) -> float:
    """Least number of seeds whose half-width would be below a share of the mean, were they spread as those so far.

    It is at most the number of values where and only where `seeds_enough` finds that those are enough.

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (seeds,)
    precision : float

    Returns
    -------
    float
        A whole number from 2; infinite where no number up to `MOST_SEEDS` will do, as with a mean of 0; NaN for fewer
        than two values.

    Examples
    --------
    >>> seeds_needed(np.array([9.0, 11.0, 9.0, 11.0]), 0.1)
    8.0
    """
    if values.size < 2:
        return math.nan
    means, deviations = _moments(values)
    mean, sd = means[-1:], float(deviations[-1])
    if sd == 0.0:
        return 2.0
    # the normal quantile is below every one of Student's: so many at least, and two or three more
    least, target = float(stats.norm.ppf((1.0 + LEVEL) / 2.0)) * sd, precision * abs(float(mean[0]))
    if least >= target * math.sqrt(MOST_SEEDS):
        return math.inf
    seeds = max(math.ceil((least / target) ** 2), 2)
    while not _near(mean, half_width(sd, seeds), precision):
        seeds += 1
    return float(seeds)


def _moments(values: Values) -> tuple[Values, Values]:
    """Mean and standard deviation of the first n values, each of shape (n,); NaN for one value."""
    count = np.arange(1, values.size + 1)
    shifted = values - values[:1]  # small numbers, so that the squares do not cancel
    total = np.cumsum(shifted)
    square = np.maximum(np.cumsum(shifted**2) - total**2 / count, 0.0)
    sd = np.sqrt(square / np.where(count > 1, count - 1, np.nan))
    return values[:1] + total / count, sd


def _near(mean: Values, half: Values, precision: float) -> npt.NDArray[np.bool_]:
    """Tell where a mean is precise: the half-width is below a share of it, or nothing varies at all."""
    return np.asarray((half < precision * np.abs(mean)) | (half == 0.0))
