"""Words: both languages say the same things, about everything that a report can name."""

from __future__ import annotations

import math
import re
import string
from typing import get_args

import pytest

from landsim.agents.population import Population  # noqa: F401 - registers what levers need
from landsim.core.errors import UsageError
from landsim.core.params import describe
from landsim.indicators.record import INDICATORS
from landsim.indicators.table import FILED_BY
from landsim.indicators.welfare import ITEMS, PARTIES
from landsim.landscape.legend import Land, Legend, model_row
from landsim.model.params import ModelParams
from landsim.report.page.plan import items
from landsim.report.page.planes import CHANGES, DIFFERENCES, LINES
from landsim.report.page.tables import GROUPS
from landsim.report.sweep.sections import SECTIONS
from landsim.report.words import LANGUAGES, Words
from landsim.sweep.axes import AXES
from landsim.sweep.jobs import Cause
from landsim.sweep.maps import KINDS as LAND_KINDS
from landsim.sweep.settings import Method
from landsim.transition.conversion import Rule
from landsim.transition.events import AGENT_KINDS, KINDS

CHINESE = re.compile("[\u4e00-\u9fff]")


def leaves(tree, path=""):
    for key, value in tree.items():
        assert isinstance(key, str), f"{path}{key}: YAML read this key as {type(key).__name__}"
        yield from leaves(value, f"{path}{key}.") if isinstance(value, dict) else [(f"{path}{key}", value)]


ENGLISH, CHINESE_WORDS = (dict(leaves(Words(lang).table)) for lang in ("en", "zh"))


