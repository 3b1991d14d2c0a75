"""Enrolment: how a population lives in a Mesa model and with Mesa's tools."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import mesa
import numpy as np
import pytest

from landsim.agents.population import Crowd, Population
from landsim.landscape.grid import Grid
from tests.agents.toy_town import Household, Official, WatchedTown


def test_the_model_knows_its_population_and_counts_its_members(town):
    assert town.agents_by_type[Household] is town.households
    assert set(town.agent_types) == {Household, Official}
    assert len(town.agents) == 5
    assert [type(agent) for agent in town.agents] == [Official, *[Household] * 4]
    assert town.households[2] in town.agents
    town.official.remove()
    town.households[0].remove()
    assert len(town.agents) == 3
    with pytest.raises(ValueError, match="already has a population of Household"):
        Population.create(town, Household, 1, income=0.0)


def test_what_is_chosen_among_all_agents_stays_alive(town):
    agents = town.agents
    chosen = agents.select(agent_type=Household).select(lambda home: home.income > 50)

    assert type(chosen) is Crowd
    assert chosen.get("income") == [100.0, 200.0, 300.0]
    assert len(agents.shuffle()) == len(agents.sort("unique_id")) == len(agents.to_list()) == 5
    assert agents.sort("unique_id", ascending=True).get("unique_id") == [1, 2, 3, 4, 5]
    assert agents.groupby(type).count() == {Official: 1, Household: 4}
    assert [len(group) for _, group in agents.groupby(type, result_type="list")] == [1, 4]
    assert copy.copy(agents) == agents
    visited = []
    agents.shuffle_do(lambda agent: visited.append(agent.unique_id))
    assert sorted(visited) == [1, 2, 3, 4, 5]
    assert len(town.households | [town.official]) == 5


def test_all_agents_can_be_removed(town):
    town.remove_all_agents()

    assert (len(town.agents), len(town.households)) == (0, 0)
    assert town.households.add(1, income=0.0).tolist() == [6]


def test_members_are_born_the_mesa_way_too():
    model = mesa.Model()
    first = Household(model, income=3.0)
    more = Household.create_agents(model, 2, income=np.array([4.0, 5.0]), cell=7)

    assert more.get(["income", "cell"]) == [[4.0, 7], [5.0, 7]]
    assert model.agents_by_type[Household].get("unique_id") == [1, 2, 3]
    assert first == model.agents_by_type[Household][0]
    assert {first: "a"}[model.agents_by_type[Household][0]] == "a"


def test_a_member_stands_where_its_cell_is(town):
    homes = town.households
    homes.put("cell", [-1, 0, 7, 11])
    assert homes[1].pos is None

    town.landscape = SimpleNamespace(grid=Grid(3, 4, (30.0, 0.0, 0.0, 0.0, -30.0, 0.0)))

    assert [home.pos for home in homes] == [None, (0, 0), (3, 1), (3, 2)]
    assert homes._group().pos.tolist() == [[-1, -1], [0, 0], [3, 1], [3, 2]]


def test_data_collector_reports_members_and_single_agents():
    town = WatchedTown()
    town.households.put("cell", [1, 2, 3, 4])
    town.step()
    town.step()

    totals = town.datacollector.get_model_vars_dataframe()["total"]
    incomes = town.datacollector.get_agent_vars_dataframe()
    cells = town.datacollector.get_agenttype_vars_dataframe(Household)["cell"]
    assert totals.tolist() == [640.0, 680.0]
    assert incomes.loc[(2, 4)].tolist() == [320.0, "4 is Household"]
    assert incomes.loc[(1, 5), "text"] == "5 is Official"
    assert cells.loc[2].to_dict() == {1: 1, 2: 2, 3: 3, 4: 4}


def test_batch_run_takes_a_model_with_a_population():
    settings = {"households": [2, 3], "growth": 1}
    rows = mesa.batch_run(
        WatchedTown, settings, number_processes=1, max_steps=2, data_collection_period=1, display_progress=False
    )

    small = [row for row in rows if row["households"] == 2]
    totals = list(dict.fromkeys(row["total"] for row in small))
    assert len(totals) >= 2
    assert totals == [131.0, 172.0, 223.0][: len(totals)]  # how many steps are taken depends on Mesa
    assert {row.get("text") for row in small} >= {"1 is Household", "3 is Official", "4 is Household"}
