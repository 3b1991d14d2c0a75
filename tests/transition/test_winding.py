"""Winding: logarithms, stored suitabilities, named draws in chunks, and clocks set row by row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from worlds import ARABLE, FOREST, GRASS, LEGEND, URBAN, WATER, engine_of, open_door

from landsim.core.draws import stream_key, uniform_cells
from landsim.transition.clocks import UNFIT
from landsim.transition.potential import EngineParams, suitability_factor
from landsim.transition.winding import CHUNK, draw_exponentials, negative_log, pack, wind, wind_rows


def logs_of(x: np.ndarray) -> np.ndarray:
    out = np.empty_like(x)
    negative_log(x.copy(), out)
    return out


def packed(suit: np.ndarray) -> np.ndarray:
    out = np.empty(suit.shape, np.uint16)
    pack(suit, out)
    return out


@given(arrays(np.float64, 64, elements=st.floats(2.0**-1021, 2.0**1023)))
def test_logarithms_are_those_of_numpy(x: np.ndarray) -> None:
    assert logs_of(x) == pytest.approx(-np.log(x), rel=1e-10, abs=0.0)


def test_logarithms_hold_beside_one_and_where_the_mantissa_folds() -> None:
    near_one = 1.0 + np.array([-(2.0**-33), 2.0**-52, -(2.0**-53), 1e-9, -1e-9, 1e-4, -1e-4, 0.0])
    root = np.sqrt(2.0) * 2.0 ** np.arange(-40, 40)
    smallest_and_largest_draw = (np.array([0.0, 2.0**32 - 1.0]) + 0.5) * 2.0**-32
    powers = 2.0 ** np.arange(-60.0, 60.0)
    x = np.concatenate(
        [near_one, root, np.nextafter(root, 0.0), np.nextafter(root, np.inf), smallest_and_largest_draw, powers]
    )
    with np.errstate(divide="ignore"):
        expected = np.where(np.abs(x - 1.0) < 0.1, -np.log1p(x - 1.0), -np.log(x))
    assert logs_of(x) == pytest.approx(expected, rel=1e-10, abs=0.0)


@pytest.mark.parametrize("size", [0, 1, 3, 1023, 1024, 1025])
def test_logarithms_do_not_depend_on_company(size: int) -> None:
    """Vectors and leftovers of a loop round alike."""
    x = np.random.default_rng(0).random(1100) + 1e-12
    assert logs_of(x[:size]).tobytes() == logs_of(x)[:size].tobytes()


@given(arrays(np.float32, 20, elements=st.floats(float(np.float32(np.exp(-31.9))), 1.0, width=32)))
def test_stored_suitability_comes_back_within_three_in_ten_thousand(suit: np.ndarray) -> None:
    back = suitability_factor(1.0)[packed(suit)]
    assert np.all(np.abs(back / suit - 1.0) <= 3e-4)


def test_impossible_and_unknown_stay_impossible_and_the_faintest_possible() -> None:
    suit = np.array([0.0, -1.0, np.nan, 1e-30, 1.0, 2.0], np.float32)
    stored = packed(suit)
    assert stored[:3].tolist() == [UNFIT] * 3
    back = suitability_factor(1.0)[stored]
    assert back[:3].tolist() == [0.0] * 3
    assert back[3:] == pytest.approx([np.exp(-32.0), 1.0, 1.0], rel=1e-3)


def test_suitabilities_are_stored_alike_one_by_one_and_by_the_thousand() -> None:
    suit = np.random.default_rng(4).uniform(-0.1, 1.1, 2 * CHUNK + 7).astype(np.float32)
    assert np.array_equal(packed(suit), np.concatenate([packed(suit[i : i + 1]) for i in range(suit.size)]))
    fits = suit > 0
    steps = np.rint(np.maximum(-np.log(suit[fits].astype(float)), 0.0) * 2048)
    assert np.abs(packed(suit)[fits] - steps).max() <= 1
    assert np.mean(packed(suit)[fits] != steps) < 1e-3


@pytest.mark.parametrize("first", [0, 4, 1024, 2**34 + 8, 2**40])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 1021, CHUNK])
def test_exponentials_in_fours_are_those_of_each_cell(first: int, count: int) -> None:
    out, scratch = np.empty(CHUNK), np.empty(CHUNK)
    k0, k1 = stream_key(6, "clock/urban")
    draw_exponentials(k0, k1, first, count, scratch, out)
    expected = -np.log(uniform_cells(6, "clock/urban", 0, first, count))
    assert out[:count] == pytest.approx(expected, rel=1e-10, abs=0.0)


@given(first=st.integers(0, 67 * 41), last=st.integers(0, 67 * 41), k=st.integers(0, 1))
@settings(max_examples=30)
def test_rows_are_wound_as_listed_cells_are(first: int, last: int, k: int) -> None:
    engine = wound_engine()
    first, last = sorted((first, last))
    c, unset = engine.clocks, np.float32(-7.0)
    c.t[:] = unset
    wind_rows(c, engine.door, engine.lanes, k, engine._keys, first, last)
    rows = c.t.copy()
    c.t[:] = unset
    wind(c, engine.door, engine.lanes, k, engine._keys, 0, np.arange(first, last))
    assert rows.tobytes() == c.t.tobytes()
    assert np.all(rows[k, :first] == unset)
    assert np.all(rows[k, last:] == unset)
    assert np.all(rows[1 - k] == unset)
    assert not np.any(rows[k, first:last] == unset)


def wound_engine():
    """Lines, lanes that have run for different times, unfit cells."""
    rng = np.random.default_rng(0)
    land = rng.choice([ARABLE, URBAN, FOREST, WATER, GRASS, LEGEND.nodata], (67, 41)).astype(np.uint8)
    chance = np.ones((2, 3, 16, 16), np.float32)
    chance[:, 1], chance[:, 2] = 0.0, 0.4
    control = rng.integers(0, 3, land.size).astype(np.uint8)
    door = open_door(land, control=control, chance=chance, inside=np.array([0, 0, 1], np.uint8))
    suit = rng.random(land.shape) * (rng.random(land.shape) < 0.9)
    engine = engine_of(land, door, gained=(URBAN, GRASS), params=EngineParams(radius=2), suit=suit)
    engine.lanes.tau[:] = rng.random(engine.lanes.tau.size)
    return engine


@pytest.mark.parametrize("year", [1, 250, 251])
def test_a_cell_gets_the_same_clock_alone_and_in_company(year: int) -> None:
    engine = wound_engine()
    c = engine.clocks
    cells = np.random.default_rng(1).permutation(c.t.shape[1])[: CHUNK + 300]
    wind(c, engine.door, engine.lanes, 0, engine._keys, year, cells)
    together = c.t.copy()
    for cell in cells[::17]:
        wind(c, engine.door, engine.lanes, 0, engine._keys, year, np.array([cell]))
    assert together.tobytes() == c.t.tobytes()
