"""The account of land: transfers cancel, present values are those of hand, and what is lost for ever is counted so."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landsim.indicators.welfare import (
    AMOUNTS,
    ITEMS,
    LASTING,
    PARTIES,
    TRANSFERS,
    WelfareParams,
    discounted,
    nothing,
    present_value,
    statement,
    tail,
    with_society,
)

PARAMS = WelfareParams()
MONEY = st.integers(-(10**12), 10**12)
AMOUNT = st.fixed_dictionaries(dict.fromkeys(AMOUNTS, MONEY))


def year(**amounts):
    return statement(dict.fromkeys(AMOUNTS, 0.0) | amounts)


@given(AMOUNT)
def test_transfers_sum_to_zero_over_the_parties(amounts):
    rows = statement(amounts)[[ITEMS.index(item) for item in TRANSFERS]]
    assert np.array_equal(rows.sum(axis=1), np.zeros(len(TRANSFERS)))


@given(AMOUNT)
def test_society_has_what_is_made_and_lost_and_no_transfer(amounts):
    made = amounts["land_value"] + amounts["farm_change"] + amounts["service_change"]
    spent = amounts["works"] + amounts["houses_lost"] + amounts["carbon_cost"]
    assert with_society(statement(amounts).sum(axis=0))[-1] == made - spent


def test_each_party_by_hand():
    amounts = {
        "land_value": 100, "land_sales": 104, "land_revenue": 80, "funds": 8, "compensation": 20, "works": 5,
        "houses_lost": 7, "carbon_cost": 3, "farm_change": -2, "service_change": -4,
    }  # fmt: skip
    found = dict(zip(PARTIES, statement(amounts).sum(axis=0).tolist(), strict=True))
    # developers paid a fine of 4
    assert found == {"city": 47, "upper": 32, "farmers": 11, "developers": -4, "environment": -7}


def test_present_values_by_hand():
    once = {1: year(land_value=104.0), 2: year(works=1.04**2)}
    assert present_value(once, PARAMS).sum() == pytest.approx(100 - 1)
    assert not present_value({}, PARAMS).any()


@given(st.floats(0.005, 0.2), st.integers(1, 60), st.integers(0, 40))
def test_a_yearly_loss_from_a_year_on_is_worth_a_perpetuity_whenever_it_is_looked_at(rate, first, more):
    params = WelfareParams(discount=rate)
    lost = {t: year(farm_change=-1.0) for t in range(first, first + more + 1)}
    assert present_value(lost, params).sum() == pytest.approx(-1 / rate * (1 + rate) ** (1 - first))


@given(st.lists(AMOUNT, min_size=1, max_size=5))
def test_carrying_the_past_on_gives_the_same_as_all_at_once(years):
    past, last = nothing(), len(years)
    for t, amounts in enumerate(years, start=1):
        past = past + discounted(statement(amounts), t, PARAMS)
    whole = present_value({t: statement(amounts) for t, amounts in enumerate(years, start=1)}, PARAMS)
    np.testing.assert_allclose(past + tail(statement(years[-1]), last, PARAMS), whole, rtol=1e-12, atol=1e-3)


def test_only_what_lasts_goes_on():
    rows = tail(np.ones((len(ITEMS), len(PARTIES))), 0, PARAMS)
    assert {item for item, row in zip(ITEMS, rows, strict=True) if row.any()} == set(LASTING)
    assert rows.max() == 25.0


def test_a_rate_of_nothing_is_refused():
    with pytest.raises(ValueError, match="greater than 0"):
        WelfareParams(discount=0.0)
