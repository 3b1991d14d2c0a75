"""Synthetic city: assembles terrain, settlements, roads, cover, history and lines into a landscape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.core.errors import InputError, Problem
from landsim.core.registry import nearest
from landsim.landscape.access import MOTORWAY, TRUNK, least_cost
from landsim.landscape.grid import Grid
from landsim.landscape.landscape import Landscape
from landsim.landscape.legend import Land, model_legend
from landsim.landscape.synthetic import lines, network, settlements
from landsim.landscape.synthetic.canvas import Canvas, Field, Mask
from landsim.landscape.synthetic.cover import farmland, natural_cover, residents, urban_use
from landsim.landscape.synthetic.growth import GrowthParams, fixed_effects, grow, land_at, neighbour_density
from landsim.landscape.synthetic.kinds import KINDS, Kind
from landsim.landscape.synthetic.network import Road
from landsim.landscape.synthetic.settlements import Settlements
from landsim.landscape.synthetic.terrain import STEEPEST_BUILDING_DEG, Terrain, make_terrain

_CRS = "EPSG:32650"
_WEST_M, _NORTH_M = 500_000.0, 3_400_000.0
_WIDEST_ROAD_CELL_M = 100.0
_MOTORWAY_AGE = 10


@dataclass(frozen=True)
class SyntheticCity:
    """A made-up place with its past.

    Attributes
    ----------
    landscape : Landscape
        The place at the last date, in the model legend.
    history : dict of int to numpy.ndarray of uint8, shape (height, width)
        Map of each date, ascending; the last is the landscape's own.
    truth : dict
        ``growth``: the parameters of the process that made the history; ``mandates``: cells that the red line and
        the farmland line had to reach and that the boundary could not exceed.
    roads : tuple of Road
        Lines of the network.
    settlements : Settlements
        Cities, towns and villages.
    """

    landscape: Landscape
    history: dict[int, npt.NDArray[np.uint8]]
    truth: dict[str, dict[str, float]]
    roads: tuple[Road, ...]
    settlements: Settlements


@dataclass(frozen=True)
class _Network:
    """Roads and what follows from them."""

    towns: npt.NDArray[np.int64]
    villages: npt.NDArray[np.int64]
    roads: list[Road]
    layer: npt.NDArray[np.uint8]
    urban: Mask
    rural: Mask
    township: npt.NDArray[np.int16]
    district: npt.NDArray[np.int16]


def synthetic_city(
    kind: str = "monocentric",
    shape: tuple[int, int] = (240, 240),
    cell_size: float = 100.0,
    seed: int = 7,
    start: int = 2020,
    history: tuple[int, ...] | None = None,
    growth: GrowthParams | None = None,
) -> SyntheticCity:
    """Make a believable city; equal arguments give equal bytes.

    Parameters
    ----------
    kind : {"plain", "monocentric", "polycentric", "valley", "coastal"}
        Lie of the land and number of cities.
    shape : tuple of int
        Rows and columns, each >= 1.
    cell_size : float
        Side of a cell, m.
    seed : int
        Root of every draw.
    start : int
        Date of the landscape.
    history : tuple of int or None
        Dates of the past maps, ascending, the last of them `start`; None for twenty and ten years before and `start`.
    growth : GrowthParams or None
        The true growth process; None for the defaults.

    Returns
    -------
    SyntheticCity
        Landscape, history, truth, roads and settlements.

    Raises
    ------
    InputError
        If the kind is unknown.
    ValueError
        If a size is not positive, or the dates do not ascend to `start`.
    """
    place, dates = _kind(kind), history or (start - 20, start - 10, start)
    if min(shape) < 1 or not cell_size > 0:
        raise ValueError(f"shape {shape}, cell size {cell_size}: expected positive")
    if list(dates) != sorted(set(dates)) or dates[-1] != start:
        raise ValueError(f"history {dates}: expected ascending dates that end at the start, {start}")
    canvas, params = Canvas((shape[0], shape[1]), float(cell_size), seed), growth or GrowthParams()
    terrain = make_terrain(canvas, place)
    net = _build_network(canvas, place, terrain)
    maps, predictor = _build_history(canvas, place, terrain, net, params, dates)
    return _finish(canvas, place, terrain, net, maps, predictor, params)


def _kind(name: str) -> Kind:
    if name not in KINDS:
        near = nearest(name, list(KINDS))
        raise InputError(
            Problem(
                "synthetic city",
                f"no kind named {name!r}",
                wanted="one of " + ", ".join(KINDS),
                mend=f"Did you mean {near!r}?" if near else None,
            )
        )
    return KINDS[name]


def _build_network(canvas: Canvas, kind: Kind, terrain: Terrain) -> _Network:
    """Site the towns, join them, build them, then site the villages and join those."""
    towns = settlements.site_towns(canvas, kind, terrain)
    cost = network.road_cost(canvas, terrain)
    tree = least_cost(cost, towns)
    trunk, ties = network.trunk_roads(canvas, terrain, tree, towns)
    trunk_layer = network.road_layer(canvas, trunk)
    urban = settlements.build_towns(canvas, kind, terrain, towns, trunk_layer)
    fast = network.motorway(canvas, terrain, towns, urban)
    villages = settlements.site_villages(canvas, terrain, urban)
    rural = settlements.build_villages(canvas, terrain, villages, urban)
    on_trunk = (trunk_layer > 0) | canvas.mask(towns)
    roads = [*trunk, *fast, *network.local_roads(cost, on_trunk, villages)]
    township = network.hinterlands(tree, canvas)
    district = network.districts(township, ties, towns, canvas)
    layer = network.road_layer(canvas, roads)
    return _Network(towns, villages, roads, layer, urban, rural, township, district)


def _build_history(
    canvas: Canvas, kind: Kind, terrain: Terrain, net: _Network, params: GrowthParams, dates: tuple[int, ...]
) -> tuple[dict[int, npt.NDArray[np.uint8]], Field]:
    """Draw the maps of all dates, and give the growth predictor at the last."""
    to_town = canvas.distance(canvas.mask(net.towns))
    to_city = canvas.distance(canvas.mask(net.towns[: kind.cores]))
    to_trunk, to_motorway = (canvas.distance(net.layer >= level) for level in (TRUNK, MOTORWAY))
    fixed = fixed_effects(params, terrain.slope, to_town, to_city, to_trunk)
    use = urban_use(canvas, terrain, to_city, to_town, to_trunk, to_motorway)
    use[net.rural] = Land.RURAL
    base = natural_cover(canvas, terrain)
    since = _roads_since(canvas, terrain, net, dates)
    use[since > 0] = Land.TRANS
    since[net.urban | net.rural] = dates[0]
    barred = terrain.wet | (terrain.slope > STEEPEST_BUILDING_DEG) | ((since > 0) & ~net.urban)
    gained = grow(canvas, params, fixed, net.urban, barred, range(dates[0] + 1, dates[-1] + 1))
    urban = net.urban | (gained > 0)
    maps = {year: land_at(year, base, np.maximum(since, gained), use) for year in dates}
    return maps, fixed + np.float32(params.density) * neighbour_density(canvas, params, urban)


def _roads_since(canvas: Canvas, terrain: Terrain, net: _Network, dates: tuple[int, ...]) -> npt.NDArray[np.int32]:
    """Year in which a main road took a cell, 0 where none did: on small cells only, never on water or in town."""
    since = np.zeros(canvas.shape, dtype=np.int32)
    if canvas.cell <= _WIDEST_ROAD_CELL_M:
        dry = ~terrain.wet & ~net.urban & ~net.rural
        since[dry & (net.layer >= TRUNK)] = dates[0]
        since[dry & (net.layer == MOTORWAY)] = max(dates[0], dates[-1] - _MOTORWAY_AGE)
    return since


def _finish(
    canvas: Canvas,
    kind: Kind,
    terrain: Terrain,
    net: _Network,
    maps: dict[int, npt.NDArray[np.uint8]],
    predictor: Field,
    params: GrowthParams,
) -> SyntheticCity:
    """Draw the lines on the last map and gather everything."""
    landcover = maps[max(maps)]
    fields = farmland(canvas, terrain, landcover)
    to_core = canvas.distance(canvas.mask(net.towns[: kind.cores]))
    population = residents(canvas, landcover, to_core)
    hazard = lines.hazard_layer(canvas, terrain, landcover)
    drawn = lines.draw_lines(canvas, kind, terrain, landcover, fields.quality, predictor, hazard)
    layers: dict[str, npt.NDArray[Any]] = {
        "elevation": terrain.elevation,
        "slope": terrain.slope,
        "population": population,
        "district": net.district,
        "town": net.township,
        "quality": fields.quality,
        "paddy": fields.paddy,
        "road": net.layer,
        "erl": drawn.erl,
        "pbf": drawn.pbf,
        "udb": drawn.udb,
        "hazard": hazard,
        "water_source": lines.water_source_layer(canvas, terrain, landcover),
        "heritage": lines.heritage_layer(canvas, net.towns, net.villages),
    }
    grid = Grid(*canvas.shape, (canvas.cell, 0.0, _WEST_M, 0.0, -canvas.cell, _NORTH_M), _CRS)
    table = settlements.settlement_table(canvas, kind, net.towns, net.villages, net.township, landcover, population)
    truth: dict[str, dict[str, float]] = {
        "growth": params.model_dump(),
        "mandates": {name: float(cells) for name, cells in drawn.mandates.items()},
    }
    place = Landscape(grid, model_legend(), landcover.copy(), layers)
    return SyntheticCity(place, maps, truth, tuple(net.roads), table)
