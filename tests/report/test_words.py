"""Words: both languages say the same things, about everything that a report can name."""

from __future__ import annotations

import math
import re
import string

import pytest

from landsim.agents.population import Population  # noqa: F401 - registers what levers need
from landsim.core.errors import UsageError
from landsim.core.params import describe
from landsim.indicators.record import INDICATORS
from landsim.indicators.table import FILED_BY
from landsim.landscape.legend import Land, Legend, model_row
from landsim.model.params import ModelParams
from landsim.report.page_plan import items
from landsim.report.page_planes import CHANGES, DIFFERENCES, LINES
from landsim.report.page_tables import GROUPS
from landsim.report.words import LANGUAGES, Words
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
    english = {key: text for key, text in ENGLISH.items() if key != "levers"}
    chinese = {key: text for key, text in CHINESE_WORDS.items() if not key.startswith("levers.")}
    assert english.keys() == chinese.keys()
    texts = [key for key, text in english.items() if isinstance(text, str)]
    assert [key for key in texts if gaps(english[key]) != gaps(chinese[key])] == []


def test_chinese_is_chinese_and_english_is_not():
    assert [key for key, text in ENGLISH.items() if CHINESE.search(str(text))] == []
    bare = {"language", "page.made", "page.not_known", "page.colon", "page.semicolon", "page.stop", "plan.at_least"}
    bare |= {"plan.at_most", *(key for key in CHINESE_WORDS if key.startswith("units."))}
    assert [key for key, text in CHINESE_WORDS.items() if key not in bare and not CHINESE.search(str(text))] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_everything_that_a_report_names_has_words(lang):
    assert FILED_BY
    table = Words(lang).table
    shown = {name for names in GROUPS.values() for name in names} | {i["indicator"] for i in items() if i["indicator"]}
    assert shown <= set(INDICATORS.names())
    assert shown <= set(table["indicators"])
    assert {INDICATORS[name].quantity.unit for name in shown} <= set(table["units"])
    assert {rule.name.lower() for rule in Rule if rule is not Rule.PASSED} <= set(table["rules"])
    assert set(KINDS) <= set(table["kinds"])
    assert set(AGENT_KINDS) <= set(table["agents"])
    assert set(GROUPS) == set(table["groups"])
    for kinds, names in (("change_kinds", CHANGES), ("line_kinds", LINES), ("difference_kinds", DIFFERENCES)):
        assert set(names) == set(table[kinds])
    assert {item["target"]["basis"] for item in items() if "target" in item} <= set(table["plan"]["bases"])


def test_every_lever_has_a_chinese_meaning():
    levers = {row["path"] for row in describe(ModelParams) if row["lever"]}
    assert levers == set(Words("zh").table["levers"])


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
