"""Selection: which candidate foretells change best inside the fitting period; the test is not looked at."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from landsim.calibrate.folds import Origin, origins_for
from landsim.calibrate.judging import BASELINE, Fold, Task, baseline_ranks, judge
from landsim.calibrate.learning import learnable
from landsim.calibrate.models.ensemble import Blend, blends
from landsim.calibrate.ranking import Plane
from landsim.calibrate.reliability import Reliability, reliability
from landsim.transition.ranks import Ranks, map_ranks

FEWEST = 25
"""Gained cells below which a fold says too little to count."""

Say = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Selection:
    """What was compared, and what was chosen.

    Attributes
    ----------
    gained : str
        Class.
    chosen : str
        Name of the candidate.
    reason : str
        By what, in a sentence.
    forecast : bool
        Whether candidates were judged by forecasting; else by other parts of the map only.
    folds : tuple of Fold
        Those that count.
    mean, error : dict of str to float
        Candidate -> mean figure of merit, and standard error of its difference from the best one.
    rank, hit : numpy.ndarray, shape (n,)
        Out-of-fold map ranks of the chosen one after the last date, float32, and whether the cells gained the class.
    """

    gained: str
    chosen: str
    reason: str
    forecast: bool
    folds: tuple[Fold, ...]
    mean: dict[str, float]
    error: dict[str, float]
    rank: Ranks = field(repr=False)
    hit: Plane = field(repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Give plain data for ``fit.json``."""
        return {
            "chosen": self.chosen,
            "reason": self.reason,
            "judged_by": "forecasts crossed with parts of the map" if self.forecast else "parts of the map only",
            "candidates": {
                name: {"fom": self.mean[name], "standard_error_of_difference": self.error[name]} for name in self.mean
            },
            "folds": [vars(fold) for fold in self.folds],
            "reliability": None if self.reliability is None else vars(self.reliability),
        }

    @cached_property
    def reliability(self) -> Reliability | None:
        """How well chances hold out of fold; None where too little changed to tell."""
        return reliability(self.rank, self.hit)


def select(task: Task, say: Say = lambda text: None) -> Selection:
    """Compare the candidates by forecasts inside the fitting period and choose one.

    Where three or more dates allow for it, models learn from the dates up to an origin, on some parts of the map, and
    are judged by what was gained after it on the other part.  With two dates only the map is divided; that says
    nothing about how a candidate forecasts, so that only those which hold a share of the density are let in.  With
    one origin growth is seen to go on but once: models that bend freely are then let in as a team only, and recent
    growth beside all else only.

    Parameters
    ----------
    task : Task
    say : callable
        Hears how it goes.

    Returns
    -------
    Selection
        The density, with nothing fitted, where too little changed to judge by.
    """
    origins = origins_for(task.span, task.gained.code)
    usable = _candidates(task, origins)
    folds: list[Fold] = []
    last: list[tuple[dict[str, Ranks], Plane]] = []
    for origin in origins:
        say(f"{task.gained.name}: candidates are judged from {origin.start} to {origin.end}")
        found = judge(task, origin, usable)
        folds += [fold for fold, _, _ in found]
        last = [(ranks, hit) for _, ranks, hit in found] or last
    if not folds:
        return _unjudged(task, origins[-1])
    forecast = origins[0].is_forecast
    counted = [fold for fold in folds if fold.gained >= FEWEST] or folds
    mean, error = _compare(counted, [blend.name for blend in usable])
    chosen, reason = _choose(mean, error, usable, forecast, len(counted))
    rank = np.concatenate([map_ranks(ranks[chosen]) for ranks, _ in last])
    hit = np.concatenate([hit for _, hit in last])
    return Selection(task.gained.name, chosen, reason, forecast, tuple(counted), mean, error, rank, hit)


def _candidates(task: Task, origins: Sequence[Origin]) -> list[Blend]:
    """Candidates that every origin can judge, steady ones first; the baseline is always among them."""
    span, code = task.span, task.gained.code
    dates = [span.years, *(origin.years for origin in origins)]
    recipes = frozenset.intersection(*(learnable(span, years, code) for years in dates))
    found = blends({*task.kinds, BASELINE}, recipes)
    if len(origins) > 1:
        return found
    return [blend for blend in found if (blend.is_steady if origins[0].is_forecast else blend.holds(BASELINE))]


def _unjudged(task: Task, origin: Origin) -> Selection:
    """Fall back on the baseline."""
    rank, hit = baseline_ranks(task, origin)
    reason = "nothing is fitted, because too little changed inside the fitting period to judge candidates by"
    return Selection(task.gained.name, BASELINE, reason, origin.is_forecast, (), {}, {}, rank, hit)


def _compare(folds: Sequence[Fold], names: Sequence[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Mean figure of merit over the folds, and the standard error of each difference from the best."""
    table = {name: np.array([fold.fom[name] for fold in folds]) for name in [*names, "random"]}
    mean = {name: float(values.mean()) for name, values in table.items()}
    best = table[max(names, key=lambda name: mean[name])]
    spread = {name: best - values for name, values in table.items()}
    error = {
        name: float(gap.std(ddof=1) / math.sqrt(gap.size)) if gap.size > 1 else 0.0 for name, gap in spread.items()
    }
    return mean, error


def _choose(
    mean: Mapping[str, float], error: Mapping[str, float], usable: Sequence[Blend], forecast: bool, folds: int
) -> tuple[str, str]:
    """Take the first candidate, from steady to bold, that the best one does not beat by more than a standard error."""
    names = [blend.name for blend in usable]
    best = max(names, key=lambda name: mean[name])
    chosen = next(name for name in names if mean[best] - mean[name] <= error[name])
    how = f"mean figure of merit over {folds} {'forecasts' if forecast else 'parts of the map; forecasts not tried'}"
    if chosen == BASELINE:
        return chosen, f"nothing beats the density of the class by more than a standard error ({how})"
    if chosen == best:
        return chosen, f"best by {how}"
    return chosen, f"within one standard error of {best}, which is best by {how}"
