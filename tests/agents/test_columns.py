"""Columns: what they mean, what they refuse, and that what was read does not change."""

from __future__ import annotations

import numpy as np
import pytest

from landsim.agents.population import Column, Member, columns_of
from landsim.core.quantity import Quantity
from tests.agents.toy_town import Household


def test_columns_say_what_they_mean_and_come_base_first():
    class Urban(Household):
        rent = Column("float32", "CNY/a", "yearly rent", default=0, low=0, high=1e6)

    assert list(columns_of(Urban)) == ["income", "cell", "owner", "kind", "rent"]
    assert Urban.rent.quantity == Quantity("rent", "float32", "CNY/a", "yearly rent", 0, 1e6)


@pytest.mark.parametrize("name", ["unique_id", "next_id", "model", "pos", "remove", "draw"])
def test_a_column_cannot_take_the_name_of_what_every_agent_has(name):
    with pytest.raises(ValueError, match=f"Odd: the name '{name}' is taken by every agent"):
        type("Odd", (Member,), {name: Column("int8", "1", "odd")})


def test_a_column_holds_booleans_and_numbers_only():
    with pytest.raises(ValueError, match="not object"):
        Column(object, "1", "anything")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"incme": 1.0}, "no column 'incme'; did you mean 'income'"),
        ({}, "no values for income"),
        ({"income": [1.0, 2.0]}, r"Household.income: values of shape \(2,\) for 3 members"),
        ({"income": np.ones((3, 2))}, "shape"),
        ({"income": 1.0, "cell": 2.5}, "Household.cell: float64 values do not fit int32"),
        ({"income": 1.0, "kind": [0, 1, 256]}, "Household.kind: values beyond uint8, 0 to 255"),
        ({"income": 1.0, "kind": -1}, "beyond uint8"),
        ({"income": 1.0, "owner": 1}, "int64 values do not fit bool"),
        ({"income": "rich"}, "do not fit float32"),
    ],
)
def test_births_refuse_what_does_not_fit_and_change_nothing(homes, columns, message):
    before = homes.state()

    with pytest.raises(ValueError, match=message):
        homes.add(3, **columns)

    np.testing.assert_equal(homes.state(), before)


def test_reading_and_writing_refuse_unknown_columns_and_wrong_sizes(homes):
    with pytest.raises(ValueError, match="did you mean 'income'"):
        homes["incom"]
    with pytest.raises(ValueError, match="did you mean 'owner'"):
        homes.put("ownr", True)
    with pytest.raises(ValueError, match="for 4 members"):
        homes.put("income", [1.0, 2.0])
    with pytest.raises(ValueError, match="for 2 members"):
        homes.put("income", [1.0, 2.0, 3.0], where=[0, 1])
    with pytest.raises(ValueError, match="mask of 4"):
        homes.put("income", 1.0, where=[True, False])
    with pytest.raises(ValueError, match="positions from 0 to 4 of 4"):
        homes.put("income", 1.0, where=[0, 4])
    with pytest.raises(ValueError, match=r"put\('income', values\)"):
        homes.set("income", [1.0, 2.0, 3.0, 4.0])
    with pytest.raises(ValueError, match="one"):
        homes[0].income = [1.0, 2.0]


def test_put_writes_all_some_by_mask_some_by_position_and_some_members(homes):
    homes.put("income", [5.0, 6.0, 7.0, 8.0])
    homes.put("income", 0.0, where=homes["income"] > 7)
    homes.put("income", [1.0, 2.0], where=[2, 0])
    homes.put("cell", 9, where=[homes[1], homes[3]])
    homes.put("kind", 2, where=homes.select(lambda home: home.cell == 9))

    assert homes["income"].tolist() == [2.0, 6.0, 1.0, 0.0]
    assert homes["cell"].tolist() == [-1, 9, -1, 9]
    assert homes["kind"].tolist() == [0, 2, 0, 2]


@pytest.mark.parametrize("holes", [False, True])
def test_arrays_that_were_read_are_frozen(homes, holes):
    if holes:
        homes.remove([True, False, False, False])
    before = homes["income"]
    kept = before.copy()

    homes.do("earns", saldo=1.0)
    homes[0].income = 77.0
    homes.add(50, income=3.0)
    homes.compact()

    np.testing.assert_array_equal(before, kept)
    with pytest.raises(ValueError, match="read-only"):
        before[0] = 1.0


def test_only_columns_can_be_assigned_to_a_member(homes):
    with pytest.raises(AttributeError, match="did you mean 'income'"):
        homes[0].incme = 3.0
    with pytest.raises(AttributeError, match="did you mean 'owner'"):
        homes.set("ownr", True)
    with pytest.raises(AttributeError, match="did you mean 'income'"):
        _ = homes[0].incme
