"""The figure of a comparison: rows, intervals, the map over what is built, and the stamp."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from landsim.report.compare import figure as module
from landsim.report.compare.figure import SHOWN, compare_figure, drawable, rows_of, write_compare_figure
from landsim.report.words import LANGUAGES, Words
from landsim.scenario.compare import compare


@pytest.fixture(scope="module")
def comparison(two_runs):
    return compare(*two_runs)


def test_rows_are_those_of_the_table(comparison):
    rows = rows_of(comparison)
    assert set(rows) <= set(SHOWN)
    assert rows["built_ha"]["difference"] == pytest.approx(rows["built_ha"]["b"] - rows["built_ha"]["a"])
    assert rows["built_ha"]["difference"] < 0


def test_the_figure_says_what_was_compared_and_what_is_not_fitted(comparison):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = compare_figure(comparison, ("trend", "tight"), Words("en"))
        figure.canvas.draw()
    left, right = figure.axes[:2]
    assert figure.get_suptitle() == "tight against trend, 2023 (one pair, no interval)"
    assert "UNCALIBRATED" in figure.get_supxlabel()
    assert left.get_yticklabels()[0].get_text() == "Construction land"
    assert len(left.get_yticks()) == len(rows_of(comparison))
    difference, _ = comparison.built_difference()
    shown = np.ma.filled(right.images[-1].get_array().astype(float), np.nan)
    assert np.array_equal(np.nan_to_num(shown), np.nan_to_num(difference))


def test_it_speaks_chinese(comparison):
    figure = compare_figure(comparison, ("trend", "tight"), Words("zh"))
    left, right = figure.axes[:2]
    assert figure.get_suptitle() == "tight 与 trend 相比，2023 年（仅一对，无区间）"
    assert left.get_yticklabels()[0].get_text() == "建设用地"
    assert right.get_title(loc="left") == "建设用地：B 中的种子占比减 A 中的占比"
    shown = [text.get_text() for axis in right.child_axes for text in axis.texts]
    assert "北  " in shown
    assert any(text.endswith((" 公里", " 米")) for text in shown)
    inside = [text.get_text() for text in left.texts]
    assert all("from 0" not in text and "_" not in text for text in inside)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_is_written_whole(comparison, tmp_path, lang):
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "Glyph")
        write_compare_figure(tmp_path / "figure.png", comparison, ("trend", "tight"), Words(drawable(lang)))
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["figure.png"]


def test_without_a_chinese_font_it_is_in_english(monkeypatch):
    monkeypatch.setattr(module, "text_families", lambda: ["DejaVu Sans"])
    assert (drawable("zh"), drawable("en")) == ("en", "en")
    monkeypatch.setattr(module, "text_families", lambda: ["DejaVu Sans", "Noto Sans CJK SC"])
    assert (drawable("zh"), drawable("en")) == ("zh", "en")
