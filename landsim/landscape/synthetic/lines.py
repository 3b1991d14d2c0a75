"""Control lines and protected places of the synthetic city, drawn in the order red line, farmland, boundary."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from landsim.landscape.legend import URBAN, Land
from landsim.landscape.synthetic.canvas import Canvas, Field, Mask, best
from landsim.landscape.synthetic.cover import STEEPEST_FIELD_DEG, built_mask
from landsim.landscape.synthetic.kinds import Kind
from landsim.landscape.synthetic.terrain import STEEPEST_BUILDING_DEG, Terrain

FARMLAND_SHARE = 0.80
BOUNDARY_FACTOR = 1.30
ELASTIC_SHARE = 0.15
_CORE_SHARE = 0.35
_LEAST_PATCH_HA = 100.0
_SPECIAL_SHARE = 0.10

Layer = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Lines:
    """The three control lines as `LAYERS` defines them, and what they had to reach, cells."""

    erl: Layer
    pbf: Layer
    udb: Layer
    mandates: dict[str, int]


def draw_lines(
    canvas: Canvas, kind: Kind, terrain: Terrain, landcover: Layer, quality: Layer, predictor: Field, hazard: Layer
) -> Lines:
    """Draw the ecological red line, permanent basic farmland and the urban development boundary."""
    erl, red_line_cells = _red_line(canvas, kind, terrain, landcover)
    pbf, farmland_cells = _basic_farmland(canvas, terrain, landcover, quality, erl)
    barred = (erl > 0) | (pbf > 0) | terrain.open_water | (terrain.slope > STEEPEST_BUILDING_DEG) | (hazard > 0)
    udb, boundary_cells = _boundary(canvas, landcover, predictor, barred)
    special = _special_use(canvas, landcover, udb, (erl > 0) | (pbf > 0))
    udb[special] = 3
    return Lines(erl, pbf, udb, {"erl": red_line_cells, "pbf": farmland_cells, "udb": boundary_cells})


def _red_line(canvas: Canvas, kind: Kind, terrain: Terrain, landcover: Layer) -> tuple[Layer, int]:
    """Red line over the highest, wildest and wettest land; its core where it is deepest."""
    natural = np.isin(landcover, (Land.FOREST, Land.GRASS, Land.WETLAND)) | terrain.lake
    wild = canvas.smooth(natural, 500.0)
    score = wild + terrain.slope / 40.0 + terrain.above / 400.0
    score += 0.6 * canvas.smooth(terrain.wetland | terrain.lake, 300.0)
    mandate = int(kind.red_line_share * np.count_nonzero(natural))
    drawn = best(score, natural, round(1.25 * mandate))
    large = _without_small_patches(canvas, drawn)
    inside = large if np.count_nonzero(large) >= mandate else drawn
    erl = inside.astype(np.uint8)
    deep = canvas.smooth(inside, 800.0) + 0.5 * wild
    erl[best(deep, inside, int(_CORE_SHARE * np.count_nonzero(inside)))] = 2
    return erl, mandate


def _without_small_patches(canvas: Canvas, mask: Mask) -> Mask:
    """Drop patches (eight neighbours) below the least size of a red line."""
    patch, _ = ndimage.label(mask, structure=np.ones((3, 3), dtype=np.int8))
    large = np.bincount(patch.ravel()) * canvas.cell_ha >= _LEAST_PATCH_HA
    large[0] = False
    return np.asarray(large[patch], dtype=np.bool_)


def _basic_farmland(
    canvas: Canvas, terrain: Terrain, landcover: Layer, quality: Layer, erl: Layer
) -> tuple[Layer, int]:
    """Good contiguous fields away from town until the mandated share of the arable land is reached."""
    arable = (landcover == Land.ARABLE) & (erl == 0)
    urban = canvas.smooth(np.isin(landcover, URBAN), 700.0)
    score = 1.0 - quality / 10.0 + 1.5 * canvas.smooth(arable, 400.0) - 3.0 * urban
    mandate = int(np.ceil(FARMLAND_SHARE * np.count_nonzero(arable)))
    pbf = best(score.astype(np.float32), arable & (terrain.slope <= STEEPEST_FIELD_DEG), mandate)
    return pbf.astype(np.uint8), mandate


def _boundary(canvas: Canvas, landcover: Layer, predictor: Field, barred: Mask) -> tuple[Layer, int]:
    """Zone 1 takes the urban land and the best beside it, zone 2 a ring about that, both under the cap."""
    urban = np.isin(landcover, URBAN)
    area = int(np.count_nonzero(urban))
    cap = int(BOUNDARY_FACTOR * area)
    zone_1 = max(area, int(cap / (1.0 + ELASTIC_SHARE)))
    zone_2 = min(cap - zone_1, int(ELASTIC_SHARE * zone_1))
    spread = float(predictor.std(dtype=np.float64)) or 1.0
    crowd = canvas.smooth(built_mask(landcover), 350.0)
    score = np.asarray(4.0 * crowd + predictor / (10.0 * spread), dtype=np.float32)
    open_ = ~barred & ~urban & (canvas.distance(urban) <= 1500.0)
    udb = urban.astype(np.uint8)
    udb[best(score, open_, zone_1 - area)] = 1
    ring = np.asarray(canvas.smooth(udb == 1, 300.0) + 0.05 * score, dtype=np.float32)
    udb[best(ring, open_ & (udb == 0), zone_2)] = 2
    return udb, cap


def _special_use(canvas: Canvas, landcover: Layer, udb: Layer, barred: Mask) -> Mask:
    """Green and blue land beside the boundary."""
    near = canvas.distance(udb == 1)
    scenic = np.isin(landcover, (Land.FOREST, Land.GRASS, Land.WETLAND, Land.WATER, Land.GREEN, Land.OTHER_AG))
    return best(-near, scenic & (udb == 0) & ~barred & (near <= 800.0), int(_SPECIAL_SHARE * np.count_nonzero(udb)))


def hazard_layer(canvas: Canvas, terrain: Terrain, landcover: Layer) -> Layer:
    """Extremely high hazard: the lowest river banks and the steepest slopes, never under a building."""
    bank = (terrain.above < 1.5) & (terrain.to_river < 400.0) & (canvas.noise("flood", 1500.0) > 0.8)
    slide = (terrain.slope > 30.0) & (canvas.noise("slide", 900.0) > 0.3)
    return ((bank | slide) & ~built_mask(landcover) & ~terrain.sea).astype(np.uint8)


def heritage_layer(canvas: Canvas, towns: npt.NDArray[np.int64], villages: npt.NDArray[np.int64]) -> Layer:
    """Cores of heritage sites: the old city, and a few old villages."""
    old = villages[np.argsort(canvas.draw("heritage", max(1, villages.size))[: villages.size])[:4]]
    old_city = canvas.distance(canvas.mask(towns[:1])) <= 230.0
    return (old_city | (canvas.distance(canvas.mask(old)) <= 110.0)).astype(np.uint8)


def water_source_layer(canvas: Canvas, terrain: Terrain, landcover: Layer) -> Layer:
    """Level-1 zone of the drinking-water intake: a stretch of the river above the city and 200 m about it."""
    reach = terrain.main[int(0.08 * terrain.main.size) : int(0.16 * terrain.main.size)]
    near = canvas.distance(canvas.mask(reach)) <= 200.0
    return (near & ~built_mask(landcover) & ~terrain.sea).astype(np.uint8)
