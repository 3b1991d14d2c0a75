"""Whole shares add up, keep their caps and follow their weights."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landsim.market.apportion import apportion, running_floor

rows = st.lists(st.tuples(st.floats(1e-6, 1e6), st.integers(0, 50)), min_size=1, max_size=60)


@given(rows, st.floats(0, 1))
def test_total_is_exact_and_no_cap_is_exceeded(rows, fill):
    weight, cap = (np.array(column) for column in zip(*rows, strict=True))
    total = int(fill * cap.sum())
    share = apportion(weight, total, cap)
    assert share.sum() == total
    assert (share >= 0).all()
    assert (share <= cap).all()


@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=60), st.integers(0, 100_000))
def test_without_caps_a_share_is_within_one_of_its_proportion(weights, total):
    share = apportion(weights, total)
    ideal = total * np.array(weights) / np.sum(weights)
    assert share.sum() == total
    assert np.abs(share - ideal).max() < 1 + 1e-3


def test_full_rows_pass_their_surplus_on_in_proportion():
    assert apportion([1, 1, 8], 12, [100, 100, 4]).tolist() == [4, 4, 4]


def test_rows_without_weight_get_nothing():
    assert apportion([0, 1, 0, 1], 7, [9, 9, 9, 9]).tolist() == [0, 3, 0, 4]


def test_nothing_to_share_out_needs_no_rows():
    assert apportion([], 0).tolist() == []


def test_more_than_the_caps_hold_is_refused():
    with pytest.raises(ValueError, match="11 to share out, but the rows can take 10"):
        apportion([1, 1], 11, [5, 5])


@given(st.lists(st.lists(st.floats(0, 3), max_size=8), max_size=8))
def test_running_floor_carries_its_fraction_between_calls(parts):
    owed, given = 0.0, 0
    for part in parts:
        whole, owed = running_floor(part, owed)
        given += int(whole.sum())
    ideal = sum(sum(part) for part in parts)
    assert given + owed == pytest.approx(ideal, abs=1e-4)
    assert 0 <= owed < 1
