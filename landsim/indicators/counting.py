"""Counting: cells by district, land-cover code and zone, as a `YearState` holds them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from landsim.core.parallel import each

Counts = npt.NDArray[np.int64]

_CELLS_A_TIME = 1_000_000


def class_counts(
    landcover: npt.NDArray[np.uint8],
    districts: npt.NDArray[np.integer[Any]],
    district: npt.NDArray[np.integer[Any]] | None = None,
    within: npt.NDArray[Any] | None = None,
) -> Counts:
    """Count cells by district and land-cover code, as `YearState` wants them.

    Parameters
    ----------
    landcover : numpy.ndarray of uint8, shape (height, width)
        Codes.
    districts : numpy.ndarray of int, shape (n,)
        Ids, as `district_ids` gives them.
    district : numpy.ndarray of int, shape (height, width), optional
        District id a cell, all 0 where not given.
    within : numpy.ndarray of bool or int, shape (height, width), optional
        Count only where this is not 0.

    Returns
    -------
    numpy.ndarray of int64, shape (n, 256)
    """
    counts = np.zeros((districts.size, 256), dtype=np.int64)
    rows = _rows_of(districts)
    place = np.zeros(landcover.size, dtype=np.uint8) if district is None else district.reshape(-1)
    inside = np.empty(0, dtype=np.bool_) if within is None else within.reshape(-1).astype(np.bool_, copy=False)
    _count(landcover.reshape(-1), place, rows, inside, counts)
    return counts


def counts_of_former(
    first: npt.NDArray[np.uint8],
    wanted: npt.NDArray[np.bool_],
    landcover: npt.NDArray[np.uint8],
    districts: npt.NDArray[np.integer[Any]],
    district: npt.NDArray[np.integer[Any]] | None = None,
) -> Counts:
    """Count cells that held some codes at first, by district and by the code that they hold now.

    Parameters
    ----------
    first, landcover : numpy.ndarray of uint8, shape (height, width)
        Codes at first and now; `first` may be flat.
    wanted : numpy.ndarray of bool, shape (256,)
        Look-up table code -> is it one of those.
    districts, district
        As for `class_counts`.

    Returns
    -------
    numpy.ndarray of int64, shape (n, 256)
    """
    counts = np.zeros((districts.size, 256), dtype=np.int64)
    place = np.zeros(1, dtype=np.uint8) if district is None else district.reshape(-1)
    _count_left(first.reshape(-1), wanted, landcover.reshape(-1), place, _rows_of(districts), counts)
    return counts


def counts_by_zone(
    landcover: npt.NDArray[np.uint8],
    districts: npt.NDArray[np.integer[Any]],
    district: npt.NDArray[np.integer[Any]] | None,
    control: npt.NDArray[np.uint8],
    zone: npt.NDArray[np.uint8],
    zones: int,
) -> Counts:
    """Count cells by the zone of their control code, by district and by land-cover code, in one pass.

    Parameters
    ----------
    landcover, control : numpy.ndarray of uint8, shape (height, width)
        Land-cover code and control code a cell.
    districts, district
        As for `class_counts`.
    zone : numpy.ndarray of uint8, shape (n_codes,)
        Zone of each control code, below `zones`.
    zones : int
        Number of zones.

    Returns
    -------
    numpy.ndarray of int64, shape (zones, n, 256)
        The sum over the first axis is what `class_counts` gives for the whole map.
    """
    rows = _rows_of(districts)
    place = np.zeros(1, dtype=np.uint8) if district is None else district.reshape(-1)
    land, code = landcover.reshape(-1), control.reshape(-1)

    def some(first: int) -> Counts:
        counts = np.zeros((zones, districts.size, 256), dtype=np.int64)
        _count_zones(land, place, rows, code, zone, first, min(first + _CELLS_A_TIME, land.size), counts)
        return counts

    none = np.zeros((zones, districts.size, 256), dtype=np.int64)
    return sum(each(some, range(0, land.size, _CELLS_A_TIME)), none)


def _rows_of(districts: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.int64]:
    """Look-up table district id -> row of the counts, -1 where it is not among them."""
    rows = np.full(int(districts.max(initial=0)) + 1, -1, dtype=np.int64)
    rows[districts] = np.arange(districts.size)
    return rows


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _count(landcover: Any, district: Any, rows: Any, inside: Any, counts: Any) -> None:
    everywhere = inside.size == 0
    for i in range(landcover.size):
        place = district[i]
        if (everywhere or inside[i]) and 0 <= place < rows.size and rows[place] >= 0:
            counts[rows[place], landcover[i]] += 1


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _count_left(first: Any, wanted: Any, landcover: Any, district: Any, rows: Any, counts: Any) -> None:
    everywhere = district.size == 1
    for i in range(first.size):
        if wanted[first[i]]:
            place = district[0 if everywhere else i]
            if 0 <= place < rows.size and rows[place] >= 0:
                counts[rows[place], landcover[i]] += 1


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _count_zones(
    landcover: Any, district: Any, rows: Any, control: Any, zone: Any, first: Any, last: Any, counts: Any
) -> None:
    everywhere = district.size == 1
    for i in range(first, last):
        place = district[0 if everywhere else i]
        if 0 <= place < rows.size and rows[place] >= 0:
            counts[zone[control[i]], rows[place], landcover[i]] += 1
