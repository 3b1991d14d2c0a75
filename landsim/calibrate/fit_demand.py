"""Demand: how many cells each class is to have in years to come - by trend, by saturation, by people, or given.

Nothing here reads a map later than the end of the span that it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar, nnls

from landsim.calibrate.change import annualised, cross_tab, row_shares
from landsim.calibrate.people import People
from landsim.calibrate.span import Span
from landsim.calibrate.study import DemandMode
from landsim.landscape.legend import LegendRow
from landsim.transition.demand import interpolate, markov_change

HORIZON = 30
"""Years after the fit for which demand is written down unless a study says otherwise."""

_CAPACITIES = 200  # carrying capacities that are tried before the best one is refined

Areas = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class DemandPath:
    """Cells wanted of some classes, year by year.

    Attributes
    ----------
    names : tuple of str
        Classes (C).
    years : tuple of int
        Consecutive years (Y); the first is the end of the fit and holds what was observed.
    cells : numpy.ndarray of int64, shape (Y, C)
        Cells at the end of each year.
    mode : str
        How they were found: markov, logistic, population or given.
    facts : dict
        Fitted numbers, plain data.
    errors : dict of str to float
        Mode -> error of telling the last date of the fit from the earlier ones, where modes were compared.
    """

    names: tuple[str, ...]
    years: tuple[int, ...]
    cells: npt.NDArray[np.int64]
    mode: str
    facts: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Give plain data for ``fit.json``."""
        return {"mode": self.mode, "facts": self.facts, "errors": self.errors, "end": self.years[-1]}


Forecast = Callable[[Span], DemandPath]


def fit_demand(
    span: Span,
    gains: Sequence[LegendRow],
    horizon: int | None = None,
    mode: DemandMode = "auto",
    people: People | None = None,
    targets: Mapping[str, Mapping[int, int]] | None = None,
) -> DemandPath:
    """Fit the demand of the gained classes.

    Parameters
    ----------
    span : Span
        Maps of the fit.
    gains : sequence of LegendRow
        Classes whose growth is fitted.
    horizon : int or None
        Last year; None for `HORIZON` years after the span.
    mode : {"auto", "markov", "logistic", "population", "given"}
        ``auto`` takes the simplest mode that tells the last date from the earlier ones within one standard error of
        the best; with fewer than four dates the Markov trend, because nothing tells modes apart.  It leaves out
        logistic growth whose capacity the dates do not tell: that is exponential, which no city keeps up.
    people : People or None
        Needed by ``population``; its years after the span are a forecast of people, given from outside.
    targets : mapping of str to mapping of int to int, or None
        Class name -> {year: cells}; needed by ``given``.

    Raises
    ------
    ValueError
        If a mode lacks what it needs.
    """
    until = span.end + HORIZON if horizon is None else horizon
    if mode == "given":
        return given_path(span, targets or {}, until)
    if mode != "auto":
        return _forecasts(gains, people, until)[mode](span)
    errors = {name: backcast_errors(span, gains, name, people) for name in _usable(span, gains, people)}
    path = _forecasts(gains, people, until)[_simplest(errors)](span)
    means = {name: float(np.mean(found)) for name, found in errors.items() if found}
    return DemandPath(path.names, path.years, path.cells, path.mode, path.facts, means)


def backcast_errors(span: Span, gains: Sequence[LegendRow], mode: str, people: People | None = None) -> list[float]:
    """Errors of telling the growth up to the last date from the earlier dates, one a beginning of the span.

    Each is the sum over the classes of |foretold - observed growth| over the sum of |observed growth|.
    """
    forecast = _forecasts(gains, people, span.end)[mode]
    return [_growth_error(span, gains, forecast(span.until(year))) for year in span.years[1:-1]]


def _simplest(errors: Mapping[str, list[float]]) -> str:
    """First mode within one standard error of the best one; the modes stand from simple to elaborate."""
    if min(map(len, errors.values())) < 2:
        return next(iter(errors))
    means = {name: float(np.mean(found)) for name, found in errors.items()}
    best = min(means, key=lambda name: means[name])
    slack = float(np.std(errors[best], ddof=1)) / len(errors[best]) ** 0.5
    return next(name for name, mean in means.items() if mean <= means[best] + slack)


