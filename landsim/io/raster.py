"""Rasters in: any GDAL format, checked against the grid of the start map, read by threads into narrow arrays."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from landsim.core.errors import Problems
from landsim.core.parallel import each
from landsim.core.quantity import Quantity
from landsim.io.band import Band, Reading, Tally, strange
from landsim.io.datum import warn_of_datum
from landsim.io.paths import Places
from landsim.landscape.grid import Grid
from landsim.landscape.landscape import AMOUNTS

MAX_CELLS = 1_000_000_000
"""Largest raster that is read, in cells; it is checked before anything is allocated."""

_TOLERANCE = 0.01  # of a cell, by which corners may differ
_OBLONG = 1.01  # longer over shorter side, up to which a cell counts as square
_REMOTE_DRIVERS = {"WMS", "WMTS", "WCS", "TileDB", "HTTP", "PLMosaic", "EEDAI", "OGCAPI", "STACTA", "STACIT", "NGW"}
_RESAMPLE_MEND = "Say resample: nearest|bilinear|mode|average in its entry, or bring it onto the grid with gdalwarp"
_AMOUNTS_MEND = (
    "Say resample: sum in its entry, which keeps the number of {}, or bring it onto the grid with gdalwarp -r sum"
)


@contextmanager
def opened(path: Path, where: str, problems: Problems, places: Places | None = None) -> Iterator[Any]:
    """Open a raster whose size, CRS and sources are in order; gives None after a fault.

    Faults of reading inside the block, as in a truncated file, are recorded too.
    """
    if not path.is_file():
        problems.add(where, "missing file", found=str(path))
        yield None
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        try:
            dataset = rasterio.open(path)
        except RasterioError as error:
            _report_unreadable(path, error, where, problems)
            yield None
            return
    with dataset:
        try:
            sound = _is_sound(dataset, where, problems, places)
        except RasterioError as error:
            _report_unreadable(path, error, where, problems)
            sound = False
        try:
            yield dataset if sound else None
        except RasterioError as error:
            _report_unreadable(path, error, where, problems)


def read_grid(path: Path, where: str, problems: Problems, places: Places | None = None) -> Grid | None:
    """Read the grid of a raster: north-up, projected, in metres, of square cells; None after a fault."""
    before = len(problems.faults)
    grid: Grid | None = None
    with opened(path, where, problems, places) as dataset:
        if dataset is not None:
            _check_projection(dataset.crs, where, problems)
            if dataset.transform.b or dataset.transform.d or dataset.transform.e >= 0 or dataset.transform.a <= 0:
                problems.add(where, "grid is rotated or not north-up", mend="Bring it north-up with gdalwarp")
            else:
                _check_square(dataset, where, problems)
            grid = grid_of(dataset)
    return grid if len(problems.faults) == before else None


def grid_of(dataset: Any) -> Grid:
    """Grid of an open raster."""
    return Grid(dataset.height, dataset.width, tuple(dataset.transform)[:6], crs_text(dataset.crs))


def crs_text(crs: Any) -> str:
    """Give the authority code of a CRS where it has one, else its WKT."""
    code = crs.to_authority()
    return ":".join(code) if code else str(crs.to_wkt())


def read_layer(
    path: Path,
    grid: Grid,
    quantity: Quantity,
    where: str,
    problems: Problems,
    reading: Reading | None = None,
    *,
    fill: float | None = None,
    known: npt.NDArray[np.bool_] | None = None,
    places: Places | None = None,
) -> npt.NDArray[Any] | None:
    """Read a raster as a layer of a quantity, in windows, into the quantity's dtype.

    Parameters
    ----------
    path : pathlib.Path
        Any raster that GDAL knows.
    grid : Grid
        Grid of the start map.
    quantity : Quantity
        Dtype and bounds.
    where : str
        Key, for the messages.
    problems : Problems
        Gets every fault.
    reading : Reading or None
        Nodata, resampling and band that the catalogue asks for.
    fill : float or None
        What cells without data become; by default NaN in a floating layer and 0 in any other.
    known : numpy.ndarray of bool, shape (256,), or None
        For a land-cover map: which codes the legend knows.
    places : Places or None
        Folders that a virtual raster may refer to.

    Returns
    -------
    numpy.ndarray of the quantity's dtype, shape (grid.height, grid.width)
        None after a fault.
    """
    if fill is None:
        fill = np.nan if np.dtype(quantity.dtype).kind == "f" else 0
    before = len(problems.faults)
    out: npt.NDArray[Any] | None = None
    with opened_band(path, grid, quantity, where, problems, reading or Reading(), places) as band:
        if band is not None:
            out = np.empty(grid.shape, dtype=quantity.dtype)
            tally = fill_blocks(band, out, quantity, fill, known=known)
            report_values(tally, quantity, where, problems, known is not None)
    return out if len(problems.faults) == before else None


def read_mask(
    path: Path,
    grid: Grid,
    quantity: Quantity,
    wanted: Sequence[float] | None,
    where: str,
    problems: Problems,
    reading: Reading | None = None,
    places: Places | None = None,
) -> npt.NDArray[np.bool_] | None:
    """Read where a raster has one of the wanted values, or, where none is named, any value but 0.

    Parameters are those of `read_layer`; cells without data are False.

    Returns
    -------
    numpy.ndarray of bool, shape (grid.height, grid.width)
        None after a fault.
    """
    before = len(problems.faults)
    cells = np.zeros(grid.shape, dtype=np.bool_)
    with opened_band(path, grid, quantity, where, problems, reading or Reading(), places) as band:
        if band is not None:
            become = (lambda values: values != 0) if wanted is None else (lambda values: np.isin(values, wanted))
            tally = fill_blocks(band, cells, quantity, 0, become=become)
            report_values(tally, quantity, where, problems)
    return cells if len(problems.faults) == before else None


@contextmanager
def opened_band(
    path: Path,
    grid: Grid,
    quantity: Quantity,
    where: str,
    problems: Problems,
    reading: Reading,
    places: Places | None = None,
) -> Iterator[Band | None]:
    """Open one band of a raster that is in order and stands on the grid, or may be resampled; None after a fault."""
    with opened(path, where, problems, places) as dataset:
        if dataset is None or not fits(dataset, grid, quantity, where, problems, reading):
            yield None
            return
        with Band(path, grid, reading) as band:
            yield band


def fill_blocks(
    band: Band,
    out: npt.NDArray[Any],
    quantity: Quantity,
    fill: float,
    *,
    known: npt.NDArray[np.bool_] | None = None,
    become: Callable[[npt.NDArray[Any]], npt.NDArray[Any]] | None = None,
    rows: int | None = None,
) -> Tally:
    """Read a band into an array, a block of rows a thread; any thread count and any block height give the same.

    Parameters
    ----------
    band : Band
        What to read.
    out : numpy.ndarray, shape (height, width)
        Takes the values, and `fill` in the gaps.
    quantity : Quantity
        Bounds; values outside them are counted and become 0.
    fill : float
        What cells without data become.
    known : numpy.ndarray of bool, shape (256,), or None
        Codes that a land-cover map may hold.
    become : callable or None
        What to keep of the values of a block.
    rows : int or None
        Height of a block; None takes that of the band.

    Returns
    -------
    Tally
        Gaps, and the values that do not belong.
    """

    def fill_block(block: slice) -> Tally:
        values, gaps = band.read(block)
        tally = Tally(values.size, int(np.count_nonzero(gaps)))
        bad = strange(values, gaps, quantity, known)
        if bad is not None:
            tally.note(values[bad])
            values[bad] = 0
        if tally.gaps:
            values[gaps] = 0  # what stands there may not fit into the layer
        out[block] = values if become is None else become(values)
        if tally.gaps and (fill != 0 or become is not None):
            out[block][gaps] = fill
        return tally

    total = Tally()
    for tally in each(fill_block, band.blocks(rows)):
        total.add(tally)
    return total


def _is_sound(dataset: Any, where: str, problems: Problems, places: Places | None) -> bool:
    cells = dataset.width * dataset.height
    if cells > MAX_CELLS:
        found = f"{dataset.width} x {dataset.height} cells"
        problems.add(where, "raster is too large", found=found, wanted=f"at most {MAX_CELLS:_} cells")
    elif dataset.driver in _REMOTE_DRIVERS:
        problems.add(where, "raster of a remote service", found=dataset.driver, wanted="a file")
    elif places and (strays := [name for name in dataset.files if not places.may_read(Path(name))]):
        problems.add(where, "refers to a path outside the project folder", found=", ".join(strays[:3]))
    elif dataset.crs is None:
        dataset.read(1, window=Window(dataset.width - 1, dataset.height - 1, 1, 1))  # a cut file may have lost it
        mend = "Write it into the file: gdal_edit.py -a_srs EPSG:... FILE"
        problems.add(where, "missing CRS", found=Path(dataset.name).name, mend=mend)
    else:
        return True
    return False


def _report_unreadable(path: Path, error: Exception, where: str, problems: Problems) -> None:
    """Tell a file that is no raster from one whose head is a raster's but whose body is lost."""
    if "not recognized" in str(error):
        problems.add(where, "not a raster", found=path.name, wanted="a file that GDAL can read, such as GeoTIFF")
    else:
        problems.add(where, "truncated or damaged file", found=path.name, mend="Copy or download it again")


