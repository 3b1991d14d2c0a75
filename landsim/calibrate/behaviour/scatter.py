"""Scatter: sigma_g fitted by itself to the form of the new patches, never to where they are."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from landsim.calibrate.behaviour.objective import Objective
from landsim.calibrate.behaviour.runs import Runs
from landsim.calibrate.behaviour.space import SCATTER
from landsim.core.errors import InputError, Problem

STEPS = (0.1, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
"""Scatters that are tried besides the default."""

_ERROR = "growth_error"


@dataclass(frozen=True)
class ScatterFit:
    """The scatter whose new patches are most like those observed.

    Attributes
    ----------
    value, default : float
        What is taken, and what the run has as it is.
    curve : dict of float to float
        Scatter -> mean difference from the observed new patches over the seeds, 0..1; of those that could be run.
    why : str
        In words.
    """

    value: float
    default: float
    curve: dict[float, float]
    why: str

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        curve = [{"scatter": s, "error": e} for s, e in self.curve.items()]
        return {"value": self.value, "default": self.default, "why": self.why, "curve": curve}


def fit_scatter(
    runs: Runs,
    objective: Objective,
    default: float,
    seeds: Sequence[int],
    told: Callable[[int, int], None] | None = None,
) -> ScatterFit:
    """Try scatters, and leave the default only for one that is better by more than one standard error over the seeds.

    Parameters
    ----------
    runs : Runs
    objective : Objective
        Knows the observed new patches; see `Objective.growth_error`.
    default : float
        Scatter of the run as it is.
    seeds : sequence of int
        Common seeds.
    told : callable, optional
        Hears how many scatters are done.

    Raises
    ------
    InputError
        If no scatter could be run, or nothing new was observed.
    """
    steps = sorted({default, *STEPS})
    errors: dict[float, list[float]] = {}
    for number, scatter in enumerate(steps, 1):
        found = [
            runs.measured({SCATTER: scatter}, seed, _ERROR, lambda codes: {_ERROR: objective.growth_error(codes)})
            for seed in seeds
        ]
        row = [measures[_ERROR] for measures in found if measures is not None]
        if len(row) == len(seeds) and all(map(math.isfinite, row)):
            errors[scatter] = row
        if told is not None:
            told(number, len(steps))
    if not errors:
        raise InputError(Problem(f"behaviour.{SCATTER}", "no scatter could be run and measured"))
    value, why = _taken(errors, default)
    return ScatterFit(value, default, {s: float(np.mean(row)) for s, row in errors.items()}, why)


def _taken(errors: dict[float, list[float]], default: float) -> tuple[float, str]:
    best = min(errors, key=lambda scatter: (float(np.mean(errors[scatter])), scatter))
    if default not in errors:
        return best, "the run as it is failed; the best of the others"
    if best == default:
        return default, "no other scatter is better"
    gains = np.subtract(errors[default], errors[best])
    error = float(gains.std(ddof=1) / math.sqrt(gains.size)) if gains.size > 1 else 0.0
    if float(gains.mean()) > error:
        return best, "better than the default by more than one standard error"
    return default, "no other scatter is better by more than one standard error"
