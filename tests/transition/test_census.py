"""Why demand was not met: counting the cells that rules kept back, and sharing the unmet cells among them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from worlds import ARABLE, FOREST, GRASS, URBAN, engine_of, open_door

from landsim.core.quantity import UNLIMITED
from landsim.landscape.legend import Land
from landsim.transition.census import N_RULES, count_blocked, explain, share_out
from landsim.transition.conversion import Rule
from landsim.transition.engine import LandEngine
from landsim.transition.potential import EngineParams, PatchParams

WEIGHTS = arrays(np.int64, st.tuples(st.integers(1, 4), st.integers(1, 5)), elements=st.integers(0, 10**8))


@given(weights=WEIGHTS, share=st.floats(0.0, 1.0))
def test_shares_add_up_stay_within_their_weights_and_near_proportion(weights: np.ndarray, share: float) -> None:
    total = int(share * int(weights.sum()))
    parts = share_out(total, weights)
    assert parts.shape == weights.shape
    assert parts.sum() == total
    assert np.all((parts >= 0) & (parts <= weights))
    exact = weights * (total / max(int(weights.sum()), 1))
    assert np.all(np.abs(parts - exact) < 1.0 + 1e-6)


def test_the_largest_remainder_comes_first_and_the_first_of_equals() -> None:
    assert share_out(10, np.array([6, 6, 8])).tolist() == [3, 3, 4]
    assert share_out(1, np.array([5, 5])).tolist() == [1, 0]
    assert share_out(7, np.array([0, 0])).tolist() == [0, 0]


BLOCKED = arrays(np.int64, (3, N_RULES), elements=st.integers(0, 50))


@given(unmet=st.integers(1, 1000), blocked=BLOCKED)
def test_explanations_add_up_and_name_no_more_than_was_kept_back(unmet: int, blocked: np.ndarray) -> None:
    rows = explain(unmet, blocked)
    assert sum(cells for _, _, cells in rows) == unmet
    for region, rule, cells in rows:
        assert rule is not Rule.PASSED
        assert cells > 0
        if region >= 0:
            assert cells <= blocked[region, rule]
        else:
            assert rule is Rule.NO_LAND
    assert len({(region, rule) for region, rule, _ in rows}) == len(rows)


def test_counters_are_named_before_zones_and_zones_before_want_of_land() -> None:
    blocked = np.zeros((2, N_RULES), np.int64)
    blocked[0, Rule.QUOTA], blocked[1, Rule.ZONE], blocked[1, Rule.NO_LAND] = 4, 3, 2
    assert explain(4, blocked) == [(0, Rule.QUOTA, 4)]
    assert explain(6, blocked) == [(0, Rule.QUOTA, 4), (1, Rule.ZONE, 2)]
    assert explain(20, blocked) == [
        (0, Rule.QUOTA, 4), (1, Rule.ZONE, 3), (1, Rule.NO_LAND, 2), (-1, Rule.NO_LAND, 11)
    ]  # fmt: skip


def unmet_by_rule(engine: LandEngine, need: int) -> dict[Rule, int]:
    engine.begin_year()
    _, unmet = engine.allocate([need])
    found: dict[Rule, int] = {}
    for row in unmet:
        found[row.rule] = found.get(row.rule, 0) + row.cells
    return found


def field(side: int = 10) -> np.ndarray:
    return np.full((side, side), ARABLE, np.uint8)


def half_closed(door):
    """Forbid everything on the second half of a map."""
    chance = np.ones((2, 2, 16, 16), np.float32)
    chance[:, 1] = 0.0
    control = np.repeat([0, 1], door.land.size // 2).astype(np.uint8)
    return door._replace(chance=chance, control=control, inside=np.zeros(2, np.uint8))


def test_zone_is_named_for_land_that_lines_close() -> None:
    engine = engine_of(field(), half_closed(open_door(field())))
    assert unmet_by_rule(engine, 110) == {Rule.ZONE: 50, Rule.NO_LAND: 10}


def test_land_unfit_for_the_class_is_not_laid_to_the_zones() -> None:
    suit = np.ones((10, 10))
    suit[7:] = 0.0
    engine = engine_of(field(), half_closed(open_door(field())), suit=suit)
    assert unmet_by_rule(engine, 110) == {Rule.ZONE: 20, Rule.NO_LAND: 40}


def test_pace_is_named_inside_the_boundary() -> None:
    door = open_door(field(), inside=np.ones(1, np.uint8), pace=np.array([30]))
    assert unmet_by_rule(engine_of(field(), door), 100) == {Rule.PACE: 70}


def test_each_district_is_named_with_its_own_quota() -> None:
    quota = np.full((2, 3), UNLIMITED)
    quota[:, 0] = 10, 45
    door = open_door(field(), region=np.repeat([0, 1], 50).astype(np.int16), quota=quota)
    engine = engine_of(field(), door)
    engine.begin_year()
    changes, unmet = engine.allocate([100])
    assert len(changes) == 55
    assert {(row.region, row.rule): row.cells for row in unmet} == {(0, Rule.QUOTA): 40, (1, Rule.QUOTA): 5}


def test_want_of_land_is_named_for_codes_that_may_not_shrink() -> None:
    loss = np.full(256, UNLIMITED)
    loss[ARABLE] = 12
    assert unmet_by_rule(engine_of(field(), open_door(field(), loss=loss)), 100) == {Rule.NO_LAND: 88}


def balanced(bank) -> LandEngine:
    """A town in a field whose first half is dear: 1000 kg a cell against 1."""
    land = field()
    land[5, 5] = URBAN
    debits = np.zeros((16, 16), bool)
    debits[Land.ARABLE, Land.URB_RES] = True
    door = open_door(
        land, bank=np.array(bank), debits=debits, quality=np.repeat([1, 2], 50).astype(np.uint8),
        yield_kg=np.array([0, 1000, 1, *[0] * 8]),
    )  # fmt: skip
    return engine_of(land, door, params=EngineParams(radius=3), patches=PatchParams(mean={"urban": 3.0}))


def test_balance_is_named_for_cells_that_the_bank_cannot_pay_each_once() -> None:
    """The dear cells ring, wait, and see their neighbours change: they are counted as the cells that they are."""
    engine = balanced((1000, 1000, 999))
    assert unmet_by_rule(engine, 200) == {Rule.BALANCE: 50, Rule.NO_LAND: 101}
    assert np.count_nonzero(engine.land[:5] == URBAN) == 0


def test_balance_is_named_for_the_whole_lane_when_no_cell_is_left_in_the_bank() -> None:
    assert unmet_by_rule(balanced((7, 1000, 10**6)), 99) == {Rule.BALANCE: 92}


def test_cells_changed_this_year_are_kept_back_by_no_rule() -> None:
    engine = engine_of(field(), open_door(field(), quota=np.zeros((1, 3), np.int64)))
    engine.begin_year()
    engine.convert_cells(np.arange(30), GRASS, project=True)
    _, unmet = engine.allocate([100])
    assert {row.rule: row.cells for row in unmet} == {Rule.QUOTA: 70, Rule.NO_LAND: 30}


@pytest.mark.parametrize("scatter", [0.0, 1.0])
def test_counting_looks_and_touches_nothing(scatter: float) -> None:
    land = np.random.default_rng(2).choice([ARABLE, URBAN, FOREST], (12, 12)).astype(np.uint8)
    engine = engine_of(land, open_door(land, quota=np.full((1, 3), 5)), params=EngineParams(radius=1, scatter=scatter))
    engine.begin_year()
    engine.allocate([50])
    before = {name: values.copy() for name, values in engine.state().items()}
    out = np.zeros((1, N_RULES), np.int64)
    count_blocked(engine.clocks, engine.door, engine.lanes, 0, engine.year, out)
    assert all(np.array_equal(before[name], values) for name, values in engine.state().items())
    assert out.sum() == out[0, Rule.QUOTA] == np.count_nonzero((engine.land == ARABLE) | (engine.land == FOREST))