def _check_projection(crs: Any, where: str, problems: Problems) -> None:
    if crs.is_geographic:
        problems.add(
            where,
            "degrees where metres are needed",
            found=crs_text(crs),
            wanted="a projected CRS in metres, such as UTM",
            mend="Reproject it: gdalwarp -t_srs EPSG:... IN OUT",
        )
    elif not crs.is_projected or abs(crs.linear_units_factor[1] - 1.0) > 1e-9:
        problems.add(where, "projected, but not in metres", found=crs.linear_units, wanted="metre")
    elif crs.to_epsg() == 3857:
        mend = "Reproject it to UTM or an equal-area CRS"
        problems.warn(where, "web Mercator stretches areas", found="EPSG:3857", mend=mend)


def _check_square(dataset: Any, where: str, problems: Problems) -> None:
    """Refuse oblong cells: neighbourhoods, distances and edges are counted in cells."""
    across, down = dataset.transform.a, -dataset.transform.e
    if max(across, down) <= _OBLONG * min(across, down):
        return
    side = f"{max(across, down):g}" if dataset.crs.is_projected else "METRES"
    problems.add(
        where,
        "cells are not square",
        found=f"{across:g} x {down:g}",
        wanted="sides that differ by at most 1 %",
        mend=f"Bring it onto square cells: gdalwarp -r mode -tr {side} {side} IN OUT; other files may keep their own "
        "grid with the key resample",
    )


