"""Fitted: the potential of a class as a rule set holds it - recipes, models, their pooled ranks, and a chance table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.transition.features import Feature, Ground, Recipe
from landsim.transition.flat import Flat
from landsim.transition.measure import Cells, Measure, Table
from landsim.transition.ranks import Chance, Quantiles, Ranks, map_ranks

_QUANTILE_CELLS = 100_000
_LEAST_LEFT = np.float32(2.0**-25)  # what float32 may round away from a rank of almost 1


@dataclass(frozen=True, eq=False)
class Part:
    """One fitted model of a potential.

    Attributes
    ----------
    model : str
        Its name, e.g. ``forest``.
    recipe : str
        Name of the recipe whose columns it reads.
    flat : Flat
        Its tables.
    weight : float
        Of its map ranks when they are pooled; 0 where it is kept for reports only.
    texts : tuple of str
        LightGBM texts from which the trees were read.
    facts : mapping
        Plain data about the fit, for reports.
    """

    model: str
    recipe: str
    flat: Flat
    weight: float = 1.0
    texts: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """Recipe and model."""
        return self.recipe, self.model


@dataclass(frozen=True, eq=False)
class Potential:
    """Where a class may arise, fitted: the map ranks of its parts, pooled by `pooled_rank`.

    Attributes
    ----------
    code : int
        The class.
    recipes : tuple of Recipe
    parts : tuple of Part
    chance : Chance
        Probability of gain in the fitting period by map rank.
    """

    code: int
    recipes: tuple[Recipe, ...]
    parts: tuple[Part, ...]
    chance: Chance

    def __post_init__(self) -> None:
        columns = {recipe.name: len(recipe.features) for recipe in self.recipes}
        for part in self.parts:
            if columns.get(part.recipe) != part.flat.columns:
                raise ValueError(f"{part.model}: {part.flat.columns} columns, recipe {part.recipe!r} has others")
        if not any(part.weight > 0.0 for part in self.parts):
            raise ValueError("a potential needs a part of some weight")

    @property
    def features(self) -> tuple[Feature, ...]:
        """Every feature that a part reads, each once."""
        return _union(self.recipes)

    @property
    def past_years(self) -> int:
        """Length of the past that is to be known; 0 where none is."""
        return max(recipe.past_years for recipe in self.recipes)

    def without_past(self) -> Potential | None:
        """Give what is left for a place without an earlier map; None if that is nothing."""
        kept = tuple(recipe for recipe in self.recipes if not recipe.needs_past)
        parts = tuple(part for part in self.parts if part.recipe in {recipe.name for recipe in kept})
        return replace(self, recipes=kept, parts=parts) if any(part.weight > 0.0 for part in parts) else None

    def scores(self, ground: Ground, cells: Cells) -> dict[tuple[str, str], Ranks]:
        """Evaluate every part: (recipe, model) -> score, float32, shape (n,).

        Parameters
        ----------
        ground : Ground
            The start of a period.
        cells : numpy.ndarray of int64, shape (n,)
            The candidates, ascending.
        """
        return part_scores(self.recipes, self.parts, ground, cells)

    def ranks(self, ground: Ground, cells: Cells) -> Ranks:
        """Map ranks of the potential among the cells, float32, shape (n,), in (0, 1)."""
        found = self.scores(ground, cells)
        return map_ranks(pooled_rank([map_ranks(found[p.key]) for p in self.parts], [p.weight for p in self.parts]))

    def plane(self, ground: Ground, cells: Cells) -> npt.NDArray[np.float32]:
        """Probability of gain of every cell, float32, shape (height, width); 0 in cells that are no candidates."""
        out = np.zeros(ground.codes.shape, dtype=np.float32)
        out.reshape(-1)[cells] = self.chance.of(self.ranks(ground, cells))
        return out


def part_scores(
    recipes: Sequence[Recipe], parts: Sequence[Part], ground: Ground, cells: Cells
) -> dict[tuple[str, str], Ranks]:
    """Evaluate models that read several recipes while every feature is measured once, block by block.

    Returns
    -------
    dict of tuple of str to numpy.ndarray of float32, shape (n,)
        (recipe, model) -> score.
    """
    used = [recipe for recipe in recipes if any(part.recipe == recipe.name for part in parts)]
    features = _union(used)
    place = {feature: j for j, feature in enumerate(features)}
    columns = {r.name: np.array([place[f] for f in r.features], dtype=np.int32) for r in used}
    ranked = {recipe.name for recipe in used if recipe.ranked}
    flats = [
        part.flat if part.recipe in ranked else part.flat.on(columns[part.recipe], len(features)) for part in parts
    ]
    measure = Measure(features, ground)
    quantiles = map_quantiles(measure, cells) if ranked else None
    out = {part.key: np.empty(cells.size, dtype=np.float32) for part in parts}

    def evaluate(x: Table, rows: slice) -> None:
        ranks = None if quantiles is None else quantiles.ranks(x)
        for part, flat in zip(parts, flats, strict=True):
            table = x if ranks is None or part.recipe not in ranked else ranks[:, columns[part.recipe]]
            out[part.key][rows] = flat.score(table)

    measure.over(cells, evaluate)
    return out


def map_quantiles(measure: Measure, cells: Cells) -> Quantiles:
    """Quantiles of each feature over the candidates, from at most 100,000 of them at even steps."""
    count = min(cells.size, _QUANTILE_CELLS)
    return Quantiles.of(measure.at(cells[np.linspace(0, cells.size - 1, count).astype(np.int64)]))


def pooled_rank(ranks: Sequence[Ranks], weights: Sequence[float]) -> Ranks:
    """Pool map ranks by the weighted mean of their Savage scores ``-ln(1 - rank)``, float32, shape (n,).

    Change falls on the few cells at the top, and there the scores tell cells apart: a cell that one model puts among
    the first hundredth counts for more than one that all models put a little above the middle.

    Source: Savage (1956), scores of ranks that are locally most powerful for exponential alternatives.

    Parameters
    ----------
    ranks : sequence of numpy.ndarray of float32, shape (n,)
        In (0, 1).
    weights : sequence of float
        One a rank; those of weight 0 are left out.

    Examples
    --------
    >>> pooled_rank([np.array([0.1, 0.9], np.float32), np.array([0.5, 0.7], np.float32)], [1.0, 1.0]).round(2)
    array([0.4 , 1.75], dtype=float32)
    """
    total = np.zeros(ranks[0].shape, dtype=np.float32)
    for rank, weight in zip(ranks, weights, strict=True):
        if weight:
            left = np.maximum(np.float32(1.0) - rank, _LEAST_LEFT)
            total -= np.float32(weight / sum(weights)) * np.log(left)
    return total


def _union(recipes: Sequence[Recipe]) -> tuple[Feature, ...]:
    return tuple(dict.fromkeys(feature for recipe in recipes for feature in recipe.features))
