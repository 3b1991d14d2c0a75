"""Race time: what stands still, what waits, and how exact it stays."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import ARABLE, GRASS, LEGEND, URBAN, WATER, engine_of, open_door

from landsim.core.quantity import UNLIMITED
from landsim.transition.lanes import lane_of, racing
from landsim.transition.potential import EngineParams


def times(engine, k: int) -> np.ndarray:
    lanes = np.arange(engine.lanes.tau.size)
    return engine.lanes.tau[[racing(engine.clocks, lane) == k for lane in lanes]]


def test_every_lane_races_for_the_class_that_it_is_a_lane_of() -> None:
    land = np.full((2, 3), ARABLE, np.uint8)
    door = open_door(land, quota=np.full((3, 3), UNLIMITED))
    engine = engine_of(land, door, gained=(URBAN, GRASS))
    found = [racing(engine.clocks, lane) for lane in range(engine.lanes.tau.size)]
    two_sides = 2 * len(LEGEND.rows)
    assert found == ([0] * two_sides + [1] * two_sides) * 3


def test_a_class_without_need_stands_still() -> None:
    """Its clocks neither ring nor age, in another class's year and in a second race of the same year."""
    land = np.full((20, 20), ARABLE, np.uint8)
    land[3, 3], land[15, 15] = URBAN, GRASS
    engine = engine_of(land, gained=(URBAN, GRASS))
    engine.begin_year()
    engine.allocate([0, 40])
    assert not times(engine, 0).any()
    assert times(engine, 1).any()
    grass = times(engine, 1).copy()
    engine.allocate([30, 0])
    assert times(engine, 0).any()
    assert np.array_equal(times(engine, 1), grass)


def test_a_lane_that_a_rule_stopped_stands_still_in_a_second_race_of_the_year() -> None:
    land = np.full((12, 12), ARABLE, np.uint8)
    quota = np.full((2, 3), UNLIMITED)
    quota[0] = 4
    door = open_door(land, region=np.repeat([0, 1], 72).astype(np.int16), quota=quota)
    engine = engine_of(land, door)
    engine.begin_year()
    engine.allocate([20])
    fields = np.flatnonzero(engine.land == ARABLE)
    stopped, running = (lane_of(engine.clocks, door, 0, cell) for cell in (fields[0], fields[-1]))
    before = engine.lanes.tau.copy()
    assert 0 < before[stopped] < before[running]
    engine.allocate([20])
    assert engine.lanes.tau[stopped] == before[stopped]
    assert engine.lanes.tau[running] > before[running]


def test_two_races_in_a_year_choose_what_one_race_chooses() -> None:
    land = np.full((15, 15), ARABLE, np.uint8)
    land[7, 7] = URBAN
    chosen = []
    for needs in ([40], [15, 25]):
        engine = engine_of(land)
        engine.begin_year()
        for need in needs:
            engine.allocate([need])
        chosen.append(engine.land.copy())
    assert np.array_equal(*chosen)


def test_after_a_race_that_ran_out_of_land_fresh_clocks_are_told_apart() -> None:
    """The last and least cell rings after ages; land that comes free later still goes by its potential."""
    rng = np.random.default_rng(1)
    land = np.full((30, 30), ARABLE, np.uint8)
    suit = np.exp(-rng.uniform(0.0, 4.0, land.shape))
    suit[0, 0] = np.exp(-31.0)
    engine = engine_of(land, params=EngineParams(radius=1, neighbourhood=0.0, readiness=1.0), suit=suit)
    engine.begin_year()
    changes, unmet = engine.allocate([2000])
    assert len(changes) == 900
    assert sum(row.cells for row in unmet) == 1100
    engine.convert_cells(np.arange(1, 900), ARABLE, project=True)
    engine.begin_year()
    changes, _ = engine.allocate([200])
    assert np.unique(engine.clocks.t[0, 1:][np.isfinite(engine.clocks.t[0, 1:])]).size == 699
    # taken in proportion to potential, not by position on the map
    assert suit.ravel()[changes.cell].mean() > 1.5 * suit.ravel()[1:].mean()
    assert abs(changes.cell.mean() - 450) < 60


def test_an_interrupted_race_for_lack_of_land_keeps_who_waits() -> None:
    """A stopped district waits while the other runs out of land; then it takes its cells in the same order."""
    land = np.full((10, 10), ARABLE, np.uint8)
    region = np.repeat([0, 1], 50).astype(np.int16)
    orders = []
    for first in (5, 0):
        quota = np.full((2, 3), UNLIMITED)
        quota[0] = first
        door = open_door(land, region=region, quota=quota.copy())
        engine = engine_of(land, door, params=EngineParams(radius=1, neighbourhood=0.0))
        order: list[int] = []
        for given in (first, 10 - first, 8):
            engine.begin_year()
            door.quota[0] = given
            changes, _ = engine.allocate([100])
            order += [cell for cell in changes.cell.tolist() if cell < 50]
        orders.append(order)
    assert orders[0] == orders[1]
    assert len(orders[0]) == 18


@pytest.mark.parametrize("scatter", [0.0, 1.0])
def test_time_is_told_finely_after_a_century(scatter: float) -> None:
    """Growth and decline for a hundred years: clocks in the last year still differ."""
    rng = np.random.default_rng(4)
    land = rng.choice([ARABLE, WATER, URBAN], (40, 40)).astype(np.uint8)
    suit = np.exp(-rng.uniform(0.0, 6.0, land.shape))
    engine = engine_of(land, gained=(URBAN,), params=EngineParams(radius=2, scatter=scatter), suit=suit)
    for _ in range(100):
        engine.begin_year()
        changes, unmet = engine.allocate([30])
        assert (len(changes), unmet) == (30, [])
        built = np.flatnonzero((engine.land.ravel() == URBAN) & (engine.clocks.since != engine.year))
        engine.convert_cells(rng.choice(built, 30, replace=False), ARABLE, project=True)
    running = engine.clocks.t[0][np.isfinite(engine.clocks.t[0])]
    assert np.unique(running).size > 0.98 * running.size
