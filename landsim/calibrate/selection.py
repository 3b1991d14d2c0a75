"""Selection: which candidate foretells change best inside the fitting period; the test is not looked at."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.calibrate.drivers import Driver
from landsim.calibrate.features import density_recipe, momentum_recipe, static_recipe
from landsim.calibrate.folds import Origin, Parts, origins_for
from landsim.calibrate.learning import Window, ground_of, learn_from, learnable, past_for, windows
from landsim.calibrate.models.base import Fitted, Samples
from landsim.calibrate.models.ensemble import Blend, Key, blends, fit_parts
from landsim.calibrate.ranking import Plane, ranking_fom
from landsim.calibrate.reliability import Reliability, reliability
from landsim.calibrate.span import Span
from landsim.core.draws import uniform
from landsim.landscape.legend import LegendRow
from landsim.landscape.rows import Rows
from landsim.transition.features import Feature, Recipe
from landsim.transition.measure import Measure, Table
from landsim.transition.ranks import Ranks, map_ranks

JUDGED = 200_000
"""Cells of the map by which a fold is judged at most, at even steps."""

FEWEST = 25
"""Gained cells below which a fold says too little to count."""

BASELINE = "density"
"""The candidate that every other has to beat, and the model whose share makes a candidate safe."""

Say = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Task:
    """The growth of one class, to be explained.

    Attributes
    ----------
    span : Span
        Maps that may be known.
    gained : LegendRow
        The class.
    drivers : mapping of str to Rows
        Drivers, open to be read.
    facts : mapping of str to Driver
        What is known of them.
    kinds : tuple of str
        Models that the study lets in.
    seed : int
    """

    span: Span
    gained: LegendRow
    drivers: Mapping[str, Rows]
    facts: Mapping[str, Driver]
    kinds: tuple[str, ...]
    seed: int

    @property
    def units(self) -> dict[str, str]:
        """Units of the drivers."""
        return {name: driver.unit for name, driver in self.facts.items()}

    def recipes(self, years: Sequence[int]) -> tuple[dict[str, Recipe], dict[str, tuple[Window, ...]]]:
        """Give the recipes that some dates allow, and the periods to learn from, by name."""
        code, periods = self.gained.code, windows(years)
        static = static_recipe(self.span.legend, self.span.maps[years[0]], code, self.facts)
        found = {"density": density_recipe(code), "static": static}
        if "momentum" in periods:
            found["momentum"] = momentum_recipe(static, code, periods["momentum"][0].past_years)
        return found, periods


@dataclass(frozen=True)
class Fold:
    """Figures of merit of every candidate on one part of the map after one date.

    Attributes
    ----------
    start, end, part : int
        Period that was judged, and the part of the map that was held out.
    gained : int
        Cells gained among those judged.
    fom : dict of str to float
        Candidate -> gain figure of merit at the observed quantity.
    """

    start: int
    end: int
    part: int
    gained: int
    fom: dict[str, float]


@dataclass(frozen=True, eq=False)
class Selection:
    """What was compared, and what was chosen.

    Attributes
    ----------
    gained : str
        Class.
    chosen : str
        Name of the candidate.
    reason : str
        By what, in a sentence.
    forecast : bool
        Whether candidates were judged by forecasting; else by other parts of the map only.
    folds : tuple of Fold
        Those that count.
    mean, error : dict of str to float
        Candidate -> mean figure of merit, and standard error of its difference from the best one.
    rank, hit : numpy.ndarray, shape (n,)
        Out-of-fold map ranks of the chosen one after the last date, float32, and whether the cells gained the class.
    """

    gained: str
    chosen: str
    reason: str
    forecast: bool
    folds: tuple[Fold, ...]
    mean: dict[str, float]
    error: dict[str, float]
    rank: Ranks = field(repr=False)
    hit: Plane = field(repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Give plain data for ``fit.json``."""
        return {
            "chosen": self.chosen,
            "reason": self.reason,
            "judged_by": "forecasts crossed with parts of the map" if self.forecast else "parts of the map only",
            "candidates": {
                name: {"fom": self.mean[name], "standard_error_of_difference": self.error[name]} for name in self.mean
            },
            "folds": [vars(fold) for fold in self.folds],
            "reliability": None if self.reliability is None else vars(self.reliability),
        }

    @cached_property
    def reliability(self) -> Reliability | None:
        """How well chances hold out of fold; None where too little changed to tell."""
        return reliability(self.rank, self.hit)


