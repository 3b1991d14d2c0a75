"""Span: the land-cover maps of some years, and where each class may not arise in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from landsim.landscape.grid import Grid
from landsim.landscape.legend import Legend

Codes = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Mask:
    """Cells in which classes may not arise: fixed ones, or those of a class at the start of a period.

    Attributes
    ----------
    name : str
        Name in the study.
    forbid : frozenset of int
        Codes that may not arise there.
    cells : numpy.ndarray of bool, shape (height, width), or None
        The fixed cells.
    code : int or None
        Code whose cells are meant where no fixed ones are given.
    """

    name: str
    forbid: frozenset[int]
    cells: Plane | None = None
    code: int | None = None

    def covers(self, codes: Codes) -> Plane:
        """Cells of the mask in a period that starts with this map, bool, shape (height, width)."""
        return np.asarray(codes == self.code) if self.cells is None else self.cells


@dataclass(frozen=True, eq=False)
class Span:
    """Maps of a stretch of years; nothing in it depends on a map of another year.

    Attributes
    ----------
    grid : Grid
        Grid of every map.
    legend : Legend
        Meaning of the codes; `legend.nodata` stands where a map has no data.
    maps : mapping of int to numpy.ndarray of uint8, shape (height, width)
        Year -> codes, ascending by year, at least two; not to be written to.
    masks : tuple of Mask
        Where classes may not arise.
    """

    grid: Grid
    legend: Legend
    maps: Mapping[int, Codes]
    masks: tuple[Mask, ...] = ()

    def __post_init__(self) -> None:
        if len(self.maps) < 2 or list(self.maps) != sorted(self.maps):
            raise ValueError(f"maps of {list(self.maps)}, expected two or more years, ascending")

    @property
    def years(self) -> tuple[int, ...]:
        """Dates, ascending."""
        return tuple(self.maps)

    @property
    def start(self) -> int:
        """First year."""
        return self.years[0]

    @property
    def end(self) -> int:
        """Last year."""
        return self.years[-1]

    @property
    def length(self) -> int:
        """Years from the first date to the last."""
        return self.end - self.start

    @property
    def first(self) -> Codes:
        """Map at the start."""
        return self.maps[self.start]

    @property
    def last(self) -> Codes:
        """Map at the end."""
        return self.maps[self.end]

    @cached_property
    def valid(self) -> Plane:
        """Cells that have data at every date, bool, shape (height, width); not to be written to."""
        nodata = np.uint8(self.legend.nodata)
        inside = np.ones(self.grid.shape, dtype=np.bool_)
        for codes in self.maps.values():
            inside &= codes != nodata
        inside.setflags(write=False)
        return inside

    def intervals(self) -> list[tuple[int, int]]:
        """Consecutive pairs of years."""
        return list(pairwise(self.years))

    def only(self, years: Iterable[int]) -> Span:
        """Give the span of these dates alone; its valid cells are those of these dates.

        Raises
        ------
        KeyError
            If there is no map of a year.
        """
        return Span(self.grid, self.legend, {year: self.maps[year] for year in sorted(set(years))}, self.masks)

    def until(self, year: int) -> Span:
        """Give the span of the dates up to a year, which knows nothing of later ones."""
        return self.only(y for y in self.years if y <= year)

    def forbidden(self, code: int, year: int) -> Plane | None:
        """Cells in which a class may not arise in a period that starts in a year; None where no mask names it."""
        named = [mask for mask in self.masks if code in mask.forbid]
        if not named:
            return None
        cells = np.zeros(self.grid.shape, dtype=np.bool_)
        for mask in named:
            cells |= mask.covers(self.maps[year])
        return cells

    def candidates(self, code: int, year: int) -> Plane:
        """Cells that may become of a class: valid, not of it in that year, not masked; bool, shape (height, width)."""
        cells = self.valid & (self.maps[year] != np.uint8(code))
        forbidden = self.forbidden(code, year)
        return cells if forbidden is None else np.asarray(cells & ~forbidden)

    def gained(self, code: int, start: int, end: int) -> Plane:
        """Valid cells that are of a class at the end and were not at the start, masked ones too."""
        target = np.uint8(code)
        return np.asarray(self.valid & (self.maps[end] == target) & (self.maps[start] != target))

    def area(self, code: int, year: int) -> int:
        """Valid cells of a class in a year."""
        return int(np.count_nonzero(self.valid & (self.maps[year] == np.uint8(code))))
