"""Neighbourhood: integer weights of what lies around a cell, and the response of a class to their sum."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from landsim.transition.clocks import FAINT

TOP = 30_000
"""Largest score that the stored int16 may reach."""


def uniform_kernel(radius: int, codes: int, attracting: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Square window in which every cell of the attracting codes counts 1, the centre excepted.

    Parameters
    ----------
    radius : int
        Half side of the window in cells; 5 gives 11 x 11.
    codes : int
        Number of codes in the legend.
    attracting : array_like of int
        Indices of the codes that count.

    Returns
    -------
    numpy.ndarray of float64, shape (codes, 2 * radius + 1, 2 * radius + 1)
    """
    side = 2 * radius + 1
    kernel = np.zeros((codes, side, side))
    kernel[np.asarray(attracting, dtype=np.int64)] = 1.0
    kernel[:, radius, radius] = 0.0
    return kernel


def ring_kernel(weights: npt.NDArray[np.float64], radii: Sequence[int]) -> npt.NDArray[np.float64]:
    """Square windows from weights by ring; the weight of a ring is spread evenly over its cells, 0 at the centre.

    Parameters
    ----------
    weights : numpy.ndarray of float64, shape (C, R)
        Weight of each code in each ring.
    radii : sequence of int
        Outer radii of the square rings (R), cells, ascending from at least 1.

    Returns
    -------
    numpy.ndarray of float64, shape (C, 2 * radius + 1, 2 * radius + 1)

    Examples
    --------
    >>> ring_kernel(np.array([[8.0]]), (1,))[0].tolist()
    [[1.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 1.0]]
    """
    outer = np.array(radii)
    cells = np.diff((2 * np.array([0, *radii], dtype=np.int64) + 1) ** 2)
    offset = np.abs(np.arange(-outer[-1], outer[-1] + 1))
    distance = np.maximum(offset[:, None], offset[None, :])
    ring = np.searchsorted(outer, distance)
    return np.asarray(np.where(distance > 0, (weights / cells)[:, ring], 0.0), dtype=np.float64)


def widened(kernel: npt.NDArray[np.float64], radius: int) -> npt.NDArray[np.float64]:
    """Give windows, shape (C, side, side), a larger radius; the cells that come in count nothing."""
    rim = radius - kernel.shape[1] // 2
    return np.pad(kernel, ((0, 0), (rim, rim), (rim, rim)))


def quantise(kernel: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.int16], float]:
    """Turn weights into integers, so that scores are exact and do not depend on the order of changes.

    Parameters
    ----------
    kernel : numpy.ndarray of float64, shape (C, side, side)
        Weight of each code at each offset.

    Returns
    -------
    pull : numpy.ndarray of int16, shape (C, side, side)
    full : float
        Score of a window in which every cell has the code of the largest weight: the share 1.
    """
    sizes = np.abs(kernel[kernel != 0])
    if sizes.size == 0:
        return np.zeros(kernel.shape, dtype=np.int16), 1.0
    scale = TOP / np.abs(kernel).max(axis=0).sum()
    # weights of one size need no fractions: each counts 1
    if np.allclose(sizes, sizes[0]):
        scale = min(scale, 1.0 / sizes[0])
    pull = np.rint(kernel * scale).astype(np.int16)
    full = float(np.abs(pull).max(axis=0).sum())
    return pull, max(full, 1.0)


def power_response(full: float, length: int, floor: float, exponent: float) -> npt.NDArray[np.float32]:
    """Response ``((floor + N) / (floor + 1)) ** exponent`` to the share N = score / full.

    Source: enriched neighbourhood term of the transition potential, (eps + N) ** a_n.

    Returns
    -------
    numpy.ndarray of float32, shape (length,)
    """
    share = np.minimum(np.arange(length) / full, 1.0)
    return np.maximum(((floor + share) / (floor + 1.0)) ** exponent, FAINT).astype(np.float32)


def relative_response(full: float, length: int, floor: float, exponent: float) -> npt.NDArray[np.float64]:
    """Response ``((floor + N) / floor) ** exponent``, 1 where nothing attracts, to the share N = score / full.

    It is `power_response` over its own least value: a weight that is divided by it once, at the start, tells only
    what has changed since, and stays within (0, 1].

    Returns
    -------
    numpy.ndarray of float64, shape (length,)
        At most 1e30.
    """
    share = np.minimum(np.arange(length) / full, 1.0)
    return np.asarray(np.exp(np.minimum(exponent * np.log1p(share / floor), -np.log(FAINT))), dtype=np.float64)


