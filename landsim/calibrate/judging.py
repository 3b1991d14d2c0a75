"""Judging: every candidate is fitted on some parts of the map and marked by what was gained on the other part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from landsim.calibrate.drivers import Driver
from landsim.calibrate.features import density_recipe, momentum_recipe, static_recipe
from landsim.calibrate.folds import Origin, Parts
from landsim.calibrate.learning import Window, ground_of, learn_from, past_for, windows
from landsim.calibrate.models.base import Fitted, Samples
from landsim.calibrate.models.ensemble import Blend, Key, blends, fit_parts
from landsim.calibrate.ranking import Plane, ranking_fom
from landsim.calibrate.span import Span
from landsim.core.draws import uniform
from landsim.landscape.legend import LegendRow
from landsim.landscape.rows import Rows
from landsim.transition.features import Feature, Recipe
from landsim.transition.measure import Measure, Table
from landsim.transition.ranks import Ranks, map_ranks

JUDGED = 200_000
"""Cells of the map by which a fold is judged at most, at even steps."""

BASELINE = "density"
"""The candidate that every other has to beat, and the model whose share makes a candidate safe."""


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


def judge(task: Task, origin: Origin, usable: Sequence[Blend]) -> list[tuple[Fold, dict[str, Ranks], Plane]]:
    """Fit and judge every candidate on every part of the map; features are measured once.

    Returns
    -------
    list of (Fold, dict of str to ndarray, ndarray)
        A part that was held out each: its figures of merit, the ranks of its cells by candidate, and which of them
        gained the class.  Parts that gained nothing, or leave nothing to learn from, are left out.
    """
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
    columns = _columns(recipes, features)
    hit = _hit(task, origin, cells)
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


def baseline_ranks(task: Task, origin: Origin) -> tuple[Ranks, Plane]:
    """Rank cells by the baseline, which learns nothing and so needs no fold, and tell which gained the class."""
    cells = _judged(task, origin)
    baseline = [blend for blend in blends({BASELINE}, ()) if blend.name == BASELINE]
    recipes = {name: recipe for name, recipe in task.recipes(origin.years)[0].items() if name in baseline[0].recipes}
    features, x = _measured(task, origin, recipes, cells)
    fitted = fit_parts(baseline, task.gained, recipes, {}, task.seed, task.units)
    rank = _pooled(baseline, fitted, _columns(recipes, features), len(features), x)[BASELINE]
    return rank, _hit(task, origin, cells)


def _judged(task: Task, origin: Origin) -> npt.NDArray[np.int64]:
    """Candidate cells at even steps, at most `JUDGED`."""
    cells = np.flatnonzero(task.span.candidates(task.gained.code, origin.start))
    if cells.size <= JUDGED:
        return cells
    return cells[np.linspace(0, cells.size - 1, JUDGED).astype(np.int64)]


def _hit(task: Task, origin: Origin, cells: npt.NDArray[np.int64]) -> Plane:
    """Whether cells hold the class at the end of the period that is judged."""
    return np.asarray(task.span.maps[origin.end].reshape(-1)[cells] == np.uint8(task.gained.code))


def _measured(
    task: Task, origin: Origin, recipes: Mapping[str, Recipe], cells: npt.NDArray[np.int64]
) -> tuple[dict[Feature, int], Table]:
    """Measure every feature once at the start of the period that is judged: feature -> column, and the table."""
    features = dict.fromkeys(feature for recipe in recipes.values() for feature in recipe.features)
    length = max(recipe.past_years for recipe in recipes.values())
    past = past_for(origin.years, origin.start, length) if length else None
    measure = Measure(tuple(features), ground_of(task.span, origin.start, past, task.drivers))
    return {feature: j for j, feature in enumerate(features)}, measure.at(cells)


def _columns(recipes: Mapping[str, Recipe], features: Mapping[Feature, int]) -> dict[str, npt.NDArray[np.int32]]:
    """Columns of the table of features that each recipe reads, in its own order."""
    return {name: np.array([features[f] for f in recipe.features], dtype=np.int32) for name, recipe in recipes.items()}


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