def markov_path(span: Span, until: int) -> DemandPath:
    """Continue the yearly transition matrix between the first and the last date, for every class; cells sum up.

    Parameters
    ----------
    span : Span
        Maps of the fit.
    until : int
        Last year.
    """
    rows = span.legend.rows
    codes = span.legend.codes
    yearly = annualised(row_shares(cross_tab(span.first, span.last, span.valid, codes)), span.length)
    now = np.bincount(span.last[span.valid], minlength=256).astype(np.int64)
    cells = [now[codes]]
    for _ in range(until - span.end):
        now = now + markov_change(yearly.matrix, codes, now, 1.0)
        cells.append(now[codes])
    facts = {"error": yearly.error, "method": yearly.method}
    return DemandPath(tuple(row.name for row in rows), _years(span, until), np.array(cells), "markov", facts)


def logistic(time: npt.ArrayLike, capacity: float, start: float, rate: float) -> Areas:
    """Logistic growth ``K / (1 + (K / U0 - 1) * exp(-r * t))``, float64, shape of `time`.

    Examples
    --------
    >>> round(float(logistic(10, 1000, 200, 0.08)), 3)
    357.486
    """
    odds = (capacity / start - 1.0) * np.exp(-rate * np.asarray(time, dtype=np.float64))
    return np.asarray(capacity / (1.0 + odds), dtype=np.float64)


def fit_logistic(years: Sequence[int], areas: npt.ArrayLike, most: float) -> tuple[float, float]:
    """Fit carrying capacity and growth rate of a class to its areas.

    For every capacity the rate is the slope of ``ln(U / (K - U))`` over time, and the capacity is the one whose curve
    is nearest to the areas.  Two dates cannot tell a capacity: it is then `most`.

    Parameters
    ----------
    years : sequence of int, length n
        Dates.
    areas : array_like of float, shape (n,)
        Cells of the class.
    most : float
        Largest capacity: the cells that the class has or may take.

    Returns
    -------
    capacity, rate : float
        Cells; 1/a.
    """
    time = np.asarray(years, dtype=np.float64) - years[0]
    area = np.maximum(np.asarray(areas, dtype=np.float64), 0.5)
    least = float(area.max()) * (1.0 + 1e-6)
    if least >= most:
        return least, _rate(time, area, least)
    if len(area) < 3:
        return most, _rate(time, area, most)

    def misfit(log_capacity: float) -> float:
        capacity = float(np.exp(log_capacity))
        slope, odds = _rate_and_odds(time, area, capacity)
        return float(((capacity / (1.0 + np.exp(-slope * time - odds)) - area) ** 2).sum())

    tried = np.linspace(np.log(least), np.log(most), _CAPACITIES)
    best = int(np.argmin([misfit(x) for x in tried]))
    bounds = tried[max(best - 1, 0)], tried[min(best + 1, _CAPACITIES - 1)]
    refined = minimize_scalar(misfit, bounds=bounds, method="bounded", options={"xatol": 1e-10})
    capacity = float(np.exp(refined.x if refined.fun < misfit(tried[best]) else tried[best]))
    return capacity, _rate(time, area, capacity)


def logistic_path(span: Span, gains: Sequence[LegendRow], until: int) -> DemandPath:
    """Let every gained class grow towards a capacity, from its area at the last date.

    Parameters
    ----------
    span : Span
        Maps of the fit.
    gains : sequence of LegendRow
        Classes.
    until : int
        Last year.
    """
    time = np.arange(until - span.end + 1)
    columns, facts = [], {}
    for row in gains:
        areas = _areas(span, row)
        most = _most(span, row)
        capacity, rate = fit_logistic(span.years, areas, most)
        columns.append(logistic(time, capacity, max(areas[-1], 0.5), rate))
        facts[row.name] = {"capacity_cells": capacity, "rate": rate, "at_most": capacity >= most * (1.0 - 1e-6)}
    return _path(span, gains, np.stack(columns, axis=1), "logistic", facts)


def people_path(span: Span, gains: Sequence[LegendRow], people: People, until: int) -> DemandPath:
    """Let every gained class grow with persons and jobs, from its area at the last date.

    The cells a person and a job are those of a least-squares fit of the growth since the first date, none of them
    negative.  The path ends with the table at the latest.

    Parameters
    ----------
    span : Span
        Maps of the fit.
    gains : sequence of LegendRow
        Classes.
    people : People
        Table that covers the dates of the span.
    until : int
        Last year.

    Raises
    ------
    ValueError
        If the table does not cover the dates of the span.
    """
    since = people.at(span.years) - people.at([span.start])
    years = range(span.end, min(until, people.years[-1]) + 1)
    ahead = people.at(years) - people.at([span.end])
    scale = np.maximum(np.abs(since).max(axis=0), 1.0)
    columns, facts = [], {}
    for row in gains:
        areas = _areas(span, row)
        weights = nnls(since / scale, areas - areas[0])[0] / scale
        columns.append(areas[-1] + ahead @ weights)
        facts[row.name] = {f"cells_per_{n.rstrip('s')}": float(w) for n, w in zip(people.columns, weights, strict=True)}
    return _path(span, gains, np.stack(columns, axis=1), "population", facts)


