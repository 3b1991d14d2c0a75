"""Smooth: Gaussian means of a field at any width - narrow ones row by row with a halo, wide ones on a reduced grid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from landsim.landscape.focal import around, gaussian_density, gaussian_halo

Plane = npt.NDArray[Any]
Field = Callable[[slice], Plane]
"""Gives the values of some rows, bool or float64, shape (rows, width)."""

_NARROW = 6.0  # widths up to this are computed cell by cell
_POOLED = 3.0  # wider ones on a grid whose cells are at least a third of the width
_SLAB = 1 << 19
_REACH = 4.0


class Smooth(Protocol):
    """A smoothed field."""

    def rows(self, rows: slice) -> Plane:
        """Values of some rows, shape (rows, width), the same whichever rows are asked for."""
        ...


def smoothed(field: Field, shape: tuple[int, int], sigma: float) -> Smooth:
    """Prepare a Gaussian mean, zero beyond the map.

    Parameters
    ----------
    field : callable
        Gives rows of the field; bool fields come out as float32, as `focal.gaussian_density` gives them.
    shape : tuple of int
        Height and width, cells.
    sigma : float
        Standard deviation, cells.
    """
    factor = reduction(sigma, shape)
    return _Narrow(field, shape[0], sigma) if factor == 1 else _Wide(field, shape, sigma, factor)


def reduction(sigma: float, shape: tuple[int, int]) -> int:
    """Cells along a cell of the grid on which a width is computed; 1 on small maps."""
    factor = int(sigma / _POOLED)
    return 1 if sigma <= _NARROW or min(shape) < 4 * factor else factor


def _gaussian(values: Plane, sigma: float) -> Plane:
    if values.dtype == np.bool_:
        return gaussian_density(values, sigma)
    return np.asarray(ndimage.gaussian_filter(values, sigma, mode="constant", truncate=_REACH))


class _Narrow:
    """Cell by cell, with a halo."""

    def __init__(self, field: Field, height: int, sigma: float) -> None:
        self._field, self._height, self._sigma = field, height, sigma

    def rows(self, rows: slice) -> Plane:
        block = around(rows, self._height, gaussian_halo(self._sigma))
        return _gaussian(self._field(block.outer), self._sigma)[block.inner]


class _Wide:
    """Means of squares of cells, smoothed once, and read between by lines."""

    def __init__(self, field: Field, shape: tuple[int, int], sigma: float, factor: int) -> None:
        self._shape, self._factor = shape, factor
        self._values = _gaussian(_pooled(field, shape, factor), sigma / factor)

    def rows(self, rows: slice) -> Plane:
        height, width = self._shape
        first, _, _ = rows.indices(height)
        upper, down = _between(np.arange(first, min(rows.stop, height)), self._factor, self._values.shape[0])
        left, right = _between(np.arange(width), self._factor, self._values.shape[1])
        lines = self._values[upper] * (1 - down)[:, None] + self._values[upper + 1] * down[:, None]
        return np.asarray(lines[:, left] * (1 - right) + lines[:, left + 1] * right)


def _pooled(field: Field, shape: tuple[int, int], factor: int) -> Plane:
    """Means of squares of cells; those that stick out of the map count what is beyond as zero."""
    height, width = shape
    tall, wide = -(-height // factor), -(-width // factor)
    step = max(1, _SLAB // (width * factor))
    parts = []
    for top in range(0, tall, step):
        values = field(slice(top * factor, min((top + step) * factor, height)))
        count = -(-values.shape[0] // factor)
        full = np.zeros((count * factor, wide * factor), dtype=values.dtype)
        full[: values.shape[0], :width] = values
        kind = np.float32 if values.dtype == np.bool_ else np.float64
        squares = full.reshape(count, factor, wide, factor)
        parts.append(squares.sum(axis=(1, 3), dtype=kind) / kind(factor * factor))
    return np.concatenate(parts)


def _between(at: npt.NDArray[np.int64], factor: int, count: int) -> tuple[npt.NDArray[Any], npt.NDArray[np.float32]]:
    """Lower neighbour of cells on the reduced grid, and how far they are towards the next."""
    place = (at + 0.5) / factor - 0.5
    lower = np.clip(np.floor(place).astype(np.int64), 0, count - 2)
    return lower, np.clip(place - lower, 0.0, 1.0).astype(np.float32)
