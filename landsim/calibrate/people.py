"""People: a yearly table of persons and jobs, and its reading between the years that it lists."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from landsim.core.errors import Problems

COLUMNS = ("persons", "jobs")


@dataclass(frozen=True, eq=False)
class People:
    """Persons and jobs of a place by year.

    Attributes
    ----------
    years : tuple of int
        Years of the rows, ascending.
    columns : mapping of str to tuple of float
        ``persons`` and/or ``jobs``, one value a year.
    """

    years: tuple[int, ...]
    columns: Mapping[str, tuple[float, ...]]

    def at(self, years: Iterable[int]) -> npt.NDArray[np.float64]:
        """Values at some years, linear between rows, shape (n years, n columns).

        Raises
        ------
        ValueError
            If a year lies outside the table: nothing is extrapolated.
        """
        wanted = np.asarray(list(years), dtype=np.float64)
        if wanted.size and (wanted.min() < self.years[0] or wanted.max() > self.years[-1]):
            raise ValueError(f"years outside the table of {self.years[0]}..{self.years[-1]}")
        return np.stack([np.interp(wanted, self.years, values) for values in self.columns.values()], axis=1)

    def covers(self, year: int) -> bool:
        """Tell whether a year lies inside the table."""
        return self.years[0] <= year <= self.years[-1]


def people_of(rows: list[dict[str, str]], where: str, problems: Problems) -> People | None:
    """Make the table of the rows of a CSV file; None after a fault.

    Parameters
    ----------
    rows : list of dict
        Texts under ``year`` and ``persons`` and/or ``jobs``; other columns are left alone.
    where : str
        Key, for the messages.
    problems : Problems
        Gets the faults.
    """
    named = [name for name in COLUMNS if rows and name in rows[0]]
    if not named or "year" not in rows[0]:
        found = ", ".join(rows[0]) if rows else "an empty table"
        problems.add(where, "not a table of people", found=found, wanted="the columns year, and persons or jobs")
        return None
    before = len(problems.faults)
    table = {key: [_number(row[key], f"{where}: {key}", problems) for row in rows] for key in ("year", *named)}
    if len(problems.faults) > before:
        return None
    years = tuple(int(year) for year in table.pop("year"))
    if list(years) != sorted(set(years)) or len(years) < 2:
        problems.add(where, "years that do not ascend", found=", ".join(map(str, years)), wanted="two or more rows")
        return None
    return People(years, {name: tuple(values) for name, values in table.items()})


def _number(text: str, where: str, problems: Problems) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0):
        problems.add(where, "not a number", found=repr(text), wanted="0 or more")
        return 0.0
    return value
