"""Band: one band of a raster on the grid of the start map, read by rows from several threads at once."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.enums import MaskFlags, Resampling
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from landsim.core.quantity import Quantity
from landsim.landscape.grid import Grid

Resample = Literal["nearest", "bilinear", "mode", "average", "sum"]

CACHE_BYTES = 32_000_000
"""Most that GDAL keeps of decoded blocks; its own rule, a twentieth of the machine, would grow with the machine."""

_CELLS_A_BLOCK = 1_000_000
_MOST_A_BLOCK = 8_000_000
_MAX_STRANGE = 1000  # distinct wrong values that are told apart
_UNMASKED = [MaskFlags.all_valid]
_BY_VALUE = [MaskFlags.nodata]


@dataclass(frozen=True)
class Reading:
    """How the catalogue wants a raster to be read.

    Attributes
    ----------
    nodata : float or None
        Value of cells without data; None takes what the file says.
    resample : {"nearest", "bilinear", "mode", "average", "sum"} or None
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
    """What was met while a raster was read: cells in all, gaps, and the values that are out of bounds.

    Of these the lowest `_MAX_STRANGE` are counted, so that tallies of blocks add up to the same in any division.
    """

    cells: int = 0
    gaps: int = 0
    strange: Counter[float] = field(default_factory=Counter)

    def note(self, values: npt.NDArray[Any]) -> None:
        """Count the distinct values of those that are bad."""
        found, counts = np.unique(values, return_counts=True)
        pairs = zip(found[:_MAX_STRANGE].tolist(), counts[:_MAX_STRANGE].tolist(), strict=True)
        self.strange.update(dict(pairs))

    def add(self, other: Tally) -> None:
        """Take over what another part of the raster gave."""
        self.cells += other.cells
        self.gaps += other.gaps
        self.strange.update(other.strange)
        if len(self.strange) > _MAX_STRANGE:
            self.strange = Counter({value: self.strange[value] for value in sorted(self.strange)[:_MAX_STRANGE]})


class Band:
    """One band of a raster that is known to be in order.

    A handle of GDAL may be used by one thread at a time: idle ones wait in a pool, and a thread that finds none opens
    another.  Close it, or use it as a context manager.

    Parameters
    ----------
    path : pathlib.Path
        Any raster that GDAL knows.
    grid : Grid
        Grid of the start map.
    reading : Reading
        Nodata, resampling and band.
    """

    def __init__(self, path: Path, grid: Grid, reading: Reading) -> None:
        self.path, self.grid, self.reading = path, grid, reading
        self._idle = deque([Handle(path, grid, reading)])
        self._closed = False
        self.block_rows = self._idle[0].block_rows(grid.width)

    def __enter__(self) -> Band:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every handle."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def blocks(self, rows: int | None = None) -> Iterator[slice]:
        """Cut the map into slices of `rows`; by default about a million cells in whole storage blocks."""
        height, step = self.grid.height, rows or self.block_rows
        return (slice(top, min(top + step, height)) for top in range(0, height, step))

    def read(self, rows: slice) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
        """Give the values of a slice of rows as they are stored, and where they are missing; both the caller's own.

        Raises
        ------
        rasterio.errors.RasterioError
            If the file is damaged.
        ValueError
            If the band is closed.
        """
        handle = self._take()
        try:
            return handle.read(Window(0, rows.start, self.grid.width, rows.stop - rows.start))
        finally:
            self._idle.append(handle)
            if self._closed:
                self.close()

    def _take(self) -> Handle:
        if self._closed:
            raise ValueError(f"{self.path.name} is closed")
        try:
            return self._idle.pop()
        except IndexError:
            return Handle(self.path, self.grid, self.reading)


