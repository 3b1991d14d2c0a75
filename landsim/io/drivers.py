"""Drivers: rasters of a place that fitted rules read; they are looked through once and never held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.core.quantity import Quantity
from landsim.io.catalog import DriverEntry
from landsim.io.paths import Places
from landsim.io.rows import FileRows
from landsim.landscape.focal import row_blocks
from landsim.landscape.grid import Grid
from landsim.landscape.landscape import LAYERS
from landsim.landscape.rows import ArrayRows, Rows

MOST_CATEGORIES = 256
"""Distinct values that are told apart."""

Bits = npt.NDArray[np.uint8]

_CELLS_A_BLOCK = 1_000_000


@dataclass(frozen=True)
class DriverFile:
    """A driver of the catalogue whose file was found.

    Attributes
    ----------
    path : pathlib.Path
    entry : DriverEntry
    where : str
        Key, for the messages.
    reference : str
        Name of the start map, for the messages.
    places : Places
        Folders that a virtual raster may refer to.
    """

    path: Path
    entry: DriverEntry
    where: str
    reference: str
    places: Places


@dataclass(frozen=True)
class Offer:
    """What a place has under the name of a driver.

    Attributes
    ----------
    rows : Rows
        Its values.
    kinds : tuple of str
        What it may be taken for: continuous, categorical, source.
    unit : str
        ``"1"`` where none is named.
    where : str
        File and key, for the messages.
    """

    rows: Rows
    kinds: tuple[str, ...]
    unit: str
    where: str


MOST_GAPS = 0.2
"""Share of the valid cells without a value above which a driver is refused."""


@dataclass
class Look:
    """What one pass over the valid cells found.

    Attributes
    ----------
    known : int
        Cells that have a value.
    low, high : float
        Smallest and largest value.
    values : set of int
        Distinct whole values, as far as `MOST_CATEGORIES`.
    """

    known: int = 0
    low: float = np.inf
    high: float = -np.inf
    values: set[int] = field(default_factory=set)


def offer(
    name: str,
    files: Mapping[str, DriverFile],
    layers: Mapping[str, npt.NDArray[Any]],
    gaps: Mapping[str, Bits],
    grid: Grid,
    where: str,
) -> Offer | None:
    """Find a driver among those of the catalogue, or else among the layers of the place; None if there is none.

    Parameters
    ----------
    name : str
    files : mapping of str to DriverFile
        Section ``drivers`` of the catalogue.
    layers : mapping of str to numpy.ndarray, shape (height, width)
        Layers of the place, whose gaps may have been filled.
    gaps : mapping of str to numpy.ndarray of uint8
        Gaps of the layers that have some, as `gap_bits` gives them.
    grid : Grid
        Of the start map.
    where : str
        Name of the catalogue.
    """
    if name in files:
        found = files[name]
        quantity = Quantity(name, "int32" if found.entry.kind == "categorical" else "float32", "1", "driver")
        reading = found.entry.reading(found.reference)
        rows = FileRows(found.path, grid, quantity, found.where, reading, found.places)
        return Offer(rows, (found.entry.kind,), found.entry.unit, found.where)
    if name in layers:
        layer = layers[name]
        kinds = ("continuous",) if layer.dtype.kind == "f" else ("continuous", "categorical", "source")
        values: Rows = _GappyRows(layer, gaps[name]) if name in gaps else ArrayRows(layer)
        return Offer(values, kinds, LAYERS[name].unit, f"{where}: layers.{name}")
    return None


def look_through(rows: Rows, kind: str, valid: npt.NDArray[np.bool_]) -> Look:
    """Read a driver once over the valid cells.

    Parameters
    ----------
    rows : Rows
    kind : {"continuous", "categorical", "source"}
        A gap of a source counts as 0.
    valid : numpy.ndarray of bool, shape (height, width)

    Raises
    ------
    InputError
        If its file is at fault.
    """
    look = Look()
    height, width = valid.shape
    step = getattr(rows, "block_rows", max(1, _CELLS_A_BLOCK // width))
    for block in row_blocks(height, step, 0):
        values = rows.read(block.rows)[valid[block.rows]]
        known = np.nan_to_num(values, nan=0.0) if kind == "source" else values[~np.isnan(values)]
        if known.size == 0:
            continue
        look.known += known.size
        look.low, look.high = min(look.low, float(known.min())), max(look.high, float(known.max()))
        if kind == "categorical" and len(look.values) <= MOST_CATEGORIES:
            look.values.update(np.unique(known).astype(np.int64).tolist())
    return look


def gap_bits(layer: npt.NDArray[Any]) -> Bits | None:
    """Cells that are not a number, a bit each, uint8, shape (height, ceil(width / 8)); None where there are none."""
    if layer.dtype.kind != "f":
        return None
    height, width = layer.shape
    blocks = row_blocks(height, max(1, _CELLS_A_BLOCK // width), 0)
    bits = np.concatenate([np.packbits(np.isnan(layer[block.rows]), axis=1) for block in blocks])
    return bits if bits.any() else None


class _GappyRows:
    """Rows of a layer whose gaps were noted before they were filled.

    Parameters
    ----------
    values : numpy.ndarray of float32, shape (height, width)
        The layer; it is not copied.
    gaps : numpy.ndarray of uint8
        From `gap_bits`.
    """

    def __init__(self, values: npt.NDArray[Any], gaps: Bits) -> None:
        self._values, self._gaps = values, gaps

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width, cells."""
        height, width = self._values.shape
        return height, width

    def read(self, rows: slice) -> npt.NDArray[np.float32]:
        """Give the values of a slice of rows, float32, shape (rows, width), NaN in the gaps."""
        out = self._values[rows].astype(np.float32)
        out[np.unpackbits(self._gaps[rows], axis=1, count=out.shape[1]).astype(np.bool_)] = np.nan
        return out
