"""The figure of a comparison: rows, intervals, the map over what is built, and the stamp."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from landsim.report.compare_figure import SHOWN, compare_figure, rows_of, write_compare_figure
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
        figure = compare_figure(comparison, ("trend", "tight"))
        figure.canvas.draw()
    left, right = figure.axes[:2]
    assert figure.get_suptitle() == "tight against trend, 2023 (one pair, no interval)"
    assert "UNCALIBRATED" in figure.get_supxlabel()
    assert left.get_yticklabels()[0].get_text() == "Construction land"
    assert len(left.get_yticks()) == len(rows_of(comparison))
    difference, _ = comparison.built_difference()
    shown = np.ma.filled(right.images[-1].get_array().astype(float), np.nan)
    assert np.array_equal(np.nan_to_num(shown), np.nan_to_num(difference))


def test_it_is_written_whole(comparison, tmp_path):
    write_compare_figure(tmp_path / "figure.png", comparison, ("trend", "tight"))
    assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["figure.png"]
