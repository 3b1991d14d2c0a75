"""Slopes: how built land thins out from the centre (Clark 1951), and how patches shrink by rank (Gabaix, Ibragimov)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from landsim.indicators.mosaic import SHARE_BLOCK_M
from landsim.landscape.focal import gaussian_density

Floats = npt.NDArray[np.float64]
Plane = npt.NDArray[np.bool_]

FEWEST_PATCHES = 10
"""Patches below which sizes have no slope."""
MOST_PATCHES = 100
"""The largest patches, which are ranked: dust of a cell or two obeys no law."""

_RINGS = 10  # at the least, on a small map
_M_PER_KM = 1000.0


def line(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[float, float]:
    """Fit a straight line by least squares; slope and intercept, NaN where all x are the same.

    Examples
    --------
    >>> line([0.0, 1.0, 2.0], [1.0, 3.0, 5.0])
    (2.0, 1.0)
    """
    a, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if a.size < 2 or a.min() == a.max():
        return math.nan, math.nan
    away = a - a.mean()
    slope = float(away @ (b - b.mean()) / (away @ away))
    return slope, float(b.mean() - slope * a.mean())


def clark(distance: npt.ArrayLike, density: npt.ArrayLike) -> tuple[float, float]:
    """Fit Clark's law ``D = D0 exp(slope r)`` to rings by least squares on the logarithm.

    Parameters
    ----------
    distance : array_like of float, shape (n,)
        Mean distance of each ring from the centre, km.
    density : array_like of float, shape (n,)
        Density of each ring; rings of none are left out.

    Returns
    -------
    slope : float
        1/km; NaN with fewer than three rings.
    log_centre : float
        Logarithm of the density in the centre.
    """
    far, dense = np.asarray(distance, dtype=np.float64), np.asarray(density, dtype=np.float64)
    held = dense > 0.0
    if np.count_nonzero(held) < 3:
        return math.nan, math.nan
    return line(far[held], np.log(dense[held]))


def rank_size(sizes: npt.ArrayLike, shift: float = 0.5, most: int | None = MOST_PATCHES) -> float:
    """Slope of ``ln(rank - shift)`` on ``ln(size)`` of the largest sizes, by least squares.

    A shift of a half takes away most of the bias of few ranks (Gabaix and Ibragimov 2011).

    Parameters
    ----------
    sizes : array_like of a number, shape (n,)
        Sizes, > 0.
    shift : float
        Taken off the rank, below 1.
    most : int or None
        How many of the largest are looked at.

    Returns
    -------
    float
        NaN with fewer than `FEWEST_PATCHES`, or where all are of one size.
    """
    ordered = -np.sort(-np.asarray(sizes, dtype=np.float64))[:most]
    if ordered.size < FEWEST_PATCHES:
        return math.nan
    return line(np.log(ordered), np.log(np.arange(1, ordered.size + 1) - shift))[0]


@dataclass(frozen=True, eq=False)
class Rings:
    """Rings around the densest point of built land.

    Attributes
    ----------
    number : numpy.ndarray of uint16, shape (height, width)
        Ring of every cell; `outside` where it does not count.
    distance : numpy.ndarray of float64, shape (n,)
        Mean distance of the cells of each ring from the centre, km; NaN where a ring has none.
    cells : numpy.ndarray of int64, shape (n,)
        Cells of each ring.
    """

    number: npt.NDArray[np.uint16]
    distance: Floats
    cells: npt.NDArray[np.int64]

    @classmethod
    def around(cls, built: Plane, valid: Plane, cell_size: float) -> Rings:
        """Lay rings of 1 km, or narrower on a small map, around the point where most built land is near.

        Parameters
        ----------
        built, valid : numpy.ndarray of bool, shape (height, width)
            Built land, of which there must be some, and cells that count.
        cell_size : float
            Side of a cell, m.
        """
        dense = gaussian_density(built & valid, SHARE_BLOCK_M / cell_size)
        row, col = divmod(int(np.argmax(dense)), built.shape[1])
        down = (np.arange(built.shape[0]) - row)[:, None].astype(np.float32)
        away = np.hypot(down, (np.arange(built.shape[1]) - col).astype(np.float32)) * np.float32(cell_size)
        width = max(cell_size, min(SHARE_BLOCK_M, float(away[valid].max()) / _RINGS))
        number = (away / np.float32(width)).astype(np.uint16)
        count = int(number[valid].max()) + 1
        number[~valid] = count
        cells = np.bincount(number[valid], minlength=count)
        total = np.bincount(number[valid], weights=away[valid], minlength=count)
        mean = np.divide(total, cells, out=np.full(count, np.nan), where=cells > 0)
        return cls(number, mean / _M_PER_KM, cells.astype(np.int64))

    def share(self, built: Plane) -> Floats:
        """Share of each ring that is built, float64, shape (n,); NaN in a ring without cells."""
        n = self.cells.size
        held = np.bincount(self.number[built], minlength=n)[:n]
        return np.asarray(np.divide(held, self.cells, out=np.full(n, np.nan), where=self.cells > 0))

    def slope(self, built: Plane) -> float:
        """Clark's slope of built land, 1/km."""
        return clark(self.distance, self.share(built))[0]
