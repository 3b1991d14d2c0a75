"""Track: what a page knows of a run, live or finished: place, maps by year, indicators, unmet demand."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

from landsim.dashboard.runs.history import History
from landsim.indicators.record import CITY
from landsim.landscape.grid import Grid
from landsim.landscape.legend import Legend

IndicatorRow = tuple[int, int, str, float, str]
UnmetRow = tuple[int, str, int, int, float, float, str]


@dataclass(frozen=True)
class About:
    """What does not change while a run goes on.

    Attributes
    ----------
    name, title, description : str
        Of the scenario.
    rules : str
        ``UNCALIBRATED``, or by what the rules were fitted.
    constructed : tuple of str
        Control lines that were drawn by rule.
    start, horizon, seed : int
    live : bool
        Whether the run can be gone on with.
    applied : tuple of str
        Named overrides and settings on top of the scenario, in their order.
    missing : tuple of str
        Results that a finished run was told not to keep.
    notes : tuple of str
        What was found remarkable about the data, in sentences.
    in_chinese : tuple of str
        Title and description in Chinese, empty where the scenario has none.
    """

    name: str
    title: str
    description: str
    rules: str
    constructed: tuple[str, ...]
    start: int
    horizon: int
    seed: int
    live: bool
    applied: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    in_chinese: tuple[str, str] = ("", "")

    def told(self, lang: str) -> tuple[str, str]:
        """Title and description in a language, as far as the scenario has them; the title is the name at least."""
        title, description = self.in_chinese if lang == "zh" else ("", "")
        return title or self.title or self.name, (description or self.description).strip()


@dataclass
class Track:
    """A run as far as it has come; years are added by one thread and read by any.

    Attributes
    ----------
    about : About
    grid, legend : Grid, Legend
    history : History
        Land cover and control lines by year.
    statics : dict of str to numpy.ndarray, shape (height, width)
        Layers that do not change.
    districts : dict of int to str
        Names of districts, as far as they are known.
    """

    about: About
    grid: Grid
    legend: Legend
    history: History
    statics: dict[str, npt.NDArray[Any]]
    districts: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._series: dict[tuple[str, int], dict[int, float]] = {}
        self._units: dict[str, str] = {}
        self._unmet: list[UnmetRow] = []
        self.year = self.about.start

    def add(self, year: int, indicators: Iterable[IndicatorRow], unmet: Iterable[UnmetRow]) -> None:
        """Take over the books of a year, or of several with `year` the last one."""
        with self._lock:
            for when, district, name, value, unit in indicators:
                self._series.setdefault((name, district), {})[when] = value
                self._units[name] = unit
            self._unmet.extend(unmet)
            self.year = year

    def kept(self) -> Track:
        """Give a copy that gains no further years; maps are shared, for they are never written to."""
        copy = Track(self.about, self.grid, self.legend, self.history, self.statics, self.districts)
        copy.add(self.year, self.indicator_rows(), self.unmet())
        return copy

    def series(self, name: str, district: int = CITY) -> dict[int, float]:
        """Values of an indicator by year; empty where it is not known."""
        with self._lock:
            return dict(self._series.get((name, district), {}))

    def value(self, name: str, year: int, district: int = CITY) -> float | None:
        """Value of an indicator in a year; None where it is not known."""
        return self.series(name, district).get(year)

    @property
    def units(self) -> Mapping[str, str]:
        """Unit of every indicator that is known."""
        with self._lock:
            return dict(self._units)

    def unmet(self, year: int | None = None) -> list[UnmetRow]:
        """Rows of unmet demand, of one year or of all."""
        with self._lock:
            return [row for row in self._unmet if year is None or row[0] == year]

    def indicator_rows(self) -> list[IndicatorRow]:
        """Every indicator so far, by year, indicator and district."""
        with self._lock:
            rows = [
                (year, district, name, value, self._units[name])
                for (name, district), values in self._series.items()
                for year, value in values.items()
            ]
        return sorted(rows, key=lambda row: row[0])
