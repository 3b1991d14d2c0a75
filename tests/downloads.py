"""Downloads: the files that a planner starts from in the documentation, made from a synthetic or a real city.

Land cover at two dates in the codes of CLCD, in degrees; heights on another grid; the red line as polygons.
"""

from __future__ import annotations

from pathlib import Path

import geopandas
import numpy as np
import rasterio
from rasterio import Affine
from rasterio.crs import CRS
from rasterio.features import shapes
from rasterio.warp import Resampling, calculate_default_transform, reproject
from shapely.geometry import shape

from landsim.landscape.legend import Land
from landsim.landscape.synthetic import synthetic_city

METRES, DEGREES = CRS.from_epsg(4547), CRS.from_epsg(4326)
CORNER = (500_000.0, 3_400_000.0)
CLCD = {
    Land.ARABLE: 1, Land.OTHER_AG: 1, Land.FOREST: 2, Land.GRASS: 4, Land.WATER: 5, Land.UNUSED: 7, Land.RURAL: 8,
    Land.URB_RES: 8, Land.URB_SVC: 8, Land.URB_IND: 8, Land.TRANS: 8, Land.GREEN: 8, Land.WETLAND: 9,
}  # fmt: skip


def write_downloads(folder: Path, side: int = 90, cell: float = 60.0) -> None:
    """Write ``clcd_2010.tif``, ``clcd_2020.tif``, ``dem.tif`` and ``redline.gpkg`` into a folder."""
    city = synthetic_city(shape=(side, side), cell_size=cell, seed=7, start=2020, history=(2010, 2020))
    place = city.landscape
    transform = Affine(cell, 0, CORNER[0], 0, -cell, CORNER[1])
    codes = np.zeros(256, np.uint8)
    for row in place.legend.rows:
        codes[row.code] = CLCD.get(row.model_class, 7)
    folder.mkdir(parents=True)
    for year, landcover in {2010: city.history[2010], 2020: place.landcover}.items():
        _write(folder / f"clcd_{year}.tif", codes[landcover], transform, cell / 110_000, 0)
    heights = place.layers["elevation"].astype(np.float32)
    _write(folder / "dem.tif", heights, transform, 1.7 * cell / 110_000, -9999)
    _red_line(place.layers["erl"], transform).to_file(folder / "redline.gpkg", engine="pyogrio")


def write_real_downloads(folder: Path, data: Path) -> None:
    """Write the same files of Wuhan, cells of 300 m: maps of 2003 and 2013 for 2010 and 2020, without a nodata tag.

    The red line stands on forest and grass of more than 8 degrees; it leaves the lakes out.
    """
    folder.mkdir(parents=True)
    codes = np.zeros(256, np.uint8)
    codes[[1, 2, 3, 4, 5, 6, 7]] = [4, 2, 1, 8, 7, 5, 2]
    with rasterio.open(data / "dem.tif") as dem, rasterio.open(data / "slope_deg.tif") as slope:
        heights, steep = dem.read(1, masked=True).filled(-9999).astype(np.float32), slope.read(1) > 8
        transform, crs = dem.transform, dem.crs
    for year, name in {2010: "lc_2003", 2020: "lc_2013"}.items():
        with rasterio.open(data / f"{name}.tif") as file:
            land = codes[file.read(1)]
        _write(folder / f"clcd_{year}.tif", land, transform, 300 / 104_000, 0, crs, tagged=False)
    _write(folder / "dem.tif", heights, transform, 300 / 104_000, -9999, crs)
    _red_line(steep & np.isin(land, (2, 4)), transform, crs).to_file(folder / "redline.gpkg", engine="pyogrio")


def _write(
    path: Path,
    values: np.ndarray,
    transform: Affine,
    degrees: float,
    nodata: float,
    crs: CRS = METRES,
    tagged: bool = True,
) -> None:
    """Write a raster in degrees, as such products are given out."""
    height, width = values.shape
    bounds = rasterio.transform.array_bounds(height, width, transform)
    there, columns, rows = calculate_default_transform(crs, DEGREES, width, height, *bounds, resolution=degrees)
    out = np.full((rows, columns), nodata, values.dtype)
    reproject(
        values, out, src_transform=transform, src_crs=crs, dst_transform=there, dst_crs=DEGREES, dst_nodata=nodata,
        src_nodata=nodata, resampling=Resampling.nearest,
    )  # fmt: skip
    profile = {"driver": "GTiff", "count": 1, "dtype": values.dtype, "crs": DEGREES, "transform": there}
    with rasterio.open(path, "w", height=rows, width=columns, nodata=nodata if tagged else None, **profile) as file:
        file.write(out, 1)


def _red_line(layer: np.ndarray, transform: Affine, crs: CRS = METRES) -> geopandas.GeoDataFrame:
    parts = [shape(part) for part, _ in shapes(layer.astype(np.uint8), mask=layer > 0, transform=transform)]
    return geopandas.GeoDataFrame({"name": ["red line"] * len(parts)}, geometry=parts, crs=crs).to_crs("EPSG:4490")
