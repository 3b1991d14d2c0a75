"""ABC-SMC: posteriors that are known in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest

from landsim.calibrate.behaviour.abc_smc import abc_smc
from landsim.calibrate.behaviour.settings import AbcParams
from landsim.calibrate.behaviour.space import Free
from landsim.core.draws import normal
from landsim.core.errors import InputError

THETA = [Free("theta", 0.0, -5.0, 5.0)]
MANY = AbcParams(particles=400, populations=6)


def mean_of(count: int, spread: float = 1.0):
    """The mean of some normal draws around theta: a sufficient statistic."""

    def summary(values, seed):
        return {"mean": values["theta"] + spread * float(normal(seed, "toy", 0, np.arange(count)).mean())}

    return summary


def test_the_posterior_of_a_normal_mean_is_the_analytic_one() -> None:
    found = abc_smc(THETA, mean_of(10), {"mean": 1.2}, MANY, 1)
    assert found.mean["theta"] == pytest.approx(1.2, abs=0.06)
    assert found.spread["theta"] == pytest.approx(math.sqrt(0.1), rel=0.2)
    assert list(found.thresholds) == sorted(found.thresholds, reverse=True)
    assert found.thresholds[0] == math.inf
    assert found.weights.sum() == pytest.approx(1.0)
    assert found.effective > 200


def test_a_posterior_that_the_prior_cuts_off_is_the_analytic_one() -> None:
    theta = [Free("theta", 0.0, -1.0, 1.0)]
    found = abc_smc(theta, mean_of(10, 0.3 * math.sqrt(10)), {"mean": 1.0}, MANY, 1)
    assert found.mean["theta"] == pytest.approx(1.0 - 0.3 * math.sqrt(2 / math.pi), abs=0.04)  # half a normal
    assert found.values.max() <= 1.0


def test_two_parameters_are_told_apart() -> None:
    space = [Free("a", 0.0, -3.0, 3.0), Free("b", 1.0, 0.01, 10.0)]
    assert space[1].log

    def summary(values, seed):
        e = normal(seed, "toy", 0, np.arange(2))
        return {"sum": values["a"] + values["b"] + 0.1 * e[0], "difference": values["a"] - values["b"] + 0.1 * e[1]}

    found = abc_smc(space, summary, {"sum": 3.0, "difference": -1.0}, AbcParams(particles=150, populations=9), 1)
    assert found.mean == pytest.approx({"a": 1.0, "b": 2.0}, abs=0.15)


def test_every_draw_is_named() -> None:
    few = AbcParams(particles=30, populations=3)
    first, again = (abc_smc(THETA, mean_of(10), {"mean": 1.2}, few, 1) for _ in range(2))
    assert np.array_equal(first.values, again.values)
    assert np.array_equal(first.weights, again.weights)
    assert first.as_dict() == again.as_dict()
    assert not np.array_equal(first.values, abc_smc(THETA, mean_of(10), {"mean": 1.2}, few, 2).values)


def test_every_run_has_a_seed_of_its_own() -> None:
    seeds = []

    def summary(values, seed):
        seeds.append(seed)
        return {"mean": values["theta"]}

    found = abc_smc(THETA, summary, {"mean": 1.0}, AbcParams(particles=20, populations=3), 1)
    assert len(set(seeds)) == len(seeds) == sum(found.runs)


def test_given_scales_and_relevance_decide_the_distance() -> None:
    def summary(values, seed):
        return {"good": values["theta"], "bad": -values["theta"]}

    few, observed = AbcParams(particles=60, populations=5), {"good": 2.0, "bad": 2.0}
    trusted = abc_smc(THETA, summary, observed, few, 1, scales={"good": 0.1, "bad": 10.0})
    assert trusted.mean["theta"] == pytest.approx(2.0, abs=0.3)
    weighed = abc_smc(THETA, summary, observed, few, 1, relevance={"good": 0.0})
    assert weighed.mean["theta"] == pytest.approx(-2.0, abs=0.3)


def test_statistics_that_do_not_vary_or_were_not_observed_do_not_count() -> None:
    def summary(values, seed):
        return {"mean": values["theta"], "level": 3.0, "unknown": values["theta"]}

    observed = {"mean": 1.0, "level": 7.0, "unknown": math.nan}
    found = abc_smc(THETA, summary, observed, AbcParams(particles=20, populations=2), 1)
    assert list(found.statistics) == ["mean"]
    with pytest.raises(InputError, match="no summary statistic"):
        abc_smc(THETA, summary, {"level": 7.0}, AbcParams(particles=20), 1)


def test_runs_that_fail_are_left_out_and_too_many_of_them_are_told() -> None:
    def summary(values, seed):
        return None if values["theta"] > 0 else {"mean": values["theta"]}

    found = abc_smc(THETA, summary, {"mean": 3.0}, AbcParams(particles=30, populations=3), 1)
    assert found.values.max() <= 0.0
    with pytest.raises(InputError, match="prior"):
        abc_smc(THETA, lambda values, seed: None, {"mean": 3.0}, AbcParams(particles=30), 1)


def test_a_population_that_takes_too_long_ends_it_with_the_one_before() -> None:
    few = AbcParams(particles=20, populations=40, attempts=3)
    found = abc_smc(THETA, mean_of(10), {"mean": 1.2}, few, 1)
    assert len(found.thresholds) < 40
    assert "runs a particle" in found.why
    assert len(found.weights) == 20
