"""Trials: points of the space that were tried, with what each was worth, and which of them to take."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

State = Literal["complete", "pruned", "failed"]


@dataclass(frozen=True)
class Trial:
    """One point of the space.

    Attributes
    ----------
    number : int
        0 is the run as it is.
    state : {"complete", "pruned", "failed"}
        pruned: given up on its way; failed: a run of it gave no map.
    values : dict of str to float
        By path.
    terms : dict of str to float
        Means over the seeds; empty unless complete.
    scores : tuple of float
        J of each seed, in the order of the common seeds; empty unless complete.
    partial : float or None
        Mean worth of its unfinished runs when they were judged.
    """

    number: int
    state: State
    values: Mapping[str, float]
    terms: Mapping[str, float]
    scores: tuple[float, ...] = ()
    partial: float | None = None

    @property
    def score(self) -> float:
        """Mean J over the seeds; NaN unless complete."""
        return float(np.mean(self.scores)) if self.scores else math.nan

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "trial": self.number,
            "state": self.state,
            "values": dict(self.values),
            "terms": dict(self.terms),
            "j": self.score if self.scores else None,
            "by_seed": list(self.scores),
            "partial": self.partial,
        }


@dataclass(frozen=True)
class Choice:
    """Which trial is taken, and why.

    Attributes
    ----------
    taken, best : int
        Number of the trial that is taken, and of the best by J.
    gain : float or None
        Mean of J of the best less that of the defaults, seed by seed; None without defaults to compare with.
    error : float or None
        Standard error of `gain`; None with one seed.
    why : str
        In words.
    """

    taken: int
    best: int
    gain: float | None
    error: float | None
    why: str


def complete(trials: Sequence[Trial]) -> list[Trial]:
    """Complete trials by descending J, ties by number."""
    return sorted((t for t in trials if t.state == "complete"), key=lambda t: (-t.score, t.number))


def choose(trials: Sequence[Trial]) -> Choice:
    """Take the best trial if it beats the defaults by more than one standard error over the common seeds.

    Parameters
    ----------
    trials : sequence of Trial
        Trial 0 holds the defaults; at least one is complete.
    """
    best = complete(trials)[0]
    default = next((t for t in trials if t.number == 0 and t.state == "complete"), None)
    if default is None:
        return Choice(best.number, best.number, None, None, "the run as it is failed; the best of the others")
    if best is default:
        return Choice(0, 0, 0.0, 0.0 if len(best.scores) > 1 else None, "no trial is better than the defaults")
    differences = np.subtract(best.scores, default.scores)
    gain, count = float(differences.mean()), differences.size
    if count < 2:
        why = "better than the defaults on the one seed; its error is not known"
        return Choice(best.number, best.number, gain, None, why)
    error = float(differences.std(ddof=1) / math.sqrt(count))
    if gain > error:
        return Choice(best.number, best.number, gain, error, "better than the defaults by more than one standard error")
    return Choice(0, best.number, gain, error, "no trial beats the defaults by more than one standard error")
