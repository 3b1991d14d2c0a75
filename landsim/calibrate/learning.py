"""Learning: the periods that models learn from, and the measured samples of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from landsim.calibrate.models.base import Samples
from landsim.calibrate.sampling import Cells, draw_sample
from landsim.calibrate.span import Plane, Span
from landsim.landscape.grid import Grid
from landsim.landscape.rows import Rows
from landsim.transition.features import Ground, Recipe
from landsim.transition.fitted import map_quantiles
from landsim.transition.measure import Measure

MOST = 30_000
"""Cells that models learn from at most."""

BLOCK_M = 5_000.0
"""Edge of a spatial block, m: beyond it residuals of land change are hardly alike."""

_BLOCKS_ACROSS = 12  # at least so many on the shorter side


@dataclass(frozen=True)
class Window:
    """A period to learn from.

    Attributes
    ----------
    start, end : int
        Years of its maps.
    past : int or None
        Year of the earlier map that shows recent growth.
    """

    start: int
    end: int
    past: int | None = None

    @property
    def past_years(self) -> int:
        """Length of the known past; 0 where there is none."""
        return 0 if self.past is None else self.start - self.past


def windows(years: Sequence[int]) -> dict[str, tuple[Window, ...]]:
    """Choose the periods by the name of the recipe; where there are two, their samples are pooled.

    ``static`` learns from the whole of the dates and from their later half, ``momentum`` from what followed on two
    stretches of recent growth of about a third of the dates each; with too uneven dates from the middle on.

    Parameters
    ----------
    years : sequence of int
        Dates that may be used, ascending; two allow for no momentum.

    Examples
    --------
    >>> windows([2000, 2004, 2009])["momentum"]
    (Window(start=2004, end=2009, past=2000),)
    """
    first, last = years[0], years[-1]
    whole = Window(first, last)
    if len(years) < 3:
        return {"static": (whole,)}
    middle = _nearest(years[1:-1], (first + last) / 2)
    return {"static": (whole, Window(middle, last)), "momentum": _with_past(years) or (Window(middle, last, first),)}


def tells_apart(span: Span, window: Window, code: int) -> bool:
    """Tell whether some candidates gained a class in a period and some did not."""
    candidates = span.candidates(code, window.start)
    gained = candidates & (span.maps[window.end] == np.uint8(code))
    return bool(gained.any()) and not np.array_equal(gained, candidates)


def learnable(span: Span, years: Sequence[int], code: int) -> frozenset[str]:
    """Names of the recipes for which some period of these dates tells apart what gained a class and what did not."""
    found = windows(years).items()
    return frozenset(name for name, periods in found if any(tells_apart(span, window, code) for window in periods))


def _with_past(years: Sequence[int]) -> tuple[Window, ...]:
    """Windows from about a third and two thirds of the dates to the last, each with a past of about a third."""
    first, last = years[0], years[-1]
    third = (last - first) / 3
    found = []
    for k in (1, 2):
        start = _nearest(years[1:-1], first + k * third)
        past = _nearest([year for year in years if year < start], start - third)
        if abs(start - past - third) <= third / 2:
            found.append(Window(start, last, past))
    if len({window.past_years for window in found}) < 2:  # a model knows one length of the past
        return tuple(dict.fromkeys(found))
    return (min(found, key=lambda window: abs(window.past_years - third)),)


def _nearest(years: Sequence[int], wanted: float) -> int:
    return min(years, key=lambda year: abs(year - wanted))


def past_for(years: Sequence[int], start: int, length: int) -> int | None:
    """Find the date before a start whose distance is nearest to the length of past that a model was fitted with.

    Examples
    --------
    >>> past_for([2000, 2004, 2009], 2009, 4)
    2004
    """
    earlier = [year for year in years if year < start]
    return _nearest(earlier, start - length) if earlier else None


def ground_of(span: Span, year: int, past: int | None, drivers: Mapping[str, Rows]) -> Ground:
    """Give what is known at the start of a period: its map, an earlier one, and the drivers."""
    earlier = None if past is None else span.maps[past]
    return Ground(span.maps[year], span.legend.nodata, earlier, drivers)


def block_edge(grid: Grid) -> int:
    """Edge of the spatial blocks, cells: that of 5 km, less on small maps."""
    return max(1, min(round(BLOCK_M / grid.cell_size), min(grid.shape) // _BLOCKS_ACROSS))


def learn_from(
    span: Span, periods: Sequence[Window], code: int, recipe: Recipe, drivers: Mapping[str, Rows], seed: int,
    within: Plane | None = None, most: int = MOST,
) -> Samples:  # fmt: skip
    """Draw and measure the samples of some periods, and pool them.

    Parameters
    ----------
    span : Span
        Holds the maps of the windows.
    periods : sequence of Window
        Those in which nothing, or everything, changed are left out.
    code : int
        The class.
    recipe : Recipe
        What is measured.
    drivers : mapping of str to Rows
    seed : int
    within : numpy.ndarray of bool, shape (height, width), optional
        Cells that may be learnt from, for spatial folds.
    most : int
        Cells at most, shared evenly by the periods.

    Raises
    ------
    ValueError
        If no candidate changed, or none stayed, in any of the periods.
    """
    found = [_learn(span, window, code, recipe, drivers, seed, within, most // len(periods)) for window in periods]
    kept = [samples for samples in found if samples is not None]
    if not kept:
        years = ", ".join(f"{window.start} to {window.end}" for window in periods)
        raise ValueError(f"class {code}, {years}: all or none of the candidates changed")
    return Samples.pooled(kept)


def _learn(
    span: Span, window: Window, code: int, recipe: Recipe, drivers: Mapping[str, Rows], seed: int,
    within: Plane | None, most: int,
) -> Samples | None:  # fmt: skip
    """Draw and measure the samples of one period; None where there is nothing to tell apart."""
    ground = ground_of(span, window.start, window.past, drivers)
    cells = _candidates(span, window.start, code, within)
    gained = span.maps[window.end].reshape(-1)[cells] == np.uint8(code)
    if not gained.any() or gained.all():
        return None
    codes = ground.codes.reshape(-1)[cells]
    block = span.grid.block_of(cells, block_edge(span.grid))
    drawn = draw_sample(cells, gained, codes, block, most, seed, f"sample/{recipe.name}/{code}/{window.start}")
    measure = Measure(recipe.features, ground)
    x = measure.at(drawn.cells)
    return Samples(map_quantiles(measure, cells).ranks(x) if recipe.ranked else x, drawn)


def _candidates(span: Span, year: int, code: int, within: npt.NDArray[np.bool_] | None) -> Cells:
    plane = span.candidates(code, year)
    return np.flatnonzero(plane if within is None else plane & within)
