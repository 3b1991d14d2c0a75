"""Logit: known coefficients are found again, and their intervals hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from growing import URBAN, place
from scipy import ndimage

from landsim.calibrate.models.base import Samples
from landsim.calibrate.models.logit import LogitModel, logistic
from landsim.calibrate.sampling import draw_sample
from landsim.transition.features import Feature, Recipe
from landsim.transition.measure import Measure

pytest.importorskip("threadpoolctl")

TRUE = np.array([0.8, -0.5, 0.3])
NAMES = ("a", "b", "c")
RECIPE = Recipe("static", tuple(Feature("driver", driver=name) for name in NAMES))


def history(seed: int, edge: int, base: float, most: int | None = None) -> Samples:
    """Independent transitions of one interval, drawn from a logit of three smooth fields on a square grid."""
    rng = np.random.default_rng(seed)
    fields = [ndimage.gaussian_filter(rng.normal(size=(edge, edge)), s) for s in (1.0, 2.0, 3.0)]
    x = np.stack([(f / f.std()).reshape(-1) for f in fields], axis=1).astype(np.float32)
    gained = rng.random(edge * edge) < 1.0 / (1.0 + np.exp(-(base + x @ TRUE)))
    cells = np.arange(edge * edge)
    block = cells // edge // 6 * 100 + cells % edge // 6
    drawn = draw_sample(cells, gained, np.ones(cells.size, np.uint8), block, most or 10 * cells.size, seed, "sample")
    return Samples(x[drawn.cells], drawn)


def coefficients(samples: Samples, **settings) -> tuple[np.ndarray, np.ndarray]:
    facts = LogitModel(URBAN, ridge=1e-3, offset=False, **settings).fit(samples, RECIPE).facts
    rows = [*facts["coefficients"], facts["intercept"]]
    return np.array([r["coefficient"] for r in rows]), np.array([r["standard_error"] for r in rows])


@pytest.mark.parametrize("correction", ["weights", "prior"])
def test_recovery_from_a_stratified_sample(correction: str) -> None:
    found, error = coefficients(history(1, 300, -4.0, 8000), correction=correction)
    assert np.abs(found - np.append(TRUE, -4.0)) == pytest.approx(0.0, abs=4 * error.max())
    assert (np.abs(found - np.append(TRUE, -4.0)) < 4 * error).all()
    assert error.max() < 0.1


def test_intervals_cover_over_fifty_seeds_of_a_small_grid() -> None:
    truth = np.append(TRUE, -1.5)
    hits = [
        np.abs(found - truth) < 1.96 * error for found, error in (coefficients(history(s, 60, -1.5)) for s in range(50))
    ]
    assert np.mean(hits) >= 0.90
    assert np.mean(hits, axis=0).min() >= 0.84  # each alone rests on fifty draws


def test_the_library_finds_the_same() -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    samples = history(3, 60, -1.5)
    z = (samples.x - samples.x.mean(axis=0)).astype(np.float64)
    weight = 1.0 + (np.arange(z.shape[0]) % 3)
    known = linear.LogisticRegression(C=1 / 7.0, tol=1e-10, max_iter=1000).fit(z, samples.gained, sample_weight=weight)
    found = logistic(z, samples.gained, weight, 7.0)
    assert found.slopes == pytest.approx(known.coef_[0], abs=1e-5)
    assert found.intercept == pytest.approx(known.intercept_[0], abs=1e-5)


def test_scores_are_the_log_odds_of_the_facts() -> None:
    samples = history(4, 60, -1.5)
    fitted = LogitModel(URBAN, ridge=5.0, offset=False, units={"b": "deg"}).fit(samples, RECIPE)
    assert [row["unit"] for row in fitted.facts["coefficients"]] == ["1", "deg", "1"]
    slopes = np.array([row["coefficient"] for row in fitted.facts["coefficients"]])
    odds = samples.x.astype(float) @ slopes + fitted.facts["intercept"]["coefficient"]
    assert fitted.score(samples.x) == pytest.approx(odds, abs=1e-6)
    assert fitted.facts["coefficients"][0]["odds_ratio"] == pytest.approx(
        np.exp(slopes[0] * fitted.facts["coefficients"][0]["deviation"]), rel=1e-6
    )


def test_a_strong_ridge_leaves_the_curve_of_the_density() -> None:
    town = place()
    cells, gained = town.candidates(1), town.gained(1)
    recipe = Recipe("static", (Feature("density", URBAN, 5.0), Feature("driver", driver="slope")))
    drawn = draw_sample(cells, gained, np.ones(cells.size, np.uint8), cells // 700, 10**6, 1, "sample")
    samples = Samples(Measure(recipe.features, town.ground(1)).at(cells), drawn)
    strong = LogitModel(URBAN, ridge=1e9).fit(samples, recipe).score(samples.x)
    order = np.argsort(samples.x[:, 0], kind="stable")
    assert (np.diff(strong[order]) >= -1e-4).all()
    assert np.isfinite(strong).all()
    weak = LogitModel(URBAN, ridge=1.0).fit(samples, recipe)
    rows = {row["input"]: row["coefficient"] for row in weak.facts["coefficients"]}
    assert rows["slope"] < 0.0


def test_constants_and_gaps_do_no_harm() -> None:
    samples = history(5, 60, -1.5)
    x = samples.x.copy()
    x[:, 1], x[::2, 2] = 3.0, np.nan
    fitted = LogitModel(URBAN, ridge=1.0, offset=False).fit(Samples(x, samples.drawn), RECIPE)
    assert np.isfinite(fitted.score(x)).all()
    assert fitted.facts["coefficients"][1]["coefficient"] == pytest.approx(0.0, abs=1e-9)
