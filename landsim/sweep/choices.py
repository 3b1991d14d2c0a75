"""Choices: regret of each strategy over futures that nobody can choose, and how often it satisfies given bounds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


def regrets(values: Values, goal: str) -> Values:
    """Regret of strategies: what the best one would have given more (Savage 1951).

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (strategies, futures)
        An outcome; NaN where there is none, which is passed over.
    goal : {"min", "max"}
        Whether less or more of it is better.

    Examples
    --------
    >>> regrets(np.array([[10.0, 5.0], [8.0, 7.0]]), "max").tolist()
    [[0.0, 2.0], [2.0, 0.0]]
    """
    best = np.fmax.reduce(values, axis=0) if goal == "max" else np.fmin.reduce(values, axis=0)
    regret: Values = best - values if goal == "max" else values - best
    return regret


def satisfied(values: Mapping[str, Values], bounds: Mapping[str, tuple[float | None, float | None]]) -> Values:
    """Tell which runs keep all bounds (domain criterion of Starr 1962); shape of the values, 1 or 0.

    Examples
    --------
    >>> satisfied({"built_ha": np.array([90.0, 120.0])}, {"built_ha": (None, 100.0)}).tolist()
    [1.0, 0.0]
    """
    shape = next(iter(values.values())).shape
    good = np.ones(shape, dtype=bool)
    for name, (low, high) in bounds.items():
        if low is not None:
            good &= values[name] >= low
        if high is not None:
            good &= values[name] <= high
    return good.astype(np.float64)
