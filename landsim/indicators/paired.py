"""Paired differences over seeds: chance by Student's t, bootstrap, Holm's correction, effect size, signs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

from landsim.core.draws import uniform_cells
from landsim.indicators.intervals import spread

Floats = npt.NDArray[np.float64]

SAMPLES = 2000
_TAILS = (0.025, 0.975)


def t_chance(differences: npt.ArrayLike) -> Floats:
    """Chance of a mean so far from 0 if there were no difference, two-sided (paired t-test).

    Parameters
    ----------
    differences : array_like of float, shape (..., n)

    Returns
    -------
    numpy.ndarray of float64, shape (...)
        Where all pairs differ alike there is no spread to judge by, and the exact sign test answers, ``2**(1 - n)``:
        whole-number outcomes coincide easily in a few pairs.  NaN, no test, where none differs or with fewer than two
        pairs.
    """
    values = np.asarray(differences, dtype=np.float64)
    n = values.shape[-1]
    if n < 2:
        return np.full(values.shape[:-1], np.nan)
    mean = np.asarray(values.mean(axis=-1))
    error = spread(values) / np.sqrt(n)
    alike = np.where(mean == 0, np.nan, 2.0 ** (1 - n))
    distance = np.divide(mean, error, out=np.zeros(mean.shape), where=error > 0)
    return np.asarray(np.where(error > 0, 2 * stats.t.sf(np.abs(distance), n - 1), alike))


def bootstrap_interval(differences: npt.ArrayLike, seed: int = 0, samples: int = SAMPLES) -> tuple[Floats, Floats]:
    """Percentile interval of the mean difference over resampled pairs (Efron 1979).

    All rows are read from the same samples of pairs.

    Parameters
    ----------
    differences : array_like of float, shape (..., n)
    seed, samples : int
        Name of the draws; number of samples.

    Returns
    -------
    low, high : numpy.ndarray of float64, shape (...)
        NaN with fewer than two pairs.
    """
    values = np.asarray(differences, dtype=np.float64)
    n = values.shape[-1]
    if n < 2:
        unknown = np.full(values.shape[:-1], np.nan)
        return unknown, unknown
    chosen = (uniform_cells(seed, "bootstrap.pairs", 0, 0, samples * n) * n).astype(np.int64)
    drawn = np.bincount(chosen + np.repeat(np.arange(samples) * n, n), minlength=samples * n).reshape(samples, n)
    means = values @ (drawn.T / n)
    low, high = np.quantile(means, _TAILS, axis=-1)
    return np.asarray(low), np.asarray(high)


def holm(chances: npt.ArrayLike) -> Floats:
    """Correct the chances of several tests for their number (Holm 1979).

    Parameters
    ----------
    chances : array_like of float, shape (m,)
        NaN where there was no test; such are not counted.

    Returns
    -------
    numpy.ndarray of float64, shape (m,)

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    given = np.asarray(chances, dtype=np.float64)
    out = np.full(given.shape, np.nan)
    known = np.flatnonzero(np.isfinite(given))
    order = known[np.argsort(given[known], kind="stable")]
    factors = np.arange(order.size, 0, -1)
    out[order] = np.minimum(np.maximum.accumulate(factors * given[order]), 1.0)
    return out


def cohen_d(differences: npt.ArrayLike) -> Floats:
    """Effect size of paired differences: their mean over their standard deviation (Cohen 1988).

    Parameters
    ----------
    differences : array_like of float, shape (..., n)

    Returns
    -------
    numpy.ndarray of float64, shape (...)
        NaN where all pairs differ alike, or with fewer than two pairs.
    """
    values = np.asarray(differences, dtype=np.float64)
    if values.shape[-1] < 2:
        return np.full(values.shape[:-1], np.nan)
    deviation = spread(values)
    mean = np.asarray(values.mean(axis=-1))
    return np.asarray(np.divide(mean, deviation, out=np.full(mean.shape, np.nan), where=deviation > 0))


def sign_chances(pairs: int) -> Floats:
    """Chance, two-sided, that of so many pairs that differ so few or fewer point one way (exact sign test).

    Parameters
    ----------
    pairs : int
        Most pairs that can differ.

    Returns
    -------
    numpy.ndarray of float64, shape (pairs + 1, pairs + 1)
        By the number of pairs that point up and of those that point down; 1 where none differs.

    Examples
    --------
    >>> float(sign_chances(6)[6, 0]), float(sign_chances(6)[3, 3])
    (0.03125, 1.0)
    """
    up, down = np.mgrid[: pairs + 1, : pairs + 1]
    return np.asarray(np.minimum(2 * stats.binom.cdf(np.minimum(up, down), up + down, 0.5), 1.0))
