"""A Population answers every public method of Mesa's AgentSet as a plain AgentSet of equal agents does."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from random import Random
from typing import Any

import mesa
import numpy as np
import pytest

from landsim.agents.enrolment import AgentSet, GroupBy
from landsim.agents.population import Column, Member, Population, rule

EGGS = [4, 0, 7, 4, 9, 2, 0, 5]
WEIGHT = [2.5, 1.25, 3.0, 2.0, 2.25, 1.0, 1.5, 2.75]
COOP = [2, 1, 2, 3, 1, 1, 2, 3]
TAME = [True, False, False, True, True, False, True, True]


class Habits:
    """What hens do one at a time."""

    breed = "sultan"

    def lay(self, n: int = 1) -> None:
        self.eggs += n

    def cackle(self, times: int, to: str = "all") -> str:
        return f"{self.unique_id} {'ga' * times} {to}"

    @property
    def burden(self) -> float:
        return self.weight + self.eggs


class Hen(Habits, Member):
    eggs = Column(np.int32, "1", "eggs laid")
    weight = Column(np.float32, "kg", "weight")
    coop = Column(np.uint8, "1", "house")
    tame = Column(np.bool_, "1", "whether it comes when called")

    @rule()
    def heavy(self):
        """Whether it weighs more than two kilograms."""
        return self.weight > 2.0

    @rule()
    def fatten(self):
        """Gain a quarter of a kilogram."""
        self.weight = self.weight + np.float32(0.25)


class PlainHen(Habits, mesa.Agent):
    def __init__(self, model, eggs, weight, coop, tame):
        super().__init__(model)
        self.eggs, self.weight, self.coop, self.tame = eggs, weight, coop, tame

    def heavy(self):
        return self.weight > 2.0

    def fatten(self):
        self.weight += 0.25


def columns() -> dict[str, Any]:
    return {"eggs": EGGS, "weight": WEIGHT, "coop": COOP, "tame": TAME}


def plain() -> AgentSet:
    model = mesa.Model(rng=3)
    hens = PlainHen.create_agents(model, len(EGGS), **columns())
    hens.home = model  # keeps the model, and with it the agents, alive
    return hens


def own() -> Population:
    return Population.create(mesa.Model(rng=3), Hen, len(EGGS), **columns())


def selection() -> Population:
    return copy.copy(own())


def with_holes() -> Population:
    model = mesa.Model(rng=3)
    hens = Population.create(model, Hen, len(EGGS), **columns())
    hens.add(3, eggs=0, weight=0, coop=0, tame=False)
    hens.remove(ids=[9, 10, 11])
    return hens


def compacted_selection() -> Population:
    hens = with_holes()
    chosen = hens.select(np.ones(len(hens), bool))
    hens.compact()
    return chosen


def seen(thing: Any) -> Any:
    """What can be compared: agents by id and traits, sets and lists by their members."""
    if isinstance(thing, mesa.Agent):
        return thing.unique_id, thing.eggs, thing.weight, thing.coop, thing.tame
    if isinstance(thing, AgentSet | list | tuple):
        return [seen(each) for each in thing]
    if isinstance(thing, GroupBy):
        return {key: seen(group) for key, group in thing}
    if isinstance(thing, dict):
        return {key: seen(value) for key, value in thing.items()}
    return thing.tolist() if isinstance(thing, np.ndarray) else thing


def outcome(case: Callable[[AgentSet], Any], hens: AgentSet) -> Any:
    """What a call gives or raises, and what stands in the set after it."""
    hens.random = Random(11)
    held = list(hens)
    try:
        result = seen(case(hens))
    except (KeyError, ValueError, IndexError, AttributeError, TypeError) as fault:
        result = type(fault)
    return result, seen(hens), [seen(hen) for hen in held]


def is_self(hens: AgentSet, result: Any) -> list[Any]:
    return [result is hens, result]


def few(hens: AgentSet) -> AgentSet:
    return hens.select(lambda hen: hen.coop == 1)


def changed(hens: AgentSet, method: str, *arguments: Any) -> AgentSet:
    getattr(hens, method)(*arguments)
    return hens


def assigned(hens: AgentSet, operator: str) -> Any:
    chosen = copy.copy(hens)
    return getattr(chosen, operator)(few(hens))


CASES: dict[str, list[Callable[[Any], Any]]] = {
    "add": [lambda s: s.add(s[0]), lambda s: changed(few(s), "add", s[0]), lambda s: changed(few(s), "add", s[1])],
    "agg": [
        lambda s: s.agg("eggs", sum),
        lambda s: s.agg("weight", [min, max, np.mean]),
        lambda s: s.agg("unique_id", len),
        lambda s: s.agg("burden", max),
        lambda s: s.agg("horns", max),
    ],
    "clear": [lambda s: s.clear()],
    "count": [lambda s: s.count(s[2]), lambda s: few(s).count(s[0]), lambda s: s.count("hen")],
    "discard": [
        lambda s: s.discard(s[3]),
        lambda s: changed(few(s), "discard", s[1]),
        lambda s: changed(few(s), "discard", s[0]),
    ],
    "do": [
        lambda s: is_self(s, s.do("lay")),
        lambda s: is_self(s, s.do("lay", 3)),
        lambda s: is_self(s, s.do("lay", n=2)),
        lambda s: is_self(s, s.do(lambda hen, n: hen.lay(n), 2)),
        lambda s: is_self(s, s.do("fatten")),
        lambda s: is_self(s, s.do("step")),
        lambda s: s.do("fly"),
        lambda s: few(s).do("lay", 5).do("fatten"),
    ],
    "get": [
        lambda s: s.get("eggs"),
        lambda s: s.get("unique_id"),
        lambda s: s.get("burden"),
        lambda s: s.get("breed"),
        lambda s: s.get(["weight", "tame", "breed"]),
        lambda s: s.get([]),
        lambda s: s.get("horns"),
        lambda s: s.get("horns", handle_missing="default"),
        lambda s: s.get(["eggs", "horns"], "default", 0),
        lambda s: s.get("eggs", handle_missing="skip"),
    ],
    "groupby": [
        lambda s: s.groupby("coop"),
        lambda s: list(s.groupby("coop").groups),
        lambda s: s.groupby("tame", result_type="list"),
        lambda s: s.groupby("burden"),
        lambda s: s.groupby(lambda hen: hen.eggs % 3),
        lambda s: s.groupby("coop").count(),
        lambda s: s.groupby("coop").agg("eggs", sum),
        lambda s: s.groupby("coop", result_type="list").agg("weight", max),
        lambda s: s.groupby("coop").map("get", "eggs"),
        lambda s: s.groupby("coop").map(lambda group, more: len(group) + more, 1),
        lambda s: s.groupby("coop").do("do", "lay", 2),
        lambda s: s.groupby("coop").do(lambda group: group.do("fatten")),
        lambda s: len(s.groupby("coop")),
        lambda s: {key: type(group) is type(s) for key, group in s.groupby("tame")},
        lambda s: s.groupby("horns"),
    ],
    "index": [
        lambda s: s.index(s[4]),
        lambda s: s.index(s[4], 2),
        lambda s: s.index(s[4], 5),
        lambda s: s.index(s[4], -5, -1),
        lambda s: s.index(s[4], 0, 4),
        lambda s: few(s).index(s[0]),
    ],
    "isdisjoint": [lambda s: s.isdisjoint(few(s)), lambda s: few(s).isdisjoint(s.select(lambda hen: hen.coop == 3))],
    "map": [
        lambda s: s.map("cackle", 2),
        lambda s: s.map("cackle", 1, to="you"),
        lambda s: s.map("lay"),
        lambda s: s.map("heavy"),
        lambda s: s.map("fatten"),
        lambda s: s.map(lambda hen, plus: hen.eggs + plus, plus=1),
        lambda s: s.map(lambda hen: hen.heavy()),
        lambda s: s.map("fly"),
    ],
    "pop": [lambda s: s.pop().unique_id, lambda s: changed(s, "clear").pop()],
    "remove": [
        lambda s: s.remove(s[3]),
        lambda s: changed(few(s), "remove", s[1]),
        lambda s: changed(few(s), "remove", s[0]),
    ],
    "select": [
        lambda s: s.select(),
        lambda s: s.select(lambda hen: hen.eggs > 3),
        lambda s: s.select(lambda hen: hen.eggs > 3, at_most=2),
        lambda s: s.select(at_most=0.5),
        lambda s: s.select(at_most=0.99),
        lambda s: s.select(at_most=1),
        lambda s: s.select(at_most=1.0),
        lambda s: s.select(at_most=2.5),
        lambda s: s.select(at_most=0),
        lambda s: s.select(at_most=-3),
        lambda s: s.select(at_most=99),
        lambda s: s.select(agent_type=type(s[0])),
        lambda s: s.select(agent_type=mesa.Agent, at_most=3),
        lambda s: s.select(agent_type=mesa.discrete_space.CellAgent),
        lambda s: is_self(s, s.select(lambda hen: hen.tame, inplace=True)),
        lambda s: is_self(s, s.select(inplace=True)),
        lambda s: few(s).select(lambda hen: hen.eggs),
    ],
    "set": [
        lambda s: is_self(s, s.set("eggs", 6)),
        lambda s: few(s).set("tame", True),
        lambda s: s.set("unique_id_of_mother", 3) if isinstance(s, Population) else s.missing,
    ],
    "shuffle": [lambda s: s.shuffle(), lambda s: is_self(s, s.shuffle(inplace=True)), lambda s: few(s).shuffle()],
    "shuffle_do": [
        lambda s: [order := [], is_self(s, s.shuffle_do(lambda hen: order.append(hen.unique_id)))],
        lambda s: is_self(s, s.shuffle_do("lay", 2)),
        lambda s: is_self(s, s.shuffle_do("fatten")),
        lambda s: s.shuffle_do("fly"),
    ],
    "sort": [
        lambda s: s.sort("eggs"),
        lambda s: s.sort("eggs", ascending=True),
        lambda s: s.sort("tame"),
        lambda s: s.sort("coop", ascending=True),
        lambda s: s.sort("unique_id"),
        lambda s: s.sort("burden"),
        lambda s: s.sort(lambda hen: -hen.weight),
        lambda s: is_self(s, s.sort("weight", inplace=True)),
        lambda s: s.shuffle().sort("coop"),
        lambda s: s.sort("horns"),
    ],
    "to_list": [lambda s: s.to_list()],
    "__and__": [lambda s: s & few(s), lambda s: few(s) & s, lambda s: few(s) & few(s.select(at_most=0))],
    "__or__": [lambda s: few(s) | s, lambda s: s | few(s)],
    "__sub__": [lambda s: s - few(s), lambda s: few(s) - s],
    "__xor__": [lambda s: s ^ few(s), lambda s: few(s) ^ s],
    "__rand__": [lambda s: len(set(few(s)) & s)],
    "__ror__": [lambda s: len(set(few(s)) | s)],
    "__rsub__": [lambda s: len(set(s) - few(s))],
    "__rxor__": [lambda s: len(set(few(s)) ^ s)],
    "__iand__": [lambda s: assigned(s, "__iand__")],
    "__ior__": [lambda s: assigned(s, "__ior__")],
    "__isub__": [lambda s: assigned(s, "__isub__")],
    "__ixor__": [lambda s: assigned(s, "__ixor__")],
    "__eq__": [lambda s: s == s.shuffle(), lambda s: s == few(s), lambda s: s == 3],
    "__le__": [lambda s: [few(s) <= s, s <= few(s), s <= s]],
    "__lt__": [lambda s: [few(s) < s, s < few(s), s < s]],
    "__ge__": [lambda s: [few(s) >= s, s >= few(s), s >= s]],
    "__gt__": [lambda s: [few(s) > s, s > few(s), s > s]],
    "__contains__": [lambda s: [s[0] in s, s[0] in few(s), s[1] in few(s), 3 in s]],
    "__getitem__": [
        lambda s: [s[0], s[-1], s[np.int64(2)]],
        lambda s: s[1:3],
        lambda s: s[::-2],
        lambda s: [s[:99], isinstance(s[:2], list)],
        lambda s: s[8],
        lambda s: s[-9],
        lambda s: few(s)[1],
    ],
    "__iter__": [lambda s: list(s), lambda s: [hen for hen in few(s)]],
    "__len__": [lambda s: [len(s), len(few(s)), len(s.select(at_most=0)), bool(s), bool(s.select(at_most=0))]],
    "__reversed__": [lambda s: list(reversed(s))],
    "__hash__": [hash],
    "__getstate__": [lambda s: pickle.loads(pickle.dumps(s))],
    "__setstate__": [lambda s: copy.copy(s), lambda s: copy.deepcopy(s), lambda s: copy.copy(few(s))],
}
HOUSEKEEPING = {"__init__", "__module__", "__doc__", "__dict__", "__weakref__", "__slots__", "__abstractmethods__"}
HOUSEKEEPING |= {"__subclasshook__", "__class_getitem__", "__parameters__", "__orig_bases__", "__type_params__"}
HOUSEKEEPING |= {"__static_attributes__", "__firstlineno__", "__classdictcell__", "__init_subclass__"}
RUNS = [(name, place) for name in CASES if hasattr(AgentSet, name) for place in range(len(CASES[name]))]


def test_every_public_method_of_agentset_has_a_case():
    special = {name for base in AgentSet.__mro__ if base is not object for name in vars(base) if name.startswith("__")}
    public = {name for name in dir(AgentSet) if not name.startswith("_")}

    assert public | (special - HOUSEKEEPING) <= set(CASES)


@pytest.mark.filterwarnings("ignore:No Agents specified", "ignore::PendingDeprecationWarning")
@pytest.mark.parametrize("make", [own, selection, with_holes, compacted_selection])
@pytest.mark.parametrize(("name", "place"), RUNS)
def test_population_answers_as_a_plain_agentset(name, place, make):
    case = CASES[name][place]

    assert outcome(case, make()) == outcome(case, plain())


@pytest.mark.parametrize("make", [own, selection, with_holes, compacted_selection, plain])
def test_who_dies_while_others_have_their_turn_is_passed_over(make):
    hens, called = make(), []

    def peck(hen):
        called.append(hen.unique_id)
        if hen.unique_id == 2:
            hens[4].remove()

    hens.do(peck)

    assert called == [1, 2, 3, 4, 6, 7, 8]
    assert hens.get("unique_id") == called


@pytest.mark.parametrize("name", ["select", "shuffle", "sort", "groupby", "__and__", "__or__", "__sub__", "__xor__"])
def test_what_is_chosen_from_a_population_is_a_population(name):
    arguments = {"sort": ["eggs"], "groupby": ["coop"], "__or__": [], "select": [lambda hen: hen.tame], "shuffle": []}
    hens = own()
    arguments |= {name: [few(hens)] for name in ("__and__", "__or__", "__sub__", "__xor__")}

    result = getattr(hens, name)(*arguments[name])

    for chosen in [group for _, group in result] if isinstance(result, GroupBy) else [result]:
        assert type(chosen) is Population
        assert chosen["eggs"].tolist() == [hen.eggs for hen in chosen]
