"""Columns: one array a trait for every member of a kind, in a table that owns them."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any, TypeAlias, overload

import numpy as np
import numpy.typing as npt

from landsim.agents.enrolment import advance_ids, next_id
from landsim.agents.ids import advance_ids_of, next_id_of, reserve_ids
from landsim.core.quantity import Quantity
from landsim.core.registry import nearest

Rows: TypeAlias = "int | slice | npt.NDArray[np.int64]"

UNIQUE_ID = "unique_id"
NEXT_ID = "next_id"
_ACCEPTS = {"b": "b", "i": "biu", "u": "biu", "f": "biuf"}  # kinds of values that a kind of column can hold


def unknown(what: str, name: str, known: list[str]) -> str:
    """Say that a name is not known, with the nearest one that is."""
    near = nearest(name, known)
    return f"no {what} {name!r}" + (f"; did you mean {near!r}?" if near else f"; there are {', '.join(known)}")


def fit(values: npt.ArrayLike, dtype: np.dtype[Any], label: str) -> npt.NDArray[Any]:
    """Cast values to a dtype that can hold them.

    Raises
    ------
    ValueError
        If that would drop fractions, or if whole numbers lie beyond the dtype.
    """
    array = np.asarray(values)
    if array.dtype == dtype:
        return array
    if array.size and array.dtype.kind not in _ACCEPTS[dtype.kind]:
        raise ValueError(f"{label}: {array.dtype} values do not fit {dtype}")
    if dtype.kind in "iu" and array.size and not np.can_cast(array.dtype, dtype):
        bounds = np.iinfo(dtype)
        if array.min() < bounds.min or array.max() > bounds.max:
            raise ValueError(f"{label}: values beyond {dtype}, {bounds.min} to {bounds.max}")
    return array.astype(dtype)


class Column:
    """One trait of every member, kept once as an array of shape (n,).

    Read from one member it is a plain number, read from a group a read-only array in the group's order;
    assignment is the only way to change it.

    Parameters
    ----------
    dtype : dtype-like
        Boolean, integer or floating NumPy type, as narrow as the trait allows.
    unit : str
        Unit symbol; ``"1"`` for a pure number.
    doc : str
        Meaning in one line.
    default : number, optional
        Value of a newborn that is given none; without it every newborn must be given one.
    low, high : float, optional
        Inclusive bounds that the trait is meant to keep.

    Raises
    ------
    ValueError
        If the type or the default cannot be kept.
    """

    def __init__(
        self,
        dtype: npt.DTypeLike,
        unit: str,
        doc: str,
        *,
        default: Any = None,
        low: float | None = None,
        high: float | None = None,
    ) -> None:
        self.dtype = np.dtype(dtype)
        if self.dtype.kind not in _ACCEPTS:
            raise ValueError(f"a column holds booleans or numbers, not {self.dtype}")
        self.default = None if default is None else fit(default, self.dtype, "default")
        self.name = ""
        self.unit, self.doc, self.low, self.high = unit, doc, low, high

    @property
    def fallback(self) -> npt.NDArray[Any]:
        """The default, or no value at all."""
        return np.empty(0, self.dtype) if self.default is None else self.default

    @property
    def quantity(self) -> Quantity:
        """Name, dtype, unit, bounds and meaning."""
        return Quantity(self.name, self.dtype.name, self.unit, self.doc, self.low, self.high)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, member: None, owner: type | None = None) -> Column: ...

    @overload
    def __get__(self, member: Any, owner: type | None = None) -> Any: ...

    def __get__(self, member: Any, owner: type | None = None) -> Any:
        return self if member is None else member._table.read(self.name, member._rows)

    def __set__(self, member: Any, values: npt.ArrayLike) -> None:
        member._table.write(self.name, member._rows, values)


def columns_of(kind: type) -> dict[str, Column]:
    """Give the columns of a `Member` class by name, those of its bases first."""
    names = [name for base in reversed(kind.__mro__) for name in vars(base)]
    found = {name: getattr(kind, name) for name in dict.fromkeys(names)}
    return {name: column for name, column in found.items() if isinstance(column, Column)}


class Table:
    """The columns of every member of one kind in one model, and their only owner.

    Rows stand in the order of birth, so ids ascend along them; the dead leave holes until `compact`.
    An array that was handed out is never changed later: a write to its column makes a new one.

    Attributes
    ----------
    living : int
        Number of living members.
    version : int
        Counts births, deaths and compactions.
    epoch : int
        Counts compactions; rows hold within one epoch only.
    """

    def __init__(self, kind: type, model: Any) -> None:
        self.kind, self.model = kind, model
        self.columns = columns_of(kind)
        self._arrays = {UNIQUE_ID: np.empty(0, np.int64)}
        self._arrays |= {name: np.empty(0, column.dtype) for name, column in self.columns.items()}
        self._alive = np.empty(0, bool)
        self._used = self.living = self.version = self.epoch = 0
        self._lent: set[str] = set()
        self._rows: tuple[int, Rows] = (-1, 0)

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return list(self.columns)

    @property
    def nbytes(self) -> int:
        """Memory held, bytes."""
        return self._alive.nbytes + sum(array.nbytes for array in self._arrays.values())

    def rows(self) -> Rows:
        """Rows of the living, ascending; a slice where there are no holes."""
        if self._rows[0] != self.version:
            whole = self.living == self._used
            self._rows = (self.version, slice(0, self._used) if whole else np.flatnonzero(self._alive[: self._used]))
        return self._rows[1]

    def find(self, ids: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Rows of members by id; -1 where there is no such member alive."""
        wanted = np.asarray(ids, dtype=np.int64)
        if not self._used:
            return np.full(wanted.shape, -1, np.int64)
        known = self._arrays[UNIQUE_ID][: self._used]
        rows = np.minimum(np.searchsorted(known, wanted), self._used - 1)
        return np.where((known[rows] == wanted) & self._alive[rows], rows, -1)

    def lives(self, uid: int, row: int, epoch: int) -> bool:
        """Whether a member that had a row in some epoch is alive."""
        return bool(self._alive.item(row)) if epoch == self.epoch else int(self.find(uid)) >= 0

    def read(self, name: str, rows: Rows) -> Any:
        """Value of one row as a plain number, or of several as a read-only array."""
        if isinstance(rows, int):
            return self._arrays[name].item(rows)
        if isinstance(rows, slice):
            self._lent.add(name)
        values = self._arrays[name][rows]
        values.flags.writeable = False
        return values

    def write(self, name: str, rows: Rows, values: npt.ArrayLike) -> None:
        """Assign one value, or a value a row.

        Raises
        ------
        ValueError
            If the values are not as many as the rows, or do not fit the column.
        """
        size = None if isinstance(rows, int) else len(self._arrays[UNIQUE_ID][rows])
        fitted = self._fitted(name, values, size)
        if name in self._lent:
            self._arrays[name] = self._arrays[name].copy()
            self._lent.discard(name)
        self._arrays[name][rows] = fitted

    def spawn(self, count: int, given: Mapping[str, npt.ArrayLike]) -> npt.NDArray[np.int64]:
        """Append newborn members and give their ids, shape (count,), the next ones of their kind.

        Raises
        ------
        ValueError
            If a column is unknown, lacks a value, or is given values that do not fit.
        """
        count = operator.index(count)
        values = self._complete(count, given)
        first = reserve_ids(self.model, self.kind, count)
        return self._append({UNIQUE_ID: np.arange(first, first + count), **values}, count)

    def kill(self, rows: Rows) -> None:
        """Mark rows as dead; they stay readable until the next compaction."""
        self._alive[rows] = False
        self.living = int(np.count_nonzero(self._alive[: self._used]))
        self.version += 1

    def compact(self) -> None:
        """Close the holes of the dead; half as much again stays free for the newborn if it was so before."""
        if self.living == self._used:
            return
        self._repack(min(len(self._alive), self.living + self.living // 2), np.flatnonzero(self._alive[: self._used]))
        self.epoch += 1
        self.version += 1

    def state(self, rows: Rows) -> dict[str, npt.NDArray[Any]]:
        """Copy rows as plain arrays, with the next id that a newborn would be given."""
        held = {name: array[: self._used][rows].copy() for name, array in self._arrays.items()}
        return {**held, NEXT_ID: np.array(next_id_of(self.model, self.kind), np.int64)}

    def fill(self, state: Mapping[str, npt.ArrayLike]) -> None:
        """Take over the members of a `state`; the table must be new.

        Raises
        ------
        ValueError
            If columns are missing or unknown, differ in length, or ids do not ascend.
        """
        lacking = [name for name in (UNIQUE_ID, *self.columns, NEXT_ID) if name not in state]
        if lacking:
            raise ValueError(f"{self.kind.__name__}: the state lacks {', '.join(lacking)}")
        ids = fit(state[UNIQUE_ID], np.dtype(np.int64), UNIQUE_ID)
        if np.any(np.diff(ids) <= 0):
            raise ValueError(f"{self.kind.__name__}: ids of a state must ascend")
        given = {name: values for name, values in state.items() if name not in (UNIQUE_ID, NEXT_ID)}
        self._append({UNIQUE_ID: ids, **self._complete(len(ids), given)}, len(ids))
        advance_ids_of(self.model, self.kind, int(np.asarray(state[NEXT_ID])))

    def _complete(self, count: int, given: Mapping[str, npt.ArrayLike]) -> dict[str, npt.NDArray[Any]]:
        """Values of every column for `count` newborns, defaults where none are given."""
        for name in given:
            if name not in self.columns:
                raise ValueError(f"{self.kind.__name__}: {unknown('column', name, self.names)}")
        lacking = [name for name, column in self.columns.items() if column.default is None and name not in given]
        if lacking and count:
            raise ValueError(f"{self.kind.__name__}: no values for {', '.join(lacking)}")
        return {
            name: self._fitted(name, given[name], count) if name in given else column.fallback
            for name, column in self.columns.items()
        }

    def _fitted(self, name: str, values: npt.ArrayLike, size: int | None) -> npt.NDArray[Any]:
        """Values as one number or, for `size` rows, an array of that length."""
        if name not in self.columns:
            raise ValueError(f"{self.kind.__name__}: {unknown('column', name, self.names)}")
        label = f"{self.kind.__name__}.{name}"
        array = fit(values, self.columns[name].dtype, label)
        if array.ndim and array.shape != (size,):
            raise ValueError(f"{label}: values of shape {array.shape} for {size or 'one'} members")
        return array

    def _append(self, values: Mapping[str, npt.NDArray[Any]], count: int) -> npt.NDArray[np.int64]:
        """Write new rows behind the last, growing by half where there is no room."""
        start, end, capacity = self._used, self._used + count, len(self._alive)
        if end > capacity:
            self._repack(max(end, capacity + capacity // 2), None)
        for name, array in self._arrays.items():
            array[start:end] = values[name]
        self._alive[start:end] = True
        self._used = end
        self.living += count
        self.version += 1
        return np.array(values[UNIQUE_ID])

    def _repack(self, capacity: int, keep: npt.NDArray[np.int64] | None) -> None:
        """Move rows (all, or those kept) to the front of new arrays of some capacity."""
        chosen = slice(0, self._used) if keep is None else keep
        self._arrays = {name: _moved(array, capacity, chosen) for name, array in self._arrays.items()}
        self._alive = _moved(self._alive, capacity, chosen)
        self._used = self._used if keep is None else len(keep)
        self._lent.clear()

    def __getstate__(self) -> dict[str, Any]:
        """Leave out free room; note the model's next id, which Mesa forgets in a copy."""
        state = {**self.__dict__, "_lent": set(), "_rows": (-1, 0), NEXT_ID: next_id(self.model)}
        state["_arrays"] = {name: array[: self._used].copy() for name, array in self._arrays.items()}
        state["_alive"] = self._alive[: self._used].copy()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        known = dict(state)
        issued = known.pop(NEXT_ID)
        self.__dict__.update(known)
        advance_ids(self.model, issued)


def _moved(array: npt.NDArray[Any], capacity: int, rows: slice | npt.NDArray[np.int64]) -> npt.NDArray[Any]:
    """Copy rows of an array to the front of a new one."""
    kept = array[rows]
    moved = np.empty(capacity, array.dtype)
    moved[: len(kept)] = kept
    return moved
