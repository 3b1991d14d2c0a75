"""Trees: a random forest and boosting by LightGBM, held to the signs that theory gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from landsim.calibrate.features import sign
from landsim.calibrate.models.base import Fitted, Samples, lacking
from landsim.landscape.legend import LegendRow
from landsim.transition.features import Recipe
from landsim.transition.flat import Dense, Flat, Trees
from landsim.transition.tree_text import read_trees, shortened

_COMMON: dict[str, Any] = {
    "objective": "binary", "bagging_fraction": 0.5, "bagging_freq": 1, "verbosity": -1, "num_threads": 1,
    "deterministic": True, "force_row_wise": True,
}  # fmt: skip
_SEEDS = 1 << 30  # LightGBM takes seeds of 31 bits


@dataclass(frozen=True)
class ForestModel:
    """A random forest: deep trees on half of the samples each, two fifths of the features at every split.

    Attributes
    ----------
    gained : LegendRow
        The class, for the signs.
    """

    gained: LegendRow
    rounds: int = 100
    leaves: int = 127
    least: int = 50
    share: float = 0.4
    name: str = "forest"

    def fit(self, samples: Samples, recipe: Recipe, seed: int) -> Fitted:
        """Grow the forest."""
        settings = {"boosting": "rf", "num_leaves": self.leaves, "min_data_in_leaf": self.least, "lambda_l2": 0.0,
                    "feature_fraction_bynode": self.share}  # fmt: skip
        return _fitted([_grow(samples, recipe, self.gained, settings, self.rounds, seed)], recipe)


@dataclass(frozen=True)
class BoostingModel:
    """Gradient boosting made robust: few leaves, splits at random places, smoothed paths, several seeds on halves.

    Attributes
    ----------
    gained : LegendRow
        The class, for the signs.
    """

    gained: LegendRow
    rounds: int = 150
    leaves: int = 15
    least: int = 200
    rate: float = 0.05
    shrink: float = 5.0
    share: float = 0.5
    smooth: float = 20.0
    seeds: int = 2
    name: str = "boosting"

    def fit(self, samples: Samples, recipe: Recipe, seed: int) -> Fitted:
        """Fit one model a seed, each on one half of the samples, and add them."""
        settings = {"learning_rate": self.rate, "num_leaves": self.leaves, "min_data_in_leaf": self.least,
                    "lambda_l2": self.shrink, "feature_fraction": self.share, "extra_trees": True,
                    "path_smooth": self.smooth}  # fmt: skip
        texts = [
            _grow(samples.half(k) if self.seeds > 1 else samples, recipe, self.gained, settings, self.rounds, seed + k)
            for k in range(self.seeds)
        ]
        return _fitted(texts, recipe)


def _grow(samples: Samples, recipe: Recipe, gained: LegendRow, settings: dict[str, Any], rounds: int, seed: int) -> str:
    """Train one model and give its text."""
    try:
        import lightgbm
    except ImportError as error:
        raise lacking("lightgbm") from error
    signs = [sign(feature, gained) for feature in recipe.features]
    data = lightgbm.Dataset(
        samples.x, samples.gained.astype(np.float32), weight=samples.weight, feature_name=list(recipe.names),
        params={"verbosity": -1},
    )  # fmt: skip
    parameters = {**_COMMON, **settings, "seed": seed % _SEEDS, "monotone_constraints": signs}
    return shortened(lightgbm.train(parameters, data, rounds).model_to_string())


def _fitted(texts: list[str], recipe: Recipe) -> Fitted:
    trees = tree_tables(texts)
    used = np.bincount(trees.feature, minlength=len(recipe.features))
    splits = {name: int(count) for name, count in zip(recipe.names, used, strict=True) if count}
    return Fitted(Flat(len(recipe.features), trees, Dense.none()), {"splits": splits}, tuple(texts))


def tree_tables(texts: list[str] | tuple[str, ...]) -> Trees:
    """Put the trees of several texts together; the score is the mean of theirs."""
    return Trees.joined([read_trees(text) for text in texts]).scaled(1.0 / len(texts))
