"""What a report reads of one run: its name, its indicators of the city, and what a reader must not miss."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from landsim.indicators.record import CITY
from landsim.io.store import RunFolder
from landsim.landscape.legend import Land
from landsim.report.words import Words
from landsim.scenario.manifest import BY_BUILT_IN, UNCALIBRATED

if TYPE_CHECKING:
    import pandas as pd

CLASS_OF = {
    "rural_built_ha": Land.RURAL,
    "urbanisation": Land.RURAL,
    "forest_ha": Land.FOREST,
    "grass_ha": Land.GRASS,
    "wetland_ha": Land.WETLAND,
    "green_per_person": Land.GREEN,
    "non_grain_share": Land.OTHER_AG,
}
"""Indicators that say nothing where the map does not tell their class apart: they would be 0 or all."""
_LONGEST = 28
"""Characters of a name in a report."""


class ReportedRun:
    """A run folder with the name that the report gives it.

    Parameters
    ----------
    folder : RunFolder
    name : str
        Short and unlike the names of the other runs.
    """

    def __init__(self, folder: RunFolder, name: str) -> None:
        self.folder, self.name = folder, name
        self.manifest: dict[str, Any] = folder.manifest

    @cached_property
    def start(self) -> int:
        """First year of its maps."""
        return self.folder.years[0]

    @cached_property
    def end(self) -> int:
        """Last year of its maps."""
        return self.folder.years[-1]

    def said(self, key: Literal["title", "description"], lang: str) -> str:
        """What the scenario says of itself, in Chinese where it has that and it is wanted."""
        return str((lang == "zh" and self.manifest["scenario"].get(f"{key}_zh")) or self.manifest[key])

    @cached_property
    def city(self) -> pd.DataFrame:
        """Indicators of the whole city: one row a year, one column an indicator."""
        table = self.folder.indicators
        return table[table["district"] == CITY].pivot(index="year", columns="indicator", values="value")

    @cached_property
    def units(self) -> dict[str, str]:
        """Unit of each indicator that the run knows, without those of classes that its map does not tell apart."""
        table = self.folder.indicators.drop_duplicates("indicator")
        units = dict(zip(table["indicator"].astype(str), table["unit"].astype(str), strict=True))
        there = {row.model_class for row in self.folder.legend.rows}
        return {name: unit for name, unit in units.items() if name not in CLASS_OF or CLASS_OF[name] in there}

    def tells(self, indicator: str) -> bool:
        """Whether the run has a value of an indicator of the city at its start or at its end."""
        return indicator in self.units and any(
            math.isfinite(self.value(indicator, year)) for year in (self.start, self.end)
        )

    def value(self, indicator: str, year: int) -> float:
        """Value of an indicator of the city in a year; NaN where the run does not know it."""
        if indicator not in self.city.columns or year not in self.city.index:
            return math.nan
        return float(self.city.loc[[year], indicator].iloc[0])

    def series(self, indicator: str) -> tuple[list[int], list[float]]:
        """Years and values in which an indicator is known."""
        if indicator not in self.city.columns:
            return [], []
        known = self.city[indicator].dropna()
        return [int(year) for year in known.index], [float(value) for value in known]

    @cached_property
    def counts(self) -> dict[int, npt.NDArray[np.int64]]:
        """Cells a code at the start and at the end, int64, shape (256,)."""
        return {
            year: np.bincount(self.folder.landcover_at(year).ravel(), minlength=256) for year in {self.start, self.end}
        }


def named(folders: list[RunFolder]) -> list[ReportedRun]:
    """Name a single run by its scenario, several by their folders (`short_names`), which their users named."""
    if len(folders) == 1:
        return [ReportedRun(folders[0], str(folders[0].manifest["name"]))]
    names = short_names([run.path for run in folders])
    return [ReportedRun(run, name) for run, name in zip(folders, names, strict=True)]


def short_names(paths: Sequence[Path]) -> list[str]:
    """Name paths by their last parts, as few as tell them apart; by number too where that would be too long.

    Examples
    --------
    >>> short_names([Path("/runs/as_usual/1"), Path("/runs/strict/1")])
    ['as_usual/1', 'strict/1']
    """
    parts = [path.resolve().parts for path in paths]
    depths = range(1, max(map(len, parts)) + 1)
    tails = [["/".join(part[-depth:]) for part in parts] for depth in depths]
    names = [_short(name) for name in next((tail for tail in tails if len(set(tail)) == len(tail)), tails[0])]
    if len(set(names)) < len(names):
        return [f"{name} ({i})" for i, name in enumerate(names, start=1)]
    return names


def stamps(manifests: Sequence[Mapping[str, Any]], words: Words) -> list[str]:
    """Sentences that belong on every page: what is not fitted, and which lines are made up."""
    lines = []
    for made in manifests:
        rules = made["rules"]
        if rules == UNCALIBRATED:
            lines.append(words("stamps.uncalibrated"))
        elif BY_BUILT_IN in rules:
            lines.append(words("stamps.partly", rules=rules))
        if made["constructed_lines"]:
            names = words("reading.join").join(words(f"lines.{name}").lower() for name in made["constructed_lines"])
            lines.append(words("stamps.constructed", names=names))
    return list(dict.fromkeys(lines))


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 9]}…{name[-8:]}"
