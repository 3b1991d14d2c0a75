"""Legends: the shipped crosswalks, and a user's own codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from landsim.core.errors import InputError, Problems
from landsim.io.legends import CROSSWALKS, crosswalk, model_class_of, read_legend
from landsim.io.paths import Places
from landsim.landscape.legend import BUILT, WATERY, Land, Legend

# code -> coarse class of the specification: arable, vegetation, water and wetland, built, bare
COARSE = {
    "clcd": {"A": [1], "V": [2, 3, 4], "W": [5, 9], "U": [6, 7], "B": [8]},
    "globeland30": {"A": [10], "V": [20, 30, 40], "W": [50, 60], "B": [80], "U": [70, 90, 100]},
    "worldcover": {"A": [40], "V": [10, 20, 30], "W": [80, 90, 95], "B": [50], "U": [60, 70, 100]},
    "cnlucc": {
        "A": [11, 12],
        "V": [21, 22, 23, 24, 31, 32, 33],
        "W": [41, 42, 43, 44, 45, 46],
        "B": [51, 52, 53],
        "U": [61, 62, 63, 64, 65, 66, 67],
    },
}
_GROUPS = {"A": {Land.ARABLE}, "V": {Land.FOREST, Land.GRASS}, "W": set(WATERY), "B": set(BUILT), "U": {Land.UNUSED}}


def _legend(spec: Any, home: Path = Path()) -> tuple[Legend, str]:
    problems = Problems()
    legend = read_legend(spec, Places.of(home), "data.yaml: landcover.legend", problems)
    return legend, "\n".join(map(str, problems.faults))


@pytest.mark.parametrize("name", CROSSWALKS)
def test_every_crosswalk_calls_built_up_land_urban(name: str) -> None:
    row = crosswalk(name).row("urban")
    assert row.built
    assert row.model_class is Land.URB_RES


@pytest.mark.parametrize("name", CROSSWALKS)
def test_crosswalk_rows_are_whole(name: str) -> None:
    rows = crosswalk(name).rows
    assert [row.code for row in rows] == sorted({row.code for row in rows})
    assert len({row.name for row in rows}) == len(rows)
    for row in rows:
        assert row.name == row.name.lower()
        assert row.name_zh
        assert row.colour.startswith("#")
        assert row.built == (row.model_class in BUILT)
        assert row.arable == (row.model_class is Land.ARABLE)


@pytest.mark.parametrize("name", COARSE)
def test_crosswalk_agrees_with_the_coarse_legend(name: str) -> None:
    classes = {row.code: row.model_class for row in crosswalk(name).rows}
    for group, codes in COARSE[name].items():
        assert {classes[code] for code in codes} <= _GROUPS[group]


def test_cnlucc_keeps_three_kinds_of_built_land() -> None:
    rows = {row.code: (row.name, row.model_class) for row in crosswalk("cnlucc").rows}
    assert rows[51] == ("urban", Land.URB_RES)
    assert rows[52] == ("rural", Land.RURAL)
    assert rows[53] == ("other_built", Land.URB_IND)


def test_misspelt_crosswalk_gives_the_nearest() -> None:
    with pytest.raises(InputError, match="Did you mean 'globeland30'"):
        crosswalk("globland30")
    assert "Did you mean 'clcd'" in _legend("clcdd")[1]


def test_codes_by_name_find_their_model_class() -> None:
    legend, faults = _legend({0: "other", 1: "Water", "2": "urban", 7: "evergreen forest"})
    assert faults == ""
    assert [(row.code, row.name, row.model_class) for row in legend.rows] == [
        (0, "other", Land.UNUSED),
        (1, "water", Land.WATER),
        (2, "urban", Land.URB_RES),
        (7, "evergreen forest", Land.FOREST),
    ]


def test_rows_may_say_everything() -> None:
    spec = {5: {"name": "homestead", "model_class": "RURAL", "colour": "#AABBCC", "name_zh": "宅基地", "built": False}}
    row = _legend(spec)[0].rows[0]
    assert (row.model_class, row.colour, row.name_zh, row.built) == (Land.RURAL, "#aabbcc", "宅基地", False)


def test_legend_from_csv(tmp_path: Path) -> None:
    (tmp_path / "classes.csv").write_text("code,name,model_class\n3,paved,URB_IND\n1,wood,\n")
    legend, faults = _legend("classes.csv", tmp_path)
    assert faults == ""
    assert [(row.code, row.model_class) for row in legend.rows] == [(1, Land.FOREST), (3, Land.URB_IND)]


def test_every_fault_of_a_legend_at_once() -> None:
    faults = _legend(
        {1: "flibber", 300: "forest", 4: {"name": "x", "modelclass": "water"}, 5: "water", 6: "water", 7: None}
    )[1]
    assert "1: no model class is known for 'flibber'" in faults
    assert "300: not a code of a class; wanted a whole number 0..254" in faults
    assert "4.modelclass: unknown key. Did you mean 'model_class'" in faults
    assert "6: class name 'water' given twice" in faults
    assert "7: class without a name" in faults


@pytest.mark.parametrize(
    ("name", "land"),
    [
        ("rural settlement", Land.RURAL),
        ("non-urban", Land.UNUSED),
        ("built-up", Land.URB_RES),
        ("tidal flat", Land.WETLAND),
        ("snow/ice", Land.UNUSED),
        ("urban green", Land.GREEN),
        ("nothing of the kind", None),
    ],
)
def test_model_class_of_a_name(name: str, land: Land | None) -> None:
    assert model_class_of(name) is land


def test_no_legend_means_model_classes() -> None:
    assert _legend(None)[0].row("urban").code == int(Land.URB_RES)
