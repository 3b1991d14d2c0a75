"""Hand-down of caps: exact in whole cells."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landsim.policy.handdown import HandDownParams, construction_weights, hand_down_caps

weights_of = st.lists(st.floats(0, 1e6), min_size=1, max_size=30)


def test_k32_largest_remainder_ties_go_to_the_lower_id():
    assert hand_down_caps(100, [0.335, 0.335, 0.33]).tolist() == [34, 33, 33]


@given(total=st.integers(0, 10**9), weights=weights_of)
def test_children_sum_to_the_parent_and_lie_within_one_cell(total, weights):
    cells = hand_down_caps(total, weights)
    whole = sum(weights)
    share = total * (np.array(weights) / whole if whole > 0 else np.full(len(weights), 1 / len(weights)))
    assert cells.dtype == np.int64
    assert cells.sum() == total
    assert (np.abs(cells - share) < 1 + 1e-5).all()
    assert (cells >= 0).all()


@given(total=st.integers(0, 10**7), weights=st.lists(st.floats(0, 100), min_size=4, max_size=40), data=st.data())
def test_city_to_counties_to_townships_closes_at_every_level(total, weights, data):
    counties = hand_down_caps(total, weights[:4])
    parent = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(weights), max_size=len(weights))))
    parent[:4] = np.arange(4)
    towns = hand_down_caps(counties, weights, parent)
    assert np.bincount(parent, towns, minlength=4).astype(int).tolist() == counties.tolist()


def test_each_parent_is_split_as_if_it_stood_alone():
    weights, parent = [3.0, 1.0, 2.0, 5.0, 1.0], [0, 1, 0, 1, 1]
    both = hand_down_caps([7, 11], weights, parent)
    assert both[[0, 2]].tolist() == hand_down_caps(7, [3.0, 2.0]).tolist()
    assert both[[1, 3, 4]].tolist() == hand_down_caps(11, [1.0, 5.0, 1.0]).tolist()


def test_impossible_hand_downs_are_refused():
    with pytest.raises(ValueError, match="not negative"):
        hand_down_caps(10, [1.0, -1.0])
    with pytest.raises(ValueError, match="no child"):
        hand_down_caps([1, 1], [1.0], [0])
    with pytest.raises(ValueError, match="parents"):
        hand_down_caps([1], [1.0, 1.0], [0, 1])


def test_construction_weights_follow_growth_and_punish_idle_land():
    params = HandDownParams()
    weights = construction_weights([100, 100, -50], [10, 10, 0], [1, 1, 1], [0, 20, 20], params)
    assert weights.sum() == pytest.approx(1)
    assert weights[0] > weights[1] > weights[2]
    # 0.4/2 + 0.3/2 + 0.2/3 = 0.41667, less 0.1/2, and 0.06667 - 0.05
    assert weights == pytest.approx(np.array([0.4166667, 0.3666667, 0.0166667]) / 0.8, abs=1e-6)


def test_equal_weights_where_nothing_speaks_for_anyone():
    assert construction_weights([0, 0], [0, 0], [0, 0], [0, 0], HandDownParams()).tolist() == [0.5, 0.5]
