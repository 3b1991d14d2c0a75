"""Clocks: weights, stamps of change over any number of years, and the way from sampling to ranking."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import ARABLE, GRASS, URBAN, engine_of, potential

from landsim.core.draws import uniform_cells
from landsim.transition.clocks import MEMORY, elapsed, stamp
from landsim.transition.potential import EngineParams


@pytest.mark.parametrize("year", [1, 2, 249, 250, 251, 500, 1000])
@pytest.mark.parametrize("age", [0, 1, 100, 249])
def test_a_stamp_tells_the_years_since_whatever_the_year(year: int, age: int) -> None:
    assert 1 <= stamp(year) <= MEMORY <= 255
    assert elapsed(year + age, stamp(year)) == age


def test_first_clocks_are_named_exponentials_over_the_potential() -> None:
    land = np.full((6, 7), ARABLE, np.uint8)
    land[2, 2] = URBAN
    suit = np.full(land.shape, np.exp(-1.0))
    engine = engine_of(land, suit=suit, params=EngineParams(radius=1, floor=0.1), seed=9)
    share = np.zeros(land.shape)
    share[1:4, 1:4] = 1 / 8
    potential = np.exp(-1.0) * (0.1 + share) / 1.1
    expected = -np.log(uniform_cells(9, "clock/urban", 0, 0, land.size)).reshape(land.shape) / potential
    expected[2, 2] = np.inf
    assert engine.clocks.t[0].reshape(land.shape) == pytest.approx(expected, rel=1e-5)


def test_weight_is_the_product_of_its_parts() -> None:
    land = np.full((4, 4), ARABLE, np.uint8)
    land[0, 0], land[3, 3] = URBAN, GRASS
    params = EngineParams(radius=1, floor=0.2, neighbourhood=2.0, readiness=4.0, economics=1.0)
    engine = engine_of(land, suit=np.full(land.shape, np.exp(-0.5)), params=params, block=2)
    engine.rebid(URBAN, np.array([1.0, 1.0, 1.0, 3.0]))
    engine.begin_year()
    engine.convert_cells([10], GRASS, project=True)
    for _ in range(3):
        engine.begin_year()
    expected = np.exp(-0.5) * (0.2 / 1.2) ** 2 * 0.7 * 3.0 * (1.0 - np.exp(-3 / 4))
    assert potential(engine, 0, 10) == pytest.approx(expected, rel=1e-5)


def test_clocks_follow_their_weights_through_bids_and_ripening() -> None:
    """With nothing ringing, what is left of a clock is its draw over its present weight."""
    land = np.full((6, 6), ARABLE, np.uint8)
    land[3, 3] = URBAN
    engine = engine_of(land, params=EngineParams(radius=1, floor=0.1, economics=1.0), block=3)
    engine.begin_year()
    engine.convert_cells([0, 20], GRASS, project=True)
    fresh = uniform_cells(1, "clock/urban", 2, 0, land.size)
    draws = uniform_cells(1, "clock/urban", 0, 0, land.size)
    draws[[0, 20]] = fresh[[0, 20]]
    rng = np.random.default_rng(0)
    for _ in range(30):
        engine.begin_year()
        engine.rebid(URBAN, rng.uniform(0.1, 9.0, 4).astype(np.float32))
        # a town that grows and shrinks beside them
        engine.convert_cells([21], URBAN if engine.year % 2 else ARABLE, project=True)
        assert engine.clocks.t[0, 21] == np.inf
    open_land = np.setdiff1d(np.flatnonzero(engine.land.ravel() != URBAN), 21)
    weights = np.array([potential(engine, 0, cell) for cell in open_land])
    left = -np.log(draws[open_land]) / weights
    assert engine.clocks.t[0, open_land] == pytest.approx(left, rel=1e-4)


def test_centuries_pass_without_confusing_old_changes_with_new() -> None:
    """A change is forgotten after its time, at full readiness, and never taken for one of this year."""
    land = np.full((4, 5), ARABLE, np.uint8)
    engine = engine_of(land, params=EngineParams(radius=1, neighbourhood=0.0, readiness=50.0))
    engine.begin_year()
    engine.convert_cells([3], GRASS, project=True)
    ripe = []
    for _ in range(600):
        engine.begin_year()
        ripe.append(float(potential(engine, 0, 3)))
    assert np.all(np.diff(ripe) >= 0)
    assert ripe[MEMORY - 1 :] == pytest.approx([0.7] * (601 - MEMORY), rel=1e-5)
    assert engine.clocks.since[3] == 0
    left = -np.log(uniform_cells(1, "clock/urban", 2, 3, 1)[0]) / 0.7
    assert engine.clocks.t[0, 3] == pytest.approx(left, rel=1e-4)
    changes, unmet = engine.allocate([20])
    assert (len(changes), unmet) == (20, [])
    assert np.all(engine.clocks.since == stamp(engine.year))


@pytest.mark.parametrize("scatter", [0.02, 0.1, 0.3])
def test_however_small_the_scatter_every_possible_cell_can_be_reached(scatter: float) -> None:
    rng = np.random.default_rng(2)
    land = np.full((20, 20), ARABLE, np.uint8)
    land[10, 10] = URBAN
    suit = np.exp(-rng.uniform(0.0, 8.0, land.shape))
    engine = engine_of(land, suit=suit, params=EngineParams(radius=2, scatter=scatter))
    for need in (100, 150, 149):
        engine.begin_year()
        changes, unmet = engine.allocate([need])
        assert (len(changes), unmet) == (need, [])


def test_sampling_turns_into_ranking_as_the_scatter_shrinks() -> None:
    rng = np.random.default_rng(3)
    land = np.full((30, 30), ARABLE, np.uint8)
    suit = np.exp(-rng.uniform(0.0, 6.0, land.shape))
    best = set(np.argsort(-suit.ravel(), kind="stable")[:150].tolist())
    agreed = []
    for scatter in (4.0, 1.0, 0.25, 0.05, 0.0):
        params = EngineParams(radius=1, scatter=scatter, neighbourhood=0.0)
        engine = engine_of(land, suit=suit, params=params)
        engine.begin_year()
        changes, _ = engine.allocate([150])
        agreed.append(len(best & set(changes.cell.tolist())))
    assert agreed == sorted(agreed)
    assert agreed[0] < 60
    assert agreed[-2] > 140
    assert agreed[-1] == 150
