"""Public works: reclamation within a budget, and facilities sited by greedy coverage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landsim.agents.government import GovernmentParams
from landsim.agents.works import reclaim_projects, site_facilities
from landsim.landscape.legend import Land

PARAMS = GovernmentParams()


def propose(land, slope, vacant=True, budget=1e9, need=10**6, **more):
    land = np.asarray(land, dtype=np.uint8)
    slope = np.broadcast_to(np.asarray(slope, dtype=np.float32), land.shape)
    vacant = np.broadcast_to(np.asarray(vacant), land.shape)
    cells = np.arange(100, 100 + land.size)
    return reclaim_projects(PARAMS, cells, land, slope, vacant, budget=budget, need=need, cell_area_ha=1.0, **more)


def test_only_vacated_villages_and_open_land_on_gentle_slopes():
    land = [Land.RURAL, Land.RURAL, Land.GRASS, Land.UNUSED, Land.UNUSED, Land.FOREST, Land.URB_RES]
    plan = propose(land, [1, 1, 15, 2, 15.5, 0, 0], vacant=[True, False, False, False, False, True, True])
    assert plan.cells.tolist() == [100, 102, 103]
    assert plan.source.tolist() == [Land.RURAL, Land.GRASS, Land.UNUSED]
    assert plan.cost == pytest.approx([450_000 * 1.04, 90_000 * 1.6, 90_000 * 1.08])


def test_cheaper_land_first_and_ties_by_cell():
    land = [Land.RURAL, Land.UNUSED, Land.UNUSED, Land.UNUSED, Land.UNUSED]
    assert propose(land, [0, 3, 0, 0, 0], need=2).cells.tolist() == [102, 103]
    assert propose(land, [0, 3, 0, 0, 0], need=4).cells.tolist() == [101, 102, 103, 104]


def test_what_costs_more_than_it_gains_is_left():
    assert propose([Land.UNUSED, Land.UNUSED], 0, benefit=[89_999.0, 90_001.0]).cells.tolist() == [101]
    assert propose([Land.UNUSED], 0, budget=0.0).cells.size == 0
    assert propose([], 0, vacant=np.zeros(0, dtype=bool)).cells.size == 0


@given(
    rows=st.lists(st.tuples(st.sampled_from(list(Land)), st.integers(0, 20), st.booleans()), min_size=1, max_size=40),
    budget=st.floats(0, 3e6),
    need=st.integers(0, 30),
)
def test_the_choice_is_the_ranking_cut_at_the_budget(rows, budget, need):
    land, slope, vacant = (np.array(column) for column in zip(*rows, strict=True))
    plan = propose(land, slope, vacant, budget, need)
    assert plan.cost.sum() <= budget
    assert plan.cells.size <= need
    everything = propose(land, slope, vacant, 1e12, 10**6)
    order = np.lexsort((everything.cells, everything.cost))[:need]
    affordable = order[np.cumsum(everything.cost[order]) <= budget]
    assert plan.cells.tolist() == np.sort(everything.cells[affordable]).tolist()


def test_k13_one_facility_on_a_line_goes_to_the_centre():
    plan = site_facilities(np.array([[1, 2, 3, 9, 3, 2, 1]]), radius=1, count=1)
    assert plan.blocks.tolist() == [3]
    assert plan.gained.tolist() == [15.0]


def test_what_is_covered_attracts_no_second_facility():
    plan = site_facilities(np.array([[1, 2, 3, 9, 3, 2, 1]]), radius=1, count=5)
    assert plan.blocks.tolist() == [3, 0, 5]
    assert plan.gained.tolist() == [15.0, 3.0, 3.0]


def test_served_blocks_and_small_gains_are_left():
    need = np.array([[4.0, 0.0, 0.0, 5.0]])
    served = np.array([[False, False, False, True]])
    assert site_facilities(need, 1, 3, served=served).blocks.tolist() == [0]
    assert site_facilities(need, 1, 3, least=4.0).blocks.tolist() == [2]


@given(
    need=st.lists(st.lists(st.integers(0, 9), min_size=6, max_size=6), min_size=5, max_size=5),
    radius=st.sampled_from([0, 1, 1.5, 2.3]),
)
def test_greedy_equals_brute_force(need, radius):
    need = np.array(need, dtype=float)
    plan = site_facilities(need, radius, 4)
    row, column = np.indices(need.shape)
    left = need.ravel().copy()
    for block, gained in zip(plan.blocks, plan.gained, strict=True):
        near = (row.ravel()[:, None] - row.ravel()) ** 2 + (column.ravel()[:, None] - column.ravel()) ** 2 <= radius**2
        cover = near @ left
        assert (int(np.argmax(cover)), cover.max()) == (block, gained)
        left[near[block]] = 0.0
    assert plan.blocks.size == 4 or left.sum() == 0
