"""The account of land in a run: it is that of the city's book and of the events, and goes on after a checkpoint."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest
from cities import city, inputs

from landsim.agents.firms import SECTORS as FIRM_SECTORS
from landsim.agents.government import GovernmentParams, close_book
from landsim.indicators.record import SECTORS
from landsim.indicators.welfare import AMOUNTS, PARTIES, present_value, statement
from landsim.landscape.landscape import Landscape
from landsim.model.inputs import DatedLever
from landsim.model.model import LandModel

PARAMS = {
    "demand": {"mode": "agents", "growth": 4.0},
    "balance": {"mode": "project", "opening_ha": 800.0},
    "demography": {"immigration": 0.03},
    "enforcement": 0.5,
}


def finished(model: LandModel) -> LandModel:
    while model.running:
        model.step()
    return model


@pytest.fixture(scope="module")
def model() -> LandModel:
    return finished(LandModel(inputs(PARAMS, years=6)))


def values(model: LandModel, name: str) -> dict[int, float]:
    """Values of the city by year."""
    return {row[0]: row[3] for row in model.books.indicators if row[1] == 0 and row[2] == name}


def statements(model: LandModel) -> dict[int, np.ndarray]:
    amounts = {name: values(model, name) for name in AMOUNTS}
    return {year: statement({name: amounts[name][year] for name in AMOUNTS}) for year in range(2021, model.year + 1)}


def test_the_parties_of_every_year_sum_to_society(model) -> None:
    account = {party: values(model, f"account_{party}") for party in (*PARTIES, "society")}
    assert set(account["society"]) == set(range(2021, 2027))
    for year, whole in account["society"].items():
        assert sum(account[party][year] for party in PARTIES) == pytest.approx(whole)
        assert statements(model)[year].sum() == pytest.approx(whole)


def test_the_account_of_the_city_is_its_book_without_tax_and_debt(model) -> None:
    book, last = model.purse, model.year
    of_taxes = book["tax"] - book["running"]
    of_debt = book["borrowed"] - book["interest"] - book["repaid"]
    assert values(model, "account_city")[last] == book["closing"] - book["opening"] - of_taxes - of_debt


def test_what_the_upper_levels_get_is_what_the_city_does_not_keep_of_land_sales() -> None:
    params = GovernmentParams()
    book = close_book(params, 0, 0, value_added=0.0, land_sales=100.0, compensation=20.0)
    amounts = dict.fromkeys(AMOUNTS, 0.0) | {
        "land_sales": 100.0, "land_revenue": float(book.land_revenue), "funds": float(book.funds), "compensation": 20.0
    }  # fmt: skip
    city_, upper, farmers, developers, _ = statement(amounts).sum(axis=0).tolist()
    assert (city_, upper, farmers, developers) == (54.0, 26.0, 20.0, -100.0)


def test_land_value_is_the_price_of_what_was_built(model) -> None:
    events = model.books.events.columns()
    built = model.legend.built[events["to"]] & (events["layer"] == 0)
    prices = events["price"].astype(np.float64) * model.grid.cell_area_m2
    for year, found in values(model, "land_value").items():
        assert found == pytest.approx(prices[built & (events["year"] == year)].sum(), abs=0.5)
    assert sum(values(model, "land_value").values()) > 0


def test_net_present_value_of_every_year_is_that_of_the_years_before(model) -> None:
    known = statements(model)
    for party in PARTIES:
        npv = values(model, f"npv_{party}")
        for year in range(2021, 2027):
            until = {t - 2020: now for t, now in known.items() if t <= year}
            worth = present_value(until, model.params.welfare).sum(axis=0)
            assert npv[year] == pytest.approx(worth[PARTIES.index(party)], rel=1e-9, abs=1.0)


def test_farms_lose_what_their_land_no_longer_brings(model) -> None:
    change, income = values(model, "farm_change"), values(model, "farm_income")
    for year, found in change.items():
        assert found == pytest.approx(income[year] - model.farm_income_at_start)
    assert change[2026] < 0 < model.farm_income_at_start


def test_a_higher_rate_counts_the_future_less(model) -> None:
    other = finished(LandModel(inputs({**PARAMS, "welfare": {"discount": 0.08, "carbon_price": 0.0}}, years=6)))
    assert other.books.hashes == model.books.hashes
    assert values(other, "service_value") == values(model, "service_value")
    assert abs(values(other, "npv_environment")[2026]) < abs(values(model, "npv_environment")[2026])
    assert set(values(other, "carbon_cost").values()) == {0.0}


def test_the_account_goes_on_after_a_checkpoint(model) -> None:
    first = LandModel(inputs(PARAMS, years=6))
    for _ in range(3):
        first.step()
    state = {name: array.copy() for name, array in first.state().items()}
    second = LandModel(inputs(PARAMS, years=6))
    second.restore(state, json.loads(json.dumps(first.books.tables())))
    assert values(finished(second), "npv_society") == values(model, "npv_society")


@pytest.mark.parametrize(
    ("params", "shocks"),
    [
        ({"agents": {"households": 400, "firms": 60, "farms": 0}}, ()),
        ({}, (DatedLever(2022, "agents.freeze", ["farms"]),)),
    ],
)
def test_without_acting_farms_the_account_is_not_known(params, shocks) -> None:
    model = LandModel(inputs({**PARAMS, **params}, years=3, shocks=shocks))
    finished(model)
    known = [2021] if shocks else []
    assert list(values(model, "account_society")) == list(values(model, "npv_society")) == known
    assert list(values(model, "land_value")) == [2021, 2022, 2023]
    assert model.books.worth is None
    assert json.loads(json.dumps(model.books.tables()))["worth"] is None


def test_farms_that_act_again_have_an_account_of_the_year_but_no_present_value() -> None:
    thaw = (DatedLever(2022, "agents.freeze", ["farms"]), DatedLever(2023, "agents.freeze", []))
    model = finished(LandModel(inputs(PARAMS, years=4, shocks=thaw)))
    assert list(values(model, "account_society")) == [2021, 2023, 2024]
    assert list(values(model, "npv_society")) == [2021]


def test_sectors_of_the_record_are_those_of_firms() -> None:
    assert SECTORS == FIRM_SECTORS


def test_jobs_of_the_sectors_are_all_jobs(model) -> None:
    parts = [values(model, f"sector_jobs_{sector}") for sector in SECTORS]
    for year, jobs in values(model, "jobs").items():
        assert sum(part[year] for part in parts) == pytest.approx(jobs)


def with_hazard(hazard: np.ndarray | None) -> LandModel:
    """A model at its start in the small city, with another layer of hazard or none."""
    made = city()
    place = made.landscape
    layers = {name: layer for name, layer in place.layers.items() if name != "hazard"}
    layers |= {} if hazard is None else {"hazard": hazard}
    ground = Landscape(place.grid, place.legend, place.landcover, layers, place.masks)
    return LandModel(inputs(place=SimpleNamespace(landscape=ground, history=made.history), years=0))


def test_who_lives_and_works_in_danger_is_counted_where_a_place_has_the_layer() -> None:
    assert not values(with_hazard(None), "hazard_population")
    hazard = np.zeros(city().landscape.grid.shape, dtype=np.uint8)
    hazard[:, : hazard.shape[1] // 2] = 1
    model = with_hazard(hazard)
    for name, who in (("population", model.households), ("jobs", model.firms)):
        at = who["cell"] >= 0
        inside = hazard.reshape(-1)[who["cell"][at]] == 1
        weight = who["size" if name == "population" else "jobs"][at].astype(np.float64) * model.people.persons
        assert 0 < values(model, f"hazard_{name}")[2020] == pytest.approx(weight[inside].sum())


def test_water_of_the_place_gives_pressures(model) -> None:
    water = {"capacity": {"urban_water": 1e7, "irrigation_water": 1e8}}
    wet = LandModel(inputs(water, years=0))
    assert values(wet, "water_pressure")[2020] > 0 < values(wet, "arable_pressure")[2020]
    assert not values(model, "water_pressure")
