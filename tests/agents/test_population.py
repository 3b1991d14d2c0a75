"""Populations: births and deaths, selections, holes, growth, copies and states."""

from __future__ import annotations

import copy
import pickle

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landsim.agents.population import Population
from tests.agents.toy_town import Household, Official, Town


def test_ids_come_from_the_models_own_counter(town):
    ids = town.households.add(2, income=1.0)
    other = Official(town)

    assert [*town.households.get("unique_id"), town.official.unique_id, other.unique_id] == [1, 2, 3, 4, 6, 7, 5, 8]
    assert ids.tolist() == [6, 7]


def test_members_are_removed_by_mask_position_id_member_and_members(homes):
    homes.add(6, income=1.0)
    homes.remove(homes["income"] == 100.0)
    homes.remove([0, 1])
    homes.remove(ids=[4, 7])
    homes.remove(homes[0])
    homes.remove([homes[1], homes[0]])

    assert homes["unique_id"].tolist() == [10, 11]


def test_removing_a_stranger_is_an_error(homes):
    gone = homes[1]
    gone.remove()
    gone.remove()  # no error, as with every Mesa agent

    assert len(homes) == 3
    with pytest.raises(KeyError, match="2"):
        homes.remove(gone)
    with pytest.raises(KeyError, match="99"):
        homes.remove(ids=[1, 99])
    with pytest.raises(KeyError, match="1"):
        homes.remove(Town().households[:2])
    with pytest.raises(ValueError, match="mask, positions or members, found 17"):
        homes.remove(17)
    with pytest.raises(ValueError, match="positions, found float64"):
        homes.remove([0.5])
    with pytest.raises(ValueError, match="say who"):
        homes.remove()
    assert len(homes) == 3


def test_leaving_a_selection_is_not_leaving_the_model(homes):
    poor = homes.select(lambda home: home.income < 150)

    poor.remove(poor[0])

    assert (len(poor), len(homes)) == (1, 4)
    poor.do("remove")
    assert (len(poor), len(homes)) == (0, 3)


def test_selections_forget_the_dead_and_take_in_only_whom_they_are_given(homes):
    chosen = homes.sort("income")
    homes.remove(ids=[2])
    homes.add(1, income=9.0)
    homes.compact()

    assert chosen["unique_id"].tolist() == [4, 3, 1]
    chosen.add(homes[3])
    assert chosen.add(2, income=5.0).tolist() == [7, 8]
    assert chosen["unique_id"].tolist() == [4, 3, 1, 6, 7, 8]
    assert homes["unique_id"].tolist() == [1, 3, 4, 6, 7, 8]
    with pytest.raises(ValueError, match="does not live in this table"):
        chosen.add(Town().households[0])


def test_a_member_is_found_again_after_compaction_and_known_to_be_gone(homes):
    first, last = homes[0], homes[3]
    group = homes._group()
    homes.remove(first)
    assert first.income == 0.0  # readable until the hole is closed

    homes.compact()

    assert (last.income, last.unique_id) == (300.0, 4)
    assert last in homes
    assert first not in homes
    with pytest.raises(LookupError, match="Household 1 is no more"):
        _ = first.income
    with pytest.raises(LookupError, match="outlived"):
        _ = group.income


def test_columns_grow_by_half_and_stay_narrow():
    homes = Population.create(mesa.Model(), Household, 10_000, income=1.0)
    size = homes._table.nbytes
    homes.add(1, income=2.0)

    assert size == 10_000 * (8 + 1 + 4 + 4 + 1 + 1)
    assert homes._table.nbytes == size * 3 // 2
    assert homes[10_000].income == 2.0
    homes.remove(np.arange(9_000))
    homes.compact()
    assert homes._table.nbytes < 1_600 * 19


steps = st.one_of(
    st.tuples(st.just("add"), st.integers(0, 9)),
    st.tuples(st.just("mask"), st.integers(0, 2**16)),
    st.tuples(st.just("one"), st.integers(0, 99)),
    st.tuples(st.just("put"), st.integers(0, 2**16)),
    st.tuples(st.just("compact"), st.just(0)),
    st.tuples(st.just("restore"), st.just(0)),
    st.tuples(st.just("pickle"), st.just(0)),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(steps, max_size=25))
