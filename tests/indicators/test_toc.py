"""Area under the curve and the total operating characteristic."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from landsim.indicators.agreement import validation_card
from landsim.indicators.toc import auc, toc_curve
from tests.indicators import plain_oracles as plain

SCORES = st.integers(1, 30).flatmap(
    lambda n: st.tuples(npst.arrays(np.int8, n, elements=st.integers(-3, 3)), npst.arrays(np.bool_, n))
)


def test_k22_area_under_the_curve():
    assert auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]) == 0.75


@given(SCORES)
def test_area_equals_the_share_of_pairs_in_order(drawn):
    score, gained = drawn
    assert auc(score, gained) == pytest.approx(plain.pairwise_auc(score, gained), nan_ok=True)


@given(SCORES)
def test_curve_stays_in_its_parallelogram_and_bounds_the_area(drawn):
    score, gained = drawn
    curve = toc_curve(score, gained)
    n, g = score.size, int(gained.sum())
    size, hits = np.array(curve["size"]), np.array(curve["hits"])
    assert (size[0], size[-1], hits[0], hits[-1]) == (0, n, 0, g)
    assert (hits <= np.minimum(size, g) + 1e-9).all()
    assert (hits >= np.maximum(0, size - (n - g)) - 1e-9).all()
    if 0 < g < n:
        area = (np.trapezoid(hits, size) - g * g / 2) / (g * (n - g))
        assert area == pytest.approx(curve["auc"], abs=1e-9)


def test_nan_scores_rank_lowest_and_one_kind_alone_has_no_area():
    assert auc([math.nan, 0.1, 0.2], [False, True, True]) == 1.0
    assert math.isnan(auc([1.0, 2.0], [True, True]))


def test_card_takes_a_given_score_else_the_density():
    start, observed = [0, 0, 0, 1], [1, 0, 0, 1]
    card = validation_card(start, observed, observed)
    assert card["toc"][1]["score"] == "density"
    assert card["toc"][1]["auc"] == 0.0
    given_score = validation_card(start, observed, observed, scores={1: [0.9, 0.2, 0.1, 0.0]})
    assert given_score["toc"][1]["score"] == "given"
    assert given_score["toc"][1]["auc"] == 1.0
