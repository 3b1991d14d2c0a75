"""Neighbourhood: integer weights of what lies around a cell, and the response of a class to their sum."""

from __future__ import annotations

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


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _scatter(
    land: Any, code_index: Any, nodata: Any, pull: Any, active: Any, height: Any, width: Any, out: Any
) -> None:
    radius = pull.shape[1] // 2
    for cell in range(land.size):
        code = land[cell]
        if code == nodata or not active[code_index[code]]:
            continue
        own = pull[code_index[code]]
        row, col = cell // width, cell % width
        for r in range(max(row - radius, 0), min(row + radius + 1, height)):
            for c in range(max(col - radius, 0), min(col + radius + 1, width)):
                out[r * width + c] += own[radius - (r - row), radius - (c - col)]


def scores(
    land: npt.NDArray[np.uint8],
    code_index: npt.NDArray[np.uint8],
    nodata: int,
    pull: npt.NDArray[np.int16],
    shape: tuple[int, int],
    out: npt.NDArray[np.int16],
) -> None:
    """Fill the neighbourhood score of every cell; cells outside the map or the study count nothing.

    Parameters
    ----------
    land : numpy.ndarray of uint8, shape (n,)
        Land-cover codes.
    code_index : numpy.ndarray of uint8, shape (256,)
        Position of a code in the legend.
    nodata : int
        Code of cells outside the study.
    pull : numpy.ndarray of int16, shape (C, side, side)
        Integer weights, ``pull[code, dy, dx]``: what a neighbour at that offset is worth to the centre.
    shape : tuple of int
        Height and width.
    out : numpy.ndarray of int16, shape (n,)
        Written.
    """
    out[:] = 0
    active = np.any(pull != 0, axis=(1, 2))
    _scatter(land, code_index, np.uint8(nodata), pull, active, np.int64(shape[0]), np.int64(shape[1]), out)
