"""History: a study whose files were read and found sound; the maps of the test stay sealed until a model is chosen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.calibrate.drivers import Driver, Twins, driver_rows, judge, look_through
from landsim.calibrate.people import People
from landsim.calibrate.reading import Reader
from landsim.calibrate.soundness import (
    check_change,
    check_classes,
    check_later,
    check_periods,
    fit_years,
    later_years,
    wants_every_class,
)
from landsim.calibrate.span import Codes, Span
from landsim.calibrate.study import DriverEntry, Period, Study, StudySource, load_study
from landsim.core.errors import Problem, Problems
from landsim.io.hashes import file_hash
from landsim.io.paths import Places, resolve
from landsim.io.place import FileRecord
from landsim.io.rows import RasterRows
from landsim.landscape.grid import Grid
from landsim.landscape.legend import Legend, LegendRow

LONGEST_PATH = 200
"""Years after the fit for which demand may be written down."""


@dataclass(eq=False)
class History:
    """Everything that may be used for fitting, and the way to the test, which can be opened once.

    Attributes
    ----------
    source : StudySource
        The study and its file.
    fit : Span
        Maps between the years of ``fit``, with the masks.
    gains : tuple of LegendRow
        Classes whose growth is fitted, ascending by code.
    drivers : dict of str to Driver
        Drivers that are in order.
    districts : numpy.ndarray of int16, shape (height, width), or None
        District of every cell, 0 where there is none.
    people : People or None
        Persons and jobs by year.
    records : tuple of FileRecord
        Every file that was read, with its hash; those of the test among them.
    cautions : list of Problem
        What may be meant, and should be looked at.
    targets : dict of str to dict of int to int
        Class name of the legend -> {year: cells}, where the study gives them.
    choice : str or None
        What was written down when the test was opened; None while it is sealed.
    allow : tuple of str or pathlib.Path
        Folders outside the study that may be read too.
    """

    source: StudySource
    fit: Span
    gains: tuple[LegendRow, ...]
    drivers: dict[str, Driver]
    districts: npt.NDArray[Any] | None
    people: People | None
    records: tuple[FileRecord, ...]
    cautions: list[Problem] = field(default_factory=list)
    targets: dict[str, dict[int, int]] = field(default_factory=dict)
    choice: str | None = None
    allow: tuple[str | Path, ...] = ()

    @property
    def study(self) -> Study:
        """The study."""
        return self.source.study

    @property
    def grid(self) -> Grid:
        """Grid of every map."""
        return self.fit.grid

    @property
    def legend(self) -> Legend:
        """Meaning of the codes."""
        return self.fit.legend

    @property
    def hashes(self) -> dict[str, str]:
        """Key of the study -> sha256 of its file; of the files that the fit may use only."""
        sealed = {f"landcover.{year}" for year in later_years(self.study)}
        return {record.key: record.sha256 for record in self.records if record.key not in sealed}

    @contextmanager
    def open_drivers(self, names: Iterable[str] | None = None) -> Iterator[dict[str, RasterRows]]:
        """Open drivers to be read by rows from any number of threads; values are float32, NaN where missing.

        Parameters
        ----------
        names : iterable of str or None
            Which; all by default.

        Raises
        ------
        InputError
            If a file is at fault, at the end of the block where its values are.
        """
        problems, places = Problems(), Places.of(self.source.folder, self.allow)
        with ExitStack() as stack:
            opened: dict[str, RasterRows] = {}
            for name in self.drivers if names is None else names:
                driver, where = self.drivers[name], f"{self.source.where}: drivers.{name}"
                context = driver_rows(name, driver.path, driver.entry, self.grid, where, problems, places)
                rows = stack.enter_context(context)
                if rows is not None:
                    opened[name] = rows
            problems.raise_if_any()
            yield opened
        problems.raise_if_any()

    def open_test(self, choice: str) -> Span:
        """Read the two maps of the test, once, after the choice was written down.

        Parameters
        ----------
        choice : str
            The model that was chosen and by what, as it was written; kept in `choice`.

        Raises
        ------
        ValueError
            If the study has no test, no choice is given, or the test was opened before.
        InputError
            If a file is no longer what was checked.
        """
        if self.study.test is None:
            raise ValueError("the study has no test period")
        if not choice.strip():
            raise ValueError("write the choice down before the test is opened")
        if self.choice is not None:
            raise ValueError("the test was opened before")
        span = self._unsealed(self.study.test)
        self.choice = choice
        return span

    def open_in_sample(self) -> list[Span]:
        """Read the maps of the periods that are scored as partly in-sample.

        Raises
        ------
        ValueError
            If the test is still sealed.
        """
        if self.study.test is not None and self.choice is None:
            raise ValueError("open the test first")
        return [self._unsealed(period) for period in self.study.in_sample]

    def _unsealed(self, period: Period) -> Span:
        problems = Problems()
        reader = Reader(self.source, problems, self.allow)
        reader.frame(fit_years(self.study)[0])
        maps = {year: reader.landcover(year) for year in period}
        for year in period:
            _check_unchanged(self.records, f"landcover.{year}", reader, problems)
        problems.raise_if_any()
        return Span(self.grid, self.legend, _complete(maps), self.fit.masks)


def load_history(what: str | Path, allow: Iterable[str | Path] = ()) -> History:
    """Read a study and all its files.

    Parameters
    ----------
    what : str or pathlib.Path
        A study file, or a folder with ``study.yaml``.
    allow : iterable of str or pathlib.Path
        Folders outside the study that may be read too.

    Raises
    ------
    InputError
        With every fault found.
    """
    problems = Problems()
    history = read_history(load_study(what), problems, allow)
    problems.raise_if_any()
    assert history is not None, "a history that cannot be read is a fault"
    return history


def read_history(source: StudySource, problems: Problems, allow: Iterable[str | Path] = ()) -> History | None:
    """Read the files of a study and gather every fault; None after one.

    The maps of the test are looked at for faults only - their grid, their codes, whether a driver repeats them - and
    let go again.
    """
    study, allow = source.study, tuple(allow)
    before = len(problems.faults)
    check_periods(study, source.where, problems)
    years = fit_years(study)
    reader = Reader(source, problems, allow)
    if not years or not reader.frame(years[0]):
        _find_all(reader)
        return None
    maps = {year: reader.landcover(year) for year in years}
    later = {year: reader.landcover(year) for year in later_years(study)}
    masks, districts, people = reader.masks(), reader.districts(), reader.people()
    gains = _gains(reader)
    targets = _targets(reader)
    check_classes(reader.legend, {**_complete(maps), **_complete(later)}, gains, source.where, problems)
    if reader.grid is None or len(maps) < 2 or any(codes is None for codes in maps.values()):
        _find_all(reader)
        return None
    fit = Span(reader.grid, reader.legend, _settled(_complete(maps), study.flicker), masks)
    gains = check_change(fit, gains, not wants_every_class(study), source.where, problems)
    check_later(fit, _complete(later), study.test, source.where, problems)
    drivers = _drivers(reader, fit, _complete(later))
    if not gains and len(problems.faults) == before:
        problems.add(reader.where("gains"), "no class grows between the dates of the fit")
    if len(problems.faults) > before:
        return None
    records = tuple(reader.records)
    return History(
        source, fit, tuple(gains), drivers, districts, people, records, list(problems.cautions), targets, None,
        allow,
    )  # fmt: skip


def _find_all(reader: Reader) -> None:
    """Look for every file, so that those that are missing are told although nothing can be read."""
    study = reader.study
    for year, entry in sorted(study.landcover.items()):
        reader.file(entry, f"landcover.{year}")
    for section, entries in (("drivers", study.drivers), ("masks", study.masks)):
        for name, named in entries.items():
            reader.file(named, f"{section}.{name}")


def _complete(maps: dict[int, Codes | None]) -> dict[int, Codes]:
    return {year: codes for year, codes in maps.items() if codes is not None}


def _settled(maps: dict[int, Codes], flicker: str) -> dict[int, Codes]:
    """Make a date that stands between two equal ones equal to them, where the study asks for it."""
    if flicker == "keep":
        return maps
    years = list(maps)
    settled = dict(maps)
    for before, year, after in zip(years, years[1:], years[2:], strict=False):
        around = maps[before] == maps[after]
        settled[year] = np.where(around, maps[before], maps[year])
        settled[year].setflags(write=False)
    return settled


def _gains(reader: Reader) -> list[LegendRow]:
    """Classes whose growth is fitted, ascending by code."""
    if wants_every_class(reader.study):
        return list(reader.legend.rows)
    rows = reader.classes(reader.study.gains, "gains")
    return sorted(dict.fromkeys(rows), key=lambda row: row.code)


def _targets(reader: Reader) -> dict[str, dict[int, int]]:
    """Check what the study says of demand, and give its targets by the names of the legend."""
    demand, end = reader.study.demand, reader.study.fit[1]
    if demand.mode == "given" and not demand.targets:
        reader.problems.add(reader.where("demand.targets"), "missing: mode given needs them")
    if demand.mode == "population" and reader.study.people is None:
        reader.problems.add(reader.where("people"), "missing: demand mode population needs the table")
    if demand.horizon is not None and demand.horizon <= end:
        where = reader.where("demand.horizon")
        reader.problems.add(where, "is not after the fit", found=demand.horizon, wanted=f"> {end}")
    if demand.horizon is not None and demand.horizon > end + LONGEST_PATH:
        where = reader.where("demand.horizon")
        reader.problems.add(where, "is too far ahead", found=demand.horizon, wanted=f"<= {end + LONGEST_PATH}")
    for name, path in demand.targets.items():
        if path and max(path) <= end:
            where = reader.where(f"demand.targets.{name}")
            reader.problems.add(where, "has no target after the fit", found=max(path), wanted=f"> {end}")
    rows = {name: reader.classes([name], "demand.targets") for name in demand.targets}
    return {row.name: dict(demand.targets[name]) for name, found in rows.items() for row in found}


def _drivers(reader: Reader, fit: Span, later: dict[int, Codes]) -> dict[str, Driver]:
    """Look through every driver and keep those that are in order."""
    hashes = _map_hashes(reader, fit) if reader.study.drivers else {}
    found = {}
    for name, named in reader.study.drivers.items():
        driver = _driver(reader, name, named, fit, later, hashes)
        if driver is not None:
            found[name] = driver
    return found


def _map_hashes(reader: Reader, fit: Span) -> dict[str | None, int]:
    """Hashes of the maps after the start of the fit, of dates that are not used too."""
    hashes: dict[str | None, int] = {}
    for year, entry in reader.study.landcover.items():
        path = resolve(entry.file, reader.places, "", Problems()) if year > fit.start else None
        if path is not None:
            hashes[file_hash(path)] = year
    return hashes


def _driver(
    reader: Reader, name: str, entry: DriverEntry, fit: Span, later: dict[int, Codes], hashes: dict[str | None, int]
) -> Driver | None:
    key, problems = f"drivers.{name}", reader.problems
    where, path = reader.where(key), reader.file(entry, key)
    if entry.date is not None and entry.date > fit.start:
        what = "is dated after the start of the fit"
        problems.warn(
            where, what, found=entry.date, wanted=f"{fit.start} or before", mend="It may know what came later"
        )
    if path is None:
        return None
    twin = hashes.get(reader.hash_of(key))
    if twin is None:
        twins = Twins({**fit.maps, **later}, fit.legend.nodata)
        before = len(problems.faults)
        with driver_rows(name, path, entry, reader.grid or fit.grid, where, problems, reader.places) as rows:
            look = None if rows is None else look_through(rows, entry.kind, fit.valid, twins)
        if look is None or len(problems.faults) > before:
            return None
        driver, twin = judge(name, entry, path, look, where, problems), twins.year()
        if driver is None or twin is None:
            return driver
    mend = "Leave it out: it would tell what is to be predicted"
    problems.add(where, f"is the map of {twin}, which is to be predicted", found=path.name, mend=mend)
    return None


def _check_unchanged(records: tuple[FileRecord, ...], key: str, reader: Reader, problems: Problems) -> None:
    """Refuse a map that was replaced after it was checked."""
    known = next((record.sha256 for record in records if record.key == key), None)
    if reader.hash_of(key) not in (None, known):
        problems.add(
            reader.where(key), "file has changed since it was checked", wanted=known, found=reader.hash_of(key)
        )
