"""Export: a run as GeoTIFF, GeoPackage, NetCDF, CSV or Excel, for the tools that planners use."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landsim.core.errors import InputError, Problem
from landsim.core.registry import Registry
from landsim.io.atomic import new_folder
from landsim.io.geotiff import BLOCK, geotiff_rows
from landsim.io.qgis import (
    LINES,
    class_entries,
    polygon_style,
    write_default_styles,
    write_polygon_style,
    write_raster_style,
)
from landsim.io.store import RunFolder
from landsim.landscape.focal import row_blocks
from landsim.landscape.grid import MU_PER_HA

if TYPE_CHECKING:
    import pandas as pd
    from geopandas import GeoDataFrame

MAX_EXCEL_ROWS = 1_048_575
"""Rows of a sheet below its header."""

_GEOPACKAGE = {"VERSION": "1.2"}
"""Version that GIS of some years ago read without a warning."""

Writer = Callable[[RunFolder, Sequence[int], Path], None]

FORMATS: Registry[Writer] = Registry("export formats")


def export_run(run: RunFolder, form: str, years: Sequence[int] | None, out: Path) -> list[Path]:
    """Write a run in another format.

    Parameters
    ----------
    run : RunFolder
        A finished run.
    form : {"cog", "gpkg", "netcdf", "csv", "xlsx"}
        Format.
    years : sequence of int or None
        Years wanted; None takes all.
    out : pathlib.Path
        Folder, new or empty.

    Returns
    -------
    list of pathlib.Path
        The files written.

    Raises
    ------
    InputError
        If the format or a year is unknown, or the folder occupied or not writable.
    """
    write = FORMATS[form]
    chosen = sorted(set(run.years if years is None else years))
    strange = [year for year in chosen if year not in run.years]
    if strange or not chosen:
        span = f"{run.years[0]}..{run.years[-1]}"
        found = ", ".join(map(str, strange)) or "none"
        raise InputError(Problem(str(run.path), "the run has no map of these years", found=found, wanted=span))
    with new_folder(out) as aside:
        write(run, chosen, aside)
    return sorted(path for path in out.rglob("*") if path.is_file())


@FORMATS.register("cog")
def write_cogs(run: RunFolder, years: Sequence[int], out: Path) -> None:
    """One cloud-optimised GeoTIFF a year with colours and class names, and a QGIS style for each."""
    paths = {year: out / f"landcover_{year}.tif" for year in years}
    with ExitStack() as stack:
        files = {
            year: stack.enter_context(geotiff_rows(path, run.grid, np.uint8, legend=run.legend, cog=True))
            for year, path in paths.items()
        }
        for _, _, rows in row_blocks(run.grid.height, BLOCK, 0):  # a block of the cube holds all years
            maps = run.maps(years, rows)
            for year, values in zip(years, maps, strict=True):
                files[year](rows, values)
    for path in paths.values():
        write_raster_style(path.with_suffix(".qml"), run.legend)


@FORMATS.register("gpkg")
def write_gpkg(run: RunFolder, years: Sequence[int], out: Path) -> None:
    """Patches that changed between the first and last year, districts with areas, and control lines; with styles.

    For a single year, patches are those that changed since the start of the run.
    """
    first = years[0] if len(years) > 1 else run.years[0]
    layers = {"changes": changed_patches(run, first, years[-1]), "districts": district_areas(run, years[-1])}
    for name in LINES:
        lines = line_polygons(run, name)
        if len(lines):
            layers[name] = lines
    for name, frame in layers.items():
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "'crs' was not provided")  # a made-up place has none
            frame.to_file(out / "run.gpkg", layer=name, driver="GPKG", engine="pyogrio", dataset_options=_GEOPACKAGE)
    styles = {"changes": polygon_style(class_entries(run.legend), "to")}
    styles |= {name: polygon_style(entries, "value") for name, entries in LINES.items() if name in layers}
    write_default_styles(out / "run.gpkg", styles)
    write_polygon_style(out / "changes.qml", run.legend, "to")


@FORMATS.register("netcdf")
def write_netcdf(run: RunFolder, years: Sequence[int], out: Path) -> None:
    """All maps and the layers at the start, by the CF conventions."""
    data = run.dataset.sel(year=list(years)).load()
    data.attrs = {**data.attrs, "legend": json.dumps(data.attrs["legend"], ensure_ascii=False)}
    codes = data["landcover"].attrs["flag_values"]
    data["landcover"].attrs["flag_values"] = np.array(codes, dtype=np.uint8)
    data["spatial_ref"].attrs |= _grid_mapping(run.grid.crs)
    data = data.set_coords("spatial_ref")
    packed = {name: {"zlib": True, "complevel": 4} for name in data.data_vars if data[name].ndim > 1}
    data.to_netcdf(out / "run.nc", engine="h5netcdf", encoding=packed)


def _grid_mapping(crs: str) -> dict[str, Any]:
    """CRS in the terms of the CF conventions; nothing for a made-up place."""
    if not crs:
        return {}
    from pyproj import CRS

    return dict(CRS.from_user_input(crs).to_cf())


@FORMATS.register("csv")
def write_csv(run: RunFolder, years: Sequence[int], out: Path) -> None:
    """Every table of the run as CSV in UTF-8 with a mark, so that spreadsheets read Chinese names."""
    for name, table in _tables(run, years).items():
        table.to_csv(out / f"{name}.csv", index=False, encoding="utf-8-sig", lineterminator="\n")


@FORMATS.register("xlsx")
def write_xlsx(run: RunFolder, years: Sequence[int], out: Path) -> None:
    """Every table as a sheet; the events counted by year, layer, kind and change."""
    import pandas as pd

    tables = _tables(run, years)
    tables["events"] = _counted(tables["events"])
    for name, table in tables.items():
        if len(table) > MAX_EXCEL_ROWS:
            mend = "Use --format csv, or fewer --years"
            raise InputError(Problem(name, "more rows than Excel can hold", found=str(len(table)), mend=mend))
    with pd.ExcelWriter(out / "run.xlsx", engine="openpyxl") as book:
        for name, table in tables.items():
            table.to_excel(book, sheet_name=name, index=False, freeze_panes=(1, 0))


def area_table(run: RunFolder, years: Sequence[int]) -> pd.DataFrame:
    """Area of each class by year and district: year, district, code, class, cells, ha, mu."""
    import pandas as pd

    district = run.layer_at_start("district").reshape(-1).astype(np.int64)
    parts = [_areas(run, year, district) for year in years]
    table = pd.concat(parts, ignore_index=True)
    table["ha"] = table["cells"] * run.grid.cell_area_ha
    table["mu"] = table["ha"] * MU_PER_HA
    return table


def changed_patches(run: RunFolder, first: int, last: int) -> GeoDataFrame:
    """Contiguous patches of equal change between two years: from, to, their names, cells, ha, geometry."""
    before, after = run.landcover_at(first), run.landcover_at(last)
    change = before.astype(np.int32) * 256 + after
    geometries, values = _polygons(change, before != after, run)
    old, new = np.divmod(values, 256)
    frame = _frame(geometries, run)
    frame["from"], frame["to"] = old, new
    for column in ("name", "name_zh"):
        names = {row.code: getattr(row, column) for row in run.legend.rows}
        frame[f"from_{column}"] = [names.get(code, "") for code in old.tolist()]
        frame[f"to_{column}"] = [names.get(code, "") for code in new.tolist()]
    frame["cells"] = np.rint(frame.geometry.area / run.grid.cell_area_m2).astype(np.int64)
    frame["ha"] = frame["cells"] * run.grid.cell_area_ha
    return frame


def district_areas(run: RunFolder, year: int) -> GeoDataFrame:
    """Districts with their names, where they have any, and the area of each class in a year, ha.

    Without districts the whole study is district 0.
    """
    valid = run.landcover_at(year) != run.legend.nodata
    geometries, values = _polygons(run.layer_at_start("district").astype(np.int32), valid, run)
    frame = _frame(geometries, run)
    frame["district"] = values
    frame = frame.dissolve("district").reset_index()
    if named := district_names(run):
        frame["name"] = frame["district"].map(named)
    areas = area_table(run, [year]).pivot_table("ha", "district", "class", aggfunc="sum", fill_value=0.0)
    return frame.merge(areas.add_suffix("_ha"), left_on="district", right_index=True, how="left")


def district_names(run: RunFolder) -> dict[int, str]:
    """Names behind the numbers of districts that were read from text."""
    return {int(number): name for number, name in run.manifest.get("district_names", {}).items()}


def line_polygons(run: RunFolder, name: str) -> GeoDataFrame:
    """Polygons of ``erl, pbf`` or ``udb`` at the start by the value of the line: value, ha, geometry."""
    layer = run.layer_at_start(name)
    geometries, values = _polygons(layer.astype(np.int32), layer > 0, run)
    frame = _frame(geometries, run)
    frame["value"] = values
    frame["ha"] = np.rint(frame.geometry.area / run.grid.cell_area_m2) * run.grid.cell_area_ha
    return frame


def _tables(run: RunFolder, years: Sequence[int]) -> dict[str, pd.DataFrame]:
    import pandas as pd

    tables = {"indicators": run.indicators, "unmet": run.unmet, "events": run.events}
    chosen = {name: table[table["year"].isin(list(years))] for name, table in tables.items()}
    legend = pd.DataFrame([{**vars(row), "model_class": row.model_class.name} for row in run.legend.rows])
    found = {**chosen, "areas": area_table(run, years), "legend": legend}
    if named := district_names(run):
        found["districts"] = pd.DataFrame({"district": list(named), "name": list(named.values())})
    return found


def _counted(events: pd.DataFrame) -> pd.DataFrame:
    """Count the events by year, layer, kind and change."""
    keys = ["year", "layer", "kind", "from", "to"]
    return events.groupby(keys, observed=True).size().rename("cells").reset_index()


def _areas(run: RunFolder, year: int, district: npt.NDArray[np.int64]) -> pd.DataFrame:
    import pandas as pd

    pairs = district * 256 + run.landcover_at(year).reshape(-1)
    counts = np.bincount(pairs)
    present = np.flatnonzero(counts)
    where, code = np.divmod(present, 256)
    names = {row.code: row.name for row in run.legend.rows}
    kept = np.isin(code, list(names))
    return pd.DataFrame(
        {
            "year": year,
            "district": where[kept],
            "code": code[kept],
            "class": [names[c] for c in code[kept].tolist()],
            "cells": counts[present][kept],
        }
    )


def _polygons(
    values: npt.NDArray[np.int32], mask: npt.NDArray[np.bool_], run: RunFolder
) -> tuple[list[Any], npt.NDArray[np.int64]]:
    """Patches of equal value, as geometries and values."""
    from rasterio import Affine
    from rasterio.features import shapes
    from shapely.geometry import shape

    found = list(shapes(values, mask=mask, connectivity=4, transform=Affine(*run.grid.transform)))
    return [shape(geometry) for geometry, _ in found], np.array([value for _, value in found], dtype=np.int64)


def _frame(geometries: list[Any], run: RunFolder) -> GeoDataFrame:
    import geopandas

    return geopandas.GeoDataFrame(geometry=geopandas.GeoSeries(geometries, crs=run.grid.crs or None))
