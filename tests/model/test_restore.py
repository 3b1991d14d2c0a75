"""A model restored from a checkpoint goes on exactly as one that was never stopped."""

from __future__ import annotations

import json

import numpy as np
import pytest
from cities import inputs

from landsim.model.model import LandModel
from landsim.transition.events import LAYERS, replay

CASES = {
    "agents": {"demand": {"mode": "agents"}, "demography": {"immigration": 0.03}},
    "given": {
        "demand": {"mode": "given", "targets": {"urban": {2027: 120}, "arable": {2027: 600}}},
        "enforcement": 0.6,
    },
    "markov": {"demand": {"mode": "markov"}},
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("stop", [1, 5])
def test_restored_run_equals_uninterrupted_one(case, stop) -> None:
    place = inputs(CASES[case], years=7)
    whole, first = LandModel(place), LandModel(place)
    while whole.running:
        whole.step()
    for _ in range(stop):
        first.step()
    state = {name: values.copy() for name, values in first.state().items()}
    tables = json.loads(json.dumps(first.books.tables()))
    second = LandModel(place)
    second.restore(state, tables)
    assert second.year == 2020 + stop
    while second.running:
        second.step()
    assert second.books.hashes == whole.books.hashes
    mine, theirs = second.books.events.columns(), whole.books.events.columns()
    assert all(np.array_equal(mine[name], theirs[name]) for name in theirs)
    assert second.books.unmet == whole.books.unmet
    np.testing.assert_array_equal(
        np.array([row[3] for row in second.books.indicators]), np.array([row[3] for row in whole.books.indicators])
    )


def test_boundary_review_is_logged_and_keeps_its_area() -> None:
    model = LandModel(inputs({"demand": {"mode": "agents", "growth": 3.0}}, years=6))
    before = model.inputs.landscape.layers["udb"]
    while model.running:
        model.step()
    after = model.landscape.layers["udb"]
    events = model.books.events.columns()
    moved = events["layer"] == LAYERS.index("udb")
    assert moved.any()
    assert np.array_equal(np.bincount(before.ravel(), minlength=4), np.bincount(after.ravel(), minlength=4))
    assert np.array_equal(replay(before, events, "udb"), after)


def test_dated_levers_act_from_their_year() -> None:
    from landsim.model.inputs import DatedLever

    params = {"demand": {"mode": "agents"}, "demography": {"immigration": 0.05}}
    plain = LandModel(inputs(params, years=4))
    shocked = LandModel(inputs(params, years=4, shocks=(DatedLever(2023, "quota.multiplier", 0.0),)))
    for year in (2021, 2022, 2023):
        plain.step(), shocked.step()
        assert (plain.books.hashes[year] == shocked.books.hashes[year]) == (year < 2023)
    assert shocked.quota_granted[:, 0].sum() == 0
