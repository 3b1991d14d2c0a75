"""Balance: the double-entry ledger of arable land that is taken and supplied, in whole cells and kilograms."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from numba import njit

from landsim.core.params import Params, param
from landsim.core.quantity import UNLIMITED
from landsim.landscape.landscape import GRADE_SOURCE, MEAN_GRADE
from landsim.landscape.legend import BUILT, Land
from landsim.policy.quota import whole_cells

N_GRADES = 11
Mode = Literal["off", "project", "unified"]


class Account(IntEnum):
    """Accounts of the ledger, and columns of its bank."""

    ARABLE_HA = 0
    PADDY_HA = 1
    CAPACITY_KG = 2


class Kind(IntEnum):
    """Kinds of ledger entry."""

    CREDIT = 0
    DEBIT = 1


COLUMNS: dict[str, str] = {
    "year": "int32",
    "seq": "int64",
    "account": "uint8",
    "cells": "int64",
    "delta": "int64",
    "kind": "uint8",
    "event_seq": "int64",
}


class BalanceParams(Params):
    """Occupation-compensation balance of arable land (耕地占补平衡)."""

    mode: Mode = param(
        "unified",
        doc="off; project: construction is paid for (until 2023); unified: every loss by people is",
        source="reform of 2024-2025",
        confidence="V",
        lever=True,
    )
    opening_ha: float = param(0.0, unit="ha", doc="accepted supplement in the bank at the start", ge=0, lever=True)
    opening_paddy: float = param(0.5, doc="share of paddy in the opening balance", ge=0, le=1)
    opening_grade: int = param(
        round(MEAN_GRADE), unit="grade", doc="quality of the opening balance", source=GRADE_SOURCE, ge=1, le=10
    )
    lag: int = param(1, unit="a", doc="years until a supplement is accepted", ge=0, le=10)
    yield_best: float = param(9000.0, unit="kg/ha/a", doc="yield of farmland of grade 1", gt=0)
    yield_step: float = param(0.06, doc="loss of yield from grade to grade, as a share of the best", ge=0, lt=0.11)
    unknown_grade: int = param(
        round(MEAN_GRADE),
        unit="grade",
        doc="grade taken where quality is unknown, in the whole grades of the ledger",
        source=GRADE_SOURCE,
        confidence="H",
        ge=1,
        le=10,
    )
    village_grade: int = param(
        8, unit="grade", doc="grade of farmland that was a village", source="cost table of land consolidation",
        confidence="L", ge=1, le=10,
    )  # fmt: skip
    open_grade: int = param(
        9, unit="grade", doc="grade of farmland that was grass or unused land",
        source="cost table of land consolidation", confidence="L", ge=1, le=10,
    )  # fmt: skip
    supplement_slope: float = param(15.0, unit="deg", doc="steepest accepted supplement", confidence="M", ge=0, le=90)
    supplement_grade: int = param(10, unit="grade", doc="worst grade of an accepted supplement", ge=1, le=10)


def yield_table(params: BalanceParams, cell_ha: float) -> npt.NDArray[np.int64]:
    """Yearly yield of one cell by grade, kg, int64, shape (11,); row 0 where the grade is unknown.

    ``Y(q) = Y1 (1 - step (q - 1))``, rounded once to whole kilograms a cell.

    Examples
    --------
    >>> yield_table(BalanceParams(), 1.0)[[1, 2, 10]].tolist()
    [9000, 8460, 4140]
    """
    grade = np.arange(N_GRADES, dtype=np.float64)
    grade[0] = params.unknown_grade
    per_ha = params.yield_best * (1.0 - params.yield_step * (grade - 1.0))
    return np.floor(per_ha * cell_ha + 0.5).astype(np.int64)


def debit_table(mode: Mode) -> npt.NDArray[np.bool_]:
    """Conversions that must be paid for, bool, shape (16 from, 16 to).

    In mode ``project`` construction on arable land; in mode ``unified`` also orchards, afforestation and grass.
    Growth of water and wetland and what falls waste are exempt, as the reform of 2024-2025 has it.
    """
    table = np.zeros((len(Land), len(Land)), dtype=np.bool_)
    if mode != "off":
        table[Land.ARABLE, list(BUILT)] = True
    if mode == "unified":
        table[Land.ARABLE, [Land.OTHER_AG, Land.FOREST, Land.GRASS]] = True
    return table


def accepts_supplement(
    slope: npt.ArrayLike, grade: npt.ArrayLike, erl: npt.ArrayLike, params: BalanceParams
) -> npt.NDArray[np.bool_]:
    """Tell which new arable cells count as supplement.

    Parameters
    ----------
    slope, grade, erl : array_like, shape (n,)
        Slope in degrees, quality 1..10 (0 unknown, which counts as `BalanceParams.unknown_grade`), red line 0/1/2.
    """
    known = np.where(np.asarray(grade) == 0, params.unknown_grade, grade)
    good = (known <= params.supplement_grade) & (np.asarray(erl) == 0)
    return np.asarray(good & (np.asarray(slope) <= params.supplement_slope), dtype=np.bool_)


def opening_bank(params: BalanceParams, cell_ha: float) -> npt.NDArray[np.int64]:
    """Cells, paddy cells and kg in the bank at the start, int64, shape (3,); `UNLIMITED` in mode off."""
    if params.mode == "off":
        return np.full(3, UNLIMITED, dtype=np.int64)
    cells, _ = whole_cells(params.opening_ha, cell_ha)
    kg = cells * yield_table(params, cell_ha)[params.opening_grade]
    return np.array([cells, np.floor(cells * params.opening_paddy + 1e-9), kg], dtype=np.int64)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def draw_down(bank: Any, paddy: Any, kg: Any) -> Any:
    """Take single cells out of the bank in the given order where it can pay; bool, which ones were paid."""
    paid = np.zeros(kg.size, dtype=np.bool_)
    for i in range(kg.size):
        if bank[0] >= 1 and bank[1] >= paddy[i] and bank[2] >= kg[i]:
            bank[0] -= 1
            bank[1] -= paddy[i]
            bank[2] -= kg[i]
            paid[i] = True
    return paid


class Ledger:
    """The books of arable land: every change of the bank is an entry, and no account falls below zero.

    Parameters
    ----------
    opening : array_like of int, shape (3,)
        Cells, paddy cells and kg at the start (`opening_bank`).
    lag : int
        Years until a credit is accepted.
    """

    def __init__(self, opening: npt.ArrayLike, lag: int = 1) -> None:
        self.opening = np.array(opening, dtype=np.int64)
        self.lag = lag
        self._bank = self.opening.copy()
        self._pending = np.empty((0, 4), dtype=np.int64)  # due year, paddy, kg, event_seq
        self._entries: list[npt.NDArray[np.int64]] = []
        self._next = 0

    @property
    def bank(self) -> npt.NDArray[np.int64]:
        """A copy of the counters (cells, paddy cells, kg) for a conversion kernel, int64, shape (3,)."""
        return self._bank.copy()

    @property
    def next_seq(self) -> int:
        """Number that the next entry will have."""
        return self._next

    def credit(self, year: int, paddy: npt.ArrayLike, kg: npt.ArrayLike, event_seq: npt.ArrayLike) -> None:
        """Hand in supplement cells; they reach the bank when `open_year` comes to ``year + lag``.

        Parameters
        ----------
        paddy, kg, event_seq : array_like of int, shape (n,)
            Paddy flag, yearly yield and event number of each cell.
        """
        rows = np.column_stack(np.broadcast_arrays(*map(_integers, (year + self.lag, paddy, kg, event_seq))))
        self._pending = np.vstack([self._pending, rows])

    def open_year(self, year: int) -> int:
        """Accept the credits that are due by `year`; returns the number of cells (credits come before debits)."""
        due = self._pending[:, 0] <= year
        _, paddy, kg, event_seq = self._pending[due].T
        self._pending = self._pending[~due]
        self._post(year, Kind.CREDIT, np.ones_like(paddy), paddy, kg, event_seq)
        return int(due.sum())

    def debit(
        self, year: int, paddy: npt.ArrayLike, kg: npt.ArrayLike, event_seq: npt.ArrayLike
    ) -> npt.NDArray[np.bool_]:
        """Pay for arable cells that are taken, in the given order.

        Parameters
        ----------
        paddy, kg, event_seq : array_like of int, shape (n,)
            Paddy flag, yearly yield and event number of each cell.

        Returns
        -------
        numpy.ndarray of bool, shape (n,)
            False where the bank could not pay; such a cell is not entered.
        """
        flags, weights, events = np.broadcast_arrays(*map(_integers, (paddy, kg, event_seq)))
        paid = np.asarray(draw_down(self.bank, flags, weights), dtype=np.bool_)
        flags, weights, events = flags[paid], weights[paid], events[paid]
        self._post(year, Kind.DEBIT, np.ones_like(flags), flags, weights, events)
        return paid

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """Return the entries in order, one array a column of `COLUMNS`."""
        table = np.vstack([np.empty((0, len(COLUMNS)), dtype=np.int64), *self._entries])
        return {name: table[:, i].astype(dtype) for i, (name, dtype) in enumerate(COLUMNS.items())}

    def closing(self) -> npt.NDArray[np.int64]:
        """Sum the opening and all entries: what the bank must hold, int64, shape (3,)."""
        columns = self.columns()
        total = self.opening.copy()
        np.add.at(total, columns["account"], columns["delta"])
        return total

    def state(self) -> dict[str, npt.NDArray[np.int64]]:
        """Everything that a restored ledger needs, as arrays."""
        entries = np.vstack([np.empty((0, len(COLUMNS)), dtype=np.int64), *self._entries])
        lag = np.array([self.lag], dtype=np.int64)
        return {"opening": self.opening, "lag": lag, "pending": self._pending, "entries": entries}

    @classmethod
    def restore(cls, state: dict[str, npt.NDArray[np.int64]]) -> Ledger:
        """Rebuild a ledger from `state`."""
        ledger = cls(state["opening"], int(state["lag"][0]))
        ledger._pending = state["pending"].copy()
        ledger._entries = [state["entries"].copy()]
        ledger._next = len(state["entries"])
        ledger._bank = ledger.closing()
        return ledger

    def _post(self, year: int, kind: Kind, cells: Any, paddy: Any, kg: Any, event_seq: Any) -> None:
        """Enter movements and change the bank; accounts that do not move get no row."""
        sign = -1 if kind == Kind.DEBIT else 1
        delta = sign * np.column_stack([cells, paddy, kg])
        movement, account = np.nonzero(delta)
        rows = np.empty((movement.size, len(COLUMNS)), dtype=np.int64)
        rows[:, 0] = year
        rows[:, 1] = self._next + np.arange(movement.size)
        rows[:, 2] = account
        rows[:, 3] = cells[movement]
        rows[:, 4] = delta[movement, account]
        rows[:, 5] = int(kind)
        rows[:, 6] = event_seq[movement]
        self._entries.append(rows)
        self._next += movement.size
        self._bank += delta.sum(axis=0)


def _integers(values: npt.ArrayLike) -> npt.NDArray[np.int64]:
    return np.atleast_1d(np.asarray(values, dtype=np.int64))
