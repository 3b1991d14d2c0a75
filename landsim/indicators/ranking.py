"""Ranking of cells by a 32-bit key: the first cells in order, ties by position, in linear time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from landsim.core.draws import uniform_cells

Keys = npt.NDArray[np.uint32]
Positions = npt.NDArray[np.int64]

_CHUNK = 1 << 20
_SIGN = np.uint32(0x80000000)
_LAST = np.uint32(0xFFFFFFFF)


def first_in_order(keys: Keys, count: int) -> Positions:
    """Positions of the `count` smallest keys in ascending order, ties by position.

    Parameters
    ----------
    keys : numpy.ndarray of uint32, shape (n,)
    count : int
        How many; all where it is more than n.

    Examples
    --------
    >>> first_in_order(np.array([7, 3, 7, 1], dtype=np.uint32), 3)
    array([3, 1, 0])
    """
    count = min(count, keys.size)
    tagged = keys.astype(np.uint64) << np.uint64(32)
    tagged |= np.arange(keys.size, dtype=np.uint32)
    if count < keys.size:
        tagged.partition(count)
    chosen = np.sort(tagged[:count])
    return (chosen & np.uint64(_LAST)).astype(np.int64)


def descending(scores: npt.ArrayLike) -> Keys:
    """Keys whose ascending order is the descending order of float32 scores; NaN comes last.

    Examples
    --------
    >>> first_in_order(descending([0.1, -2.0, float("nan"), 0.5]), 4)
    array([3, 0, 1, 2])
    """
    values = np.asarray(scores, dtype=np.float32) + np.float32(0)
    bits = values.view(np.uint32)
    keys = np.where(bits & _SIGN, bits, _LAST ^ _SIGN ^ bits)
    keys[np.isnan(values)] = _LAST
    return keys


def random_keys(seed: int, stream: str, size: int) -> Keys:
    """One named random key a cell, uint32, shape (size,); the bits of `core.draws.uniform_cells`."""
    keys = np.empty(size, dtype=np.uint32)
    for first in range(0, size, _CHUNK):
        count = min(_CHUNK, size - first)
        keys[first : first + count] = uniform_cells(seed, stream, 0, first, count) * 2.0**32
    return keys
