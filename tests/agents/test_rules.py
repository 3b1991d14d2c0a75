"""Rules: one body that reads the same for one member and for many."""

from __future__ import annotations

import copy

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landsim.agents.population import Column, Member, Population, rule, rules_of
from landsim.core.draws import uniform
from tests.agents.toy_town import STRESS, Household, Town


def test_rules_are_listed_with_what_they_ask_for():
    rules = rules_of(Household)

    assert list(rules) == ["wants_to_move", "earns", "outlook"]
    assert rules["wants_to_move"].args == {"stress": STRESS}
    assert rules["wants_to_move"].doc == "Chance of moving against one named draw."


def test_a_rule_declares_all_that_it_takes():
    with pytest.raises(ValueError, match=r"rule lazy takes \['stress'\], but declares \[\]"):

        @rule()
        def lazy(self, stress):
            return stress


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_one_rule_reads_the_same_for_one_and_for_many(n, seed):
    rng = np.random.default_rng(seed)
    town = Town(rng=seed, households=0)
    homes = town.households
    homes.add(n, income=rng.random(n) * 1e5, owner=rng.random(n) < 0.5, cell=rng.integers(-1, 99, n))
    homes.remove(rng.random(n) < 0.3)
    homes = homes.shuffle()
    stress, saldo = rng.random(len(homes)), rng.normal(0, 1e5, len(homes))

    many = homes.map("wants_to_move", stress=stress)
    assert many.dtype == bool
    assert many.tolist() == [home.wants_to_move(stress[i]) for i, home in enumerate(homes)]
    both, cube, ids, seven = homes.map("outlook", stress)
    for i, home in enumerate(homes):
        alone = home.outlook(stress[i])
        np.testing.assert_array_equal(alone[0], both[i])
        assert alone[1:] == (cube[i], ids[i], seven[i])
    twin = copy.deepcopy(homes)
    twin.do("earns", saldo=saldo)
    for i, home in enumerate(homes):
        home.earns(saldo[i])
    np.testing.assert_equal(homes.state(), twin.state())


def test_one_member_answers_in_plain_numbers(homes):
    answer = homes[1].wants_to_move(0.4)

    assert type(answer) is bool
    assert [type(part) for part in homes[1].outlook()[1:]] == [float, int, int]
    assert type(homes[1].income) is float
    assert type(homes[1].draw("move")) is float
    assert homes[1].earns(3.0) is None


def test_rules_take_one_value_for_all_and_refuse_wrong_lengths(homes):
    assert homes.map("wants_to_move", 0.3).tolist() == homes.map("wants_to_move", stress=[0.3] * 4).tolist()
    with pytest.raises(ValueError, match="rule wants_to_move: stress: 3 values for 4 members"):
        homes.map("wants_to_move", stress=[0.1, 0.2, 0.3])
    with pytest.raises(TypeError, match="missing a required argument: 'stress'"):
        homes.map("wants_to_move")
    with pytest.raises(AttributeError, match="did you mean 'wants_to_move'"):
        homes.map("want_to_move", stress=0.1)


def test_a_rule_must_answer_for_every_member():
    class Shy(Member):
        age = Column(np.int16, "a", "age", default=1)

        @rule()
        def eldest(self):
            """Give the first only."""
            return self.age[:1]

    with pytest.raises(ValueError, match="rule eldest gave 1 values for 3 members"):
        Population.create(mesa.Model(), Shy, 3).map("eldest")


def test_rules_work_for_nobody(homes):
    nobody = homes.select(at_most=0)

    assert nobody.map("wants_to_move", stress=0.5).shape == (0,)
    assert len(nobody.do("earns", saldo=[])) == 0


def test_select_takes_masks_rules_and_columns(homes):
    homes.put("owner", [True, False, True, True])

    assert homes.select(homes["income"] >= 200)["unique_id"].tolist() == [3, 4]
    assert homes.select("owner", at_most=2)["unique_id"].tolist() == [1, 3]
    with pytest.raises(ValueError, match="boolean mask of 4"):
        homes.select("income")


def test_a_rule_given_as_a_function_also_runs_once_for_all(homes):
    np.testing.assert_array_equal(
        homes.map(Household.wants_to_move, stress=0.9), homes.map("wants_to_move", stress=0.9)
    )


def test_draws_are_named_by_seed_stream_year_and_id(town):
    ids = town.households["unique_id"]

    np.testing.assert_array_equal(town.households._group().draw("move", k=2), uniform(1, "move", 2020, ids, 2))
    assert town.households[2].draw("move") == uniform(1, "move", 2020, 3)
