"""Drivers: rasters that may explain change, looked through once block by block and never held whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from landsim.calibrate.span import Codes, Plane
from landsim.calibrate.study import DriverEntry, Kind
from landsim.core.errors import Problems
from landsim.core.quantity import Quantity
from landsim.io.drivers import MOST_GAPS
from landsim.io.paths import Places
from landsim.io.rows import RasterRows, open_rows
from landsim.landscape.focal import row_blocks
from landsim.landscape.grid import Grid

MOST_CATEGORIES = 256


@dataclass(frozen=True)
class Driver:
    """A driver that is in order.

    Attributes
    ----------
    name : str
        Name in the study.
    kind : {"continuous", "categorical", "source"}
        How it is used.
    date : int or None
        Year that it describes.
    unit : str
        Unit of its values.
    path : pathlib.Path
        The file.
    entry : DriverEntry
        How it is read.
    gaps : int
        Valid cells without a value; where there are any, a model needs a missing-value indicator.  0 for a source,
        whose gaps are cells without one.
    low, high : float
        Smallest and largest value over the valid cells of the fit.
    categories : tuple of int
        Values of a categorical driver over these cells, ascending.
    """

    name: str
    kind: Kind
    date: int | None
    unit: str
    path: Path
    entry: DriverEntry
    gaps: int
    low: float
    high: float
    categories: tuple[int, ...] = ()

    @property
    def needs_indicator(self) -> bool:
        """Whether a model must tell cells without a value apart."""
        return self.gaps > 0


@dataclass
class Look:
    """What one pass over the valid cells of a driver found.

    Attributes
    ----------
    cells, gaps : int
        Valid cells, and those of them without a value.
    low, high : float
        Smallest and largest value.
    categories : set of int
        Values of a categorical driver.
    """

    cells: int = 0
    gaps: int = 0
    low: float = np.inf
    high: float = -np.inf
    categories: set[int] = field(default_factory=set)

    def add(self, values: npt.NDArray[np.float32], kind: Kind) -> None:
        """Take over the values of some valid cells, NaN where missing."""
        missing = np.isnan(values)
        self.cells += values.size
        self.gaps += int(np.count_nonzero(missing))
        known = values[~missing]
        if known.size:
            self.low, self.high = min(self.low, float(known.min())), max(self.high, float(known.max()))
        if kind == "categorical" and len(self.categories) <= MOST_CATEGORIES:
            self.categories.update(np.unique(known).astype(np.int64).tolist())


class Twins:
    """Ways in which a driver may be a map in disguise; those that a block contradicts are struck out.

    A driver is a twin of a map where its values are the codes, or where it is non-zero (or zero, as a distance is)
    on the cells of one class and nowhere else.

    Parameters
    ----------
    maps : mapping of int to numpy.ndarray of uint8, shape (height, width)
        Year -> codes; the first is the start of the fit, which a driver may well resemble.
    nodata : int
        Code of cells without data.
    """

    def __init__(self, maps: Mapping[int, Codes], nodata: int) -> None:
        self._maps, self._nodata = maps, np.uint8(nodata)
        self._open = {(year, way): 0 for year, codes in maps.items() for way in _ways(codes, nodata)}

    def compare(self, rows: slice, values: npt.NDArray[np.float32]) -> None:
        """Strike out what these rows, float32, shape (rows, width), contradict."""
        known = ~np.isnan(values)
        for year in sorted({year for year, _ in self._open}):
            codes = self._maps[year][rows]
            both = known & (codes != self._nodata)
            number, land = values[both], codes[both]
            for way in [way for y, way in self._open if y == year]:
                same = number == land if way is None else ((number != 0) == way[1]) == (land == way[0])
                if same.all():
                    self._open[year, way] += number.size
                else:
                    del self._open[year, way]

    def year(self) -> int | None:
        """Year of a map after the first that the driver repeats although the first differs; None if there is none."""
        first = next(iter(self._maps))
        alike = [(y, way) for (y, way), cells in self._open.items() if cells and y != first]
        return next((y for y, way in alike if (first, way) not in self._open), None)


def _ways(codes: Codes, nodata: int) -> list[tuple[int, bool] | None]:
    """Ways to resemble a map: its codes (None), or a class of it on non-zero cells (True) or on zero ones (False)."""
    present = [int(code) for code in np.flatnonzero(np.bincount(codes.reshape(-1), minlength=256)) if code != nodata]
    return [None, *((code, on) for code in present for on in (True, False))] if len(present) > 1 else []


@contextmanager
def driver_rows(
    name: str, path: Path, entry: DriverEntry, grid: Grid, where: str, problems: Problems, places: Places
) -> Iterator[RasterRows | None]:
    """Open a driver to be read by rows; None after a fault, as `landsim.io.rows.open_rows`."""
    quantity = Quantity(name, "int32" if entry.kind == "categorical" else "float32", entry.unit, "driver")
    reading = entry.reading("the first map of the fit")
    with open_rows(path, grid, quantity, where, problems, reading, places) as rows:
        yield rows


def look_through(rows: RasterRows, kind: Kind, valid: Plane, twins: Twins) -> Look:
    """Read a driver once over the valid cells."""
    look = Look()
    for block in row_blocks(valid.shape[0], rows.block_rows, 0):
        values = rows.read(block.rows)
        if kind == "source":
            values = np.nan_to_num(values, nan=0.0)
        twins.compare(block.rows, values)
        look.add(values[valid[block.rows]], kind)
    return look


def judge(name: str, entry: DriverEntry, path: Path, look: Look, where: str, problems: Problems) -> Driver | None:
    """Tell what is wrong with the values of a driver; None where it cannot be used.

    Parameters
    ----------
    name, entry, path
        The driver.
    look : Look
        What its values are.
    where : str
        Key, for the messages.
    problems : Problems
        Gets a fault for too many gaps or categories, and a caution for some gaps or a constant.
    """
    share = look.gaps / look.cells if look.cells else 1.0
    found = f"{look.gaps} of {look.cells} valid cells ({100 * share:.1f} %)"
    if share > MOST_GAPS:
        mend = "Fill the gaps, or leave the driver out"
        problems.add(where, "too many gaps", found=found, wanted=f"at most {100 * MOST_GAPS:.0f} %", mend=mend)
        return None
    if len(look.categories) > MOST_CATEGORIES:
        what, wanted = "too many categories", f"at most {MOST_CATEGORIES}"
        problems.add(where, what, wanted=wanted, mend="Say kind: continuous, or merge some")
        return None
    if look.low == look.high:
        mend = "It explains nothing and is left out"
        problems.warn(where, "is constant over the study area", found=f"{look.low:g}", mend=mend)
        return None
    if look.gaps:
        problems.warn(where, "gaps inside the study area", found=found, mend="They become a missing-value indicator")
    return Driver(
        name, entry.kind, entry.date, entry.unit, path, entry, look.gaps, look.low, look.high,
        tuple(sorted(look.categories)),
    )  # fmt: skip
