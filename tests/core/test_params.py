"""Params: bounds, provenance written beside a number, units that are never converted, unknown keys refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from landsim.core.params import Params, describe, facts, param


class Pace(Params):
    share: float = param(
        0.4,
        unit="1/a",
        doc="share of growth that may be used",
        source="notice of 2023",
        confidence="M",
        lever=True,
        ge=0,
    )
    steps: int = param(3, doc="stages", ge=1, le=9, free=(2, 5))
    table: dict[str, Any] = param({}, doc="free-form table")


class Policy(Params):
    pace: Pace = Pace()
    strict: bool = param(False, doc="refuse everything that is conditional")


def test_a_number_may_be_written_with_its_provenance() -> None:
    written = {"value": 0.25, "unit": "1/a", "source": "provincial notice", "confidence": "H"}
    assert Pace.model_validate({"share": written}) == Pace(share=0.25)


def test_provenance_works_in_nested_records() -> None:
    assert Policy.model_validate({"pace": {"steps": {"value": 4}}}).pace.steps == 4


def test_a_unit_that_differs_is_refused_and_both_are_named() -> None:
    with pytest.raises(ValidationError, match=r"'%' given, but this number is in '1/a'"):
        Pace.model_validate({"share": {"value": 25, "unit": "%"}})


def test_a_dict_that_is_no_provenance_stays_as_it_is() -> None:
    table = {"value": 1, "colour": "red"}
    assert Pace.model_validate({"table": table}).table == table


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(ValidationError, match="shair"):
        Pace.model_validate({"shair": 0.3})


@pytest.mark.parametrize("wrong", [-0.1, float("nan"), float("inf"), "much"])
def test_a_value_out_of_bounds_or_not_a_number_is_refused(wrong: object) -> None:
    with pytest.raises(ValidationError, match="share"):
        Pace.model_validate({"share": wrong})


def test_bounds_hold_for_a_value_with_provenance() -> None:
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        Pace.model_validate({"share": {"value": -1, "unit": "1/a"}})


def test_a_default_out_of_bounds_is_refused_too() -> None:
    class Wrong(Params):
        share: float = param(2.0, doc="share", le=1)

    with pytest.raises(ValidationError, match="less than or equal to 1"):
        Wrong()


def test_records_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Pace().share = 0.1  # type: ignore[misc]


def test_facts_of_a_field_are_plain_data() -> None:
    assert facts(Pace.model_fields["share"]) == {
        "default": 0.4,
        "unit": "1/a",
        "doc": "share of growth that may be used",
        "source": "notice of 2023",
        "confidence": "M",
        "lever": True,
        "free": None,
        "bounds": ["Ge(ge=0)"],
    }


def test_describe_lists_every_leaf_with_its_dotted_path() -> None:
    rows = {row["path"]: row for row in describe(Policy)}
    assert list(rows) == ["pace.share", "pace.steps", "pace.table", "strict"]
    assert rows["pace.steps"]["free"] == [2, 5]
    assert rows["strict"]["source"] == "modelling assumption"
