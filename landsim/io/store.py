"""Store: the run folder - written aside, resumed after a kill, renamed when whole, and opened again."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landsim.core.errors import BusyError, InputError, Problem
from landsim.core.registry import nearest
from landsim.io import columns
from landsim.io.atomic import refuse_occupied, rename_folder, writing
from landsim.io.columns import events_table, indicators_table, unmet_table, write_parquet
from landsim.io.cube import legend_from, write_cube
from landsim.io.json_file import read_object, write_object
from landsim.io.reading import reading
from landsim.io.zipped import ZIPPED_CUBE, opened_zip, write_zipped_cube
from landsim.landscape.grid import Grid
from landsim.landscape.legend import Legend

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

FORMAT = 1
"""Version of the run folder's layout."""

MANIFEST = "run.json"
LOCK = "running"
MANIFEST_AT_MOST = 16_000_000
"""Bytes; a manifest has some ten thousand."""
RESULTS = ("landcover.zarr", "events.parquet", "unmet.parquet", "indicators.parquet")
"""What a replay must reproduce byte by byte."""

CUBE, EVENTS, UNMET, INDICATORS = RESULTS

STRAYS = (".aux.xml", ".DS_Store")
"""Ends of the names of files that GIS and file managers leave beside the maps that they open."""


@dataclass(frozen=True)
class Keeping:
    """What a run folder keeps of its results.

    Attributes
    ----------
    results : tuple of str
        Those of `RESULTS` that are written.
    zipped : bool
        Whether the maps are one file, ``landcover.zarr.zip``, for file systems that count files.
    """

    results: tuple[str, ...] = RESULTS
    zipped: bool = False

    @property
    def files(self) -> tuple[str, ...]:
        """Names in the folder, as the manifest lists them."""
        return tuple(ZIPPED_CUBE if self.zipped and name == CUBE else name for name in self.results)

    @classmethod
    def of(cls, manifest: Mapping[str, Any]) -> Keeping:
        """Tell what a finished run kept."""
        files = manifest["files"]
        names = (name for name in RESULTS if name in files or (name == CUBE and ZIPPED_CUBE in files))
        return cls(tuple(names), ZIPPED_CUBE in files)


EVERYTHING = Keeping()

_RESUME = "Free some space, then go on with --resume"


@dataclass
class RunRecord:
    """Everything that a finished run leaves.

    Attributes
    ----------
    grid, legend : Grid, Legend
        The place.
    first : numpy.ndarray of uint8, shape (height, width)
        The start map.
    layers : mapping of str to numpy.ndarray, shape (height, width)
        ``erl, pbf, udb, district`` at the start, those that there are.
    years : sequence of int
        The start year and every simulated year, ascending.
    events, unmet, indicators : mapping of str to array_like
        Columns as `landsim.io.columns` describes them.
    categories : mapping of str to sequence of str
        The texts behind coded text columns of the events.
    manifest : mapping of str to object
        What JSON can hold; the store adds ``format`` and ``files``, the sha256 of each result.
    """

    grid: Grid
    legend: Legend
    first: npt.NDArray[np.uint8]
    layers: Mapping[str, npt.NDArray[Any]]
    years: Sequence[int]
    events: Mapping[str, Any]
    unmet: Mapping[str, Any]
    indicators: Mapping[str, Any]
    categories: Mapping[str, Sequence[str]] = field(default_factory=dict)
    manifest: Mapping[str, Any] = field(default_factory=dict)


