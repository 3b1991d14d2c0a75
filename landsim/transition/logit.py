"""Logit: a suitability that is a logistic function of drivers, folded row by row so that no driver is held whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from landsim.landscape.rows import Rows


class Logit:
    """Suitability ``1 / (1 + exp(-(intercept + sum of coefficient * driver)))``.

    Parameters
    ----------
    intercept : float
    coefficients : array_like of float, shape (k,)
        One a driver, in units of one over the unit of the driver.
    drivers : sequence of Rows
        Layers, read by rows; where one is missing (NaN) the suitability is 0.
    """

    def __init__(self, intercept: float, coefficients: npt.ArrayLike, drivers: Sequence[Rows]) -> None:
        self.intercept = float(intercept)
        self.coefficients = np.asarray(coefficients, dtype=np.float64)
        self.drivers = list(drivers)
        if self.coefficients.shape != (len(self.drivers),):
            raise ValueError(f"{self.coefficients.size} coefficients, expected {len(self.drivers)}: one a driver")

    def read(self, rows: slice) -> npt.NDArray[np.float32]:
        """Give some rows of the suitability, float32, shape (rows, width), in [0, 1]."""
        score: npt.NDArray[np.float32] | None = None
        for coefficient, driver in zip(self.coefficients, self.drivers, strict=True):
            values = driver.read(rows)
            if score is None:
                score = np.full(values.shape, self.intercept, dtype=np.float32)
            _add(values, np.float32(coefficient), score)
        if score is None:
            raise ValueError("a logit needs at least one driver")
        _squash(score)
        return score


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add(values: Any, coefficient: Any, score: Any) -> None:
    """Add a driver times its coefficient."""
    for r in range(score.shape[0]):
        for c in range(score.shape[1]):
            score[r, c] += coefficient * values[r, c]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _squash(score: Any) -> None:
    """Turn log odds into probabilities in place; NaN becomes 0."""
    for r in range(score.shape[0]):
        for c in range(score.shape[1]):
            odds = np.exp(-np.float64(score[r, c]))
            score[r, c] = np.float32(1.0 / (1.0 + odds)) if odds == odds else np.float32(0.0)