def select(task: Task, say: Say = lambda text: None) -> Selection:
    """Compare the candidates by forecasts inside the fitting period and choose one.

    Where three or more dates allow for it, models learn from the dates up to an origin, on some parts of the map, and
    are judged by what was gained after it on the other part.  With two dates only the map is divided; that says
    nothing about how a candidate forecasts, so that only those which hold a share of the density are let in.  With
    one origin growth is seen to go on but once: models that bend freely are then let in as a team only, and recent
    growth beside all else only.

    Parameters
    ----------
    task : Task
    say : callable
        Hears how it goes.

    Returns
    -------
    Selection
        The density, with nothing fitted, where too little changed to judge by.
    """
    origins = origins_for(task.span, task.gained.code)
    usable = _candidates(task, origins)
    folds: list[Fold] = []
    last: list[tuple[dict[str, Ranks], Plane]] = []
    for origin in origins:
        say(f"{task.gained.name}: candidates are judged from {origin.start} to {origin.end}")
        found = _judge(task, origin, usable)
        folds += [fold for fold, _, _ in found]
        last = [(ranks, hit) for _, ranks, hit in found] or last
    if not folds:
        return _unjudged(task, origins[-1])
    forecast = origins[0].is_forecast
    counted = [fold for fold in folds if fold.gained >= FEWEST] or folds
    mean, error = _compare(counted, [blend.name for blend in usable])
    chosen, reason = _choose(mean, error, usable, forecast, len(counted))
    rank = np.concatenate([map_ranks(ranks[chosen]) for ranks, _ in last])
    hit = np.concatenate([hit for _, hit in last])
    return Selection(task.gained.name, chosen, reason, forecast, tuple(counted), mean, error, rank, hit)


def _candidates(task: Task, origins: Sequence[Origin]) -> list[Blend]:
    """Candidates that every origin can judge, steady ones first; the baseline is always among them."""
    span, code = task.span, task.gained.code
    dates = [span.years, *(origin.years for origin in origins)]
    recipes = frozenset.intersection(*(learnable(span, years, code) for years in dates))
    found = blends({*task.kinds, BASELINE}, recipes)
    if len(origins) > 1:
        return found
    return [blend for blend in found if (blend.is_steady if origins[0].is_forecast else blend.holds(BASELINE))]


def _unjudged(task: Task, origin: Origin) -> Selection:
    """Fall back on the baseline, whose ranks need no fold because it learns nothing."""
    cells = _judged(task, origin)
    baseline = [blend for blend in blends({BASELINE}, ()) if blend.name == BASELINE]
    recipes = {name: recipe for name, recipe in task.recipes(origin.years)[0].items() if name in baseline[0].recipes}
    features, x = _measured(task, origin, recipes, cells)
    columns = {
        name: np.array([features[f] for f in recipe.features], dtype=np.int32) for name, recipe in recipes.items()
    }
    fitted = fit_parts(baseline, task.gained, recipes, {}, task.seed, task.units)
    rank = _pooled(baseline, fitted, columns, len(features), x)[BASELINE]
    hit = task.span.maps[origin.end].reshape(-1)[cells] == np.uint8(task.gained.code)
    reason = "nothing is fitted, because too little changed inside the fitting period to judge candidates by"
    return Selection(task.gained.name, BASELINE, reason, origin.is_forecast, (), {}, {}, rank, hit)


