"""Three maps of one place (start, observed end, simulated end) on common classes, and their joint cell counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from landsim.core.errors import InputError, Problem

Codes = npt.NDArray[np.uint8]
Plane = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.int64]
Candidates = npt.ArrayLike | Mapping[int, npt.ArrayLike] | None

OUTSIDE = 255


@dataclass(frozen=True)
class MapTrio:
    """Start, observed and simulated maps as class indices, on the cells that are valid in all three.

    Attributes
    ----------
    codes : numpy.ndarray of uint8, shape (n_classes,)
        Land-cover code of each class index, ascending; the codes that occur.
    first : numpy.ndarray of uint8, shape (height, width)
        Codes of the whole start map, inside and outside the mask; `OUTSIDE` where it has no data.
    start, observed, simulated : numpy.ndarray of uint8, shape (height, width)
        Class index a cell; `OUTSIDE` where any map has no data or the mask is False.
    """

    codes: Codes
    first: Codes
    start: Codes
    observed: Codes
    simulated: Codes

    @cached_property
    def inside(self) -> Plane:
        """Cells that are compared, bool, shape (height, width)."""
        return np.asarray(self.start != OUTSIDE)

    @cached_property
    def joint(self) -> Counts:
        """Cells by [start, observed, simulated] class, int64, shape (n_classes, n_classes, n_classes)."""
        return joint_counts(self.start, self.observed, self.simulated, self.codes.size)

    def joint_within(self, allowed: Plane) -> Counts:
        """Joint counts over the allowed cells only, shaped as `joint`."""
        start = np.where(allowed, self.start, np.uint8(OUTSIDE))
        return joint_counts(start, self.observed, self.simulated, self.codes.size)


def joint_counts(start: Codes, observed: Codes, simulated: Codes, n_classes: int) -> Counts:
    """Count cells by the classes of three maps; cells that are `OUTSIDE` at the start are left out."""
    counts = np.zeros((n_classes, n_classes, n_classes), dtype=np.int64)
    _count_joint(start.reshape(-1), observed.reshape(-1), simulated.reshape(-1), counts)
    return counts


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _count_joint(start: Any, observed: Any, simulated: Any, counts: Any) -> None:
    for i in range(start.size):
        if start[i] != OUTSIDE:
            counts[start[i], observed[i], simulated[i]] += 1


def read_trio(
    start: npt.ArrayLike,
    observed: npt.ArrayLike,
    simulated: npt.ArrayLike,
    mask: npt.ArrayLike | None = None,
    nodata: int | Iterable[int] | None = None,
    classes: Iterable[int] | None = None,
) -> MapTrio:
    """Put three maps on common classes.

    Parameters
    ----------
    start, observed, simulated : array_like of int, one shape of one or two dimensions
        Land-cover codes 0..254.
    mask : array_like of bool, same shape, optional
        True where cells count.
    nodata : int or iterable of int, optional
        Codes that mean "no data" in any of the maps.
    classes : iterable of int, optional
        The codes that may occur; every code if not given.

    Raises
    ------
    ValueError
        If shapes differ or the maps do not hold integers.
    InputError
        If a code is not among `classes` or 0..254, or if no cell is valid in all maps.
    """
    skipped = _as_set(nodata)
    maps = [
        _narrow(values, name, skipped)
        for name, values in (("start", start), ("observed", observed), ("simulated", simulated))
    ]
    inside = _common_cells(maps, mask)
    codes = _codes_of(maps, inside, classes)
    index = np.full(256, OUTSIDE, dtype=np.uint8)
    index[codes] = np.arange(codes.size, dtype=np.uint8)
    planes = [np.where(inside, index[values], np.uint8(OUTSIDE)) for values in maps]
    return MapTrio(codes, maps[0], *planes)


def allowed_cells(candidates: Candidates, code: int, shape: tuple[int, ...]) -> Plane | None:
    """Cells where a class may arise, bool, of the given shape; None where nothing forbids it."""
    chosen = candidates.get(code) if isinstance(candidates, Mapping) else candidates
    return None if chosen is None else _plane(chosen, "candidates", shape)


def _as_set(nodata: int | Iterable[int] | None) -> set[int]:
    if nodata is None:
        return set()
    return {int(nodata)} if isinstance(nodata, (int, np.integer)) else {int(code) for code in nodata}


def _narrow(values: npt.ArrayLike, name: str, skipped: set[int]) -> Codes:
    """Return a map as uint8 codes with `OUTSIDE` for no data."""
    array = np.ascontiguousarray(np.atleast_2d(np.asarray(values)))
    if array.dtype.kind not in "biu" or array.ndim != 2:
        raise ValueError(f"{name}: a map of integer codes is wanted, not {array.dtype} of {array.ndim} dimensions")
    empty = np.isin(array, sorted(skipped))
    low, high = (int(edge(array, where=~empty, initial=0)) for edge in (np.min, np.max))
    if low < 0 or high >= OUTSIDE:
        raise InputError(Problem(name, "codes out of range", wanted=f"0..{OUTSIDE - 1}", found=f"{low}..{high}"))
    return np.where(empty, np.uint8(OUTSIDE), array.astype(np.uint8, copy=False))


def _common_cells(maps: list[Codes], mask: npt.ArrayLike | None) -> Plane:
    shapes = {values.shape for values in maps}
    if len(shapes) > 1:
        raise ValueError(f"maps of different shapes: {', '.join(str(values.shape) for values in maps)}")
    inside = (maps[0] != OUTSIDE) & (maps[1] != OUTSIDE) & (maps[2] != OUTSIDE)
    if mask is not None:
        inside &= _plane(mask, "mask", inside.shape)
    if not inside.any():
        mend = "Check the no-data values and the mask"
        raise InputError(Problem("validation", "no cell is valid in all three maps", mend=mend))
    return np.asarray(inside)


def _codes_of(maps: list[Codes], inside: Plane, classes: Iterable[int] | None) -> Codes:
    present = np.zeros(256, dtype=np.bool_)
    for values in maps:
        _mark_codes(values.reshape(-1), inside.reshape(-1), present)
    codes = np.flatnonzero(present).astype(np.uint8)
    if classes is not None and (strange := set(codes.tolist()) - set(classes)):
        raise InputError(Problem("validation", "unknown class codes", found=", ".join(map(str, sorted(strange)))))
    return codes


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _mark_codes(values: Any, inside: Any, present: Any) -> None:
    for i in range(values.size):
        if inside[i]:
            present[values[i]] = True


def _plane(values: npt.ArrayLike, name: str, shape: tuple[int, ...]) -> Plane:
    plane = np.atleast_2d(np.asarray(values)).astype(np.bool_, copy=False)
    if plane.shape != shape:
        raise ValueError(f"{name}: shape {plane.shape}, expected {shape}")
    return plane
