"""LandEngine: what no seed, label, order, block of rows or thread may change, and faults of use."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import ARABLE, FOREST, GRASS, LEGEND, URBAN, WATER, engine_of, open_door, potential

from landsim.core import parallel
from landsim.core.quantity import UNLIMITED
from landsim.landscape.legend import Land, Legend, model_row
from landsim.transition.clocks import MEMORY
from landsim.transition.conversion import Rule
from landsim.transition.engine import LandEngine
from landsim.transition.potential import EngineParams, Gained, PatchParams

NODATA = LEGEND.nodata
ROWS = {row.code: row for row in LEGEND.rows}
PATCHY = PatchParams(mean={"urban": 6.0})
LUMPY = PatchParams(mean={"urban": 7.0, "grass": 3.0})
BUSY = (Gained(ROWS[URBAN]), Gained(ROWS[GRASS]), Gained(ROWS[ARABLE], ROWS[URBAN]))


def patchwork(shape=(24, 21), seed=0, codes=(ARABLE, URBAN, FOREST, WATER, GRASS)) -> np.ndarray:
    return np.random.default_rng(seed).choice(codes, shape).astype(np.uint8)


def run_years(engine: LandEngine, needs, quota=None) -> list[tuple[int, int]]:
    """Cells and codes in the order of conversion, over some years."""
    done = []
    for need in needs:
        engine.begin_year()
        if quota is not None:
            engine.door.quota[:] = quota
        changes, _ = engine.allocate(need)
        done += list(zip(changes.cell.tolist(), changes.to.tolist(), strict=True))
    return done


def busy_engine(shape, *, seed: int = 3, rows: int | None = None, block: int = 5) -> LandEngine:
    """Patches, growth, greening and decline in districts under quota, inside and outside a boundary."""
    rng = np.random.default_rng(seed)
    land = patchwork(shape, seed, (ARABLE, ARABLE, URBAN, FOREST, WATER, GRASS, NODATA))
    chance = np.ones((2, 3, 16, 16), np.float32)
    chance[:, 2] = 0.5
    door = open_door(
        land, region=rng.integers(0, 3, land.size).astype(np.int16), quota=np.zeros((3, 3), np.int64),
        control=rng.integers(0, 3, land.size).astype(np.uint8), chance=chance, inside=np.array([0, 1, 0], np.uint8),
        pace=np.zeros(1, np.int64),
    )  # fmt: skip
    return engine_of(
        land, door, gained=BUSY, params=EngineParams(radius=3, readiness=2.0), patches=LUMPY, seed=seed, block=block,
        suit=rng.random(shape) * (rng.random(shape) < 0.9), rows=rows,
    )  # fmt: skip


def live(engine: LandEngine, years: int) -> list[bytes]:
    """Years of bids, races, projects and clearings, drawn by the year; what was converted, as bytes."""
    done = []
    for _ in range(years):
        engine.begin_year()
        rng = np.random.default_rng(engine.year)
        n = engine.land.size
        engine.rebid(URBAN, rng.choice([0.5, 1.0, 2.0], engine.clocks.bid.shape[1]).astype(np.float32))
        engine.door.quota[:] = [[n // 9, n // 12, n // 15], [n // 40, n, n], [n, n // 30, n]]
        engine.door.pace[:] = n // 11
        changes = [engine.allocate([n // 12, n // 25, n // 30])[0]]
        changes.append(engine.convert_cells(rng.integers(0, n, n // 20), GRASS, project=True)[0])
        changes.append(engine.convert_in_blocks([0], [3], [Land.GRASS], [ARABLE])[0])
        done += [part.tobytes() for some in changes for part in (some.cell, some.from_, some.to, some.project)]
    return done


def everything(engine: LandEngine) -> dict[str, bytes]:
    return {name: values.tobytes() for name, values in engine.state().items()}


@pytest.mark.parametrize("shape", [(1, 1), (1, 37), (41, 1), (17, 23), (130, 67)])
def test_blocks_of_rows_and_threads_change_no_byte(shape, monkeypatch) -> None:
    results = []
    for rows in (None, 1, 2, 7, 64):
        for threads in (1, 2):
            monkeypatch.setattr(parallel, "threads", lambda count=threads: count)
            engine = busy_engine(shape, rows=rows)
            start = [part.tobytes() for part in (engine.clocks.t, engine.clocks.suit, engine.clocks.score)]
            results.append((start, live(engine, 3), everything(engine)))
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize("shape", [(1, 1), (19, 1), (97, 53)])
def test_a_run_taken_up_again_goes_on_to_the_same_bytes(shape) -> None:
    """Whatever the engine remembers beside its state is a guess of where to look, or found again in the state."""
    whole = busy_engine(shape)
    story, states = [], []
    for _ in range(6):
        states.append({name: values.copy() for name, values in whole.state().items()})
        story.append(live(whole, 1))
    assert shape == (1, 1) or all(any(year) for year in story)
    for year in (0, 1, 2, 5):
        resumed = busy_engine(shape)
        resumed.restore(states[year])
        assert live(resumed, 6 - year) == [part for later in story[year:] for part in later]
        assert everything(resumed) == everything(whole)


def test_a_run_taken_up_between_two_races_of_a_year_knows_what_has_changed() -> None:
    one, two = busy_engine((31, 29)), busy_engine((31, 29))
    live(one, 2)
    one.begin_year()
    one.allocate([20, 20, 20])
    two.restore({name: values.copy() for name, values in one.state().items()})
    for engine in (one, two):
        engine.convert_cells(np.arange(0, 800, 7), FOREST, project=True)
    assert live(one, 2) == live(two, 2)
    assert everything(one) == everything(two)


def test_what_was_changed_before_the_first_year_is_forgotten_like_the_rest() -> None:
    """The mark of such a change is that of the last year remembered, and not taken for it."""
    land = np.full((4, 4), ARABLE, np.uint8)
    engine = engine_of(land, params=EngineParams(radius=1, neighbourhood=0.0, readiness=50.0), block=4)
    engine.convert_cells([3], GRASS, project=True)
    for _ in range(MEMORY):
        engine.begin_year()
    assert engine.clocks.since[3] == 0
    assert engine.convert_in_blocks([0], [1], [Land.GRASS], [FOREST])[0].cell.tolist() == [3]


def test_scores_stay_those_of_the_map() -> None:
    engine = busy_engine((40, 37))
    live(engine, 4)
    fresh = engine_of(engine.land, gained=BUSY, params=EngineParams(radius=3))
    assert np.array_equal(engine.clocks.score, fresh.clocks.score)


def test_clocks_stay_those_that_the_map_and_the_past_call_for() -> None:
    """After years, a clock runs wherever the class may come, and nowhere else."""
    engine = busy_engine((40, 37))
    live(engine, 4)
    engine.begin_year()
    for k in range(len(BUSY)):
        code = engine.door.land
        weights = np.array([potential(engine, k, cell) if code[cell] != NODATA else 0.0 for cell in range(code.size)])
        odds = engine.door.chance[int(k == 2), engine.door.control, LEGEND.model_class[code], BUSY[k].row.model_class]
        running = np.isfinite(engine.clocks.t[k])
        assert np.array_equal(running[odds == 1.0], weights[odds == 1.0] > 0.0)
        assert not np.any(running & (weights == 0.0))


@pytest.mark.parametrize("scatter", [0.0, 1.0, 2.0])
def test_same_seed_same_result_and_another_seed_another(scatter: float) -> None:
    land, params = patchwork(), EngineParams(radius=2, scatter=scatter)
    needs = [[12, 9], [10, 4]]
    one, two, other = (
        run_years(engine_of(land, gained=(URBAN, GRASS), params=params, patches=PATCHY, seed=seed), needs)
        for seed in (4, 4, 5)
    )
    assert one == two
    assert one != other


@pytest.mark.parametrize("block", [1, 3, 7, 100])
def test_blocks_of_equal_bids_change_nothing(block: int) -> None:
    land, needs = patchwork(), [[10], [10]]
    assert run_years(engine_of(land, patches=PATCHY, block=block), needs) == run_years(
        engine_of(land, patches=PATCHY), needs
    )


@given(seed=st.integers(0, 2**32), districts=st.permutations(range(4)))
@settings(max_examples=20)
def test_i15_renaming_districts_does_not_change_the_land(seed: int, districts: list[int]) -> None:
    land = patchwork(seed=seed % 97)
    region = np.random.default_rng(seed).integers(0, 4, land.size)
    quota = np.full((4, 3), UNLIMITED)
    quota[:, 0] = 3, 8, 0, 5
    names = np.array(districts)
    renamed = np.empty_like(quota)
    renamed[names] = quota
    results = []
    for rows, limits in ((region, quota), (names[region], renamed)):
        door = open_door(land, region=rows.astype(np.int16), quota=limits.copy())
        results.append(run_years(engine_of(land, door, patches=PATCHY, seed=seed), [[15], [15]], limits))
    assert results[0] == results[1]


@given(seed=st.integers(0, 2**32), needs=st.lists(st.integers(0, 700), min_size=3, max_size=3))
@settings(max_examples=20)
def test_i18_nodata_never_changes_and_areas_add_up(seed: int, needs: list[int]) -> None:
    land = patchwork(seed=seed % 89, codes=(ARABLE, URBAN, FOREST, GRASS, NODATA))
    engine = engine_of(land, gained=(URBAN, FOREST, GRASS), patches=PATCHY, seed=seed)
    for _ in range(2):
        engine.begin_year()
        engine.allocate(needs)
        engine.convert_cells(np.arange(land.size), GRASS, project=True)
    assert np.array_equal(engine.land == NODATA, land == NODATA)
    assert engine.counts().sum() == land.size


@given(seed=st.integers(0, 2**32), needs=st.tuples(st.integers(0, 200), st.integers(0, 200)), cells=st.integers(0, 90))
@settings(max_examples=30)
def test_converted_plus_unmet_equals_wanted_and_no_quota_is_exceeded(seed: int, needs, cells: int) -> None:
    rng = np.random.default_rng(seed)
    land = patchwork((16, 16), seed % 83)
    quota = np.where(rng.random((3, 3)) < 0.5, rng.integers(0, 40, (3, 3)), UNLIMITED)
    debits = np.zeros((16, 16), bool)
    debits[Land.ARABLE, Land.URB_RES] = True
    door = open_door(
        land, region=rng.integers(0, 3, land.size).astype(np.int16), quota=quota.copy(), debits=debits,
        bank=np.array([cells, cells // 3, 40 * cells]), quality=rng.integers(1, 11, land.size).astype(np.uint8),
        paddy=rng.integers(0, 2, land.size).astype(np.uint8), yield_kg=np.arange(110, 0, -10),
    )  # fmt: skip
    engine = engine_of(land, door, gained=(URBAN, GRASS), patches=PATCHY, seed=seed)
    engine.begin_year()
    changes, unmet = engine.allocate(needs)
    for k, code in enumerate((URBAN, GRASS)):
        lacking = [row.cells for row in unmet if row.race == k]
        assert np.count_nonzero(changes.to == code) + sum(lacking) == needs[k]
        assert all(count > 0 for count in lacking)
    assert all(row.rule is not Rule.PASSED for row in unmet)
    assert door.quota.min() >= 0
    assert door.bank.min() >= 0
    assert np.unique(changes.cell).size == len(changes)


def test_raising_the_demand_of_one_class_leaves_the_draws_of_the_others() -> None:
    """Far from each other, two classes convert the same cells whatever the other is asked for."""
    land = np.full((12, 60), ARABLE, np.uint8)
    land[:, 25:35] = WATER
    land[5, 3], land[5, 55] = URBAN, GRASS
    suit = {URBAN: np.zeros(land.shape), GRASS: np.zeros(land.shape)}
    suit[URBAN][:, :20], suit[GRASS][:, 40:] = 1.0, 1.0
    taken = {}
    for asked in (0, 10, 60):
        engine = LandEngine(
            engine_of(land).grid, LEGEND, open_door(land), [Gained(ROWS[URBAN]), Gained(ROWS[GRASS])],
            lambda race, rows: suit[race.row.code][rows].astype(np.float32), lambda row: np.array([row.code], np.uint8),
            EngineParams(radius=2), PATCHY, 3,
        )  # fmt: skip
        done = run_years(engine, [[asked, 12], [asked, 12]])
        taken[asked] = [cell for cell, code in done if code == GRASS]
    assert taken[0] == taken[10] == taken[60]
    assert len(taken[0]) == 24


def test_a_race_keeps_its_clocks_and_patches_when_another_joins_the_list() -> None:
    land = patchwork(codes=(ARABLE, ARABLE, URBAN))
    alone = run_years(engine_of(land, gained=(URBAN,), patches=PATCHY), [[30]])
    second = run_years(engine_of(land, gained=(FOREST, URBAN), patches=PATCHY), [[0, 30]])
    assert alone == second


def test_no_races_and_no_land_are_no_error() -> None:
    land = patchwork()
    engine = engine_of(land, gained=())
    engine.begin_year()
    changes, unmet = engine.allocate([])
    assert (len(changes), unmet) == (0, [])
    assert len(engine.convert_cells([0, 1, 2], GRASS, project=True)[0]) == np.count_nonzero(land.ravel()[:3] != GRASS)
    empty = engine_of(np.full((4, 5), NODATA, np.uint8))
    empty.begin_year()
    changes, unmet = empty.allocate([3])
    assert len(changes) == 0
    assert [(row.region, row.rule, row.cells) for row in unmet] == [(-1, Rule.NO_LAND, 3)]


def test_a_map_without_districts_is_no_error() -> None:
    land = np.full((3, 3), NODATA, np.uint8)
    engine = engine_of(land, open_door(land, quota=np.zeros((0, 3), np.int64)))
    engine.begin_year()
    _, unmet = engine.allocate([2])
    assert sum(row.cells for row in unmet) == 2


def test_a_map_of_one_cell() -> None:
    engine = engine_of(np.array([[ARABLE]], np.uint8), patches=PATCHY)
    engine.begin_year()
    changes, unmet = engine.allocate([2])
    assert changes.cell.tolist() == [0]
    assert sum(row.cells for row in unmet) == 1
    assert engine.land.tolist() == [[URBAN]]


def test_two_codes_of_one_model_class_pass_into_each_other() -> None:
    legend = Legend((model_row(Land.FOREST, 1, "broadleaf"), model_row(Land.FOREST, 2, "conifer")))
    land = np.repeat(np.array([[1, 2]], np.uint8), 8, axis=0)
    door = open_door(land, code_class=legend.model_class.copy())
    engine = LandEngine(
        engine_of(land).grid, legend, door, [Gained(legend.row("conifer"))],
        lambda race, rows: np.ones((8, 2), np.float32)[rows],
        lambda row: np.array([row.code], np.uint8), EngineParams(radius=1), PATCHY, 1,
    )  # fmt: skip
    engine.begin_year()
    changes, unmet = engine.allocate([3])
    assert not unmet
    assert set(changes.from_.tolist()) == {1}
    assert np.count_nonzero(engine.land == 2) == 11


@pytest.mark.parametrize("need", [10**6, UNLIMITED, 2**63 - 1])
def test_a_need_beyond_the_map_is_unmet_to_the_cell(need: int) -> None:
    land = np.full((9, 9), ARABLE, np.uint8)
    engine = engine_of(land, gained=(URBAN, GRASS), patches=PATCHY)
    engine.begin_year()
    changes, unmet = engine.allocate([need, need])
    assert len(changes) == 81
    assert sum(row.cells for row in unmet) == 2 * need - 81


def test_negative_needs_ask_for_nothing() -> None:
    engine = engine_of(patchwork(), gained=(URBAN, GRASS))
    engine.begin_year()
    changes, unmet = engine.allocate([-5, 2])
    assert changes.to.tolist() == [GRASS, GRASS]
    assert not unmet


def test_land_is_shown_and_not_to_be_written() -> None:
    engine = engine_of(patchwork())
    with pytest.raises(ValueError, match="read-only"):
        engine.land[0, 0] = URBAN


def test_new_lines_bind_at_once_and_freed_land_gets_clocks() -> None:
    land = np.full((10, 10), ARABLE, np.uint8)
    chance = np.ones((2, 2, 16, 16), np.float32)
    chance[:, 1] = 0.0
    control = np.repeat([0, 1], 50).astype(np.uint8)
    inside = np.zeros(2, np.uint8)
    engine = engine_of(land, open_door(land, control=control.copy(), chance=chance, inside=inside))
    engine.begin_year()
    engine.allocate([10])
    assert not np.any(engine.land[5:] == URBAN)
    engine.begin_year()
    turned = 1 - control
    engine.redraw(turned, chance, inside, np.arange(100))
    before = engine.land.copy()
    changes, unmet = engine.allocate([60])
    assert np.array_equal(engine.land[:5], before[:5])
    assert np.all(engine.land[5:] == URBAN)
    assert {row.rule for row in unmet} <= {Rule.ZONE, Rule.NO_LAND}
    assert len(changes) == 50


def test_a_cell_moved_across_the_boundary_races_on_in_its_new_lane() -> None:
    """Inside the boundary the pace is used up at once and time stands still; outside it goes on."""
    land = np.full((12, 12), ARABLE, np.uint8)
    chance, inside = np.ones((2, 2, 16, 16), np.float32), np.array([0, 1], np.uint8)
    control = np.repeat([0, 1], 72).astype(np.uint8)
    door = open_door(land, control=control, chance=chance, inside=inside, pace=np.zeros(1, np.int64))
    engine = engine_of(land, door)
    engine.begin_year()
    engine.allocate([30])
    assert not np.any(engine.land[6:] == URBAN)
    moved = np.arange(132, 144)
    control = control.copy()
    control[moved] = 0
    engine.begin_year()
    engine.redraw(control, chance, inside, moved)
    lanes, clocks = engine.lanes, engine.clocks
    outside = lanes.tau[0]
    assert outside > 0
    assert np.all(clocks.t[0, moved] > outside)
    engine.allocate([40])
    assert np.any(engine.land[11] == URBAN)
    assert not np.any(engine.land[6:11] == URBAN)
