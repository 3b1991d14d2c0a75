"""Views: an ordered set of members of one table that answers as a Mesa AgentSet does, without an object a member."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random
from typing import Any, TypeVar, overload

import numpy as np
import numpy.typing as npt

from landsim.agents.columns import UNIQUE_ID, Rows, Table, unknown
from landsim.agents.enrolment import AgentSet, Crowd
from landsim.agents.groups import Groups, Ids, by_key, by_value
from landsim.agents.members import Member, face_at, group_face
from landsim.agents.rules import bulk_method

V = TypeVar("V", bound="View")


class View(AgentSet):  # type: ignore[misc]
    """Members of one table, in order: all the living by ascending id, or those named.

    What is chosen, sorted or shuffled is a view again.  Members who die leave every view; the newborn join the view
    of all.  Traits are read as arrays by ``view["income"]``, in the order of the view.

    Parameters
    ----------
    agents : iterable of Member
        Members of one table, at least one.
    random : random.Random, optional
        Source of shuffles; by default that of the model.

    Raises
    ------
    ValueError
        If there is no member, or they are of several kinds or models.
    """

    def __init__(self, agents: Iterable[Member], random: Random | None = None) -> None:
        members = list(agents)
        tables = {id(member._table): member._table for member in members}
        if len(tables) != 1:
            raise ValueError(f"members of {len(tables)} tables given; a population holds members of one")
        table = next(iter(tables.values()))
        self._adopt(table, ids_of(members), random or table.model.random)

    def _adopt(self, table: Table, ids: Ids | None, random: Random) -> None:
        """Take on a table; `ids` None stands for all the living."""
        self._table, self._ids, self.random = table, ids, random
        self._owns = False
        self._forget()

    def _forget(self) -> None:
        """Drop what was derived from the ids."""
        self._seen = -1
        self._where: Rows = 0
        self._sorted: tuple[Ids, Ids] | None = None

    @property
    def model(self) -> Any:
        """The model that the members live in."""
        return self._table.model

    @property
    def kind(self) -> type[Member]:
        """Class of the members."""
        kind: type[Member] = self._table.kind
        return kind

    @property
    def _rows(self) -> Rows:
        """Rows of the members in the table, in order; the dead are dropped for good."""
        if self._ids is None:
            return self._table.rows()
        if self._seen != self._table.version:
            rows = self._table.find(self._ids)
            if np.any(rows < 0):
                self._ids, rows = self._ids[rows >= 0], rows[rows >= 0]
            self._seen, self._where, self._sorted = self._table.version, rows, None
        return self._where

    def _group(self) -> Any:
        return group_face(self._table, self._rows)

    def _view(self: V, ids: Ids) -> V:
        """Give some of the members, in the order of the ids."""
        view = type(self).__new__(type(self))
        view._adopt(self._table, ids, self.random)
        return view

    def _settle(self: V, positions: npt.NDArray[np.int64], inplace: bool) -> V:
        """Keep the members at some positions, here or in a new view."""
        rows, ids = self._rows, self[UNIQUE_ID][positions]
        view = self if inplace else self._view(ids)
        view._ids = ids
        view._forget()
        view._seen = self._table.version
        view._where = positions if isinstance(rows, slice) else rows[positions]  # type: ignore[index]
        return view

    def everyone(self: V) -> V:
        """Give the view of all the living members of the table, by ascending id."""
        view = type(self).__new__(type(self))
        view._adopt(self._table, None, self.random)
        return view

    def with_ids(self: V, ids: npt.ArrayLike) -> V:
        """Give members by id, in that order.

        Raises
        ------
        KeyError
            If one of them is not here.
        """
        return self._settle(self._positions_of_ids(ids), False)

    def __len__(self) -> int:
        rows = self._rows
        return rows.stop if isinstance(rows, slice) else len(rows)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Member]:
        table, epoch = self._table, self._table.epoch
        rows = self._rows
        places = range(rows.stop) if isinstance(rows, slice) else rows.tolist()  # type: ignore[union-attr]
        for uid, row in zip(self[UNIQUE_ID].tolist(), places, strict=True):
            if table.lives(uid, row, epoch):  # one who died while others had their turn is passed over
                yield face_at(table, uid, row, epoch)

    def __contains__(self, agent: object) -> bool:
        if not isinstance(agent, Member) or agent._table is not self._table or agent._uid is None:
            return False
        return self._position(agent._uid) >= 0 if self._ids is not None else int(self._table.find(agent._uid)) >= 0

    @overload
    def __getitem__(self, item: str) -> npt.NDArray[Any]: ...

    @overload
    def __getitem__(self, item: int) -> Member: ...

    @overload
    def __getitem__(self, item: slice) -> list[Member]: ...

    def __getitem__(self, item: str | int | slice) -> npt.NDArray[Any] | Member | list[Member]:
        """Read a column as a read-only array by name, a member by position, or a list of members by slice.

        Raises
        ------
        ValueError
            If there is no such column.
        IndexError
            If there are not so many members.
        """
        if isinstance(item, str):
            if item != UNIQUE_ID and item not in self._table.columns:
                raise ValueError(f"{self.kind.__name__}: {unknown('column', item, self._table.names)}")
            return np.asarray(self._table.read(item, self._rows))
        if isinstance(item, slice):
            return [self._at(i) for i in range(*item.indices(len(self)))]
        return self._at(range(len(self))[operator.index(item)])

    def _at(self, position: int) -> Member:
        rows = self._rows
        row = position if isinstance(rows, slice) else int(rows[position])  # type: ignore[index]
        uid: int = self._table.read(UNIQUE_ID, row)
        return face_at(self._table, uid, row, self._table.epoch)

    def to_list(self) -> list[Member]:
        """Give the members as a list."""
        return list(self)

    def index(self, value: Any, start: int = 0, stop: int | None = None) -> int:
        """Position of a member.

        Raises
        ------
        ValueError
            If the member is not there.
        """
        position = self._position(value._uid) if value in self else -1
        if position not in range(*slice(start, stop).indices(len(self))):
            raise ValueError(f"{value!r} is not there")
        return position

    def count(self, value: Any) -> int:
        """Give 1 if a member is there, else 0."""
        return int(value in self)

    def _position(self, uid: int) -> int:
        return int(self._find(np.array([uid], dtype=np.int64))[0])

    def _find(self, ids: Ids) -> Ids:
        """Positions of members by id, -1 for those not here."""
        own = self[UNIQUE_ID]
        if not len(own):
            return np.full(len(ids), -1, np.int64)
        ordered, places = self._in_order(own)
        near = np.minimum(np.searchsorted(ordered, ids), len(own) - 1)
        return np.where(ordered[near] == ids, places[near], -1)

    def _in_order(self, own: Ids) -> tuple[Ids, Ids]:
        """Ids ascending and the positions where they stand."""
        if self._ids is None:
            return own, np.arange(len(own))
        if self._sorted is None:
            order = np.argsort(own)
            self._sorted = own[order], order
        return self._sorted

    def _positions_of_ids(self, ids: npt.ArrayLike) -> Ids:
        wanted = np.asarray(ids, dtype=np.int64)
        positions = self._find(wanted)
        if np.any(positions < 0):
            raise KeyError(f"no {self.kind.__name__} {int(wanted[np.argmin(positions)])} here")
        return positions

    def _masked(self, mask: npt.ArrayLike) -> Ids:
        """Positions where a mask is true."""
        chosen = np.asarray(mask)
        if chosen.shape != (len(self),) or (chosen.size and chosen.dtype != bool):
            found = f"{chosen.dtype} of shape {chosen.shape}"
            raise ValueError(f"wanted a boolean mask of {len(self)} {self.kind.__name__} members, found {found}")
        return np.flatnonzero(chosen)

    def select(
        self: V,
        filter_func: Callable[[Any], bool] | npt.ArrayLike | str | None = None,
        at_most: int | float = float("inf"),
        inplace: bool = False,
        agent_type: type | None = None,
    ) -> V:
        """Keep the members that pass a filter, in order.

        Parameters
        ----------
        filter_func : callable, array_like of bool, str or None
            A function of one member, a mask of shape (n,), or the name of a rule or column that is true or false.
        at_most : int or float
            At most so many members; a float up to 1 is a share of those here, rounded down.
        inplace : bool
            Whether to keep them here, or give a new view.
        agent_type : type, optional
            Keep members of this class only.

        Returns
        -------
        View
            Those chosen.
        """
        if isinstance(at_most, float) and at_most <= 1.0:
            at_most = int(len(self) * at_most)
        limit = max(0, math.ceil(min(at_most, len(self))))
        if agent_type is not None and not issubclass(self.kind, agent_type):
            limit = 0
        return self._settle(self._passing(filter_func, limit), inplace)

    def _passing(self, test: Any, limit: int) -> Ids:
        """Positions of the first `limit` members that pass a filter."""
        if test is None:
            return np.arange(limit)
        if isinstance(test, str) or bulk_method(self.kind, test):
            test = self[test] if self._is_column(test) else self.map(test)
        if not callable(test):
            return self._masked(test)[:limit]
        passing = (position for position, member in enumerate(self) if test(member))
        return np.fromiter(itertools.islice(passing, limit), dtype=np.int64)

    def shuffle(self: V, inplace: bool = False) -> V:
        """Put the members in random order, by the same draws of ``random`` as Mesa."""
        positions = list(range(len(self)))
        self.random.shuffle(positions)
        return self._settle(np.array(positions, dtype=np.int64), inplace)

    def sort(self: V, key: Callable[[Any], Any] | str, ascending: bool = False, inplace: bool = False) -> V:
        """Sort by a column, an attribute or what a function of one member gives; ties keep their order."""
        if isinstance(key, str) and self._is_column(key):
            order = np.argsort(self[key] if ascending else self[key][::-1], kind="stable")
            return self._settle(order if ascending else len(order) - 1 - order[::-1], inplace)
        measure = operator.attrgetter(key) if isinstance(key, str) else key
        values = [measure(member) for member in self]
        order = np.array(sorted(range(len(values)), key=values.__getitem__, reverse=not ascending), dtype=np.int64)
        return self._settle(order, inplace)

    def do(self: V, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> V:
        """Call a rule once for all, or another method or function a member at a time."""
        self.map(method, *args, **kwargs)
        return self

    def shuffle_do(self: V, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> V:
        """Call a method or function a member at a time in random order; a rule, which knows no order, once for all."""
        todo = self if bulk_method(self.kind, method) else self.shuffle()
        todo.map(method, *args, **kwargs)
        return self

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call a rule once for all, or another method or function a member at a time, and give the results.

        Parameters
        ----------
        method : str or callable
            Name of a method of the members, or a function whose first argument is a member.
        *args, **kwargs
            Further arguments; those of a rule are arrays of shape (n, ...) in the order of the view, or single values.

        Returns
        -------
        numpy.ndarray of shape (n, ...), tuple of them, or list
            Results in order: arrays from a rule, a list of n results otherwise.
        """
        bulk = bulk_method(self.kind, method)
        if bulk is not None:
            size = len(self)
            result = bulk(self._group(), *args, **kwargs)
            return [None] * size if result is None else result
        if isinstance(method, str):
            return [getattr(member, method)(*args, **kwargs) for member in self]
        return [method(member, *args, **kwargs) for member in self]

    def get(
        self, attr_names: str | Sequence[str], handle_missing: str = "error", default_value: Any = None
    ) -> list[Any]:
        """Give an attribute of each member as a list of plain values; of several names a list of such lists.

        Raises
        ------
        AttributeError
            If an attribute is missing and `handle_missing` is ``"error"``.
        ValueError
            If `handle_missing` is neither ``"error"`` nor ``"default"``.
        """
        if handle_missing not in ("error", "default"):
            raise ValueError(f"handle_missing is {handle_missing!r}; wanted 'error' or 'default'")
        fallback = () if handle_missing == "error" else (default_value,)
        if isinstance(attr_names, str):
            return self._values(attr_names, *fallback)
        values = [self._values(name, *fallback) for name in attr_names]
        return [[column[i] for column in values] for i in range(len(self))]

    def _values(self, name: str, *fallback: Any) -> list[Any]:
        if self._is_column(name):
            listed: list[Any] = self[name].tolist()
            return listed
        return [getattr(member, name, *fallback) for member in self]

    def _is_column(self, name: object) -> bool:
        return name == UNIQUE_ID or name in self._table.columns

    def groupby(self, by: Callable[[Any], Any] | str, result_type: str = "agentset") -> Groups:
        """Group by a column, an attribute or what a function of one member gives, in the order of first appearance.

        Parameters
        ----------
        by : str or callable
            What members of a group share.
        result_type : str
            ``"agentset"`` for views, ``"list"`` for lists of members.
        """
        if isinstance(by, str) and self._is_column(by):
            groups = by_value(self[by])
        else:
            groups = by_key(self.map(by) if callable(by) else self.get(by))
        views = {key: self._settle(positions, False) for key, positions in groups.items()}
        return Groups(views if result_type == "agentset" else {key: list(view) for key, view in views.items()})

    def __and__(self, other: Any) -> Any:
        if not self._kin(other):
            return super().__and__(other)
        ids = other[UNIQUE_ID]
        return self._view(ids[self._find(ids) >= 0])

    def __or__(self, other: Any) -> Any:
        if not self._kin(other):
            return super().__or__(other)
        ids = other[UNIQUE_ID]
        return self._view(np.concatenate((self[UNIQUE_ID], ids[self._find(ids) < 0])))

    def __sub__(self, other: Any) -> Any:
        if not self._kin(other):
            return super().__sub__(other)
        ids = self[UNIQUE_ID]
        return self._view(ids[other._find(ids) < 0])

    def __xor__(self, other: Any) -> Any:
        return (self - other) | (other - self) if self._kin(other) else super().__xor__(other)

    def _kin(self, other: Any) -> bool:
        return isinstance(other, View) and other._table is self._table

    @classmethod
    def _from_iterable(cls, agents: Iterable[Any]) -> Crowd:
        """Give what set operators with other agents make: members of several tables do not fit one view."""
        return Crowd(agents)

    def __copy__(self: V) -> V:
        return self._view(np.array(self[UNIQUE_ID]))

    def __getstate__(self) -> dict[str, Any]:
        return {"table": self._table, "ids": self._ids, "random": self.random, "owns": self._owns}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._adopt(state["table"], state["ids"], state["random"])
        self._owns = state["owns"]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} {self.kind.__name__}>"


def ids_of(members: Iterable[Member]) -> Ids:
    """Ids of members, each once."""
    return np.array(list(dict.fromkeys(member.unique_id for member in members)), dtype=np.int64)