def test_columns_follow_their_ids_through_any_life(life):
    model = mesa.Model(rng=1)
    homes = Population.create(model, Household, 3, income=0.0)
    known = dict.fromkeys([1, 2, 3], 0.0)
    issued = {1, 2, 3}
    kept = homes.select([True, False, True])
    kept_ids = [1, 3]
    for step, number in life:
        ids = list(known)
        chosen = np.array([bool(number >> (uid % 16) & 1) for uid in ids], dtype=bool)
        if step == "add":
            born = homes.add(number, income=np.arange(number)).tolist()
            assert not issued & set(born)
            issued |= set(born)
            known |= dict(zip(born, map(float, range(number)), strict=True))
        elif step == "mask":
            homes.remove(chosen)
            known = {uid: known[uid] for uid, gone in zip(ids, chosen, strict=True) if not gone}
        elif step == "one" and ids:
            homes[number % len(ids)].remove()
            del known[ids[number % len(ids)]]
        elif step == "put":
            homes.put("income", homes["unique_id"][chosen] * 2.0, where=chosen)
            known |= {uid: uid * 2.0 for uid, hit in zip(ids, chosen, strict=True) if hit}
        elif step == "compact":
            homes.compact()
        elif step == "restore":
            homes = Population.restore(model, Household, homes.state())
            kept = homes.select([uid in kept_ids for uid in known])
        elif step == "pickle":
            homes, kept = pickle.loads(pickle.dumps((homes, kept)))
        kept_ids = [uid for uid in kept_ids if uid in known]
        assert homes["unique_id"].tolist() == list(known)
        assert homes["income"].tolist() == list(known.values())
        assert [home.income for home in homes] == list(known.values())
        assert kept.get(["unique_id", "income"]) == [[uid, known[uid]] for uid in kept_ids]
        assert len(homes.model.agents) == len(homes) == len(known)


def test_copies_choose_anew_deep_copies_live_their_own_life(town):
    homes = town.households
    shallow, deep = copy.copy(homes), copy.deepcopy(homes)

    homes.put("income", 9.0)
    homes.add(1, income=1.0)

    assert shallow["income"].tolist() == [9.0] * 4
    assert deep["income"].tolist() == [0.0, 100.0, 200.0, 300.0]
    assert deep.model is not town
    assert deep.model.agents_by_type[Household] is deep
    assert deep.add(1, income=0.0).tolist() == [6]
    assert shallow == homes.select(at_most=4)
    assert homes[0] != deep[0]


def test_a_pickled_model_keeps_its_population_and_never_reuses_ids(town):
    home = town.households[1]
    town.households.remove(ids=[4])
    twin, face = pickle.loads(pickle.dumps((town.households, home)))

    assert twin.model.households is twin
    assert face == twin[1]
    assert face.income == 100.0
    assert len(twin.model.agents) == 4
    assert Official(twin.model).unique_id == 6
    with pytest.raises(TypeError, match="group"):
        pickle.dumps(twin._group())


def test_a_state_is_plain_arrays_and_restores_to_the_same(town):
    town.households.remove(ids=[2])
    town.households.put("cell", [4, 5, 6])
    state = town.households.state()

    other = Town(households=0)
    homes = Population.restore(other, Household, state)

    assert all(type(array) is np.ndarray for array in state.values())
    np.testing.assert_equal(homes.state(), state)
    assert other.agents_by_type[Household] is homes
    assert homes.add(1, income=0.0).tolist() == [6]
    assert len(other.agents) == 5


def test_a_state_that_does_not_fit_is_refused(homes):
    state = homes.state()

    with pytest.raises(ValueError, match="lacks cell, next_id"):
        Population.restore(homes.model, Household, {k: v for k, v in state.items() if k not in ("cell", "next_id")})
    with pytest.raises(ValueError, match="did you mean 'owner'"):
        Population.restore(homes.model, Household, state | {"owners": state["owner"]})
    with pytest.raises(ValueError, match="must ascend"):
        Population.restore(homes.model, Household, state | {"unique_id": state["unique_id"][::-1]})
    with pytest.raises(ValueError, match="for 4 members"):
        Population.restore(homes.model, Household, state | {"cell": state["cell"][:2]})
    assert homes.model.agents_by_type[Household] is homes
