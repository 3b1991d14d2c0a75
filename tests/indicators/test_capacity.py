"""Carrying capacity: known answers of the water side."""

from __future__ import annotations

import pytest

from landsim.indicators.capacity import CapacityParams, bearable_arable_ha, bearable_persons, bearable_urban_ha


def test_known_answer_of_the_carrying_scale():
    params = CapacityParams(urban_water=1.75e8)
    assert round(bearable_persons(params)) == 1_917_808
    assert round(bearable_urban_ha(params)) == 19_178


def test_twice_the_water_bears_twice_as_much_and_rainfed_land_comes_on_top():
    one, two = (CapacityParams(urban_water=w, irrigation_water=w, rainfed=30.0) for w in (1e6, 2e6))
    assert bearable_persons(two) == pytest.approx(2 * bearable_persons(one))
    assert (bearable_arable_ha(one), bearable_arable_ha(two)) == (230.0, 430.0)


def test_water_is_data_and_never_guessed():
    assert CapacityParams().urban_water is None
    assert CapacityParams().irrigation_water is None
    with pytest.raises(ValueError, match="greater than 0"):
        CapacityParams(urban_water=0)