def gaps(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_two_classes_on_one_model_class_keep_the_names_of_their_user():
    paddy, dry = model_row(Land.ARABLE, 1, "paddy_field"), model_row(Land.ARABLE, 2, "旱地")
    legend = Legend((paddy, dry, model_row(Land.FOREST, 3, "woods")))
    assert [Words("zh").land(row, legend) for row in legend.rows] == ["paddy field", "旱地", "林地"]


def test_both_languages_have_the_same_keys_and_gaps():
    assert ENGLISH.keys() == CHINESE_WORDS.keys()
    texts = [key for key, text in ENGLISH.items() if isinstance(text, str)]
    assert [key for key in texts if gaps(ENGLISH[key]) != gaps(CHINESE_WORDS[key])] == []


def test_chinese_is_chinese_and_english_is_not():
    assert [key for key, text in ENGLISH.items() if CHINESE.search(str(text))] == []
    left = {key: re.sub(r"\{.*?\}", "", str(text)) for key, text in CHINESE_WORDS.items()}
    spoken = [key for key in left if key not in ("language", "page.made") and not key.startswith("units.")]
    assert [key for key in spoken if re.search("[A-Za-z]", left[key]) and not CHINESE.search(left[key])] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_everything_that_a_report_names_has_words(lang):
    assert FILED_BY
    table = Words(lang).table
    shown = {name for names in GROUPS.values() for name in names} | {i["indicator"] for i in items() if i["indicator"]}
    units = {label: known.quantity.unit for _, known in INDICATORS.items() for label in known.labels(())}
    assert shown <= set(units) <= set(table["indicators"])
    assert {units[name] for name in shown} <= set(table["units"])
    assert {rule.name.lower() for rule in Rule if rule is not Rule.PASSED} <= set(table["rules"])
    assert set(KINDS) <= set(table["kinds"])
    assert set(AGENT_KINDS) <= set(table["agents"])
    assert set(GROUPS) == set(table["groups"])
    assert set(ITEMS) == set(table["account"]["items"])
    assert {*PARTIES, "society"} == set(table["account"]["parties"])
    for kinds, names in (("change_kinds", CHANGES), ("line_kinds", LINES), ("difference_kinds", DIFFERENCES)):
        assert set(names) == set(table[kinds])
    assert {item["target"]["basis"] for item in items() if "target" in item} <= set(table["plan"]["bases"])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_everything_that_the_report_of_a_sweep_names_has_words(lang):
    table = Words(lang).table
    sweep = table["sweep"]
    known = dict(INDICATORS.items())
    of_classes = {name for name, found in known.items() if found.scope == "class"}
    assert of_classes == set(table["class_indicators"])
    labels = {label for name, found in known.items() if name not in of_classes for label in found.labels([])}
    assert labels <= set(table["indicators"])
    assert {found.quantity.unit for found in known.values()} <= set(table["units"])
    assert {*AXES, "parameters", "seed", "interaction"} == set(sweep["axes"])
    assert {*get_args(Method)} - {"none"} == set(sweep["asked"]["methods"])
    assert {cause for cause in get_args(Cause) if cause} <= set(sweep["causes"])
    assert set(LAND_KINDS.values()) == set(sweep["land_kinds"])
    assert set(SECTIONS) == set(sweep["sections"])


def test_every_lever_has_a_meaning_and_every_choice_of_one_a_name():
    known = {row["path"]: row for row in describe(ModelParams)}
    levers = {path for path, row in known.items() if row["lever"]}
    for lang in LANGUAGES:
        table = Words(lang).table
        assert levers <= set(table["levers"]) <= set(known)
        choices = {str(known[path]["default"]) for path in ("quota.mode", "pace.mode", "balance.mode", "demand.mode")}
        assert choices | {"off", "given", "project", "markov", "fitted"} <= set(table["settings"])


@pytest.mark.parametrize(
    ("values", "changes", "texts"),
    [
        ([24.31, 30.0], [5.69], ["24.3", "30.0", "+5.7"]),
        ([0.923, 0.915], [-0.0077], ["0.923", "0.915", "−0.008"]),
        ([6827.0, 7451.0], [624.0], ["6,827", "7,451", "+624"]),
        ([1147.2, 680.8], [-466.4], ["1,147", "681", "−466"]),
        ([0.0, 0.71], [0.71], ["0", "0.710", "+0.710"]),
        ([99.7, 100.0], [0.0], ["99.7", "100.0", "0"]),
        ([131.1, math.nan], [math.nan], ["131.1", "–", "–"]),
        ([5.0, 5.0001], [0.0001], ["5.00", "5.00", "0.00"]),
        ([0.0, 0.0], [], ["0", "0"]),
    ],
)
def test_the_numbers_of_a_row_have_equally_many_decimals(values, changes, texts):
    assert Words("en").alike(values, "1", changes) == texts


def test_standard_classes_have_names_that_can_be_read_and_own_ones_stay():
    own = model_row(Land.OTHER_AG, 2, "tea_gardens")
    legend = Legend((model_row(Land.ARABLE, 1), own, model_row(Land.URB_RES, 8)))
    assert [Words("en").land(row, legend) for row in legend.rows] == ["cropland", "tea gardens", "urban housing"]
    assert Words("zh").land(model_row(Land.OTHER_AG, 2), legend) == "园地与农业设施用地"
    for lang in LANGUAGES:
        assert {model_row(land).name for land in Land if land is not Land.NODATA} == set(Words(lang).table["classes"])


def test_units_of_parameters_are_not_those_of_a_scale():
    assert Words("zh").plain_unit("CNY/kg") == "元/千克"
    assert Words("zh").plain_unit("persons") == "persons"
    assert (Words("zh").measured("面积", "ha"), Words("en").measured("Area", "ha")) == ("面积（公顷）", "Area (ha)")
    assert Words("en").measured("Share", "1") == "Share"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (-0.0, "0"), (1234567.8, "1,234,568"), (12.345, "12.3"), (0.00029, "0.00029"), (-3.5, "−3.5"),
        (100.04, "100.0"), (1e-9, "0"), (math.nan, "–"), (None, "–"), (-0.4e-7, "0"),
    ],
)  # fmt: skip
def test_numbers_have_the_digits_that_they_need(value, text):
    assert Words("en").number(value) == text


def test_money_and_people_are_in_the_scale_of_the_language():
    assert Words("zh").amount(2.5e8, "CNY") == "2.5"
    assert Words("zh").unit("CNY") == "亿元"
    assert Words("en").amount(2.5e8, "CNY") == "250"
    assert Words("en").change(-1500, "ha") == "−1,500"
    assert Words("zh").change(20_000, "persons") == "+2"


def test_a_language_without_words_is_wrong_usage():
    with pytest.raises(UsageError, match="wanted one of zh, en"):
        Words("fr")
