"""Quantity: name, dtype, unit, range and meaning, shared by layers, agent columns and outputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Quantity:
    """What a number means.

    Attributes
    ----------
    name : str
        Lower-case English name, e.g. ``"slope"``.
    dtype : str
        NumPy name of the narrowest type that holds it, e.g. ``"float32"``.
    unit : str
        Unit symbol; ``"1"`` for a pure number.
    doc : str
        The meaning in one line.
    low, high : float or None
        Inclusive bounds; None where there is none.
    """

    name: str
    dtype: str
    unit: str
    doc: str
    low: float | None = None
    high: float | None = None

    def outside(self, values: npt.ArrayLike) -> int:
        """Count the finite values that lie outside the bounds."""
        array = np.asarray(values)
        bad = np.zeros(array.shape, dtype=bool)
        if self.low is not None:
            bad |= array < self.low
        if self.high is not None:
            bad |= array > self.high
        return int(np.count_nonzero(bad))


UNLIMITED = 2**62
"""Stands for "no limit" in integer counters; far from overflow when cells are taken off."""
LIMITED_BELOW = UNLIMITED // 2
"""A counter from here on has no limit: no map has so many cells that taking them off `UNLIMITED` comes below it."""
