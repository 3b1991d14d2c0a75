"""The one door: every conversion of land, of any kind, is tested and written by `convert`."""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from landsim.core.draws import draw_cell
from landsim.landscape.legend import BUILT, Land


class Rule(IntEnum):
    """What stopped a conversion; PASSED if nothing did."""

    PASSED = 0
    QUOTA = 1
    BALANCE = 2
    PACE = 3
    ZONE = 4
    NO_LAND = 5


class Waive(IntFlag):
    """Tests that a kind of conversion does not undergo."""

    NOTHING = 0
    ZONE = 1
    QUOTA = 2
    BALANCE = 4


class Door(NamedTuple):
    """Everything that `convert` looks at; plain arrays, so that kernels can carry it.

    Attributes
    ----------
    land : uint8, shape (n,)
        Land-cover code a cell: written here and nowhere else.
    code_class : uint8, shape (256,)
        Model class of a code.
    control : uint8, shape (n,)
        Control code of a cell: which overlays lie on it.
    chance : float32, shape (2, n_codes, 16, 16)
        Probability that a conversion from one model class to another is permitted, for ordinary
        change (0) and for projects (1).
    inside : uint8, shape (n_codes,)
        1 where a control code lies inside the urban development boundary.
    region : int16, shape (n,)
        Row of the district of a cell.
    quota : int64, shape (n_regions, 3)
        Cells left this year: new construction, of which from agriculture, of which from arable land.
    pace : int64, shape (1,)
        Cells of new construction inside the boundary that the pace of use still admits.
    loss : int64, shape (256,)
        Cells that a code may still lose to others.
    bank : int64, shape (3,)
        Arable balance: cells, paddy cells, kg a year of yield.
    debits : bool, shape (16, 16)
        Changes of model class that must be paid from the arable balance; all False without a balance.
    quality, paddy : uint8, shape (n,) or (1,)
        Grade of farmland and paddy flag; of shape (1,) where unknown.
    yield_kg : int64, shape (11,)
        Yearly yield of one cell by grade, kg.
    permit_key : uint32, shape (2,)
        Key of the draw that decides conditional permits.
    """

    land: npt.NDArray[np.uint8]
    code_class: npt.NDArray[np.uint8]
    control: npt.NDArray[np.uint8]
    chance: npt.NDArray[np.float32]
    inside: npt.NDArray[np.uint8]
    region: npt.NDArray[np.int16]
    quota: npt.NDArray[np.int64]
    pace: npt.NDArray[np.int64]
    loss: npt.NDArray[np.int64]
    bank: npt.NDArray[np.int64]
    debits: npt.NDArray[np.bool_]
    quality: npt.NDArray[np.uint8]
    paddy: npt.NDArray[np.uint8]
    yield_kg: npt.NDArray[np.int64]
    permit_key: npt.NDArray[np.uint32]


_IS_BUILT = np.zeros(16, dtype=np.bool_)
_IS_BUILT[[int(land) for land in BUILT]] = True
_ARABLE = int(Land.ARABLE)
_OTHER_AG = int(Land.OTHER_AG)
_QUOTA, _BALANCE, _PACE, _ZONE, _NO_LAND = (
    int(r) for r in (Rule.QUOTA, Rule.BALANCE, Rule.PACE, Rule.ZONE, Rule.NO_LAND)
)
_WAIVE_ZONE, _WAIVE_QUOTA, _WAIVE_BALANCE = int(Waive.ZONE), int(Waive.QUOTA), int(Waive.BALANCE)


