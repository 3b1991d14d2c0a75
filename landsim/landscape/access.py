"""Travel time over the network: speeds, least-cost search on a grid, block reductions and centres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from landsim.core.parallel import each
from landsim.core.params import Params, param
from landsim.landscape.access_kernels import grow_tree, spread_times
from landsim.landscape.legend import BUILT, Land

LOCAL, TRUNK, MOTORWAY, RAIL = 1, 2, 3, 4

_MINUTES_PER_HOUR = 60.0
_M_PER_KM = 1000.0


class AccessParams(Params):
    """Speeds of travel on the grid."""

    motorway: float = param(90.0, unit="km/h", doc="speed on a motorway", gt=0, le=200)
    trunk: float = param(50.0, unit="km/h", doc="speed on a trunk road", gt=0, le=200)
    local: float = param(30.0, unit="km/h", doc="speed on a local road", gt=0, le=200)
    urban: float = param(25.0, unit="km/h", doc="speed on the streets of built-up land", gt=0, le=200)
    off_road: float = param(5.0, unit="km/h", doc="speed on land without a road, on foot", gt=0, le=200)
    unknown_roads: float = param(30.0, unit="km/h", doc="speed on land where no road layer is given", gt=0, le=200)
    unknown_bridges: float = param(
        5.0, unit="km/h", doc="speed across water where no road layer is given; 0 closes it", ge=0, le=200
    )


class LeastCost(NamedTuple):
    """Least-cost tree from a set of sources over the flat cells of a grid.

    Attributes
    ----------
    cost : numpy.ndarray of float64, shape (cells,)
        Cost from the nearest source; infinite where none leads.
    via : numpy.ndarray of int32, shape (cells,)
        Next cell towards the source; -1 at a source and where none leads.
    source : numpy.ndarray of int32, shape (cells,)
        Position of the nearest source in the list; -1 where none leads.
    """

    cost: npt.NDArray[np.float64]
    via: npt.NDArray[np.int32]
    source: npt.NDArray[np.int32]


def least_cost(cost: npt.NDArray[Any], sources: npt.ArrayLike) -> LeastCost:
    """Dijkstra (1959) over eight neighbours; a step costs its length in cells times the mean of the two costs.

    Parameters
    ----------
    cost : numpy.ndarray of float, shape (height, width)
        Cost of crossing one cell side, > 0; infinite where impassable.
    sources : array_like of int
        Flat indices of the cells from which the search spreads.

    Returns
    -------
    LeastCost
        Ties fall to the lower cell, so that the tree depends on nothing but the input.

    Raises
    ------
    ValueError
        If a source lies outside the grid.
    """
    half = np.multiply(cost, 0.5, dtype=np.float64)
    starts = _starts(sources, half.size)
    tree = LeastCost(np.full(half.size, np.inf), np.full(half.size, -1, np.int32), np.full(half.size, -1, np.int32))
    grow_tree(half, starts, *tree)
    return tree


def _starts(sources: npt.ArrayLike, cells: int) -> npt.NDArray[np.int64]:
    starts = np.atleast_1d(np.asarray(sources, dtype=np.int64))
    if starts.size and (starts.min() < 0 or starts.max() >= cells):
        raise ValueError(f"sources outside the grid of {cells} cells")
    return starts


def travel_minutes(
    speed_kmh: npt.NDArray[np.float32], cell_size_m: float, sources: npt.ArrayLike
) -> npt.NDArray[np.float32]:
    """Travel time from the nearest source; between neighbours the harmonic mean of both speeds counts.

    Parameters
    ----------
    speed_kmh : numpy.ndarray of float32, shape (height, width)
        Speed in a cell, km/h; 0 where impassable.
    cell_size_m : float
        Side of a cell, m.
    sources : array_like of int
        Flat indices of the cells where the time is 0.

    Returns
    -------
    numpy.ndarray of float32, shape (height, width)
        Minutes, equal to the least cost of `least_cost`; infinite where no way leads.

    Raises
    ------
    ValueError
        If a source lies outside the grid.
    """
    minutes = np.full(speed_kmh.shape, np.inf)
    pace = np.float32(0.5 * (cell_size_m * _MINUTES_PER_HOUR / _M_PER_KM))
    spread_times(np.ascontiguousarray(speed_kmh).reshape(-1), pace, _starts(sources, speed_kmh.size), minutes)
    return minutes.astype(np.float32)


def many_travel_minutes(
    speed_kmh: npt.NDArray[np.float32], cell_size_m: float, sources: Sequence[npt.ArrayLike]
) -> npt.NDArray[np.float32]:
    """Travel time from each of several sources, a row each.

    Parameters
    ----------
    speed_kmh, cell_size_m
        As for `travel_minutes`.
    sources : sequence of int or array_like of int
        One entry a row; an entry of several cells means the nearest of them.

    Returns
    -------
    numpy.ndarray of float32, shape (len(sources), height * width)
        Minutes; infinite where no way leads.
    """
    times = np.empty((len(sources), speed_kmh.size), dtype=np.float32)

    def fill(row: int) -> None:
        times[row] = travel_minutes(speed_kmh, cell_size_m, sources[row]).reshape(-1)

    each(fill, range(len(sources)))
    return times


def speed_field(
    model_class: npt.NDArray[np.uint8],
    road: npt.NDArray[np.uint8] | None,
    params: AccessParams | None = None,
    factor: int = 1,
) -> npt.NDArray[np.float32]:
    """Speed of travel in each block of a map, km/h.

    The best road that touches a block gives its speed, over water too (a bridge).  Without a road, a block that is
    mostly water is closed, a mostly built one has its streets, and any other is walked.  Railways carry nobody
    here, for trains stop at stations only.  Where no road layer is given, land has one middling speed.

    Parameters
    ----------
    model_class : numpy.ndarray of uint8, shape (height, width)
        Model class a cell.
    road : numpy.ndarray of uint8, shape (height, width), or None
        Road class a cell; None if roads are unknown.
    params : AccessParams or None
        Speeds; None for the defaults.
    factor : int
        Cells along the side of a block.

    Returns
    -------
    numpy.ndarray of float32, shape (ceil(height / factor), ceil(width / factor))
        Speed; 0 where impassable or outside the study.
    """
    speeds = params or AccessParams()
    valid = block_mean(model_class != Land.NODATA, factor)
    watery = block_mean(_is_one_of(model_class, (Land.WATER, Land.SEA)), factor) > 0.5 * valid
    built = block_mean(_is_one_of(model_class, BUILT), factor) > 0.5 * valid
    land, water = (speeds.off_road, 0.0) if road is not None else (speeds.unknown_roads, speeds.unknown_bridges)
    street = speeds.urban if road is not None else max(speeds.urban, land)
    speed = np.where(watery, water, np.where(built, street, land)).astype(np.float32)
    if road is not None:
        best = block_max(np.where(road == RAIL, 0, road), factor)
        on_road = np.array([0.0, speeds.local, speeds.trunk, speeds.motorway], dtype=np.float32)
        speed = np.maximum(speed, on_road[best])
    speed[valid == 0] = 0.0
    return speed


def _is_one_of(model_class: npt.NDArray[np.uint8], classes: Sequence[Land]) -> npt.NDArray[np.bool_]:
    table = np.zeros(256, dtype=np.bool_)
    table[list(classes)] = True
    return table[model_class]


def block_sum(values: npt.NDArray[Any], factor: int) -> npt.NDArray[np.float64]:
    """Sum of each block of `factor` x `factor` cells; blocks at the edges may be smaller, shape as `Grid.blocks`."""
    return np.asarray(_reduce(np.add, values, factor, dtype=np.float64))


def block_mean(values: npt.NDArray[Any], factor: int) -> npt.NDArray[np.float32]:
    """Mean of each block over the cells that it has."""
    rows, cols = (np.diff(np.append(_edges(n, factor), n)) for n in values.shape)
    return np.asarray(block_sum(values, factor) / np.outer(rows, cols), dtype=np.float32)


def block_max(values: npt.NDArray[Any], factor: int) -> npt.NDArray[Any]:
    """Largest value of each block, in the type of the input."""
    return np.asarray(_reduce(np.maximum, values, factor))


def _reduce(operation: np.ufunc, values: npt.NDArray[Any], factor: int, **kind: Any) -> Any:
    height, width = values.shape
    rows = operation.reduceat(values, _edges(height, factor), axis=0, **kind)
    return operation.reduceat(rows, _edges(width, factor), axis=1, **kind)


def _edges(length: int, factor: int) -> npt.NDArray[np.int64]:
    return np.arange(0, length, factor, dtype=np.int64)


def centres(weights: npt.NDArray[Any], n: int, min_distance: float) -> npt.NDArray[np.int64]:
    """Pick the highest peaks that keep a distance from each other (non-maximum suppression).

    Parameters
    ----------
    weights : numpy.ndarray of a number, shape (height, width)
        Jobs, residents or another weight a cell; only positive ones can be picked.
    n : int
        Most peaks wanted.
    min_distance : float
        Least distance between two peaks, cells.

    Returns
    -------
    numpy.ndarray of int64, shape (<= n,)
        Flat indices, highest first; a tie falls to the lower index.
    """
    left = np.array(weights, dtype=np.float64)
    height, width = left.shape
    reach = int(min(np.ceil(min_distance), max(height, width)))
    picked: list[int] = []
    while len(picked) < n and left.size:
        peak = int(left.argmax())
        row, col = divmod(peak, width)
        if not left[row, col] > 0:
            break
        picked.append(peak)
        top, first = max(row - reach, 0), max(col - reach, 0)
        window = left[top : row + reach + 1, first : col + reach + 1]
        rows, cols = np.ogrid[: window.shape[0], : window.shape[1]]
        window[np.hypot(rows + top - row, cols + first - col) < min_distance] = 0.0
        left[row, col] = 0.0
    return np.array(picked, dtype=np.int64)