def ring_weights(pull: npt.NDArray[np.int16]) -> npt.NDArray[np.int32] | None:
    """Weights of a code by square ring, int32, shape (C, radius + 1), ring 0 the cell itself; None where they differ.

    Weights that are even along each ring need a sliding sum a ring instead of a sum over every cell of the window.
    """
    radius = pull.shape[1] // 2
    offset = np.abs(np.arange(-radius, radius + 1))
    ring = np.maximum(offset[:, None], offset[None, :])
    weights = np.stack([pull[:, radius, radius + r] for r in range(radius + 1)], axis=1).astype(np.int32)
    return weights if np.array_equal(weights[:, ring], pull) else None


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add_box(land: Any, value: Any, radius: Any, first: Any, height: Any, out: Any) -> None:
    """Add to rows from `first` on the sum of `value[land]` over the square window; rows beyond the map count 0."""
    rows, width = out.shape
    column = np.zeros(width, np.int32)
    for r in range(max(first - radius, 0), min(first + radius, height)):
        for c in range(width):
            column[c] += value[land[r, c]]
    for r in range(first, first + rows):
        if r + radius < height:
            for c in range(width):
                column[c] += value[land[r + radius, c]]
        if r - radius - 1 >= max(first - radius, 0):
            for c in range(width):
                column[c] -= value[land[r - radius - 1, c]]
        total = np.int32(0)
        for c in range(min(radius, width)):
            total += column[c]
        for c in range(width):
            if c + radius < width:
                total += column[c + radius]
            if c - radius - 1 >= 0:
                total -= column[c - radius - 1]
            out[r - first, c] += total


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _scatter(land: Any, code_index: Any, pull: Any, active: Any, first: Any, out: Any) -> None:
    """Add to rows from `first` on what each cell of an active code is worth to its neighbours."""
    rows, width = out.shape
    radius = pull.shape[1] // 2
    for row in range(max(first - radius, 0), min(first + rows + radius, land.shape[0])):
        for col in range(width):
            if not active[land[row, col]]:
                continue
            own = pull[code_index[land[row, col]]]
            for r in range(max(row - radius, first), min(row + radius + 1, first + rows)):
                for c in range(max(col - radius, 0), min(col + radius + 1, width)):
                    out[r - first, c] += own[radius - (r - row), radius - (c - col)]


def scores(
    land: npt.NDArray[np.uint8],
    code_index: npt.NDArray[np.uint8],
    nodata: int,
    pull: npt.NDArray[np.int16],
    rows: slice,
    out: npt.NDArray[np.int16],
) -> None:
    """Fill the neighbourhood score of some rows of a map; cells outside the map or the study count nothing.

    Parameters
    ----------
    land : numpy.ndarray of uint8, shape (height, width)
        Land-cover codes of the whole map.
    code_index : numpy.ndarray of uint8, shape (256,)
        Position of a code in the legend.
    nodata : int
        Code of cells outside the study.
    pull : numpy.ndarray of int16, shape (C, side, side)
        Integer weights, ``pull[code, dy, dx]``: what a neighbour at that offset is worth to the centre.
    rows : slice
        Rows to fill.
    out : numpy.ndarray of int16, shape (rows, width)
        Written.
    """
    study = np.arange(256) != nodata
    rings = ring_weights(pull)
    total = np.zeros(out.shape, dtype=np.int32)
    if rings is None:
        active = np.any(pull != 0, axis=(1, 2))[code_index] & study
        _scatter(land, code_index, pull, active, np.int64(rows.start), total)
    else:
        steps = rings - np.append(rings[:, 1:], np.zeros((len(rings), 1), np.int32), axis=1)
        for radius in np.flatnonzero(steps.any(axis=0)):
            value = np.where(study, steps[code_index, radius], 0).astype(np.int32)
            _add_box(land, value, np.int64(radius), np.int64(rows.start), np.int64(land.shape[0]), total)
    out[...] = total
