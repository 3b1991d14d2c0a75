"""Ecosystem service value and carbon."""

from __future__ import annotations

import numpy as np
import pytest

from landsim.indicators.ecology import CO2_PER_CARBON, EcologyParams, carbon_stock, service_value
from landsim.landscape.legend import Land

PARAMS = EcologyParams()


def areas(**hectares):
    table = np.zeros(16)
    for name, area in hectares.items():
        table[Land[name]] = area
    return table


def test_k29_service_value_of_cropland_built_over():
    before, after = areas(ARABLE=100), areas(URB_RES=100)
    assert service_value(after, PARAMS) - service_value(before, PARAMS) == pytest.approx(-1_366_006.5, abs=1e-6)


def test_k29_carbon_of_cropland_built_over():
    loss = carbon_stock(areas(ARABLE=100), PARAMS) - carbon_stock(areas(URB_IND=100), PARAMS)
    assert loss == pytest.approx(2920.0, abs=1e-6)
    assert pytest.approx(10_706.667, abs=1e-3) == CO2_PER_CARBON * 2920


def test_paddy_is_worth_its_own_factor():
    dry, half_paddy = (service_value(areas(ARABLE=10), PARAMS, paddy) for paddy in (0, 5))
    assert half_paddy - dry == pytest.approx(5 * (3.89 - 4.01) * 3406.5)


def test_values_follow_the_area_axis_and_a_study_may_set_its_own():
    table = np.stack([areas(WATER=1), areas(GREEN=2), areas(RURAL=3, TRANS=1, SEA=5)])
    assert service_value(table, PARAMS) == pytest.approx(np.array([125.61, 10.0, 0.0]) * 3406.5)
    own = EcologyParams(factors={"water": {"value": 1.0, "unit": "1"}}, value_per_factor=10)
    assert service_value(areas(WATER=1), own) == pytest.approx(10.0)
