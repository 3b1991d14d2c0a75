"""Population: a Mesa AgentSet over columns, whose members are born, change and die as arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from landsim.agents.columns import UNIQUE_ID, Column, Table, columns_of
from landsim.agents.enrolment import Crowd, enrol
from landsim.agents.groups import Groups, Ids
from landsim.agents.members import Member
from landsim.agents.rules import Rule, rule, rules_of
from landsim.agents.views import View, ids_of

__all__ = ["Column", "Crowd", "Groups", "Member", "Population", "Rule", "columns_of", "rule", "rules_of"]


class Population(View):
    """Members of one kind of a model, or a selection of them.

    The population that `create` gives is the model's own, ``model.agents_by_type[kind]``, ordered by ascending id:
    who is removed from it leaves the model.  Every other one (from ``select``, ``sort``, ``groupby``, a copy) is a
    selection from the same table: who is removed from it stays alive elsewhere; ``selection.do("remove")`` lets
    its members leave the model.

    Wherever an array chooses members, a mask counts in the order of the population and whole numbers are
    positions; ids are named as such.

    Examples
    --------
    >>> import mesa
    >>> class Hen(Member):
    ...     eggs = Column(np.int32, "1", "eggs laid", default=0)
    ...     @rule()
    ...     def lay(self):
    ...         "Lay one egg more."
    ...         self.eggs = self.eggs + 1
    >>> hens = Population.create(mesa.Model(), Hen, 3, eggs=[4, 0, 7])
    >>> hens.do("lay").select(lambda hen: hen.eggs > 4)["eggs"]
    array([5, 8], dtype=int32)
    >>> hens[1].lay()
    >>> hens["eggs"]
    array([5, 2, 8], dtype=int32)
    """

    @classmethod
    def create(cls, model: Any, kind: type[Member], n: int, /, **columns: npt.ArrayLike) -> Population:
        """Let the first `n` members of a kind be born and enrol them in the model.

        Parameters
        ----------
        model : mesa.Model
            The model.
        kind : type
            Subclass of `Member`.
        n : int
            How many.
        **columns
            One value, or an array of shape (n,), for each column without a default.

        Raises
        ------
        ValueError
            If the model has a population of the kind, or columns are unknown, lack values or do not fit.
        """
        table = Table(kind, model)
        table.spawn(n, columns)
        return cls._found(table)

    @classmethod
    def restore(cls, model: Any, kind: type[Member], state: Mapping[str, npt.ArrayLike], /) -> Population:
        """Put the population of a `state` in place of the model's one.

        Raises
        ------
        ValueError
            If the state lacks columns, has unknown ones, or they do not fit.
        """
        table = Table(kind, model)
        table.fill(state)
        return cls._found(table, replace=True)

    @classmethod
    def _found(cls, table: Table, *, replace: bool = False) -> Population:
        """Make the model's own population over a table."""
        population = cls.__new__(cls)
        population._adopt(table, None, table.model.random)
        population._owns = True
        enrol(population, replace=replace)
        return population

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Copy the members, by ascending id, as plain arrays.

        Returns
        -------
        dict of str to numpy.ndarray
            ``unique_id`` (int64) and every column, of shape (n,), and ``next_id``, that of the next newborn.
        """
        rows = self._rows
        return self._table.state(rows if isinstance(rows, slice) else np.sort(rows))

    @overload
    def add(self, what: int, /, **columns: npt.ArrayLike) -> Ids: ...

    @overload
    def add(self, what: Member, /) -> None: ...

    def add(self, what: int | Member, /, **columns: npt.ArrayLike) -> Ids | None:
        """Let members be born, or take in one who lives already.

        Parameters
        ----------
        what : int or Member
            How many are born, or who is taken in.
        **columns
            One value, or one a newborn, for each column without a default.

        Returns
        -------
        numpy.ndarray of int64, shape (n,), or None
            Ids of the newborn.

        Raises
        ------
        ValueError
            If columns are unknown, lack values or do not fit, or the member is dead or of another table.
        """
        if isinstance(what, Member):
            self._take_in(what)
            return None
        ids = self._table.spawn(what, columns)
        self._join(ids)
        return ids

    def _take_in(self, member: Member) -> None:
        if member not in self.everyone():
            raise ValueError(f"{member!r} does not live in this table of {self.kind.__name__}")
        if member not in self:
            self._join(np.array([member.unique_id], dtype=np.int64))

    def _join(self, ids: Ids) -> None:
        if self._ids is not None:
            self._ids = np.concatenate((self._ids, ids))
            self._forget()

    def remove(self, who: Any = None, *, ids: npt.ArrayLike | None = None) -> None:
        """Remove members: from the model if this is its own population, else from this selection.

        Parameters
        ----------
        who : Member, array_like of bool, array_like of int, or iterable of Member
            A member, a mask of shape (n,), positions, or members.
        ids : array_like of int, optional
            Ids, instead of `who`.

        Raises
        ------
        KeyError
            If a member or id is not here.
        ValueError
            If a mask or positions do not fit.
        """
        if (who is None) == (ids is None):
            raise ValueError("say who is to be removed, or give ids")
        self._drop(self._positions(who) if ids is None else self._positions_of_ids(ids))

    def discard(self, agent: Any) -> None:
        """Remove a member as `remove` does, if it is here."""
        if agent in self:
            self.remove(agent)

    def clear(self) -> None:
        """Remove every member as `remove` does."""
        self._drop(np.arange(len(self)))

    def pop(self) -> Member:
        """Remove the first member as `remove` does, and give it.

        Raises
        ------
        KeyError
            If there is none.
        """
        if not len(self):
            raise KeyError("no member left")
        first = self[0]
        self.remove(first)
        return first

    def _drop(self, positions: Ids) -> None:
        gone = self[UNIQUE_ID][positions]
        if self._owns:
            self._table.kill(self._table.find(gone))
        else:
            self._settle(np.delete(np.arange(len(self)), positions), True)

    def compact(self) -> None:
        """Close the holes that the dead left in the table; ids, order and selections stay as they are."""
        self._table.compact()

    def put(self, name: str, values: npt.ArrayLike, where: Any = None) -> None:
        """Write a column, for all members or for some.

        Parameters
        ----------
        name : str
            Name of the column.
        values : array_like
            One value, or one a member written.
        where : array_like of bool, array_like of int, or iterable of Member, optional
            A mask of shape (n,), positions, or members; by default everybody.

        Raises
        ------
        ValueError
            If the column is unknown, or values, mask or positions do not fit.
        """
        rows = self._rows if where is None else self._table.find(self[UNIQUE_ID][self._positions(where)])
        self._table.write(name, rows, values)

    def set(self, attr_name: str, value: Any) -> Population:
        """Give every member the same value of a column; `put` gives each its own.

        Raises
        ------
        AttributeError
            If the members have no such column.
        """
        if np.ndim(value):
            raise ValueError(f"one value wanted for all; put({attr_name!r}, values) gives each member its own")
        setattr(self._group(), attr_name, value)
        return self

    def _positions(self, where: Any) -> Ids:
        """Positions that a member, members, a mask or an array of positions stand for."""
        if isinstance(where, Member):
            where = [where]
        if self._kin(where):
            return self._positions_of_ids(where[UNIQUE_ID])
        if not isinstance(where, Iterable):
            raise ValueError(f"wanted a mask, positions or members, found {where!r}")
        chosen = where if isinstance(where, np.ndarray) else np.array(list(where))
        if chosen.dtype == bool:
            return self._masked(chosen)
        return self._positions_of_members(chosen) if chosen.dtype == object else self._positions_in_range(chosen)

    def _positions_of_members(self, members: Iterable[Any]) -> Ids:
        strangers = [member for member in members if member not in self]
        if strangers:
            raise KeyError(f"{strangers[0]!r} is not here")
        return self._find(ids_of(members))

    def _positions_in_range(self, positions: npt.NDArray[Any]) -> Ids:
        if positions.ndim != 1 or (positions.size and positions.dtype.kind not in "iu"):
            raise ValueError(f"wanted positions, found {positions.dtype} of shape {positions.shape}")
        if positions.size and (positions.min() < 0 or positions.max() >= len(self)):
            raise ValueError(f"positions from {positions.min()} to {positions.max()} of {len(self)} members")
        return positions.astype(np.int64)
