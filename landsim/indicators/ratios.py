"""Ratios that are NaN, not an error, where the denominator is 0."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt


def ratio(part: float, whole: float) -> float:
    """Divide two numbers; NaN where the denominator is 0."""
    return float(part / whole) if whole else math.nan


def ratios(part: npt.ArrayLike, whole: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Divide two arrays element by element, float64; NaN where the denominator is 0."""
    below = np.asarray(whole, dtype=np.float64)
    above = np.broadcast_to(np.asarray(part, dtype=np.float64), np.broadcast_shapes(np.shape(part), below.shape))
    return np.asarray(np.divide(above, below, out=np.full(above.shape, np.nan), where=below != 0))
