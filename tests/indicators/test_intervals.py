"""Intervals: known answers of Student's and Wilson's, and scipy's own."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from landsim.indicators.intervals import half_width, spread, t_interval, wilson

values = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=12).filter(lambda v: np.std(v) > 1e-3)


def test_the_interval_of_one_to_five():
    mean, low, high = t_interval([1, 2, 3, 4, 5])
    assert mean == 3
    assert (high - mean, mean - low) == pytest.approx((1.963, 1.963), abs=1e-3)


@given(values)
def test_the_interval_of_a_mean_is_that_of_scipy(given_values):
    _, low, high = t_interval(given_values)
    theirs = stats.ttest_1samp(given_values, 0.0).confidence_interval(0.95)
    assert (float(low), float(high)) == pytest.approx(tuple(theirs), rel=1e-6, abs=1e-9)


def test_many_rows_at_once_are_each_alone():
    rows = np.random.default_rng(1).normal(3, 1, (4, 7))
    together = np.stack(t_interval(rows), axis=1)
    assert np.array_equal(together, [np.stack(t_interval(row)) for row in rows])
    assert np.allclose(half_width(rows.std(axis=1, ddof=1), 7), together[:, 2] - together[:, 0], rtol=1e-12)


def test_one_value_has_a_mean_and_no_interval_and_none_has_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [float(edge) for edge in t_interval([3.0])] == pytest.approx([3.0, math.nan, math.nan], nan_ok=True)
        assert all(math.isnan(edge) for edge in t_interval([]))
        assert math.isnan(half_width(1.0, 1))


def test_what_is_rounding_alone_is_no_spread():
    assert spread(np.array([0.1] * 3)) == 0.0
    mean, low, high = t_interval([0.1] * 3)
    assert mean == low == high


def test_wilson_of_7_in_20():
    share, low, high = wilson(7, 20)
    assert share == 0.35
    assert (low, high) == pytest.approx((0.18118, 0.56715), abs=1e-4)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_within_0_and_1_and_is_scipys(counts):
    hits, of = counts
    share, low, high = wilson(hits, of)
    assert 0.0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1.0
    theirs = stats.binomtest(hits, of).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_a_share_of_nothing_may_be_anything():
    share, low, high = wilson(0, 0)
    assert (math.isnan(share), low, high) == (True, 0.0, 1.0)
