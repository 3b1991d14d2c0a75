"""Prices: known answers of the market iteration, the bid function and the residual land value."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landsim.landscape.legend import Land
from landsim.market.prices import (
    MarketParams,
    best_far,
    built_far,
    initial_price,
    land_value,
    price_change,
    residual_land_value,
    stacking,
    update_prices,
)
from landsim.market.sites import Sites

PARAMS = MarketParams()


def row_of_sites(lived, homes=100, land=Land.URB_RES, desks=0, held=0):
    n = len(lived)
    return Sites(
        cell=np.arange(n, dtype=np.int32),
        block=np.arange(n, dtype=np.int32),
        land=np.full(n, land, dtype=np.uint8),
        homes=np.full(n, homes, dtype=np.int32),
        lived=np.asarray(lived, dtype=np.int32),
        desks=np.full((n, 2), desks, dtype=np.int32),
        held=np.full((n, 2), held, dtype=np.int32),
        price=np.full(n, 9000, dtype=np.float32),
        trend=np.zeros(n, dtype=np.float32),
        density=np.zeros((16, 3)),
        owed=np.zeros(3),
    )


def test_k10_iteration_converges_to_the_closed_form_gradient():
    b, gamma = 2.0, 0.15
    distance = np.linspace(0.0, 20.0, 100)
    log_price, change = np.full(100, np.log(9000.0)), np.zeros(100)
    for _ in range(500):
        weight = np.exp(-b * log_price - gamma * distance)
        occupancy = (1 - PARAMS.vacancy) * 100 * weight / weight.sum()
        neighbours = np.convolve(np.pad(change, 1, mode="edge"), [0.5, 0, 0.5], mode="valid")
        change = price_change(occupancy, change, neighbours, PARAMS)
        log_price += change
    assert np.diff(log_price) / np.diff(distance) == pytest.approx(-gamma / b, abs=1e-6)
    assert occupancy == pytest.approx(1 - PARAMS.vacancy, abs=1e-6)


def test_k27_residual_land_value():
    assert residual_land_value(9000, [1, 2, 3], PARAMS) == pytest.approx([4620, 8910, 12_870], abs=1e-6)


@given(st.floats(100, 60_000), st.floats(0.5, 8))
def test_no_permitted_ratio_leaves_more_than_the_best_one(price, far_max):
    params = MarketParams(far_max=far_max)
    least = min(params.far_min, far_max)
    tried = residual_land_value(price, np.linspace(least, far_max, 400), params)
    assert land_value(price, params) >= tried.max() - 1e-6 * abs(tried).max()
    assert least <= best_far(price, params) <= far_max


def test_building_that_costs_the_same_at_any_height_goes_to_the_limit():
    params = MarketParams(build_rise=0.0)
    assert best_far([2000.0, 9000.0], params).tolist() == [1.0, 3.0]


def test_what_is_priced_is_what_is_built():
    """Homes are built and priced at the best ratio, industry and villages built at their usual one."""
    land = [Land.URB_RES, Land.URB_SVC, Land.URB_IND, Land.RURAL]
    assert built_far(9000.0, land, PARAMS).tolist() == [3.0, 3.0, 0.8, 0.4]
    assert stacking(9000.0, land, PARAMS) == pytest.approx([3 / 1.5, 3 / 1.8, 1, 1])
    assert land_value(9000.0, PARAMS) == pytest.approx(residual_land_value(9000, 3, PARAMS))
    assert land_value([9000.0, 9000.0], PARAMS, [True, False]) == pytest.approx(
        residual_land_value(9000, [1.5, 3], PARAMS)
    )


def test_where_prices_do_not_support_a_higher_ratio_its_cap_changes_nothing():
    low, high = (MarketParams(far_max=cap) for cap in (3.0, 6.0))
    assert stacking(4000.0, Land.URB_RES, low) == stacking(4000.0, Land.URB_RES, high) == pytest.approx(385 / 330 / 1.5)
    assert stacking(9000.0, Land.URB_RES, high) == 2 * stacking(9000.0, Land.URB_RES, low)
    assert stacking(2000.0, Land.URB_RES, high) == pytest.approx(1.0 / 1.5)
    assert land_value(2000.0, high) == 0


def test_the_first_price_falls_with_minutes_and_keeps_its_floor():
    price = initial_price([0, 20, 1e4], PARAMS)
    assert price == pytest.approx([9000, 9000 * np.exp(-0.3), 500], rel=1e-6)
    assert price.dtype == np.float32


@given(st.lists(st.integers(0, 100), min_size=1, max_size=30))
def test_prices_stay_positive_and_move_no_further_than_allowed(lived):
    sites = row_of_sites(lived)
    for _ in range(3):
        new = update_prices(sites, (1, len(lived)), PARAMS)
        step = np.log(new.price.astype(float) / sites.price.astype(float))
        assert np.abs(step).max() <= PARAMS.most_change + 1e-6
        assert new.trend == pytest.approx(step, abs=1e-6)
        assert (new.price >= PARAMS.price_floor).all()
        sites = new


def test_prices_rise_where_homes_are_scarce_and_pull_their_neighbours_along():
    first = update_prices(row_of_sites([94, 94, 100, 94, 94]), (1, 5), PARAMS)
    assert np.log(first.price / 9000) == pytest.approx([0, 0, 0.3 * 0.06, 0, 0], abs=1e-6)
    second = update_prices(replace(first, lived=np.full(5, 94, dtype=np.int32)), (1, 5), PARAMS)
    rise = 0.3 * 0.06
    assert second.trend == pytest.approx([0, 0.1 * rise / 2, 0.1 * 0.3 * rise, 0.1 * rise / 2, 0], abs=1e-6)


def test_villages_and_town_of_one_block_are_two_markets():
    sites = row_of_sites([100, 40])
    sites = replace(sites, block=np.zeros(2, np.int32), land=np.array([Land.URB_RES, Land.RURAL], np.uint8))
    assert np.sign(update_prices(sites, (1, 1), PARAMS).trend).tolist() == [1, -1]


def test_premises_decide_where_there_are_no_homes_and_nothing_moves_an_empty_place():
    offices = update_prices(row_of_sites([0], homes=0, land=Land.URB_SVC, desks=10, held=10), (1, 1), PARAMS)
    empty = update_prices(row_of_sites([0], homes=0), (1, 1), PARAMS)
    assert offices.trend[0] == pytest.approx(0.3 * 0.06, abs=1e-6)
    assert empty.trend[0] == 0
