"""Vectors in: zones become shares of cells and then a layer, districts numbers, road lines classes."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from rasterio import Affine
from rasterio.features import rasterize

from landsim.core.errors import Problems
from landsim.core.parallel import each
from landsim.core.quantity import Quantity
from landsim.io.datum import warn_of_datum
from landsim.io.features import Drawing, read_features
from landsim.io.paths import Places
from landsim.io.scan import count_covered, outlines, paint
from landsim.landscape.focal import RowBlock, row_blocks
from landsim.landscape.grid import Grid

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

SUFFIXES = {".gpkg", ".shp", ".geojson", ".json", ".fgb", ".gml", ".kml", ".zip", ".gdb"}
"""Endings of the files that are taken for vectors; ``.gdb`` is a folder."""

SUBCELLS = 4
"""A cell is cut into this many sub-cells a side to measure the share of it that zones cover."""

_NUMBERED = {"district", "town"}
_CELLS_A_BLOCK = 500_000
_POLYGONS = {"Polygon", "MultiPolygon"}
_HIGHWAYS = {
    **dict.fromkeys(("motorway", "motorway_link"), 3),
    **dict.fromkeys(("trunk", "trunk_link", "primary", "primary_link"), 2),
    **dict.fromkeys(("rail", "railway", "subway", "light_rail"), 4),
}
"""Road class of an OpenStreetMap tag; every other tag is a local road (1)."""


@dataclass
class Shapes:
    """Geometries on the grid's CRS, the value of each, and the names behind the values where they were numbered."""

    geometries: npt.NDArray[Any]
    values: npt.NDArray[np.int64]
    names: dict[int, str] = field(default_factory=dict)


def read_zones(
    path: Path,
    grid: Grid,
    quantity: Quantity,
    where: str,
    problems: Problems,
    drawing: Drawing | None = None,
    places: Places | None = None,
) -> tuple[npt.NDArray[Any], dict[int, str]] | None:
    """Read a vector layer as a raster layer of a quantity.

    Districts and towns are drawn by the centre of a cell, roads wherever a line touches one (the highest class
    wins), and any other zone where it covers more than `drawing.min_fraction` of a cell.

    Parameters
    ----------
    path : pathlib.Path
        GeoPackage, Shapefile (also zipped), File Geodatabase, GeoJSON or the like.
    grid : Grid
        Grid of the start map; other CRS are reprojected to its own.
    quantity : Quantity
        What the layer holds.
    where : str
        Key, for the messages.
    problems : Problems
        Gets every fault, and a caution for each repair.
    drawing : Drawing or None
        Attribute, share, layer and encoding.
    places : Places or None
        Folders that the file may refer to.

    Returns
    -------
    tuple of (numpy.ndarray of the quantity's dtype, shape (height, width), dict of int to str) or None
        The layer and the names of numbered values; None after a fault.
    """
    drawing = drawing or Drawing()
    before = len(problems.faults)
    frame = read_features(path, where, problems, drawing, places)
    if frame is None:
        return None
    wants_areas = quantity.name != "road"
    shapes = _shapes(frame, grid, quantity, where, problems, drawing, wants_areas)
    if shapes is None or len(problems.faults) > before:
        return None
    layer = _draw(shapes, grid, quantity, drawing)
    if not layer.any():
        problems.add(where, "covers no cell of the start map", found=path.name, mend="Check its CRS and its place")
        return None
    return layer, shapes.names


def coverage(geometries: npt.NDArray[Any], grid: Grid, factor: int = SUBCELLS) -> npt.NDArray[np.float32]:
    """Share of each cell that geometries cover, measured on `factor` x `factor` sub-cells.

    Parameters
    ----------
    geometries : numpy.ndarray of shapely geometries, shape (n,)
        Areas on the grid's CRS; overlaps count once.
    grid : Grid
        The cells.
    factor : int
        Sub-cells a side; the share is a multiple of ``1 / factor**2``.

    Returns
    -------
    numpy.ndarray of float32, shape (grid.height, grid.width)
        0..1.
    """
    shapes = outlines(geometries, grid, factor)
    out = np.empty(grid.shape, dtype=np.float32)

    def measure(block: RowBlock) -> None:
        counts = np.empty((block.rows.stop - block.rows.start, grid.width), dtype=np.uint8)
        count_covered(shapes, factor, block.rows.start, counts)
        np.divide(counts, factor * factor, out=out[block.rows], casting="unsafe")

    each(measure, _blocks(grid))
    return out


