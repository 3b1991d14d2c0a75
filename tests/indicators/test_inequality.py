"""Gini, Theil and dissimilarity: known answers, bounds, and the plain double sums."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landsim.indicators.inequality import dissimilarity, gini, theil

amounts = st.lists(st.floats(0, 1e6), min_size=2, max_size=30).filter(lambda values: sum(values) > 1e-3)


def test_known_answers():
    assert gini([1, 2, 3, 4]) == pytest.approx(0.25, abs=1e-6)
    assert theil([1, 2, 3, 4]) == pytest.approx(0.106440, abs=1e-6)
    assert dissimilarity([10, 0, 5, 5], [0, 10, 5, 5]) == pytest.approx(0.5, abs=1e-6)


@given(amounts)
def test_gini_is_half_the_relative_mean_difference(values):
    array = np.array(values)
    expected = np.abs(array[:, None] - array[None, :]).mean() / (2 * array.mean())
    assert gini(values) == pytest.approx(expected, abs=1e-9)


@given(amounts, st.floats(0.1, 100))
def test_scale_does_not_matter_and_all_alike_is_nothing(values, factor):
    scaled = [value * factor for value in values]
    assert gini(scaled) == pytest.approx(gini(values), abs=1e-9)
    assert theil(scaled) == pytest.approx(theil(values), abs=1e-9)
    assert theil(values) + 1e-12 >= 0
    assert theil(values) <= math.log(len(values)) + 1e-9
    assert gini([3.0] * len(values)) == pytest.approx(0)


@given(st.lists(st.integers(0, 20), min_size=2, max_size=10).filter(any))
def test_weights_stand_for_repeated_values(counts):
    values = np.arange(1, len(counts) + 1)
    assert gini(values, counts) == pytest.approx(gini(np.repeat(values, counts)), abs=1e-9)


def test_nothing_to_share_is_no_number():
    assert math.isnan(gini([0, 0]))
    assert math.isnan(gini([]))
    assert math.isnan(theil([]))
    assert math.isnan(dissimilarity([1, 2], [0, 0]))


def test_dissimilarity_bounds():
    assert dissimilarity([4, 0], [0, 9]) == 1
    assert dissimilarity([4, 2], [40, 20]) == pytest.approx(0)


def test_a_weighted_theil_is_that_of_as_many_values() -> None:
    assert theil([1, 4, 2], [2, 1, 3]) == pytest.approx(theil([1, 1, 4, 2, 2, 2]))
    assert theil([5, 5], [1, 9]) == 0
    assert math.isnan(theil([1, 2], [0, 0]))
