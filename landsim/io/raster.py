"""Rasters in: any GDAL format, checked against the grid of the start map, read in windows into narrow arrays."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.enums import Resampling
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.vrt import WarpedVRT
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from landsim.core.errors import Problems
from landsim.core.quantity import Quantity
from landsim.io.paths import Places
from landsim.landscape.grid import Grid

Resample = Literal["nearest", "bilinear", "mode", "average"]

MAX_CELLS = 1_000_000_000
"""Largest raster that is read, in cells; it is checked before anything is allocated."""

_CELLS_A_BLOCK = 4_000_000
_TOLERANCE = 0.01  # of a cell, by which corners may differ
_MAX_STRANGE = 1000  # distinct wrong values that are told apart
_REMOTE_DRIVERS = {"WMS", "WMTS", "WCS", "TileDB", "HTTP", "PLMosaic", "EEDAI", "OGCAPI", "STACTA", "STACIT", "NGW"}
_RESAMPLE_MEND = "Say resample: nearest|bilinear|mode|average in its entry, or bring it onto the grid with gdalwarp"


@dataclass(frozen=True)
class Reading:
    """How the catalogue wants a raster to be read.

    Attributes
    ----------
    nodata : float or None
        Value of cells without data; None takes what the file says.
    resample : {"nearest", "bilinear", "mode", "average"} or None
        How to bring it onto the grid; None refuses another grid.
    band : int or None
        Band, from 1; None wants a file of one band.
    reference : str
        File name of the start map, for the messages.
    """

    nodata: float | None = None
    resample: Resample | None = None
    band: int | None = None
    reference: str = "the start map"


@dataclass
class Tally:
    """What was met while a raster was read: gaps, values that are out of bounds, and cells in all."""

    cells: int = 0
    gaps: int = 0
    strange: Counter[float] = field(default_factory=Counter)

    def note(self, values: npt.NDArray[Any], bad: npt.NDArray[np.bool_]) -> None:
        """Count the distinct bad values."""
        found, counts = np.unique(values[bad], return_counts=True)
        for value, count in zip(found[:_MAX_STRANGE].tolist(), counts[:_MAX_STRANGE].tolist(), strict=True):
            self.strange[value] += count


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
    """Read the grid of a raster: north-up, projected, in metres; None after a fault."""
    before = len(problems.faults)
    grid: Grid | None = None
    with opened(path, where, problems, places) as dataset:
        if dataset is not None:
            _check_projection(dataset.crs, where, problems)
            if dataset.transform.b or dataset.transform.d or dataset.transform.e >= 0 or dataset.transform.a <= 0:
                problems.add(where, "grid is rotated or not north-up", mend="Bring it north-up with gdalwarp")
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
    reading = reading or Reading()
    if fill is None:
        fill = np.nan if np.dtype(quantity.dtype).kind == "f" else 0
    before = len(problems.faults)
    out: npt.NDArray[Any] | None = None
    with opened(path, where, problems, places) as dataset:
        if dataset is not None and _fits(dataset, grid, quantity, where, problems, reading):
            out = np.empty(grid.shape, dtype=quantity.dtype)
            with _on_grid(dataset, grid, reading) as source:
                tally = _fill(source, out, quantity, reading, fill, known)
            _report_values(tally, quantity, where, problems, known is not None)
    return out if len(problems.faults) == before else None


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


def _fits(dataset: Any, grid: Grid, quantity: Quantity, where: str, problems: Problems, reading: Reading) -> bool:
    """Check bands and grid of a layer against the start map."""
    before = len(problems.faults)
    if reading.band is None and dataset.count > 1:
        problems.add(where, f"{dataset.count} bands", wanted="one band", mend="Name one: band: 1")
    elif (reading.band or 1) > dataset.count:
        problems.add(where, "no such band", found=str(reading.band), wanted=f"1..{dataset.count}")
    elif "complex" in dataset.dtypes[(reading.band or 1) - 1]:
        problems.add(where, "complex numbers", wanted="whole or real numbers")
    if reading.resample is None:
        _check_same_grid(dataset, grid, where, problems, reading.reference)
    else:
        _check_resampling(dataset, grid, quantity, where, problems, reading)
    return len(problems.faults) == before


def _check_same_grid(dataset: Any, grid: Grid, where: str, problems: Problems, reference: str) -> None:
    if dataset.crs != rasterio.CRS.from_user_input(grid.crs):
        problems.add(
            where,
            "another CRS",
            found=crs_text(dataset.crs),
            wanted=f"{grid.crs} (that of {reference})",
            mend=_RESAMPLE_MEND,
        )
        return
    if difference := grid_difference(grid_of(dataset), grid):
        problems.add(where, f"another grid than {reference}", found=difference, mend=_RESAMPLE_MEND)


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
    if np.dtype(quantity.dtype).kind != "f" and reading.resample in ("bilinear", "average"):
        problems.add(f"{where}.resample", "classes have no mean", found=reading.resample, wanted="nearest or mode")
    left, bottom, right, top = transform_bounds(dataset.crs, grid.crs, *dataset.bounds)
    if left >= grid.bounds[2] or right <= grid.bounds[0] or bottom >= grid.bounds[3] or top <= grid.bounds[1]:
        problems.add(where, f"does not overlap {reading.reference}", mend="Check its CRS and its place")


@contextmanager
def _on_grid(dataset: Any, grid: Grid, reading: Reading) -> Iterator[Any]:
    """Give the dataset itself, or a view of it that is resampled as it is read: float64, NaN outside the source."""
    if reading.resample is None:
        yield dataset
        return
    nodata = reading.nodata if reading.nodata is not None else dataset.nodatavals[(reading.band or 1) - 1]
    with WarpedVRT(
        dataset,
        crs=grid.crs,
        transform=rasterio.Affine(*grid.transform),
        height=grid.height,
        width=grid.width,
        resampling=Resampling[reading.resample],
        src_nodata=nodata,
        nodata=np.nan,
        dtype="float64",
    ) as view:
        yield view


def _fill(
    source: Any,
    out: npt.NDArray[Any],
    quantity: Quantity,
    reading: Reading,
    fill: float,
    known: npt.NDArray[np.bool_] | None,
) -> Tally:
    """Read row blocks, put `fill` into the gaps, and count what does not belong."""
    height, width = out.shape
    rows = _rows_a_block(source, width)
    tally = Tally(cells=out.size)
    for top in range(0, height, rows):
        window = Window(0, top, width, min(rows, height - top))
        values, gaps = _read_block(source, reading, window)
        bad = ~gaps & _does_not_belong(values, quantity)
        if known is not None:
            bad |= ~gaps & ~known[np.where(bad | gaps, 0, values).astype(np.uint8)]
        if bad.any():
            tally.note(values, bad)
        tally.gaps += int(np.count_nonzero(gaps))
        values[gaps | bad] = 0
        block = out[top : top + rows]
        block[...] = values
        block[gaps] = fill
    return tally


def _rows_a_block(source: Any, width: int) -> int:
    """Rows of a window: about four million cells, in whole storage blocks."""
    stored = source.block_shapes[0][0]
    wanted = max(1, _CELLS_A_BLOCK // width)
    return max(1, wanted // stored) * stored if stored <= wanted else wanted


def _read_block(source: Any, reading: Reading, window: Window) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """Values of a window and where they are missing."""
    band = reading.band or 1
    if reading.nodata is None or reading.resample is not None:
        masked = source.read(band, window=window, masked=True)
        values, gaps = masked.data, np.ma.getmaskarray(masked).copy()
    else:
        values = source.read(band, window=window)
        gaps = values == reading.nodata
    if values.dtype.kind == "f":
        gaps |= np.isnan(values)
    return values, gaps


def _does_not_belong(values: npt.NDArray[Any], quantity: Quantity) -> npt.NDArray[np.bool_]:
    """Mark values outside the bounds of a quantity, or broken ones of a whole-number quantity."""
    dtype = np.dtype(quantity.dtype)
    bad = np.zeros(values.shape, dtype=np.bool_)
    whole = dtype.kind != "f"
    low = np.iinfo(dtype).min if quantity.low is None and whole else quantity.low
    high = np.iinfo(dtype).max if quantity.high is None and whole else quantity.high
    if low is not None:
        bad |= values < low
    if high is not None:
        bad |= values > high
    if values.dtype.kind == "f":
        bad |= np.isinf(values)
        if whole:
            bad |= values != np.rint(values)
    return bad


def _report_values(tally: Tally, quantity: Quantity, where: str, problems: Problems, coded: bool) -> None:
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
