"""New: a project folder in files, made from a synthetic city, as a start for a user's own."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landsim.io.atomic import filled_folder
from landsim.io.geotiff import write_geotiff
from landsim.landscape.synthetic import SyntheticCity, synthetic_city
from landsim.scenario.schema import safe_name

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

START = 2020
TEMPLATES = ("scenario.yaml", "overrides.yaml", "data.yaml")
VECTORS = ("road", "district")
"""Layers that a project keeps as vectors."""


def new_project(folder: str | Path, shape: tuple[int, int] = (240, 240), seed: int = 7) -> Path:
    """Write a project folder with ``scenario.yaml``, ``overrides.yaml``, ``data.yaml`` and ``data/``.

    Parameters
    ----------
    folder : str or pathlib.Path
        New or empty.
    shape : tuple of int
        Rows and columns of the synthetic city, cells of 100 m.
    seed : int
        Root of the city's draws.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    InputError
        If the folder is not empty or not writable, or its name too long for a folder.
    """
    target = Path(folder)
    with filled_folder(target) as aside:
        city = synthetic_city(shape=shape, seed=seed, start=START)
        name = safe_name(target.resolve().name)
        for template in TEMPLATES:
            text = (files("landsim.scenario") / "templates" / template).read_text(encoding="utf-8")
            (aside / template).write_text(text.replace("$NAME", name), encoding="utf-8")
        _write_data(aside / "data", city)
    return target


def _write_data(folder: Path, city: SyntheticCity) -> None:
    place = city.landscape
    (folder / "history").mkdir(parents=True)
    write_geotiff(folder / "landcover.tif", place.landcover, place.grid, legend=place.legend)
    for year, past in city.history.items():
        if year < START:
            write_geotiff(folder / "history" / f"landcover_{year}.tif", past, place.grid, legend=place.legend)
    for name, layer in place.layers.items():
        if name not in VECTORS:
            write_geotiff(folder / f"{name}.tif", layer, place.grid, nodata=_nodata(layer))
    _roads(city).to_file(folder / "roads.gpkg", layer="roads", driver="GPKG", engine="pyogrio")
    _districts(city).to_file(folder / "districts.gpkg", layer="districts", driver="GPKG", engine="pyogrio")


def _nodata(layer: npt.NDArray[Any]) -> float | None:
    return float("nan") if layer.dtype.kind == "f" else None


def _roads(city: SyntheticCity) -> GeoDataFrame:
    """Lines of the network with their class."""
    import geopandas
    from shapely import LineString

    grid = city.landscape.grid
    lines = [LineString(np.stack(grid.centres(road.cells), axis=1)) for road in city.roads if road.cells.size > 1]
    classes = [road.road_class for road in city.roads if road.cells.size > 1]
    return geopandas.GeoDataFrame({"class": classes}, geometry=lines, crs=grid.crs)


def _districts(city: SyntheticCity) -> GeoDataFrame:
    """Outlines of the districts with their number and name."""
    import geopandas
    from rasterio import Affine
    from rasterio.features import shapes
    from shapely.geometry import shape

    place = city.landscape
    layer = place.layers["district"].astype(np.int16)
    parts = list(shapes(layer, mask=layer > 0, transform=Affine(*place.grid.transform)))
    frame = geopandas.GeoDataFrame(
        {"district": [int(value) for _, value in parts]},
        geometry=[shape(part) for part, _ in parts],
        crs=place.grid.crs,
    )
    frame = frame.dissolve("district").reset_index()
    frame["name"] = [f"District {number}" for number in frame["district"]]
    return frame
