"""Compensation: land, crops and village houses are paid for when they are taken for building, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landsim.landscape.legend import BUILT, Land
from landsim.policy.expropriation import ExpropriationParams, compensation, houses_lost, takes

PARAMS = ExpropriationParams(zone_price=90, crops=3, house=1200, house_ratio=0.3)
PAIRS = [(before, after) for before in Land for after in Land]
BEFORE, AFTER = np.array(PAIRS, dtype=np.uint8).T


def paid(before: Land, after: Land, params: ExpropriationParams = PARAMS) -> float:
    """CNY a square metre."""
    return float(compensation(params, [before], [after], 100.0)[0]) / 100


@pytest.mark.parametrize(
    ("before", "after", "each"),
    [
        (Land.ARABLE, Land.URB_RES, 93), (Land.OTHER_AG, Land.TRANS, 93), (Land.FOREST, Land.URB_IND, 90),
        (Land.RURAL, Land.URB_RES, 450), (Land.RURAL, Land.GREEN, 450), (Land.RURAL, Land.RURAL, 0),
        (Land.RURAL, Land.ARABLE, 0), (Land.URB_IND, Land.URB_RES, 0), (Land.WATER, Land.URB_RES, 0),
        (Land.ARABLE, Land.FOREST, 0),
    ],
)  # fmt: skip
def test_known_answers(before, after, each) -> None:
    assert paid(before, after) == pytest.approx(each)


def test_only_building_takes_and_never_land_of_the_state() -> None:
    taken = takes(BEFORE, AFTER)
    state = {Land.NODATA, Land.SEA, Land.WATER, *BUILT} - {Land.RURAL}
    assert taken.tolist() == [b not in state and a in BUILT and a != b for b, a in PAIRS]
    assert ((compensation(PARAMS, BEFORE, AFTER, 900.0) > 0) == taken).all()


@given(st.floats(0, 10), st.floats(0, 3000), st.floats(0, 3))
def test_houses_are_what_villages_get_beyond_bare_land_before_the_factor(factor, house, ratio) -> None:
    params = ExpropriationParams(factor=factor, house=house, house_ratio=ratio, crops=0)
    whole = compensation(params, BEFORE, AFTER, 100.0).sum(dtype=np.float64)
    land = compensation(params.model_copy(update={"house": 0.0}), BEFORE, AFTER, 100.0).sum(dtype=np.float64)
    lost = houses_lost(params, BEFORE, AFTER, 100.0)
    assert lost == pytest.approx(100 * house * ratio * (len(BUILT) - 1))
    assert whole - land == pytest.approx(factor * lost, rel=1e-5, abs=0.5)
