"""Agents drive the land: who is frozen leaves traces, everyone behind a conversion is named."""

from __future__ import annotations

import numpy as np
import pytest
from cities import inputs

from landsim.model.model import LandModel
from landsim.transition.events import AGENT_KINDS

BUSY = {
    "demand": {"mode": "agents", "growth": 2.0},
    "demography": {"immigration": 0.04},
    "quota": {"mode": "given", "given_ha": 150.0},
    "pace": {"mode": "off"},
    "lines": {"udb": False},
    "balance": {"mode": "off"},
    "firms": {"growth": [0.05, 0.06, 0.06, 0.05, 0.05]},
}
YEARS = 4


def events_of(params: dict, seed: int = 3) -> dict[str, np.ndarray]:
    model = LandModel(inputs({**BUSY, **params}, years=YEARS, seed=seed))
    while model.running:
        model.step()
    return model.books.events.columns()


@pytest.fixture(scope="module")
def usual() -> dict[str, np.ndarray]:
    return events_of({})


def same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> bool:
    return all(np.array_equal(a[name], b[name]) for name in ("year", "cell", "to"))


def test_the_same_inputs_give_the_same_events(usual) -> None:
    again = events_of({})
    assert all(np.array_equal(usual[name], again[name]) for name in usual)


@pytest.mark.parametrize("who", ["households", "firms", "farms"])
def test_freezing_a_population_changes_the_events(usual, who) -> None:
    numbers = {"households": 400, "firms": 60, "farms": 40, "freeze": [who]}
    frozen = events_of({"agents": numbers})
    assert not same(usual, frozen)
    kind = {"households": "household", "firms": "firm", "farms": "farmer"}[who]
    assert AGENT_KINDS.index(kind) in usual["agent_kind"]
    assert AGENT_KINDS.index(kind) not in frozen["agent_kind"]


def test_freezing_the_quota_of_one_county_changes_the_events(usual) -> None:
    frozen = events_of({"quota": {**BUSY["quota"], "per_district": {1: 0.0}}})
    assert not same(usual, frozen)
    built = frozen["quota"] > 0
    assert built.any()
    assert not np.any(frozen["district"][built] == 1)
    assert np.any(usual["district"][usual["quota"] > 0] == 1)


def test_every_conversion_names_a_living_or_former_agent(usual) -> None:
    assert np.all(usual["agent_id"] > 0)
    assert set(np.unique(usual["agent_kind"])) <= set(range(len(AGENT_KINDS)))
    assert len(np.unique(usual["agent_id"])) > 3


def test_given_demand_names_the_county_that_grants_it() -> None:
    model = LandModel(inputs({"demand": {"mode": "given", "targets": {"urban": {2022: 70}}}}, years=2))
    while model.running:
        model.step()
    events = model.books.events.columns()
    growth = events["to"] == model.legend.row("urban").code
    assert growth.any()
    assert set(events["agent_kind"][growth].tolist()) == {AGENT_KINDS.index("government")}
    counties = {office.area: office.unique_id for office in model.tree.counties}
    assert [counties[d] for d in events["district"][growth].tolist()] == events["agent_id"][growth].tolist()


def test_two_policies_share_their_luck() -> None:
    """Common random numbers: a lever on conversion leaves every household's demographic fate alone."""
    sizes = []
    for enforcement in (1.0, 0.5):
        model = LandModel(inputs({**BUSY, "enforcement": enforcement, "demography": {"cost_tie": 0.0}}, years=3))
        while model.running:
            model.step()
        sizes.append(model.households["unique_id"])
    assert np.array_equal(*sizes)


def test_illegal_building_is_counted_and_only_below_full_enforcement() -> None:
    params = {
        "demand": {"mode": "given", "targets": {"urban": {2024: 600}}}, "enforcement": 0.2,
        "policing": {"attempts": 0.5, "deterrence": 0.0},
    }  # fmt: skip
    model = LandModel(inputs(params, years=4))
    while model.running:
        model.step()
    events = model.books.events.columns()
    assert np.count_nonzero(events["kind"] == 1) > 0
    assert np.count_nonzero(events["kind"] == 7) > 0
    strict = LandModel(inputs({**params, "enforcement": 1.0}, years=4))
    while strict.running:
        strict.step()
    assert np.count_nonzero(strict.books.events.columns()["kind"] == 1) == 0