def _judge(task: Task, origin: Origin, usable: Sequence[Blend]) -> list[tuple[Fold, dict[str, Ranks], Plane]]:
    """Fit and judge every candidate on every part of the map; features are measured once."""
    recipes, periods = task.recipes(origin.years)
    needed = {recipe for blend in usable for recipe in blend.recipes}
    recipes = {name: recipe for name, recipe in recipes.items() if name in needed}
    samples = {
        name: learn_from(task.span, periods[name], task.gained.code, recipes[name], task.drivers, task.seed)
        for name in recipes
        if name in periods
    }
    cells = _judged(task, origin)
    features, x = _measured(task, origin, recipes, cells)
    columns = {
        name: np.array([features[f] for f in recipe.features], dtype=np.int32) for name, recipe in recipes.items()
    }
    hit = task.span.maps[origin.end].reshape(-1)[cells] == np.uint8(task.gained.code)
    parts = Parts.deal(task.span.grid, origin.parts, task.seed)
    out = []
    for k in range(parts.count):
        known = {name: _open(found, parts, k) for name, found in samples.items()}
        held = parts.held(k, cells)
        if not hit[held].any() or any(found is None for found in known.values()):
            continue
        given = {name: found for name, found in known.items() if found is not None}
        fitted = fit_parts(usable, task.gained, recipes, given, task.seed, task.units)
        pooled = _pooled(usable, fitted, columns, len(features), x[held])
        fom = {name: ranking_fom(rank, hit[held]) for name, rank in pooled.items()}
        fom["random"] = ranking_fom(uniform(task.seed, "select/random", 0, cells[held]).astype(np.float32), hit[held])
        fold = Fold(origin.start, origin.end, k, int(np.count_nonzero(hit[held])), fom)
        out.append((fold, pooled, hit[held]))
    return out


def _judged(task: Task, origin: Origin) -> npt.NDArray[np.int64]:
    """Candidate cells at even steps, at most `JUDGED`."""
    cells = np.flatnonzero(task.span.candidates(task.gained.code, origin.start))
    if cells.size <= JUDGED:
        return cells
    return cells[np.linspace(0, cells.size - 1, JUDGED).astype(np.int64)]


def _measured(
    task: Task, origin: Origin, recipes: Mapping[str, Recipe], cells: npt.NDArray[np.int64]
) -> tuple[dict[Feature, int], Table]:
    """Measure every feature once at the start of the period that is judged: feature -> column, and the table."""
    features = dict.fromkeys(feature for recipe in recipes.values() for feature in recipe.features)
    length = max(recipe.past_years for recipe in recipes.values())
    past = past_for(origin.years, origin.start, length) if length else None
    measure = Measure(tuple(features), ground_of(task.span, origin.start, past, task.drivers))
    return {feature: j for j, feature in enumerate(features)}, measure.at(cells)


def _open(samples: Samples, parts: Parts, k: int) -> Samples | None:
    """Samples that may be learnt from while part k is held out; None where they hold nothing to tell apart."""
    kept = samples.part(parts.open(k, samples.drawn.cells))
    return kept if kept.gained.any() and not kept.gained.all() else None


def _pooled(
    usable: Sequence[Blend], fitted: Mapping[Key, Fitted], columns: Mapping[str, npt.NDArray[np.int32]], width: int,
    x: Table,
) -> dict[str, Ranks]:  # fmt: skip
    """Pooled ranks of every candidate on some cells."""
    ranks = {key: map_ranks(found.flat.on(columns[key[0]], width).score(x)) for key, found in fitted.items()}
    return {blend.name: blend.of(ranks) for blend in usable}


def _compare(folds: Sequence[Fold], names: Sequence[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Mean figure of merit over the folds, and the standard error of each difference from the best."""
    table = {name: np.array([fold.fom[name] for fold in folds]) for name in [*names, "random"]}
    mean = {name: float(values.mean()) for name, values in table.items()}
    best = table[max(names, key=lambda name: mean[name])]
    spread = {name: best - values for name, values in table.items()}
    error = {
        name: float(gap.std(ddof=1) / math.sqrt(gap.size)) if gap.size > 1 else 0.0 for name, gap in spread.items()
    }
    return mean, error


def _choose(
    mean: Mapping[str, float], error: Mapping[str, float], usable: Sequence[Blend], forecast: bool, folds: int
) -> tuple[str, str]:
    """Take the first candidate, from steady to bold, that the best one does not beat by more than a standard error."""
    names = [blend.name for blend in usable]
    best = max(names, key=lambda name: mean[name])
    chosen = next(name for name in names if mean[best] - mean[name] <= error[name])
    how = f"mean figure of merit over {folds} {'forecasts' if forecast else 'parts of the map; forecasts not tried'}"
    if chosen == BASELINE:
        return chosen, f"nothing beats the density of the class by more than a standard error ({how})"
    if chosen == best:
        return chosen, f"best by {how}"
    return chosen, f"within one standard error of {best}, which is best by {how}"
