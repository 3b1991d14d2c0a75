"""Intervals: Wilson's for shares, Student's for means and for paired differences, and Holm's order for many of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

Values = npt.NDArray[np.float64]


class Interval(NamedTuple):
    """An estimate between two limits."""

    value: float
    low: float
    high: float


class Paired(NamedTuple):
    """Mean of paired differences with its interval, the chance of one as large by luck, and Cohen's d."""

    mean: float
    low: float
    high: float
    p: float
    effect: float
    pairs: int


def wilson(hits: int, of: int, confidence: float = 0.95) -> Interval:
    """Interval of a share (Wilson 1927).

    Examples
    --------
    >>> share, low, high = wilson(7, 20)
    >>> round(low, 5), round(high, 5)
    (0.18119, 0.56715)
    """
    if of == 0:
        return Interval(math.nan, 0.0, 1.0)
    z = float(stats.norm.ppf(0.5 + confidence / 2.0))
    share, shrink = hits / of, 1.0 + z * z / of
    centre = (share + z * z / (2.0 * of)) / shrink
    reach = z / shrink * math.sqrt(share * (1.0 - share) / of + z * z / (4.0 * of * of))
    return Interval(share, centre - reach, centre + reach)


def mean_interval(values: Sequence[float] | Values, confidence: float = 0.95) -> Interval:
    """Mean with Student's interval; the limits are NaN for fewer than two values.

    Examples
    --------
    >>> mean, low, high = mean_interval([1, 2, 3, 4, 5])
    >>> mean, round(high - mean, 3)
    (3.0, 1.963)
    """
    given = np.asarray(values, dtype=np.float64)
    if given.size == 0:
        return Interval(math.nan, math.nan, math.nan)
    mean = float(given.mean())
    reach = half_width(float(given.std(ddof=1)), given.size, confidence) if given.size > 1 else math.nan
    return Interval(mean, mean - reach, mean + reach)


def half_width(sd: float, n: int, confidence: float = 0.95) -> float:
    """Half of Student's interval of a mean: t(n − 1) · sd / √n."""
    return float(stats.t.ppf(0.5 + confidence / 2.0, n - 1)) * sd / math.sqrt(n)


def paired(a: Values, b: Values, confidence: float = 0.95) -> Paired:
    """Mean of ``b - a`` pair by pair, as common random numbers allow.

    Examples
    --------
    >>> import numpy as np
    >>> zero = np.zeros(5)
    >>> found = paired(zero, np.arange(1.0, 6.0))
    >>> found.mean, round(found.high - found.mean, 3)
    (3.0, 1.963)
    """
    difference = np.asarray(b, dtype=np.float64) - np.asarray(a, dtype=np.float64)
    mean, low, high = mean_interval(difference, confidence)
    sd = float(difference.std(ddof=1)) if difference.size > 1 else math.nan
    if not sd > 0.0:
        p = math.nan if math.isnan(sd) else float(mean == 0.0)
        return Paired(mean, low, high, p, 0.0 if mean == 0.0 else math.nan, difference.size)
    t = mean / (sd / math.sqrt(difference.size))
    return Paired(mean, low, high, float(2.0 * stats.t.sf(abs(t), difference.size - 1)), mean / sd, difference.size)


def holm(chances: Sequence[float]) -> list[float]:
    """Correct chances for their number (Holm 1979); NaN stay, and do not count.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    out = [math.nan] * len(chances)
    known = sorted((p, i) for i, p in enumerate(chances) if not math.isnan(p))
    largest = 0.0
    for rank, (p, i) in enumerate(known):
        largest = max(largest, min(1.0, (len(known) - rank) * p))
        out[i] = largest
    return out
