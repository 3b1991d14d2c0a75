"""Paired differences: known intervals, scipy's own tests, Holm by hand, and the sign test."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from landsim.indicators.paired import bootstrap_interval, cohen_d, holm, sign_chances, t_chance, t_interval

differences = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=12).filter(lambda d: np.std(d) > 1e-3)


def test_the_interval_of_one_to_five():
    mean, low, high = t_interval([1, 2, 3, 4, 5])
    assert mean == 3
    assert (high - mean, mean - low) == pytest.approx((1.963, 1.963), abs=1e-3)
    assert cohen_d([1, 2, 3, 4, 5]) == pytest.approx(3 / math.sqrt(2.5))


@given(differences)
def test_chance_and_interval_are_those_of_scipy(values):
    test = stats.ttest_1samp(values, 0.0)
    _, low, high = t_interval(values)
    assert float(t_chance(values)) == pytest.approx(test.pvalue, abs=1e-9)
    assert (float(low), float(high)) == pytest.approx(tuple(test.confidence_interval(0.95)), rel=1e-6, abs=1e-9)


def test_alike_pairs_and_single_pairs():
    assert t_chance([[2.0, 2.0], [0.0, 0.0]]).tolist()[0] == 0
    assert math.isnan(t_chance([0.0, 0.0]))
    for found in (
        t_interval([3.0])[1],
        t_chance([3.0]),
        cohen_d([3.0]),
        bootstrap_interval([3.0])[0],
        cohen_d([2.0, 2.0]),
    ):
        assert math.isnan(found)


def test_what_is_rounding_alone_is_no_spread():
    assert math.isnan(cohen_d([0.1] * 3))
    assert t_chance([0.1] * 3) == 0
    mean, low, high = t_interval([0.1] * 3)
    assert mean == low == high


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
