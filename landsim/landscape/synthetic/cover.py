"""Land cover before and beside the city: forest, grass, fields, their quality, urban uses and residents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from landsim.landscape.legend import Land
from landsim.landscape.synthetic.canvas import Canvas, Field, Mask
from landsim.landscape.synthetic.terrain import Terrain

STEEPEST_FIELD_DEG = 15.0
STEEPEST_QUALITY_DEG = 25.0

# shares of arable land by grade 1..9, cumulated (the rest is grade 10), after the 2019 national report:
# grades 1-3 31 %, 4-6 47 %, 7-10 22 %
_GRADE_SHARES = (0.07, 0.18, 0.31, 0.46, 0.62, 0.78, 0.86, 0.92, 0.97)

_PERSONS_A_KM2 = {Land.URB_RES: 21_000.0, Land.URB_SVC: 8_000.0, Land.URB_IND: 2_500.0, Land.RURAL: 3_800.0}


@dataclass(frozen=True)
class Farmland:
    """Quality of the farmland, uint8 1 best .. 10 worst (0 where none could be), and the paddy flag, uint8."""

    quality: npt.NDArray[np.uint8]
    paddy: npt.NDArray[np.uint8]


def natural_cover(canvas: Canvas, terrain: Terrain) -> npt.NDArray[np.uint8]:
    """Model class a cell as if nobody had built: a mosaic of fields below, woods and grass above."""
    height = terrain.slope / 7.0 + terrain.above / 55.0
    woods = height + 0.45 * canvas.noise("woods", 1800.0, 0.8)
    copse, orchard = canvas.noise("copse", 600.0, 0.9), canvas.noise("orchard", 900.0, 0.9)
    thin, bare = canvas.noise("thin", 1300.0, 0.8), canvas.noise("bare", 500.0, 0.4)
    foot = np.exp(-((height - 0.9) ** 2) / 0.25)
    cover = np.full(canvas.shape, Land.ARABLE, dtype=np.uint8)
    cover[orchard + 1.3 * foot > 1.6] = Land.OTHER_AG
    cover[copse > 2.05] = Land.FOREST
    cover[(bare > 2.5) | ((terrain.to_river < 500.0) & (bare > 1.9))] = Land.UNUSED
    wild = (woods > 1.15) | (terrain.slope > STEEPEST_FIELD_DEG)
    cover[wild] = Land.FOREST
    cover[wild & (thin > 0.85 + 0.35 * (woods > 2.5))] = Land.GRASS
    cover[wild & (terrain.slope > 22.0) & (bare > 1.7)] = Land.UNUSED
    for water, land in ((terrain.wetland, Land.WETLAND), (terrain.open_water, Land.WATER), (terrain.sea, Land.SEA)):
        cover[water] = land
    return cover


def farmland(canvas: Canvas, terrain: Terrain, cover: npt.NDArray[np.uint8]) -> Farmland:
    """Grade the ground by slope, height above water and soil, and flood the low flat fields near water."""
    watered = canvas.distance(terrain.wet)
    soil = canvas.noise("soil", 3000.0, 0.7)
    poor = terrain.slope / 4.0 + terrain.above / 25.0 + np.minimum(watered, 6000.0) / 3000.0 + 0.8 * soil
    arable = cover == Land.ARABLE
    limits = np.quantile(poor[arable] if arable.any() else poor, _GRADE_SHARES)
    quality = (1 + np.searchsorted(limits, poor, side="right")).astype(np.uint8)
    quality[terrain.open_water | (terrain.slope > STEEPEST_QUALITY_DEG)] = 0
    low = (terrain.slope < 2.0) & (terrain.above < 15.0)
    flooded = low & (watered < 1600.0 + 700.0 * canvas.noise("paddy", 2000.0, 0.6))
    return Farmland(quality, (arable & flooded).astype(np.uint8))


def urban_use(
    canvas: Canvas, terrain: Terrain, to_city: Field, to_town: Field, to_trunk: Field, to_motorway: Field
) -> npt.NDArray[np.uint8]:
    """Model class that each cell has once it is urban: services inside, works outside by the main roads."""
    block = np.floor_divide(np.indices(canvas.shape), canvas.cells(300.0))
    street = canvas.draw("quarter")[(block[0] * canvas.shape[1] + block[1])].reshape(canvas.shape)
    service = 1.5 * np.exp(-to_city / 1300.0) + 0.9 * np.exp(-to_town / 500.0) + 0.5 * np.exp(-to_trunk / 250.0)
    service += 0.45 * canvas.noise("service", 900.0) + 0.7 * (street - 0.5)
    works = 0.9 * np.exp(-to_motorway / 2200.0) + 0.5 * np.exp(-to_trunk / 500.0) - 1.6 * np.exp(-to_city / 1600.0)
    works += 0.75 * canvas.noise("works", 1800.0, 1.2) + 0.6 * (street - 0.5)
    parks = canvas.noise("parks", 600.0) + 0.5 * np.exp(-terrain.to_river / 200.0)
    use = np.full(canvas.shape, Land.URB_RES, dtype=np.uint8)
    use[works > 0.7] = Land.URB_IND
    use[service > 1.15] = Land.URB_SVC
    use[parks > 1.55] = Land.GREEN
    return use


def residents(canvas: Canvas, landcover: npt.NDArray[np.uint8], to_core: Field) -> Field:
    """People a cell on built-up land, denser toward the cities."""
    a_km2 = np.zeros(256)
    for land, density in _PERSONS_A_KM2.items():
        a_km2[land] = density
    crowd = np.where(landcover == Land.RURAL, 1.0, 0.45 + 0.9 * np.exp(-to_core / 4500.0))
    varied = np.exp(0.25 * canvas.noise("residents", 700.0))
    return np.asarray(a_km2[landcover] * crowd * varied * canvas.cell_ha / 100.0, dtype=np.float32)


def built_mask(landcover: npt.NDArray[np.uint8]) -> Mask:
    """Cells of a built-up model class."""
    return (landcover >= Land.RURAL) & (landcover <= Land.SPECIAL_RES)
