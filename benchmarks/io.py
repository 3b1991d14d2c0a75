"""Reading and writing: drivers by rows, a land-cover map, the cube of a run, zones; one JSON line a case.

Usage: python benchmarks/io.py [--size 3200] [--years 20] [--threads 2]

Files are made in a temporary folder and stay in the cache of the system, so what is measured is decoding, checking and
compressing.  `read_rows` runs with one thread and with `--threads`; `state_hash` is that of what was read or written,
and must not depend on the threads.  `mb_per_s` counts the cells as they are held.  Plane copies are seconds in units of
one `numpy.copyto` of a float32 plane of the map, timed in this process.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import geopandas
import numba
import numpy as np
import shapely
from measure import copy_seconds, emit, measured, memory_now, reset_peak
from place import LEGEND, STEPS, driver, grid_of

from landsim.core.errors import Problems
from landsim.core.quantity import Quantity
from landsim.io.cube import write_cube
from landsim.io.geotiff import write_geotiff
from landsim.io.place import CODE
from landsim.io.raster import read_layer
from landsim.io.rows import open_rows
from landsim.io.store import digest
from landsim.io.vector import Drawing, read_zones
from landsim.landscape.focal import row_blocks
from landsim.landscape.grid import Grid
from landsim.landscape.landscape import LAYERS

DRIVERS = 4
DRIVER = Quantity("driver", "int16", "1/10000", "a driver", 0, STEPS)
CHANGED = 0.05
Outcome = tuple[int, str]
"""Bytes of the cells as they are held, and a hash of the outcome."""


class Bench:
    """Cases on one map, in one folder."""

    def __init__(self, folder: Path, size: int, years: int) -> None:
        self.folder, self.grid, self.years = folder, grid_of(size), years
        self.copy = copy_seconds(self.grid.size)
        self.problems = Problems()
        rows = slice(0, size)
        self.drivers = [np.rint(driver(i + 1, size, rows) * STEPS).astype(np.int16) for i in range(DRIVERS)]
        self.first = (self.drivers[0] // (STEPS // 4 + 1) + 1).astype(np.uint8)
        write_zones(folder, self.grid)

    def case(self, name: str, work: Callable[[], Outcome], threads: int) -> None:
        """Run a case and print its line."""
        numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
        reset_peak()
        before = memory_now()
        with measured(case=name, size=self.grid.height, threads=threads) as record:
            size, record["state_hash"] = work()
        record["bytes_per_cell"] = max(record["peak_rss_bytes"] - before, 0) / self.grid.size
        record["mb_per_s"] = size / record["wall_s"] / 1e6
        record["plane_copies"] = record["wall_s"] / self.copy
        emit(record)
        self.problems.raise_if_any()

    def write_drivers(self) -> Outcome:
        """Write drivers as compressed int16."""
        for number, values in enumerate(self.drivers):
            write_geotiff(self.folder / f"{number}.tif", values, self.grid, nodata=-1)
        return DRIVERS * self.grid.size * 2, digest(self.folder / "0.tif")[:16]

    def read_rows(self, threads: int) -> Outcome:
        """Fold all drivers into one layer, a block of rows a thread."""
        total = np.zeros(self.grid.shape, dtype=np.float32)
        for number in range(DRIVERS):
            path = self.folder / f"{number}.tif"
            with (
                open_rows(path, self.grid, DRIVER, path.name, self.problems) as source,
                ThreadPoolExecutor(threads) as pool,
            ):
                blocks = [block.rows for block in row_blocks(self.grid.height, source.block_rows, 0)]
                list(pool.map(lambda rows: np.add(total[rows], source.read(rows), out=total[rows]), blocks))
        return DRIVERS * total.nbytes, _hash(total)

    def write_landcover(self) -> Outcome:
        """Write the start map with its colours and names."""
        path = self.folder / "landcover.tif"
        write_geotiff(path, self.first, self.grid, legend=LEGEND)
        return self.grid.size, digest(path)[:16]

    def read_landcover(self) -> Outcome:
        """Read it back, every code checked."""
        path, known = self.folder / "landcover.tif", LEGEND.known
        codes = read_layer(path, self.grid, CODE, path.name, self.problems, fill=LEGEND.nodata, known=known)
        return codes.nbytes, _hash(codes)

    def write_cube(self) -> Outcome:
        """Write the maps of all years from the first one and events."""
        count, rng = int(self.grid.size * CHANGED), np.random.default_rng(1)
        events = {
            "year": np.sort(rng.integers(2001, 2001 + self.years, count)).astype(np.int16),
            "cell": rng.choice(self.grid.size, count, replace=False),
            "to": np.full(count, 2, dtype=np.uint8),
        }
        path, years = self.folder / "landcover.zarr", range(2000, 2001 + self.years)
        write_cube(path, self.grid, LEGEND, self.first, {}, years, events)
        return len(years) * self.grid.size, digest(path)[:16]

    def read_zones(self, name: str, layer: str) -> Outcome:
        """Draw zones by their share of each cell, or districts by the centre."""
        path = self.folder / f"{name}.gpkg"
        cells, _ = read_zones(path, self.grid, LAYERS[layer], name, self.problems, Drawing("value"))
        return cells.nbytes, _hash(cells)


def _hash(values: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(values)).hexdigest()[:16]


def write_zones(folder: Path, grid: Grid) -> None:
    """Ragged zones that overlap, and districts that share their borders."""
    rng, side = np.random.default_rng(2), grid.width * grid.cell_size
    west, _, _, north = grid.bounds
    around = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    zones = []
    for x, y, radius in rng.uniform((0, 0, 0.003), (1, 1, 0.04), (800, 3)) * side:
        reach = radius * (1 + 0.2 * np.sin(5 * around) + 0.05 * rng.random(around.size))
        zones.append(np.stack([west + x + reach * np.cos(around), north - y + reach * np.sin(around)], axis=1))
    _save(folder / "zones.gpkg", shapely.polygons(zones), rng.integers(1, 3, len(zones)), grid)
    steps = np.arange(10) * side / 10
    boxes = [
        shapely.box(west + x, north - y - side / 10, west + x + side / 10, north - y) for x in steps for y in steps
    ]
    _save(folder / "districts.gpkg", np.array(boxes), np.arange(1, 101), grid)


def _save(path: Path, geometries: Any, values: Any, grid: Grid) -> None:
    frame = geopandas.GeoDataFrame({"value": values}, geometry=list(geometries), crs=grid.crs)
    frame.to_file(path, driver="GPKG")


def main() -> None:
    """Warm up on a small map, then print every case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=3200)
    parser.add_argument("--years", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    for size, tell in ((200, False), (chosen.size, True)):
        with tempfile.TemporaryDirectory(prefix="landsim-bench-") as folder:
            bench = Bench(Path(folder), size, chosen.years)
            run(bench, chosen.threads, bench.case if tell else lambda name, work, threads: work())


def run(bench: Bench, threads: int, case: Callable[..., Any]) -> None:
    """Run every case, each on what those before it wrote."""
    case("write_drivers", bench.write_drivers, threads)
    for count in (1, threads):
        case("read_rows", lambda count=count: bench.read_rows(count), count)
    case("write_landcover", bench.write_landcover, threads)
    case("read_landcover", bench.read_landcover, threads)
    case("write_cube", bench.write_cube, threads)
    case("zones_by_share", lambda: bench.read_zones("zones", "erl"), threads)
    case("districts_by_centre", lambda: bench.read_zones("districts", "district"), threads)


if __name__ == "__main__":
    main()
