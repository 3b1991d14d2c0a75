"""Logit: ridge logistic regression by iteratively reweighted least squares, with errors that know of spatial blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.calibrate.features import unit
from landsim.calibrate.models.base import Fitted, Samples, one_thread, rounded
from landsim.calibrate.models.inputs import Inputs, density_inputs, inputs_of, standard
from landsim.transition.features import Recipe
from landsim.transition.flat import Flat as Tables
from landsim.transition.flat import Floats, Trees

_STEPS = 60
_SETTLED = 1e-9
_LONGEST_STEP = 2.0
_STEEPEST = 30.0
_OFFSET_RIDGE = 0.01
_NEARLY_NONE = 1e-9

STRONG_RIDGE = 1.0 / 0.003
"""Penalty that leaves little more than the density to a map with few changes; in squared standardised coefficients,
against samples of weight 1."""


@dataclass(frozen=True)
class LogitModel:
    """A linear model of the log odds of change.

    Attributes
    ----------
    code : int
        The class.
    ridge : float
        Penalty of half the squared standardised coefficients; the intercept has none.
    offset : bool
        Whether a curve of the log density is fitted first, without penalty, and the rest explains what it leaves.
    plain : bool
        Whether features enter as they are, without logarithms.
    correction : {"weights", "prior"}
        How unequal sampling is made up for: by weights, or by shifting the intercept of an unweighted fit.
    units : mapping of str to str
        Unit of each driver.
    """

    code: int
    ridge: float = STRONG_RIDGE
    offset: bool = True
    plain: bool = False
    correction: str = "weights"
    units: Mapping[str, str] = field(default_factory=dict)
    name: str = "logit"

    def fit(self, samples: Samples, recipe: Recipe, seed: int = 0) -> Fitted:
        """Fit; nothing is drawn, so the seed is not looked at."""
        weight = samples.weight if self.correction == "weights" else np.ones(samples.gained.size)
        inputs = inputs_of(recipe, self.plain)
        with one_thread():
            z, shift, scale = standard(inputs.read(samples.x))
            base, known = self._offset(samples, recipe, weight)
            fit = logistic(z, samples.gained, weight, self.ridge, known)
            covariance = clustered(z, samples.gained, weight, samples.drawn.block, fit, known)
        constant = fit.intercept + (samples.drawn.shift if self.correction == "prior" else 0.0)
        facts = self._facts(samples, inputs, fit, covariance, constant, shift, scale)
        for row, kind, feature in zip(facts["coefficients"], inputs.transform, recipe.features, strict=True):
            row["unit"] = "1" if kind or recipe.ranked else unit(feature, self.units)  # of the input
        slopes = fit.slopes
        if base is not None:
            names, curve = base
            inputs, slopes = inputs.also(names), np.concatenate([slopes, curve.slopes])
            constant += curve.intercept
            shift, scale = np.append(shift, np.zeros(2)), np.append(scale, np.ones(2))
        dense = inputs.dense(shift, scale, [slopes[:, None]], [np.array([constant])])
        return Fitted(Tables(len(recipe.features), Trees.none(), dense), facts)

    def _offset(
        self, samples: Samples, recipe: Recipe, weight: Floats
    ) -> tuple[tuple[Inputs, Logistic] | None, Floats]:
        """Fit the curve of the log density: one knee, rising, else a line."""
        if not self.offset:
            return None, np.zeros(samples.gained.size)
        inputs = density_inputs(recipe, self.code)
        z = inputs.read(samples.x)
        curve = logistic(z, samples.gained, weight, _OFFSET_RIDGE)
        if curve.slopes[0] < 0.0 or curve.slopes.sum() < 0.0:
            line = logistic(z[:, :1], samples.gained, weight, _OFFSET_RIDGE)
            curve = Logistic(line.intercept, np.append(line.slopes, 0.0), line.curvature)
        return (inputs, curve), z @ curve.slopes + curve.intercept

    def _facts(
        self, samples: Samples, inputs: Inputs, fit: Logistic, covariance: Floats, constant: float, shift: Floats,
        scale: Floats,
    ) -> dict[str, Any]:  # fmt: skip
        """Coefficients in the units of the inputs, with standard errors and odds ratios of one deviation."""
        slopes = fit.slopes / scale
        back = np.zeros((scale.size + 1, scale.size + 1))
        back[:-1, :-1] = np.diag(1.0 / scale)
        back[-1, :-1], back[-1, -1] = -shift / scale, 1.0
        error = np.sqrt(np.maximum(np.diag(back @ covariance @ back.T), 0.0))
        rows = [
            {"input": name, "coefficient": slope, "standard_error": off, "deviation": spread, "odds_ratio": ratio}
            for name, slope, off, spread, ratio in zip(
                inputs.names, *(rounded(v, 9).tolist() for v in (slopes, error[:-1], scale, np.exp(fit.slopes))),
                strict=True,
            )
        ]  # fmt: skip
        intercept = {"coefficient": constant - float(slopes @ shift), "standard_error": float(error[-1])}
        return {
            "ridge": float(rounded(self.ridge, 9)),
            "blocks": int(np.unique(samples.drawn.block).size),
            "intercept": {key: float(rounded(value, 9)) for key, value in intercept.items()},
            "coefficients": rows,
        }


@dataclass(frozen=True, eq=False)
class Logistic:
    """A fitted logistic regression.

    Attributes
    ----------
    intercept : float
    slopes : numpy.ndarray of float64, shape (m,)
    curvature : numpy.ndarray of float64, shape (m + 1, m + 1)
        Second derivative of the penalised loss; the intercept comes last.
    """

    intercept: float
    slopes: Floats
    curvature: Floats


def logistic(
    z: Floats, gained: npt.NDArray[np.bool_], weight: Floats, ridge: float, known: Floats | None = None
) -> Logistic:
    """Minimise the weighted log loss plus half the ridge times the squared slopes, by Newton's steps.

    Parameters
    ----------
    z : numpy.ndarray of float64, shape (n, m)
    gained : numpy.ndarray of bool, shape (n,)
    weight : numpy.ndarray of float64, shape (n,)
    ridge : float
    known : numpy.ndarray of float64, shape (n,), optional
        Part of the log odds that is given.
    """
    design = np.column_stack([z, np.ones(z.shape[0])])
    penalty = np.append(np.full(z.shape[1], ridge), 0.0)
    given = np.zeros(z.shape[0]) if known is None else known
    beta = np.zeros(penalty.size)
    curvature = np.eye(penalty.size)
    for _ in range(_STEPS):
        chance = _chance(design @ beta + given)
        slope = design.T @ (weight * (gained - chance)) - penalty * beta
        curvature = (design * (weight * chance * (1.0 - chance))[:, None]).T @ design
        curvature[np.diag_indices_from(curvature)] += penalty + _NEARLY_NONE
        step = np.linalg.solve(curvature, slope)
        longest = float(np.abs(step).max())
        beta += step * min(1.0, _LONGEST_STEP / max(longest, _NEARLY_NONE))
        if longest < _SETTLED:
            break
    return Logistic(float(beta[-1]), beta[:-1], curvature)


def clustered(
    z: Floats, gained: npt.NDArray[np.bool_], weight: Floats, block: npt.NDArray[np.int64], fit: Logistic,
    known: Floats | None = None,
) -> Floats:  # fmt: skip
    """Covariance of slopes and intercept that holds where cells of a block are alike.

    The sandwich of Liang and Zeger (1986) with the usual correction for the number of blocks.
    """
    design = np.column_stack([z, np.ones(z.shape[0])])
    given = np.zeros(z.shape[0]) if known is None else known
    residual = weight * (gained - _chance(design @ np.append(fit.slopes, fit.intercept) + given))
    blocks, place = np.unique(block, return_inverse=True)
    sums = np.zeros((blocks.size, design.shape[1]))
    np.add.at(sums, place, design * residual[:, None])
    correction = blocks.size / max(blocks.size - 1, 1)
    bread = np.linalg.inv(fit.curvature)
    return np.asarray(correction * bread @ (sums.T @ sums) @ bread)


def _chance(odds: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(odds, -_STEEPEST, _STEEPEST))))
