"""Figures of the city: what the record holds is what the state says, and when large cities are surveyed."""

from __future__ import annotations

import numpy as np
import pytest
from cities import inputs

from landsim.agents.farmers import grain_yield
from landsim.indicators.city import FIGURES
from landsim.indicators.form import patch_sizes
from landsim.indicators.inequality import gini
from landsim.indicators.nature import ECOLOGICAL
from landsim.landscape.legend import Land
from landsim.model import figures as module
from landsim.model.accounts import year_state
from landsim.model.figures import figures
from landsim.model.model import LandModel

GROWING = {"demand": {"mode": "agents", "growth": 2.0}, "balance": {"mode": "project", "opening_ha": 800.0}}


@pytest.fixture(scope="module")
def model() -> LandModel:
    made = LandModel(inputs(GROWING, years=4))
    while made.running:
        made.step()
    return made


def value(model: LandModel, name: str, year: int) -> float:
    return next(row[3] for row in model.books.indicators if row[:3] == (year, 0, name))


def test_a_full_run_has_every_figure(model) -> None:
    assert set(figures(model)) == set(FIGURES)
    assert all(np.isfinite(found) for found in figures(model).values())


def test_measuring_changes_nothing(model) -> None:
    before = model.state_hash()
    figures(model)
    year_state(model)
    assert model.state_hash() == before


def test_figures_of_people_are_those_of_the_agents(model) -> None:
    found, who = figures(model), model.households
    assert found["income_gini"] == pytest.approx(gini(who["income"]))
    at = who["cell"] >= 0
    block = model.people.blocks_of(model, who["cell"][at])
    size = who["size"][at].astype(np.float64)
    access = model.people.fields.svc.astype(np.float64)[block]
    assert found["service_access"] == pytest.approx((access * size).sum() / size.sum())
    covered = model.people.fields.school[block] > 0
    assert found["facility_coverage"] == pytest.approx(100 * size[covered].sum() / size.sum())


def test_grain_is_area_times_yield_of_what_is_tilled(model) -> None:
    found, land = figures(model), model.landscape
    blocks = model.grid.block_of(np.arange(model.grid.size), model.block)
    arable = np.bincount(
        blocks, weights=(land.model_class == Land.ARABLE).reshape(-1), minlength=len(model.farmland.fallow)
    )
    tilled = arable - np.minimum(model.farmland.fallow, arable)
    tons = (tilled * grain_yield(model.params.farms, model.farmland.quality)).sum() * model.grid.cell_area_ha / 1000
    assert found["grain"] == pytest.approx(tons)
    assert found["persons_fed"] == pytest.approx(tons * 2.5)
    assert found["grain_loss"] == pytest.approx(100 * (1 - tons / value(model, "grain", 2020)))
    assert value(model, "grain_loss", 2020) == 0


def test_connectivity_is_that_of_the_ecological_patches(model) -> None:
    ecological = np.isin(model.landscape.model_class, [int(land) for land in ECOLOGICAL])
    land = np.count_nonzero(model.landscape.valid)
    expected = (patch_sizes(ecological) ** 2).sum() / land * model.grid.cell_area_ha
    assert figures(model)["mesh_ha"] == pytest.approx(expected)


def test_moves_are_those_of_the_households(model) -> None:
    came, gone, moved = model.people.lives.persons
    assert value(model, "net_migration", 2024) == pytest.approx((came - gone) * model.people.persons)
    assert value(model, "village_exodus", 2024) == pytest.approx(moved * model.people.persons)
    assert "net_migration" not in {row[2] for row in model.books.indicators if row[0] == 2020}


def test_an_hour_from_the_centre_is_counted_by_residents(model) -> None:
    people = model.people
    near = people.minutes[0] <= 60
    residents = people.persons_by_block()
    assert figures(model)["centre_1h"] == pytest.approx(100 * residents[near].sum() / residents.sum())


def test_the_balance_closes_over_the_years(model) -> None:
    years = range(2021, 2025)
    moved = sum(value(model, "balance_credit_ha", y) - value(model, "balance_debit_ha", y) for y in years)
    assert sum(value(model, "balance_debit_ha", y) for y in years) > 0
    assert value(model, "balance_bank_ha", 2020) + moved == pytest.approx(value(model, "balance_bank_ha", 2024))


def test_renewal_and_price_of_a_home_are_known(model) -> None:
    events = model.books.events.columns()
    built, last = model.legend.built, events["year"] == 2024
    land = (events["layer"] == 0) & last & built[events["to"]]
    renewed, new = (int((land & (built[events["from"]] == was)).sum()) for was in (True, False))
    assert new > 0
    assert value(model, "stock_share", 2024) == pytest.approx(100 * renewed / (renewed + new))
    assert 1 < value(model, "price_to_income", 2024) < 100


def test_large_cities_are_surveyed_at_the_start_the_end_and_every_five_years(monkeypatch) -> None:
    monkeypatch.setattr(module, "YEARLY_CELLS", 100)
    model = LandModel(inputs(GROWING, years=7))
    while model.running:
        model.step()
    years = {name: [row[0] for row in model.books.indicators if row[2] == name] for name in FIGURES}
    assert years["clark_slope"] == years["income_gini"] == [2020, 2025, 2027]
    assert years["grain"] == years["balance_bank_ha"] == list(range(2020, 2028))
    assert [row[0] for row in model.books.indicators if row[2] == "form_patches"] == [2020, 2025, 2027]


def test_a_place_without_agents_or_balance_has_what_its_land_tells() -> None:
    nobody = {"agents": {"households": 0, "firms": 0, "farms": 0}, "balance": {"mode": "off"}}
    model = LandModel(inputs({**nobody, "demand": {"mode": "markov"}}, years=1))
    model.step()
    found = figures(model)
    assert {"grain", "centre_distance", "use_mix", "mesh_ha"} <= set(found)
    assert not {"income_gini", "clark_slope", "balance_bank_ha", "jobs_45min", "net_migration"} & set(found)
