"""Prices of homes: a mean counts dwellings, town and village apart, so that what else stands does not turn its sign."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from cities import inputs

from landsim.landscape.legend import Land
from landsim.model.measures import measures
from landsim.model.model import LandModel


@pytest.fixture
def model() -> LandModel:
    return LandModel(inputs())


def put_prices(model: LandModel, town: float, village: float, work: float) -> None:
    """Give town, villages and places without homes a price each."""
    sites = model.people.sites
    price = np.where(sites.homes == 0, work, np.where(sites.land == Land.RURAL, village, town))
    model.people.sites = replace(sites, price=price.astype(np.float32))


def test_the_price_is_that_of_homes_in_town(model) -> None:
    put_prices(model, 9000, 2000, 50_000)
    found = measures(model)
    assert found["price"][-1] == pytest.approx(9000)
    assert found["price_village"][-1] == pytest.approx(2000)


def test_a_cell_counts_by_its_homes(model) -> None:
    sites = model.people.sites
    town = np.flatnonzero((sites.land == Land.URB_RES) & (sites.homes > 0))
    price, homes = np.full(len(sites), 8000.0, np.float32), sites.homes.copy()
    price[town[0]], homes[town] = 10_000.0, 1
    homes[town[0]] = town.size - 1
    model.people.sites = replace(sites, price=price, homes=homes)
    assert measures(model)["price"][-1] == pytest.approx(9000)


def test_the_cost_of_a_home_that_draws_migrants_is_that_of_town(model) -> None:
    put_prices(model, 9000, 2000, 50_000)
    dear = model.people._housing_cost(model)
    put_prices(model, 9000, 100, 100)
    assert model.people._housing_cost(model) == pytest.approx(dear)
    assert dear == pytest.approx(9000 * 0.045 * 35 * model.households["size"].mean())
