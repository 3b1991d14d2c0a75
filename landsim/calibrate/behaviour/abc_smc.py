"""ABC-SMC: a sample of the posterior by populations of particles that come ever closer (Toni et al. 2009)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.calibrate.behaviour.names import named_seed
from landsim.calibrate.behaviour.settings import AbcParams
from landsim.calibrate.behaviour.space import Free
from landsim.core.draws import normal, uniform
from landsim.core.errors import InputError, Problem

Floats = npt.NDArray[np.float64]
Summary = Callable[[Mapping[str, float], int], Mapping[str, float] | None]
"""Values and seed -> summary statistics of a run; None if it failed."""

_STREAM = "calibrate.behaviour.abc"
_TRIES = 1000  # draws of one particle within the prior before its parents are taken to lie on its edge
_JITTER = 1e-9  # of the kernel, where particles do not differ in a direction


@dataclass(frozen=True, eq=False)
class Posterior:
    """A weighted sample of the posterior.

    Attributes
    ----------
    paths : tuple of str
        Parameters (k).
    values : numpy.ndarray of float64, shape (n, k)
        Particles of the last population.
    weights : numpy.ndarray of float64, shape (n,)
        They add up to 1.
    distances : numpy.ndarray of float64, shape (n,)
    thresholds : tuple of float
        Largest distance that each population let in; infinite for the first, which is the prior.
    runs : tuple of int
        Runs that each population took.
    statistics : dict of str to float
        Summary statistic -> standard deviation that it was measured in; those that do not vary are not among them.
    why : str
        Why it ended.
    """

    paths: tuple[str, ...]
    values: Floats
    weights: Floats
    distances: Floats
    thresholds: tuple[float, ...]
    runs: tuple[int, ...]
    statistics: dict[str, float]
    why: str

    @property
    def mean(self) -> dict[str, float]:
        """Weighted mean of each parameter."""
        return dict(zip(self.paths, (self.weights @ self.values).tolist(), strict=True))

    @property
    def spread(self) -> dict[str, float]:
        """Weighted standard deviation of each parameter."""
        away = self.values - self.weights @ self.values
        return dict(zip(self.paths, np.sqrt(self.weights @ away**2).tolist(), strict=True))

    @property
    def effective(self) -> float:
        """Effective number of particles, 1 / sum of squared weights."""
        return float(1.0 / (self.weights @ self.weights))

    def as_dict(self) -> dict[str, Any]:
        """Plain data; the particles are in ``posterior.csv``."""
        return {
            "particles": len(self.weights),
            "effective_particles": self.effective,
            "mean": self.mean,
            "standard_deviation": self.spread,
            "thresholds": [t if math.isfinite(t) else None for t in self.thresholds],
            "runs": list(self.runs),
            "statistics": self.statistics,
            "why": self.why,
        }


@dataclass(eq=False)
class _Population:
    """Particles by their places in the unit cube."""

    places: Floats
    weights: Floats
    distances: Floats
    runs: int
    summaries: list[Mapping[str, float]] = field(default_factory=list)


def abc_smc(
    space: Sequence[Free],
    summary: Summary,
    observed: Mapping[str, float],
    params: AbcParams,
    seed: int,
    scales: Mapping[str, float] | None = None,
    relevance: Mapping[str, float] | None = None,
    told: Callable[[int, int], None] | None = None,
) -> Posterior:
    """Sample the posterior of parameters whose likelihood nobody can write down.

    The distance is ``d = sum w_m ((S_m - S_m observed) / sd_m)**2``.  A population perturbs particles of the one before
    by a Gaussian with twice their weighted covariance, and keeps those within a quantile of its distances; a particle
    outside the prior is drawn anew with its parent.  Places in the prior are those of `Free.place`.

    Parameters
    ----------
    space : sequence of Free
        Parameters with their uniform priors.
    summary : callable
        See `Summary`.  Each run has a seed of its own.
    observed : mapping of str to float
        Observed statistics; those that are NaN do not count.
    params : AbcParams
    seed : int
        Names every draw.
    scales : mapping of str to float, optional
        sd_m; by default the standard deviation of each statistic over the prior.
    relevance : mapping of str to float, optional
        w_m; 1 by default.
    told : callable, optional
        Hears how many populations are done.

    Raises
    ------
    InputError
        If fewer than two runs of the prior gave a map, or no statistic varies.
    """
    found = _prior(space, summary, params, seed)
    scales = _scales(found.summaries, observed) if scales is None else {m: s for m, s in scales.items() if s > 0}
    known = {m: sd for m, sd in scales.items() if math.isfinite(observed[m])}
    if not known:
        raise InputError(Problem("behaviour.abc", "no summary statistic varies"))
    weights = {m: 1.0 if relevance is None else relevance.get(m, 1.0) for m in known}

    def distance(simulated: Mapping[str, float]) -> float:
        total = sum(weights[m] * ((simulated[m] - observed[m]) / sd) ** 2 for m, sd in known.items())
        return total if math.isfinite(total) else math.inf

    found.distances = np.array([distance(simulated) for simulated in found.summaries])
    thresholds, runs, why = [math.inf], [found.runs], "all populations were drawn"
    for number in range(1, params.populations):
        if told is not None:
            told(number, params.populations)
        threshold = float(np.quantile(found.distances, params.quantile))
        later = _later(space, found, summary, distance, threshold, params, seed, number)
        if later is None:
            why = f"population {number + 1} needed more than {params.attempts} runs a particle"
            break
        found = later
        thresholds.append(threshold)
        runs.append(found.runs)
    if told is not None:
        told(params.populations, params.populations)
    values = np.array([[f.at(x) for f, x in zip(space, place, strict=True)] for place in found.places.tolist()])
    paths = tuple(free.path for free in space)
    return Posterior(
        paths, values, found.weights, found.distances, tuple(thresholds), tuple(runs), dict(known), why
    )  # fmt: skip


def _prior(space: Sequence[Free], summary: Summary, params: AbcParams, seed: int) -> _Population:
    """Draw the first population from the prior; runs that fail are left out."""
    wanted = params.particles
    places = np.array([uniform(seed, f"{_STREAM}.prior", 0, np.arange(wanted), k) for k in range(len(space))]).T
    found = [summary(_values(space, place), named_seed(seed, "abc.0", i)) for i, place in enumerate(places)]
    alive = np.array([row is not None for row in found])
    if np.count_nonzero(alive) < 2:
        raise InputError(Problem("behaviour.abc", "fewer than two runs of the prior gave a map"))
    count = int(alive.sum())
    kept = [row for row in found if row is not None]
    return _Population(places[alive], np.full(count, 1.0 / count), np.zeros(count), wanted, kept)


def _scales(summaries: Sequence[Mapping[str, float]], observed: Mapping[str, float]) -> dict[str, float]:
    """Standard deviation of each statistic over the prior, of those that vary."""
    out = {}
    for name in observed:
        values = np.array([row[name] for row in summaries])
        values = values[np.isfinite(values)]
        if values.size > 1 and (spread := float(values.std(ddof=1))) > 0.0:
            out[name] = spread
    return out


def _later(
    space: Sequence[Free],
    before: _Population,
    summary: Summary,
    distance: Callable[[Mapping[str, float]], float],
    threshold: float,
    params: AbcParams,
    seed: int,
    number: int,
) -> _Population | None:
    """Draw a population within a threshold; None where that takes too many runs."""
    covariance = 2.0 * np.atleast_2d(np.cov(before.places.T, aweights=before.weights, ddof=0))
    covariance += _JITTER * np.eye(len(space))
    root = np.asarray(np.linalg.cholesky(covariance), dtype=np.float64)
    places: list[Floats] = []
    distances: list[float] = []
    run = 0
    while len(places) < params.particles:
        if run >= params.attempts * params.particles:
            return None
        place = _perturbed(before, root, seed, number, run)
        simulated = summary(_values(space, place), named_seed(seed, f"abc.{number}", run))
        run += 1
        if simulated is not None and (d := distance(simulated)) <= threshold:
            places.append(place)
            distances.append(d)
    found = np.array(places)
    return _Population(found, _weights(found, before, covariance), np.array(distances), run)


def _perturbed(before: _Population, root: Floats, seed: int, number: int, run: int) -> Floats:
    """Move a particle, chosen by weight, to a place within the prior."""
    bounds = np.cumsum(before.weights)
    stream = f"{_STREAM}.{number}"
    place = np.full(root.shape[0], 0.5)
    for attempt in range(_TRIES):
        ident = run * _TRIES + attempt
        u = float(uniform(seed, f"{stream}.parent", 0, ident))
        parent = min(int(np.searchsorted(bounds, u * bounds[-1])), bounds.size - 1)
        steps = np.array([float(normal(seed, f"{stream}.step", 0, ident, k)) for k in range(root.shape[0])])
        place = np.asarray(before.places[parent] + root @ steps)
        if np.all((place >= 0.0) & (place <= 1.0)):
            return place
    return np.asarray(np.clip(place, 0.0, 1.0))


def _weights(places: Floats, before: _Population, covariance: Floats) -> Floats:
    """Weight of each particle: the prior, which is level, over its density among the moved particles before."""
    inverse = np.linalg.inv(covariance)
    away = places[:, None] - before.places[None]
    exponent = -0.5 * np.einsum("ijk,kl,ijl->ij", away, inverse, away)
    density = (np.exp(exponent) * before.weights).sum(axis=1)
    weights = 1.0 / np.maximum(density, np.finfo(np.float64).tiny)
    return np.asarray(weights / weights.sum())


def _values(space: Sequence[Free], place: Floats) -> dict[str, float]:
    return {free.path: free.at(x) for free, x in zip(space, place.tolist(), strict=True)}
