"""Change: cross-tabulation of two maps, gains, losses and swap by class, and changes that are undone again.

Source: Pontius, Shusas and McEachern (2004), gains, losses, net change and swap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from landsim.calibrate.span import Codes, Plane, Span
from landsim.landscape.focal import row_blocks
from landsim.transition.demand import yearly_matrix

Counts = npt.NDArray[np.int64]
Matrix = npt.NDArray[np.float64]

_CELLS_A_BLOCK = 1_000_000
_EXACT = 1e-9  # largest error of a root that is called exact


def cross_tab(before: Codes, after: Codes, valid: Plane, codes: npt.NDArray[np.uint8]) -> Counts:
    """Count the valid cells by their class in two maps.

    Parameters
    ----------
    before, after : numpy.ndarray of uint8, shape (height, width)
        Land-cover codes.
    valid : numpy.ndarray of bool, shape (height, width)
        Cells that count.
    codes : numpy.ndarray of uint8, shape (C,)
        Classes of the rows and columns.

    Returns
    -------
    numpy.ndarray of int64, shape (C, C)
        Row: from; column: to.

    Examples
    --------
    >>> a, b = np.array([[1, 1, 2]], np.uint8), np.array([[1, 2, 2]], np.uint8)
    >>> cross_tab(a, b, np.ones((1, 3), bool), np.array([1, 2], np.uint8)).tolist()
    [[1, 1], [0, 1]]
    """
    table = np.zeros(256 * 256, dtype=np.int64)
    for rows in _blocks(before.shape):
        inside = valid[rows]
        pairs = before[rows][inside].astype(np.uint16) << np.uint16(8) | after[rows][inside]
        table += np.bincount(pairs, minlength=table.size)
    return np.asarray(table.reshape(256, 256)[np.ix_(codes, codes)])


def row_shares(table: Counts) -> Matrix:
    """Row-stochastic matrix of a cross-tabulation; a class that is absent stays itself."""
    rows = table.sum(axis=1, keepdims=True)
    shares = np.divide(table, rows, out=np.eye(len(table)), where=rows > 0)
    return np.asarray(shares, dtype=np.float64)


@dataclass(frozen=True)
class ClassChange:
    """What became of a class between two dates, cells.

    Attributes
    ----------
    start, end : int
        Cells at the two dates.
    persisted, gained, lost : int
        Cells of the class at both dates, at the end only, at the start only.
    """

    start: int
    end: int
    persisted: int
    gained: int
    lost: int

    @property
    def net(self) -> int:
        """Growth, negative where the class shrank."""
        return self.gained - self.lost

    @property
    def swap(self) -> int:
        """Cells gained and lost at different places: ``2 * min(gained, lost)``."""
        return 2 * min(self.gained, self.lost)


def class_changes(table: Counts) -> list[ClassChange]:
    """Gains, losses and persistence of every class of a cross-tabulation."""
    stay = np.diag(table)
    before, after = table.sum(axis=1), table.sum(axis=0)
    columns = (before, after, stay, after - stay, before - stay)
    return [ClassChange(*(int(value) for value in row)) for row in zip(*columns, strict=True)]


@dataclass(frozen=True, eq=False)
class YearlyMatrix:
    """Annual transition matrix and how well its power gives back what was observed.

    Attributes
    ----------
    matrix : numpy.ndarray of float64, shape (C, C)
        Row-stochastic.
    years : int
        Length of the interval that was observed.
    error : float
        Largest row sum of ``|matrix ** years - observed|``.
    method : str
        ``root``, or ``generator`` where the root is no transition matrix and was regularised.
    """

    matrix: Matrix
    years: int
    error: float
    method: str


def annualised(observed: Matrix, years: int) -> YearlyMatrix:
    """Take the yearly matrix of one over several years: the matrix root, or the regularised generator.

    Parameters
    ----------
    observed : numpy.ndarray of float64, shape (C, C)
        Row-stochastic.
    years : int
        Length of the interval.
    """
    matrix = yearly_matrix(observed, years)
    error = float(np.abs(np.linalg.matrix_power(matrix, years) - observed).sum(axis=1).max())
    return YearlyMatrix(matrix, years, error, "root" if error < _EXACT else "generator")


@dataclass(frozen=True)
class Flicker:
    """Cells whose change to or from a class was undone at a later date.

    Attributes
    ----------
    gained_then_lost, lost_then_gained : int
        Cells that were seen to become of the class and to leave it again, and the other way round.
    changed : int
        Cells that changed to or from the class at any date.
    """

    gained_then_lost: int
    lost_then_gained: int
    changed: int

    @property
    def share(self) -> float:
        """Part of the cells that changed which changed back; 0 where nothing changed."""
        return (self.gained_then_lost + self.lost_then_gained) / self.changed if self.changed else 0.0


def flicker(span: Span, code: int) -> Flicker:
    """Count the changes to and from a class that were undone again; a cell that does both counts in both."""
    target, total = np.uint8(code), np.zeros(3, dtype=np.int64)
    for rows in _blocks(span.grid.shape):
        inside = span.valid[rows]
        seen = [codes[rows][inside] == target for codes in span.maps.values()]
        total += _undone(seen)
    return Flicker(*total.tolist())


def _undone(seen: list[npt.NDArray[np.bool_]]) -> Counts:
    """Cells gained then lost, lost then gained, and changed at all, over a sequence of presences."""
    gained, lost, up, down = (np.zeros(seen[0].shape, dtype=np.bool_) for _ in range(4))
    for before, after in pairwise(seen):
        rise, fall = after & ~before, before & ~after
        up |= lost & rise
        down |= gained & fall
        gained |= rise
        lost |= fall
    return np.array([np.count_nonzero(down), np.count_nonzero(up), np.count_nonzero(gained | lost)], dtype=np.int64)


def _blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    height, width = shape
    return (block.rows for block in row_blocks(height, max(1, _CELLS_A_BLOCK // width), 0))
