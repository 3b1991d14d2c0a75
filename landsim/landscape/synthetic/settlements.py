"""Settlements: where cities, towns and villages stand, and the ground that they cover at the first date."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.landscape.access import centres, least_cost, speed_field
from landsim.landscape.legend import Land
from landsim.landscape.synthetic.canvas import Canvas, Field, Mask, blobs
from landsim.landscape.synthetic.kinds import Kind
from landsim.landscape.synthetic.terrain import STEEPEST_BUILDING_DEG, Terrain

CITY, TOWN, VILLAGE = 1, 2, 3

_TOWNSHIP_KM2 = 36.0
_MOST_TOWNS = 1000
_SITE_BLOCK_M = 1000.0
_RANK_SIZE = 0.9
_SMALLEST_TOWN_HA = 20.0
_VILLAGE_BLOCK_M = 900.0
_VILLAGE_HA, _VILLAGE_SPREAD, _LARGEST_VILLAGE_HA = 4.0, 0.6, 16.0


@dataclass(frozen=True)
class Settlements:
    """A table of settlements, a row each: cities, then towns by rank, then villages by cell.

    Attributes
    ----------
    cell : numpy.ndarray of int64, shape (n,)
        Flat index of the centre.
    tier : numpy.ndarray of uint8, shape (n,)
        1 city, 2 town, 3 village.
    residents : numpy.ndarray of float64, shape (n,)
        People on the built-up land about the centre at the last date.
    """

    cell: npt.NDArray[np.int64]
    tier: npt.NDArray[np.uint8]
    residents: npt.NDArray[np.float64]


def site_towns(canvas: Canvas, kind: Kind, terrain: Terrain) -> npt.NDArray[np.int64]:
    """Centres of cities and towns, flat cells by rank: flat land above the river, far enough from each other."""
    suited = _suitability(canvas, terrain)
    sites, weight = _best_of_blocks(suited, canvas.cells(_SITE_BLOCK_M))
    n = int(np.clip(round(canvas.area_km2 / _TOWNSHIP_KM2), 1, _MOST_TOWNS))
    spacing = np.sqrt(sites.size / n)
    central = _centrality(canvas, kind, terrain).ravel()[sites]
    cores = centres(weight * central, min(kind.cores, n), 1.9 * spacing if kind.cores > 1 else 1.0)
    ranked = weight.copy()
    ranked.ravel()[cores] = 2.0 * weight.max() - 0.1 * weight.max() * np.arange(cores.size) / n
    return sites.ravel()[centres(ranked, n, 0.66 * spacing)]


def _suitability(canvas: Canvas, terrain: Terrain) -> Field:
    """How well a town could stand in a cell, > 0 on dry land."""
    near_river = np.exp(-terrain.to_river / 1500.0)
    high = np.exp(-terrain.above / 35.0) * np.exp(-terrain.slope / 5.0)
    suited = high * (0.5 + near_river) * np.exp(0.5 * canvas.noise("sites", 2500.0)) + 1e-6
    edge = np.minimum(np.minimum(terrain.along, 1.0 - terrain.along), 0.5 - 0.5 * np.abs(terrain.across))
    suited *= np.clip(edge / 0.06, 0.1, 1.0)
    if not terrain.wet.all():
        suited[terrain.wet] = 0.0
    return np.asarray(suited, dtype=np.float32)


def _centrality(canvas: Canvas, kind: Kind, terrain: Terrain) -> npt.NDArray[np.float64]:
    """Pull of a city to the middle of the map, or to its shore."""
    if kind.coastal:
        away = np.minimum(canvas.distance(terrain.sea) / canvas.extent_m, 1.0)
        off = np.hypot(away / 0.15, terrain.across / 0.5) ** 2
    elif kind.cores > 1:
        off = np.hypot((terrain.along - 0.5) / 0.36, terrain.across / 0.72) ** 4
    else:
        off = np.hypot((terrain.along - 0.5) / 0.10, terrain.across / 0.25) ** 2
    return np.asarray(np.exp(-off) + 1e-9, dtype=np.float64)


def _best_of_blocks(score: Field, factor: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Flat cell of the best score in each block and that score, both on the grid of blocks."""
    height, width = score.shape
    rows, cols = -(-height // factor), -(-width // factor)
    padded = np.full((rows * factor, cols * factor), -1.0, dtype=np.float32)
    padded[:height, :width] = score
    blocks = padded.reshape(rows, factor, cols, factor).swapaxes(1, 2).reshape(rows, cols, -1)
    at_row, at_col = np.divmod(blocks.argmax(axis=2), factor)
    row, col = np.arange(rows)[:, None] * factor + at_row, np.arange(cols) * factor + at_col
    return row * width + col, blocks.max(axis=2).astype(np.float64)


def town_sizes(canvas: Canvas, kind: Kind, land_cells: int, n: int) -> npt.NDArray[np.int64]:
    """Built cells of each town at the first date, by the rank-size rule with a primate city."""
    weight = np.arange(1.0, n + 1.0) ** -_RANK_SIZE
    weight[: kind.cores] *= kind.primacy
    sizes = np.rint(kind.urban_share * land_cells * weight / weight.sum())
    return np.asarray(np.maximum(canvas.cells_of_ha(_SMALLEST_TOWN_HA), sizes), dtype=np.int64)


def build_towns(
    canvas: Canvas, kind: Kind, terrain: Terrain, towns: npt.NDArray[np.int64], road: npt.NDArray[np.uint8]
) -> Mask:
    """Urban land at the first date: compact about each centre, reaching out along the roads."""
    solid = np.where(terrain.open_water, Land.WATER, Land.ARABLE).astype(np.uint8)
    speed = np.maximum(speed_field(solid, road), np.where(terrain.open_water, 0.0, 22.0))
    pace = (1.0 + terrain.slope / 6.0) * np.exp(0.35 * canvas.noise("fringe", 900.0)) / np.maximum(speed, 1e-3)
    tree = least_cost(pace, towns)
    sizes = town_sizes(canvas, kind, int(np.count_nonzero(~terrain.open_water)), towns.size)
    allowed = ~terrain.wet & (terrain.slope <= 15.0)
    allowed.ravel()[towns] = (~terrain.open_water & (terrain.slope <= STEEPEST_BUILDING_DEG)).ravel()[towns]
    group, effort = tree.source.reshape(canvas.shape), tree.cost.reshape(canvas.shape)
    return blobs(group, effort.astype(np.float32), sizes, allowed)


def site_villages(canvas: Canvas, terrain: Terrain, urban: Mask) -> npt.NDArray[np.int64]:
    """Centres of villages, ascending flat cells: about one a square kilometre of farmland, few in the hills."""
    jitter = canvas.draw("village site").reshape(canvas.shape)
    suited = np.exp(-terrain.slope / 4.0 - terrain.above / 60.0) * (0.4 + jitter)
    suited[terrain.wet | (terrain.slope > 15.0) | (canvas.distance(urban) < 500.0)] = 0.0
    sites, weight = _best_of_blocks(suited.astype(np.float32), canvas.cells(_VILLAGE_BLOCK_M))
    settled = canvas.draw("village")[: sites.size] < np.minimum(0.85, 0.75 * weight.ravel())
    return np.sort(sites.ravel()[settled & (weight.ravel() > 0)])


def build_villages(canvas: Canvas, terrain: Terrain, villages: npt.NDArray[np.int64], taken: Mask) -> Mask:
    """Village land at the first date: small clumps of lognormal size."""
    if villages.size == 0:
        return np.zeros(canvas.shape, dtype=np.bool_)
    far, centre = canvas.nearest(canvas.mask(villages))
    normal = _normal(canvas.draw("village size", 2 * villages.size))
    sizes = canvas.cells_of_ha(np.minimum(_VILLAGE_HA * np.exp(_VILLAGE_SPREAD * normal), _LARGEST_VILLAGE_HA))
    ragged = far * np.exp(0.3 * canvas.noise("village fringe", 400.0)).astype(np.float32)
    allowed = ~taken & ~terrain.wet & (terrain.slope <= 20.0) & (far < 600.0)
    return blobs(np.searchsorted(villages, centre), ragged, sizes, allowed)


def _normal(uniform: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Half as many standard normals as uniforms (Box and Muller 1958)."""
    first, second = np.split(uniform, 2)
    return np.asarray(np.sqrt(-2.0 * np.log(first)) * np.cos(2.0 * np.pi * second))


def settlement_table(
    canvas: Canvas,
    kind: Kind,
    towns: npt.NDArray[np.int64],
    villages: npt.NDArray[np.int64],
    township: npt.NDArray[Any],
    landcover: npt.NDArray[np.uint8],
    population: Field,
) -> Settlements:
    """Table of the settlements with the residents about each."""
    rural = landcover == Land.RURAL
    owner = township.astype(np.int64).ravel() - 1
    if villages.size:
        _, centre = canvas.nearest(canvas.mask(villages))
        owner[rural.ravel()] = towns.size + np.searchsorted(villages, centre[rural])
    residents = np.bincount(owner, weights=population.ravel(), minlength=towns.size + villages.size)
    tier = np.full(towns.size + villages.size, VILLAGE, dtype=np.uint8)
    tier[: towns.size] = TOWN
    tier[: min(kind.cores, towns.size)] = CITY
    return Settlements(np.concatenate([towns, villages]), tier, residents.astype(np.float64))
