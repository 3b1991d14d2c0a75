"""Static suitability, what may come from what, and how weights are stored."""

from __future__ import annotations

import numpy as np
import pytest
from worlds import ARABLE, FOREST, GRASS, LEGEND, URBAN, WATER, grid_of

from landsim.landscape.landscape import Landscape
from landsim.landscape.legend import BUILT, Land, Legend, model_legend, model_row
from landsim.transition.clocks import UNFIT
from landsim.transition.potential import (
    EngineParams,
    Gained,
    attractors,
    default_suitability,
    ease_of,
    readiness,
    successor,
    suitability_factor,
)

ROWS = {row.code: row for row in LEGEND.rows}
EXACT = EngineParams(density_floor=1e-6, slope=0.04)


def whole(where, race: Gained, params: EngineParams) -> np.ndarray:
    return default_suitability(where, race, params, slice(0, where.grid.height))


@pytest.mark.parametrize("scatter", [0.0, 0.5, 1.0, 2.0])
def test_scatter_is_a_root_of_the_weight(scatter: float) -> None:
    steps = np.array([0, 100, 5000])
    expected = np.exp(-steps / 2048.0) ** (1.0 / (scatter or 1.0))
    assert suitability_factor(scatter)[steps] == pytest.approx(expected, rel=1e-6)
    assert readiness(5.0, scatter)[3] == pytest.approx((1 - np.exp(-3 / 5)) ** (1.0 / (scatter or 1.0)), rel=1e-6)


@pytest.mark.parametrize("scatter", [0.01, 0.1, 4.0])
def test_however_sharp_what_is_possible_keeps_a_weight(scatter: float) -> None:
    assert suitability_factor(scatter)[:UNFIT].min() > 0
    ready = readiness(50.0, scatter)
    assert ready[0] == 0
    assert ready[1:].min() > 0
    assert np.all(np.diff(ready) >= 0)
    assert ready[250:].tolist() == [1.0] * 6


def test_a_built_class_falls_to_arable_and_another_to_grass() -> None:
    assert successor(LEGEND, ROWS[URBAN]).code == ARABLE
    assert successor(LEGEND, ROWS[ARABLE]).code == GRASS
    assert successor(LEGEND, ROWS[GRASS]).code == FOREST


def test_where_there_is_no_first_heir_the_next_inherits() -> None:
    def legend(*lands: Land) -> Legend:
        return Legend(tuple(model_row(land) for land in lands))

    built_only = legend(Land.URB_RES, Land.RURAL)
    assert successor(built_only, built_only.rows[0]) is None
    towns = legend(Land.GRASS, Land.URB_RES)
    assert successor(towns, towns.row("urban")).model_class is Land.GRASS
    assert successor(towns, towns.row("grass")) is None
    fields = legend(Land.ARABLE, Land.UNUSED)
    assert successor(fields, fields.row("arable")).model_class is Land.UNUSED
    assert successor(fields, fields.row("unused")).model_class is Land.ARABLE


def test_what_comes_from_what() -> None:
    assert ease_of(Land.ARABLE, Land.URB_RES) == 1.0
    assert ease_of(Land.FOREST, Land.URB_RES) == 0.3
    assert ease_of(Land.URB_SVC, Land.URB_RES) == 0.0
    assert ease_of(Land.URB_RES, Land.URB_RES) == 0.0
    assert ease_of(Land.FOREST, Land.FOREST) == 1.0
    assert ease_of(Land.SEA, Land.URB_RES) == 0.0
    assert all(ease_of(built, Land.GRASS) == 0.0 for built in BUILT)
    assert all(0.0 <= ease_of(a, b) <= 1.0 for a in Land for b in Land)


def test_a_race_of_decline_takes_the_falling_class_alone() -> None:
    race = Gained(ROWS[GRASS], ROWS[URBAN])
    assert race.name == "urban to grass"
    assert [race.ease(row) for row in LEGEND.rows] == [float(row.code == URBAN) for row in LEGEND.rows]
    growth = Gained(ROWS[FOREST])
    assert growth.name == "forest"
    assert growth.ease(ROWS[FOREST]) == 0.0
    assert growth.ease(ROWS[GRASS]) == 1.0


def place(land: np.ndarray, **layers: np.ndarray) -> Landscape:
    return Landscape(grid_of(land), LEGEND, land, layers)


def town_in_fields() -> np.ndarray:
    land = np.full((41, 41), ARABLE, np.uint8)
    land[18:23, 18:23] = URBAN
    land[:, :3] = WATER
    return land


def test_default_suitability_falls_with_distance_from_like_land() -> None:
    suit = whole(place(town_in_fields()), Gained(ROWS[URBAN]), EXACT)
    assert suit.dtype == np.float32
    assert suit.min() > 0
    assert suit.max() <= 1.0
    assert np.all(np.diff(suit[20, 20:38]) < 0)


def test_steep_land_is_worse_and_too_steep_land_impossible_for_building() -> None:
    land = town_in_fields()
    slope = np.zeros(land.shape, np.float32)
    slope[:10], slope[30:], slope[0, 0] = 10.0, 26.0, np.nan
    places = place(land), place(land, slope=slope)
    flat, steep = (whole(where, Gained(ROWS[URBAN]), EXACT) for where in places)
    assert steep[1:10] == pytest.approx(flat[1:10] * np.exp(-0.4), rel=1e-5)
    assert not steep[30:].any()
    assert steep[0, 0] == flat[0, 0]
    assert np.array_equal(steep[10:30], flat[10:30])
    grass = [whole(where, Gained(ROWS[GRASS]), EXACT) for where in places]
    assert np.array_equal(*grass)


def test_a_falling_class_goes_first_where_little_of_it_stands() -> None:
    suit = whole(place(town_in_fields()), Gained(ROWS[ARABLE], ROWS[URBAN]), EXACT)
    assert suit[18, 18] > suit[20, 20]
    assert suit[5, 35] > 0.99


def test_the_density_exponent_sharpens_what_is_there() -> None:
    where, race = place(town_in_fields()), Gained(ROWS[URBAN])
    plain = whole(where, race, EXACT)
    squared = whole(where, race, EXACT.model_copy(update={"density": 2.0}))
    assert squared == pytest.approx(plain**2, rel=1e-4)


def test_built_classes_are_drawn_by_all_building_but_green_and_others_by_their_own() -> None:
    legend = model_legend()
    where = Landscape(grid_of(np.ones((2, 2), np.uint8)), legend, np.ones((2, 2), np.uint8))
    drawn = set(attractors(where, legend.row("industry")).tolist())
    assert drawn == {int(land) for land in BUILT if land is not Land.GREEN}
    assert attractors(where, legend.row("forest")).tolist() == [Land.FOREST]