def fits(dataset: Any, grid: Grid, quantity: Quantity, where: str, problems: Problems, reading: Reading) -> bool:
    """Check bands and grid of a layer against the start map."""
    before = len(problems.faults)
    if reading.band is None and dataset.count > 1:
        problems.add(where, f"{dataset.count} bands", wanted="one band", mend="Name one: band: 1")
    elif (reading.band or 1) > dataset.count:
        problems.add(where, "no such band", found=str(reading.band), wanted=f"1..{dataset.count}")
    elif "complex" in dataset.dtypes[(reading.band or 1) - 1]:
        problems.add(where, "complex numbers", wanted="whole or real numbers")
    if reading.resample is None:
        mend = _AMOUNTS_MEND.format(quantity.unit) if quantity.name in AMOUNTS else _RESAMPLE_MEND
        _check_same_grid(dataset, grid, where, problems, reading.reference, mend)
    else:
        _check_resampling(dataset, grid, quantity, where, problems, reading)
    return len(problems.faults) == before


def _check_same_grid(dataset: Any, grid: Grid, where: str, problems: Problems, reference: str, mend: str) -> None:
    if dataset.crs != rasterio.CRS.from_user_input(grid.crs):
        problems.add(
            where, "another CRS", found=crs_text(dataset.crs), wanted=f"{grid.crs} (that of {reference})", mend=mend
        )
        return
    if difference := grid_difference(grid_of(dataset), grid):
        problems.add(where, f"another grid than {reference}", found=difference, mend=mend)


