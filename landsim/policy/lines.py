"""Lines: the three control lines, their layout rules, and stand-ins drawn by rule where a place has none."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from landsim.core.errors import Problems
from landsim.core.params import Params, param
from landsim.landscape.focal import gaussian_density
from landsim.landscape.grid import Grid
from landsim.landscape.landscape import MEAN_GRADE, Landscape
from landsim.landscape.legend import BUILT, WATERY, Land

Mask = npt.NDArray[np.bool_]
Layer = npt.NDArray[np.uint8]

_EIGHT = np.ones((3, 3), dtype=bool)
_ROUNDING = 1e-9
_URBAN_LAND = tuple(land for land in BUILT if land is not Land.RURAL)


class LineSwitches(Params):
    """Which control lines are in force."""

    erl: bool = param(True, doc="ecological red line (生态保护红线)", lever=True)
    pbf: bool = param(True, doc="permanent basic farmland (永久基本农田)", lever=True)
    udb: bool = param(True, doc="urban development boundary (城镇开发边界)", lever=True)


class LinesParams(Params):
    """Numbers of the layout rules, and of the stand-in lines."""

    lines: tuple[Literal["erl", "pbf", "udb"], ...] = param(
        ("erl", "pbf", "udb"),
        doc="lines of which a stand-in is laid on the map where no layer gives them; each keeps out of "
        "stand-ins of those before it, laid on the map or not",
    )
    steep_deg: float = param(
        25.0,
        unit="deg",
        doc="no boundary and no basic farmland above this slope",
        source="double-evaluation guideline (2020)",
        confidence="H",
        gt=0,
        le=90,
    )
    udb_multiplier: float = param(
        1.3,
        doc="largest area of the boundary, concentrated and elastic, over the built area",
        source="national outline 2021-2035",
        confidence="V",
        ge=1,
        lever=True,
    )
    elastic_share: float = param(
        0.15,
        doc="largest elastic zone as a share of the concentrated zone",
        source="guideline on urban development boundaries",
        confidence="M",
        ge=0,
        le=1,
        lever=True,
    )
    growth_reach_m: float = param(500.0, unit="m", doc="standard deviation of the pull of urban land", gt=0)
    pbf_share: float = param(
        0.8,
        doc="part of the contiguous cropland that is drawn as basic farmland",
        source="Land Administration Law (2019), article 33",
        confidence="H",
        ge=0,
        le=1,
        lever=True,
    )
    pbf_slope_deg: float = param(15.0, unit="deg", doc="basic farmland is drawn below this slope", gt=0, le=90)
    pbf_patch_ha: float = param(1.0, unit="ha", doc="smallest contiguous cropland", ge=0)
    pbf_reach_m: float = param(300.0, unit="m", doc="standard deviation of the kernel of contiguity", gt=0)
    erl_slope_deg: float = param(
        15.0,
        unit="deg",
        doc="forest and grass from this slope on hold the soil",
        source="double-evaluation guideline (2020): extremely important from 25, important from 15",
        confidence="M",
        gt=0,
        le=90,
        lever=True,
    )
    erl_patch_ha: float = param(100.0, unit="ha", doc="smallest patch of red line", ge=0)
    erl_gap_ha: float = param(10.0, unit="ha", doc="gaps below this size inside the red line are closed", ge=0)
    water_ha: float = param(100.0, unit="ha", doc="smallest water body inside the red line", ge=0)
    shore_m: float = param(100.0, unit="m", doc="strip of shore inside the red line", ge=0)
    erl_mandate_ha: float | None = param(None, unit="ha", doc="least area of the red line", ge=0)
    pbf_mandate_ha: float | None = param(None, unit="ha", doc="least area of basic farmland", ge=0)


class Lines(NamedTuple):
    """The three control lines as layers, uint8, shape (height, width), values as in `LAYERS`."""

    erl: Layer
    pbf: Layer
    udb: Layer


class _Place(NamedTuple):
    """What the drawing rules look at."""

    grid: Grid
    land: Layer
    valid: Mask
    slope: npt.NDArray[np.float32]
    quality: Layer | None

    def is_any(self, classes: tuple[Land, ...]) -> Mask:
        table = np.zeros(len(Land), dtype=np.bool_)
        table[list(classes)] = True
        return table[self.land]

    def cells(self, ha: float) -> int:
        """Smallest whole number of cells that holds an area."""
        return int(np.ceil(ha / self.grid.cell_area_ha - _ROUNDING))


def check_lines(landscape: Landscape, params: LinesParams) -> Problems:
    """Check the layout rules of the three lines (R1 to R9) as far as the layers tell.

    Lines that contradict each other are faults; totals that miss a limit are cautions, because real lines are
    drawn by others.  Nature reserves (R8) are the value 2 of ``erl`` and so inside it by construction.

    Returns
    -------
    Problems
        One entry a rule that does not hold, with cells and hectares.
    """
    problems = Problems()
    empty = np.zeros(landscape.grid.shape, dtype=np.uint8)
    erl, pbf, udb = (landscape.layers.get(name, empty) for name in Lines._fields)
    _check_overlaps(problems, landscape.grid, erl, pbf, udb)
    _check_totals(problems, landscape, params, Lines(erl, pbf, udb))
    _check_steep(problems, landscape, params, pbf, udb)
    return problems


def construct_lines(landscape: Landscape, params: LinesParams) -> Lines:
    """Draw constructed stand-ins for the lines that a place has no layer of; layers that exist are kept.

    They follow the order of drawing, red line, then basic farmland, then boundary, and are no official lines.

    * Red line: forest and grass on slopes of at least `erl_slope_deg`, wetland, water bodies of at least
      `water_ha` and their shores; gaps closed, small patches dropped, built land left out.
    * Basic farmland: the best `pbf_share` of contiguous cropland below `pbf_slope_deg` outside the red line, by
      contiguity, quality and slope.
    * Boundary: urban land and the cells with the most urban land around them, up to `udb_multiplier` times the
      urban area; the last of them, at most `elastic_share` of the others, are the elastic zone.

    Parameters
    ----------
    landscape : Landscape
        Land cover, and ``slope`` (else derived from ``elevation``, else flat) and ``quality`` where present.

    Returns
    -------
    Lines
    """
    place = _Place(
        landscape.grid, landscape.model_class, landscape.valid, slope_degrees(landscape), landscape.get("quality")
    )
    erl = _given(landscape, "erl")
    erl = _draw_red_line(place, params) if erl is None else erl
    pbf = _given(landscape, "pbf")
    pbf = _draw_farmland(place, erl, params) if pbf is None else pbf
    udb = _given(landscape, "udb")
    udb = _draw_boundary(place, erl, pbf, params) if udb is None else udb
    return Lines(erl, pbf, udb)


def slope_degrees(landscape: Landscape) -> npt.NDArray[np.float32]:
    """Slope in degrees: the layer, else the gradient of the elevation, else flat; float32, shape (height, width)."""
    slope = landscape.get("slope")
    if slope is not None:
        return np.asarray(slope, dtype=np.float32)
    elevation = landscape.get("elevation")
    if elevation is None or min(landscape.grid.shape) < 2:
        return np.zeros(landscape.grid.shape, dtype=np.float32)
    down, across = np.gradient(np.asarray(elevation, dtype=np.float32), np.float32(landscape.grid.cell_size))
    return np.asarray(np.degrees(np.arctan(np.hypot(down, across))), dtype=np.float32)


def patches_of_at_least(mask: Mask, cells: int, diagonal: bool = True) -> Mask:
    """Keep the connected patches of a mask that have at least `cells` cells, bool, shape (height, width)."""
    if cells <= 1:
        return mask.copy()
    labels, _ = ndimage.label(mask, structure=_EIGHT if diagonal else None)
    large = np.bincount(labels.reshape(-1)) >= cells
    large[0] = False
    return np.asarray(large[labels])


def best_cells(score: npt.NDArray[np.float32], candidates: Mask, count: int) -> Mask:
    """Mark the `count` candidates of highest score, ties by lower flat index, bool, shape (height, width)."""
    cells = np.flatnonzero(candidates)
    chosen = np.zeros(candidates.size, dtype=np.bool_)
    if count >= cells.size:
        chosen[cells] = True
    elif count > 0:
        values = score.reshape(-1)[cells]
        limit = np.partition(values, cells.size - count)[cells.size - count]
        above = cells[values > limit]
        chosen[above] = True
        chosen[cells[values == limit][: count - above.size]] = True
    return chosen.reshape(candidates.shape)


def _given(landscape: Landscape, name: str) -> Layer | None:
    layer = landscape.get(name)
    return None if layer is None else np.asarray(layer, dtype=np.uint8)


def _draw_red_line(place: _Place, params: LinesParams) -> Layer:
    """Draw the red line by the ecological part of the double evaluation."""
    free = place.valid & ~place.is_any(BUILT)
    water = patches_of_at_least(place.land == Land.WATER, place.cells(params.water_ha))
    inside = place.is_any((Land.FOREST, Land.GRASS)) & (place.slope >= params.erl_slope_deg)
    inside |= place.land == Land.WETLAND
    inside |= _widened(water, int(params.shore_m / place.grid.cell_size + 0.5)) & free
    inside = ~patches_of_at_least(~inside, place.cells(params.erl_gap_ha), diagonal=False) & free
    return patches_of_at_least(inside, place.cells(params.erl_patch_ha)).astype(np.uint8)


def _widened(mask: Mask, steps: int) -> Mask:
    return np.asarray(ndimage.binary_dilation(mask, _EIGHT, iterations=steps)) if steps else mask


def _draw_farmland(place: _Place, erl: Layer, params: LinesParams) -> Layer:
    """Draw basic farmland from the most contiguous, best and flattest cropland."""
    field = (place.land == Land.ARABLE) & (place.slope < params.pbf_slope_deg) & (erl == 0)
    field = patches_of_at_least(field, place.cells(params.pbf_patch_ha))
    score = gaussian_density(field, params.pbf_reach_m / place.grid.cell_size)
    score = score * (1.0 - 0.5 * np.clip(place.slope / np.float32(params.pbf_slope_deg), 0.0, 1.0))
    if place.quality is not None:
        score *= _worth_of_grade()[place.quality]
    count = int(np.floor(params.pbf_share * np.count_nonzero(field) + _ROUNDING))
    return best_cells(np.asarray(score, dtype=np.float32), field, count).astype(np.uint8)


def _worth_of_grade() -> npt.NDArray[np.float32]:
    """Relative worth of farmland by grade 0 (unknown, like the mean) and 1..10, float32, shape (11,)."""
    grade = np.arange(11, dtype=np.float32)
    grade[0] = MEAN_GRADE
    return np.asarray(1.0 - 0.06 * (grade - 1.0), dtype=np.float32)


def _draw_boundary(place: _Place, erl: Layer, pbf: Layer, params: LinesParams) -> Layer:
    """Draw the boundary around urban land: concentrated zone 1, elastic zone 2."""
    urban = place.is_any(_URBAN_LAND)
    fit = place.valid & (place.slope <= params.steep_deg) & (erl == 0) & (pbf == 0)
    existing = urban & fit
    pull = gaussian_density(urban, params.growth_reach_m / place.grid.cell_size)
    room = fit & ~urban & ~place.is_any(WATERY) & (pull > 0)
    cap = int(np.floor(params.udb_multiplier * np.count_nonzero(urban) + _ROUNDING))
    built = int(np.count_nonzero(existing))
    growth = max(0, min(cap - built, int(np.count_nonzero(room))))
    share = params.elastic_share / (1.0 + params.elastic_share)
    elastic = min(growth, int(np.floor((built + growth) * share + _ROUNDING)))
    udb = np.zeros(place.land.shape, dtype=np.uint8)
    udb[best_cells(pull, room, growth)] = 2
    udb[best_cells(pull, room, growth - elastic) | existing] = 1
    return udb


def _check_overlaps(problems: Problems, grid: Grid, erl: Layer, pbf: Layer, udb: Layer) -> None:
    """R1 to R3: no cell lies in two lines, but for holes of basic farmland inside the boundary."""
    mend = "Draw the red line first, then basic farmland, then the boundary, each outside the ones before."
    for where, what, both in (
        ("layers erl, pbf", "red line and basic farmland overlap (R1)", (erl > 0) & (pbf > 0)),
        ("layers erl, udb", "boundary zones 1 and 2 reach into the red line (R2)", (erl > 0) & _growing(udb)),
    ):
        if both.any():
            problems.add(where, what, wanted="none", found=_area(grid, both), mend=mend)
    open_holes = _open_holes((pbf > 0) & (udb == 1), udb == 1) | ((pbf > 0) & (udb == 2))
    if open_holes.any():
        problems.warn(
            "layers pbf, udb",
            "basic farmland inside the boundary is no enclosed hole (R3); it stays farmland",
            found=_area(grid, open_holes),
        )


def _open_holes(holes: Mask, zone: Mask) -> Mask:
    """Patches of holes that touch what lies outside the zone or the edge of the map."""
    if not holes.any():
        return holes
    labels, n = ndimage.label(holes, structure=_EIGHT)
    core = ndimage.binary_erosion(zone, _EIGHT)
    touches = np.zeros(n + 1, dtype=np.bool_)
    touches[labels[holes & ~core]] = True
    touches[0] = False
    return np.asarray(touches[labels])


def _check_totals(problems: Problems, landscape: Landscape, params: LinesParams, lines: Lines) -> None:
    """R4 to R7: size of the elastic zone and of the boundary, mandates of red line and basic farmland."""
    zone = np.bincount(lines.udb.reshape(-1), minlength=4)
    urban = np.zeros(len(Land), dtype=np.bool_)
    urban[list(_URBAN_LAND)] = True
    built = np.count_nonzero(urban[landscape.model_class])
    cell_ha = landscape.grid.cell_area_ha
    caps = (
        ("layer udb", "elastic zone is too large (R4)", zone[2], params.elastic_share * zone[1]),
        ("layer udb", "boundary is too large for the built area (R5)", zone[1:3].sum(), params.udb_multiplier * built),
    )
    for where, what, found, most in caps:
        if found > most + _ROUNDING:
            problems.warn(where, what, wanted=f"at most {most * cell_ha:.1f} ha", found=_amount(found, cell_ha))
    floors = (
        ("layer pbf", "basic farmland misses its mandate (R6)", lines.pbf, params.pbf_mandate_ha),
        ("layer erl", "red line misses its mandate (R7)", lines.erl, params.erl_mandate_ha),
    )
    for where, what, layer, least in floors:
        cells = np.count_nonzero(layer)
        if least is not None and cells * cell_ha < least - _ROUNDING:
            problems.warn(where, what, wanted=f"at least {least:.1f} ha", found=_amount(cells, cell_ha))


def _check_steep(problems: Problems, landscape: Landscape, params: LinesParams, pbf: Layer, udb: Layer) -> None:
    """R9: neither boundary nor basic farmland on steep slopes."""
    slope = landscape.get("slope")
    if slope is None:
        return
    for where, line in (("layer udb", _growing(udb)), ("layer pbf", pbf > 0)):
        steep = line & (slope > params.steep_deg)
        if steep.any():
            what = f"reaches slopes above {params.steep_deg:g} degrees (R9)"
            problems.warn(where, what, wanted="none", found=_area(landscape.grid, steep))


def _growing(udb: npt.NDArray[Any]) -> Mask:
    """Concentrated and elastic zone."""
    return np.asarray((udb == 1) | (udb == 2))


def _area(grid: Grid, mask: Mask) -> str:
    return _amount(np.count_nonzero(mask), grid.cell_area_ha)


def _amount(cells: int | np.integer[Any], cell_ha: float) -> str:
    return f"{int(cells)} cells ({int(cells) * cell_ha:.1f} ha)"
