"""Terrain and water: uplands, a main river that flows downhill with its tributaries, lakes, wetland and sea."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from landsim.landscape.access import LeastCost, least_cost
from landsim.landscape.synthetic.canvas import Canvas, Field, Mask, best
from landsim.landscape.synthetic.kinds import Kind

STEEPEST_BUILDING_DEG = 25.0

_RELIEF_EXTENT_M = 24_000.0
_RIVER_LEAST_CELLS = 8
_M_A_SQRT_KM2 = 9.0
_WIDEST_RIVER_M = 1200.0
_MAIN_RIVER_PULL = 0.05


@dataclass(frozen=True)
class Terrain:
    """Height and water.

    Attributes
    ----------
    elevation, slope : numpy.ndarray of float32
        Metres and degrees.
    river, lake, wetland, sea : numpy.ndarray of bool
        Water bodies; they do not overlap.
    above : numpy.ndarray of float32
        Height above the nearest stream, m.
    to_river : numpy.ndarray of float32
        Distance to the nearest river or stream, m.
    along : numpy.ndarray of float32
        Position along the main river, 0 upstream .. 1 downstream.
    across : numpy.ndarray of float32
        Position across the main river, -1 .. 1.
    main : numpy.ndarray of int64
        Flat cells of the main river, downstream order; empty on a map too small for one.
    """

    elevation: Field
    slope: Field
    river: Mask
    lake: Mask
    wetland: Mask
    sea: Mask
    above: Field
    to_river: Field
    along: Field
    across: Field
    main: npt.NDArray[np.int64]

    @property
    def open_water(self) -> Mask:
        """River, lake or sea."""
        return self.river | self.lake | self.sea

    @property
    def wet(self) -> Mask:
        """Open water or wetland."""
        return self.open_water | self.wetland


def make_terrain(canvas: Canvas, kind: Kind) -> Terrain:
    """Raise the land, let the rivers cut it and fill the lakes."""
    along, across = _axes(canvas)
    raw, sea = _relief(canvas, kind, along, across)
    if min(canvas.shape) < _RIVER_LEAST_CELLS:
        dry = np.zeros(canvas.shape, dtype=np.bool_)
        streams, width, main = dry, np.zeros(canvas.shape, dtype=np.float32), np.empty(0, dtype=np.int64)
        elevation, above, to_river, river = raw, np.maximum(raw, 0.0), canvas.distance(dry), dry
    else:
        bed, streams, width, main = _drain(canvas, raw, sea, along, across)
        to_river, cell = canvas.nearest(streams)
        elevation = _cut_valleys(bed, to_river, cell, width)
        above = np.maximum(elevation - bed.ravel()[cell], 0.0)
        wide = width.ravel()[cell]
        river = (to_river <= 0.5 * wide) & (wide >= 0.5 * canvas.cell) & ~sea
    slope = _slope(elevation, canvas.cell)
    lake, wetland = _still_water(canvas, slope, above, to_river, river, sea)
    slope[river | lake | sea] = 0.0
    return Terrain(elevation, slope, river, lake, wetland, sea, above, to_river, along, across, main)


def _axes(canvas: Canvas) -> tuple[Field, Field]:
    """Positions along and across the main river, which flows to a drawn side of the map."""
    side = int(4 * canvas.draw("flow", 1)[0])
    rows, cols = (
        np.linspace(0.0, 1.0, n, dtype=np.float32) if n > 1 else np.full(1, 0.5, np.float32) for n in canvas.shape
    )
    down, right = np.meshgrid(rows, cols, indexing="ij")
    along, across = (right, down) if side % 2 == 0 else (down, right)
    return (along if side < 2 else np.float32(1.0) - along), 2.0 * across - np.float32(1.0)


def _relief(canvas: Canvas, kind: Kind, along: Field, across: Field) -> tuple[Field, Mask]:
    """Height before the rivers cut it, and the sea."""
    broad = canvas.noise("uplands", 0.4 * canvas.extent_m, 0.9)
    ridges = 1.0 - np.abs(canvas.noise("ridges", 3500.0, 1.15))
    index = kind.base + kind.across * across**2 + kind.behind * (1.0 - along) + kind.rough * broad
    upland = np.logaddexp(0.0, 6.0 * index) / 6.0
    relief = kind.relief * min(1.0, np.sqrt(canvas.extent_m / _RELIEF_EXTENT_M))
    height = 24.0 + 14.0 * (1.0 - along) + relief * upland * (0.75 + 0.33 * ridges)
    height += 1.2 * canvas.noise("plain", 1800.0)
    if not kind.coastal:
        return height.astype(np.float32), np.zeros(canvas.shape, dtype=np.bool_)
    shore = 0.76 + 0.05 * canvas.noise("shore", 9000.0, 0.85) - along
    height = np.where(shore > 0.0, height * np.minimum(1.0, 0.04 + shore / 0.15), np.maximum(300.0 * shore, -40.0))
    return height.astype(np.float32), (shore <= 0.0) & (along > 0.5)


def _drain(
    canvas: Canvas, height: Field, sea: Mask, along: Field, across: Field
) -> tuple[Field, Mask, Field, npt.NDArray[np.int64]]:
    """Lead every cell downhill to the outlet; give the cut height, the streams, their width and the main river."""
    hill = np.maximum(height - np.float32(np.percentile(height, 2)), 0.0)
    cost = (1.0 + hill / 6.0) * np.exp(0.9 * canvas.noise("meander", 2200.0, 0.5))
    ends = np.where(along == 1.0, height + 60.0 * np.abs(across), np.inf)
    outlet = np.flatnonzero(sea) if sea.any() else np.array([ends.argmin()])
    inlet = int(np.where(along == 0.0, height + 60.0 * np.abs(across), np.inf).argmin())
    main = trace(least_cost(cost, outlet), inlet)
    cost.ravel()[main] *= _MAIN_RIVER_PULL
    tree = least_cost(cost, outlet)
    order = np.argsort(tree.cost, kind="stable")
    area = np.full(canvas.size, canvas.cell_ha / 100.0)
    area[inlet] += 1.5 * canvas.area_km2
    _gather(order, tree.via, area)
    width = np.minimum(_M_A_SQRT_KM2 * np.sqrt(area), _WIDEST_RIVER_M).astype(np.float32)
    width[main] = np.maximum(width[main], canvas.cell)
    streams = (width >= min(45.0, 0.5 * canvas.cell)) & ~sea.ravel() & (area > 8.0 * canvas.cell_ha)
    streams[main[~sea.ravel()[main]]] = True
    bed = height.ravel().copy()
    _cut_beds(order, tree.via, streams, bed)
    return bed.reshape(canvas.shape), streams.reshape(canvas.shape), width.reshape(canvas.shape), main


def trace(tree: LeastCost, start: int) -> npt.NDArray[np.int64]:
    """Flat cells of the way from a cell to its source, both ends included."""
    return np.asarray(_trace(tree.via, start), dtype=np.int64)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _trace(via: Any, start: Any) -> Any:
    count, cell = 1, start
    while via[cell] >= 0:
        cell = via[cell]
        count += 1
    way = np.empty(count, dtype=np.int64)
    cell = start
    for k in range(count):
        way[k] = cell
        cell = via[cell]
    return way


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _gather(order: Any, via: Any, area: Any) -> None:
    """Add each cell's drained area to the next cell downstream, the farthest first."""
    for k in range(order.size - 1, -1, -1):
        if via[order[k]] >= 0:
            area[via[order[k]]] += area[order[k]]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _cut_beds(order: Any, via: Any, streams: Any, bed: Any) -> None:
    """Lower each stream cell to the cell upstream of it, so that water never climbs."""
    for k in range(order.size - 1, -1, -1):
        cell = order[k]
        if streams[cell] and via[cell] >= 0:
            bed[via[cell]] = min(bed[via[cell]], bed[cell])


