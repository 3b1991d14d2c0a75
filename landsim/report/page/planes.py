"""Planes of a report: land, change, lines and differences on a coarser grid, the commonest class of each block."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from landsim.io.store import RunFolder
from landsim.landscape.grid import Grid

Plane = npt.NDArray[np.uint8]

PIXELS_AT_MOST = 900
"""Longer side of a map in the report, pixels."""
_ROWS = 512

SAME_OPEN, SAME_BUILT, BUILT_ARABLE, BUILT_OPEN, RENEWED, TO_ARABLE, OTHER_CHANGE = range(1, 8)
CHANGES = ("same_open", "same_built", "built_arable", "built_open", "renewed", "to_arable", "other")
NO_LINE, UDB, PBF, ERL = range(1, 5)
LINES = ("none", "udb", "pbf", "erl")
BOTH_OPEN, BOTH_BUILT, ONLY_BASE, ONLY_RUN, OTHER_DIFFERENCE = range(1, 6)
DIFFERENCES = ("same_open", "same_built", "only_base", "only_run", "other")


def factor_of(shape: tuple[int, int]) -> int:
    """Cells along the side of a pixel, so that the longer side of the map has no more than `PIXELS_AT_MOST`.

    Examples
    --------
    >>> factor_of((240, 240)), factor_of((2931, 2931))
    (1, 4)
    """
    return max(1, math.ceil(max(shape) / PIXELS_AT_MOST))


def mode_of_blocks(plane: Plane, factor: int) -> Plane:
    """Commonest value of each block; of equally common ones the lowest.

    Parameters
    ----------
    plane : numpy.ndarray of uint8, shape (height, width)
    factor : int
        Cells along the side of a block; the last blocks may hold fewer.

    Returns
    -------
    numpy.ndarray of uint8, shape (ceil(height / factor), ceil(width / factor))
    """
    if factor == 1:
        return plane
    values = np.flatnonzero(np.bincount(plane.reshape(-1), minlength=256))
    starts = [np.arange(0, size, factor) for size in plane.shape]
    best = np.zeros((starts[0].size, starts[1].size), dtype=np.int32)
    out = np.zeros(best.shape, dtype=np.uint8)
    for value in values.tolist():
        here = np.add.reduceat(np.add.reduceat(plane == value, starts[1], axis=1, dtype=np.int32), starts[0], axis=0)
        more = here > best
        out[more], best[more] = value, here[more]
    return out


def land_planes(run: RunFolder, years: list[int]) -> dict[int, Plane]:
    """Land-cover codes of some years."""
    factor = factor_of(run.grid.shape)
    parts = [[mode_of_blocks(plane, factor) for plane in run.maps(years, rows)] for rows in slabs(run.grid, factor)]
    return {year: np.concatenate([part[i] for part in parts]) for i, year in enumerate(years)}


def change_plane(run: RunFolder, start: int, end: int) -> tuple[Plane, npt.NDArray[np.int64]]:
    """Kinds of change between two years, and the cells of each kind, int64, shape (256,)."""
    legend, factor = run.legend, factor_of(run.grid.shape)
    parts, cells = [], np.zeros(256, dtype=np.int64)
    for rows in slabs(run.grid, factor):
        before, after = run.maps([start, end], rows)
        built, was_built = legend.built[after], legend.built[before]
        kinds = np.where(was_built, np.uint8(SAME_BUILT), np.uint8(SAME_OPEN))
        changed = before != after
        kinds[changed] = OTHER_CHANGE
        kinds[changed & legend.arable[after]] = TO_ARABLE
        kinds[changed & built & ~was_built] = BUILT_OPEN
        kinds[changed & built & legend.arable[before]] = BUILT_ARABLE
        kinds[changed & built & was_built] = RENEWED
        kinds[before == legend.nodata] = 0
        cells += np.bincount(kinds.reshape(-1), minlength=256)
        parts.append(mode_of_blocks(kinds, factor))
    return np.concatenate(parts), cells


def difference_plane(base: RunFolder, run: RunFolder, year: int) -> tuple[Plane, npt.NDArray[np.int64]]:
    """Kinds of difference of a run against another, and the cells of each kind, int64, shape (256,)."""
    legend, factor = run.legend, factor_of(run.grid.shape)
    parts, cells = [], np.zeros(256, dtype=np.int64)
    for rows in slabs(run.grid, factor):
        there, here = base.maps([year], rows)[0], run.maps([year], rows)[0]
        in_base, in_run = legend.built[there], legend.built[here]
        kinds = np.where(in_base, np.uint8(BOTH_BUILT), np.uint8(BOTH_OPEN))
        kinds[there != here] = OTHER_DIFFERENCE
        kinds[in_base & ~in_run] = ONLY_BASE
        kinds[in_run & ~in_base] = ONLY_RUN
        kinds[there == legend.nodata] = 0
        cells += np.bincount(kinds.reshape(-1), minlength=256)
        parts.append(mode_of_blocks(kinds, factor))
    return np.concatenate(parts), cells


def line_plane(run: RunFolder) -> tuple[Plane, npt.NDArray[np.int64]] | None:
    """Control lines at the start, the strictest on top, and the cells of each; None where the run has none."""
    lines = {name: run.layer_at_start(name) > 0 for name in ("udb", "pbf", "erl")}
    if not any(layer.any() for layer in lines.values()):
        return None
    plane = np.full(run.grid.shape, NO_LINE, dtype=np.uint8)
    for code, name in ((UDB, "udb"), (PBF, "pbf"), (ERL, "erl")):
        plane[lines[name]] = code
    plane[run.landcover_at(run.years[0]) == run.legend.nodata] = 0
    cells = np.bincount(plane.reshape(-1), minlength=256)
    return mode_of_blocks(plane, factor_of(run.grid.shape)), cells


def slabs(grid: Grid, factor: int) -> Iterator[slice]:
    """Yield slices of rows that hold whole blocks."""
    step = max(_ROWS // factor, 1) * factor
    return (slice(top, min(top + step, grid.height)) for top in range(0, grid.height, step))
