"""Canvas: the empty sheet on which a synthetic city is drawn - its frame, named noise, distances and choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import fft, ndimage

from landsim.core.draws import uniform_cells

Field = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

FAR_M = np.float32(1e6)


@dataclass(frozen=True)
class Canvas:
    """Shape, cell size and seed of a made-up place.

    Attributes
    ----------
    shape : tuple of int
        Rows and columns.
    cell : float
        Side of a cell, m.
    seed : int
        Root of every draw.
    """

    shape: tuple[int, int]
    cell: float
    seed: int

    @property
    def size(self) -> int:
        """Number of cells."""
        return self.shape[0] * self.shape[1]

    @property
    def cell_ha(self) -> float:
        """Area of a cell, ha."""
        return self.cell * self.cell / 10_000.0

    @property
    def area_km2(self) -> float:
        """Area of the place, km2."""
        return self.size * self.cell_ha / 100.0

    @property
    def extent_m(self) -> float:
        """Side of a square of the place's area, m."""
        return float(np.sqrt(self.area_km2) * 1000.0)

    def cells(self, metres: float) -> int:
        """Whole cells in a length, at least 1."""
        return max(1, round(metres / self.cell))

    def cells_of_ha(self, hectares: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Whole cells in an area, at least 1."""
        return np.maximum(1, np.rint(np.asarray(hectares) / self.cell_ha)).astype(np.int64)

    def draw(self, stream: str, count: int | None = None, year: int = 0) -> npt.NDArray[np.float64]:
        """Uniform draws by cell, shape (count,); one a cell of the map unless told otherwise."""
        return uniform_cells(self.seed, f"synthetic {stream}", year, 0, self.size if count is None else count)

    def noise(self, stream: str, wavelength_m: float, smoothness: float = 0.8) -> Field:
        """Random field of mean 0 and deviation 1 with a power spectrum that falls as f**-(2H + 2).

        Parameters
        ----------
        stream : str
            Name of the draws.
        wavelength_m : float
            Longest wavelength, m; below it the field is self-affine.
        smoothness : float
            Hurst exponent H; 0.8 is a natural terrain, 2 a soft blur.
        """
        pad = int(min(max(self.shape), np.ceil(wavelength_m / self.cell)))
        rows, cols = (fft.next_fast_len(n + pad, real=True) for n in self.shape)
        white = (self.draw(stream, rows * cols) - 0.5).astype(np.float32).reshape(rows, cols)
        per_cell = wavelength_m / self.cell
        square = (np.fft.fftfreq(rows)[:, None] * per_cell) ** 2 + (np.fft.rfftfreq(cols) * per_cell) ** 2
        gain = ((1.0 + square) ** (-0.5 * (smoothness + 1.0))).astype(np.float32)
        field = fft.irfft2(fft.rfft2(white) * gain, s=(rows, cols))[: self.shape[0], : self.shape[1]]
        spread = float(field.std(dtype=np.float64))
        return np.asarray((field - field.mean(dtype=np.float64)) / (spread or 1.0), dtype=np.float32)

    def distance(self, mask: Mask) -> Field:
        """Distance of each cell to a mask, m; very far where the mask is empty."""
        if not mask.any():
            return np.full(self.shape, FAR_M)
        return np.asarray(ndimage.distance_transform_edt(~mask) * self.cell, dtype=np.float32)

    def nearest(self, mask: Mask) -> tuple[Field, npt.NDArray[np.int64]]:
        """Distance to a mask that is not empty, m, and the flat index of its nearest cell."""
        far, (rows, cols) = ndimage.distance_transform_edt(~mask, return_indices=True)
        return (far * self.cell).astype(np.float32), rows.astype(np.int64) * self.shape[1] + cols

    def mask(self, cells: npt.ArrayLike) -> Mask:
        """Mask of flat cell indices."""
        out = np.zeros(self.size, dtype=np.bool_)
        out[np.asarray(cells, dtype=np.int64)] = True
        return out.reshape(self.shape)

    def smooth(self, mask: npt.NDArray[Any], metres: float) -> Field:
        """Gaussian mean of a layer, its edge cells repeated outside the map."""
        blurred = ndimage.gaussian_filter(mask.astype(np.float32), metres / self.cell, mode="nearest", truncate=3.0)
        return np.asarray(blurred, dtype=np.float32)


def best(score: Field, allowed: Mask, count: int) -> Mask:
    """Mask of the `count` allowed cells with the highest score; a tie falls to the lower index."""
    cells = np.flatnonzero(allowed)
    order = np.argsort(-score.ravel()[cells], kind="stable")[: max(0, count)]
    out = np.zeros(score.size, dtype=np.bool_)
    out[cells[order]] = True
    return out.reshape(score.shape)


def blobs(group: npt.NDArray[Any], effort: Field, sizes: npt.NDArray[np.int64], allowed: Mask) -> Mask:
    """Grow a blob about each centre: the cells of each group with the least effort, as many as its size.

    Parameters
    ----------
    group : numpy.ndarray of int, shape (height, width)
        Centre that a cell belongs to.
    effort : numpy.ndarray of float32, shape (height, width)
        Distance from that centre.
    sizes : numpy.ndarray of int64, shape (centres,)
        Cells wanted.
    allowed : numpy.ndarray of bool, shape (height, width)
        Cells that may be taken.
    """
    cells = np.flatnonzero(allowed & np.isfinite(effort))
    owner = group.ravel()[cells]
    order = np.lexsort((effort.ravel()[cells], owner))
    owner = owner[order]
    rank = np.arange(owner.size) - np.searchsorted(owner, owner, side="left")
    out = np.zeros(effort.size, dtype=np.bool_)
    out[cells[order[rank < sizes[owner]]]] = True
    return out.reshape(effort.shape)