def _cut_valleys(bed: Field, to_river: Field, cell: npt.NDArray[np.int64], width: Field) -> Field:
    """Open a parabolic valley about each stream, wide about a wide one."""
    floor = bed.ravel()[cell] + 0.5 + np.float32(0.02) * to_river**2 / np.maximum(width.ravel()[cell], 30.0)
    return np.where(to_river > 0, np.minimum(bed, floor), bed).astype(np.float32)


def _slope(elevation: Field, cell: float) -> Field:
    """Steepness by central differences, degrees."""
    rise = np.zeros((2, *elevation.shape), dtype=np.float32)
    for axis in (0, 1):
        if elevation.shape[axis] > 1:
            rise[axis] = np.gradient(elevation, cell, axis=axis)
    return np.asarray(np.degrees(np.arctan(np.hypot(*rise))), dtype=np.float32)


def _still_water(
    canvas: Canvas, slope: Field, above: Field, to_river: Field, river: Mask, sea: Mask
) -> tuple[Mask, Mask]:
    """Lakes in the lowland beside the river, and wetland on the shores of lakes, rivers and sea."""
    low = (slope < 1.5) & (above < 12.0) & ~river & ~sea
    off_river = low & (to_river > 500.0)
    pools = canvas.noise("lakes", 2600.0, 1.6)
    lake = best(pools, off_river & (pools > 1.2), round(0.012 * canvas.size))
    shore = canvas.distance(river | lake | sea)
    marsh = 0.8 * canvas.noise("marsh", 1500.0) - shore / 160.0 + 1.2 * (canvas.distance(lake) < 350.0)
    wetland = best(marsh, low & ~lake & (shore < 400.0), round(0.010 * canvas.size))
    return lake, wetland
