"""Convergence: how the interval of a mean narrows as seeds are added, and how many are enough."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from landsim.sweep.intervals import half_width

Values = npt.NDArray[np.float64]


def running(values: Values) -> tuple[Values, Values]:
    """Mean and half-width of its 95 % interval after the first n values, each of shape (n,); NaN for one value."""
    count = np.arange(1, values.size + 1)
    mean = np.cumsum(values) / count
    shifted = values - values[0]  # small numbers, so that the squares do not cancel
    square = np.cumsum(shifted**2) - np.cumsum(shifted) ** 2 / count
    half = np.full(values.size, math.nan)
    for n in range(2, values.size + 1):
        half[n - 1] = half_width(math.sqrt(max(square[n - 1], 0.0) / (n - 1)), n)
    return mean, half


def seeds_enough(values: Values, precision: float = 0.02) -> int | None:
    """Least number of seeds from which on the half-width stays below a share of the mean; None if it does not.

    Examples
    --------
    >>> seeds_enough(np.array([10.0, 10.1, 9.9, 10.0, 10.05]))
    4
    """
    mean, half = running(values)
    near = half < precision * np.abs(mean)
    near |= (half == 0.0) & (mean == 0.0)
    if not near.size or not near[-1]:
        return None
    wide = np.flatnonzero(~near)
    return int(wide[-1]) + 2 if wide.size else 1


def seeds_needed(values: Values, precision: float = 0.02) -> float:
    """Seeds that would bring the half-width below a share of the mean, judged by the spread so far."""
    if values.size < 2:
        return math.nan
    mean, sd = abs(float(values.mean())), float(values.std(ddof=1))
    if sd == 0.0:
        return 2.0
    if mean == 0.0:
        return math.inf
    needed = max((1.96 * sd / (precision * mean)) ** 2, 2.0)
    return float(math.ceil(needed))
