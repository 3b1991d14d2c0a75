"""Amounts: counts a cell, such as residents, brought onto the grid of the start map so that their sum is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rasterio import Affine
from rasterio.enums import Resampling
from rasterio.warp import reproject, transform, transform_bounds
from rasterio.windows import Window

from landsim.core.errors import Problems
from landsim.core.quantity import Quantity
from landsim.io.band import Handle, Reading, Tally, strange
from landsim.io.paths import Places
from landsim.io.raster import fits, opened, report_values
from landsim.landscape.grid import Grid

Plane = npt.NDArray[np.float64]

_CELLS_A_STRIP = 2_000_000
_NODES = 33  # a side, at which it is measured how many cells of the source one of the grid covers
_MARGIN = 3  # cells of the source around a strip, so that nothing that reaches into it is missed
_DENSITY = {"sum": Resampling.average, "average": Resampling.average}


def read_amounts(
    path: Path,
    grid: Grid,
    quantity: Quantity,
    inside: npt.NDArray[np.bool_],
    where: str,
    problems: Problems,
    reading: Reading,
    places: Places | None = None,
) -> npt.NDArray[Any] | None:
    """Bring a raster of amounts a cell onto another grid.

    What is resampled is the amount a cell of the source as a density; cells without data count as empty.  A cell of
    the grid gets the density there times the number of cells of the source that it covers, whatever the two CRS.
    At last all cells are multiplied by one factor, so that they hold as much inside the study area as the source
    does; a cell of the source counts by the part of it that lies inside.

    Parameters
    ----------
    path : pathlib.Path
        Raster in any CRS, finer or coarser than the grid.
    grid : Grid
        Grid of the start map.
    quantity : Quantity
        One of `landsim.landscape.landscape.AMOUNTS`.
    inside : numpy.ndarray of bool, shape (height, width)
        Study area.
    where : str
        Key, for the messages.
    problems : Problems
        Gets every fault, and a caution with the sum.
    reading : Reading
        How densities are resampled: ``sum`` and ``average`` weigh by area, ``bilinear`` smooths, ``nearest`` does
        not.
    places : Places or None
        Folders that a virtual raster may refer to.

    Returns
    -------
    numpy.ndarray of the quantity's dtype, shape (grid.height, grid.width)
        NaN outside the study area and where the source has no data; None after a fault.
    """
    before = len(problems.faults)
    out: npt.NDArray[Any] | None = None
    with opened(path, where, problems, places) as dataset:
        if dataset is not None and fits(dataset, grid, quantity, where, problems, reading):
            source = _Source(path, dataset, quantity, reading)
            try:
                out = _brought(source, grid, inside, reading)
                wanted = _sum_inside(source, grid, inside)
            finally:
                source.close()
            report_values(source.tally, quantity, where, problems)
            if len(problems.faults) == before:
                _scale(out, wanted, quantity, where, problems)
                out = out.astype(quantity.dtype)
    return out if len(problems.faults) == before else None


class _Source:
    """The raster of amounts; windows of it as amounts with 0 in the gaps, and where there is a value at all."""

    def __init__(self, path: Path, dataset: Any, quantity: Quantity, reading: Reading) -> None:
        self.height, self.width = dataset.height, dataset.width
        self.crs, self.transform, self.bounds = dataset.crs, dataset.transform, dataset.bounds
        self._quantity = quantity
        self._handle = Handle(path, Grid(1, 1, (1, 0, 0, 0, -1, 0)), Reading(reading.nodata, None, reading.band))
        self.tally = Tally()

    def close(self) -> None:
        self._handle.close()

    def read(self, window: Window) -> tuple[Plane, Plane]:
        """Amounts, and 1 where there is one, float64; bad values are noted and become 0."""
        values, gaps = self._handle.read(window)
        bad = strange(values, gaps, self._quantity, None)
        self.tally.add(Tally(values.size, int(np.count_nonzero(gaps))))
        if bad is not None:
            self.tally.note(values[bad])
            gaps = gaps | bad
        return np.where(gaps, 0.0, values).astype(np.float64), (~gaps).astype(np.float64)

    def window(self, bounds: tuple[float, float, float, float]) -> Window | None:
        """Whole cells that touch bounds in the CRS of the source, and a margin; None where there are none."""
        left, bottom, right, top = bounds
        inverse = ~self.transform
        corners = [inverse @ corner for corner in ((left, top), (right, bottom), (left, bottom), (right, top))]
        columns, rows = zip(*corners, strict=True)
        first = max(int(np.floor(min(columns))) - _MARGIN, 0), max(int(np.floor(min(rows))) - _MARGIN, 0)
        last = (
            min(int(np.ceil(max(columns))) + _MARGIN, self.width),
            min(int(np.ceil(max(rows))) + _MARGIN, self.height),
        )
        if first[0] >= last[0] or first[1] >= last[1]:
            return None
        return Window(first[0], first[1], last[0] - first[0], last[1] - first[1])


def _brought(source: _Source, grid: Grid, inside: npt.NDArray[np.bool_], reading: Reading) -> Plane:
    """Density times covered cells, strip by strip; NaN outside the study area and without data."""
    out = np.full(grid.shape, np.nan)
    covered = _Covered(source, grid)
    way = _DENSITY.get(str(reading.resample)) or Resampling[str(reading.resample)]
    for rows in _strips(grid.height, grid.width):
        part = Grid(rows.stop - rows.start, grid.width, _lower(grid.transform, rows.start), grid.crs)
        bounds = transform_bounds(grid.crs, source.crs, *part.bounds, densify_pts=21)
        window = source.window(bounds)
        if window is None:
            continue
        pad = _pad(covered.most)
        there = source.transform @ Affine.translation(window.col_off - pad, window.row_off - pad)
        density, known = (
            _warped(np.pad(plane, pad), there, source.crs, Affine(*part.transform), grid.crs, part.shape, way)
            for plane in source.read(window)
        )
        amounts = density * covered.rows(rows)
        out[rows] = np.where((known > 0) & inside[rows], amounts, np.nan)
    return out


def _sum_inside(source: _Source, grid: Grid, inside: npt.NDArray[np.bool_]) -> float:
    """Sum of the source inside the study area, by the part of each of its cells that is."""
    window = source.window(transform_bounds(grid.crs, source.crs, *grid.bounds, densify_pts=21))
    if window is None:
        return 0.0
    pad = _pad(1.0 / max(_Covered(source, grid).least, 1e-12))
    study = np.pad(inside.astype(np.float32), pad)
    there = Affine(*grid.transform) @ Affine.translation(-pad, -pad)
    total, seen = 0.0, source.tally
    source.tally = Tally()  # what is read again is not counted again
    for rows in _strips(window.height, window.width):
        part = Window(window.col_off, window.row_off + rows.start, window.width, rows.stop - rows.start)
        here = source.transform @ Affine.translation(part.col_off, part.row_off)
        shape = (part.height, part.width)
        share = _warped(study, there, grid.crs, here, source.crs, shape, Resampling.average)
        total += float((source.read(part)[0] * share).sum())
    source.tally = seen
    return total


def _scale(out: Plane, wanted: float, quantity: Quantity, where: str, problems: Problems) -> None:
    """Make the amounts of the grid sum up to those of the source, and say so."""
    found = float(np.nansum(out))
    if found > 0:
        out *= wanted / found
    told = f"{wanted if found > 0 else 0.0:,.0f} {quantity.unit}"
    problems.warn(where, "amounts were spread over the grid so that their sum inside the study area stays", found=told)


def _warped(
    values: npt.NDArray[Any], there: Affine, crs: Any, here: Affine, to: Any, shape: tuple[int, int], way: Resampling
) -> Plane:
    """Resample an array; 0 where it does not reach."""
    out = np.zeros(shape)
    reproject(
        values, out, src_transform=there, src_crs=crs, dst_transform=here, dst_crs=to, resampling=way, tolerance=0,
    )  # fmt: skip
    return out


class _Covered:
    """How many cells of the source one cell of the grid covers, measured at nodes and interpolated between them."""

    def __init__(self, source: _Source, grid: Grid) -> None:
        self._columns = np.linspace(0.0, grid.width, _NODES)
        self._lines = np.linspace(0.0, grid.height, _NODES)
        self._width = grid.width
        east, west, north, south = (
            _in_cells(source, grid, *np.meshgrid(self._columns + across, self._lines + down))
            for across, down in ((0.5, 0), (-0.5, 0), (0, -0.5), (0, 0.5))
        )
        (ax, ay), (bx, by) = east - west, south - north
        self._nodes = np.abs(ax * by - ay * bx)
        self.most, self.least = float(self._nodes.max()), float(self._nodes.min())

    def rows(self, rows: slice) -> Plane:
        """Values at the centres of a slice of rows, float64, shape (rows, width)."""
        lines = np.arange(rows.start, rows.stop) + 0.5
        down = np.stack([np.interp(lines, self._lines, column) for column in self._nodes.T], axis=1)
        at = (np.arange(self._width) + 0.5) / self._width * (_NODES - 1)
        left = np.minimum(at.astype(np.int64), _NODES - 2)
        return np.asarray(down[:, left] * (1 - (at - left)) + down[:, left + 1] * (at - left))


def _in_cells(source: _Source, grid: Grid, columns: Plane, lines: Plane) -> Plane:
    """Columns and rows of the source under columns and rows of the grid, shape (2, n, m)."""
    a, _, c, _, e, f = grid.transform
    x, y = transform(grid.crs, source.crs, (a * columns + c).ravel(), (e * lines + f).ravel())
    inverse = ~source.transform
    x, y = np.asarray(x).reshape(columns.shape), np.asarray(y).reshape(columns.shape)
    return np.stack([inverse.a * x + inverse.b * y + inverse.c, inverse.d * x + inverse.e * y + inverse.f])


def _pad(cells: float) -> int:
    """Empty cells around an array, enough for one of the other grid that covers so many of its own."""
    return int(np.ceil(np.sqrt(max(cells, 1.0)))) * 2 + 2


def _lower(affine: tuple[float, ...], rows: int) -> tuple[float, float, float, float, float, float]:
    a, b, c, d, e, f = affine
    return a, b, c + b * rows, d, e, f + e * rows


def _strips(height: int, width: int) -> Iterator[slice]:
    step = max(1, _CELLS_A_STRIP // width)
    return (slice(top, min(top + step, height)) for top in range(0, height, step))
