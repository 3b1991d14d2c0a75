"""Sites: capacities match the agents, stay whole as land is built and cleared, and are counted from the agents."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landsim.landscape.grid import Grid
from landsim.landscape.landscape import Landscape
from landsim.landscape.legend import Land, Legend, model_legend, model_row
from landsim.market.sites import INDUSTRY, SERVICE, SiteParams, Sites, floor_table, found_sites

COARSE = Legend((model_row(Land.ARABLE), model_row(Land.WATER), model_row(Land.URB_RES)))
GRID = Grid(12, 20, (100.0, 0.0, 0.0, 0.0, -100.0, 0.0))


def place(seed=0, classes=(Land.ARABLE, Land.RURAL, Land.URB_RES, Land.URB_SVC, Land.URB_IND), people=None):
    cover = np.random.default_rng(seed).choice(np.array(classes, dtype=np.uint8), GRID.shape)
    layers = {} if people is None else {"population": people.astype(np.float32)}
    return Landscape(GRID, model_legend(), cover, layers)


def settle(landscape, households=500, firms=(60, 30), vacancy=0.06):
    return found_sites(landscape, 5, SiteParams(), households=households, firms=firms, vacancy=vacancy)


def test_undivided_urban_land_holds_homes_services_and_industry():
    table = floor_table(COARSE, SiteParams())
    assert table[Land.URB_RES] == pytest.approx(1.5 * np.array([0.6, 0.2, 0.2]))


def test_urban_land_is_pure_where_the_legend_tells_services_and_industry_apart():
    table = floor_table(model_legend(), SiteParams())
    assert table[Land.URB_RES].tolist() == [1.5, 0, 0]
    assert table[Land.URB_SVC].tolist() == [0, 1.8, 0]
    assert table[Land.URB_IND].tolist() == [0, 0, 0.8]
    assert not table[[Land.ARABLE, Land.WATER, Land.TRANS, Land.GREEN]].any()


@given(st.integers(0, 50), st.integers(0, 5000), st.integers(0, 300), st.integers(0, 300), st.floats(0, 0.4))
def test_capacity_is_that_of_the_agents_and_their_vacancy(seed, households, service, industry, vacancy):
    people = np.random.default_rng(seed).gamma(0.3, 10, GRID.shape)
    sites = settle(place(seed, people=people), households, (service, industry), vacancy)
    assert sites.homes.sum() == np.ceil(households / (1 - vacancy))
    assert sites.desks.sum(axis=0).tolist() == [np.ceil(n / (1 - 0.08)) for n in (service, industry)]
    assert (np.diff(sites.cell) > 0).all()
    assert (sites.homes >= 0).all()
    assert (sites.block == GRID.block_of(sites.cell, 5)).all()


def test_homes_follow_the_population_within_bounds():
    people = np.ones(GRID.shape)
    people[:, :10] = 0.001
    people[0, 19] = 1e6
    sites = settle(place(classes=(Land.URB_RES,), people=people), households=94_000)
    homes = np.zeros(GRID.size)
    homes[sites.cell] = sites.homes
    assert homes.reshape(GRID.shape)[0, 19] == pytest.approx(homes.reshape(GRID.shape)[5, 5] * 25, rel=0.01)


def test_without_built_land_there_is_no_place_for_anybody():
    sites = settle(place(classes=(Land.ARABLE,)))
    assert len(sites) == 0
    assert sites.rows([3, 4]).tolist() == [-1, -1]


@given(st.integers(1, 10**7), st.integers(1, 300), st.integers(0, 10**6))
def test_rows_are_found_as_by_searching_one_by_one(span, n, seed):
    rng = np.random.default_rng(seed)
    cell = np.unique(rng.integers(0, span, n)).astype(np.int32)
    sites = replace(settle(place()), cell=cell)
    wanted = np.concatenate((rng.choice(cell, 20), rng.integers(-3, span + 3, 20), [-1, 2**31 + 5]))
    known = {int(c): row for row, c in enumerate(cell)}
    assert sites.rows(wanted).tolist() == [known.get(int(c), -1) for c in wanted]
    assert sites.rows(wanted.reshape(2, -1)).shape == (2, 21)
    assert sites.rows(int(cell[0])) == 0


@given(st.lists(st.integers(1, 40), min_size=1, max_size=6), st.integers(0, 2**31))
def test_growing_adds_the_density_of_the_class_without_losing_fractions(steps, seed):
    landscape = place(seed % 7)
    sites = settle(landscape, households=130, firms=(9, 5))
    free = np.random.default_rng(seed).permutation(np.setdiff1d(np.arange(GRID.size), sites.cell))
    before, built = sites.homes.sum(), 0
    for step in steps:
        cells = free[built : built + step]
        sites = sites.grow(cells, GRID.block_of(cells, 5), np.full(cells.size, Land.URB_RES), 9000.0)
        built += cells.size
    added = sites.homes.sum() - before
    assert added + sites.owed[0] == pytest.approx(built * sites.density[Land.URB_RES, 0], abs=1e-3)
    assert (np.diff(sites.cell) > 0).all()
    assert (sites.lived <= sites.homes).all()


def test_a_new_cell_of_twice_the_floor_space_holds_twice_the_homes_of_the_class():
    sites = settle(place(), households=94_000)
    cells = np.setdiff1d(np.arange(GRID.size), sites.cell)[:2]
    urban = [Land.URB_RES, Land.URB_RES]
    homes = sites.grow(cells[::-1], GRID.block_of(cells[::-1], 5), urban, 9000.0, [2.0, 1.0]).homes
    added = homes[np.searchsorted(np.union1d(sites.cell, cells), cells)]
    assert added == pytest.approx(sites.density[Land.URB_RES, 0] * np.array([1.0, 2.0]), abs=1.0)


def test_new_cells_take_the_price_of_their_block():
    sites = settle(place(classes=(Land.URB_RES, Land.ARABLE)))
    sites = Sites(**(sites.state() | {"price": (1000 * sites.block).astype(np.float32)}))
    cell = int(np.setdiff1d(np.arange(GRID.size), sites.cell)[-1])
    block = int(GRID.block_of(cell, 5))
    grown = sites.grow([cell], [block], [Land.RURAL], 1.0)
    assert grown.price[grown.rows(cell)] == 1000 * block


def test_where_nothing_stands_a_new_cell_takes_the_given_price():
    sites = settle(place(classes=(Land.ARABLE,)))
    assert sites.grow([7], [0], [Land.URB_RES], 4321.0).price.tolist() == [4321.0]


def test_a_site_cannot_be_built_twice():
    sites = settle(place())
    with pytest.raises(ValueError, match="site already"):
        sites.grow(sites.cell[:1], sites.block[:1], sites.land[:1], 1.0)


def test_dropped_cells_are_no_sites_and_the_others_keep_what_they_have():
    sites = settle(place())
    gone = sites.cell[::3]
    left = sites.drop(np.append(gone, 10**6))
    assert (left.rows(gone) == -1).all()
    assert left.homes.tolist() == np.delete(sites.homes, np.s_[::3]).tolist()
    assert left.desks.tolist() == np.delete(sites.desks, np.s_[::3], axis=0).tolist()


@given(st.integers(0, 2**31))
def test_a_rebuilding_is_a_clearing_and_then_a_growth(seed):
    sites = settle(place(seed % 5))
    sites = replace(sites, price=np.random.default_rng(seed).random(len(sites), dtype=np.float32))
    cells = np.random.default_rng(seed).permutation(GRID.size)[: seed % 60]
    holds = cells[seed % 3 :]
    new = (holds, GRID.block_of(holds, 5), np.full(holds.size, Land.URB_RES), 9000.0)
    apart, at_once = sites.drop(cells).grow(*new), sites.rebuild(cells, *new)
    assert all(np.array_equal(at_once.state()[name], value) for name, value in apart.state().items())
    every = np.arange(-1, GRID.size + 1)
    found = at_once.rows(every)
    assert at_once.cell[found[found >= 0]].tolist() == every[found >= 0].tolist()
    assert np.count_nonzero(found >= 0) == len(at_once)


def test_places_taken_are_counted_from_the_agents():
    sites = settle(place(classes=(Land.URB_RES, Land.ARABLE)))
    a, b = sites.cell[:2]
    lived = sites.with_residents([a, b, b, -1]).lived
    held = sites.with_firms([a, b, b, -1], [SERVICE, SERVICE, INDUSTRY, SERVICE]).held
    assert (lived[0], lived[1], lived.sum()) == (1, 2, 3)
    assert held[:2].tolist() == [[1, 0], [1, 1]]


def test_state_makes_the_same_sites_again():
    sites = settle(place())
    again = Sites(**sites.state())
    assert all(np.array_equal(again.state()[name], value) for name, value in sites.state().items())
