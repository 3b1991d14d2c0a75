"""Patches: sizes as drawn, cells next to one another, every one through the door."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label
from worlds import ARABLE, CELL_BY_CELL, GRASS, LEGEND, ORCHARD, URBAN, engine_of, open_door

from landsim.core.draws import uniform_cells
from landsim.core.quantity import UNLIMITED
from landsim.transition.conversion import Rule
from landsim.transition.potential import EngineParams, PatchParams

NODATA = LEGEND.nodata
EVEN = EngineParams(radius=1, neighbourhood=0.0)
EIGHT = np.ones((3, 3), int)


def lumps(mean: float, spread: float = 0.0, compact: float = 1.5) -> PatchParams:
    return PatchParams(mean={"urban": mean}, spread=spread, compact=compact)


def grown(land: np.ndarray, need: int, patches: PatchParams, door=None, **more):
    """Changes of one year, and what was left unmet."""
    engine = engine_of(land, door, params=EVEN, patches=patches, **more)
    engine.begin_year()
    return engine.allocate([need])


def barred(land: np.ndarray, red: np.ndarray):
    """A door with a red line around some cells."""
    chance = np.ones((2, 2, 16, 16), np.float32)
    chance[:, 1] = 0.0
    control = red.astype(np.uint8).reshape(-1)
    return open_door(land, control=control, chance=chance, inside=np.zeros(2, np.uint8))


def in_one_piece(cells: np.ndarray, shape) -> bool:
    mask = np.zeros(shape, bool)
    mask.ravel()[cells] = True
    return int(label(mask, EIGHT)[1]) == 1


@given(seed=st.integers(0, 2**32), mean=st.integers(2, 40), need=st.integers(1, 200))
@settings(max_examples=30)
def test_a_patch_is_one_piece_of_convertible_cells(seed: int, mean: int, need: int) -> None:
    """Never over red lines, unfit or foreign land, and never more than is needed."""
    rng = np.random.default_rng(seed)
    shape = (19, 16)
    land = rng.choice([ARABLE, ARABLE, ARABLE, GRASS, ORCHARD, URBAN, NODATA], shape).astype(np.uint8)
    red, unfit = rng.random(shape) < 0.15, rng.random(shape) < 0.15
    changes, _ = grown(
        land, need, lumps(mean, 0.5), barred(land, red), suit=np.where(unfit, 0.0, 1.0), seed=seed % 2**31
    )
    free = np.isin(land, [ARABLE, GRASS, ORCHARD]) & ~red & ~unfit
    assert len(changes) == min(need, np.count_nonzero(free))
    assert np.all(free.ravel()[changes.cell])
    assert np.array_equal(changes.from_, land.ravel()[changes.cell])
    assert np.all(np.diff(changes.project) >= 0)
    for number in np.unique(changes.project):
        assert in_one_piece(changes.cell[changes.project == number], shape)


def test_a_red_line_parts_two_patches_that_would_be_one() -> None:
    land = np.full((9, 11), ARABLE, np.uint8)
    red = np.zeros(land.shape, bool)
    red[:, 5] = True
    changes, unmet = grown(land, 90, lumps(1000.0), barred(land, red))
    assert len(changes) == 90
    assert not unmet
    sides = [np.unique(changes.project[side]) for side in (changes.cell % 11 < 5, changes.cell % 11 > 5)]
    assert [len(numbers) for numbers in sides] == [1, 1]
    assert sides[0] != sides[1]


def test_patches_grow_over_corners() -> None:
    land = np.full((8, 8), NODATA, np.uint8)
    np.fill_diagonal(land, ARABLE)
    changes, unmet = grown(land, 8, lumps(100.0))
    assert not unmet
    assert np.unique(changes.project).size == 1
    assert set(changes.cell.tolist()) == set(range(0, 64, 9))


def test_patches_do_not_grow_around_the_edge_of_the_map() -> None:
    """The end of a row is no neighbour of the start of the next."""
    land = np.full((3, 5), NODATA, np.uint8)
    land[0, 4] = land[1, 0] = land[2, 4] = ARABLE
    changes, _ = grown(land, 3, lumps(100.0))
    assert np.unique(changes.project).size == 3


@pytest.mark.parametrize("need", [1, 2, 7, 49, 60])
def test_a_patch_never_exceeds_the_need(need: int) -> None:
    land = np.full((30, 30), ARABLE, np.uint8)
    changes, unmet = grown(land, need, lumps(50.0))
    assert (len(changes), unmet) == (need, [])
    assert np.bincount(changes.project)[1:].tolist() == [min(need, 50), need - 50][: 1 + (need > 50)]


def test_the_quota_ends_a_patch_and_other_land_goes_on() -> None:
    """Two cells of arable land may go: the rest of the patch is grass, and what is refused is passed over."""
    land = np.full((9, 9), ARABLE, np.uint8)
    land[:, ::2] = GRASS
    quota = np.array([[UNLIMITED, UNLIMITED, 2]])
    changes, _ = grown(land, 15, lumps(15.0), open_door(land, quota=quota))
    assert len(changes) == 15
    assert np.count_nonzero(changes.from_ == ARABLE) == 2
    first = changes.cell[changes.project == 1]
    assert in_one_piece(first, land.shape)
    changes, unmet = grown(land, 15, lumps(15.0), open_door(land, quota=np.array([[5, UNLIMITED, UNLIMITED]])))
    assert len(changes) == 5
    assert np.unique(changes.project).size == 1
    assert {row.rule for row in unmet} == {Rule.QUOTA}


def test_sizes_are_the_named_lognormal_draws() -> None:
    land = np.full((300, 301), ARABLE, np.uint8)
    changes, _ = grown(land, 4000, lumps(12.0, spread=0.8), seed=5)
    seeds = changes.cell[np.unique(changes.project, return_index=True)[1]]
    u, v = (np.array([uniform_cells(5, "patch/urban", 1, cell, 1, k)[0] for cell in seeds]) for k in (0, 1))
    z = np.sqrt(-2.0 * np.log(u)) * np.cos(2.0 * np.pi * v)
    sizes = np.maximum(np.rint(np.exp(np.log(12.0) - 0.32 + 0.8 * z)), 1)
    assert np.array_equal(np.bincount(changes.project)[1:-1], sizes[:-1])
    assert changes.project[-1] == len(seeds) > 200


@pytest.mark.parametrize("compact", [0.0, 1.5, 5.0])
def test_a_patch_takes_the_best_cell_beside_it_each_time(compact: float) -> None:
    """Written over the whole map: best by suitability and by like cells around, at the weights of the seed's moment."""
    shape = (15, 14)
    steps = np.random.default_rng(8).permutation(shape[0] * shape[1]).reshape(shape)
    suit = np.exp(-steps / 2048.0)
    engine = engine_of(
        np.full(shape, ARABLE, np.uint8),
        suit=suit,
        params=EngineParams(radius=2, floor=0.1),
        patches=lumps(40.0, 0.0, compact),
    )
    engine.begin_year()
    changes, _ = engine.allocate([40])
    taken = np.zeros(shape, bool)
    taken.ravel()[changes.cell[0]] = True
    for cell in changes.cell[1:]:
        padded = np.pad(taken, 1).astype(int)
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
        beside = windows.sum(axis=(2, 3)) - taken
        pull = np.where((beside > 0) & ~taken, suit * np.exp(compact * beside), 0.0)
        assert int(np.argmax(pull)) == cell
        taken.ravel()[cell] = True


def test_compact_patches_have_shorter_borders() -> None:
    borders = []
    for compact in (0.0, 3.0):
        land = np.full((60, 60), ARABLE, np.uint8)
        suit = np.exp(-np.random.default_rng(1).random(land.shape))
        changes, _ = grown(land, 60, lumps(60.0, 0.0, compact), suit=suit)
        urban = np.zeros((62, 62), int)
        urban[1 + changes.cell // 60, 1 + changes.cell % 60] = 1
        borders.append(np.abs(np.diff(urban, axis=0)).sum() + np.abs(np.diff(urban, axis=1)).sum())
    assert borders[0] > 1.3 * borders[1]


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
        components.append(int(label(engine.land == URBAN)[1]))
    assert components[0] > 2 * components[1] > 4 * components[2] > 0


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


def test_cell_by_cell_without_patches_makes_each_cell_its_own_project() -> None:
    land = np.full((10, 10), ARABLE, np.uint8)
    engine = engine_of(land, patches=CELL_BY_CELL)
    engine.begin_year()
    changes, _ = engine.allocate([20])
    assert np.unique(changes.project).size == 20
