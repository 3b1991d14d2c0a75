"""Hazard: a fitted chance of change as the weight of a race, in (0, 1], and as strictly ordered ringing times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

_MOST = 1.0 - 2.0**-24
"""Chance that counts as certain: its hazard is 16.6."""


@dataclass(frozen=True, eq=False)
class Hazard:
    """Where a class may arise: the chance over a period, turned into the rate at which a clock of that chance runs.

    Weights are rates over the largest rate of all fitted classes: the scale of time is free, but classes that want the
    same cell compete for it by their rates.

    Attributes
    ----------
    chance : numpy.ndarray of float32, shape (height, width)
        In [0, 1]; 0 where the class may not arise.
    kernel : numpy.ndarray of float64, shape (C, side, side), or None
        Window of the reacting neighbourhood, a row a code of the legend; None takes the engine's own.
    """

    chance: Plane
    kernel: Floats | None = None

    def __post_init__(self) -> None:
        low, high = float(self.chance.min(initial=0.0)), float(self.chance.max(initial=0.0))
        if not (low >= 0.0 and high <= 1.0):  # also where one is not a number
            raise ValueError(f"chances from {low} to {high}, expected 0 to 1")

    @property
    def most(self) -> float:
        """Largest hazard; 1 where no cell has any."""
        return float(hazard(np.array(self.chance.max(initial=0.0)))) or 1.0

    def weights(self, rows: slice, most: float) -> Floats:
        """Weights of some rows, float64, shape (rows, width), for a largest hazard of `most`."""
        return hazard(self.chance[rows]) / most

    def times(self, most: float, ease: float = 1.0) -> tuple[Plane, Plane]:
        """Ringing times of a race that ranks, in the strict order of the chances.

        Of two cells the one of the larger chance rings first, however near they are: where the nearest float32 of two
        times is the same, the later one is moved on by the least step.

        Parameters
        ----------
        most : float
            Largest hazard, as `weights` takes it.
        ease : float
            Constant factor of the weights.

        Returns
        -------
        chance, time : numpy.ndarray of float32, shape (n,)
            The distinct chances above 0, ascending, and the time of each.
        """
        chance = np.unique(self.chance)
        chance = chance[chance > 0.0]
        exact = most / (hazard(chance) * ease)
        # float32 numbers above 0 stand in the order of their bits
        bits = exact[::-1].astype(np.float32).view(np.int32).astype(np.int64)
        step = np.arange(bits.size)
        bits = np.maximum.accumulate(bits - step) + step
        return chance, np.ascontiguousarray(bits.astype(np.int32).view(np.float32)[::-1])


def hazard(chance: npt.NDArray[np.floating]) -> Floats:
    """Rate per period of a chance over the period, ``-ln(1 - p)``, float64.

    Examples
    --------
    >>> hazard(np.array([0.0, 0.5])).round(4).tolist()
    [0.0, 0.6931]
    """
    return np.asarray(-np.log1p(-np.minimum(chance.astype(np.float64), _MOST)), dtype=np.float64)
