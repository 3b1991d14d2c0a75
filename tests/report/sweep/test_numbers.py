"""Numbers of the report of a sweep: two digits of what is uncertain, signs, chances, shares and lists of seeds."""

from __future__ import annotations

import math

import pytest

from landsim.report.sweep.numbers import between, chance, difference, is_clear, percent, plus_minus, spans
from landsim.report.words import Words

EN, ZH = Words("en"), Words("zh")


@pytest.mark.parametrize(
    ("value", "half", "unit", "words", "text"),
    [
        (7447.62, 3.81, "ha", EN, "7,447.6 ± 3.8"),
        (562_397.2, 506.7, "persons", EN, "562,397 ± 507"),
        (562_397.2, 506.7, "persons", ZH, "56.240 ± 0.051"),
        (0.51358, 0.000543, "1", EN, "0.51358 ± 0.00054"),
        (-0.02, 3.0, "ha", EN, "0.0 ± 3.0"),
        (12.0, 0.0, "ha", EN, "12"),
        (12.0, math.nan, "ha", EN, "12"),
        (math.nan, math.nan, "ha", EN, "–"),
    ],
)
def test_a_mean_has_the_digits_of_its_half_width(value, half, unit, words, text):
    assert plus_minus(value, half, unit, words) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(7424.0, 7467.0, "7,424 to 7,467"), (-38.75, 53.9, "−39 to 54"), (4.0, 4.0, "4"), (math.nan, 1.0, "–")],
)
def test_an_interval_has_the_digits_of_its_width(low, high, text):
    assert between(low, high, "ha", EN) == text


def test_a_difference_and_its_interval_have_signs_and_equal_digits():
    assert difference(-18.08, -20.53, -15.63, "ha", EN) == ("−18.1", "−20.5 to −15.6")
    assert difference(140.7, 125.1, 156.3, "CNY/m2", ZH) == ("+141", "+125 至 +156")
    assert difference(0.0118, -0.0084, 0.032, "min", EN) == ("+0.012", "−0.008 to +0.032")
    assert difference(-6.25, -6.25, -6.25, "ha", EN) == ("−6.25", "the same in all pairs")
    assert difference(0.0, 0.0, 0.0, "ha", ZH) == ("0", "各对相同")


def test_a_difference_that_is_not_known_is_not_called_the_same():
    assert difference(math.nan, math.nan, math.nan, "ha", EN) == ("–", "–")
    assert difference(-6.25, math.nan, math.nan, "ha", ZH) == ("−6.25", "–")


@pytest.mark.parametrize(
    ("low", "high", "p", "clear"),
    [(1.0, 2.0, 0.01, True), (-2.0, -1.0, 0.01, True), (1.0, 2.0, 0.06, False), (-1.0, 2.0, 0.01, False),
     (math.nan, math.nan, math.nan, False)],
)  # fmt: skip
def test_a_difference_is_clear_beyond_its_interval_and_beyond_chance(low, high, p, clear):
    assert is_clear(low, high, p) is clear


def test_chances_shares_and_seeds():
    assert [chance(p, EN) for p in (2.8e-25, 0.0123456, 1.0)] == ["< 0.001", "0.012", "1"]
    assert chance(0.0, ZH) == "小于 0.001"
    assert [percent(share, EN) for share in (0.0, 0.0264, 0.371, 0.968, 1.0, math.nan)] == [
        "0", "2.6", "37", "96.8", "100", "–",
    ]  # fmt: skip
    assert spans([5, 1, 2, 3, 9]) == "1–3, 5, 9"
