"""Conversions outside the race: listed cells, and so many cells of a class in a block."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import ARABLE, FOREST, GRASS, LEGEND, URBAN, WATER, engine_of, grid_of, open_door

from landsim.core.quantity import UNLIMITED
from landsim.landscape.legend import Land
from landsim.transition.conversion import Rule, Waive
from landsim.transition.events import replay


def mixed(shape=(11, 14), seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).choice([ARABLE, FOREST, GRASS, WATER], shape).astype(np.uint8)


@given(
    seed=st.integers(0, 2**32), block=st.integers(1, 6),
    requests=st.lists(st.tuples(st.integers(0, 10**6), st.integers(-3, 40)), max_size=8),
)  # fmt: skip
@settings(max_examples=40)
def test_blocks_give_what_is_asked_of_them_and_no_more(seed: int, block: int, requests) -> None:
    land = mixed(seed=seed % 101)
    engine = engine_of(land, block=block)
    engine.begin_year()
    n_blocks = grid_of(land).blocks(block).size
    blocks = [place % n_blocks for place, _ in requests]
    counts = [count for _, count in requests]
    changes, left = engine.convert_in_blocks(blocks, counts, [Land.ARABLE] * len(blocks), [GRASS] * len(blocks))
    place = grid_of(land).block_of(changes.cell, block)
    assert np.array_equal(place, np.array(blocks, int)[changes.project])
    assert np.all(land.ravel()[changes.cell] == ARABLE)
    assert np.all(changes.from_ == ARABLE)
    assert np.all(engine.land.ravel()[changes.cell] == GRASS)
    assert np.count_nonzero(engine.land != land) == len(changes)
    done = np.bincount(changes.project, minlength=len(blocks))
    assert np.array_equal(done + left, np.maximum(counts, 0))
    for row in np.flatnonzero(left):
        inside = grid_of(land).block_of(np.arange(land.size), block) == blocks[row]
        assert not np.any(engine.land.ravel()[inside] == ARABLE)


def test_blocks_pass_over_basic_farmland_and_ask_the_door() -> None:
    land = np.full((8, 8), ARABLE, np.uint8)
    chance = np.ones((2, 2, 16, 16), np.float32)
    chance[:, 1, Land.ARABLE] = 0.0
    pbf = np.zeros((8, 8), np.uint8)
    pbf[:, ::2] = 1
    engine = engine_of(
        land, open_door(land, control=pbf.reshape(-1), chance=chance, inside=np.zeros(2, np.uint8)), block=4
    )
    engine.begin_year()
    changes, left = engine.convert_in_blocks([0, 3], [16, 5], [Land.ARABLE] * 2, [GRASS, FOREST])
    assert left.tolist() == [8, 0]
    assert len(changes) == 13
    assert not np.any(pbf.ravel()[changes.cell])


def test_a_block_converts_no_cell_twice_a_year() -> None:
    land = np.full((4, 4), ARABLE, np.uint8)
    engine = engine_of(land, block=4)
    engine.begin_year()
    changes, left = engine.convert_in_blocks([0, 0], [16, 16], [Land.ARABLE, Land.GRASS], [GRASS, ARABLE])
    assert (len(changes), left.tolist()) == (16, [0, 16])
    engine.begin_year()
    assert engine.convert_in_blocks([0], [16], [Land.GRASS], [ARABLE])[1].tolist() == [0]


def test_blocks_take_requests_of_any_size() -> None:
    land = np.full((4, 4), ARABLE, np.uint8)
    engine = engine_of(land, block=2)
    engine.begin_year()
    changes, left = engine.convert_in_blocks([0, 1, 2], [UNLIMITED, -7, 2], [Land.ARABLE] * 3, [GRASS] * 3)
    assert len(changes) == 6
    assert left.tolist() == [UNLIMITED - 4, 0, 0]


def test_where_a_block_begins_depends_on_year_and_seed_alone() -> None:
    land = np.full((6, 6), ARABLE, np.uint8)

    def chosen(seed: int, years: int, before: list[int]) -> list[int]:
        engine = engine_of(land, block=6, seed=seed)
        for _ in range(years):
            engine.begin_year()
        engine.convert_cells(before, WATER, project=True)
        return engine.convert_in_blocks([0], [1], [Land.ARABLE], [GRASS])[0].cell.tolist()

    assert chosen(1, 1, []) == chosen(1, 1, [])
    assert len({tuple(chosen(seed, year, [])) for seed in range(4) for year in range(1, 4)}) > 4
    first = chosen(1, 1, [])
    assert chosen(1, 1, first) == [(first[0] + 1) % 36]


def test_listed_cells_pass_the_door_in_order_with_the_rule_of_each() -> None:
    land = np.full((3, 3), ARABLE, np.uint8)
    land[2, 2] = LEGEND.nodata
    quota = np.full((1, 3), 2)
    engine = engine_of(land, open_door(land, quota=quota))
    engine.begin_year()
    changes, rules = engine.convert_cells([8, 0, 0, 4, 2], URBAN, project=False)
    assert rules.tolist() == [Rule.NO_LAND, Rule.PASSED, Rule.NO_LAND, Rule.PASSED, Rule.QUOTA]
    assert changes.cell.tolist() == [0, 4]
    assert changes.project.tolist() == [1, 3]
    assert quota.tolist() == [[0, 0, 0]]
    _, rules = engine.convert_cells([2], URBAN, project=False, waive=Waive.QUOTA)
    assert rules.tolist() == [Rule.PASSED]


def test_a_cell_listed_twice_is_recorded_from_what_it_had_become() -> None:
    land = mixed()
    engine = engine_of(land)
    engine.begin_year()
    cells, codes = [5, 5, 6, 5], [WATER, URBAN, GRASS, FOREST]
    changes, _ = engine.convert_cells(cells, codes, project=True)
    events = {
        "year": np.full(len(changes), 1), "layer": np.zeros(len(changes), int), "cell": changes.cell,
        "from": changes.from_, "to": changes.to,
    }  # fmt: skip
    assert np.array_equal(replay(land, events), engine.land)


def test_converted_cells_rest_and_their_neighbours_react() -> None:
    land = np.full((5, 5), ARABLE, np.uint8)
    engine = engine_of(land)
    engine.begin_year()
    before = engine.clocks.t[0].copy()
    engine.convert_cells([12], URBAN, project=True)
    moved = np.flatnonzero(engine.clocks.t[0] != before)
    assert moved.tolist() == [6, 7, 8, 11, 12, 13, 16, 17, 18]
    assert engine.clocks.t[0, 12] == np.inf
    near = np.setdiff1d(moved, 12)
    assert np.all(engine.clocks.t[0, near] < before[near])
    assert engine.clocks.score[0].reshape(5, 5)[1:4, 1:4].tolist() == [[1, 1, 1], [1, 0, 1], [1, 1, 1]]


def test_land_changed_before_the_first_year_races_from_the_first_year_on() -> None:
    land = np.full((5, 5), URBAN, np.uint8)
    engine = engine_of(land)
    engine.convert_cells(np.arange(25), ARABLE, project=True)
    engine.begin_year()
    assert len(engine.allocate([25])[0]) == 25


@pytest.mark.parametrize("cell", [-1, 25, 10**9])
def test_cells_and_blocks_beyond_the_map_are_refused(cell: int) -> None:
    engine = engine_of(np.full((5, 5), ARABLE, np.uint8))
    with pytest.raises(ValueError, match=f"cell {cell}, expected 0 .. 24"):
        engine.convert_cells([0, cell], URBAN, project=False)
    with pytest.raises(ValueError, match=f"block {cell}, expected 0 .. 24"):
        engine.convert_in_blocks([0, cell], [1, 1], [Land.ARABLE] * 2, [GRASS] * 2)
    assert np.all(engine.land == ARABLE)
