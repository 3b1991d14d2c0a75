"""Grid: shape, affine transform, CRS and cell area of a raster."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

M2_PER_HA = 10_000.0
MU_PER_HA = 15.0


@dataclass(frozen=True)
class Grid:
    """A north-up raster grid in projected metres.

    Attributes
    ----------
    height, width : int
        Rows and columns; row 0 is north.
    transform : tuple of float
        Affine coefficients ``(a, b, c, d, e, f)``: x = a*col + b*row + c, y = d*col + e*row + f, in metres.
    crs : str
        The coordinate reference system as an authority code or WKT; empty for a made-up place.
    """

    height: int
    width: int
    transform: tuple[float, float, float, float, float, float]
    crs: str = ""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.height, self.width

    @property
    def size(self) -> int:
        """Number of cells."""
        return self.height * self.width

    @property
    def cell_size(self) -> float:
        """Side of a square of the cell's area, m."""
        return math.sqrt(self.cell_area_m2)

    @property
    def cell_area_m2(self) -> float:
        """Area of a cell, square metres."""
        a, b, _, d, e, _ = self.transform
        return abs(a * e - b * d)

    @property
    def cell_area_ha(self) -> float:
        """Area of a cell, ha."""
        return self.cell_area_m2 / M2_PER_HA

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top in metres."""
        a, _, c, _, e, f = self.transform
        return c, f + e * self.height, c + a * self.width, f

    def centres(self, cells: npt.ArrayLike) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """x and y (m) of the centres of flat cell indices."""
        rows, cols = np.divmod(np.asarray(cells, dtype=np.int64), self.width)
        a, b, c, d, e, f = self.transform
        x = a * (cols + 0.5) + b * (rows + 0.5) + c
        y = d * (cols + 0.5) + e * (rows + 0.5) + f
        return np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)

    def blocks(self, factor: int) -> Grid:
        """Give the coarser grid whose cells are `factor` x `factor` cells; the last ones may stick out."""
        a, b, c, d, e, f = self.transform
        return Grid(
            -(-self.height // factor),
            -(-self.width // factor),
            (a * factor, b * factor, c, d * factor, e * factor, f),
            self.crs,
        )

    def block_of(self, cells: npt.ArrayLike, factor: int) -> npt.NDArray[np.int64]:
        """Flat index on `blocks(factor)` of flat cell indices."""
        rows, cols = np.divmod(np.asarray(cells, dtype=np.int64), self.width)
        across = -(-self.width // factor)
        return np.asarray((rows // factor) * across + cols // factor, dtype=np.int64)
