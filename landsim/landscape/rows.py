"""Rows: a layer that is read row by row, so that maps too large to be held can be folded into others."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt


class Rows(Protocol):
    """A layer that several threads may read at once, any rows in any order."""

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width, cells."""
        ...

    def read(self, rows: slice) -> npt.NDArray[np.float32]:
        """Give the values of a slice of rows, float32, shape (rows, width), NaN where missing; not to be written to."""
        ...


class ArrayRows:
    """Rows of an array in memory.

    Parameters
    ----------
    values : numpy.ndarray of bool or a number, shape (height, width)
        The layer; it is not copied.

    Examples
    --------
    >>> ArrayRows(np.eye(3, dtype=np.uint8)).read(slice(1, 2))
    array([[0., 1., 0.]], dtype=float32)
    """

    def __init__(self, values: npt.NDArray[Any]) -> None:
        self._values = values

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width, cells."""
        height, width = self._values.shape
        return height, width

    def read(self, rows: slice) -> npt.NDArray[np.float32]:
        """Give the values of a slice of rows, float32, shape (rows, width); a view where they are float32."""
        return self._values[rows].astype(np.float32, copy=False)
