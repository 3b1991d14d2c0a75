"""Errors: where, what, found, wanted, mend in one line each, all faults at once, and exit codes."""

from __future__ import annotations

import pytest

from landsim.core.errors import InputError, InternalError, LandsimError, Problem, Problems, UsageError


def test_a_problem_reads_as_one_line() -> None:
    problem = Problem(
        "scenario.yaml: layers.slope", "wrong CRS", wanted="EPSG:32649", found="EPSG:4326", mend="Reproject it."
    )
    line = "scenario.yaml: layers.slope: wrong CRS; found EPSG:4326; wanted EPSG:32649. Reproject it."
    assert str(problem) == line


def test_a_problem_without_particulars_ends_in_one_full_stop() -> None:
    assert str(Problem("a.tif", "is truncated.")) == "a.tif: is truncated."


def test_every_fault_is_raised_at_once() -> None:
    problems = Problems()
    problems.add("a.tif", "is missing")
    problems.add("b.tif", "has no CRS", wanted=32649)
    problems.warn("c.gpkg", "geometry 7 was repaired")
    with pytest.raises(InputError) as caught:
        problems.raise_if_any()
    assert str(caught.value).splitlines() == ["a.tif: is missing.", "b.tif: has no CRS; wanted 32649."]
    assert [problem.where for problem in caught.value.problems] == ["a.tif", "b.tif"]


def test_cautions_stop_nothing() -> None:
    problems = Problems()
    problems.warn("c.gpkg", "geometry 7 was repaired")
    problems.raise_if_any()
    assert len(problems.cautions) == 1


def test_gatherings_join() -> None:
    outer, inner = Problems(), Problems()
    inner.add("a", "x")
    inner.warn("b", "y")
    outer.extend(inner)
    assert (len(outer.faults), len(outer.cautions)) == (1, 1)


@pytest.mark.parametrize(("kind", "code"), [(UsageError, 2), (InternalError, 3), (LandsimError, 3)])
def test_exit_codes(kind: type[LandsimError], code: int) -> None:
    assert kind("x").exit_code == code


def test_a_fault_in_the_input_exits_with_1_and_may_stand_alone() -> None:
    error = InputError(Problem("a", "x"))
    assert error.exit_code == 1
    assert error.problems == [Problem("a", "x")]