# Every field of the door is read once a conversion: each reading of a record costs a reference count.


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def permitted(odds: Any, permit_key: Any, cell: Any, to_class: Any) -> Any:
    """Tell whether overlays that permit a change with such odds permit it here; conditional ones use one named draw."""
    if odds <= 0.0 or odds >= 1.0:
        return odds > 0.0
    return draw_cell(permit_key[0], permit_key[1], np.uint32(0), cell, np.uint32(to_class)) < odds


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def builds(from_class: Any, to_class: Any) -> Any:
    """Tell whether a change is new construction."""
    return _IS_BUILT[to_class] and not _IS_BUILT[from_class]


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def test_quota(quota: Any, pace: Any, region: Any, inside: Any, from_class: Any) -> Any:
    """Return the rule among quota and pace that stops new construction, or 0."""
    short = quota[region, 0] < 1 or (from_class == _ARABLE and quota[region, 2] < 1)
    if short or (from_class in (_ARABLE, _OTHER_AG) and quota[region, 1] < 1):
        return _QUOTA
    return _PACE if pace[0] < 1 and inside else 0


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def worth(door: Any, cell: Any) -> Any:
    """Paddy flag and yearly yield (kg) of a cell of farmland."""
    quality, paddy = door.quality, door.paddy
    grade = quality[cell if quality.size > 1 else 0]
    return np.int64(paddy[cell if paddy.size > 1 else 0] != 0), door.yield_kg[grade]


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def test_balance(door: Any, cell: Any) -> Any:
    """Return the balance rule if the bank cannot pay for the loss of a cell of arable land, or 0."""
    bank = door.bank
    paddy, kg = worth(door, cell)
    return _BALANCE if bank[0] < 1 or bank[1] < paddy or bank[2] < kg else 0


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def charge_quota(door: Any, region: Any, control: Any, from_class: Any) -> None:
    """Take one cell of new construction off the quota of its district and off the pace."""
    quota = door.quota
    quota[region, 0] -= 1
    quota[region, 1] -= from_class in (_ARABLE, _OTHER_AG)
    quota[region, 2] -= from_class == _ARABLE
    door.pace[0] -= door.inside[control] != 0


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def charge_balance(door: Any, cell: Any) -> None:
    """Take one cell of arable land off the bank."""
    bank = door.bank
    paddy, kg = worth(door, cell)
    bank[0] -= 1
    bank[1] -= paddy
    bank[2] -= kg


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def refusal(door: Any, cell: Any, to_code: Any, project: Any, waive: Any) -> Any:
    """Return the rule that stops one conversion, or 0; the arguments are those of `convert`."""
    code_class, from_code = door.code_class, door.land[cell]
    from_class, to_class = code_class[from_code], code_class[to_code]
    rule = 0
    if from_code == to_code or from_class == 0 or to_class == 0 or door.loss[from_code] < 1:
        rule = _NO_LAND
    control = door.control[cell]
    if rule == 0 and not waive & _WAIVE_ZONE:
        odds = door.chance[project, control, from_class, to_class]
        if odds < 1.0 and not permitted(odds, door.permit_key, cell, to_class):
            rule = _ZONE
    if rule == 0 and not waive & _WAIVE_QUOTA and builds(from_class, to_class):
        rule = test_quota(door.quota, door.pace, door.region[cell], door.inside[control], from_class)
    if rule == 0 and not waive & _WAIVE_BALANCE and door.debits[from_class, to_class]:
        rule = test_balance(door, cell)
    return rule


@njit(forceinline=True, cache=True)  # type: ignore[untyped-decorator]
def convert(door: Any, cell: Any, to_code: Any, project: Any, waive: Any) -> Any:
    """Test one conversion against every rule and, if all pass, write it and pay for it.

    Parameters
    ----------
    door : Door
        State and counters.
    cell : int
        Flat index.
    to_code : int
        Land-cover code to write.
    project : int
        0 ordinary change, 1 project (reclamation, restoration, demolition).
    waive : int
        `Waive` flags of the kind; only an illegal conversion waives the zone.

    Returns
    -------
    int
        A `Rule`: 0 if the cell was converted, else what stopped it.
    """
    rule = refusal(door, cell, to_code, project, waive)
    if rule:
        return rule
    land, code_class = door.land, door.code_class
    from_code = land[cell]
    from_class, to_class = code_class[from_code], code_class[to_code]
    if not waive & _WAIVE_QUOTA and builds(from_class, to_class):
        charge_quota(door, door.region[cell], door.control[cell], from_class)
    if not waive & _WAIVE_BALANCE and door.debits[from_class, to_class]:
        charge_balance(door, cell)
    door.loss[from_code] -= 1
    land[cell] = to_code
    return 0
