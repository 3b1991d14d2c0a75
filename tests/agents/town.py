"""A small town for the tests of households and firms: a built centre, villages, industry, and three centres of work."""

from types import SimpleNamespace

import mesa
import numpy as np

from landsim.agents.demography import DemographyParams
from landsim.agents.firms import FirmParams, employment, firms_by_premises, found_firms
from landsim.agents.households import HouseholdParams, found_households
from landsim.agents.housing import residents
from landsim.landscape.grid import Grid
from landsim.landscape.landscape import Landscape
from landsim.landscape.legend import Land, model_legend
from landsim.market.choice import ChoiceParams
from landsim.market.fields import block_fields
from landsim.market.prices import MarketParams, initial_price
from landsim.market.sites import found_sites

FACTOR = 4
GRID = Grid(40, 40, (250.0, 0.0, 0.0, 0.0, -250.0, 0.0))
BLOCKS = GRID.blocks(FACTOR)
CENTRES = np.array([33, 66, 36])


def landscape(seed=1):
    rng = np.random.default_rng(seed)
    cover = np.full(GRID.shape, Land.ARABLE, dtype=np.uint8)
    cover[10:28, 10:28] = rng.choice(
        np.array([Land.URB_RES, Land.URB_SVC, Land.URB_IND, Land.GREEN], np.uint8), (18, 18), p=[0.6, 0.15, 0.15, 0.1]
    )
    rows, cols = rng.integers(0, 40, (2, 120))
    cover[rows, cols] = np.where(cover[rows, cols] == Land.ARABLE, Land.RURAL, cover[rows, cols])
    return Landscape(GRID, model_legend(), cover)


def minutes():
    """Travel time at 500 m a minute, straight."""
    x, y = BLOCKS.centres(np.arange(BLOCKS.size))
    return (np.hypot(x[CENTRES, None] - x, y[CENTRES, None] - y) / 500.0).astype(np.float32)


def empty_model(seed=1, **changed):
    """Make a model with parameters and no agents."""
    model = mesa.Model()
    model.seed, model.year = seed, 2020
    groups = {
        "households": HouseholdParams(), "firms": FirmParams(), "market": MarketParams(), "choice": ChoiceParams(),
        "demography": DemographyParams(),
    }  # fmt: skip
    model.params = SimpleNamespace(**(groups | changed))
    return model


def town(n=800, n_firms=80, seed=1, vacancy=0.06, **changed):
    """Make a model with households, firms, sites with prices, and fields."""
    model = empty_model(seed, **changed)
    market, place = model.params.market, landscape()
    desks = firms_by_premises(n_firms, model.params.firms)
    sites = found_sites(place, FACTOR, market.sites, households=n, firms=desks, vacancy=vacancy)
    prices = initial_price(minutes().min(axis=0), market)
    sites.price[:] = prices[sites.block]
    model.households = found_households(model, sites, n)
    model.firms = found_firms(model, sites, n_firms, model.households["workers"].sum(dtype=float))
    model.sites = sites.with_residents(model.households["cell"])
    model.sites = model.sites.with_firms(model.firms["cell"], model.firms.map("premises"))
    model.fields = fields(model)
    return model


def fields(model):
    persons, groups = residents(model.households, model.sites, BLOCKS.size)
    jobs = employment(model.firms, model.sites, BLOCKS.size)
    return block_fields(
        BLOCKS,
        minutes(),
        model.params.market.fields,
        persons=50 * persons,
        groups=groups,
        jobs=50 * jobs,
        service_jobs=50 * jobs[1],
        industry_jobs=50 * jobs[0],
        green=np.full(BLOCKS.size, 0.2),
    )