def _hold(path: Path) -> IO[str]:
    """Lock a run in the making for this process, until it ends.

    Raises
    ------
    BusyError
        If another process is writing this run.
    """
    stream = path.open("w", encoding="utf-8")
    try:
        fcntl.lockf(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stream.close()
        mend = "Wait for it, or choose another --out"
        raise BusyError(Problem(str(path.parent), "another process is writing this run", mend=mend)) from None
    return stream


class RunWriter:
    """Writes a run beside its target, under ``<out>.partial``, and renames it when it is whole.

    Parameters
    ----------
    out : str or pathlib.Path
        Folder of the run: must be new or empty.
    resume : bool
        Go on from what a killed run left; without such a rest the run starts from the beginning.
    keeping : Keeping
        What is written at the end.

    Raises
    ------
    InputError
        If the folder is occupied or not writable, or a killed run left a rest and `resume` is not set.
    """

    def __init__(self, out: str | Path, resume: bool = False, keeping: Keeping = EVERYTHING) -> None:
        self.out, self.keeping = Path(os.path.abspath(out)), keeping
        if not self.out.name:
            raise InputError(Problem(str(self.out), "is no place for a run", mend="Choose another --out"))
        self.partial = self.out.with_name(self.out.name + ".partial")
        with writing(self.out):
            refuse_occupied(self.out)
            if self.partial.exists() and not resume:
                mend = f"Go on with --resume, or remove {self.partial}"
                raise InputError(Problem(str(self.partial), "a run that did not end stands here", mend=mend))
            self.partial.mkdir(parents=True, exist_ok=resume)
            self._lock = _hold(self.partial / LOCK)

    @property
    def checkpoint(self) -> Path:
        """Folder for `save_checkpoint` and `load_checkpoint`."""
        return self.partial / "checkpoint"

    def finish(self, record: RunRecord) -> Path:
        """Write all results, the manifest last, and give the folder its name; the folder.

        Raises
        ------
        InputError
            If the disk is full; what is there stays for a resumed run.
        """
        with writing(self.out, _RESUME):
            for name in (*RESULTS, ZIPPED_CUBE, MANIFEST):
                _remove(self.partial / name)
            self._write_results(record)
            files = {name: digest(self.partial / name) for name in self.keeping.files}
            write_object(self.partial / MANIFEST, {"format": FORMAT, **record.manifest, "files": files})
            for rest in (*self.partial.glob("checkpoint*"), self.partial / LOCK):
                _remove(rest)
            rename_folder(self.partial, self.out)
        return self.out

    def discard(self) -> None:
        """Remove the partial folder, as after a fault of the user's before the first year."""
        shutil.rmtree(self.partial, ignore_errors=True)

    def _write_results(self, record: RunRecord) -> None:
        kept = self.keeping.results
        if UNMET in kept:
            write_parquet(self.partial / UNMET, unmet_table(record.unmet, record.categories))
        if INDICATORS in kept:
            write_parquet(self.partial / INDICATORS, indicators_table(record.indicators))
        if EVENTS in kept or CUBE in kept:
            self._write_changes(record, events_table(record.events, record.categories))

    def _write_changes(self, record: RunRecord, events: Any) -> None:
        """Write the events, and the maps that they make of the first one."""
        place = (record.grid, record.legend, record.first, record.layers, record.years)
        if EVENTS in self.keeping.results:
            write_parquet(self.partial / EVENTS, events)
        if CUBE in self.keeping.results:
            name, write = (ZIPPED_CUBE, write_zipped_cube) if self.keeping.zipped else (CUBE, write_cube)
            write(self.partial / name, *place, _land_events(events))


class RunFolder:
    """A finished run, read as it is asked for.

    Parameters
    ----------
    path : str or pathlib.Path
        The run folder.

    Raises
    ------
    InputError
        If it is no run folder, was not finished, or has another layout.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.manifest = _read_manifest(self.path)

    def __repr__(self) -> str:
        return f"RunFolder({str(self.path)!r})"

    @cached_property
    def events(self) -> pd.DataFrame:
        """Events in the order in which they happened."""
        return _read_table(self.path / EVENTS, columns.EVENTS)

    @cached_property
    def unmet(self) -> pd.DataFrame:
        """Demand that could not be met, with the rule that binds."""
        return _read_table(self.path / UNMET, columns.UNMET)

    @cached_property
    def indicators(self) -> pd.DataFrame:
        """Indicators: year, district, indicator, value, unit."""
        return _read_table(self.path / INDICATORS, columns.INDICATORS)

    @cached_property
    def dataset(self) -> xr.Dataset:
        """All of landcover.zarr, lazily."""
        import xarray as xr

        with reading(self.path / CUBE):
            data: xr.Dataset = xr.open_zarr(self._cube)
            return data

    @property
    def landcover(self) -> xr.DataArray:
        """Maps of all years, lazily, dimensions (year, y, x)."""
        return self.dataset["landcover"]

    @cached_property
    def years(self) -> list[int]:
        """Years of the maps; the first one is the start."""
        with reading(self.path / CUBE):
            years = [int(year) for year in self._group["year"][:]]
            if not years or len(years) != self._group["landcover"].shape[0]:
                raise ValueError(f"maps of {self._group['landcover'].shape[0]} years, and {len(years)} years")
            return years

    @cached_property
    def grid(self) -> Grid:
        """Shape, transform and CRS."""
        with reading(self.path / CUBE):
            facts = self._group.attrs
            height, width = self._group["landcover"].shape[1:]
            return Grid(height, width, tuple(facts["transform"]), facts["crs"])

    @cached_property
    def legend(self) -> Legend:
        """Meaning of the codes."""
        with reading(self.path / CUBE):
            return legend_from(self._group.attrs["legend"], self._group.attrs["nodata"])

    def landcover_at(self, year: int) -> npt.NDArray[np.uint8]:
        """Map at the end of a year, uint8, shape (height, width).

        Raises
        ------
        InputError
            If the run has no map of that year.
        """
        found: npt.NDArray[np.uint8] = self.maps([year], slice(0, self.grid.height))[0]
        return found

    def maps(self, years: Sequence[int], rows: slice) -> npt.NDArray[np.uint8]:
        """Maps of several years for a slice of rows, uint8, shape (len(years), rows, width).

        Raises
        ------
        InputError
            If the run has no map of one of the years.
        """
        for year in years:
            if year not in self.years:
                near = nearest(str(year), [str(y) for y in self.years])
                span = f"{self.years[0]}..{self.years[-1]}"
                mend = f"Did you mean {near}?" if near else None
                raise InputError(Problem(str(self.path), f"no map of the year {year}", wanted=span, mend=mend))
        chosen = [self.years.index(year) for year in years]
        with reading(self.path / CUBE):
            return np.asarray(self._group["landcover"].oindex[chosen, rows], dtype=np.uint8)

    def layer_at_start(self, name: str) -> npt.NDArray[Any]:
        """Give ``erl, pbf, udb`` (uint8) or ``district`` (int16) at the start, shape (height, width)."""
        with reading(self.path / CUBE):
            return np.asarray(self._group[name][:])

    @cached_property
    def _group(self) -> Any:
        import zarr

        cube = self._cube
        with reading(self.path / CUBE):
            return zarr.open_group(cube, mode="r")

    @cached_property
    def _cube(self) -> Any:
        """Folder of the maps, or the store of their one file."""
        zipped, folder = self.path / ZIPPED_CUBE, self.path / CUBE
        if zipped.is_file():
            return opened_zip(zipped)
        _refuse_missing(folder)
        return folder


def open_run(path: str | Path) -> RunFolder:
    """Open a finished run folder.

    Raises
    ------
    InputError
        If it is no run folder, was not finished, or has another layout.
    """
    return RunFolder(path)


def is_run(path: str | Path) -> bool:
    """Tell whether a folder is a finished run."""
    return (Path(path) / MANIFEST).is_file()


def digest(path: Path) -> str:
    """Return the sha256 of a file, or of a folder's file names and contents in sorted order, without `STRAYS`."""
    total = hashlib.sha256()
    inside = (p for p in path.rglob("*") if p.is_file() and not p.name.endswith(STRAYS))
    files = [path] if path.is_file() else sorted(inside)
    for file in files:
        if file is not path:
            total.update(file.relative_to(path).as_posix().encode() + b"\0")
            total.update(file.stat().st_size.to_bytes(8, "little"))
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                total.update(block)
    return total.hexdigest()


def differences(a: str | Path, b: str | Path) -> list[str]:
    """Names of the results in which two run folders differ, byte by byte."""
    kept = [Keeping.of(_read_manifest(Path(folder))).files for folder in (a, b)]
    names = [name for name in (*RESULTS, ZIPPED_CUBE) if name in kept[0] or name in kept[1]]
    return [name for name in names if digest(Path(a) / name) != digest(Path(b) / name)]


def _read_manifest(path: Path) -> dict[str, Any]:
    where = str(path)
    if not path.is_dir():
        raise InputError(Problem(where, "no such run folder"))
    file = path / MANIFEST
    if not file.is_file():
        started = path.name.endswith(".partial") or (path / "checkpoint").exists()
        if started:
            mend = "Finish it with landsim run ... --resume"
            raise InputError(Problem(where, "a run that did not end", wanted=f"a folder with {MANIFEST}", mend=mend))
        raise InputError(Problem(where, "not a run folder", wanted=f"a folder with {MANIFEST}"))
    manifest = read_object(file, "the manifest of a run", MANIFEST_AT_MOST)
    version, files = manifest.get("format"), manifest.get("files", dict.fromkeys(RESULTS))
    if version != FORMAT:
        what, mend = "run folder of another version", "Open it with the version of landsim that wrote it"
        raise InputError(Problem(str(file), what, found=repr(version)[:40], wanted=str(FORMAT), mend=mend))
    if not isinstance(files, dict) or not files.keys() <= {*RESULTS, ZIPPED_CUBE}:
        wanted = ", ".join((*RESULTS, ZIPPED_CUBE))
        raise InputError(Problem(f"{file}: files", "names no results of a run", found=str(files)[:80], wanted=wanted))
    missing = [name for name in files if not (path / name).exists()]
    if missing:
        raise InputError(Problem(where, "incomplete run folder", found="no " + ", ".join(missing)))
    return manifest


def _read_table(path: Path, schema: Any) -> pd.DataFrame:
    import pandas as pd

    _refuse_missing(path)
    with reading(path):
        table = pd.read_parquet(path)
        if list(table.columns) != schema.names:
            raise ValueError(f"the columns {', '.join(map(str, table.columns))}")
        return table


def _refuse_missing(path: Path) -> None:
    """Refuse to read a result that the run was told not to keep."""
    if not path.exists():
        raise InputError(Problem(str(path), "was not kept by this run", mend="Run it again and keep it"))


def _land_events(events: Any) -> dict[str, npt.NDArray[Any]]:
    """Year, cell and new code of the land-use events."""
    import pyarrow.compute as pc

    rows = events.filter(pc.equal(pc.cast(events["layer"], "string"), "lu"))
    return {name: rows[name].to_numpy() for name in ("year", "cell", "to")}


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
