"""Density gradient of a city: people on rings around the main centre, and Clark's exponential fitted to them."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from landsim.indicators.ratios import ratios

RING_KM = 1.0
"""Width of a ring, km."""
_FEWEST = 3


class Clark(NamedTuple):
    """Clark's law, ``ln D = ln D0 + slope * r``: slope (1/km, negative where density falls) and ln of D0."""

    slope: float
    log_central: float

    @property
    def central(self) -> float:
        """Density at the centre, in the unit of the densities."""
        return math.exp(self.log_central)


def clark(distance_km: npt.ArrayLike, density: npt.ArrayLike) -> Clark:
    """Fit Clark's law (Clark 1951) by least squares on the logarithm.

    Parameters
    ----------
    distance_km, density : array_like of float, shape (n,)
        Distance of each ring from the centre, and its density; empty rings are left out.

    Returns
    -------
    Clark
        NaN with fewer than three rings that are not empty.

    Examples
    --------
    >>> r = np.arange(10.0)
    >>> slope, log_central = clark(r, 1e4 * np.exp(-0.3 * r))
    >>> round(slope, 6), round(log_central, 5)
    (-0.3, 9.21034)
    """
    away, dense = np.asarray(distance_km, dtype=np.float64), np.asarray(density, dtype=np.float64)
    known = dense > 0
    if np.unique(away[known]).size < _FEWEST:
        return Clark(math.nan, math.nan)
    slope, log_central = np.polyfit(away[known], np.log(dense[known]), 1)
    return Clark(float(slope), float(log_central))


def rings(
    distance_km: npt.NDArray[np.float64], people: npt.NDArray[np.float64], land_km2: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Mean distance and density of the people on rings of `RING_KM` around a centre.

    Parameters
    ----------
    distance_km, people, land_km2 : numpy.ndarray of float64, shape (n,)
        Distance of each block from the centre, its residents and its land.

    Returns
    -------
    distance, density : numpy.ndarray of float64, shape (n_rings,)
        Middle of each ring, km, and persons/km2 of its land; NaN where a ring has no land.
    """
    ring = (distance_km / RING_KM).astype(np.int64)
    count = int(ring.max(initial=-1)) + 1
    total, land = (np.bincount(ring, weights=values, minlength=count) for values in (people, land_km2))
    middle = np.arange(count, dtype=np.float64) + 0.5
    return np.asarray(middle * RING_KM, dtype=np.float64), ratios(total, land)
