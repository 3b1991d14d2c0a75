"""Blocks: cells counted by what they are in every block of a map, in one pass over the land-cover codes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from landsim.core.parallel import each

_ROWS_OF_BLOCKS = 32  # counted at a time


def count_in_blocks(
    landcover: npt.NDArray[np.uint8],
    columns: npt.NDArray[np.uint8],
    factor: int,
    inside: npt.NDArray[np.uint8] | None = None,
) -> npt.NDArray[np.int32]:
    """Count the cells of each block by their codes, and those of column 1 that lie inside a layer.

    Parameters
    ----------
    landcover : numpy.ndarray of uint8, shape (height, width)
        Land-cover code a cell.
    columns : numpy.ndarray of uint8, shape (256,)
        Look-up table code -> where it is counted: 1 or 2, 0 nowhere.
    factor : int
        Cells along the side of a block; the last blocks may stick out.
    inside : numpy.ndarray of uint8, shape (height, width), optional
        Not 0 inside.

    Returns
    -------
    numpy.ndarray of int32, shape (3, n_blocks)
        Cells of column 1, of column 2, and of column 1 where `inside` is not 0.
    """
    height, width = landcover.shape
    counts = np.zeros((3, -(-height // factor), -(-width // factor)), dtype=np.int32)
    layer = np.zeros((1, 1), dtype=np.uint8) if inside is None else inside

    def some(first: int) -> None:
        last = min(first + _ROWS_OF_BLOCKS, counts.shape[1])
        _count(landcover, columns, layer, factor, first, last, counts)

    each(some, range(0, counts.shape[1], _ROWS_OF_BLOCKS))
    return counts.reshape(3, -1)


def cells_in_blocks(shape: tuple[int, int], factor: int) -> npt.NDArray[np.int64]:
    """Cells that each block has, int64, shape (n_blocks,); those at the edges may have fewer."""
    rows, cols = (np.diff(np.append(np.arange(0, length, factor), length)) for length in shape)
    return np.outer(rows, cols).reshape(-1)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _count(landcover: Any, columns: Any, layer: Any, factor: Any, first: Any, last: Any, counts: Any) -> None:
    """Fill some rows of blocks."""
    height, width = landcover.shape
    bounded = layer.shape == landcover.shape
    for row in range(first * factor, min(last * factor, height)):
        above, left = row // factor, 0
        for block in range(counts.shape[2]):
            right = min(left + factor, width)
            ones = twos = within = 0
            for col in range(left, right):
                column = columns[landcover[row, col]]
                ones += column == 1
                twos += column == 2
                if bounded:
                    within += column == 1 and layer[row, col] != 0
            counts[0, above, block] += ones
            counts[1, above, block] += twos
            counts[2, above, block] += within
            left = right