class Handle:
    """An open raster, or the view of it that resamples it onto the grid."""

    def __init__(self, path: Path, grid: Grid, reading: Reading) -> None:
        self._stack = ExitStack()
        self.band = reading.band or 1
        with little_cache():
            self.source: Any = self._stack.enter_context(rasterio.open(path))
            self.nodata: float | None = reading.nodata
            if self.nodata is None:
                self.nodata = self.source.nodatavals[self.band - 1]
            if reading.resample is not None:
                self.source = self._stack.enter_context(_on_grid(self.source, grid, reading.resample, self.nodata))
                self.nodata = np.nan
        self.masked = (reading.nodata is None or reading.resample is not None) and self._has_mask()

    def _has_mask(self) -> bool:
        """Tell whether gaps are more than equal values: a mask, an alpha band, or a real value within a tolerance."""
        flags = self.source.mask_flag_enums[self.band - 1]
        whole = np.dtype(self.source.dtypes[self.band - 1]).kind in "iu"
        by_value = flags == _BY_VALUE and (whole or self.nodata is None or np.isnan(self.nodata))
        return not by_value and flags != _UNMASKED

    def close(self) -> None:
        """Close the file."""
        self._stack.close()

    def block_rows(self, width: int) -> int:
        """Rows of about a million cells, in whole storage blocks unless these are huge."""
        stored, wanted = int(self.source.block_shapes[self.band - 1][0]), max(1, _CELLS_A_BLOCK // width)
        return wanted if stored * width > _MOST_A_BLOCK else max(1, wanted // stored) * stored

    def read(self, window: Window) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
        """Give the values of a window as they are stored, and where they are missing."""
        with little_cache():
            values: npt.NDArray[Any] = self.source.read(self.band, window=window)
            mask = self.source.read_masks(self.band, window=window) if self.masked else None
        if mask is not None:
            gaps = mask == 0
        elif self.nodata is not None and _can_hold(values.dtype, self.nodata):
            gaps = values == values.dtype.type(self.nodata)
        else:
            gaps = np.zeros(values.shape, dtype=np.bool_)
        if values.dtype.kind == "f":
            gaps |= np.isnan(values)
        return values, gaps


def _on_grid(dataset: Any, grid: Grid, resample: Resample, nodata: float | None) -> Any:
    """View of a dataset that is resampled as it is read: float64, NaN outside the source."""
    return WarpedVRT(
        dataset,
        crs=grid.crs,
        transform=rasterio.Affine(*grid.transform),
        height=grid.height,
        width=grid.width,
        resampling=Resampling[resample],
        src_nodata=nodata,
        nodata=np.nan,
        dtype="float64",
    )


def _can_hold(dtype: np.dtype[Any], value: float) -> bool:
    """Tell whether a value can stand in an array of a dtype at all."""
    if dtype.kind == "f":
        return True
    return bool(np.isfinite(value)) and value == round(value) and np.iinfo(dtype).min <= value <= np.iinfo(dtype).max


def little_cache() -> Any:
    """Let GDAL hold few decoded blocks, unless the user has set how many, and raise its errors in place of printing.

    A dataset opened inside does not tie itself to the thread, so that any thread may close it.
    """
    return rasterio.Env(**({} if "GDAL_CACHEMAX" in os.environ else {"GDAL_CACHEMAX": CACHE_BYTES}))


def strange(
    values: npt.NDArray[Any], gaps: npt.NDArray[np.bool_], quantity: Quantity, known: npt.NDArray[np.bool_] | None
) -> npt.NDArray[np.bool_] | None:
    """Mark the values that are no value of a quantity, or no known code; None where all are in order."""
    bad = _does_not_belong(values, quantity)
    if known is not None:
        codes = values if bad is None else np.where(bad | gaps, 0, values)
        unknown = ~known[codes.astype(np.uint8, copy=False)]
        bad = unknown if bad is None else bad | unknown
    if bad is None:
        return None
    bad &= ~gaps
    return bad if bad.any() else None


def _does_not_belong(values: npt.NDArray[Any], quantity: Quantity) -> npt.NDArray[np.bool_] | None:
    """Mark values outside the bounds of a quantity, or broken ones of a whole-number quantity; None where none is."""
    whole = np.dtype(quantity.dtype).kind != "f"
    low, high = bounds_of(quantity)
    if values.dtype.kind in "iu":
        if (low is None or values.min() >= low) and (high is None or values.max() <= high):
            return None
        bad = np.zeros(values.shape, dtype=np.bool_)
    else:
        bad = np.isinf(values)
        if whole:
            bad |= values != np.rint(values)
    if low is not None:
        bad |= values < low
    if high is not None:
        bad |= values > high
    return bad


def bounds_of(quantity: Quantity) -> tuple[float | None, float | None]:
    """Lowest and highest value of a quantity; those of its dtype where it is of whole numbers and names none."""
    dtype = np.dtype(quantity.dtype)
    if dtype.kind == "f" or dtype.kind == "b":
        return quantity.low, quantity.high
    limits = np.iinfo(dtype)
    return limits.min if quantity.low is None else quantity.low, limits.max if quantity.high is None else quantity.high
