"""Trees: our evaluation equals LightGBM's, the signs hold, and the same seed gives the same bytes."""

from __future__ import annotations

import numpy as np
import pytest
from growing import LEGEND

from landsim.calibrate.models.base import Samples
from landsim.calibrate.models.trees import BoostingModel, ForestModel
from landsim.calibrate.sampling import draw_sample
from landsim.transition.features import Feature, Recipe
from landsim.transition.flat import Dense, Flat
from landsim.transition.tree_text import read_trees, shortened

lightgbm = pytest.importorskip("lightgbm")

URBAN = LEGEND.rows[2]
RECIPE = Recipe(
    "static", (Feature("density", URBAN.code, 5.0), Feature("driver", driver="slope"), Feature("driver", driver="x"))
)
RNG = np.random.default_rng(6)
N = 4000
X = np.column_stack([RNG.random(N), RNG.random(N) * 20, RNG.integers(0, 4, N)]).astype(np.float32)
X[RNG.random(N) < 0.1, 2] = np.nan
GAINED = RNG.random(N) < 1 / (1 + np.exp(-(4 * X[:, 0] - 0.3 * X[:, 1] - 1 + np.nan_to_num(X[:, 2]))))
SAMPLES = Samples(X, draw_sample(np.arange(N), GAINED, np.ones(N, np.uint8), np.arange(N) // 100, 10**6, 1, "sample"))
MODELS = [ForestModel(URBAN, rounds=20), BoostingModel(URBAN, rounds=30, least=20)]


@pytest.mark.parametrize(
    "settings", [{"boosting": "rf", "num_leaves": 127}, {"extra_trees": True}, {"zero_as_missing": False}]
)
@pytest.mark.parametrize("gaps", [False, True])
def test_scores_are_the_library_s_to_a_millionth(settings: dict, gaps: bool) -> None:
    x = X if gaps else np.nan_to_num(X)
    common = {"objective": "binary", "verbosity": -1, "num_threads": 1, "bagging_fraction": 0.5, "bagging_freq": 1}
    booster = lightgbm.train({**common, **settings}, lightgbm.Dataset(x, GAINED), 20)
    unseen = X + np.float32(0.1)  # has gaps whether the training had or not
    rounds = 20 if "boosting" in settings else 1
    expected = booster.predict(unseen, raw_score=True) / rounds
    text = booster.model_to_string()
    assert Flat(3, read_trees(text), Dense.none()).score(unseen) == pytest.approx(expected, abs=1e-6)
    short = shortened(text)
    assert Flat(3, read_trees(short), Dense.none()).score(unseen) == pytest.approx(expected, abs=1e-6)
    again = lightgbm.Booster(model_str=short)
    assert again.predict(unseen, raw_score=True) / rounds == pytest.approx(expected, abs=1e-6)


def test_the_mean_of_a_forest_is_the_log_odds_that_the_library_squashes() -> None:
    fitted = MODELS[0].fit(SAMPLES, RECIPE, 1)
    chance = lightgbm.Booster(model_str=fitted.texts[0]).predict(X)
    assert 1 / (1 + np.exp(-fitted.score(X))) == pytest.approx(chance, abs=1e-6)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_signs_of_theory_hold_everywhere(model) -> None:
    fitted = model.fit(SAMPLES, RECIPE, 1)
    grid = np.repeat(X[:200], 20, axis=0)
    up, steep = grid.copy(), grid.copy()
    up[:, 0] = np.tile(np.linspace(0, 1, 20), 200)
    steep[:, 1] = np.tile(np.linspace(0, 20, 20), 200)
    assert (np.diff(fitted.score(up).reshape(200, 20)) >= -1e-9).all()
    assert (np.diff(fitted.score(steep).reshape(200, 20)) <= 1e-9).all()
    assert np.ptp(fitted.score(up)) > 0.0


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_same_seed_gives_the_same_bytes_and_another_does_not(model) -> None:
    first, again, other = (model.fit(SAMPLES, RECIPE, seed).texts for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_boosting_is_the_mean_of_its_seeds_on_two_halves() -> None:
    fitted = MODELS[1].fit(SAMPLES, RECIPE, 1)
    each = [Flat(3, read_trees(text), Dense.none()).score(X) for text in fitted.texts]
    assert len(each) == 2
    assert fitted.score(X) == pytest.approx((each[0] + each[1]) / 2)
    halves = [SAMPLES.half(k) for k in (0, 1)]
    assert abs(int(halves[0].gained.sum()) - int(halves[1].gained.sum())) <= 1
    assert sum(half.gained.size for half in halves) == N


def test_few_samples_end_in_a_constant() -> None:
    few = SAMPLES.part(np.arange(N) < 30)
    fitted = BoostingModel(URBAN, rounds=5).fit(few, RECIPE, 1)
    assert np.ptp(fitted.score(X)) == 0.0
