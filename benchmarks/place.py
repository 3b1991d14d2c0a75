"""Place: a believable map of any size, made row by row: towns, water, forest, a red line, districts and drivers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.windows import Window

from landsim.landscape.grid import Grid
from landsim.landscape.legend import Land, Legend, model_row

ARABLE, URBAN, FOREST, WATER = 1, 2, 3, 4
LEGEND = Legend(
    (
        model_row(Land.ARABLE, ARABLE),
        model_row(Land.URB_RES, URBAN),
        model_row(Land.FOREST, FOREST),
        model_row(Land.WATER, WATER),
    )
)
DISTRICTS = 10
TOWN_SPACING, TOWN_RADIUS = 640, 24
STEPS = 10_000
"""A driver of 0 .. 1 is stored as int16 in so many steps."""


def grid_of(size: int) -> Grid:
    """Cells of 30 m."""
    return Grid(size, size, (30.0, 0.0, 500_000.0, 0.0, -30.0, 4_000_000.0), "EPSG:32649")


def driver(number: int, size: int, rows: slice) -> npt.NDArray[np.float32]:
    """Rows of a driver in 0 .. 1: number 0 is nearness to a town, the others are rolling fields with a fine grain."""
    y, x = _axes(size, rows)
    if number == 0:
        return np.exp(-town_distance(size, rows) / np.float32(120.0))
    wave = np.float32(0.002 + 0.0013 * number)
    rolling = np.sin(y * wave + number) * np.cos(x * wave * np.float32(1.3) - number)
    return (0.5 + 0.4 * rolling + 0.1 * (_grain(number, y, x) - 0.5)).astype(np.float32)


def town_distance(size: int, rows: slice) -> npt.NDArray[np.float32]:
    """Distance to the nearest town centre, cells; there is one town a square of `TOWN_SPACING`, anywhere in it."""
    y, x = _axes(size, rows)
    nearest = np.full((y.size, x.size), np.float32(1e6))
    squares = range((size - 1) // TOWN_SPACING + 1)
    for i in squares:
        for j in squares:
            place = np.random.default_rng([i, j]).uniform(0.1, 0.9, 2) * TOWN_SPACING
            dy, dx = y - np.float32(i * TOWN_SPACING + place[0]), x - np.float32(j * TOWN_SPACING + place[1])
            cols = np.abs(dx[0]) < 2 * TOWN_SPACING
            if np.abs(dy).min() < 2 * TOWN_SPACING:
                nearest[:, cols] = np.minimum(nearest[:, cols], np.hypot(dy, dx[:, cols]))
    return nearest


def land(size: int, rows: slice) -> npt.NDArray[np.uint8]:
    """Rows of the land cover: a round town each square, water in the hollows, forest on the heights, fields."""
    height = driver(1, size, rows)
    cover = np.where(height > 0.65, FOREST, np.where(height < 0.2, WATER, ARABLE)).astype(np.uint8)
    cover[(town_distance(size, rows) < TOWN_RADIUS) & (cover != WATER)] = URBAN
    return cover


def red_line(size: int, rows: slice) -> npt.NDArray[np.uint8]:
    """Rows of a mask that nothing may be built on, about a sixth of the map."""
    return (driver(2, size, rows) > 0.75).astype(np.uint8)


def write_drivers(folder: Path, size: int, count: int) -> list[Path]:
    """Write drivers as tiled, compressed int16 GeoTIFF, block by block."""
    grid, paths = grid_of(size), []
    profile = {
        "driver": "GTiff", "dtype": "int16", "count": 1, "height": size, "width": size, "crs": grid.crs,
        "transform": rasterio.Affine(*grid.transform), "nodata": -1, "tiled": True, "blockxsize": 256,
        "blockysize": 256, "compress": "zstd", "zstd_level": 1, "predictor": 2, "bigtiff": "if_safer",
    }  # fmt: skip
    for number in range(count):
        paths.append(folder / f"driver_{number}.tif")
        with rasterio.open(paths[-1], "w", **profile) as target:
            for top in range(0, size, 256):
                rows = slice(top, min(top + 256, size))
                values = np.rint(driver(number, size, rows) * STEPS).astype(np.int16)
                target.write(values, 1, window=Window(0, top, size, rows.stop - top))
    return paths


def _axes(size: int, rows: slice) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None]
    return y, np.arange(size, dtype=np.float32)[None, :]


def _grain(number: int, y: npt.NDArray[np.float32], x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Reproducible fine noise in 0 .. 1 from the place alone."""
    mixed = y.astype(np.uint32) * np.uint32(2654435761) + x.astype(np.uint32) * np.uint32(40503 + 2 * number)
    mixed ^= mixed >> np.uint32(15)
    mixed *= np.uint32(2246822519)
    mixed ^= mixed >> np.uint32(13)
    return (mixed >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)
