"""Place: from a catalogue to a Landscape, every file checked, with all faults at once and the hash of what was read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.core.errors import InputError, Problems
from landsim.core.quantity import Quantity
from landsim.core.registry import nearest
from landsim.io.amounts import read_amounts
from landsim.io.band import Reading
from landsim.io.catalog import Catalog, Entry, LayerEntry, MaskEntry, StartEntry, SyntheticEntry
from landsim.io.drivers import Bits, DriverFile, gap_bits
from landsim.io.hashes import Hashes, file_hash
from landsim.io.legends import MAX_CODE, read_legend
from landsim.io.paths import Places, resolve
from landsim.io.raster import opened, read_grid, read_layer, read_mask
from landsim.io.vector import SUFFIXES, read_zones
from landsim.landscape.focal import row_blocks
from landsim.landscape.grid import Grid
from landsim.landscape.landscape import AMOUNTS, LAYERS, Landscape
from landsim.landscape.legend import Legend
from landsim.policy.lines import LinesParams, check_lines, construct_lines

CODE = Quantity("class code", "uint8", "1", "land-cover code of a map", 0, MAX_CODE)
_MASK_RASTER = Quantity("mask", "float32", "1", "value that a mask looks for")
_MASK_VECTOR = Quantity("mask", "uint8", "1", "value that a mask looks for", 0, 255)
ANY_BUILT = "built"
"""Stands in a mask for every built class, where no class of the legend is called so."""

_ZERO_WHERE_MISSING = AMOUNTS
_CELLS_A_BLOCK = 1_000_000
_LINES = ("erl", "pbf", "udb")
_SIDECARS = (".dbf", ".shx", ".prj", ".cpg")


@dataclass(frozen=True)
class FileRecord:
    """A file that was read: the key that names it, its name as written, sha256, source and licence."""

    key: str
    file: str
    sha256: str
    source: str
    licence: str


@dataclass
class Place:
    """A landscape, its past, and what it was read from.

    Attributes
    ----------
    landscape : Landscape
        The place at the start.
    history : dict of int to numpy.ndarray of uint8, shape (height, width)
        Past maps by year, in the legend of the start map.
    records : list of FileRecord
        Every file read.
    names : dict of str to dict of int to str
        Names behind the numbers of districts and towns that were read from text.
    constructed : tuple of str
        Lines that landsim drew itself; they are no official lines.
    drivers : dict of str to DriverFile
        Rasters that fitted rules may read; only found here, not opened.
    gaps : dict of str to numpy.ndarray of uint8, shape (height, ceil(width / 8))
        Where layers have no value, a bit a cell, for those with gaps: a run fills them, and fitted rules know them.
    """

    landscape: Landscape
    history: dict[int, npt.NDArray[np.uint8]] = field(default_factory=dict)
    records: list[FileRecord] = field(default_factory=list)
    names: dict[str, dict[int, str]] = field(default_factory=dict)
    constructed: tuple[str, ...] = ()
    drivers: dict[str, DriverFile] = field(default_factory=dict)
    gaps: dict[str, Bits] = field(default_factory=dict)


def load_place(catalog: Catalog, problems: Problems, allow: Iterable[str | Path] = ()) -> Place | None:
    """Read a place and gather every fault of every file.

    Cells without data become 0 in whole-number layers and in ``population``, and NaN in ``elevation`` and
    ``slope``; gaps of the latter inside the study are a caution.

    Parameters
    ----------
    catalog : Catalog
        What to read.
    problems : Problems
        Gets the faults and cautions.
    allow : iterable of str or pathlib.Path
        Folders outside the project that may be read too.

    Returns
    -------
    Place or None
        None after a fault of the start map; layers that are at fault are left out.
    """
    reader = _Reader(catalog, problems, allow)
    start, synthetic = catalog.landcover, catalog.synthetic
    place = reader.place(start) if start else _synthetic(synthetic, reader) if synthetic else None
    if place is not None:
        _draw_lines(place, catalog, problems)
    return place


def load_landscape(catalog: Catalog, problems: Problems, allow: Iterable[str | Path] = ()) -> Landscape | None:
    """Read a landscape, as `load_place` does; None after a fault of the start map."""
    place = load_place(catalog, problems, allow)
    return None if place is None else place.landscape


def _gaps_inside(values: npt.NDArray[Any], place: Landscape) -> int:
    """Cells of the study without a value, counted a block of rows at a time."""
    nodata = np.uint8(place.legend.nodata)
    height, width = values.shape
    blocks = row_blocks(height, max(1, _CELLS_A_BLOCK // width), 0)
    return sum(
        int(np.count_nonzero(np.isnan(values[rows]) & (place.landcover[rows] != nodata))) for _, _, rows in blocks
    )


def _synthetic(entry: SyntheticEntry, reader: _Reader) -> Place | None:
    """Make the city that a catalogue asks for instead of files."""
    from landsim.landscape.synthetic import synthetic_city

    try:
        city = synthetic_city(**entry.model_dump())
    except InputError as error:
        reader.problems.faults.extend(error.problems)
        return None
    place = Place(city.landscape, dict(city.history), reader.records)
    reader.masks(place)
    return place


def _draw_lines(place: Place, catalog: Catalog, problems: Problems) -> None:
    """Check the lines that were given, and construct the missing ones where the catalogue asks for it."""
    layers = place.landscape.layers
    wanted = catalog.construct_lines
    if any(name in layers for name in _LINES) and catalog.synthetic is None:
        problems.extend(check_lines(place.landscape, wanted or LinesParams()))
    if wanted is not None:
        drawn = construct_lines(place.landscape, wanted)._asdict()
        # a line that takes in no cell, as basic farmland without cropland, is no line that could be kept
        made: dict[str, npt.NDArray[Any]] = {
            name: drawn[name] for name in wanted.lines if name not in layers and drawn[name].any()
        }
        place.constructed = tuple(name for name in _LINES if name in made)
        layers.update(made)


class _Reader:
    """Reads the files of one catalogue."""

    def __init__(self, catalog: Catalog, problems: Problems, allow: Iterable[str | Path]) -> None:
        self.catalog = catalog
        self.problems = problems
        self.places = Places.of(catalog.home, allow)
        self.records: list[FileRecord] = []
        self.hashes = Hashes()

    def place(self, start: StartEntry) -> Place | None:
        """Read the start map first, because it sets the grid; then everything else, faults or not."""
        with self.hashes.beside(self._files(start)):
            return self._place(start)

    def _files(self, start: StartEntry) -> list[Path]:
        """Every file that the catalogue names and that can be found, in the order in which they are read."""
        past = [entry for _, entry in sorted(self.catalog.history.items())]
        entries: list[Entry | MaskEntry] = [start, *past]
        for section in (self.catalog.layers, self.catalog.masks, self.catalog.drivers):
            entries += section.values()
        found = (resolve(e.file, self.places, "", Problems()) for e in entries if e.file is not None)
        return [path for path in found if path is not None]

    def _place(self, start: StartEntry) -> Place | None:
        landscape = self._start(start)
        place = None if landscape is None else Place(landscape, records=self.records)
        for year, entry in sorted(self.catalog.history.items()):
            self._history(place, year, start, entry)
        for name, layer in self.catalog.layers.items():
            self._layer(place, name, layer)
        for name, driver in self.catalog.drivers.items():
            path = self._file(driver, f"drivers.{name}")
            if place is not None and path is not None:
                where = self._where(f"drivers.{name}")
                place.drivers[name] = DriverFile(path, driver, where, self._reference, self.places)
        if place is None:
            for name, mask in self.catalog.masks.items():
                self._file(mask, f"masks.{name}")
        else:
            self.masks(place)
        return place

    def masks(self, place: Place) -> None:
        """Read every mask of the catalogue into a place."""
        for name, entry in self.catalog.masks.items():
            forbid = self._forbidden(place, entry, f"masks.{name}.forbid")
            cells = self._mask(place, name, entry)
            if cells is not None:
                place.landscape.masks[name] = (cells, forbid)

    def _forbidden(self, place: Place, entry: MaskEntry, key: str) -> tuple[str, ...]:
        """Names of the classes that a mask forbids; the word built stands for all that are."""
        legend = place.landscape.legend
        built = tuple(row.name for row in legend.rows if row.built)
        names = (built if n == ANY_BUILT and n not in legend.names else (n,) for n in entry.forbid)
        return tuple(self._class_name(place, name, key) for some in names for name in some)

    def _where(self, key: str) -> str:
        return f"{self.catalog.where}: {key}"

    def _file(self, entry: Entry | MaskEntry, key: str) -> Path | None:
        """Find and hash the file of an entry."""
        if entry.file is None:
            return None
        path = resolve(entry.file, self.places, self._where(key), self.problems)
        if path is None:
            return None
        found = self.hashes.of(path)
        self.records.append(FileRecord(key, entry.file, found, entry.source, entry.licence))
        if path.suffix.lower() == ".shp":
            self._sidecars(entry, key, path)
        if entry.sha256 is not None and entry.sha256.lower() != found:
            where = self._where(f"{key}.sha256")
            self.problems.add(where, "file has another content", wanted=entry.sha256, found=found)
            return None
        return path

    def _sidecars(self, entry: Entry, key: str, path: Path) -> None:
        for suffix in _SIDECARS:
            side = path.with_suffix(suffix)
            if side.is_file():
                name = str(Path(entry.file).with_suffix(suffix))
                self.records.append(FileRecord(key, name, file_hash(side), entry.source, entry.licence))

    def _start(self, entry: StartEntry) -> Landscape | None:
        where = self._where("landcover")
        before = len(self.problems.faults)
        legend = read_legend(entry.legend, self.places, self._where("landcover.legend"), self.problems)
        path = self._file(entry, "landcover")
        if entry.resample is not None:
            self.problems.add(f"{where}.resample", "the start map sets the grid", mend="Leave resample out")
        grid = None if path is None else read_grid(path, where, self.problems, self.places)
        if path is None or grid is None or len(self.problems.faults) > before:
            return None
        legend = Legend(legend.rows, self._nodata(path, entry, legend))
        codes = self._codes(path, grid, legend, "landcover", entry.reading(path.name))
        if codes is not None and not (codes != legend.nodata).any():
            self.problems.add(where, "holds no data at all", found=f"{codes.size} cells, all nodata")
            return None
        return None if codes is None else Landscape(grid, legend, codes)

    def _nodata(self, path: Path, entry: StartEntry, legend: Legend) -> int:
        """Code of cells outside the study in memory: the file's own where it can be kept, else 0 or 255."""
        codes = set(legend.codes.tolist())
        where = self._where("landcover.nodata")
        value = entry.nodata
        if value is None:
            with opened(path, where, self.problems, self.places) as dataset:
                value = None if dataset is None else dataset.nodatavals[0]
        if value is not None and value in codes:
            what = f"nodata {value:g} is also a class of the legend"
            self.problems.add(where, what, mend="Name another nodata value")
        if value is not None and value in range(256) and value not in codes:
            return int(value)
        return 255 if 0 in codes else 0

    def _codes(
        self, path: Path, grid: Grid, legend: Legend, key: str, reading: Reading
    ) -> npt.NDArray[np.uint8] | None:
        return read_layer(
            path, grid, CODE, self._where(key), self.problems, reading,
            fill=legend.nodata, known=legend.known, places=self.places,
        )  # fmt: skip

    def _history(self, place: Place | None, year: int, start: StartEntry, entry: Entry) -> None:
        key = f"history.{year}"
        path = self._file(entry, key)
        if path is None:
            return
        if place is None:
            self._peek(path, key)
            return
        if entry.nodata is None:
            entry = entry.model_copy(update={"nodata": start.nodata})
        landscape = place.landscape
        codes = self._codes(path, landscape.grid, landscape.legend, key, entry.reading(self._reference))
        if codes is not None:
            place.history[year] = codes

    def _layer(self, place: Place | None, name: str, entry: LayerEntry) -> None:
        key = f"layers.{name}"
        quantity = LAYERS[name]
        if entry.unit is not None and entry.unit != quantity.unit:
            mend = "Convert the file; nothing is converted silently"
            self.problems.add(
                self._where(f"{key}.unit"), "another unit", found=entry.unit, wanted=quantity.unit, mend=mend
            )
        path = self._file(entry, key)
        if path is None:
            return
        if place is None:
            self._peek(path, key)
            return
        values = self._values(place, name, path, quantity, key, entry)
        if values is not None:
            place.landscape.layers[name] = values
            self._note_gaps(place, name, values)

    def _values(
        self, place: Place, name: str, path: Path, quantity: Quantity, key: str, entry: LayerEntry
    ) -> npt.NDArray[Any] | None:
        """Read a layer or mask, raster or vector."""
        grid, where = place.landscape.grid, self._where(key)
        if path.suffix.lower() not in SUFFIXES:
            reading = entry.reading(self._reference)
            if name in AMOUNTS and reading.resample is not None:
                inside = place.landscape.valid
                return read_amounts(path, grid, quantity, inside, where, self.problems, reading, self.places)
            return read_layer(path, grid, quantity, where, self.problems, reading, places=self.places)
        drawn = read_zones(path, grid, quantity, where, self.problems, entry.drawing(), self.places)
        if drawn is None:
            return None
        if drawn[1]:
            place.names[name] = drawn[1]
        return drawn[0]

    def _note_gaps(self, place: Place, name: str, values: npt.NDArray[Any]) -> None:
        """Keep in mind where a layer has gaps; tell of them, or fill them where no value means 0."""
        bits = gap_bits(values)
        if bits is None:
            return
        place.gaps[name] = bits
        if name in _ZERO_WHERE_MISSING:
            np.nan_to_num(values, copy=False, nan=0.0)
            return
        gaps = _gaps_inside(values, place.landscape)
        if gaps:
            self.problems.warn(self._where(f"layers.{name}"), "gaps inside the study area", found=f"{gaps} cells")

    def _mask(self, place: Place, name: str, entry: MaskEntry) -> npt.NDArray[np.bool_] | None:
        key = f"masks.{name}"
        landscape = place.landscape
        if entry.of_class is not None:
            wanted = self._class_name(place, entry.of_class, f"{key}.class")
            codes = [row.code for row in landscape.legend.rows if row.name == wanted]
            return np.isin(landscape.landcover, codes)
        path = self._file(entry, key)
        if path is None:
            return None
        cells = self._mask_cells(place, name, path, entry)
        if cells is None:
            return None
        if not cells.any():
            wanted = "any value but 0" if entry.where is None else ", ".join(f"{v:g}" for v in entry.where)
            self.problems.warn(self._where(key), "masks no cell", wanted=wanted)
        return cells

    def _mask_cells(self, place: Place, name: str, path: Path, entry: MaskEntry) -> npt.NDArray[np.bool_] | None:
        """Cells that the file of a mask names, raster or vector."""
        key, grid = f"masks.{name}", place.landscape.grid
        if path.suffix.lower() not in SUFFIXES:
            reading = entry.reading(self._reference)
            return read_mask(
                path, grid, _MASK_RASTER, entry.where, self._where(key), self.problems, reading, self.places
            )
        values = self._values(place, f"mask {name}", path, _MASK_VECTOR, key, entry)
        if values is None:
            return None
        return np.isin(values, entry.where) if entry.where is not None else values != 0

    def _class_name(self, place: Place, name: str, key: str) -> str:
        known = place.landscape.legend.names
        if name not in known:
            near = nearest(name, known)
            mend = f"Did you mean {near!r}?" if near else None
            self.problems.add(
                self._where(key), f"no class named {name!r}", wanted="one of " + ", ".join(known), mend=mend
            )
        return name

    def _peek(self, path: Path, key: str) -> None:
        """Check what can be checked of a file while there is no grid to compare it with."""
        if path.suffix.lower() not in SUFFIXES:
            with opened(path, self._where(key), self.problems, self.places):
                pass

    @property
    def _reference(self) -> str:
        start = self.catalog.landcover
        return Path(start.file).name if start is not None else "the synthetic place"
