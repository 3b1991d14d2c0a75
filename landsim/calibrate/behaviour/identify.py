"""Identify: what a search tells about each parameter - where the best trials lie, profile of J, rank correlations."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from scipy.stats import rankdata

from landsim.calibrate.behaviour.space import Free
from landsim.calibrate.behaviour.trials import Trial, complete

TOP = 10
"""Best trials whose range is looked at."""
WIDE = 0.5
"""Share of the prior range from which the best trials do not tell a parameter (equifinality)."""

_BINS = 5
_FEWEST = 3  # trials below which nothing is said


def identify(trials: Sequence[Trial], space: Sequence[Free]) -> dict[str, Any]:
    """Say how well the search tells each parameter.

    Parameters
    ----------
    trials : sequence of Trial
        Of a search; those that are not complete do not count.
    space : sequence of Free
        What was searched.

    Returns
    -------
    dict
        ``top`` (trials looked at), ``parameters`` (path -> ``low, high`` among the top, ``share`` of the prior range
        that they span, ``equifinal`` where that is over a half, ``profile``: the best J by fifths of the range, None
        where no trial fell), ``correlation`` (``a ~ b`` -> rank correlation among the top, None where one does not
        vary).  Ranges and shares are None with fewer than three trials.
    """
    ordered = complete(trials)
    top = ordered[:TOP]
    return {
        "top": len(top),
        "parameters": {free.path: {**_range(top, free), "profile": _profile(ordered, free)} for free in space},
        "correlation": {f"{a.path} ~ {b.path}": _correlation(top, a, b) for a, b in combinations(space, 2)},
    }


def equifinal(found: dict[str, Any]) -> list[str]:
    """Parameters that the best trials do not tell, of what `identify` gives."""
    return [path for path, row in found["parameters"].items() if row["equifinal"]]


def _range(top: Sequence[Trial], free: Free) -> dict[str, Any]:
    if len(top) < _FEWEST:
        return {"low": None, "high": None, "share": None, "equifinal": None}
    values = [trial.values[free.path] for trial in top]
    share = free.place(max(values)) - free.place(min(values))
    return {"low": min(values), "high": max(values), "share": share, "equifinal": share > WIDE}


def _profile(trials: Sequence[Trial], free: Free) -> list[float | None]:
    """Best J in each bin of the range."""
    best: list[float | None] = [None] * _BINS
    for trial in trials:  # by descending J, so that the first in a bin is its best
        k = min(max(int(free.place(trial.values[free.path]) * _BINS), 0), _BINS - 1)
        if best[k] is None:
            best[k] = trial.score
    return best


def _correlation(top: Sequence[Trial], a: Free, b: Free) -> float | None:
    """Rank correlation (Spearman) of two parameters among trials."""
    if len(top) < _FEWEST:
        return None
    ranks = [rankdata([trial.values[free.path] for trial in top]) for free in (a, b)]
    if any(np.ptp(row) == 0.0 for row in ranks):
        return None
    return float(np.corrcoef(ranks)[0, 1])
