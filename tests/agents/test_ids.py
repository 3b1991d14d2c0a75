"""Ids: unique whoever is born, by kind where a model's own kinds are set apart, and kept by copies and states."""

from __future__ import annotations

import copy
import pickle

import mesa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landsim.agents import ids as numbering
from landsim.agents.ids import SPAN, range_of, set_apart
from landsim.agents.population import Column, Member, Population


class Hen(Member):
    eggs = Column(np.int32, "1", "eggs laid", default=0)


class Fox(Member):
    den = Column(np.int32, "1", "where it lives", default=-1)


class Badger(Member):
    den = Column(np.int32, "1", "where it lives", default=-1)


class Dog(mesa.Agent):
    pass


Vixen = type("Fox", (Member,), {"den": Column(np.int32, "1", "where it lives", default=-1)})


def farm(*, apart: bool = True) -> mesa.Model:
    """A model whose own kind is the hen, with a dog from before."""
    model = mesa.Model(rng=1)
    model.dog = Dog(model)
    if apart:
        set_apart(model, (Hen,))
    return model


def bear(model: mesa.Model, kind: type, count: int) -> list[int]:
    """Let members, or ordinary agents, be born, and give their ids."""
    if kind is Dog:
        return [Dog(model).unique_id for _ in range(count)]
    known = model.agents_by_type.get(kind)
    if known is None:
        return Population.create(model, kind, count).get("unique_id")
    return known.add(count).tolist()


BIRTHS = st.lists(st.tuples(st.sampled_from([Hen, Fox, Badger, Vixen, Dog]), st.integers(0, 4)), max_size=12)


@settings(max_examples=60)
@given(births=BIRTHS, apart=st.booleans(), deaths=st.booleans())
def test_ids_are_unique_and_ascend_within_a_kind(births, apart, deaths) -> None:
    model, given_out = farm(apart=apart), []
    for kind, count in births:
        given_out += bear(model, kind, count)
        if deaths and kind is not Dog and len(model.agents_by_type[kind]):
            model.agents_by_type[kind].pop()
            model.agents_by_type[kind].compact()
    assert len(set(given_out)) == len(given_out)
    assert all(0 < uid < 2**53 for uid in given_out)
    for kind in (Hen, Fox, Badger):
        population = model.agents_by_type.get(kind, [])
        assert (np.diff([member.unique_id for member in population]) > 0).all()


@settings(max_examples=60)
@given(births=BIRTHS)
def test_who_is_added_takes_no_id_from_the_models_own_or_from_another_kind(births) -> None:
    together = farm()
    mixed: dict[type, list[int]] = {Hen: [], Badger: []}
    for kind, count in births:
        born = bear(together, kind, count)
        if kind in mixed:
            mixed[kind] += born
    for kind, theirs in mixed.items():
        alone = farm()
        assert [uid for who, count in births if who is kind for uid in bear(alone, kind, count)] == theirs
    assert mixed[Hen] == list(range(2, 2 + len(mixed[Hen])))


def test_the_range_of_a_kind_follows_from_its_name() -> None:
    model = farm()
    assert range_of("Fox") == 2 + int.from_bytes(bytes.fromhex("bff329fb57c1c495"), "little") % (2**21 - 2)
    assert bear(model, Fox, 2) == [range_of("Fox") * SPAN + 1, range_of("Fox") * SPAN + 2]
    assert bear(model, Vixen, 1) == [range_of("Fox") * SPAN + 3]
    assert bear(model, Dog, 1) == [SPAN + 1]


def test_a_plain_model_has_one_count_as_in_mesa() -> None:
    model = farm(apart=False)
    assert [bear(model, kind, 2) for kind in (Hen, Fox, Dog, Hen)] == [[2, 3], [4, 5], [6, 7], [8, 9]]


@pytest.mark.parametrize("again", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copied_model_goes_on_where_the_first_one_was(again) -> None:
    model = farm()
    for kind in (Hen, Fox, Dog):
        bear(model, kind, 3)
    twin = again(model)
    for kind in (Fox, Dog, Hen, Badger):
        assert bear(twin, kind, 2) == bear(model, kind, 2)


def test_a_restored_population_gives_no_id_twice() -> None:
    model = farm()
    bear(model, Fox, 5)
    foxes = model.agents_by_type[Fox]
    foxes.remove(ids=[foxes[4].unique_id])
    state = foxes.state()
    again = farm()
    bear(again, Fox, 2)
    restored = Population.restore(again, Fox, state)
    assert restored.get("unique_id") == foxes.get("unique_id")
    assert restored.add(1).tolist() == foxes.add(1).tolist() == [range_of("Fox") * SPAN + 6]
    assert bear(again, Hen, 1) == [2]


def test_a_range_ends_before_the_next_one(monkeypatch) -> None:
    monkeypatch.setattr(numbering, "SPAN", 4)
    model = farm()
    bear(model, Fox, 3)
    assert bear(model, Fox, 0) == []
    with pytest.raises(ValueError, match="Fox: no more than 3 members"):
        bear(model, Fox, 1)
    with pytest.raises(ValueError, match="-1 members cannot be born"):
        bear(model, Fox, -1)
