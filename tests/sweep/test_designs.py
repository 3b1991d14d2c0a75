"""Designs of parameters: they can be extended, they fill their ranges, and a table is drawn by its weights."""

from __future__ import annotations

from collections import Counter

import pytest

from landsim.core.errors import InputError
from landsim.sweep.designs import number_of_points, points_of
from landsim.sweep.settings import ParameterDesign, load_sweep
from landsim.sweep.wholes import whole_of
from tests.sweep.small import of_function, write_sweep

RANGES = {"enforcement": [0.5, 1.0], "quota.multiplier": [0.5, 1.5]}


def points(folder, **design):
    return points_of(load_sweep(write_sweep(folder, parameters=design)))


@pytest.mark.parametrize("method", ["sobol", "morris"])
def test_a_longer_design_begins_with_the_shorter_one(tmp_path, method) -> None:
    few, many = (points(tmp_path, method=method, of=RANGES, size=size).rows for size in (8, 16))
    assert len(many) == 2 * len(few)
    assert many[: len(few)] == few


@pytest.mark.parametrize(("method", "count"), [("sobol", 8 * 4), ("morris", 8 * 3), ("lhs", 8)])
def test_a_design_has_its_size_and_keeps_its_ranges(tmp_path, method, count) -> None:
    rows = points(tmp_path, method=method, of=RANGES, size=8).rows
    assert len(rows) == count
    assert number_of_points(ParameterDesign(method=method, of=RANGES, size=8)) == count
    assert all(low <= row[path] <= high for row in rows for path, (low, high) in RANGES.items())
    assert rows == points(tmp_path, method=method, of=RANGES, size=8).rows
    assert rows != points(tmp_path, method=method, of=RANGES, size=8, seed=2).rows


def test_a_latin_hypercube_has_one_point_a_slice(tmp_path) -> None:
    rows = points(tmp_path, method="lhs", of=RANGES, size=10).rows
    assert sorted(int((row["enforcement"] - 0.5) / 0.05) for row in rows) == list(range(10))


@pytest.mark.parametrize("method", ["sobol", "lhs", "morris"])
def test_a_parameter_that_is_a_whole_number_is_drawn_as_one_of_equal_chance(tmp_path, method) -> None:
    rows = points(tmp_path, method=method, of={"engine.radius": [1, 4], "enforcement": [0, 1]}, size=64).rows
    radii = Counter(row["engine.radius"] for row in rows)
    assert set(radii) == {1, 2, 3, 4}
    assert all(isinstance(radius, int) for radius in radii)
    assert max(radii.values()) <= 2 * min(radii.values())
    assert any(row["enforcement"] % 1 for row in rows)


def test_a_range_of_whole_numbers_is_cut_into_equal_parts() -> None:
    drawn = Counter(whole_of(2020.0 + i * 10.0 / 1100, 2020.0, 2030.0) for i in range(1100))
    assert drawn == dict.fromkeys(range(2020, 2031), 100)
    assert whole_of(2030.0, 2020.0, 2030.0) == 2030


def test_a_function_may_take_any_number(tmp_path) -> None:
    design = {"method": "lhs", "size": 8, "of": {"engine.radius": [1, 4]}}
    rows = points_of(load_sweep(of_function(tmp_path, "noisy_sum", parameters=design))).rows
    assert any(row["engine.radius"] % 1 for row in rows)


def test_a_grid_has_every_combination(tmp_path) -> None:
    rows = points(tmp_path, method="grid", of={"pace.mode": ["off", "stages"], "enforcement": [0.9, 1]}).rows
    assert len({tuple(row.items()) for row in rows}) == 4
    assert number_of_points(ParameterDesign(method="grid", of={"a": [1, 2], "b": [1, 2, 3]})) == 6
    assert {"pace.mode": "stages", "enforcement": 1} in rows


def test_rows_of_a_table_come_as_often_as_their_weights_say(tmp_path) -> None:
    (tmp_path / "posterior.csv").write_text("weight,distance,enforcement\n0.5,1,0.7\n0.25,2,0.8\n0.25,3,0.9\n")
    rows = points(tmp_path, method="sample", file="posterior.csv", size=8).rows
    assert Counter(row["enforcement"] for row in rows) == {0.7: 4, 0.8: 2, 0.9: 2}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("weight,a\n1,much\n", "row 1, column a: is not a number"),
        ("a\n", "has no rows"),
        ("weight,a\n-1,2\n", "negative"),
        ("weight\n1\n", "has no parameters"),
        ("a,b, a\n1,2,3\n", "column given twice; found a"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(tmp_path, text, told) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(InputError, match=told):
        points(tmp_path, method="sample", file="t.csv", size=4)


def test_only_the_columns_that_are_named_are_taken(tmp_path) -> None:
    (tmp_path / "t.csv").write_text("weight,enforcement,other\n1,0.5,2\n")
    design = {"method": "sample", "file": "t.csv", "size": 2}
    assert points(tmp_path, **design, of={"enforcement": []}).paths == ["enforcement"]
    with pytest.raises(InputError, match=r"of\.enforcemnt: no such column.*Did you mean 'enforcement'"):
        points(tmp_path, **design, of={"enforcemnt": []})


def test_a_table_outside_the_project_is_refused(tmp_path) -> None:
    (tmp_path / "t.csv").write_text("a\n1\n")
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(InputError, match="outside the project folder"):
        points(inside, method="sample", file="../t.csv", size=4)
