"""Ensemble: the candidates for a potential, from steady to bold - models alone, and models whose ranks are pooled.

Pooled ranks of unlike models (a forest, boosting, a network, a strongly penalised logit) keep their lead over the
density of the class where growth changes its character more often than each of them alone, so single learners that
bend freely stand last.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from landsim.calibrate.models.base import Fitted, Model, Samples, one_thread
from landsim.calibrate.models.density import DensityModel
from landsim.calibrate.models.logit import LogitModel
from landsim.calibrate.models.mlp import MlpModel
from landsim.calibrate.models.trees import BoostingModel, ForestModel
from landsim.core.parallel import each
from landsim.landscape.legend import LegendRow
from landsim.transition.features import Recipe
from landsim.transition.fitted import Potential, pooled_rank
from landsim.transition.ranks import Chance, Ranks

Key = tuple[str, str]
"""Recipe and model."""

_FREE = ("forest", "boosting", "mlp")
_TEAM = ("logit", "forest", "boosting", "mlp")


@dataclass(frozen=True)
class Blend:
    """A candidate: whose ranks are pooled, and how much each counts.

    Attributes
    ----------
    name : str
    kind : str
        Name of the study's model that it is: one of its own, or ``ensemble``.
    weights : tuple of (tuple of str, float)
        (recipe, model) and its weight.
    """

    name: str
    kind: str
    weights: tuple[tuple[Key, float], ...]

    @property
    def keys(self) -> tuple[Key, ...]:
        """Recipe and model of every part."""
        return tuple(key for key, _ in self.weights)

    @property
    def recipes(self) -> frozenset[str]:
        """Names of the recipes that are read."""
        return frozenset(recipe for recipe, _ in self.keys)

    @property
    def is_steady(self) -> bool:
        """Whether neither a model that bends freely nor recent growth stands alone in it."""
        return self.kind not in _FREE and self.recipes != {"momentum"} and self.recipes != {"momentum", "density"}

    def holds(self, model: str) -> bool:
        """Tell whether a model is a part of it."""
        return any(part == model for _, part in self.keys)

    def of(self, ranks: Mapping[Key, Ranks]) -> Ranks:
        """Pooled map ranks, float32, shape (n,); only their order means something."""
        return pooled_rank([ranks[key] for key in self.keys], [weight for _, weight in self.weights])


def _team(recipe: str, weight: float = 1.0) -> tuple[tuple[Key, float], ...]:
    return tuple(((recipe, model), weight) for model in _TEAM)


def _density(weight: float) -> tuple[tuple[Key, float], ...]:
    return ((("density", "density"), weight),)


BLENDS = (
    Blend("density", "density", _density(1.0)),
    Blend("logit", "logit", ((("static", "logit"), 1.0),)),
    Blend("ensemble+density", "ensemble", _team("static") + _density(1.0)),
    Blend("ensemble", "ensemble", _team("static")),
    Blend("logit+momentum", "logit", ((("static", "logit"), 1.0), (("momentum", "logit"), 2.0))),
    Blend("ensemble+momentum+density", "ensemble", _team("static") + _team("momentum", 2.0) + _density(1.5)),
    Blend("ensemble+momentum", "ensemble", _team("static") + _team("momentum", 2.0)),
    Blend("momentum+density", "ensemble", _team("momentum") + _density(0.5)),
    Blend("momentum", "ensemble", _team("momentum")),
    Blend("forest", "forest", ((("static", "forest"), 1.0),)),
    Blend("boosting", "boosting", ((("static", "boosting"), 1.0),)),
    Blend("mlp", "mlp", ((("static", "mlp"), 1.0),)),
)
"""Every candidate, from steady to bold: the order in which one is preferred to another that is no better."""


def blends(kinds: Collection[str], recipes: Collection[str]) -> list[Blend]:
    """Candidates of the kinds that a study lets in, of the recipes that its dates allow; steady ones first."""
    known = {"density", *recipes}
    return [blend for blend in BLENDS if blend.kind in kinds and blend.recipes <= known]


def models_for(gained: LegendRow, units: Mapping[str, str] | None = None) -> dict[str, Model]:
    """Models by name, set up for a class; `units` are those of the drivers, for reports."""
    code = gained.code
    every: list[Model] = [
        DensityModel(code), LogitModel(code, units=units or {}), ForestModel(gained), BoostingModel(gained), MlpModel(),
    ]  # fmt: skip
    return {model.name: model for model in every}


def fit_parts(
    candidates: Sequence[Blend], gained: LegendRow, recipes: Mapping[str, Recipe], samples: Mapping[str, Samples],
    seed: int,
    units: Mapping[str, str] | None = None,
) -> dict[Key, Fitted]:  # fmt: skip
    """Fit what the candidates need, each model once, several at a time.

    Parameters
    ----------
    candidates : sequence of Blend
    gained : LegendRow
        The class.
    recipes, samples : mapping of str to Recipe and Samples
        By the name of the recipe; ``density`` needs no samples.
    seed : int
    units : mapping of str to str, optional
        Units of the drivers, for reports.

    Returns
    -------
    dict of tuple of str to Fitted
        (recipe, model) -> fitted model.
    """
    models = models_for(gained, units)
    keys = list(dict.fromkeys(key for blend in candidates for key in blend.keys))
    empty = next(iter(samples.values())) if samples else None

    def fit(key: Key) -> Fitted:
        recipe, model = key
        given = samples.get(recipe, empty)
        if given is None and model != "density":
            raise ValueError(f"no samples to fit {model} on {recipe}")
        return models[model].fit(given, recipes[recipe], seed)  # type: ignore[arg-type]  # density looks at none

    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # networks stop after their rounds, settled or not; threads share the filters
        return dict(zip(keys, each(fit, keys), strict=True))


def potential_of(
    blend: Blend, gained: LegendRow, recipes: Mapping[str, Recipe], fitted: Mapping[Key, Fitted], chance: Chance
) -> Potential:
    """Put the chosen candidate together as a rule set holds it."""
    parts = tuple(fitted[key].part(key[1], key[0], weight) for key, weight in blend.weights)
    used = tuple(recipe for name, recipe in recipes.items() if name in blend.recipes)
    return Potential(gained.code, used, parts, chance)