def _shapes(
    frame: GeoDataFrame,
    grid: Grid,
    quantity: Quantity,
    where: str,
    problems: Problems,
    drawing: Drawing,
    wants_areas: bool,
) -> Shapes | None:
    """Repair, reproject, and give each geometry its value."""
    import shapely

    frame = _mended(frame, where, problems, wants_areas)
    if str(frame.crs) != grid.crs and not frame.crs.equals(grid.crs):
        problems.warn(where, "reprojected", found=frame.crs.to_string(), wanted=grid.crs)
        warn_of_datum(frame.crs, grid.crs, where, problems)
        frame = frame.to_crs(grid.crs)
    geometries = np.asarray(frame.geometry.array, dtype=object)
    if geometries.size == 0:
        problems.add(where, "holds no shapes", wanted="at least one feature")
        return None
    left, bottom, right, top = shapely.total_bounds(geometries)
    inside = left < grid.bounds[2] and right > grid.bounds[0] and bottom < grid.bounds[3] and top > grid.bounds[1]
    if not inside and geometries.size:
        problems.add(where, "does not overlap the start map", mend="Check its CRS and its place")
        return None
    if drawing.attribute is None:
        return Shapes(geometries, np.ones(geometries.size, dtype=np.int64))
    values, names = _values(frame[drawing.attribute], quantity, f"{where}.attribute", problems)
    return Shapes(geometries, values, names)


def _mended(frame: GeoDataFrame, where: str, problems: Problems, wants_areas: bool) -> GeoDataFrame:
    """Repair invalid geometries with a caution, refuse hopeless ones by their ids, and leave empty ones out."""
    import shapely

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        geometries = np.asarray(frame.geometry.array, dtype=object)
        empty = shapely.is_missing(geometries) | shapely.is_empty(geometries)
        invalid = ~empty & ~shapely.is_valid(geometries)
        reasons = shapely.is_valid_reason(geometries[invalid])
        geometries[invalid] = shapely.make_valid(geometries[invalid])
    ids = frame.index.to_numpy()
    if wants_areas:
        geometries[~empty] = [_areas_of(geometry) for geometry in geometries[~empty]]
    lost = ~empty & (shapely.is_missing(geometries) | ~np.isfinite(shapely.bounds(geometries)).all(axis=1))
    repaired = invalid & ~lost
    if empty.any():
        problems.warn(where, "features without geometry left out", found=_id_list(ids[empty]))
    if repaired.any():
        told = [str(reason) for reason in reasons[repaired[invalid]]]
        problems.warn(where, "invalid geometry repaired", found=_id_list(ids[repaired], told))
    if lost.any():
        what = "geometry that is no area" if wants_areas else "geometry that is no line"
        problems.add(where, what, found=_id_list(ids[lost]), mend="Mend or remove these features")
    return frame.set_geometry(geometries, crs=frame.crs)[~empty & ~lost]


def _areas_of(geometry: Any) -> Any:
    """Polygons of a geometry, or None where it has none."""
    import shapely

    if geometry.geom_type in _POLYGONS:
        return geometry
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type in _POLYGONS]
    return shapely.union_all(parts) if parts else None


def _id_list(ids: npt.NDArray[Any], notes: list[str] | None = None) -> str:
    shown = [f"id {ident}" + (f" ({notes[i]})" if notes else "") for i, ident in enumerate(ids[:8])]
    return ", ".join(shown) + (f" and {ids.size - 8} more" if ids.size > 8 else "")


