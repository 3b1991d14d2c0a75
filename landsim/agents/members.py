"""Members: one agent of a population, or a group of them, seen through the same class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mesa
import numpy as np
import numpy.typing as npt

from landsim.agents.columns import NEXT_ID, UNIQUE_ID, Column, Rows, Table, columns_of, unknown
from landsim.agents.enrolment import enrolled
from landsim.agents.rules import in_bulk
from landsim.core.draws import uniform

if TYPE_CHECKING:
    from landsim.agents.population import Population


class Member(mesa.Agent):  # type: ignore[misc]
    """One agent, or inside a rule a group of agents, of a population.

    A member is a face made on demand: its traits are `Column` entries that stand in the population's table, and two
    faces of one agent are equal.  Nothing but columns can be assigned.  Weak references do not keep a face, so
    members are held in a `Population`, a list or a `Crowd`, never in a bare Mesa ``AgentSet``.

    Parameters
    ----------
    model : mesa.Model
        The model to be born into; it needs ``seed`` and ``year`` for draws.
    **columns
        Values of the newborn's columns.

    Examples
    --------
    >>> from landsim.agents.columns import Column
    >>> class Hen(Member):
    ...     eggs = Column(np.int32, "1", "eggs laid", default=0)
    >>> hen = Hen(mesa.Model(), eggs=3)
    >>> hen.unique_id, hen.eggs
    (1, 3)
    """

    __slots__ = ("_epoch", "_place", "_table", "_uid")

    _table: Table
    _place: Rows
    _epoch: int
    _uid: int | None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name, trait in vars(cls).items():
            if isinstance(trait, Column) and (hasattr(Member, name) or name == NEXT_ID):
                raise ValueError(f"{cls.__name__}: the name {name!r} is taken by every agent")

    def __init__(self, model: Any, **columns: npt.ArrayLike) -> None:
        home = _home(model, type(self))
        newborn = int(home.add(1, **columns)[0])
        _set_face(self, home._table, newborn, -1, -1)

    @classmethod
    def create_agents(cls, model: Any, n: int, **columns: npt.ArrayLike) -> Population:
        """Let `n` members be born, each column one value or an array of shape (n,), and give them as a population."""
        home = _home(model, cls)
        return home.with_ids(home.add(n, **columns))

    @property
    def model(self) -> Any:
        """The model that the member lives in."""
        return self._table.model

    @property
    def unique_id(self) -> Any:
        """Number of the member in its model, never reused; of a group an int64 array."""
        return self._table.read(UNIQUE_ID, self._rows) if self._uid is None else self._uid

    @property
    def pos(self) -> Any:
        """Column and row, (x, y), of the cell that the member lives on.

        None for one without a cell; of a group an int64 array of shape (n, 2), -1 for those without.
        """
        place = getattr(self.model, "landscape", None)
        if place is None or "cell" not in columns_of(type(self)):
            return None
        cells = np.asarray(self._as_group().cell, dtype=np.int64)
        y, x = np.divmod(cells, place.grid.width)
        both = np.where(cells[:, None] >= 0, np.stack((x, y), axis=1), -1)
        if self._uid is None:
            return both
        return None if cells[0] < 0 else (int(both[0, 0]), int(both[0, 1]))

    def draw(self, stream: str, k: int = 0) -> Any:
        """Uniform in (0, 1) named by the model's seed, the stream, the model's year, the member and `k`.

        Returns
        -------
        float or numpy.ndarray of float64
            The same number for the same member, alone or in a group.
        """
        return uniform(self.model.seed, stream, self.model.year, self.unique_id, k)

    @in_bulk
    def remove(self) -> None:
        """Leave the model for good; nothing happens to one who already left."""
        rows = self._table.find(np.atleast_1d(self.unique_id))
        self._table.kill(rows[rows >= 0])

    @property
    def _rows(self) -> Rows:
        """Rows of the table, found again by id where a compaction moved them."""
        if self._epoch != self._table.epoch:
            self._find_again()
        return self._place

    def _find_again(self) -> None:
        if self._uid is None:
            raise LookupError(f"this group of {type(self).__name__} outlived a compaction of its table")
        row = int(self._table.find(self._uid))
        if row < 0:
            raise LookupError(f"{type(self).__name__} {self._uid} is no more")
        self._place, self._epoch = row, self._table.epoch

    @property
    def _size(self) -> int:
        return len(np.atleast_1d(self.unique_id))

    def _as_group(self) -> Any:
        """Give the group itself, or a group of this one member."""
        if self._uid is None:
            return self
        return group_face(self._table, np.array([self._rows], dtype=np.int64))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Member) or self._uid is None:
            return self is other
        return self._table is other._table and self._uid == other._uid

    def __hash__(self) -> int:
        return object.__hash__(self) if self._uid is None else hash(self._uid)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'group' if self._uid is None else self._uid}>"

    def __reduce__(self) -> tuple[Any, ...]:
        if self._uid is None:
            raise TypeError("a group of members lasts for one rule; keep the population")
        return face, (self._table, self._uid)

    if not TYPE_CHECKING:  # hidden from the type checker, which knows every attribute

        def __getattr__(self, name):
            raise AttributeError(f"{type(self).__name__}: {unknown('attribute', name, _names(type(self)))}")

        def __setattr__(self, name, value):
            if not hasattr(type(self), name):
                raise AttributeError(f"{type(self).__name__}: {unknown('column', name, list(columns_of(type(self))))}")
            object.__setattr__(self, name, value)


def face(table: Table, uid: int) -> Member:
    """Give one member of a table by id; its row is looked up when first needed."""
    member: Member = object.__new__(table.kind)
    _set_face(member, table, uid, -1, -1)
    return member


def face_at(table: Table, uid: int, row: int, epoch: int) -> Member:
    """Give one member of a table by id, with the row that it had in an epoch."""
    member: Member = object.__new__(table.kind)
    _set_face(member, table, uid, row, epoch)
    return member


def group_face(table: Table, rows: Rows) -> Any:
    """Give several rows of a table as one member whose traits are arrays."""
    group: Member = object.__new__(table.kind)
    _set_face(group, table, None, rows, table.epoch)
    return group


def _set_face(member: Member, table: Table, uid: int | None, rows: Rows, epoch: int) -> None:
    put = object.__setattr__  # past the guard of `Member.__setattr__`
    put(member, "_table", table)
    put(member, "_uid", uid)
    put(member, "_place", rows)
    put(member, "_epoch", epoch)


def _home(model: Any, kind: type) -> Population:
    """Give the model's population of a kind, an empty one before the first is born."""
    from landsim.agents.population import Population  # a population knows its members, so not at the top

    known = enrolled(model, kind)
    return Population.create(model, kind, 0) if known is None else known


def _names(kind: type) -> list[str]:
    return [name for name in dir(kind) if not name.startswith("_")]
