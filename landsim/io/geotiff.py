"""GeoTIFF out: plain or cloud-optimised, with nodata, colour table and class names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.shutil
from rasterio.windows import Window

from landsim.core.parallel import threads
from landsim.io.atomic import new_file
from landsim.io.band import little_cache
from landsim.landscape.focal import row_blocks
from landsim.landscape.grid import Grid
from landsim.landscape.legend import Legend

BLOCK = 256
"""Side of the tiles in which a file is stored, cells."""


def write_geotiff(
    path: Path,
    values: npt.NDArray[Any],
    grid: Grid,
    *,
    nodata: float | None = None,
    legend: Legend | None = None,
    cog: bool = False,
) -> None:
    """Write one band.

    Parameters
    ----------
    path : pathlib.Path
        Target; its folder must exist.
    values : numpy.ndarray, shape (grid.height, grid.width)
        bool is written as uint8.
    grid : Grid
        Transform and CRS.
    nodata : float or None
        Value of cells without data; the legend's where one is given.
    legend : Legend or None
        Gives a colour table, class names (``.aux.xml``, which GDAL, QGIS and ArcGIS read) and tags ``class_CODE``.
    cog : bool
        Cloud-optimised, with overviews.

    Raises
    ------
    InputError
        If the disk is full or the folder not writable.
    ValueError
        If the shape is not that of the grid.
    """
    if values.shape != grid.shape:
        raise ValueError(f"shape {values.shape}, expected {grid.shape}")
    with geotiff_rows(path, grid, values.dtype, nodata=nodata, legend=legend, cog=cog) as write:
        for _, _, rows in row_blocks(grid.height, BLOCK, 0):
            write(rows, values[rows])


@contextmanager
def geotiff_rows(
    path: Path,
    grid: Grid,
    dtype: npt.DTypeLike,
    *,
    nodata: float | None = None,
    legend: Legend | None = None,
    cog: bool = False,
) -> Iterator[Callable[[slice, npt.NDArray[Any]], None]]:
    """Open a new file that is written some rows at a time, from the north down; it takes its name when all is there.

    Parameters are those of `write_geotiff`; blocks of `BLOCK` rows, or a multiple, are the quickest.

    Yields
    ------
    callable
        Takes a slice of rows and their values, shape (rows, width).
    """
    if legend is not None:
        nodata = legend.nodata
    with new_file(path) as aside:
        if cog:
            with _rows_of_cog(aside, grid, np.dtype(dtype), nodata, legend) as write:
                yield write
        else:
            with _rows_of_plain(aside, grid, np.dtype(dtype), nodata, legend) as write:
                yield write
    if legend is not None:
        with new_file(path.with_name(path.name + ".aux.xml")) as aside:
            aside.write_text(_aux_xml(legend), encoding="utf-8")


@contextmanager
def _rows_of_plain(
    path: Path, grid: Grid, dtype: np.dtype[Any], nodata: float | None, legend: Legend | None, **storage: Any
) -> Iterator[Callable[[slice, npt.NDArray[Any]], None]]:
    profile = {**_profile(grid, dtype, nodata), **storage}
    with little_cache(), rasterio.open(path, "w", **profile) as dataset:
        if legend is not None:
            dataset.write_colormap(1, _palette(legend))
            dataset.update_tags(1, **{f"class_{row.code}": row.name for row in legend.rows})

        def write(rows: slice, values: npt.NDArray[Any]) -> None:
            values = values.view(np.uint8) if values.dtype == np.bool_ else values
            dataset.write(values, 1, window=Window(0, rows.start, grid.width, rows.stop - rows.start))

        yield write


@contextmanager
def _rows_of_cog(
    path: Path, grid: Grid, dtype: np.dtype[Any], nodata: float | None, legend: Legend | None
) -> Iterator[Callable[[slice, npt.NDArray[Any]], None]]:
    """Write a plain file beside, because overviews need all of it, and turn that into a cloud-optimised one."""
    rough = path.with_name(path.name + ".rough.tif")
    resampling = "MODE" if legend is not None else "AVERAGE" if dtype.kind == "f" else "NEAREST"
    try:
        with _rows_of_plain(rough, grid, dtype, nodata, legend, compress="lzw") as write:
            yield write
        with little_cache():
            rasterio.shutil.copy(
                rough, path, driver="COG", compress="deflate", blocksize=512, overview_resampling=resampling,
                num_threads=threads(),
            )  # fmt: skip
    finally:
        rough.unlink(missing_ok=True)


def _profile(grid: Grid, dtype: np.dtype[Any], nodata: float | None) -> dict[str, Any]:
    return {
        "driver": "GTiff",
        "height": grid.height,
        "width": grid.width,
        "count": 1,
        "dtype": "uint8" if dtype == np.bool_ else dtype.name,
        "crs": grid.crs or None,
        "transform": rasterio.Affine(*grid.transform),
        "nodata": nodata,
        "compress": "deflate",
        "predictor": 3 if dtype.kind == "f" else 1,
        "tiled": True,
        "blockxsize": BLOCK,
        "blockysize": BLOCK,
        "bigtiff": "if_safer",
        "num_threads": threads(),
    }


def _palette(legend: Legend) -> dict[int, tuple[int, int, int, int]]:
    """Colours by code; codes that are not in use, and nodata, are transparent."""
    palette = dict.fromkeys(range(256), (0, 0, 0, 0))
    palette.update({row.code: (*_rgb(row.colour), 255) for row in legend.rows})
    return palette


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


_FIELDS = (("Value", 0, 5), ("Class", 2, 2), ("Class_zh", 2, 0), ("Red", 0, 6), ("Green", 0, 7), ("Blue", 0, 8))
"""Columns of a raster attribute table: name, GDAL type (0 integer, 2 text), GDAL usage."""


def _aux_xml(legend: Legend) -> str:
    """Category names and attribute table in the form of GDAL's side file."""
    names = {row.code: row.name for row in legend.rows}
    categories = "".join(f"<Category>{escape(names.get(code, ''))}</Category>" for code in range(max(names) + 1))
    fields = "".join(
        f'<FieldDefn index="{i}"><Name>{name}</Name><Type>{kind}</Type><Usage>{usage}</Usage></FieldDefn>'
        for i, (name, kind, usage) in enumerate(_FIELDS)
    )
    rows = "".join(
        f'<Row index="{i}">'
        + "".join(f"<F>{escape(str(v))}</F>" for v in (r.code, r.name, r.name_zh, *_rgb(r.colour)))
        + "</Row>"
        for i, r in enumerate(legend.rows)
    )
    return (
        '<PAMDataset>\n  <PAMRasterBand band="1">\n'
        f"    <CategoryNames>{categories}</CategoryNames>\n"
        f'    <GDALRasterAttributeTable tableType="thematic">{fields}{rows}</GDALRasterAttributeTable>\n'
        "  </PAMRasterBand>\n</PAMDataset>\n"
    )
