"""Raster rows: a raster of any size as `Rows` - checked once, then read by any number of threads, never held."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
from rasterio.errors import RasterioError

from landsim.core.errors import InputError, Problem, Problems
from landsim.core.quantity import Quantity
from landsim.io.band import Band, Reading, Tally, strange
from landsim.io.paths import Places
from landsim.io.raster import opened_band, report_values
from landsim.landscape.grid import Grid


class RasterRows:
    """Rows of a raster on the grid of the start map, as `landsim.landscape.rows.Rows` describes them; see `open_rows`.

    Values are float32: NaN where the file has no data or a value that is none of the quantity's.  Every row is
    counted once, however often it is read.

    Attributes
    ----------
    quantity : Quantity
        Meaning and bounds of the values.
    block_rows : int
        Height of a block that suits how the file is stored; any other is read as well, but not as quickly.
    """

    def __init__(self, band: Band, quantity: Quantity) -> None:
        self.quantity = quantity
        self.block_rows = band.block_rows
        self._band = band
        self._counted = np.zeros(band.grid.height, dtype=np.bool_)
        self._tally, self._lock = Tally(), Lock()

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width, cells."""
        return self._band.grid.shape

    @property
    def tally(self) -> Tally:
        """Cells, gaps and values out of bounds of the rows read so far."""
        return self._tally

    def read(self, rows: slice) -> npt.NDArray[np.float32]:
        """Give the values of a slice of rows, float32, shape (rows, width), NaN where missing.

        Raises
        ------
        rasterio.errors.RasterioError
            If the file is damaged; `open_rows` records it as a fault.
        ValueError
            If the rows are read after they were closed.
        """
        first, last, _ = rows.indices(self.shape[0])
        values, gaps = self._band.read(slice(first, last))
        bad = strange(values, gaps, self.quantity, None)
        found = Tally(values.size, int(np.count_nonzero(gaps)))
        self._count(slice(first, last), found, values, gaps, bad)
        out = values.astype(np.float32, copy=False)
        if bad is not None:
            gaps |= bad
        if bad is not None or found.gaps:
            out[gaps] = np.nan
        return out

    def _count(
        self,
        rows: slice,
        found: Tally,
        values: npt.NDArray[Any],
        gaps: npt.NDArray[np.bool_],
        bad: npt.NDArray[np.bool_] | None,
    ) -> None:
        """Add what was found to the tally, but for the rows that were read before."""
        with self._lock:
            fresh = ~self._counted[rows]
            self._counted[rows] = True
        if not fresh.all():
            found = Tally(int(np.count_nonzero(fresh)) * self.shape[1], int(np.count_nonzero(gaps[fresh])))
        if bad is not None:
            found.note(values[fresh][bad[fresh]])
        with self._lock:
            self._tally.add(found)


class FileRows:
    """Rows of a raster that opens itself when it is read, and again when it is read after `close`.

    Parameters
    ----------
    path, grid, quantity, where, reading, places
        As `open_rows` takes them.
    """

    def __init__(
        self, path: Path, grid: Grid, quantity: Quantity, where: str, reading: Reading, places: Places | None = None
    ) -> None:
        self._path, self._grid, self._quantity, self._where = path, grid, quantity, where
        self._reading, self._places = reading, places
        self._open: tuple[ExitStack, RasterRows] | None = None
        self._lock = Lock()

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width, cells."""
        return self._grid.shape

    @property
    def block_rows(self) -> int:
        """Height of a block that suits how the file is stored."""
        return self._opened().block_rows

    def read(self, rows: slice) -> npt.NDArray[np.float32]:
        """Give the values of a slice of rows, float32, shape (rows, width), NaN where missing.

        Raises
        ------
        InputError
            If the file is at fault.
        """
        try:
            return self._opened().read(rows)
        except RasterioError as error:
            raise InputError(
                Problem(self._where, "cannot be read", found=" ".join(str(error).split())[:200])
            ) from error

    def close(self) -> None:
        """Close the file until it is read again."""
        with self._lock:
            if self._open is not None:
                self._open[0].close()
            self._open = None

    def _opened(self) -> RasterRows:
        with self._lock:
            if self._open is None:
                stack, problems = ExitStack(), Problems()
                rows = stack.enter_context(
                    open_rows(
                        self._path, self._grid, self._quantity, self._where, problems, self._reading, self._places
                    )
                )
                if rows is None:
                    stack.close()
                    raise InputError(problems.faults)
                self._open = stack, rows
            return self._open[1]


@contextmanager
def open_rows(
    path: Path,
    grid: Grid,
    quantity: Quantity,
    where: str,
    problems: Problems,
    reading: Reading | None = None,
    places: Places | None = None,
) -> Iterator[RasterRows | None]:
    """Open a raster to be read by rows; None after a fault.

    Faults of the file are recorded at once, those of its values when the block ends, for the rows that were read.  An
    error of reading ends the block and is recorded too, so look at `problems` after it.

    Parameters
    ----------
    path : pathlib.Path
        Any raster that GDAL knows.
    grid : Grid
        Grid of the start map.
    quantity : Quantity
        Meaning and bounds; a value outside them is a fault.
    where : str
        Key, for the messages.
    problems : Problems
        Gets every fault.
    reading : Reading or None
        Nodata, resampling and band.
    places : Places or None
        Folders that a virtual raster may refer to.

    Examples
    --------
    Fold a driver into a sum that is held, block by block::

        with open_rows(path, grid, slope, "data.yaml: drivers.slope", problems) as rows:
            if rows is not None:
                for block in row_blocks(grid.height, rows.block_rows, 0):
                    total[block.rows] += weight * rows.read(block.rows)
        problems.raise_if_any()
    """
    with opened_band(path, grid, quantity, where, problems, reading or Reading(), places) as band:
        if band is None:
            yield None
            return
        rows = RasterRows(band, quantity)
        yield rows
        if rows.tally.cells:
            report_values(rows.tally, quantity, where, problems)
