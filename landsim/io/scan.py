"""Scan: areas into cells, line by line - the cells whose centre is inside, or the share of each that is covered.

A scan line runs through the centre of each row of cells, or of each of the `factor` rows of sub-cells that a row is
cut into.  A cell (or sub-cell) is inside where its centre lies between an odd crossing of the outline and the next, a
rule by which neighbours that share an outline neither overlap nor leave a gap.  Rows do not depend on one another, so
any division into blocks of rows gives the same.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from landsim.landscape.grid import Grid

MOST_SUBCELLS = 8
"""Most sub-cells a side: all of a cell are the bits of one number."""


class Outlines(NamedTuple):
    """Rings of areas, vertex after vertex.

    Attributes
    ----------
    xy : float64, shape (m, 2)
        Column and row of each vertex, in sub-cells from the north-west corner of the map.
    area : int32, shape (m,)
        Number of the area that the edge from a vertex to the next one bounds; -1 at the end of a ring.
    """

    xy: npt.NDArray[np.float64]
    area: npt.NDArray[np.int32]


def outlines(geometries: npt.NDArray[Any], grid: Grid, factor: int = 1) -> Outlines:
    """Take areas apart into rings on the grid.

    Parameters
    ----------
    geometries : numpy.ndarray of shapely polygons and multipolygons, shape (n,)
        On the grid's CRS.
    grid : Grid
        A north-up grid.
    factor : int
        Sub-cells a side, 1 .. `MOST_SUBCELLS`.

    Raises
    ------
    ValueError
        If the factor is out of range.
    """
    import shapely

    if not 1 <= factor <= MOST_SUBCELLS:
        raise ValueError(f"{factor} sub-cells a side, expected 1..{MOST_SUBCELLS}")
    parts, area = shapely.get_parts(geometries, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    a, _, west, _, e, north = grid.transform
    xy -= (west, north)
    xy *= (factor / a, factor / e)
    owner = area[part][ring].astype(np.int32)
    owner[np.flatnonzero(np.diff(ring, append=-1))] = -1
    return Outlines(xy, owner)


def paint(shapes: Outlines, values: npt.NDArray[Any], top: int, out: npt.NDArray[Any]) -> None:
    """Write the value of each area into the cells whose centre is inside, later areas over earlier ones.

    Parameters
    ----------
    shapes : Outlines
        With a factor of 1.
    values : numpy.ndarray, shape (n,)
        One an area.
    top : int
        Row of the map in which `out` begins.
    out : numpy.ndarray, shape (rows, width)
        Cells outside all areas stay as they are.
    """
    _paint(shapes.xy, shapes.area, values, top, out)


def count_covered(shapes: Outlines, factor: int, top: int, out: npt.NDArray[np.uint8]) -> None:
    """Count the sub-cells of each cell that areas cover; overlaps count once.

    Parameters
    ----------
    shapes : Outlines
        With the same factor.
    factor : int
        Sub-cells a side.
    top : int
        Row of the map in which `out` begins.
    out : numpy.ndarray of uint8, shape (rows, width)
        Gets the counts, 0 .. ``factor ** 2``.
    """
    _count_covered(shapes.xy, shapes.area, factor, top, out)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _crossings(xy: Any, area: Any, top: Any, lines: Any) -> Any:
    """Where outlines cross scan lines: first crossing a line, then column and area of each, by area and column."""
    start = np.zeros(lines + 1, dtype=np.int64)
    for i in range(area.size):
        if area[i] >= 0:
            first, last = _lines_met(xy, i, top, lines)
            for line in range(first, last):
                start[line + 1] += 1
    for line in range(lines):
        start[line + 1] += start[line]
    column = np.empty(start[lines], dtype=np.float64)
    owner = np.empty(start[lines], dtype=np.int32)
    free = start[:-1].copy()
    for i in range(area.size):
        if area[i] >= 0:
            first, last = _lines_met(xy, i, top, lines)
            low = i if xy[i, 1] < xy[i + 1, 1] else i + 1  # the same way for both neighbours of an edge
            high = 2 * i + 1 - low
            slope = (xy[high, 0] - xy[low, 0]) / (xy[high, 1] - xy[low, 1]) if last > first else 0.0
            for line in range(first, last):
                column[free[line]] = xy[low, 0] + (top + line + 0.5 - xy[low, 1]) * slope
                owner[free[line]] = area[i]
                free[line] += 1
    for line in range(lines):
        begin = start[line]
        while begin < start[line + 1]:
            end = _end_of_area(owner, begin, start[line + 1])
            if end - begin > 2:
                column[begin:end].sort()
            elif column[begin] > column[begin + 1]:
                column[begin], column[begin + 1] = column[begin + 1], column[begin]
            begin = end
    return start, column, owner


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _lines_met(xy: Any, i: Any, top: Any, lines: Any) -> Any:
    """First scan line from `top` that the edge after a vertex meets, and the one after the last; half open."""
    low, high = min(xy[i, 1], xy[i + 1, 1]), max(xy[i, 1], xy[i + 1, 1])
    first, last = np.ceil(low - 0.5) - top, np.ceil(high - 0.5) - top
    return np.int64(max(first, 0.0)), np.int64(min(last, np.float64(lines)))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _end_of_area(owner: Any, begin: Any, stop: Any) -> Any:
    end = begin + 1
    while end < stop and owner[end] == owner[begin]:
        end += 1
    return end


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _centre_after(column: Any, width: Any) -> Any:
    """Return the first cell of a row whose centre lies beyond a crossing, 0 .. width."""
    return np.int64(min(max(np.floor(column + 0.5), 0.0), np.float64(width)))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _paint(xy: Any, area: Any, values: Any, top: Any, out: Any) -> None:
    rows, width = out.shape
    start, column, owner = _crossings(xy, area, top, rows)
    for r in range(rows):
        for j in range(start[r], start[r + 1], 2):
            value = values[owner[j]]
            for c in range(_centre_after(column[j], width), _centre_after(column[j + 1], width)):
                out[r, c] = value


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _count_covered(xy: Any, area: Any, factor: Any, top: Any, out: Any) -> None:
    """Set the bits of covered sub-cells along a row of cells, then count them."""
    rows, width = out.shape
    start, column, _ = _crossings(xy, area, top * factor, rows * factor)
    bits = np.zeros(width, dtype=np.uint64)
    one = np.uint64(1)
    side = (one << np.uint64(factor)) - one
    for r in range(rows):
        bits[:] = 0
        for s in range(factor):
            shift = np.uint64(s * factor)
            line = r * factor + s
            for j in range(start[line], start[line + 1], 2):
                a = _centre_after(column[j], width * factor)
                b = _centre_after(column[j + 1], width * factor)
                if a >= b:
                    continue
                first, last = a // factor, (b - 1) // factor
                head = (side << np.uint64(a - first * factor)) & side
                tail = side >> np.uint64((last + 1) * factor - b)
                if first == last:
                    bits[first] |= (head & tail) << shift
                    continue
                bits[first] |= head << shift
                for c in range(first + 1, last):
                    bits[c] |= side << shift
                bits[last] |= tail << shift
        for c in range(width):
            out[r, c] = _ones(bits[c])


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _ones(bits: Any) -> Any:
    """Count the bits that are set in 64."""
    bits = bits - ((bits >> np.uint64(1)) & np.uint64(0x5555555555555555))
    bits = (bits & np.uint64(0x3333333333333333)) + ((bits >> np.uint64(2)) & np.uint64(0x3333333333333333))
    bits = (bits + (bits >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.uint8((bits * np.uint64(0x0101010101010101)) >> np.uint64(56))
