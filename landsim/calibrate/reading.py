"""Reading: the files of a study become maps, masks and tables on one grid, each with its hash."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.calibrate.people import People, people_of
from landsim.calibrate.span import Codes, Mask, Plane
from landsim.calibrate.study import StudySource
from landsim.core.errors import Problems
from landsim.core.quantity import Quantity
from landsim.core.registry import nearest
from landsim.io.catalog import Entry, MaskEntry
from landsim.io.class_names import model_class_of
from landsim.io.hashes import file_hash
from landsim.io.legends import MAX_CODE, read_legend
from landsim.io.paths import Places, resolve
from landsim.io.place import ANY_BUILT, FileRecord
from landsim.io.raster import opened, read_grid, read_layer, read_mask
from landsim.io.table import read_csv
from landsim.io.vector import SUFFIXES, read_zones
from landsim.landscape.grid import Grid
from landsim.landscape.landscape import LAYERS
from landsim.landscape.legend import Legend, LegendRow

_CODE = Quantity("class code", "uint8", "1", "land-cover code of a map", 0, MAX_CODE)
_MASK_RASTER = Quantity("mask", "float32", "1", "value that a mask looks for")
_MASK_VECTOR = Quantity("mask", "uint8", "1", "value that a mask looks for", 0, 255)


class Reader:
    """Reads the files of one study and gathers their faults.

    Parameters
    ----------
    source : StudySource
        The study.
    problems : Problems
        Gets the faults and cautions.
    allow : iterable of str or pathlib.Path
        Folders outside the study that may be read too.

    Attributes
    ----------
    records : list of FileRecord
        Every file found, with its hash.
    grid : Grid or None
        Grid of the reference map, once `frame` has read it.
    legend : Legend
        Meaning of the codes.
    """

    def __init__(self, source: StudySource, problems: Problems, allow: Iterable[str | Path] = ()) -> None:
        self.study = source.study
        self.source = source
        self.problems = problems
        self.places = Places.of(source.folder, allow)
        self.records: list[FileRecord] = []
        self.grid: Grid | None = None
        self.legend = Legend(())
        self._reference = ""
        self._found: dict[str, Path | None] = {}

    def where(self, key: str) -> str:
        """Say how messages call a key of the study."""
        return f"{self.source.where}: {key}"

    def file(self, entry: Entry | MaskEntry, key: str) -> Path | None:
        """Find and hash the file of an entry, once; None after a fault."""
        if key not in self._found:
            self._found[key] = self._find(entry, key)
        return self._found[key]

    def _find(self, entry: Entry | MaskEntry, key: str) -> Path | None:
        if entry.file is None:
            return None
        path = resolve(entry.file, self.places, self.where(key), self.problems)
        if path is None:
            return None
        found = file_hash(path)
        self.records.append(FileRecord(key, entry.file, found, entry.source, entry.licence))
        if entry.sha256 is not None and entry.sha256.lower() != found:
            where = self.where(f"{key}.sha256")
            self.problems.add(where, "file has another content", wanted=entry.sha256, found=found)
            return None
        return path

    def hash_of(self, key: str) -> str | None:
        """Return the sha256 of a file that was found; None where it was not."""
        return next((record.sha256 for record in self.records if record.key == key), None)

    def frame(self, year: int) -> bool:
        """Take the grid and the legend from the map of a year; False after a fault."""
        entry, key = self.study.landcover[year], f"landcover.{year}"
        before = len(self.problems.faults)
        legend = read_legend(self.study.legend, self.places, self.where("legend"), self.problems)
        path = self.file(entry, key)
        if entry.resample is not None:
            self.problems.add(self.where(f"{key}.resample"), "this map sets the grid", mend="Leave resample out")
        grid = None if path is None else read_grid(path, self.where(key), self.problems, self.places)
        if grid is None or path is None:
            return False
        self.legend = Legend(legend.rows, self._outside(path, entry, key, legend))
        self.grid, self._reference = grid, path.name
        return len(self.problems.faults) == before

    def _outside(self, path: Path, entry: Entry, key: str, legend: Legend) -> int:
        """Code of cells outside the study in memory: the file's own where it is free, else 0 or 255."""
        codes = set(legend.codes.tolist())
        value = self._nodata(path, entry, key)
        if value is not None and value in range(256) and value not in codes:
            return int(value)
        return 255 if 0 in codes else 0

    def _nodata(self, path: Path, entry: Entry, key: str) -> float | None:
        """Value of a map's cells without data."""
        if entry.nodata is not None:
            return entry.nodata
        with opened(path, self.where(key), Problems(), self.places) as dataset:
            value = None if dataset is None else dataset.nodatavals[(entry.band or 1) - 1 if dataset.count > 1 else 0]
        return None if value is None else float(value)

    def landcover(self, year: int) -> Codes | None:
        """Read the map of a year; None after a fault."""
        entry, key = self.study.landcover[year], f"landcover.{year}"
        path = self.file(entry, key)
        if path is None or self.grid is None:
            return None
        value = self._nodata(path, entry, key)
        if value is not None and value in self.legend.codes.tolist():
            what = f"nodata {value:g} is also a class of the legend"
            self.problems.add(self.where(f"{key}.nodata"), what, mend="Name another nodata value")
            return None
        codes = read_layer(
            path, self.grid, _CODE, self.where(key), self.problems, entry.reading(self._reference),
            fill=self.legend.nodata, known=self.legend.known, places=self.places,
        )  # fmt: skip
        if codes is not None:
            codes.setflags(write=False)
        return codes

    def classes(self, names: Iterable[str], key: str) -> list[LegendRow]:
        """Find classes by name; what has no class of that name in the legend is a fault."""
        return [row for name in names if (row := self._class(name, key)) is not None]

    def _class(self, name: str, key: str) -> LegendRow | None:
        """Find a class by its own name, or by a general one, such as *built*, that only one class can mean."""
        rows = self.legend.rows
        land = model_class_of(name)
        exact = [row for row in rows if row.name == name.strip().lower()]
        alike = [row for row in rows if land is not None and row.model_class is land]
        if len(exact or alike) == 1:
            return (exact or alike)[0]
        near = nearest(name, self.legend.names)
        mend = f"Did you mean {near!r}?" if near else None
        wanted = "one of " + ", ".join(self.legend.names)
        self.problems.add(self.where(key), f"no class named {name!r}", wanted=wanted, mend=mend)
        return None

    def masks(self) -> tuple[Mask, ...]:
        """Read every mask; those at fault are left out."""
        read = (self._mask(name, entry) for name, entry in self.study.masks.items())
        return tuple(mask for mask in read if mask is not None)

    def _mask(self, name: str, entry: MaskEntry) -> Mask | None:
        key = f"masks.{name}"
        rows = self._forbidden(entry, f"{key}.forbid") if entry.forbid else self.legend.rows
        forbid = frozenset(row.code for row in rows)
        if entry.of_class is not None:
            origin = self._class(entry.of_class, f"{key}.class")
            return None if origin is None else Mask(name, forbid, code=origin.code)
        path = self.file(entry, key)
        cells = None if path is None or self.grid is None else self._mask_cells(path, entry, key, self.grid)
        if cells is None:
            return None
        if not cells.any():
            wanted = "any value but 0" if entry.where is None else ", ".join(f"{v:g}" for v in entry.where)
            self.problems.warn(self.where(key), "masks no cell", wanted=wanted)
        cells.setflags(write=False)
        return Mask(name, forbid, cells)

    def _forbidden(self, entry: MaskEntry, key: str) -> list[LegendRow]:
        """Classes that a mask forbids; the word built stands for all that are."""
        every = ANY_BUILT in entry.forbid and ANY_BUILT not in self.legend.names
        built = [row for row in self.legend.rows if every and row.built]
        return built + self.classes((name for name in entry.forbid if not every or name != ANY_BUILT), key)

    def _mask_cells(self, path: Path, entry: MaskEntry, key: str, grid: Grid) -> Plane | None:
        where, reading = self.where(key), entry.reading(self._reference)
        if path.suffix.lower() not in SUFFIXES:
            return read_mask(path, grid, _MASK_RASTER, entry.where, where, self.problems, reading, self.places)
        drawn = read_zones(path, grid, _MASK_VECTOR, where, self.problems, entry.drawing(), self.places)
        if drawn is None:
            return None
        return np.asarray(drawn[0] != 0 if entry.where is None else np.isin(drawn[0], entry.where))

    def districts(self) -> npt.NDArray[Any] | None:
        """Read the district of every cell, int16, 0 where there is none; None where the study names none."""
        entry = self.study.districts
        path = None if entry is None else self.file(entry, "districts")
        if entry is None or path is None or self.grid is None:
            return None
        where, reading = self.where("districts"), entry.reading(self._reference)
        return read_layer(path, self.grid, LAYERS["district"], where, self.problems, reading, places=self.places)

    def people(self) -> People | None:
        """Read the table of persons and jobs; None where the study names none."""
        entry = self.study.people
        path = None if entry is None else self.file(entry, "people")
        rows = None if path is None else read_csv(path, self.problems, self.where("people"))
        return None if rows is None else people_of(rows, self.where("people"), self.problems)
