"""The one door: every rule by an allowed and a denied conversion, and counters that never fall below zero."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import ARABLE as FIELD
from worlds import URBAN as TOWN
from worlds import engine_of, open_door

from landsim.core.quantity import UNLIMITED
from landsim.landscape.legend import BUILT, Land, model_legend
from landsim.transition.conversion import Rule, Waive, convert, refusal

CELLS = tuple(Land)
AGRICULTURAL = (Land.ARABLE, Land.OTHER_AG)


def door_of(**changed):
    """A door over one cell of each model class, which is also its code and its index."""
    land = np.arange(16, dtype=np.uint8)
    return open_door(land, code_class=model_legend().model_class.copy(), **changed)


def attempt(door, cell: Land, to: Land, project: int = 0, waive: Waive = Waive.NOTHING) -> Rule:
    """Try one conversion; a refusal must leave everything as it was, and be foretold."""
    before = [np.copy(part) for part in door]
    foretold = refusal(door, int(cell), int(to), project, int(waive))
    rule = Rule(convert(door, int(cell), int(to), project, int(waive)))
    assert rule == foretold
    if rule:
        assert all(np.array_equal(now, then) for now, then in zip(door, before, strict=True))
    else:
        assert door.land[int(cell)] == to
    return rule


def quota(new: int, agricultural: int, arable: int) -> np.ndarray:
    return np.array([[new, agricultural, arable]])


@pytest.mark.parametrize(
    ("left", "cell", "rule"),
    [
        ((1, 1, 1), Land.ARABLE, Rule.PASSED),
        ((0, 9, 9), Land.ARABLE, Rule.QUOTA),
        ((9, 0, 9), Land.ARABLE, Rule.QUOTA),
        ((9, 9, 0), Land.ARABLE, Rule.QUOTA),
        ((1, 1, 0), Land.OTHER_AG, Rule.PASSED),
        ((9, 0, 9), Land.OTHER_AG, Rule.QUOTA),
        ((1, 0, 0), Land.GRASS, Rule.PASSED),
        ((0, 9, 9), Land.GRASS, Rule.QUOTA),
        ((0, 0, 0), Land.RURAL, Rule.PASSED),
    ],
)
def test_quota_of_three_kinds(left, cell: Land, rule: Rule) -> None:
    door = door_of(quota=quota(*left))
    assert attempt(door, cell, Land.URB_RES) is rule
    spent = [cell not in BUILT, cell in AGRICULTURAL, cell is Land.ARABLE] if rule is Rule.PASSED else [0, 0, 0]
    assert door.quota[0].tolist() == [had - took for had, took in zip(left, spent, strict=True)]


@pytest.mark.parametrize("to", BUILT)
def test_every_built_class_needs_quota_and_no_other_does(to: Land) -> None:
    assert attempt(door_of(quota=quota(0, 0, 0)), Land.UNUSED, to) is Rule.QUOTA


@pytest.mark.parametrize("to", [land for land in Land if land not in BUILT and land not in (0, Land.UNUSED)])
def test_open_land_needs_no_quota(to: Land) -> None:
    assert attempt(door_of(quota=quota(0, 0, 0)), Land.UNUSED, to) is Rule.PASSED


def test_quota_is_that_of_the_cells_district() -> None:
    region = np.zeros(16, np.int16)
    region[Land.GRASS] = 1
    door = door_of(quota=np.array([[0, 0, 0], [1, 0, 0]]), region=region)
    assert attempt(door, Land.UNUSED, Land.URB_RES) is Rule.QUOTA
    assert attempt(door, Land.GRASS, Land.URB_RES) is Rule.PASSED
    assert door.quota.tolist() == [[0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize(("inside", "pace", "rule"), [(1, 1, Rule.PASSED), (1, 0, Rule.PACE), (0, 0, Rule.PASSED)])
def test_pace_binds_inside_the_boundary_only(inside: int, pace: int, rule: Rule) -> None:
    door = door_of(inside=np.array([inside], np.uint8), pace=np.array([pace]))
    assert attempt(door, Land.ARABLE, Land.URB_RES) is rule
    assert door.pace[0] == pace - (inside and rule is Rule.PASSED)


def test_pace_does_not_count_what_was_built_before() -> None:
    door = door_of(inside=np.ones(1, np.uint8), pace=np.zeros(1, np.int64))
    assert attempt(door, Land.RURAL, Land.URB_RES) is Rule.PASSED


def paying(bank, grade: int = 3, paddy: int = 1):
    """A door where arable land is debited when it is built on; grade g yields 100 - 10 g kg."""
    debits = np.zeros((16, 16), bool)
    debits[Land.ARABLE, list(BUILT)] = True
    return door_of(
        bank=np.array(bank), debits=debits, quality=np.full(16, grade, np.uint8), paddy=np.full(16, paddy, np.uint8),
        yield_kg=100 - 10 * np.arange(11),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("bank", "paddy", "rule"),
    [
        ((1, 1, 70), 1, Rule.PASSED),
        ((0, 1, 70), 1, Rule.BALANCE),
        ((1, 0, 70), 1, Rule.BALANCE),
        ((1, 1, 69), 1, Rule.BALANCE),
        ((1, 0, 70), 0, Rule.PASSED),
    ],
)
def test_balance_in_cells_paddy_and_yield(bank, paddy: int, rule: Rule) -> None:
    door = paying(bank, paddy=paddy)
    assert attempt(door, Land.ARABLE, Land.URB_RES) is rule
    if rule is Rule.PASSED:
        assert door.bank.tolist() == [0, bank[1] - paddy, 0]


def test_balance_is_owed_for_debited_changes_only() -> None:
    assert attempt(paying((0, 0, 0)), Land.ARABLE, Land.FOREST) is Rule.PASSED
    assert attempt(paying((0, 0, 0)), Land.GRASS, Land.URB_RES) is Rule.PASSED


def test_balance_without_layers_takes_the_unknown_grade() -> None:
    door = paying((5, 0, 150))._replace(quality=np.zeros(1, np.uint8), paddy=np.zeros(1, np.uint8))
    assert attempt(door, Land.ARABLE, Land.URB_RES) is Rule.PASSED
    assert door.bank.tolist() == [4, 0, 50]


def zoned(ordinary: float, project: float):
    chance = np.zeros((2, 1, 16, 16), np.float32)
    chance[0], chance[1] = ordinary, project
    return door_of(chance=chance)


@pytest.mark.parametrize("project", [0, 1])
def test_zone_of_ordinary_change_and_of_projects(project: int) -> None:
    allowed, denied = (0.0, 1.0) if project else (1.0, 0.0)
    assert attempt(zoned(allowed, 1 - allowed), Land.ARABLE, Land.FOREST, project) is Rule.PASSED
    assert attempt(zoned(denied, 1 - denied), Land.ARABLE, Land.FOREST, project) is Rule.ZONE


def test_zone_is_read_at_the_cells_control_code() -> None:
    chance = np.zeros((2, 2, 16, 16), np.float32)
    chance[0, 1, Land.GRASS, Land.URB_RES] = 1.0
    control = np.zeros(16, np.uint8)
    control[Land.GRASS] = 1
    door = door_of(chance=chance, control=control, inside=np.zeros(2, np.uint8))
    assert attempt(door, Land.ARABLE, Land.URB_RES) is Rule.ZONE
    assert attempt(door, Land.GRASS, Land.FOREST) is Rule.ZONE
    assert attempt(door, Land.GRASS, Land.URB_RES) is Rule.PASSED


def test_a_conditional_permit_is_drawn_once_for_the_clock_and_the_door() -> None:
    land = np.full((40, 40), FIELD, np.uint8)
    door = open_door(land, chance=np.full((2, 1, 16, 16), 0.3, np.float32))
    engine = engine_of(land, door)
    wound = np.isfinite(engine.clocks.t[0])
    assert wound.mean() == pytest.approx(0.3, abs=0.05)
    assert np.array_equal(wound, [refusal(door, cell, TOWN, 0, 0) == Rule.PASSED for cell in range(land.size)])
    engine.begin_year()
    changes, unmet = engine.allocate([land.size])
    assert np.array_equal(np.sort(changes.cell), np.flatnonzero(wound))
    assert {row.rule for row in unmet} == {Rule.ZONE}
    refused = np.flatnonzero(~wound)
    again, rules = engine.convert_cells(refused, TOWN, project=False)
    assert len(again) == 0
    assert set(rules.tolist()) == {Rule.ZONE}


@pytest.mark.parametrize(
    ("waive", "door", "rule"),
    [
        (Waive.ZONE, zoned(0.0, 0.0), Rule.ZONE),
        (Waive.QUOTA, door_of(quota=quota(0, 0, 0)), Rule.QUOTA),
        (Waive.QUOTA, door_of(inside=np.ones(1, np.uint8), pace=np.zeros(1, np.int64)), Rule.PACE),
        (Waive.BALANCE, paying((0, 0, 0)), Rule.BALANCE),
    ],
)
def test_a_waived_test_is_neither_made_nor_paid_for(waive: Waive, door, rule: Rule) -> None:
    others = Waive(~waive & (Waive.ZONE | Waive.QUOTA | Waive.BALANCE))
    assert attempt(door, Land.ARABLE, Land.URB_RES) is rule
    assert attempt(door, Land.ARABLE, Land.URB_RES, waive=others) is rule
    counters = [door.quota.copy(), door.pace.copy(), door.bank.copy()]
    assert attempt(door, Land.ARABLE, Land.URB_RES, waive=waive) is Rule.PASSED
    spent = [np.any(now != then) for now, then in zip((door.quota, door.pace, door.bank), counters, strict=True)]
    # the tests that were made are paid for: an open door pays from unlimited counters
    assert spent == {
        Waive.ZONE: [True, False, False], Waive.QUOTA: [False, False, False], Waive.BALANCE: [True, False, False]
    }[waive]  # fmt: skip


@pytest.mark.parametrize("cell", CELLS[1:])
def test_nodata_is_fixed_and_nothing_becomes_it(cell: Land) -> None:
    everything = Waive.ZONE | Waive.QUOTA | Waive.BALANCE
    assert attempt(door_of(), Land.NODATA, cell, waive=everything) is Rule.NO_LAND
    assert attempt(door_of(), cell, Land.NODATA, waive=everything) is Rule.NO_LAND
    assert attempt(door_of(), cell, cell, waive=everything) is Rule.NO_LAND


def test_a_code_loses_no_more_than_it_may() -> None:
    loss = np.full(256, UNLIMITED)
    loss[Land.GRASS], loss[Land.ARABLE] = 0, 1
    door = door_of(loss=loss)
    assert attempt(door, Land.GRASS, Land.FOREST) is Rule.NO_LAND
    assert attempt(door, Land.ARABLE, Land.FOREST) is Rule.PASSED
    assert (loss[Land.ARABLE], loss[Land.FOREST]) == (0, UNLIMITED)
    assert attempt(door, Land.FOREST, Land.ARABLE) is Rule.PASSED
    # that cell is arable now, and arable land has lost what it may
    assert attempt(door, Land.FOREST, Land.GRASS) is Rule.NO_LAND


COUNTS = st.integers(0, 6)


@given(data=st.data())
@settings(max_examples=60)
def test_counters_fall_by_what_was_converted_and_never_below_zero(data) -> None:
    """Any sequence of conversions of any kind, with the books kept apart and in plain words."""
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    n = 64
    debits = np.zeros((16, 16), bool)
    debits[Land.ARABLE] = True
    first = rng.integers(0, 16, n).astype(np.uint8)
    door = open_door(
        first, code_class=model_legend().model_class.copy(), control=rng.integers(0, 2, n).astype(np.uint8),
        chance=rng.choice([0.0, 0.5, 1.0], (2, 2, 16, 16)).astype(np.float32), inside=np.array([0, 1], np.uint8),
        region=rng.integers(0, 2, n).astype(np.int16), debits=debits,
        quota=np.array(data.draw(st.lists(st.tuples(COUNTS, COUNTS, COUNTS), min_size=2, max_size=2))),
        pace=np.array([data.draw(COUNTS)]), bank=np.array(data.draw(st.tuples(COUNTS, COUNTS, st.integers(0, 300)))),
        loss=rng.integers(0, 6, 256), quality=rng.integers(1, 11, n).astype(np.uint8),
        paddy=rng.integers(0, 2, n).astype(np.uint8), yield_kg=100 - 10 * np.arange(11),
    )  # fmt: skip
    had = [np.copy(part) for part in (door.quota, door.pace, door.bank, door.loss)]
    used: Counter = Counter()
    for cell in rng.integers(0, n, 120).tolist():
        before, to = int(door.land[cell]), int(rng.integers(0, 16))
        if convert(door, cell, to, int(rng.integers(0, 2)), 0):
            assert door.land[cell] == before
            continue
        used["loss", before] += 1
        if to in BUILT and before not in BUILT:
            used["new", door.region[cell]] += 1
            used["agricultural", door.region[cell]] += before in AGRICULTURAL
            used["arable", door.region[cell]] += before == Land.ARABLE
            used["pace"] += int(door.control[cell])
        if before == Land.ARABLE:
            used["cells"] += 1
            used["paddy"] += int(door.paddy[cell])
            used["kg"] += 100 - 10 * int(door.quality[cell])
    kinds = ("new", "agricultural", "arable")
    assert np.array_equal(had[0] - door.quota, [[used[kind, region] for kind in kinds] for region in (0, 1)])
    assert had[1][0] - door.pace[0] == used["pace"]
    assert (had[2] - door.bank).tolist() == [used["cells"], used["paddy"], used["kg"]]
    assert np.array_equal(had[3] - door.loss, [used["loss", code] for code in range(256)])
    assert min(part.min() for part in (door.quota, door.pace, door.bank, door.loss)) >= 0
    assert np.array_equal(door.land == 0, first == 0)
