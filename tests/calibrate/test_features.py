"""Features of a study: which are taken for which drivers and classes, and the signs that theory gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from growing import LEGEND, OTHER, URBAN, WATER, place

from landsim.calibrate.features import density_recipe, momentum_recipe, sign, static_recipe, unit
from landsim.transition.features import Feature


@dataclass(frozen=True)
class Facts:
    kind: str = "continuous"
    needs_indicator: bool = False
    categories: tuple[int, ...] = ()


DRIVERS = {
    "slope_deg": Facts(needs_indicator=True), "dem": Facts(), "roads": Facts("source"), "pop": Facts(),
    "soil": Facts("categorical", categories=(1, 4)),
}  # fmt: skip
CODES = place().maps[0]
STATIC = static_recipe(LEGEND, CODES, URBAN, DRIVERS)


def of_driver(name: str) -> set[str]:
    return {feature.kind for feature in STATIC.features if feature.driver == name}


def test_each_kind_of_driver_gets_its_features() -> None:
    assert of_driver("slope_deg") == {"driver", "missing", "smooth"}
    assert of_driver("dem") == {"driver", "relative", "relief"}
    assert of_driver("roads") == {"source"}
    assert of_driver("pop") == {"driver"}
    assert [f.value for f in STATIC.features if f.driver == "soil"] == [1, 4]


def test_other_classes_count_where_there_are_more_than_two_and_they_are_common() -> None:
    assert {f.code for f in STATIC.features if f.kind == "present"} == {OTHER, WATER}
    rare = CODES.copy()
    rare[rare == WATER] = OTHER
    rare[50, 50] = WATER
    assert {f.code for f in static_recipe(LEGEND, rare, URBAN, {}).features if f.kind == "present"} == {OTHER}
    rare[50, 50] = OTHER
    assert not [f for f in static_recipe(LEGEND, rare, URBAN, {}).features if f.kind == "present"]


def test_momentum_adds_recent_growth_behind_what_is_static() -> None:
    momentum = momentum_recipe(STATIC, URBAN, 5)
    assert momentum.features[: len(STATIC.features)] == STATIC.features
    assert {f.kind for f in momentum.features[len(STATIC.features) :]} == {"recent", "since", "growth"}
    assert momentum.past_years == 5
    assert len(set(momentum.names)) == len(momentum.names)
    assert all(" " not in name for name in momentum.names)
    assert momentum.drivers == tuple(sorted(DRIVERS))


def test_signs_are_those_of_theory_and_slopes_count_for_building_only() -> None:
    urban, water = LEGEND.rows[2], LEGEND.rows[1]
    slope = Feature("driver", driver="slope_deg")
    assert [sign(f, urban) for f in (Feature("density", URBAN, 1.0), Feature("since", URBAN), slope)] == [1, -1, -1]
    assert [sign(f, urban) for f in (Feature("density", WATER, 1.0), Feature("patch", URBAN))] == [0, 0]
    assert sign(slope, water) == 0


def test_units_are_named() -> None:
    units = {"dem": "m"}
    assert unit(Feature("driver", driver="dem"), units) == "m"
    assert unit(Feature("relief", driver="dem", sigma=3.0), units) == "m"
    assert unit(Feature("missing", driver="dem"), units) == "1"
    assert unit(Feature("distance", URBAN), units) == "cells"
    assert unit(Feature("density", URBAN, 3.0), units) == "1"
    assert unit(Feature("patch", URBAN), units) == "ln(1 + cells)"


def test_the_baseline_needs_nothing_but_the_map() -> None:
    assert density_recipe(URBAN).names == ("density_3_s5",)
    assert np.isin(density_recipe(URBAN).codes, LEGEND.codes).all()
