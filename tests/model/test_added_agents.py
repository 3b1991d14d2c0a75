"""Agents that somebody adds to a LandModel: they leave the city alone unless a phase of theirs reads them in."""

from __future__ import annotations

import json
from dataclasses import replace

import mesa
import numpy as np
import pytest
from cities import inputs

import landsim
from landsim.agents.population import Column, Member, Population, rule
from landsim.model.model import LandModel
from landsim.model.phases import PHASE_NAMES, Phase, with_phase
from landsim.scenario.build import inputs_of

PARAMS = {"demand": {"mode": "agents"}, "demography": {"immigration": 0.03}}


class Vendor(Member):
    cell = Column(np.int32, "1", "cell of the stall", default=0, low=0)

    @rule()
    def goes(self):
        """Where the vendor goes: its place in the list of all cells."""
        return self.draw("vendor goes")


class Mayor(mesa.Agent):
    pass


def wander(model) -> None:
    """Let vendors go anywhere, and one be born."""
    model.vendors.put("cell", (model.vendors.map("goes") * model.grid.size).astype(int))
    model.vendors.add(1)
    if model.heeded:
        sites = model.people.sites
        model.people.sites = replace(sites, price=sites.price * np.float32(1.1))


class WithVendors(LandModel):
    """A city with vendors, who are part of its state."""

    phases = with_phase(Phase("vendors", wander, (), ("price",)), after="prices")
    heeded = False

    def __init__(self, inputs, rng=None, **levers):
        super().__init__(inputs, rng, **levers)
        self.vendors = Population.create(self, Vendor, 300)
        self.mayor = Mayor(self)

    def state(self):
        return super().state() | {f"vendors.{name}": values for name, values in self.vendors.state().items()}

    def restore(self, state, tables):
        super().restore(state, tables)
        mine = {name.split(".", 1)[1]: values for name, values in state.items() if name.startswith("vendors.")}
        self.vendors = Population.restore(self, Vendor, mine)


class WithHeededVendors(WithVendors):
    heeded = True


def states_of_the_city(kind, place, years: int) -> list[dict]:
    """The city's own state after each year."""
    model, found = kind(place), []
    for _ in range(years):
        model.step()
        found.append({name: values.copy() for name, values in LandModel.state(model).items()})
    return found


def same(one: dict, two: dict) -> bool:
    """Whether two states hold the same bytes, but for the codes of phases in the log."""
    skipped = {"books.events.phase"}
    return one.keys() == two.keys() and all(
        one[name].tobytes() == two[name].tobytes() for name in one if name not in skipped
    )


def test_three_hundred_vendors_whom_nobody_reads_leave_the_demo_city_as_it_is() -> None:
    place = inputs_of(landsim.load_scenario("demo", overrides={"horizon": 2023}))
    plain, crowded = LandModel(place), LandModel(place)
    Population.create(crowded, Vendor, 300)
    Mayor(crowded)
    while plain.running:
        plain.step(), crowded.step()
    assert list(plain.books.hashes) == [2021, 2022, 2023]
    assert plain.books.hashes == crowded.books.hashes
    assert same(plain.state(), crowded.state())
    assert len(np.unique([agent.unique_id for agent in crowded.agents])) == len(crowded.agents)


def test_a_phase_of_ones_own_runs_and_changes_what_it_writes_alone() -> None:
    place = inputs(PARAMS, years=4)
    plain, idle, heeded = (states_of_the_city(kind, place, 4) for kind in (LandModel, WithVendors, WithHeededVendors))
    assert all(same(one, two) for one, two in zip(plain, idle, strict=True))
    assert not any(same(one, two) for one, two in zip(plain, heeded, strict=True))
    model = WithVendors(place)
    model.step()
    assert len(model.vendors) == 301
    assert len(np.unique(model.vendors["cell"])) > 200
    assert model.books.events.phases == (*PHASE_NAMES[:11], "vendors", *PHASE_NAMES[11:])
    assert "vendors" in model.books.timings


def test_a_city_with_vendors_goes_on_from_its_state() -> None:
    place = inputs(PARAMS, years=4)
    whole, first = WithHeededVendors(place), WithHeededVendors(place)
    while whole.running:
        whole.step()
    first.step(), first.step()
    state = {name: values.copy() for name, values in first.state().items()}
    second = WithHeededVendors(place)
    second.restore(state, json.loads(json.dumps(first.books.tables())))
    while second.running:
        second.step()
    assert second.books.hashes == whole.books.hashes
    assert second.vendors["unique_id"].tolist() == whole.vendors["unique_id"].tolist()
    assert second.vendors["cell"].tolist() == whole.vendors["cell"].tolist()
    assert len(np.unique([agent.unique_id for agent in second.agents])) == len(second.agents)


def test_a_phase_must_have_a_place_and_a_name_of_its_own() -> None:
    with pytest.raises(ValueError, match="no phase 'price'; did you mean 'prices'"):
        with_phase(Phase("vendors", wander, (), ()), after="price")
    with pytest.raises(ValueError, match="there is a phase 'firms' already"):
        with_phase(Phase("firms", wander, (), ()), after="prices")
