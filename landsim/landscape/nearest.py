"""Nearest: the exact Euclidean distance of every cell to the nearest cell of a mask, and which cell that is."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from landsim.core.parallel import each, threads


class Nearest(NamedTuple):
    """Distance to a mask, and its nearest cell.

    Attributes
    ----------
    distance : numpy.ndarray of float32, shape (height, width)
        Between centres, cells; height + width everywhere where the mask is empty.
    cell : numpy.ndarray of int32, shape (height, width)
        Flat index of a nearest cell; -1 where the mask is empty.
    """

    distance: npt.NDArray[np.float32]
    cell: npt.NDArray[np.int32]


def nearest(mask: npt.NDArray[np.bool_]) -> Nearest:
    """Find the nearest true cell of every cell, in time proportional to the cells.

    Source: Felzenszwalb and Huttenlocher (2012), "Distance transforms of sampled functions".

    Parameters
    ----------
    mask : numpy.ndarray of bool, shape (height, width)

    Examples
    --------
    >>> nearest(np.array([[True, False, False]])).distance
    array([[0., 1., 2.]], dtype=float32)
    """
    height = mask.shape[0]
    row = np.empty(mask.shape, dtype=np.int32)
    _down_and_up(np.ascontiguousarray(mask), row)
    found = Nearest(np.empty(mask.shape, dtype=np.float32), np.empty(mask.shape, dtype=np.int32))
    edges = np.linspace(0, height, threads() + 1).astype(np.int64)
    each(lambda k: _along(row, edges[k], edges[k + 1], found.distance, found.cell), range(edges.size - 1))
    return found


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _down_and_up(mask: Any, row: Any) -> None:
    """Row of the nearest true cell in the same column; -1 where the column has none."""
    height, width = mask.shape
    last = np.full(width, -1, dtype=np.int32)
    for r in range(height):
        for c in range(width):
            if mask[r, c]:
                last[c] = r
            row[r, c] = last[c]
    last[:] = -1
    for r in range(height - 1, -1, -1):
        for c in range(width):
            if mask[r, c]:
                last[c] = r
            if last[c] >= 0 and (row[r, c] < 0 or last[c] - r < r - row[r, c]):
                row[r, c] = last[c]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _along(row: Any, first: Any, stop: Any, distance: Any, cell: Any) -> None:
    """Lower envelope, along each row, of the parabolas that stand on the columns' nearest cells."""
    height, width = row.shape
    column = np.empty(width, dtype=np.int64)
    rise = np.empty(width, dtype=np.int64)
    start = np.empty(width, dtype=np.float64)
    for r in range(first, stop):
        top = -1
        for c in range(width):
            if row[r, c] < 0:
                continue
            here = np.int64(r - row[r, c]) ** 2 + np.int64(c) ** 2
            meet = -np.inf
            while top >= 0:
                meet = (here - rise[top]) / (2.0 * (c - column[top]))
                if meet > start[top]:
                    break
                top -= 1
            top += 1
            column[top], rise[top], start[top] = c, here, -np.inf if top == 0 else meet
        at = 0
        for c in range(width):
            if top < 0:
                distance[r, c], cell[r, c] = height + width, -1
                continue
            while at < top and start[at + 1] < c:
                at += 1
            q = column[at]
            distance[r, c] = np.sqrt(np.float64((c - q) ** 2 + np.int64(r - row[r, q]) ** 2))
            cell[r, c] = row[r, q] * width + q
