"""Probability: isotonic fits, and chances that are those of the cells."""

from __future__ import annotations

import numpy as np
import pytest

from landsim.calibrate.probability import fit_chance, isotonic
from landsim.calibrate.ranking import ranking_fom, taken
from landsim.transition.ranks import map_ranks

RNG = np.random.default_rng(4)
TRUE = RNG.random(200_000) ** 6 * 0.5
GAINED = RNG.random(TRUE.size) < TRUE


def test_isotonic_is_the_library_s() -> None:
    library = pytest.importorskip("sklearn.isotonic")
    values, weight = RNG.normal(size=50) + np.arange(50) / 10, RNG.random(50) + 0.1
    expected = library.IsotonicRegression().fit(np.arange(50), values, sample_weight=weight).predict(np.arange(50))
    assert isotonic(values, weight) == pytest.approx(expected)


def test_chance_of_a_true_score_is_its_probability() -> None:
    chance = fit_chance(TRUE, GAINED).of(map_ranks(TRUE))
    assert chance.mean() == pytest.approx(GAINED.mean(), rel=0.03)
    sure = TRUE > 0.05
    assert chance[sure].mean() == pytest.approx(TRUE[sure].mean(), rel=0.05)
    assert np.corrcoef(chance, TRUE)[0, 1] > 0.99


def test_weights_stand_for_cells() -> None:
    kept = GAINED | (RNG.random(TRUE.size) < 0.1)
    weight = np.where(GAINED, 1.0, 10.0)[kept]
    weighted, whole = fit_chance(TRUE[kept], GAINED[kept], weight), fit_chance(TRUE, GAINED)
    ranks = np.linspace(0.3, 0.99, 50)
    assert weighted.of(ranks) == pytest.approx(whole.of(ranks), abs=0.04)


def test_a_chance_needs_change() -> None:
    with pytest.raises(ValueError, match="cells that changed"):
        fit_chance(TRUE, np.zeros(TRUE.size, dtype=np.bool_))


def test_figure_of_merit_of_a_ranking() -> None:
    score, gained = np.array([0.9, 0.2, 0.9, 0.5], np.float32), np.array([False, False, True, True])
    assert taken(score, 1).tolist() == [True, False, False, False]
    assert ranking_fom(score, gained) == pytest.approx(1 / 3)
    assert np.isnan(ranking_fom(score, np.zeros(4, dtype=np.bool_)))
