"""Explain: what a potential reads most, and how its chance of change goes with each of these measurements."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.calibrate.judging import Task
from landsim.calibrate.learning import Window, ground_of, past_for
from landsim.calibrate.ranking import Plane, ranking_fom
from landsim.core.draws import uniform
from landsim.core.parallel import each
from landsim.transition.features import Feature
from landsim.transition.fitted import Potential, pooled_rank
from landsim.transition.measure import Measure, Table
from landsim.transition.ranks import Ranks

CELLS = 20_000
"""Cells that importance is measured on, at even steps over the candidates."""

SHOWN = 6
"""Measurements whose dependence is drawn."""

_CURVE_CELLS = 2_000
_CURVE_POINTS = 11


@dataclass(frozen=True)
class Importance:
    """How much worse the ranking gets when what a group of features says is shuffled.

    Attributes
    ----------
    group : str
        E.g. ``density of urban`` or ``slope``.
    features : int
        Features in the group.
    loss : float
        Figure of merit lost; about 0 or below where nothing is read from it.
    """

    group: str
    features: int
    loss: float


@dataclass(frozen=True)
class Curve:
    """Mean chance of change when one feature has a value in every cell, the others as they are.

    Attributes
    ----------
    feature, group : str
    values, chance : tuple of float
        Quantiles of the feature, and the mean chance at each.
    """

    feature: str
    group: str
    values: tuple[float, ...]
    chance: tuple[float, ...]


@dataclass(frozen=True)
class Explanation:
    """What a potential reads.

    Attributes
    ----------
    fom : float
        Figure of merit on the cells of the explanation, which the models learnt from in part; NaN where none changed.
    importance : tuple of Importance
        Largest loss first.
    curves : tuple of Curve
        One for the strongest groups.
    """

    fom: float
    importance: tuple[Importance, ...]
    curves: tuple[Curve, ...]

    def as_dict(self) -> dict[str, Any]:
        """Give plain data for ``fit.json``."""
        return {
            "fom": self.fom,
            "importance": [vars(item) for item in self.importance],
            "curves": [{**vars(c), "values": list(c.values), "chance": list(c.chance)} for c in self.curves],
        }


def explain(task: Task, potential: Potential, window: Window) -> Explanation:
    """Measure what a potential reads, on a period of the fit.

    Importance is the loss of the gain figure of merit when the features of a group are shuffled together (Breiman
    2001, by groups, because densities of neighbouring widths stand in for each other).

    Parameters
    ----------
    task : Task
    potential : Potential
        Fitted to the task.
    window : Window
        Period on which it is looked at.
    """
    cells = np.flatnonzero(task.span.candidates(task.gained.code, window.start))
    cells = cells[np.linspace(0, cells.size - 1, min(cells.size, CELLS)).astype(np.int64)]
    past = past_for(task.span.years, window.start, potential.past_years) if potential.past_years else None
    measure = Measure(potential.features, ground_of(task.span, window.start, past, task.drivers))
    hit = task.span.maps[window.end].reshape(-1)[cells] == np.uint8(task.gained.code)
    if not hit.any():
        return Explanation(math.nan, (), ())
    reader = _Reader(potential, measure.at(cells))
    whole = ranking_fom(reader.pooled(reader.x), hit)
    named = {row.code: row.name for row in task.span.legend.rows}
    groups: dict[str, list[int]] = {}
    for j, feature in enumerate(potential.features):
        groups.setdefault(group_of(feature, named), []).append(j)
    rank = uniform(task.seed, "explain/shuffle", 0, np.arange(cells.size))
    order = np.argsort(rank, kind="stable")

    def loss(group: str) -> Importance:
        shuffled = _shuffled(reader.x, groups[group], order)
        return Importance(group, len(groups[group]), whole - ranking_fom(reader.pooled(shuffled), hit))

    losses = each(loss, groups)
    losses.sort(key=lambda item: (-item.loss, item.group))
    strong = [item.group for item in losses[:SHOWN] if item.loss > 0.0]
    curves = [_curve(reader, potential, groups[group], group, hit) for group in strong]
    return Explanation(whole, tuple(losses), tuple(curve for curve in curves if curve is not None))


def group_of(feature: Feature, named: Mapping[int, str]) -> str:
    """Say in a few words what a feature tells, so that those which tell the same stand together.

    Examples
    --------
    >>> group_of(Feature("density", 2, 5.0), {2: "urban"})
    'density of urban'
    """
    words = {
        "density": "density of {}", "present": "being {}", "distance": "distance to {}", "large": "distance to {}",
        "patch": "size of the nearest patch of {}", "recent": "recent growth of {}", "since": "recent growth of {}",
        "growth": "recent growth of {}", "valid": "rim of the map", "source": "distance to {}",
    }  # fmt: skip
    return words.get(feature.kind, "{}").format(feature.driver or named.get(feature.code, feature.code))


class _Reader:
    """Scores tables of features as the potential does, with map ranks taken among the cells of one table."""

    def __init__(self, potential: Potential, x: Table) -> None:
        self._potential = potential
        self.x = x
        place = {feature: j for j, feature in enumerate(potential.features)}
        recipes = {recipe.name: recipe for recipe in potential.recipes}
        self._flats = [
            part.flat.on(np.array([place[f] for f in recipes[part.recipe].features], dtype=np.int32), x.shape[1])
            for part in potential.parts
        ]
        self._known = [np.sort(flat.score(x)) for flat in self._flats]
        self._pooled = np.sort(self.pooled(x))

    def pooled(self, x: Table) -> Ranks:
        """Pooled ranks of some rows among the cells that are known, float32, shape (n,)."""
        ranks = [
            _among(known, flat.score(x)).astype(np.float32)
            for known, flat in zip(self._known, self._flats, strict=True)
        ]
        return pooled_rank(ranks, [part.weight for part in self._potential.parts])

    def chance(self, x: Table) -> npt.NDArray[np.float32]:
        """Chance of change of some rows, float32, shape (n,)."""
        return self._potential.chance.of(_among(self._pooled, self.pooled(x)))


def _among(known: npt.NDArray[Any], values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Mid rank of values among known ones, in (0, 1)."""
    sides = np.searchsorted(known, values, "left") + np.searchsorted(known, values, "right")
    return np.asarray(np.clip(sides / (2.0 * known.size), 0.5 / known.size, 1.0 - 0.5 / known.size))


def _shuffled(x: Table, columns: Sequence[int], order: npt.NDArray[np.int64]) -> Table:
    out = x.copy()
    out[:, columns] = x[order][:, columns]
    return out


def _curve(reader: _Reader, potential: Potential, columns: Sequence[int], group: str, hit: Plane) -> Curve | None:
    """Dependence on the feature of a group that separates change best; None where it has but one value."""
    apart = [abs(_among(np.sort(reader.x[:, j]), reader.x[hit, j]).mean() - 0.5) for j in columns]
    column = columns[int(np.argmax(np.nan_to_num(apart)))]
    known = reader.x[:, column][~np.isnan(reader.x[:, column])]
    values = np.unique(np.quantile(known, np.linspace(0.01, 0.99, _CURVE_POINTS)).astype(np.float32))
    if values.size < 2:
        return None
    some = reader.x[np.linspace(0, reader.x.shape[0] - 1, min(_CURVE_CELLS, reader.x.shape[0])).astype(np.int64)]
    means = []
    for value in values:
        fixed = some.copy()
        fixed[:, column] = value
        means.append(float(reader.chance(fixed).mean(dtype=np.float64)))
    return Curve(potential.features[column].name, group, tuple(float(v) for v in values), tuple(means))