def _values(
    column: Any, quantity: Quantity, where: str, problems: Problems
) -> tuple[npt.NDArray[np.int64], dict[int, str]]:
    """Whole numbers within the bounds of a quantity; districts of other kinds are numbered in sorted order."""
    import pandas as pd

    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    good = np.isfinite(numbers) & (numbers == np.rint(numbers)) & ~_outside(numbers, quantity)
    if good.all():
        return numbers.astype(np.int64), {}
    if quantity.name in _NUMBERED:
        codes, texts = pd.factorize(column.astype("string").fillna(""), sort=True)
        return codes.astype(np.int64) + 1, {i + 1: str(text) for i, text in enumerate(texts)}
    if quantity.name == "road" and not np.isfinite(numbers).any():
        return column.astype("string").map(_HIGHWAYS).fillna(1).to_numpy(dtype=np.int64), {}
    wrong = sorted({str(value) for value in column[~good]})[:8]
    problems.add(
        where,
        f"values that are no {quantity.name}",
        found=", ".join(wrong),
        wanted=f"whole numbers from {quantity.low:g} to {quantity.high:g}",
    )
    return np.zeros(len(column), dtype=np.int64), {}


def _outside(numbers: npt.NDArray[np.float64], quantity: Quantity) -> npt.NDArray[np.bool_]:
    low = -np.inf if quantity.low is None else quantity.low
    high = np.inf if quantity.high is None else quantity.high
    return (numbers < low) | (numbers > high)


def _draw(shapes: Shapes, grid: Grid, quantity: Quantity, drawing: Drawing) -> npt.NDArray[Any]:
    if quantity.name in _NUMBERED:
        return _by_centre(shapes, grid, quantity.dtype)
    if quantity.name == "road":
        return _touched(shapes, grid, quantity.dtype)
    return _by_share(shapes, grid, quantity.dtype, drawing.min_fraction)


def _blocks(grid: Grid) -> Iterator[RowBlock]:
    """Blocks of rows to be drawn by several threads."""
    return row_blocks(grid.height, max(1, _CELLS_A_BLOCK // grid.width), 0)


def _by_centre(shapes: Shapes, grid: Grid, dtype: str) -> npt.NDArray[Any]:
    """Draw areas over the cells whose centre is inside, the highest value last."""
    order = np.argsort(shapes.values, kind="stable")
    lines, values = outlines(shapes.geometries[order], grid), shapes.values[order].astype(dtype)
    out = np.zeros(grid.shape, dtype=dtype)
    each(lambda block: paint(lines, values, block.rows.start, out[block.rows]), _blocks(grid))
    return out


def _by_share(shapes: Shapes, grid: Grid, dtype: str, min_fraction: float) -> npt.NDArray[Any]:
    """Draw the value that covers most of a cell where all together cover enough; ties go to the higher value."""
    groups = [
        (value, outlines(shapes.geometries[shapes.values == value], grid, SUBCELLS))
        for value in np.unique(shapes.values).tolist()
    ]
    together = groups[0][1] if len(groups) == 1 else outlines(shapes.geometries, grid, SUBCELLS)
    out = np.zeros(grid.shape, dtype=dtype)

    def draw(block: RowBlock) -> None:
        drawn, top = out[block.rows], block.rows.start
        best, counts = np.ones((2, *drawn.shape), dtype=np.uint8)  # a value must cover one sub-cell at least
        for value, lines in groups:
            count_covered(lines, SUBCELLS, top, counts)
            wins = counts >= best
            drawn[wins] = value
            np.maximum(best, counts, out=best)
        if len(groups) > 1:
            count_covered(together, SUBCELLS, top, counts)
        drawn[counts <= min_fraction * SUBCELLS**2] = 0

    each(draw, _blocks(grid))
    return out


def _touched(shapes: Shapes, grid: Grid, dtype: str) -> npt.NDArray[Any]:
    """Draw lines over every cell that they touch, the highest value last."""
    order = np.argsort(shapes.values, kind="stable")
    burned: npt.NDArray[Any] = rasterize(
        zip(shapes.geometries[order], shapes.values[order].tolist(), strict=True),
        out_shape=grid.shape,
        transform=Affine(*grid.transform),
        all_touched=True,
        dtype=dtype,
    )
    return burned
