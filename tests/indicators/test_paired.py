"""Paired differences: scipy's own tests, pairs that do not vary, Holm by hand, and the sign test."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from landsim.indicators.intervals import t_interval
from landsim.indicators.paired import bootstrap_interval, cohen_d, holm, sign_chances, t_chance

differences = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=12).filter(lambda d: np.std(d) > 1e-3)


@given(differences)
def test_the_chance_is_that_of_scipy(values):
    assert float(t_chance(values)) == pytest.approx(stats.ttest_1samp(values, 0.0).pvalue, abs=1e-9)


def test_the_effect_of_one_to_five():
    assert cohen_d([1, 2, 3, 4, 5]) == pytest.approx(3 / math.sqrt(2.5))


def test_pairs_that_differ_alike_are_judged_by_their_signs_and_such_that_do_not_differ_are_no_test():
    alike, equal = t_chance([[2.0, 2.0], [0.0, 0.0]])
    assert alike == 0.5
    assert math.isnan(equal)
    assert np.isnan(cohen_d([[2.0, 2.0], [0.0, 0.0]])).all()
    assert holm([0.03, alike, equal]).tolist()[:2] == [0.06, 0.5]


@pytest.mark.parametrize("pairs", [[3.0], []])
def test_nothing_is_said_of_a_single_pair_or_none(pairs):
    for found in (t_chance(pairs), cohen_d(pairs), *bootstrap_interval(pairs)):
        assert math.isnan(found)


def test_what_is_rounding_alone_is_no_spread():
    assert math.isnan(cohen_d([0.1] * 3))
    assert t_chance([0.1] * 3) == 0.25


def test_bootstrap_is_named_and_holds_the_mean():
    values = np.random.default_rng(4).normal(5, 2, (3, 30))
    low, high = bootstrap_interval(values)
    assert np.array_equal(bootstrap_interval(values)[0], low)
    assert ((low < values.mean(axis=1)) & (values.mean(axis=1) < high)).all()
    _, t_low, t_high = t_interval(values)
    assert np.allclose(high - low, t_high - t_low, rtol=0.25)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_rejects_step_by_step(chances):
    order, rejected = np.argsort(chances, kind="stable"), set()
    for place, which in enumerate(order):
        if chances[which] * (len(chances) - place) > 0.05:
            break
        rejected.add(int(which))
    assert {i for i, p in enumerate(holm(chances)) if p <= 0.05} == rejected


def test_holm_leaves_out_what_was_not_tested():
    assert holm([0.02, math.nan, 0.03])[[0, 2]].tolist() == [0.04, 0.04]
    assert math.isnan(holm([0.02, math.nan])[1])


def test_sign_chances_are_binomial():
    table = sign_chances(7)
    for up in range(8):
        for down in range(8 - up):
            expected = stats.binomtest(up, up + down).pvalue if up + down else 1.0
            assert table[up, down] == pytest.approx(expected)
    assert table[5, 0] > 0.05 > table[6, 0]
