"""Inputs: how features enter a linear model or a network - logarithms of densities and distances, standardised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from landsim.calibrate.features import DENSITY
from landsim.calibrate.models.base import rounded
from landsim.transition.features import Feature, Recipe
from landsim.transition.flat import TRANSFORMS, Dense, Floats, Table

_LOG_DENSITIES = ("density", "recent")
_LOG_DISTANCES = ("distance", "large", "since", "source")
_SMALL_DENSITY = 1e-3
_SMALL_OFFSET = 1e-4
_KNEE = -2.5  # ln of the density from which more of it counts otherwise
_LEAST_SPREAD = 1e-6


@dataclass(frozen=True, eq=False)
class Inputs:
    """Transformed features, ready to be standardised.

    Attributes
    ----------
    names : tuple of str
        E.g. ``ln(density_2_s5 + 0.001)``.
    feature : numpy.ndarray of int32, shape (m,)
    transform : numpy.ndarray of uint8, shape (m,)
    add, knee : numpy.ndarray of float64, shape (m,)
    """

    names: tuple[str, ...]
    feature: npt.NDArray[np.int32]
    transform: npt.NDArray[np.uint8]
    add: Floats
    knee: Floats

    def read(self, x: Table) -> Floats:
        """Transform rows of features, float64, shape (n, m); NaN where missing."""
        found = x[:, self.feature].astype(np.float64)
        for j in np.flatnonzero(self.transform >= TRANSFORMS.index("log")):
            found[:, j] = np.log(np.maximum(found[:, j] + self.add[j], 1e-12))
        for j in np.flatnonzero(self.transform == TRANSFORMS.index("hinge")):
            found[:, j] = np.maximum(found[:, j] - self.knee[j], 0.0)
        return found

    def also(self, other: Inputs) -> Inputs:
        """Put others behind these."""
        return Inputs(
            self.names + other.names,
            np.concatenate([self.feature, other.feature]),
            np.concatenate([self.transform, other.transform]),
            np.concatenate([self.add, other.add]),
            np.concatenate([self.knee, other.knee]),
        )

    def dense(
        self, shift: Floats, scale: Floats, weights: Sequence[Floats], bias: Sequence[Floats], activation: int = 0
    ) -> Dense:
        """Put layers behind standardised inputs, each as weights (from, to) and biases, with numbers as stored."""
        sizes = [self.feature.size, *(layer.shape[1] for layer in weights)]
        return Dense(
            self.feature, self.transform, self.add, self.knee, rounded(shift), rounded(scale),
            np.array(sizes, np.int32), rounded(np.concatenate([layer.reshape(-1) for layer in weights])),
            rounded(np.concatenate(list(bias))), activation,
        )  # fmt: skip


def inputs_of(recipe: Recipe, plain: bool = False) -> Inputs:
    """Give every feature of a recipe its transform; none where `plain` is asked for or features are ranks."""
    texts, transforms, adds = zip(*(_entry(f, plain or recipe.ranked) for f in recipe.features), strict=True)
    count = len(recipe.features)
    return Inputs(
        tuple(texts), np.arange(count, dtype=np.int32), np.array(transforms, np.uint8), np.array(adds, np.float64),
        np.zeros(count),
    )  # fmt: skip


def density_inputs(recipe: Recipe, code: int) -> Inputs:
    """Give the logarithm of the baseline's density, and what it exceeds a knee by."""
    column = recipe.features.index(Feature("density", code, DENSITY))
    name = f"ln({recipe.features[column].name} + {_SMALL_OFFSET:g})"
    return Inputs(
        (name, f"max({name} + {-_KNEE:g}, 0)"), np.array([column, column], np.int32), np.array([1, 2], np.uint8),
        np.full(2, _SMALL_OFFSET), np.array([0.0, _KNEE]),
    )  # fmt: skip


def standard(z: Floats, weight: Floats | None = None) -> tuple[Floats, Floats, Floats]:
    """Standardise columns by the mean and deviation of what is known; what is missing becomes 0, the mean.

    Returns
    -------
    tuple of numpy.ndarray of float64
        Standardised values, shape (n, m); shift and scale as they are stored, shape (m,).
    """
    known = ~np.isnan(z)
    mass = known * (np.ones(z.shape[0]) if weight is None else weight)[:, None]
    total = np.maximum(mass.sum(axis=0), _LEAST_SPREAD)
    filled = np.where(known, z, 0.0)
    shift = rounded((mass * filled).sum(axis=0) / total)
    spread = np.sqrt((mass * np.where(known, filled - shift, 0.0) ** 2).sum(axis=0) / total)
    scale = rounded(np.where(spread > _LEAST_SPREAD * np.maximum(1.0, np.abs(shift)), spread, np.inf))
    scale[np.isinf(scale)] = 1e12  # a constant says nothing
    return np.where(known, (filled - shift) / scale, 0.0), shift, scale


def _entry(feature: Feature, plain: bool) -> tuple[str, int, float]:
    if not plain and feature.kind in _LOG_DENSITIES:
        return f"ln({feature.name} + {_SMALL_DENSITY:g})", 1, _SMALL_DENSITY
    if not plain and feature.kind in _LOG_DISTANCES:
        return f"ln({feature.name} + 1)", 1, 1.0
    return feature.name, 0, 0.0
