"""Screen: elementary effects of each parameter on J (Morris 1991, by SALib), and which are worth a search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.calibrate.behaviour.names import named_seed
from landsim.calibrate.behaviour.runs import Values
from landsim.calibrate.behaviour.settings import MorrisParams
from landsim.calibrate.behaviour.space import Free
from landsim.calibrate.models.base import lacking
from landsim.core.errors import InputError, Problem

Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Effect:
    """Elementary effects of a parameter over its whole range.

    Attributes
    ----------
    path : str
    mu, mu_star, sigma : float
        Mean, mean of the absolute values, and standard deviation of the effects on J: a high sigma tells of
        interaction or of a curved response.
    kept : bool
        Whether it is searched.
    """

    path: str
    mu: float
    mu_star: float
    sigma: float
    kept: bool


@dataclass(frozen=True)
class Screening:
    """Effects of every parameter.

    Attributes
    ----------
    effects : tuple of Effect
        In the order of the space.
    trajectories, failed : int
        Trajectories that counted, and those left out because a run of theirs failed.
    points : int
        Points of the space that were run.
    """

    effects: tuple[Effect, ...]
    trajectories: int
    failed: int
    points: int

    def kept(self, space: Sequence[Free]) -> tuple[Free, ...]:
        """Parameters that are worth a search."""
        names = {effect.path for effect in self.effects if effect.kept}
        return tuple(free for free in space if free.path in names)

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        rows = {effect.path: asdict(effect) for effect in self.effects}
        for row in rows.values():
            del row["path"]
        counts = {"trajectories": self.trajectories, "failed_trajectories": self.failed, "points": self.points}
        return {**counts, "effects": rows}


def screen(
    space: Sequence[Free],
    score: Callable[[Values], float | None],
    params: MorrisParams,
    seed: int,
    told: Told | None = None,
) -> Screening:
    """Measure the elementary effects of each parameter.

    Parameters
    ----------
    space : sequence of Free
    score : callable
        Values -> J, None if a run failed.
    params : MorrisParams
    seed : int
        Names the seed of the trajectories.
    told : callable, optional
        Hears how many points are done.

    Raises
    ------
    InputError
        If SALib is not installed or no trajectory could be run.
    """
    try:
        from SALib.analyze import morris as analysis
        from SALib.sample import morris as sampling
    except ImportError as error:
        raise lacking("SALib") from error
    problem = {"num_vars": len(space), "names": [f.path for f in space], "bounds": [[0.0, 1.0]] * len(space)}
    places = sampling.sample(
        problem, params.trajectories, num_levels=params.levels, seed=named_seed(seed, "trajectories")
    )
    scores = _scores(space, places, score, told)
    alive = np.isfinite(scores.reshape(params.trajectories, -1)).all(axis=1)
    if not alive.any():
        raise InputError(
            Problem(
                "behaviour.morris", "no trajectory could be run", mend="The simulation gave no map; run it by itself"
            )
        )
    rows = np.repeat(alive, len(space) + 1)
    # the bootstrap of mu* is not used; its seed is given so that nothing global is drawn
    found = analysis.analyze(problem, places[rows], scores[rows], num_resamples=2, num_levels=params.levels, seed=1)
    effects = _effects(space, found, params.share)
    return Screening(effects, int(alive.sum()), int((~alive).sum()), len(places))


def _scores(
    space: Sequence[Free], places: npt.NDArray[np.float64], score: Callable[[Values], float | None], told: Told | None
) -> npt.NDArray[np.float64]:
    """J at places of the unit cube; NaN where a run failed."""
    out = np.full(len(places), np.nan)
    for i, place in enumerate(places):
        found = score({free.path: free.at(float(x)) for free, x in zip(space, place, strict=True)})
        if found is not None:
            out[i] = found
        if told is not None:
            told(i + 1, len(places))
    return out


def _effects(space: Sequence[Free], found: Any, share: float) -> tuple[Effect, ...]:
    """Mark what is kept; where nothing has an effect, nothing is told apart and all are kept."""
    mu, mu_star = (np.asarray(found[name], dtype=np.float64) for name in ("mu", "mu_star"))
    # one trajectory that is left has no spread
    sigma = np.nan_to_num(np.asarray(found["sigma"], dtype=np.float64))
    kept = mu_star >= share * mu_star.max()
    columns = zip(space, mu.tolist(), mu_star.tolist(), sigma.tolist(), kept.tolist(), strict=True)
    return tuple(Effect(free.path, *figures) for free, *figures in columns)