def given_path(span: Span, targets: Mapping[str, Mapping[int, int]], until: int) -> DemandPath:
    """Follow targets, linear between them and constant after the last one.

    Parameters
    ----------
    span : Span
        Maps of the fit; its last date is where the path begins.
    targets : mapping of str to mapping of int to int
        Class name -> {year: cells}.
    until : int
        Last year.

    Raises
    ------
    ValueError
        If no target is given.
    """
    if not targets:
        raise ValueError("demand mode given needs targets")
    rows = [row for row in span.legend.rows if row.name in targets]
    years = _years(span, until)
    columns = []
    for row in rows:
        path = {year: cells for year, cells in targets[row.name].items() if year > span.end}
        columns.append([interpolate(path, span.end, span.area(row.code, span.end), year) for year in years])
    return DemandPath(tuple(row.name for row in rows), years, np.array(columns, dtype=np.int64).T, "given")


def _forecasts(gains: Sequence[LegendRow], people: People | None, until: int) -> dict[str, Forecast]:
    """Mode -> what makes its path of a span."""
    named: dict[str, Forecast] = {
        "markov": partial(markov_path, until=until),
        "logistic": lambda span: logistic_path(span, gains, until),
    }
    named["population"] = _no_people if people is None else lambda span: people_path(span, gains, people, until)
    return named


def _no_people(_: Span) -> DemandPath:
    raise ValueError("demand mode population needs a table of people")


def _usable(span: Span, gains: Sequence[LegendRow], people: People | None) -> list[str]:
    """Modes that can be compared, from simple to elaborate."""
    covered = people is not None and all(people.covers(year) for year in (*span.years, span.end + 1))
    saturating = not any(found["at_most"] for found in logistic_path(span, gains, span.end).facts.values())
    return ["markov", *(["logistic"] if saturating else []), *(["population"] if covered else [])]


def _growth_error(span: Span, gains: Iterable[LegendRow], path: DemandPath) -> float:
    wrong = total = 0.0
    for row in gains:
        column = path.cells[:, path.names.index(row.name)]
        observed = span.area(row.code, span.end) - span.area(row.code, path.years[0])
        wrong += abs(float(column[-1] - column[0]) - observed)
        total += abs(observed)
    return wrong / total if total else wrong


def _areas(span: Span, row: LegendRow) -> Areas:
    return np.array([span.area(row.code, year) for year in span.years], dtype=np.float64)


def _most(span: Span, row: LegendRow) -> float:
    """Cells that a class has at the last date or may take."""
    return float(span.area(row.code, span.end) + np.count_nonzero(span.candidates(row.code, span.end)))


def _years(span: Span, until: int) -> tuple[int, ...]:
    return tuple(range(span.end, until + 1))


def _path(span: Span, gains: Sequence[LegendRow], areas: Areas, mode: str, facts: dict[str, Any]) -> DemandPath:
    """Whole cells of a path of areas, never more than a class may take nor, all together, than there are."""
    most = np.array([_most(span, row) for row in gains])
    areas = np.clip(areas, 0.0, most)
    areas = areas * np.minimum(1.0, np.count_nonzero(span.valid) / np.maximum(areas.sum(axis=1, keepdims=True), 1.0))
    years = tuple(range(span.end, span.end + len(areas)))
    return DemandPath(tuple(row.name for row in gains), years, np.rint(areas).astype(np.int64), mode, facts)


def _rate(time: Areas, area: Areas, capacity: float) -> float:
    return _rate_and_odds(time, area, capacity)[0]


def _rate_and_odds(time: Areas, area: Areas, capacity: float) -> tuple[float, float]:
    """Slope and intercept of the log odds of the area over time."""
    odds = np.log(area / (capacity - area))
    centred = time - time.mean()
    slope = float((centred @ odds) / (centred @ centred))
    return slope, float(odds.mean() - slope * time.mean())
