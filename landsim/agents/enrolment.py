"""Enrolment: how a population joins a Mesa model; the only place that touches Mesa's private parts.

Mesa gives out ids from a counter a model and keeps every agent in a dictionary, a set a type and one set of all.
Here the counter is read and moved, a population takes the place of its type's set, and the set of all agents becomes a
`Crowd`, which counts the population's members without making an object of each.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

import mesa

try:
    from mesa.agentset import AgentSet, GroupBy  # their home since Mesa 3.4
except ImportError:
    from mesa.agent import AgentSet, GroupBy

if TYPE_CHECKING:
    from landsim.agents.population import Population

__all__ = ["AgentSet", "Crowd", "GroupBy", "advance_ids", "enrol", "enrolled", "forget", "next_id"]


def next_id(model: Any) -> int:
    """Give the next id that the model's counter would hand out, without taking it."""
    counters = getattr(mesa.Agent, "_ids", None)
    if counters is None:  # Mesa 3.4 and later keep the count in the model
        return int(getattr(model, "agent_id_counter", 1))
    upcoming = int(next(counters[model]))
    counters[model] = itertools.count(upcoming)
    return upcoming


def advance_ids(model: Any, upcoming: int) -> None:
    """Let the model hand out no id below `upcoming` from now on; the counter never runs back."""
    upcoming = max(upcoming, next_id(model))
    counters = getattr(mesa.Agent, "_ids", None)
    if counters is None:
        model.agent_id_counter = upcoming
    else:
        counters[model] = itertools.count(upcoming)


def forget(model: Any) -> None:
    """Let go of a model that is over: Mesa's table of counters would keep it, and all its agents, to the end."""
    counters = getattr(mesa.Agent, "_ids", None)
    if counters is not None:
        counters.pop(model, None)


def enrol(population: Population, *, replace: bool = False) -> None:
    """Make a population its model's set of agents of that kind, and part of ``model.agents``.

    Raises
    ------
    ValueError
        If the model already has agents of that kind and they are not to be replaced.
    """
    model, kind = population.model, population.kind
    former = model._agents_by_type.get(kind)
    if former is not None and not replace:
        raise ValueError(f"the model already has a population of {kind.__name__}; add to it")
    if not isinstance(model._all_agents, Crowd):
        model._all_agents = Crowd(model._all_agents, model.random)
    model._all_agents.attend(population)
    model._agents_by_type[kind] = population
    if hasattr(model, "_agents"):  # Mesa 3.3 walks this dictionary to remove all agents
        model._agents[_Standing(kind, model)] = None


def enrolled(model: Any, kind: type) -> Population | None:
    """Give a model's population of a kind, or None before the first is born."""
    found: Population | None = model.agents_by_type.get(kind)
    return found


@dataclass(frozen=True)
class _Standing:
    """Stands for a whole population where Mesa keeps one entry an agent."""

    kind: type
    model: Any = field(compare=False)

    def remove(self) -> None:
        """Remove every member from the model."""
        self.model.agents_by_type[self.kind].clear()


class _Roll(MutableMapping[Any, None]):
    """Agents in order: single ones, then the members of whole populations.

    It holds its agents strongly, for a member is a face made on demand that a weak hold would lose.
    """

    def __init__(self, singles: Iterable[Any]) -> None:
        self.singles = dict.fromkeys(singles)
        self.populations: dict[type, Population] = {}

    def __iter__(self) -> Iterator[Any]:
        return itertools.chain(self.singles, *self.populations.values())

    def __len__(self) -> int:
        return len(self.singles) + sum(len(population) for population in self.populations.values())

    def __contains__(self, agent: object) -> bool:
        return agent in self.singles or any(agent in population for population in self.populations.values())

    def __getitem__(self, agent: Any) -> None:
        if agent not in self:
            raise KeyError(agent)

    def __setitem__(self, agent: Any, value: None) -> None:
        if agent not in self:
            self.singles[agent] = value

    def __delitem__(self, agent: Any) -> None:
        if agent in self.singles:
            del self.singles[agent]
        else:
            self._population(agent).remove(agent)

    def keyrefs(self) -> list[Callable[[], Any]]:
        """Give one caller an agent, in place of the weak references that Mesa walks."""
        return [functools.partial(_itself, agent) for agent in self]

    def _population(self, agent: Any) -> Population:
        found = self.populations.get(type(agent))
        if found is None:
            raise KeyError(agent)
        return found


def _itself(agent: Any) -> Any:
    return agent


class Crowd(AgentSet):  # type: ignore[misc]
    """An `AgentSet` that may mix ordinary agents with members of populations.

    ``model.agents`` is one, and so is everything chosen from it.

    Parameters
    ----------
    agents : iterable of mesa.Agent
        Who is in it, in order.
    random : random.Random, optional
        Source of shuffles; by default that of the first agent's model.
    """

    def __init__(self, agents: Iterable[Any], random: Random | None = None) -> None:
        self._agents = _Roll(agents)
        first = next(iter(self._agents), None)
        self.random = random or (first.model.random if first is not None else Random())

    def attend(self, population: Population) -> None:
        """Count every member of a population in, now and later."""
        self._agents.populations[population.kind] = population.everyone()

    def __iter__(self) -> Iterator[Any]:
        return iter(self._agents)

    def select(
        self,
        filter_func: Callable[[Any], bool] | None = None,
        at_most: int | float = float("inf"),
        inplace: bool = False,
        agent_type: type | None = None,
    ) -> Crowd:
        """Keep the agents that pass a filter, at most so many, of one type."""
        return self._target(inplace)._select(filter_func, at_most, agent_type)

    def shuffle(self, inplace: bool = False) -> Crowd:
        """Put the agents in random order."""
        agents = list(self)
        self.random.shuffle(agents)
        return self._target(inplace)._update(agents)

    def sort(self, key: Callable[[Any], Any] | str, ascending: bool = False, inplace: bool = False) -> Crowd:
        """Sort by an attribute or by what a function gives."""
        return self._target(inplace)._sort(key, ascending)

    def groupby(self, by: Callable[[Any], Any] | str, result_type: str = "agentset") -> GroupBy:
        """Group by an attribute or by what a function gives, into crowds or lists."""
        grouped = super().groupby(by, "list")
        if result_type != "agentset":
            return grouped
        return GroupBy({key: Crowd(agents, self.random) for key, agents in grouped})

    def to_list(self) -> list[Any]:
        """Give the agents as a list."""
        return list(self)

    def _select(self, filter_func: Any, at_most: float, agent_type: type | None) -> Crowd:
        super().select(filter_func, at_most, True, agent_type)
        return self

    def _sort(self, key: Any, ascending: bool) -> Crowd:
        super().sort(key, ascending, True)
        return self

    def _target(self, inplace: bool) -> Crowd:
        return self if inplace else Crowd(self, self.random)

    def _update(self, agents: Iterable[Any]) -> Crowd:
        self._agents = _Roll(agents)
        return self

    def __copy__(self) -> Crowd:
        return Crowd(self, self.random)

    def __getstate__(self) -> dict[str, Any]:
        return {"singles": list(self._agents.singles), "populations": self._agents.populations, "random": self.random}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.random = state["random"]
        self._agents = _Roll(state["singles"])
        self._agents.populations = state["populations"]
