"""Folding: a fitted race weighs S * N(now) / N(start), whatever the scatter, the window and the patches."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import ARABLE, CELL_BY_CELL, FOREST, LEGEND, URBAN, grid_of, open_door, potential

from landsim.transition.engine import LandEngine
from landsim.transition.hazard import Hazard, hazard
from landsim.transition.neighbourhood import quantise, relative_response, ring_kernel, uniform_kernel, widened
from landsim.transition.potential import EngineParams, Gained, PatchParams

URBAN_ROW, FOREST_ROW = LEGEND.row("urban"), LEGEND.row("forest")
RNG = np.random.default_rng(4)
LAND = np.where(RNG.random((30, 40)) < 0.15, URBAN, ARABLE).astype(np.uint8)
CHANCE = np.where(LAND == URBAN, 0.0, RNG.random(LAND.shape) * 0.4).astype(np.float32)
KERNEL = ring_kernel(np.array([[0.5, 0.25], [1.0, 0.5], [-1.0, 0.0], [0, 0], [0, 0], [0, 0]]), (1, 3))


def fitted_engine(params, patches=CELL_BY_CELL, kernel=None, chance=CHANCE, rows=None) -> LandEngine:
    return LandEngine(
        grid_of(LAND), LEGEND, open_door(LAND), [Gained(URBAN_ROW, fitted=True)], lambda race, part: 1 / 0,
        lambda row: np.array([row.code], np.uint8), params, patches, 1, rows=rows,
        hazards={"urban": Hazard(chance, kernel)},
    )  # fmt: skip


def share(engine: LandEngine) -> np.ndarray:
    """Response to the surroundings as they are now, by the formula."""
    p, full = engine.params, quantise(engine.clocks.pull[0].astype(float))[1]
    score = np.maximum(engine.clocks.score[0], 0)
    return ((p.floor + score / full) / p.floor) ** p.neighbourhood


@pytest.mark.parametrize("kernel", [None, KERNEL], ids=["even", "fitted"])
@pytest.mark.parametrize(("scatter", "exponent"), [(1.0, 1.0), (0.5, 2.0), (0.2, 1.0), (0.0, 1.5)])
def test_a_fitted_race_tells_what_has_changed_since_the_start(scatter, exponent, kernel) -> None:
    engine = fitted_engine(EngineParams(radius=2, scatter=scatter, neighbourhood=exponent), kernel=kernel)
    before = share(engine)
    engine.begin_year()
    changes, _ = engine.allocate([60])
    assert len(changes) == 60
    now = share(engine)
    assert not np.array_equal(before, now)
    power = 1.0 / scatter if scatter else 1.0
    static = hazard(CHANCE).reshape(-1) / hazard(CHANCE).max()
    cells = np.flatnonzero((engine.land.reshape(-1) == ARABLE) & (static > 0))
    found = [potential(engine, 0, cell) for cell in cells]
    assert np.allclose(found, ((static * now / before) ** power)[cells], rtol=4e-4 * power)


@pytest.mark.parametrize("scatter", [0.0, 1.0])
def test_the_rows_prepared_at_a_time_change_nothing(scatter) -> None:
    one, many = (fitted_engine(EngineParams(scatter=scatter), rows=rows) for rows in (None, 7))
    assert np.array_equal(one.clocks.t, many.clocks.t)
    assert np.array_equal(one.clocks.suit, many.clocks.suit)


def test_a_cell_without_chance_has_no_clock() -> None:
    chance = CHANCE.copy()
    chance[3:9] = 0.0
    for scatter in (0.0, 1.0):
        t = fitted_engine(EngineParams(scatter=scatter), chance=chance).clocks.t.reshape(LAND.shape)
        assert np.array_equal(np.isfinite(t), chance > 0)


@pytest.mark.parametrize("scatter", [0.0, 1.0])
def test_fitted_classes_compete_for_a_cell_by_their_rates(scatter) -> None:
    races = [Gained(URBAN_ROW, fitted=True), Gained(FOREST_ROW, fitted=True)]
    other = (CHANCE * np.float32(0.1)).astype(np.float32)
    engine = LandEngine(
        grid_of(LAND), LEGEND, open_door(LAND), races, lambda race, part: 1 / 0,
        lambda row: np.array([row.code], np.uint8), EngineParams(scatter=scatter), CELL_BY_CELL, 1,
        hazards={"urban": Hazard(CHANCE), "forest": Hazard(other)},
    )  # fmt: skip
    engine.begin_year()
    cells = np.flatnonzero((CHANCE > 0.01).reshape(-1))
    ratio = [potential(engine, 0, cell) / potential(engine, 1, cell) for cell in cells]
    assert np.allclose(ratio, (hazard(CHANCE) / hazard(np.maximum(other, 1e-9))).reshape(-1)[cells], rtol=1e-3)
    if scatter == 0.0:
        assert np.allclose(engine.clocks.t[1, cells] / engine.clocks.t[0, cells], ratio, rtol=1e-3)


def test_ranking_draws_no_patches_and_starts_with_the_best_cell() -> None:
    engine = fitted_engine(EngineParams(scatter=0.0, neighbourhood=0.0), PatchParams(mean={"urban": 4.0}))
    best = np.unravel_index(CHANCE.argmax(), CHANCE.shape)
    assert engine.patches.mean.tolist() == [1.0]
    assert engine.clocks.t.reshape(LAND.shape)[best] == 1.0


def test_windows_of_all_races_are_of_one_size() -> None:
    races = [Gained(URBAN_ROW, fitted=True), Gained(FOREST_ROW)]
    engine = LandEngine(
        grid_of(LAND), LEGEND, open_door(LAND), races, lambda race, part: np.ones(LAND[part].shape, np.float32),
        lambda row: np.array([row.code], np.uint8), EngineParams(radius=1), CELL_BY_CELL, 1,
        hazards={"urban": Hazard(CHANCE, KERNEL)},
    )  # fmt: skip
    pull = engine.clocks.pull
    assert pull.shape == (2, 6, 7, 7)
    code = LEGEND.names.index("forest")
    even = widened(uniform_kernel(1, 6, [code]), 3)
    assert np.array_equal(pull[1], even.astype(np.int16))
    assert pull[0][LEGEND.names.index("urban"), 3, 4] > pull[0][LEGEND.names.index("arable"), 3, 4] > 0
    assert pull[0][code, 3, 4] < 0
    assert engine.clocks.response[1].max() == 1.0
    assert engine.clocks.response[0].min() == 1.0
    assert (engine.land == FOREST).sum() == 0


def test_the_relative_response_is_the_response_over_its_least() -> None:
    response = relative_response(10.0, 11, 0.02, 1.0)
    assert response[0] == 1.0
    assert response[10] == pytest.approx(51.0)
    assert relative_response(10.0, 30, 0.02, 0.0).tolist() == [1.0] * 30
    assert np.isfinite(relative_response(10.0, 11, 0.02, 200.0).astype(np.float32)).all()


def test_a_ring_s_weight_is_spread_over_its_cells() -> None:
    kernel = ring_kernel(np.array([[1.0, 2.0]]), (1, 3))
    assert kernel.shape == (1, 7, 7)
    assert kernel[0, 3, 3] == 0.0
    assert kernel[0, 2:5, 2:5].sum() == pytest.approx(1.0)
    assert kernel.sum() == pytest.approx(3.0)
    assert widened(kernel, 4)[0, 0].tolist() == [0.0] * 9
