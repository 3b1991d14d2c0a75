"""Screening by elementary effects, and the scatter fitted by itself."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy import ndimage

from landsim.calibrate.behaviour.memory import Memory
from landsim.calibrate.behaviour.objective import Objective
from landsim.calibrate.behaviour.runs import Runs
from landsim.calibrate.behaviour.scatter import STEPS, fit_scatter
from landsim.calibrate.behaviour.screen import screen
from landsim.calibrate.behaviour.search import Evaluator
from landsim.calibrate.behaviour.settings import MorrisParams
from landsim.calibrate.behaviour.space import SCATTER, Free, free_parameters
from landsim.calibrate.span import Span
from landsim.core.errors import InputError
from landsim.landscape.grid import Grid
from landsim.model.params import ModelParams
from tests.calibrate.behaviour_toy import LEGEND, SIDE, URBAN, problem, start_map

SPACE = [Free(name, 0.0, 0.0, 2.0) for name in ("a", "b", "c")]


def test_a_linear_response_has_its_slopes_and_no_spread() -> None:
    found = screen(SPACE, lambda v: 3 * v["a"] - 0.5 * v["b"], MorrisParams(), 1)
    a, b, c = found.effects
    assert (a.mu_star, b.mu_star, c.mu_star) == pytest.approx((6.0, 1.0, 0.0), abs=1e-5)
    assert (a.mu, b.mu) == pytest.approx((6.0, -1.0), abs=1e-5)
    assert a.sigma == pytest.approx(0.0, abs=1e-4)
    assert [effect.kept for effect in found.effects] == [True, True, False]
    assert found.points == 10 * 4


def test_parameters_that_interact_have_a_spread() -> None:
    found = screen(SPACE, lambda v: v["a"] * v["b"], MorrisParams(), 1)
    assert found.effects[0].sigma > 0.5
    assert found.effects[1].sigma > 0.5
    assert [free.path for free in found.kept(SPACE)] == ["a", "b"]


def test_it_finds_the_one_active_parameter_of_the_toy() -> None:
    at = problem()
    space = free_parameters(ModelParams(), ["engine", "patches"])
    evaluate = Evaluator(Runs(at.simulate, Memory(), "toy"), at.objective, [1, 2])
    found = screen(space, evaluate.score, MorrisParams(trajectories=6), 1)
    assert [free.path for free in found.kept(space)] == ["engine.neighbourhood"]
    assert all(effect.mu_star == 0.0 for effect in found.effects if not effect.kept)


def test_the_same_seed_gives_the_same_effects() -> None:
    def score(v):
        return v["a"] * v["b"] ** 2

    assert screen(SPACE, score, MorrisParams(), 1) == screen(SPACE, score, MorrisParams(), 1)
    assert screen(SPACE, score, MorrisParams(), 1) != screen(SPACE, score, MorrisParams(), 2)


def test_nothing_global_is_drawn() -> None:
    np.random.seed(3)  # noqa: NPY002 - the state that must be left alone
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    screen(SPACE, lambda v: v["a"], MorrisParams(), 1)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def test_where_nothing_has_an_effect_all_are_kept() -> None:
    assert len(screen(SPACE, lambda v: 0.5, MorrisParams(), 1).kept(SPACE)) == 3


def test_trajectories_with_a_failed_run_are_left_out() -> None:
    calls = []

    def score(v):
        calls.append(v)
        return None if len(calls) == 6 else 3 * v["a"]

    found = screen(SPACE, score, MorrisParams(), 1)
    assert (found.trajectories, found.failed) == (9, 1)
    assert found.effects[0].mu_star == pytest.approx(6.0, abs=1e-5)


def test_runs_that_all_fail_are_told() -> None:
    with pytest.raises(InputError, match="no trajectory"):
        screen(SPACE, lambda v: None, MorrisParams(), 1)


def test_a_library_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "SALib.sample", None)
    with pytest.raises(InputError, match="SALib is not installed"):
        screen(SPACE, lambda v: v["a"], MorrisParams(), 1)


SCORE = ndimage.gaussian_filter(np.random.default_rng(8).standard_normal((SIDE, SIDE)), 3.0)


def scattered(scatter: float, seed: int) -> np.ndarray:
    """Growth in the order of a smooth field and of noise: the more noise, the smaller its patches."""
    noise = np.random.default_rng(seed).gumbel(size=(SIDE, SIDE))
    score = SCORE / SCORE.std() + scatter * noise
    codes = start_map()
    score[codes == 2] = -np.inf
    codes.reshape(-1)[np.argsort(-score, axis=None)[:250]] = 2
    return codes


def judged(scatter: float) -> Objective:
    grid = Grid(SIDE, SIDE, (100.0, 0.0, 0.0, 0.0, -100.0, 0.0))
    return Objective(Span(grid, LEGEND, {2000: start_map(), 2010: scattered(scatter, 777)}), [URBAN])


@pytest.mark.parametrize("true", [0.25, 0.75, 1.5])
def test_the_scatter_of_the_new_patches_comes_back(true: float) -> None:
    runs = Runs(lambda values, seed, stop: scattered(values[SCATTER], seed), Memory(), "toy")
    fit = fit_scatter(runs, judged(true), 1.0, range(6))
    tried = [*STEPS]
    assert abs(tried.index(fit.value) - tried.index(true)) <= 1
    assert set(fit.curve) == set(STEPS)
    assert fit.as_dict()["value"] == fit.value


def test_a_scatter_that_changes_nothing_stays() -> None:
    runs = Runs(lambda values, seed, stop: scattered(0.5, seed), Memory(), "toy")
    fit = fit_scatter(runs, judged(1.0), 0.8, [1, 2, 3])
    assert fit.value == 0.8
    assert 0.8 in fit.curve


def test_a_scatter_that_cannot_be_run_is_told() -> None:
    with pytest.raises(InputError, match="scatter"):
        fit_scatter(Runs(lambda values, seed, stop: None, Memory(), "toy"), judged(1.0), 1.0, [1])
