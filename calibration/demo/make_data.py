"""Write the maps and drivers of the demonstration study: the made-up city of the scenario `demo`, at five dates."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from landsim.io.geotiff import write_geotiff
from landsim.landscape.synthetic import synthetic_city

YEARS = (2000, 2005, 2010, 2015, 2020)


def write(folder: Path) -> None:
    """Write ``landcover_YYYY.tif``, ``slope.tif`` (deg), ``elevation.tif`` (m) and ``road.tif`` (class, 0 none)."""
    city = synthetic_city(kind="monocentric", shape=(240, 240), cell_size=100.0, seed=7, start=2020, history=YEARS)
    place = city.landscape
    folder.mkdir(parents=True, exist_ok=True)
    for year, codes in {**city.history, 2020: place.landcover}.items():
        write_geotiff(folder / f"landcover_{year}.tif", codes, place.grid, legend=place.legend)
    slope, elevation = place.layers["slope"], place.layers["elevation"]
    write_geotiff(folder / "slope.tif", slope.astype(np.float32), place.grid)
    write_geotiff(folder / "elevation.tif", elevation.astype(np.float32), place.grid)
    write_geotiff(folder / "road.tif", place.layers["road"].astype(np.uint8), place.grid, nodata=255)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data")
