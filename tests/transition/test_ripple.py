"""Ripple: scores and clocks around new land, whatever the window and whatever changes together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import ARABLE, FOREST, GRASS, INDEX, LEGEND, URBAN, WATER, brute_scores, engine_of, potential

from landsim.core.draws import uniform_cells
from landsim.transition.neighbourhood import scores
from landsim.transition.potential import EngineParams, PatchParams

SHAPE = (37, 43)


def fresh_engine(window: int | None = None, radius: int = 2, patches: PatchParams | None = None, seed: int = 1):
    """Two classes over a patchwork; `window` cells of scratch."""
    land = np.random.default_rng(0).choice([ARABLE, URBAN, FOREST, GRASS, WATER], SHAPE).astype(np.uint8)
    engine = engine_of(
        land, gained=(URBAN, GRASS), params=EngineParams(radius=radius, floor=0.3),
        patches=patches or PatchParams(mean={}), seed=seed,
    )  # fmt: skip
    if window is not None:
        engine._window = np.full(window, 99, np.int32)
    engine.begin_year()
    return engine


def far_apart(count: int = 60) -> np.ndarray:
    return np.random.default_rng(3).permutation(SHAPE[0] * SHAPE[1])[:count]


@pytest.mark.parametrize("window", [25, 26, 60, 200, 900])
def test_a_window_of_any_size_gives_the_same_scores_and_clocks(window: int) -> None:
    """Cells farther apart than the window reaches take several, from one cell at a time on."""
    wide, narrow = fresh_engine(), fresh_engine(window)
    for code in (URBAN, GRASS, FOREST):
        cells = np.sort(far_apart())[:: 1 + code % 2]
        for engine in (wide, narrow):
            engine.convert_cells(cells, code, project=True)
    assert np.array_equal(wide.clocks.score, narrow.clocks.score)
    assert np.array_equal(np.isfinite(wide.clocks.t), np.isfinite(narrow.clocks.t))
    assert wide.clocks.t == pytest.approx(narrow.clocks.t, rel=1e-5)


@pytest.mark.parametrize("window", [25, 144])
def test_patches_wider_than_the_window_race_the_same(window: int) -> None:
    patches = PatchParams(mean={"urban": 90.0}, spread=0.3, compact=0.0)
    wide, narrow = fresh_engine(patches=patches), fresh_engine(window, patches=patches)
    for _ in range(2):
        changes = [engine.allocate([250, 20])[0] for engine in (wide, narrow)]
        assert np.array_equal(changes[0].cell, changes[1].cell)
        wide.begin_year()
        narrow.begin_year()
    assert np.array_equal(wide.clocks.score, narrow.clocks.score)


def test_cells_that_change_together_leave_what_they_leave_one_by_one() -> None:
    together, apart = fresh_engine(), fresh_engine()
    cells = far_apart(300)
    together.convert_cells(cells, URBAN, project=True)
    for cell in cells:
        apart.convert_cells([cell], URBAN, project=True)
    assert np.array_equal(together.clocks.score, apart.clocks.score)
    assert np.array_equal(np.isfinite(together.clocks.t), np.isfinite(apart.clocks.t))
    assert together.clocks.t == pytest.approx(apart.clocks.t, rel=1e-4)
    rescaled_once = [potential(together, 0, cell) for cell in np.flatnonzero(np.isfinite(together.clocks.t[0]))]
    draws = -np.log(uniform_cells(1, "clock/urban", 0, 0, together.land.size))[np.isfinite(together.clocks.t[0])]
    assert together.clocks.t[0][np.isfinite(together.clocks.t[0])] == pytest.approx(draws / rescaled_once, rel=1e-5)


@given(seed=st.integers(0, 2**32), radius=st.integers(1, 3))
@settings(max_examples=25)
def test_reacting_scores_equal_those_of_the_new_map_for_any_kernel(seed: int, radius: int) -> None:
    """A kernel that looks one way only: what a changed cell is to its neighbour is read mirrored."""
    rng = np.random.default_rng(seed)
    land = rng.choice(LEGEND.codes, (9, 8)).astype(np.uint8)
    engine = engine_of(land, gained=(URBAN, GRASS), params=EngineParams(radius=radius))
    clocks = engine.clocks
    clocks.pull[:] = rng.integers(-40, 90, clocks.pull.shape)
    clocks.moves[:] = 1
    for k in range(2):
        scores(land, INDEX, LEGEND.nodata, clocks.pull[k], slice(0, len(land)), clocks.score[k].reshape(land.shape))
    engine.begin_year()
    engine.convert_cells(rng.integers(0, land.size, 30), rng.choice(LEGEND.codes, 30), project=True)
    assert not np.array_equal(engine.land, land)
    for k in range(2):
        assert np.array_equal(clocks.score[k].reshape(land.shape), brute_scores(engine.land, clocks.pull[k]))


@given(seed=st.integers(0, 2**32), mean=st.integers(2, 30))
@settings(max_examples=15)
def test_scores_after_a_race_of_patches_are_those_of_the_new_map_for_any_kernel(seed: int, mean: int) -> None:
    rng = np.random.default_rng(seed)
    engine = fresh_engine(
        int(rng.choice([25, 200, 40_000])), patches=PatchParams(mean={"urban": float(mean)}), seed=seed % 997
    )
    clocks = engine.clocks
    clocks.pull[:] = rng.integers(-40, 90, clocks.pull.shape)
    clocks.moves[:] = 1
    for k in range(2):
        scores(engine.land, INDEX, LEGEND.nodata, clocks.pull[k], slice(0, SHAPE[0]), clocks.score[k].reshape(SHAPE))
    engine.allocate([80, 40])
    for k in range(2):
        fresh = np.empty(SHAPE, np.int16)
        scores(engine.land, INDEX, LEGEND.nodata, clocks.pull[k], slice(0, SHAPE[0]), fresh)
        assert np.array_equal(clocks.score[k].reshape(SHAPE), fresh)


def test_a_change_that_means_nothing_to_a_class_leaves_its_clocks() -> None:
    engine = fresh_engine()
    fields = np.flatnonzero(engine.land.ravel() == ARABLE)[:20]
    before = engine.clocks.t.copy(), engine.clocks.score.copy()
    engine.convert_cells(fields, FOREST, project=True)
    kept = np.setdiff1d(np.arange(engine.land.size), fields)
    assert np.array_equal(engine.clocks.t[:, kept], before[0][:, kept])
    assert np.array_equal(engine.clocks.score, before[1])


def test_clocks_that_have_rung_wait_whatever_happens_around_them() -> None:
    engine = fresh_engine()
    t, lanes = engine.clocks.t[0], engine.lanes
    lanes.tau[:] = np.median(t[np.isfinite(t)])
    before = t.copy()
    engine.convert_cells(far_apart(200), URBAN, project=True)
    still_here = np.isfinite(t)
    rung = still_here & (before <= lanes.tau[0])
    running = still_here & (before > lanes.tau[0])
    assert np.count_nonzero(rung) > 100
    assert np.array_equal(t[rung], before[rung])
    moved = t[running] != before[running]
    assert np.mean(moved) > 0.5
    assert np.all(t[running] > lanes.tau[0])
    assert np.all(t[running] <= before[running])
