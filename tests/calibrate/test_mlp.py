"""Network: our evaluation equals scikit-learn's, and the same seed gives the same tables."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from growing import URBAN

from landsim.calibrate.models.base import Samples
from landsim.calibrate.models.inputs import inputs_of, standard
from landsim.calibrate.models.mlp import MlpModel
from landsim.calibrate.sampling import draw_sample
from landsim.transition.features import Feature, Recipe

neural = pytest.importorskip("sklearn.neural_network")
# a network here stops after its rounds, settled or not
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RECIPE = Recipe("static", (Feature("density", URBAN, 5.0), Feature("distance", URBAN), Feature("driver", driver="x")))
RNG = np.random.default_rng(7)
N = 3000
X = np.column_stack([RNG.random(N), RNG.random(N) * 30, RNG.normal(size=N)]).astype(np.float32)
X[::9, 2] = np.nan
GAINED = RNG.random(N) < np.clip(X[:, 0] ** 2 - X[:, 1] / 60, 0.02, 1)
DRAWN = draw_sample(np.arange(N), GAINED, np.ones(N, np.uint8), np.arange(N) // 100, 2000, 1, "sample")
SAMPLES = Samples(X[DRAWN.cells], DRAWN)


def test_scores_are_the_library_s_log_odds_with_the_prior_put_right() -> None:
    z, _, _ = standard(inputs_of(RECIPE).read(SAMPLES.x))
    network = neural.MLPClassifier((6,), alpha=1e-3, max_iter=10, random_state=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network.fit(z, SAMPLES.gained)
    chance = network.predict_proba(z)[:, 1]
    expected = np.log(chance / (1 - chance)) + DRAWN.shift
    fitted = MlpModel(rounds=10).fit(SAMPLES, RECIPE, 1)
    assert fitted.score(SAMPLES.x) == pytest.approx(expected, abs=1e-6)
    assert fitted.facts["units"] == 6


def test_the_same_seed_gives_the_same_tables() -> None:
    first, again, other = (MlpModel(rounds=3).fit(SAMPLES, RECIPE, s).flat.dense.weights for s in (1, 1, 2))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()
