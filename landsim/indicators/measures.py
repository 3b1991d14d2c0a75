"""Cell-by-cell measures of agreement, of one map or many: figure of merit, disagreement, kappas.

Sources: Pontius et al. (2008), figure of merit; Pontius and Millones (2011), quantity and allocation disagreement;
van Vliet, Bregt and Hagen-Zanker (2011), kappa simulation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from landsim.indicators.maps import OUTSIDE, Codes, Counts
from landsim.indicators.ratios import ratios

PARTS = ("hits", "misses", "false_alarms", "wrong_hits")

Rates = dict[str, npt.NDArray[np.float64]]

_ROUNDING = 1e-12


@dataclass(frozen=True)
class Tally:
    """Cell counts from which every measure here follows; leading axes stand for many comparisons at once.

    Attributes
    ----------
    parts : numpy.ndarray, shape (..., 4)
        Hits, misses, false alarms, wrong hits.
    both : numpy.ndarray, shape (..., n_classes)
        Cells of a class in the observed and in the simulated map.
    observed, simulated : numpy.ndarray, shape (..., n_classes, n_classes)
        Cells by [start, end] class.
    """

    parts: npt.NDArray[Any]
    both: npt.NDArray[Any]
    observed: npt.NDArray[Any]
    simulated: npt.NDArray[Any]

    @classmethod
    def of_columns(cls, columns: npt.NDArray[Any], n_classes: int) -> Tally:
        """Read the columns that `tally_blocks` counts, or sums of its rows, shape (..., n_columns)."""
        squares = columns[..., 4 + n_classes :].reshape(*columns.shape[:-1], 2, n_classes, n_classes)
        return cls(columns[..., :4], columns[..., 4 : 4 + n_classes], squares[..., 0, :, :], squares[..., 1, :, :])


def columns_of(n_classes: int) -> int:
    """Give the number of columns of a tally."""
    return 4 + n_classes + 2 * n_classes**2


def tally_blocks(start: Codes, observed: Codes, simulated: Codes, n_classes: int, block: int) -> Counts:
    """Count the columns of a `Tally` in every square block of a map.

    Parameters
    ----------
    start, observed, simulated : numpy.ndarray of uint8, shape (height, width)
        Class index a cell; cells that are `OUTSIDE` at the start are left out.
    n_classes, block : int
        Classes; edge of a block in cells.

    Returns
    -------
    numpy.ndarray of int64, shape (n_blocks, n_columns)
        Blocks by rows from the north-west; those at the rim hold fewer cells.
    """
    down, across = (-(-size // block) for size in start.shape)
    counts = np.zeros((down * across, columns_of(n_classes)), dtype=np.int64)
    _count(start, observed, simulated, n_classes, block, across, counts)
    return counts


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _count(start: Any, observed: Any, simulated: Any, n: Any, block: Any, across: Any, counts: Any) -> None:
    first = 4 + n
    for r in range(start.shape[0]):
        row = r // block * across
        for c in range(start.shape[1]):
            x, o, s = int(start[r, c]), int(observed[r, c]), int(simulated[r, c])
            if x == OUTSIDE:
                continue
            here = counts[row + c // block]
            here[first + x * n + o] += 1
            here[first + n * n + x * n + s] += 1
            if o == s:
                here[4 + o] += 1
                here[0] += o != x
            elif s == x:
                here[1] += 1
            elif o == x:
                here[2] += 1
            else:
                here[3] += 1


def tally(start: Codes, observed: Codes, simulated: Codes, n_classes: int) -> Tally:
    """Count the agreement of two end maps over the whole map; class indices as in `tally_blocks`."""
    return Tally.of_columns(tally_blocks(start, observed, simulated, n_classes, max(start.shape))[0], n_classes)


def measures(counted: Tally) -> dict[str, Any]:
    """Every measure of one comparison: the parts and ``cells`` in cells, and `rates` as numbers."""
    parts = {name: int(count) for name, count in zip(PARTS, counted.parts, strict=True)}
    return {**parts, **{name: float(value) for name, value in rates(counted).items()}, "cells": int(_cells(counted))}


def rates(counted: Tally) -> Rates:
    """Measures without the counts, each float64, shape (...); NaN where a denominator is 0."""
    return {**change_rates(counted), **disagreement(counted), **kappa_simulation(counted)}


def change_rates(counted: Tally) -> Rates:
    """Figure of merit, producer's and user's accuracy of change (Pontius et al. 2008)."""
    hits, misses, false_alarms, wrong_hits = np.moveaxis(np.asarray(counted.parts, dtype=np.float64), -1, 0)
    return {
        "fom": ratios(hits, hits + misses + false_alarms + wrong_hits),
        "producer": ratios(hits, hits + misses + wrong_hits),
        "user": ratios(hits, hits + false_alarms + wrong_hits),
    }


def disagreement(counted: Tally) -> Rates:
    """Agreement, its complement by quantity and by allocation, and kappa, which is never shown without them.

    Notes
    -----
    ``quantity + allocation == 1 - agreement`` (Pontius and Millones 2011).
    """
    cells = _cells(counted)[..., None]
    both, observed, simulated = (
        ratios(amount, cells) for amount in (counted.both, counted.observed.sum(-2), counted.simulated.sum(-2))
    )
    agreement, by_chance = both.sum(-1), (simulated * observed).sum(-1)
    return {
        "quantity": np.abs(simulated - observed).sum(-1) / 2,
        "allocation": np.minimum(simulated - both, observed - both).sum(-1),
        "agreement": agreement,
        "kappa": _beyond(agreement - by_chance, 1 - by_chance),
    }


def kappa_simulation(counted: Tally) -> Rates:
    """Kappa beyond the chance given by the start map, and its two factors (van Vliet et al. 2011).

    ``kappa_simulation = kappa_transition * kappa_transloc``: the amount of each transition, and its place.
    """
    cells = _cells(counted)
    observed, simulated = (np.asarray(ends, dtype=np.float64) for ends in (counted.observed, counted.simulated))
    from_cells = np.maximum(observed.sum(-1), 1)
    by_chance = ratios(((observed * simulated).sum(-1) / from_cells).sum(-1), cells)
    at_best = ratios(np.minimum(observed, simulated).sum((-2, -1)), cells)
    agreement = ratios(counted.both.sum(-1), cells)
    return {
        "kappa_simulation": _beyond(agreement - by_chance, 1 - by_chance),
        "kappa_transition": _beyond(at_best - by_chance, 1 - by_chance),
        "kappa_transloc": _beyond(agreement - by_chance, at_best - by_chance),
    }


def _cells(counted: Tally) -> npt.NDArray[Any]:
    return np.asarray(counted.observed.sum((-2, -1)))


def _beyond(above: npt.NDArray[np.float64], room: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Share of the room above chance; where rounding alone makes the room, there is none."""
    return ratios(above, np.where(np.abs(room) < _ROUNDING, 0.0, room))
