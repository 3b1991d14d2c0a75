"""Legends: the shipped crosswalks, and a user's own codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from landsim.core.errors import InputError, Problems
from landsim.io.class_names import model_class_of
from landsim.io.legends import CROSSWALKS, crosswalk, read_legend
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


@pytest.mark.parametrize(
    ("name", "land"),
    [
        ("耕地", Land.ARABLE), ("水浇地", Land.ARABLE), ("园地", Land.OTHER_AG), ("林地", Land.FOREST),
        ("灌木地", Land.FOREST), ("草地", Land.GRASS), ("湿地", Land.WETLAND), ("内陆滩涂", Land.WETLAND),
        ("水域", Land.WATER), ("水体", Land.WATER), ("建设用地", Land.URB_RES), ("不透水面", Land.URB_RES),
        ("人造地表", Land.URB_RES), ("农村居民点", Land.RURAL), ("工矿仓储用地", Land.URB_IND),
        ("商服用地", Land.URB_SVC), ("交通运输用地", Land.TRANS), ("绿地与开敞空间", Land.GREEN),
        ("特殊用地", Land.SPECIAL_RES), ("未利用地", Land.UNUSED), ("裸地", Land.UNUSED), ("海域", Land.SEA),
    ],
)  # fmt: skip
def test_chinese_names_are_known(name: str, land: Land) -> None:
    assert model_class_of(name) is land


def test_a_legend_in_chinese_keeps_its_names() -> None:
    legend, faults = _legend({1: "耕地", 2: "林地", 5: "水域", 8: "建设用地"})
    assert faults == ""
    assert [(row.name, row.name_zh, row.built) for row in legend.rows] == [
        ("耕地", "耕地", False),
        ("林地", "林地", False),
        ("水域", "水域", False),
        ("建设用地", "建设用地", True),
    ]


@pytest.mark.parametrize("name", CROSSWALKS)
def test_the_chinese_names_of_the_products_are_known(name: str) -> None:
    """Salt works are industry, marshes wetland, glaciers waste in the national classification, not in every product."""
    rows = [row for row in crosswalk(name).rows if row.name_zh not in ("盐田", "沼泽地", "永久性冰川雪地")]
    known = {row.name_zh: model_class_of(row.name_zh) for row in rows}
    assert [row for row in rows if known[row.name_zh] not in (row.model_class, None)] == []
    if name in ("clcd", "globeland30", "cnlucc"):
        assert [chinese for chinese, land in known.items() if land is None] == []


def test_guesses_are_cautions_until_they_are_said() -> None:
    problems = Problems()
    guesses = {1: "other", 2: "Non-residential built", 3: "rural road", 4: "rural settlement", 5: "evergreen forest"}
    read_legend(guesses, Places.of(Path()), "legend", problems)
    told = [str(caution) for caution in problems.cautions]
    assert len(told) == 3
    assert "'other' is taken for unused: an undivided rest need not be bare" in told[0]
    assert "'non-residential built' is taken for unused" in told[1]
    assert "'rural road' is taken for rural" in told[2]
    said = {1: {"name": "other", "model_class": "unused"}, 3: {"name": "rural road", "model_class": "transport"}}
    problems = Problems()
    read_legend(said, Places.of(Path()), "legend", problems)
    assert problems.cautions == []
