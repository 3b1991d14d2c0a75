"""Connectivity of land: the effective mesh size of some land-cover codes, in one pass over the runs of each row."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from landsim.indicators.ratios import ratio

_FEWEST = 1024


def effective_mesh(landcover: npt.NDArray[np.uint8], codes: npt.NDArray[np.bool_], land_cells: int) -> float:
    """Effective mesh size (Jaeger 2000), ``sum of patch**2 / land``, in cells.

    It is the size of the study times the chance that two places, taken at random, lie in one patch of such land.  The
    probability of connectivity (Saura and Pascual-Hortal 2007) becomes the same chance where nothing moves between
    patches; in general that index needs the distance of every pair of them, and this one a single pass.

    Parameters
    ----------
    landcover : numpy.ndarray of uint8, shape (height, width)
        Codes; cells that meet at a side or corner are connected.
    codes : numpy.ndarray of bool, shape (256,)
        Look-up table code -> is it such land.
    land_cells : int
        Cells of the study.

    Returns
    -------
    float
        0 where there is no such land, `land_cells` where it is one patch over the whole study; NaN without land.

    Examples
    --------
    >>> green = np.arange(256) == 1
    >>> effective_mesh(np.array([[1, 1, 2, 1, 1]], dtype=np.uint8), green, 5)
    1.6
    """
    return ratio(float(_sum_of_squares(landcover, codes)), land_cells)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _sum_of_squares(landcover: Any, codes: Any) -> Any:
    """Sum of the squared sizes of the patches: each run of a row joins those that it touches in the row before."""
    height, width = landcover.shape
    edges = np.empty((2, 2, width // 2 + 1), dtype=np.int64)  # of this row and the last; where runs begin and end
    parent, cells = np.empty(_FEWEST, dtype=np.int64), np.empty(_FEWEST, dtype=np.int64)
    before, known = 0, 0  # runs of the last row, and of all rows so far
    for r in range(height):
        first, last = edges[r % 2]
        first_above, last_above = edges[(r + 1) % 2]
        count = _runs(landcover[r], codes, first, last)
        if known + count > parent.size:
            parent, cells = _longer(parent, known + count), _longer(cells, known + count)
        above = known - before
        near = 0
        for k in range(count):
            parent[known + k], cells[known + k] = known + k, last[k] - first[k]
            while near < before and last_above[near] < first[k]:
                near += 1
            touching = near
            while touching < before and first_above[touching] <= last[k]:
                _join(parent, cells, known + k, above + touching)
                touching += 1
        before, known = count, known + count
    total = 0
    for run in range(known):
        if parent[run] == run:
            total += cells[run] * cells[run]
    return total


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _runs(row: Any, codes: Any, first: Any, last: Any) -> Any:
    """Note where the runs of a row begin and the cell after each; returns how many there are."""
    count, inside = 0, False
    for c in range(row.size):
        here = codes[row[c]]
        if here == inside:
            continue
        if here:
            first[count] = c
        else:
            last[count] = c
            count += 1
        inside = here
    if inside:
        last[count] = row.size
        count += 1
    return count


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _join(parent: Any, cells: Any, one: Any, other: Any) -> None:
    """Make one patch of those of two runs; the larger takes up the smaller."""
    a, b = _root(parent, one), _root(parent, other)
    if a == b:
        return
    if cells[a] < cells[b]:
        a, b = b, a
    parent[b] = a
    cells[a] += cells[b]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _root(parent: Any, run: Any) -> Any:
    while parent[run] != run:
        parent[run] = parent[parent[run]]
        run = parent[run]
    return run


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _longer(values: Any, least: Any) -> Any:
    out = np.empty(2 * least, dtype=values.dtype)
    out[: values.size] = values
    return out
