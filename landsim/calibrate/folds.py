"""Folds: forecasts inside the fitting period, crossed with parts of the map, by which candidates are compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from landsim.calibrate.learning import Window, block_edge, learnable, tells_apart
from landsim.calibrate.sampling import fold_of
from landsim.calibrate.span import Span
from landsim.landscape.grid import Grid

_ORIGINS = (0.4, 0.55, 0.7)  # of the fitting period: late enough to have learnt, early enough to be judged
_PARTS = {0: 4, 1: 4, 2: 3, 3: 2}  # parts of the map by the number of origins, so that there are four to six folds
_DEAD_ZONE = 5  # cells around what is held out that nothing is learnt from: the window of the engine; on small maps
# half a block, so that something is left to learn from


@dataclass(frozen=True)
class Origin:
    """A date from which change is foretold inside the fitting period.

    Attributes
    ----------
    years : tuple of int
        Dates that models may know, ascending.
    start, end : int
        Years of the change that is judged; without a forecast it is what they learn from, elsewhere on the map.
    parts : int
        Parts into which the map is dealt; each is held out once.
    """

    years: tuple[int, ...]
    start: int
    end: int
    parts: int

    @property
    def is_forecast(self) -> bool:
        """Whether what is judged comes after all that models may know."""
        return self.start == self.years[-1]

    @classmethod
    def whole(cls, years: Sequence[int]) -> Origin:
        """Give the one that foretells nothing: from the first date to the last, the map alone is divided."""
        return cls((years[0], years[-1]), years[0], years[-1], _PARTS[0])


def origins_of(years: Sequence[int]) -> list[Origin]:
    """Choose the dates to forecast from: up to three, each with a past if the dates allow for it.

    Parameters
    ----------
    years : sequence of int
        Dates of the fit, ascending.  Two allow for no forecast: the map alone is divided.

    Examples
    --------
    >>> origins_of([2003, 2005, 2010])
    [Origin(years=(2003, 2005), start=2005, end=2010, parts=4)]
    """
    first, last = years[0], years[-1]
    if len(years) == 2:
        return [Origin.whole(years)]
    inner = list(years[2:-1]) or [years[1]]
    wanted = [first + share * (last - first) for share in _ORIGINS]
    starts = sorted({min(inner, key=lambda year: abs(year - goal)) for goal in wanted})
    parts = _PARTS[len(starts)]
    return [Origin(tuple(year for year in years if year <= start), start, last, parts) for start in starts]


def origins_for(span: Span, code: int) -> list[Origin]:
    """Choose the dates from which the growth of a class can be foretold: it grew before and after them.

    Where there is none, the map alone is divided, and nothing is known of how a candidate forecasts.

    Parameters
    ----------
    span : Span
        Maps that may be known.
    code : int
        The class.
    """
    found = [
        origin
        for origin in origins_of(span.years)
        if "static" in learnable(span, origin.years, code) and tells_apart(span, Window(origin.start, origin.end), code)
    ]
    return found or [Origin.whole(span.years)]


@dataclass(frozen=True, eq=False)
class Parts:
    """The map dealt to parts, block by block.

    Attributes
    ----------
    part : numpy.ndarray of uint8, shape (height, width)
        Part of each cell, 0 .. count - 1.
    count : int
    apart : int
        Cells around a part that is held out that nothing is learnt from.
    """

    part: npt.NDArray[np.uint8]
    count: int
    apart: int

    @classmethod
    def deal(cls, grid: Grid, count: int, seed: int) -> Parts:
        """Deal spatial blocks to parts of nearly equal numbers of blocks, by a named draw."""
        edge = block_edge(grid)
        across = grid.blocks(edge)
        number = fold_of(np.arange(across.size), count, seed, "parts").astype(np.uint8).reshape(across.shape)
        rows, cols = (np.arange(size) // edge for size in grid.shape)
        return cls(number[rows][:, cols], count, min(_DEAD_ZONE, edge // 2))

    def held(self, k: int, cells: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Tell which of some cells are held out with part k, bool, shape (n,)."""
        return np.asarray(self.part.reshape(-1)[cells] == k)

    def open(self, k: int, cells: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Tell which of some cells may be learnt from while part k is held out, a dead zone away from it."""
        held = self.part == k
        side = 2 * self.apart + 1
        near = ndimage.maximum_filter(held.view(np.uint8), size=side, mode="nearest")
        return np.asarray(near.reshape(-1)[cells] == 0)
