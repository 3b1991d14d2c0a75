"""Density: rank cells by how much of the class is around them; nothing is fitted."""

from __future__ import annotations

from dataclasses import dataclass

from landsim.calibrate.features import DENSITY
from landsim.calibrate.models.base import Fitted, Samples
from landsim.transition.features import Feature, Recipe
from landsim.transition.flat import Dense, Flat, Trees


@dataclass(frozen=True)
class DensityModel:
    """The baseline as a model: the score is the density of the class at the start.

    Attributes
    ----------
    code : int
        The class.
    """

    code: int
    name: str = "density"

    def fit(self, samples: Samples | None, recipe: Recipe, seed: int = 0) -> Fitted:
        """Find the column of the density; samples and seed are not looked at."""
        column = recipe.features.index(Feature("density", self.code, DENSITY))
        return Fitted(Flat(len(recipe.features), Trees.none(), Dense.of_column(column)))
