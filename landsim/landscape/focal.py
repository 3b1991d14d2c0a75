"""Neighbourhood densities: Gaussian, ring shares, box counts and integer kernels, all ready for row blocks.

Cells beyond the map count as zero.  Every function takes a slice of rows with a halo as well as a whole map:
the rows inside the halo come out as they would on the whole map (`row_blocks` cuts the slices).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import ndimage

_GAUSSIAN_REACH = 4.0


class RowBlock(NamedTuple):
    """Rows to read with their halo, where the wanted rows lie among them, and where they belong on the map."""

    outer: slice
    inner: slice
    rows: slice


def row_blocks(height: int, rows: int, halo: int) -> Iterator[RowBlock]:
    """Cut `height` rows into blocks of at most `rows`, each with up to `halo` more rows on either side.

    Examples
    --------
    >>> [block.outer for block in row_blocks(5, 3, 1)]
    [slice(0, 4, None), slice(2, 5, None)]
    """
    for first in range(0, height, rows):
        yield around(slice(first, min(first + rows, height)), height, halo)


def around(rows: slice, height: int, halo: int) -> RowBlock:
    """Give some rows of a map of `height` rows their halo.

    Examples
    --------
    >>> around(slice(3, 5), 5, 1).outer
    slice(2, 5, None)
    """
    top = max(rows.start - halo, 0)
    outer = slice(top, min(rows.stop + halo, height))
    return RowBlock(outer, slice(rows.start - top, rows.stop - top), rows)


def gaussian_halo(sigma_cells: float) -> int:
    """Rows of halo that `gaussian_density` needs on either side."""
    return int(_GAUSSIAN_REACH * sigma_cells + 0.5)


def gaussian_density(mask: npt.NDArray[Any], sigma_cells: float) -> npt.NDArray[np.float32]:
    """Gaussian density of a mask, zero outside the map and not divided by the valid cells.

    This is the definition of the density baseline: an edge cell sees less and ranks lower.

    Parameters
    ----------
    mask : numpy.ndarray of bool or a number, shape (height, width)
        What is counted.
    sigma_cells : float
        Standard deviation of the kernel, cells; it is cut at four of them.

    Returns
    -------
    numpy.ndarray of float32, shape (height, width)
        Density; 1 far inside a solid mask.
    """
    source = mask.view(np.uint8) if mask.dtype == np.bool_ else mask
    density = ndimage.gaussian_filter(
        source, sigma_cells, output=np.float32, mode="constant", cval=0.0, truncate=_GAUSSIAN_REACH
    )
    return np.asarray(density, dtype=np.float32)


def box_sum(mask: npt.NDArray[Any], radius: int) -> npt.NDArray[Any]:
    """Count the true cells in the square window of side ``2 * radius + 1`` around each cell, itself included.

    Parameters
    ----------
    mask : numpy.ndarray of bool (or anything that is true or false), shape (height, width)
        What is counted.
    radius : int
        Chebyshev radius of the window, cells, >= 0.

    Returns
    -------
    numpy.ndarray of uint8, uint16 or uint32, shape (height, width)
        Exact counts in the narrowest type that holds a full window.

    Raises
    ------
    ValueError
        If the radius is negative.
    """
    if radius < 0:
        raise ValueError(f"radius {radius}, expected >= 0")
    truth = np.ascontiguousarray(mask, dtype=np.bool_).view(np.uint8)
    out = np.empty(truth.shape, dtype=np.min_scalar_type((2 * radius + 1) ** 2))
    _box_sum(truth, radius, np.zeros(truth.shape[1], dtype=np.int64), out)
    return out


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _box_sum(values: Any, radius: Any, column: Any, out: Any) -> None:
    """Slide a window down the rows (sums a column) and along them (sum of the window)."""
    height, width = values.shape
    for r in range(-radius, height):
        if r + radius < height:
            column += values[r + radius]
        if r - radius - 1 >= 0:
            column -= values[r - radius - 1]
        if r < 0:
            continue
        total = column[: min(radius, width)].sum()
        for c in range(width):
            if c + radius < width:
                total += column[c + radius]
            if c - radius - 1 >= 0:
                total -= column[c - radius - 1]
            out[r, c] = total


def ring_shares(mask: npt.NDArray[Any], valid: npt.NDArray[np.bool_], radii: Sequence[int]) -> npt.NDArray[np.float32]:
    """Share of the valid neighbours in each square ring that are in a mask.

    Ring k holds the cells at a Chebyshev distance in ``(radii[k-1], radii[k]]``; the first begins beside the
    cell itself, which no ring holds.

    Parameters
    ----------
    mask, valid : numpy.ndarray of bool, shape (height, width)
        What is counted, and which cells are part of the study.
    radii : sequence of int
        Outer radii, cells, ascending, >= 1.

    Returns
    -------
    numpy.ndarray of float32, shape (len(radii), height, width)
        Shares in [0, 1]; 0 where a ring has no valid cell.

    Raises
    ------
    ValueError
        If the radii do not ascend from at least 1.
    """
    if any(outer <= inner for inner, outer in zip([0, *radii[:-1]], radii, strict=True)):
        raise ValueError(f"radii {list(radii)}, expected ascending from at least 1")
    inside = np.asarray(mask, dtype=np.bool_) & valid
    shares = np.zeros((len(radii), *inside.shape), dtype=np.float32)
    hits, seen = box_sum(inside, 0), box_sum(valid, 0)
    for share, radius in zip(shares, radii, strict=True):
        wider_hits, wider_seen = box_sum(inside, radius), box_sum(valid, radius)
        neighbours = wider_seen - seen
        np.divide(wider_hits - hits, neighbours, out=share, where=neighbours > 0, casting="unsafe")
        hits, seen = wider_hits, wider_seen
    return shares


def enrichment(
    mask: npt.NDArray[Any], valid: npt.NDArray[np.bool_], changed: npt.NDArray[np.bool_], radii: Sequence[int]
) -> npt.NDArray[np.float64]:
    """Mean enrichment factor of a class around the cells that changed, ring by ring.

    ``F = (n_kd / n_d) / (N_k / N)`` averaged over the changed cells (Verburg et al. 2004, "A method to analyse
    neighbourhood characteristics of land use patterns"): 1 for a random map, above 1 where the class attracts.

    Parameters
    ----------
    mask, valid, changed : numpy.ndarray of bool, shape (height, width)
        The class, the study, and the cells that changed.
    radii : sequence of int
        Outer radii of the rings, cells, ascending, >= 1.

    Returns
    -------
    numpy.ndarray of float64, shape (len(radii),)
        Factors; NaN where nothing changed or the map holds no cell of the class.
    """
    cells = np.count_nonzero(valid)
    overall = np.count_nonzero(np.asarray(mask, dtype=np.bool_) & valid) / cells if cells else 0.0
    if overall == 0.0 or not changed.any():
        return np.full(len(radii), np.nan)
    around = ring_shares(mask, valid, radii)[:, changed]
    return np.asarray(around.mean(axis=1, dtype=np.float64) / overall)
