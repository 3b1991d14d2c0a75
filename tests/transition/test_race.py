"""The race of clocks against a brute-force reference, and its exact quantities."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import chisquare
from worlds import ARABLE, CELL_BY_CELL, LEGEND, URBAN, WATER, engine_of, open_door

from landsim.core.quantity import UNLIMITED
from landsim.transition.conversion import Rule
from landsim.transition.potential import EngineParams, Gained, PatchParams

SUIT = np.array([[1.0, 0.5, 0.25, 0.8], [0.1, 0.6, 0.9, 0.3]])
LAND = np.array([[ARABLE, ARABLE, URBAN, ARABLE], [ARABLE, ARABLE, ARABLE, WATER]], np.uint8)
EASE = {ARABLE: 1.0, WATER: 0.1}


def reference_weights(land: np.ndarray, floor: float) -> np.ndarray:
    """Potential of every cell, written cell by cell."""
    out = np.zeros(land.shape)
    height, width = land.shape
    for r, c in itertools.product(range(height), range(width)):
        if land[r, c] not in EASE:
            continue
        near = [
            land[y, x] == URBAN
            for y in range(max(r - 1, 0), min(r + 2, height))
            for x in range(max(c - 1, 0), min(c + 2, width))
            if (y, x) != (r, c)
        ]
        out[r, c] = SUIT[r, c] * (floor + sum(near) / 8) / (floor + 1) * EASE[land[r, c]]
    return out


def reference_pairs(need: int, floor: float) -> dict[frozenset[int], float]:
    """Exact probability of every set of `need` cells, one draw at a time with the weights of that moment."""
    found: dict[frozenset[int], float] = {}

    def walk(land: np.ndarray, chosen: frozenset[int], probability: float) -> None:
        if len(chosen) == need:
            found[chosen] = found.get(chosen, 0.0) + probability
            return
        weights = reference_weights(land, floor).ravel()
        for cell in np.flatnonzero(weights):
            after = land.copy()
            after.ravel()[cell] = URBAN
            walk(after, chosen | {int(cell)}, probability * weights[cell] / weights.sum())

    walk(LAND, frozenset(), 1.0)
    return found


@pytest.mark.parametrize("years", [1, 3])
def test_distribution_equals_one_draw_at_a_time_with_changing_neighbourhoods(years: int) -> None:
    floor, need, runs = 0.3, 3, 3000
    expected = reference_pairs(need, floor)
    params = EngineParams(radius=1, floor=floor)
    counts = dict.fromkeys(expected, 0)
    for seed in range(runs):
        engine = engine_of(LAND, suit=SUIT, params=params, seed=seed)
        for _ in range(years):
            engine.begin_year()
            engine.allocate([need // years])
        counts[frozenset(np.flatnonzero((engine.land == URBAN) & (LAND != URBAN)).tolist())] += 1
    sets = sorted(expected, key=lambda cells: -expected[cells])
    want = np.array([expected[cells] * runs for cells in sets])
    have = np.array([counts[cells] for cells in sets], dtype=float)
    rare = want < 5
    want, have = np.append(want[~rare], want[rare].sum()), np.append(have[~rare], have[rare].sum())
    assert chisquare(have, want * have.sum() / want.sum()).pvalue > 1e-3


def test_quota_by_district_leaves_the_order_within_districts_as_it_is() -> None:
    land = np.full((20, 20), ARABLE, np.uint8)
    land[10, 10] = URBAN
    region = np.repeat([0, 1], 200).astype(np.int16)
    quota = np.full((2, 3), UNLIMITED)
    quota[0] = 7
    engine = engine_of(land, open_door(land, region=region, quota=quota))
    engine.begin_year()
    changes, unmet = engine.allocate([60])
    assert len(changes) == 60
    assert not unmet
    assert np.count_nonzero(changes.cell < 200) == 7


def test_a_stopped_lane_goes_on_where_it_stood() -> None:
    """Two years of quota 5 choose, in one district on its own, exactly the cells that one year of quota 10 chooses."""
    land = np.full((12, 12), ARABLE, np.uint8)
    land[5, 5] = URBAN
    chosen = []
    for quotas in ([10], [5, 5]):
        door = open_door(land, quota=np.zeros((1, 3), np.int64))
        engine = engine_of(land, door)
        for quota in quotas:
            engine.begin_year()
            door.quota[:] = quota
            engine.allocate([50])
        chosen.append(np.flatnonzero(engine.land != land))
    assert np.array_equal(*chosen)


def test_ranking_without_scatter_takes_the_best_cells_and_larger_demand_contains_smaller() -> None:
    """I16: one class, no patches, sigma_g = 0."""
    rng = np.random.default_rng(3)
    land = np.where(rng.random((30, 30)) < 0.05, URBAN, ARABLE).astype(np.uint8)
    suit = rng.random((30, 30)) + 0.01
    taken = []
    for need in (20, 60):
        engine = engine_of(land, suit=suit, params=EngineParams(radius=2, scatter=0.0))
        engine.begin_year()
        changes, _ = engine.allocate([need])
        taken.append(set(changes.cell.tolist()))
    assert taken[0] < taken[1]
    still = engine_of(land, suit=suit, params=EngineParams(radius=1, scatter=0.0, neighbourhood=0.0))
    still.begin_year()
    changes, _ = still.allocate([20])
    arable = np.flatnonzero(land.ravel() == ARABLE)
    best = arable[np.argsort(-suit.ravel()[arable], kind="stable")[:20]]
    assert set(changes.cell.tolist()) == set(best.tolist())


def test_k35_patches_hit_the_quantity_and_clump() -> None:
    land = np.full((200, 200), ARABLE, np.uint8)
    chance = np.ones((2, 2, 16, 16), np.float32)
    chance[:, 1] = 0.0
    control = np.zeros((200, 200), np.uint8)
    control[:, 100:] = 1
    components = []
    for mean in (1.0, 8.0, 30.0):
        door = open_door(land, control=control.reshape(-1), chance=chance, inside=np.zeros(2, np.uint8))
        params = EngineParams(radius=1, neighbourhood=0.0)
        engine = engine_of(land, door, params=params, patches=PatchParams(mean={"urban": mean}))
        engine.begin_year()
        changes, unmet = engine.allocate([1000])
        assert (len(changes), unmet) == (1000, [])
        assert not np.any(engine.land[:, 100:] == URBAN)
        components.append(_components(engine.land == URBAN))
    assert components[0] > 2 * components[1] > 4 * components[2] > 0


def _components(mask: np.ndarray) -> int:
    from scipy.ndimage import label

    return int(label(mask)[1])


def test_patch_sizes_have_the_wanted_mean() -> None:
    land = np.full((300, 300), ARABLE, np.uint8)
    params = EngineParams(radius=1, neighbourhood=0.0)
    engine = engine_of(land, params=params, patches=PatchParams(mean={"urban": 12.0}))
    engine.begin_year()
    changes, _ = engine.allocate([6000])
    sizes = np.unique(changes.project, return_counts=True)[1]
    assert sizes.mean() == pytest.approx(12.0, rel=0.12)


def test_patches_do_not_shift_the_share_of_two_classes() -> None:
    """A class of large patches rings as much less often: both classes get their quantity, and no more."""
    land = np.full((60, 60), ARABLE, np.uint8)
    engine = engine_of(land, gained=(URBAN, 5), patches=PatchParams(mean={"urban": 20.0}))
    engine.begin_year()
    changes, unmet = engine.allocate([300, 200])
    assert not unmet
    assert np.unique(changes.to, return_counts=True)[1].tolist() == [300, 200]


def test_unmet_demand_names_the_rule_and_adds_up() -> None:
    land = np.full((10, 10), ARABLE, np.uint8)
    land[0, 0] = URBAN
    quota = np.full((1, 3), UNLIMITED)
    quota[0, 2] = 30
    engine = engine_of(land, open_door(land, quota=quota))
    engine.begin_year()
    changes, unmet = engine.allocate([500])
    assert len(changes) == 30
    by_rule = {row.rule: row.cells for row in unmet}
    assert by_rule == {Rule.QUOTA: 69, Rule.NO_LAND: 401}


def test_a_class_that_falls_loses_exactly_what_is_asked() -> None:
    land = np.full((30, 30), URBAN, np.uint8)
    rows = {row.code: row for row in LEGEND.rows}
    engine = engine_of(land, gained=[Gained(rows[ARABLE], rows[URBAN])])
    engine.begin_year()
    changes, unmet = engine.allocate([123])
    assert not unmet
    assert engine.counts()[URBAN] == 900 - 123
    assert set(changes.from_.tolist()) == {URBAN}


def test_changed_cells_rest_for_the_year_and_recover_readiness() -> None:
    land = np.full((5, 5), ARABLE, np.uint8)
    engine = engine_of(land, gained=(URBAN, 5))
    engine.begin_year()
    first, _ = engine.allocate([0, 25])
    assert len(first) == 25
    again, unmet = engine.allocate([10, 0])
    assert len(again) == 0
    assert sum(row.cells for row in unmet) == 10
    engine.begin_year()
    later, _ = engine.allocate([10, 0])
    assert len(later) == 10


def test_scores_stay_those_of_the_map() -> None:
    rng = np.random.default_rng(5)
    land = rng.choice([ARABLE, URBAN, WATER], (40, 37)).astype(np.uint8)
    engine = engine_of(land, params=EngineParams(radius=3), patches=PatchParams(mean={"urban": 4.0}))
    for _ in range(3):
        engine.begin_year()
        engine.allocate([50])
    fresh = engine_of(engine.land, params=EngineParams(radius=3))
    assert np.array_equal(engine.clocks.score, fresh.clocks.score)


def test_state_restores_the_race_exactly() -> None:
    land = np.full((30, 31), ARABLE, np.uint8)
    land[3, 3] = URBAN
    one = engine_of(land, patches=PatchParams(mean={"urban": 5.0}))
    for _ in range(2):
        one.begin_year()
        one.allocate([40])
    two = engine_of(land, patches=PatchParams(mean={"urban": 5.0}))
    two.restore({name: values.copy() for name, values in one.state().items()})
    results = []
    for engine in (one, two):
        engine.begin_year()
        results.append(engine.allocate([40])[0].cell)
    assert np.array_equal(*results)


def test_bids_pull_growth_to_their_blocks() -> None:
    land = np.full((40, 40), ARABLE, np.uint8)
    counts = []
    for bid in (1.0, 50.0):
        engine = engine_of(land, params=EngineParams(radius=1, neighbourhood=0.0, economics=1.0), block=20)
        engine.begin_year()
        engine.rebid(URBAN, np.array([bid, 1.0, 1.0, 1.0], np.float32))
        changes, _ = engine.allocate([200])
        rows, cols = np.divmod(changes.cell, 40)
        counts.append(np.count_nonzero((rows < 20) & (cols < 20)))
    assert counts[0] < 80
    assert counts[1] > 180


def test_cell_by_cell_without_patches_makes_each_cell_its_own_project() -> None:
    land = np.full((10, 10), ARABLE, np.uint8)
    engine = engine_of(land, patches=CELL_BY_CELL)
    engine.begin_year()
    changes, _ = engine.allocate([20])
    assert np.unique(changes.project).size == 20
