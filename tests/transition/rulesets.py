"""Small rule sets made by hand, without any library of models, for the tests of runs with fitted rules."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from landsim.landscape.legend import Legend
from landsim.transition.features import Feature, Recipe
from landsim.transition.fitted import Part, Potential
from landsim.transition.flat import Dense, Flat, Trees
from landsim.transition.ranks import Chance
from landsim.transition.ruleset import (
    Behaviour,
    ClassFact,
    ClassMask,
    DemandTable,
    DriverFact,
    PatchRule,
    RuleSet,
    Surroundings,
)


def linear(code: int, weights: dict[Feature, float], chance: Chance | None = None, past_years: int = 0) -> Potential:
    """A potential whose score is a weighed sum of features, a gap counting nothing."""
    recipe = Recipe("static" if not past_years else "momentum", tuple(weights), past_years)
    n = len(weights)
    dense = Dense(
        np.arange(n, dtype=np.int32), np.zeros(n, np.uint8), np.zeros(n), np.zeros(n), np.zeros(n), np.ones(n),
        np.array([n, 1], np.int32), np.array(list(weights.values())), np.zeros(1),
    )  # fmt: skip
    part = Part("logit", recipe.name, Flat(n, Trees.none(), dense))
    return Potential(code, (recipe,), (part,), chance or Chance.plain(0.05))


def dense_town(code: int, sigma: float = 3.0) -> Potential:
    """The denser the class around, the likelier."""
    return linear(code, {Feature("density", code, sigma): 1.0})


def with_momentum(static: Potential, years: int = 10) -> Potential:
    """A potential that ranks by recent growth too."""
    recent = linear(static.code, {Feature("recent", static.code, 2.0): 1.0}, static.chance, years)
    return Potential(static.code, static.recipes + recent.recipes, static.parts + recent.parts, static.chance)


def facts(legend: Legend) -> tuple[ClassFact, ...]:
    """What a rule set keeps of a legend."""
    return tuple(ClassFact(row.code, row.name, row.model_class.name.lower()) for row in legend.rows)


def ruleset(legend: Legend, name: str = "urban", **changed: object) -> RuleSet:
    """Rules for one class of a legend, all sections filled; its potential reads density and slope."""
    code = legend.row(name).code
    gains, classes, radii = (name,), tuple(legend.names), (1, 2, 5)
    weights = np.zeros((1, len(classes), 3))
    weights[0, classes.index(name)] = 1.0, 0.5, 0.125
    factor = np.full(weights.shape, np.nan)
    factor[0, classes.index(name)] = 3.0, 2.0, 1.5
    rules = RuleSet(
        study="small_town",
        fit=(2000, 2010),
        cell_size=250.0,
        legend=facts(legend),
        potentials={name: linear(code, {Feature("density", code, 3.0): 1.0, Feature("driver", driver="slope"): -0.01})},
        drivers={"slope": DriverFact("continuous", "deg", 0.0, 40.0, (), "ab" * 32)},
        masks=(ClassMask("lakes", "water", (name,)),),
        file_masks=("parks",),
        demand=DemandTable(gains, (2010, 2020, 2040), np.array([[500], [600], [1000]]), "logistic"),
        patches={name: PatchRule(12.5, 0.7, 2.25, 40, 0.125, 0.5, 0.375)},
        surroundings=Surroundings(
            gains, classes, radii, factor, np.full((1, len(classes)), 77, dtype=np.int64), weights
        ),
        behaviour={"engine.scatter": Behaviour(0.4, "1", "fitted to the patches of 2000 to 2010")},
        inputs={"landcover.2000": "cd" * 32},
        chosen={name: "logit, by forward chaining"},
        versions={"landsim": "0.1.0", "python": "3.11"},
    )
    return replace(rules, **changed)