def grid_difference(found: Grid, wanted: Grid) -> str | None:
    """Say in words how one grid differs from another of the same CRS; None where they are equal."""
    sizes = (found.transform[0], -found.transform[4]), (wanted.transform[0], -wanted.transform[4])
    if any(abs(a - b) * max(wanted.shape) > _TOLERANCE * wanted.cell_size for a, b in zip(*sizes, strict=True)):
        return f"cells of {sizes[0][0]:g} x {sizes[0][1]:g} m, not {sizes[1][0]:g} x {sizes[1][1]:g} m"
    east, north = found.transform[2] - wanted.transform[2], found.transform[5] - wanted.transform[5]
    if max(abs(east), abs(north)) > _TOLERANCE * wanted.cell_size:
        return f"a grid shifted by {east:g} m east and {north:g} m north"
    if found.shape != wanted.shape:
        return f"{found.height} x {found.width} cells, not {wanted.height} x {wanted.width}"
    return None


def _check_resampling(
    dataset: Any, grid: Grid, quantity: Quantity, where: str, problems: Problems, reading: Reading
) -> None:
    amounts = quantity.name in AMOUNTS
    if np.dtype(quantity.dtype).kind != "f" and reading.resample in ("bilinear", "average"):
        problems.add(f"{where}.resample", "classes have no mean", found=reading.resample, wanted="nearest or mode")
    elif reading.resample == "sum" and not amounts:
        problems.add(f"{where}.resample", f"{quantity.name} does not add up", found="sum", wanted="another way")
    elif reading.resample == "mode" and amounts:
        problems.add(f"{where}.resample", "amounts have no commonest value", found="mode", wanted="sum")
    warn_of_datum(dataset.crs, grid.crs, where, problems)
    left, bottom, right, top = transform_bounds(dataset.crs, grid.crs, *dataset.bounds)
    if left >= grid.bounds[2] or right <= grid.bounds[0] or bottom >= grid.bounds[3] or top <= grid.bounds[1]:
        problems.add(where, f"does not overlap {reading.reference}", mend="Check its CRS and its place")


def report_values(tally: Tally, quantity: Quantity, where: str, problems: Problems, coded: bool = False) -> None:
    """Record what a tally says against a raster: no data at all, or values that are none of the quantity's."""
    if tally.gaps == tally.cells:
        problems.add(where, "holds no data at all", found=f"{tally.cells} cells, all nodata")
    if not tally.strange:
        return
    mend = None
    if len(tally.strange) == 1:
        mend = f"If this value means no data, say nodata: {next(iter(tally.strange)):g}"
    if coded:
        problems.add(where, "unknown class codes", found=listed(tally.strange), wanted="codes of the legend", mend=mend)
        return
    wanted = "whole numbers" if np.dtype(quantity.dtype).kind != "f" else "numbers"
    low, high = (f"{bound:g}" if bound is not None else "any" for bound in (quantity.low, quantity.high))
    unit = "" if quantity.unit == "1" else f" {quantity.unit}"
    wanted += f" from {low} to {high}{unit}"
    problems.add(where, f"values that are no {quantity.name}", found=listed(tally.strange), wanted=wanted, mend=mend)


def listed(counts: Mapping[float, int], most: int = 8) -> str:
    """Write values and their cell counts, ascending, as ``9 (12 cells), 11 (3 cells)``."""
    shown = [f"{value:g} ({counts[value]} cells)" for value in sorted(counts)[:most]]
    rest = len(counts) - len(shown)
    return ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")
