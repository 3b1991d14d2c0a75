"""Roads and townships: trunk roads between towns, local roads to villages, a motorway, counties from townships."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree

from landsim.landscape.access import LOCAL, MOTORWAY, TRUNK, LeastCost, least_cost
from landsim.landscape.synthetic.canvas import Canvas, Mask
from landsim.landscape.synthetic.terrain import Terrain, trace

Cells = npt.NDArray[np.int64]

_WORTHWHILE_DETOUR = 1.6
_MOTORWAY_LEAST_M = 9000.0
_MOTORWAY_FROM_CITY_M = 4000.0
_MOTORWAY_RING_M = 5000.0
_COUNTIES = 4
_SMOOTH_CELLS = 1.5


@dataclass(frozen=True)
class Road:
    """A road as a line.

    Attributes
    ----------
    road_class : int
        1 local, 2 trunk, 3 motorway.
    cells : numpy.ndarray of int64, shape (n,)
        Flat cells that it runs through, in order.
    """

    road_class: int
    cells: Cells

    def course(self, width: int) -> npt.NDArray[np.float64]:
        """Smoothed course as (row, column) on a grid of `width` columns, shape (n, 2); its ends stay in place."""
        points = np.stack(np.divmod(self.cells, width), axis=1).astype(np.float64)
        smooth = ndimage.gaussian_filter1d(points, _SMOOTH_CELLS, axis=0, mode="nearest")
        smooth[[0, -1]] = points[[0, -1]]
        return np.asarray(smooth)


@dataclass(frozen=True)
class Ties:
    """Neighbouring towns: the best way between each pair that shares a border of their hinterlands.

    Attributes
    ----------
    a, b : numpy.ndarray of int64, shape (n,)
        Positions of the towns, a < b.
    cost : numpy.ndarray of float64, shape (n,)
        Cost of the way.
    at_a, at_b : numpy.ndarray of int64, shape (n,)
        Flat cells where the way crosses the border.
    """

    a: Cells
    b: Cells
    cost: npt.NDArray[np.float64]
    at_a: Cells
    at_b: Cells


def road_cost(canvas: Canvas, terrain: Terrain) -> npt.NDArray[np.float64]:
    """Cost of building a road across a cell: slopes and bridges are dear, wetland is poor ground."""
    cost = (1.0 + (terrain.slope / 5.0) ** 1.5) * np.exp(0.25 * canvas.noise("survey", 1200.0, 0.5))
    return np.asarray(cost + 9.0 * terrain.open_water + 2.0 * terrain.wetland, dtype=np.float64)


def trunk_roads(canvas: Canvas, terrain: Terrain, tree: LeastCost, towns: Cells) -> tuple[list[Road], Ties]:
    """Roads that join every town by the cheapest tree, shorten long detours and lead off the map."""
    ties = _ties(canvas, tree)
    ways = [np.concatenate([trace(tree, ties.at_a[k])[::-1], trace(tree, ties.at_b[k])]) for k in _built(ties, towns)]
    ways += [trace(tree, cell) for cell in _exits(tree, canvas, terrain)]
    return [Road(TRUNK, way) for way in ways if way.size > 1], ties


def _ties(canvas: Canvas, tree: LeastCost) -> Ties:
    """Cheapest crossing between each pair of adjacent hinterlands."""
    cells = np.arange(canvas.size).reshape(canvas.shape)
    here = np.concatenate([cells[:, :-1].ravel(), cells[:-1].ravel()])
    there = np.concatenate([cells[:, 1:].ravel(), cells[1:].ravel()])
    border = tree.source[here] != tree.source[there]
    here, there = here[border], there[border]
    swap = tree.source[here] > tree.source[there]
    at_a, at_b = np.where(swap, there, here), np.where(swap, here, there)
    a, b = tree.source[at_a].astype(np.int64), tree.source[at_b].astype(np.int64)
    cost = tree.cost[at_a] + tree.cost[at_b] + 1.0
    order = np.lexsort((at_a, cost, b, a))
    first = np.ones(order.size, dtype=np.bool_)
    first[1:] = (np.diff(a[order]) != 0) | (np.diff(b[order]) != 0)
    keep = order[first]
    return Ties(a[keep], b[keep], cost[keep], at_a[keep], at_b[keep])


def _built(ties: Ties, towns: Cells) -> Cells:
    """Ties that get a road: the spanning tree, and those that spare a long way round."""
    graph = csr_array((ties.cost, (ties.a, ties.b)), shape=(towns.size, towns.size))
    spanning = minimum_spanning_tree(graph)
    round_about = dijkstra(spanning, directed=False)[ties.a, ties.b]
    in_tree = np.asarray(spanning.toarray()[ties.a, ties.b]).ravel() > 0
    return np.flatnonzero(in_tree | (round_about > _WORTHWHILE_DETOUR * ties.cost))


def _sides(terrain: Terrain) -> list[Mask]:
    """Cells of the four sides of the map that are not sea: upstream, downstream, and across on either hand."""
    return [
        side & ~terrain.sea
        for side in (terrain.along == 0, terrain.along == 1, terrain.across == -1, terrain.across == 1)
    ]


def _exits(tree: LeastCost, canvas: Canvas, terrain: Terrain) -> list[int]:
    """Cheapest dry cell of each side of the map, where a trunk road leaves it."""
    cost = tree.cost.reshape(canvas.shape)
    dry = [side & ~terrain.open_water for side in _sides(terrain)]
    return [int(np.where(side, cost, np.inf).argmin()) for side in dry if side.any()]


def motorway(canvas: Canvas, terrain: Terrain, towns: Cells, urban: Mask) -> list[Road]:
    """Give one motorway from side to side that passes the first city at a distance; none on a small map."""
    sides = _sides(terrain)
    ends = sides[:2] if sides[1].any() else sides[2:]
    if canvas.extent_m < _MOTORWAY_LEAST_M or not all(side.any() for side in ends):
        return []
    ring = (canvas.distance(canvas.mask(towns[:1])) - _MOTORWAY_FROM_CITY_M) / _MOTORWAY_RING_M
    cost = (1.0 + (terrain.slope / 4.0) ** 1.5) * (1.0 + ring**2) + 8.0 * terrain.open_water
    cost += 12.0 * np.exp(-canvas.distance(urban) / 600.0) + 0.3 * np.abs(canvas.noise("motorway", 4000.0))
    tree = least_cost(cost, [int(np.where(ends[0], cost, np.inf).argmin())])
    far_end = int(np.where(ends[1], tree.cost.reshape(canvas.shape), np.inf).argmin())
    return [Road(MOTORWAY, trace(tree, far_end))]


def local_roads(cost: npt.NDArray[np.float64], trunk: Mask, villages: Cells) -> list[Road]:
    """Lanes from every village to the nearest road, sharing their last stretch with the lanes met on the way."""
    if villages.size == 0 or not trunk.any():
        return []
    tree = least_cost(cost, np.flatnonzero(trunk))
    on_network = trunk.ravel().copy()
    lanes = []
    for village in villages[np.argsort(tree.cost[villages], kind="stable")]:
        way = trace(tree, village)
        way = way[: int(on_network[way].argmax()) + 1]
        on_network[way] = True
        lanes.append(Road(LOCAL, way))
    return [lane for lane in lanes if lane.cells.size > 1]


def road_layer(canvas: Canvas, roads: list[Road]) -> npt.NDArray[np.uint8]:
    """Best road class a cell, uint8."""
    layer = np.zeros(canvas.size, dtype=np.uint8)
    for road in sorted(roads, key=lambda road: road.road_class):
        layer[road.cells] = road.road_class
    return layer.reshape(canvas.shape)


def districts(township: npt.NDArray[np.int16], ties: Ties, towns: Cells, canvas: Canvas) -> npt.NDArray[np.int16]:
    """Join townships to at most four counties, each in one piece: the first city's, and those far from it."""
    graph = csr_array((ties.cost, (ties.a, ties.b)), shape=(towns.size, towns.size))
    apart = dijkstra(graph, directed=False)
    seats = [0]
    while len(seats) < min(_COUNTIES, towns.size):
        seats.append(int(apart[seats].min(axis=0).argmax()))
    county = apart[seats].argmin(axis=0).astype(np.int16) + np.int16(1)
    return np.asarray(county[township - 1], dtype=np.int16)


def hinterlands(tree: LeastCost, canvas: Canvas) -> npt.NDArray[np.int16]:
    """Township of each cell: the nearest town by the cost of the way, 1 .. number of towns."""
    return (tree.source + 1).astype(np.int16).reshape(canvas.shape)
