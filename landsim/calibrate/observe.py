"""Observe: what the maps of the fit show before anything is fitted - change, form, surroundings, districts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.calibrate.change import (
    ClassChange,
    Counts,
    Flicker,
    YearlyMatrix,
    annualised,
    class_changes,
    cross_tab,
    flicker,
    row_shares,
)
from landsim.calibrate.enriched import RINGS, Enrichment, enrichment_of
from landsim.calibrate.span import Span
from landsim.indicators.form import Expansion, expansion, patch_sizes
from landsim.landscape.legend import LegendRow


@dataclass(frozen=True, eq=False)
class Interval:
    """Change between two consecutive dates.

    Attributes
    ----------
    start, end : int
        Years.
    table : numpy.ndarray of int64, shape (C, C)
        Cells by class at the start (row) and at the end (column).
    """

    start: int
    end: int
    table: Counts

    @property
    def changed(self) -> int:
        """Cells that changed."""
        return int(self.table.sum() - np.trace(self.table))


@dataclass(frozen=True, eq=False)
class Growth:
    """How a gained class grew.

    Attributes
    ----------
    sizes : numpy.ndarray of int64, shape (n,)
        Cells of each new patch (8 neighbours), pooled over the intervals.
    kinds : Expansion
        Cells and patches by kind of expansion, pooled over the intervals.
    flicker : Flicker
        Changes to and from the class that were undone.
    districts : dict of int to tuple of int
        District -> (cells gained, cells lost) from the first date to the last.
    """

    sizes: npt.NDArray[np.int64]
    kinds: Expansion
    flicker: Flicker
    districts: dict[int, tuple[int, int]]


@dataclass(frozen=True, eq=False)
class Observation:
    """What the maps of the fit show.

    Attributes
    ----------
    years : tuple of int
        Dates.
    names : tuple of str
        Classes that occur, ascending by code (C).
    codes : tuple of int
        Their codes.
    cells : int
        Cells with data at every date.
    cell_ha : float
        Area of a cell, ha.
    table : numpy.ndarray of int64, shape (C, C)
        Cells by class at the first date (row) and at the last (column).
    changes : dict of str to ClassChange
        Gains, losses and persistence from the first date to the last.
    yearly : YearlyMatrix
        Annual transition matrix of `table`.
    intervals : tuple of Interval
        Change between consecutive dates.
    growth : dict of str to Growth
        Gained class -> how it grew.
    enrichment : Enrichment
        What stood around the gains.
    undone_building : float
        Share of the changes between consecutive dates that turn built-up land into other land: a gauge of data error.
    """

    years: tuple[int, ...]
    names: tuple[str, ...]
    codes: tuple[int, ...]
    cells: int
    cell_ha: float
    table: Counts
    changes: dict[str, ClassChange]
    yearly: YearlyMatrix
    intervals: tuple[Interval, ...]
    growth: dict[str, Growth]
    enrichment: Enrichment
    undone_building: float

    @property
    def persistence(self) -> float:
        """Share of the cells that have the same class at the first and the last date."""
        return float(np.trace(self.table) / self.cells)

    def as_dict(self) -> dict[str, Any]:
        """Give plain data for ``fit.json``; patch sizes as their distribution."""
        return {
            "years": list(self.years),
            "classes": dict(zip(self.names, self.codes, strict=True)),
            "cells": self.cells,
            "cell_ha": self.cell_ha,
            "persistence": self.persistence,
            "cross_tabulation": self.table.tolist(),
            "changes": {n: {**asdict(c), "net": c.net, "swap": c.swap} for n, c in self.changes.items()},
            "yearly_matrix": {**asdict(self.yearly), "matrix": self.yearly.matrix.tolist()},
            "intervals": [self._interval(interval) for interval in self.intervals],
            "growth": {name: _growth_dict(growth, self.cell_ha) for name, growth in self.growth.items()},
            "enrichment": self._enrichment(),
            "undone_building": self.undone_building,
        }

    def _interval(self, interval: Interval) -> dict[str, Any]:
        rows = zip(self.names, class_changes(interval.table), strict=True)
        by_class = {name: {"gained": change.gained, "lost": change.lost} for name, change in rows}
        return {"start": interval.start, "end": interval.end, "changed": interval.changed, "by_class": by_class}

    def _enrichment(self) -> dict[str, Any]:
        """Factors as gained class -> class around -> one a ring; None where unknown."""
        found, named = self.enrichment, dict(zip(self.codes, self.names, strict=True))
        gained = zip(self.growth, found.factor, strict=True)
        return {
            "radii_cells": list(found.radii),
            "factor": {
                name: {
                    named[code]: [None if np.isnan(f) else float(f) for f in rings]
                    for code, rings in zip(found.codes, factors, strict=True)
                    if code in named
                }
                for name, factors in gained
            },
        }


def observe(
    span: Span, gains: Sequence[LegendRow], districts: npt.NDArray[Any] | None = None, radii: Sequence[int] = RINGS
) -> Observation:
    """Describe the change in the maps of a span.

    Parameters
    ----------
    span : Span
        Maps of the fit.
    gains : sequence of LegendRow
        Classes whose growth is fitted.
    districts : numpy.ndarray of a whole number, shape (height, width), or None
        District of every cell; 0 is none.
    radii : sequence of int
        Outer radii of the rings of the enrichment, cells.
    """
    rows = _present(span)
    codes = np.array([row.code for row in rows], dtype=np.uint8)
    names = tuple(row.name for row in rows)
    table = cross_tab(span.first, span.last, span.valid, codes)
    intervals = tuple(
        Interval(a, b, cross_tab(span.maps[a], span.maps[b], span.valid, codes)) for a, b in span.intervals()
    )
    return Observation(
        years=span.years,
        names=names,
        codes=tuple(codes.tolist()),
        cells=int(np.count_nonzero(span.valid)),
        cell_ha=span.grid.cell_area_ha,
        table=table,
        changes=dict(zip(names, class_changes(table), strict=True)),
        yearly=annualised(row_shares(table), span.length),
        intervals=intervals,
        growth={row.name: _growth(span, row.code, districts) for row in gains},
        enrichment=enrichment_of(span, [row.code for row in gains], radii),
        undone_building=_undone_building(intervals, np.array([row.built for row in rows], dtype=np.bool_)),
    )


def _present(span: Span) -> list[LegendRow]:
    """Classes that occur at some date."""
    seen = np.zeros(256, dtype=np.int64)
    for codes in span.maps.values():
        seen += np.bincount(codes[span.valid], minlength=256)
    return [row for row in span.legend.rows if seen[row.code]]


def _growth(span: Span, code: int, districts: npt.NDArray[Any] | None) -> Growth:
    sizes, kinds = [], np.zeros(len(Expansion._fields), dtype=np.int64)
    for start, end in span.intervals():
        fresh = span.gained(code, start, end)
        old = span.valid & (span.maps[start] == np.uint8(code))
        sizes.append(patch_sizes(fresh))
        kinds += np.array(expansion(old, old | fresh), dtype=np.int64)
    demand = {} if districts is None else _by_district(span, code, districts)
    return Growth(np.concatenate(sizes), Expansion(*kinds.tolist()), flicker(span, code), demand)


def _by_district(span: Span, code: int, districts: npt.NDArray[Any]) -> dict[int, tuple[int, int]]:
    """Cells gained and lost a district, from the first date to the last; 0 is no district."""
    target = np.uint8(code)
    inside = span.valid & (districts > 0)
    held, holds = span.first == target, span.last == target
    numbers = np.unique(districts[inside])
    size = int(numbers.max(initial=0)) + 1
    gained, lost = (np.bincount(districts[inside & plane], minlength=size) for plane in (holds & ~held, held & ~holds))
    return {int(d): (int(gained[d]), int(lost[d])) for d in numbers}


def _undone_building(intervals: Iterable[Interval], built: npt.NDArray[np.bool_]) -> float:
    """Share of all changes that turn built-up land into other land; 0 where nothing changed."""
    tables = [interval.table for interval in intervals]
    changed = sum(int(table.sum() - np.trace(table)) for table in tables)
    undone = sum(int(table[np.ix_(built, ~built)].sum()) for table in tables)
    return undone / changed if changed else 0.0


def _growth_dict(growth: Growth, cell_ha: float) -> dict[str, Any]:
    kinds, cells = growth.kinds, max(growth.kinds.cells, 1)
    return {
        "patches": _distribution(growth.sizes, cell_ha),
        "expansion": {k: {"cells": getattr(kinds, k), "share": getattr(kinds, k) / cells} for k in KINDS},
        "flicker": {**asdict(growth.flicker), "share": growth.flicker.share},
        "districts": {str(d): {"gained": gain, "lost": loss} for d, (gain, loss) in growth.districts.items()},
    }


KINDS = ("outlying", "edge", "infill")
"""Kinds of expansion by the landscape expansion index."""


def _distribution(sizes: npt.NDArray[np.int64], cell_ha: float) -> dict[str, Any]:
    """Number, mean and largest of the patches, and how many have 1, 2..3, 4..7, ... cells."""
    if sizes.size == 0:
        return {"count": 0, "mean_ha": None, "largest_ha": None, "by_doubling": []}
    doubling = np.bincount(np.floor(np.log2(sizes)).astype(np.int64))
    return {
        "count": int(sizes.size),
        "mean_ha": float(sizes.mean()) * cell_ha,
        "largest_ha": float(sizes.max()) * cell_ha,
        "by_doubling": doubling.tolist(),
    }
