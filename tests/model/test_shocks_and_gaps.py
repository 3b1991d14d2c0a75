"""Dated levers on lines act in their year, also after a restart; gaps in the map and in layers do no harm."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
from cities import city, inputs

from landsim.model.inputs import DatedLever
from landsim.model.model import LandModel

GROWTH = {"demand": {"mode": "given", "targets": {"urban": {2024: 400}}}, "quota": {"mode": "off"}}


def test_a_shock_on_a_line_acts_in_its_year_and_survives_a_restart() -> None:
    shock = (DatedLever(2022, "lines.udb", False),)
    plain = LandModel(inputs(GROWTH, years=4))
    shocked = LandModel(inputs(GROWTH, years=4, shocks=shock))
    kept = None
    while shocked.running:
        plain.step(), shocked.step()
        if shocked.year == 2022:
            kept = {name: values.copy() for name, values in shocked.state().items()}
            tables = json.loads(json.dumps(shocked.books.tables()))
    assert plain.books.hashes[2021] == shocked.books.hashes[2021]
    assert plain.books.hashes[2022] != shocked.books.hashes[2022]
    again = LandModel(inputs(GROWTH, years=4, shocks=shock))
    again.restore(kept, tables)
    while again.running:
        again.step()
    assert again.books.hashes == shocked.books.hashes


def test_a_gap_in_the_slope_counts_as_flat_land() -> None:
    made = []
    for gap in (np.nan, 0.0):
        place = city()
        slope = place.landscape.layers["slope"].copy()
        slope[:10] = gap
        layers = {**place.landscape.layers, "slope": slope}
        land = dataclasses.replace(place.landscape, layers=layers)
        model = LandModel(
            inputs({"demand": {"mode": "agents"}}, years=2, place=dataclasses.replace(place, landscape=land))
        )
        while model.running:
            model.step()
        made.append(model.books.events.columns()["cell"])
    assert np.array_equal(*made)


def test_a_district_without_any_land_of_the_study_is_no_error() -> None:
    place = city()
    cover, district = place.landscape.landcover.copy(), place.landscape.layers["district"].copy()
    cover[:4], district[:4] = place.landscape.legend.nodata, 0
    layers = {**place.landscape.layers, "district": district}
    land = dataclasses.replace(place.landscape, landcover=cover, layers=layers)
    history = {
        year: np.where(cover == place.landscape.legend.nodata, cover, past) for year, past in place.history.items()
    }
    model = LandModel(inputs(years=1, place=dataclasses.replace(place, landscape=land, history=history)))
    assert 0 not in model.ground.districts
    model.step()
    assert model.year == 2021
    assert model.counts.sum() == np.count_nonzero(model.landscape.valid)
