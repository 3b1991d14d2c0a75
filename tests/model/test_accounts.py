"""Accounts: what the yearly record holds of lines, water and those without a place equals the state of the model."""

from __future__ import annotations

import numpy as np
import pytest
from cities import inputs

from landsim.indicators.land import codes_of
from landsim.indicators.table import yearly_table
from landsim.landscape.legend import Land
from landsim.model.accounts import ecology, year_state
from landsim.model.model import LandModel
from landsim.transition.events import KINDS

TIGHT = {"demand": {"mode": "agents", "growth": 3.0}, "quota": {"multiplier": 0.05}}


def played(params, years: int = 3) -> LandModel:
    model = LandModel(inputs(params, years=years))
    while model.running:
        model.step()
    return model


def told(model: LandModel) -> dict[tuple[int, str], float]:
    table = yearly_table(year_state(model))
    return dict(zip(zip(table["district"], table["indicator"], strict=True), table["value"], strict=True))


def test_a_line_that_is_off_is_measured_as_its_layer_lies() -> None:
    model = LandModel(inputs({"lines": dict.fromkeys(("erl", "pbf", "udb"), False)}))
    field = np.flatnonzero((model.landscape.get("pbf") > 0).reshape(-1))[:7]
    model.landscape.landcover.reshape(-1)[field] = model.legend.code_of(Land.URB_RES)
    ecology(model)
    built, values = model.legend.built[model.landscape.landcover], told(model)
    for line in ("erl", "pbf"):
        inside = np.asarray(model.landscape.get(line)) > 0
        assert values[0, f"{line}_ha"] == pytest.approx(inside.sum() * model.grid.cell_area_ha)
        assert values[0, f"{line}_built_ha"] == pytest.approx((built & inside).sum() * model.grid.cell_area_ha)
    assert values[0, "pbf_intrusion_ha"] == pytest.approx(7 * model.grid.cell_area_ha)


def test_lines_in_force_and_lines_that_are_off_are_measured_alike_at_the_start() -> None:
    on, off = (told(LandModel(inputs({"lines": dict.fromkeys(("erl", "pbf", "udb"), held)}))) for held in (True, False))
    for name in ("erl_ha", "pbf_ha", "erl_built_ha", "pbf_built_ha"):
        assert {key: value for key, value in on.items() if key[1] == name} == {
            key: value for key, value in off.items() if key[1] == name
        }


def test_who_has_no_home_counts_for_the_city_and_for_no_district() -> None:
    model = played(TIGHT)
    who, persons = model.people.households, model.people.persons
    waiting, values = who["cell"] < 0, told(model)
    assert waiting.any()
    assert values[0, "housing_queue"] == pytest.approx(waiting.sum() * persons)
    assert values[0, "population"] == pytest.approx(who["size"].sum() * persons)
    assert values[0, "households"] == pytest.approx((~waiting).sum() * persons)
    districts = [district for district in model.ground.districts if district]
    assert len(districts) > 1
    housed = who["cell"][~waiting]
    for district in districts:
        at_home = model.ground.districts[model.ground.region[housed]] == district
        people = float(who["size"][~waiting][at_home].sum()) * persons
        assert values[district, "population"] == pytest.approx(people)
        assert values[district, "housing_queue"] == 0


def test_a_lake_that_is_built_on_is_told_and_binds_no_carbon() -> None:
    model = LandModel(inputs())
    before, legend = told(model), model.legend
    lake = np.flatnonzero(codes_of(legend, Land.WATER)[model.landscape.landcover.reshape(-1)])[:10]
    assert lake.size == 10
    model.landscape.landcover.reshape(-1)[lake] = legend.code_of(Land.URB_RES)
    ecology(model)
    after = told(model)
    assert after[0, "water_built_ha"] == pytest.approx(10 * model.grid.cell_area_ha)
    assert after[0, "carbon"] == pytest.approx(before[0, "carbon"])
    assert after[0, "service_value"] < before[0, "service_value"]


def test_unmet_demand_of_the_city_is_filed_in_no_district() -> None:
    model = played({"demand": {"mode": "markov"}, "quota": {"multiplier": 0.0}})
    values = told(model)
    asked = sum(row[3] for row in model.books.unmet if row[0] == model.year)
    assert asked > 0
    assert values[0, "unmet_ha"] == pytest.approx(asked * model.grid.cell_area_ha)
    for district in filter(None, model.ground.districts.tolist()):
        cells = sum(row[3] for row in model.books.unmet if row[0] == model.year and row[2] == district)
        assert values[district, "unmet_ha"] == pytest.approx(cells * model.grid.cell_area_ha)


def test_only_land_to_be_built_on_is_sold() -> None:
    model = played({"demand": {"mode": "agents", "growth": 2.0}})
    events = model.books.events.since(0)
    legal = (events["layer"] == 0) & ~model.legend.built[events["to"]]
    assert (events["price"][legal] == 0).all()


def test_villages_built_over_are_paid_for() -> None:
    model = played({**TIGHT, "permits": {"collective_land": True}, "expropriation": {"factor": 2.0}}, years=5)
    events, classes = model.books.events.columns(), model.legend.model_class
    before, after = classes[events["from"]], classes[events["to"]]
    village = (before == Land.RURAL) & model.legend.built[events["to"]] & (after != Land.RURAL)
    assert village.any()
    each = model.grid.cell_area_m2 * 1200 * 0.3
    assert events["compensation"][village] == pytest.approx(2 * (each + 90 * model.grid.cell_area_m2))
    rows = model.books.indicators
    for year in range(2021, 2026):
        lost, paid = (
            next(row[3] for row in rows if row[:3] == (year, 0, name)) for name in ("houses_lost", "compensation")
        )
        then = events["year"] == year
        assert lost == pytest.approx(each * np.count_nonzero(village & then), abs=0.5)
        assert paid == round(float(events["compensation"][then].sum(dtype=np.float64)))


def test_illegal_building_pays_nobody() -> None:
    lawless = {"enforcement": 0.1, "policing": {"attempts": 2.0, "deterrence": 0.0}}
    events = played({**TIGHT, **lawless, "demography": {"immigration": 0.05}}, years=5).books.events.columns()
    illegal = events["kind"] == KINDS.index("illegal")
    assert illegal.any()
    assert not events["compensation"][illegal].any()
