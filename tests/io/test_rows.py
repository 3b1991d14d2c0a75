"""Rows of a raster: read by several threads, halos and all, each cell counted once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from landsim.core.errors import Problems
from landsim.core.quantity import Quantity
from landsim.io.band import Reading
from landsim.io.rows import open_rows
from landsim.landscape.focal import row_blocks
from landsim.landscape.grid import Grid
from landsim.landscape.rows import Rows
from tests.io.conftest import CELL, NORTH, WEST

HEIGHT, WIDTH = 101, 53
GRID = Grid(HEIGHT, WIDTH, (CELL, 0.0, WEST, 0.0, -CELL, NORTH), "EPSG:32649")
DRIVER = Quantity("soil", "float32", "1", "a driver", 0, 100)
Raster = Callable[..., Path]


def values() -> np.ndarray:
    drawn = np.random.default_rng(0).integers(0, 101, (HEIGHT, WIDTH)).astype(np.int16)
    drawn[drawn > 95] = -1
    return drawn


def _read(path: Path, rows: int, halo: int = 0, threads: int = 2, **reading: Any) -> tuple[np.ndarray, Problems]:
    problems, out = Problems(), np.empty(GRID.shape, dtype=np.float32)
    with open_rows(path, GRID, DRIVER, "drivers.soil", problems, Reading(**reading)) as source:
        assert source is not None
        layer: Rows = source
        assert layer.shape == GRID.shape

        def read(block: Any) -> None:
            out[block.rows] = layer.read(block.outer)[block.inner]

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(read, row_blocks(HEIGHT, rows, halo)))
    return out, problems


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize(("rows", "halo"), [(1, 0), (7, 3), (64, 5), (HEIGHT, 0)])
def test_rows_are_those_of_the_whole_map(raster: Raster, rows: int, halo: int, threads: int) -> None:
    path = raster("soil.tif", values(), nodata=-1, tiled=True, blockxsize=16, blockysize=16)
    out, problems = _read(path, rows, halo, threads)
    assert problems.faults == []
    assert np.array_equal(out, np.where(values() < 0, np.nan, values()).astype(np.float32), equal_nan=True)


def test_open_ended_slices(raster: Raster) -> None:
    path = raster("soil.tif", values(), nodata=-1)
    with open_rows(path, GRID, DRIVER, "drivers.soil", Problems()) as rows:
        assert rows is not None
        assert rows.read(slice(None)).shape == GRID.shape
        assert rows.read(slice(90, 1000)).shape == (11, WIDTH)
        assert rows.tally.cells == GRID.size


@pytest.mark.parametrize(("rows", "halo", "threads"), [(1, 2, 2), (7, 0, 1), (30, 9, 3), (HEIGHT, 0, 1)])
def test_every_stranger_is_told_once(raster: Raster, rows: int, halo: int, threads: int) -> None:
    strange = values()
    strange[[3, 3, 50, 100], [1, 2, 9, 52]] = (200, 200, 300, -7)
    out, problems = _read(raster("soil.tif", strange, nodata=-1), rows, halo, threads)
    assert np.isnan(out[[3, 3, 50, 100], [1, 2, 9, 52]]).all()
    assert [fault.found for fault in problems.faults] == ["-7 (1 cells), 200 (2 cells), 300 (1 cells)"]


def test_resampled_rows_do_not_depend_on_the_blocks(raster: Raster) -> None:
    side = rasterio.Affine(CELL * 1.7, 0, WEST - 9, 0, -CELL * 1.7, NORTH + 5)
    path = raster("soil.tif", values(), nodata=-1, transform=side)
    whole = _read(path, HEIGHT, resample="bilinear")[0]
    assert 0 < np.isnan(whole).sum() < whole.size
    assert np.array_equal(_read(path, 3, 2, 3, resample="bilinear")[0], whole, equal_nan=True)


def test_faults_of_the_file_come_first(raster: Raster) -> None:
    problems = Problems()
    with open_rows(raster("wide.tif", values()[:, :50]), GRID, DRIVER, "drivers.soil", problems) as rows:
        assert rows is None
    assert "101 x 50 cells, not 101 x 53" in str(problems.faults[0])


def test_a_damaged_file_ends_the_block_with_a_fault(raster: Raster) -> None:
    noise = np.random.default_rng(0).random((HEIGHT, WIDTH)).astype(np.float32)
    path = raster("soil.tif", noise, compress="deflate")
    path.write_bytes(path.read_bytes()[:5000])
    problems = Problems()
    with open_rows(path, GRID, DRIVER, "drivers.soil", problems) as rows:
        assert rows is not None
        rows.read(slice(0, HEIGHT))
        pytest.fail("a damaged file was read")
    assert [fault.what for fault in problems.faults] == ["truncated or damaged file"]


def test_nothing_but_gaps_is_a_fault(raster: Raster) -> None:
    problems = _read(raster("soil.tif", np.full((HEIGHT, WIDTH), -1, dtype=np.int16), nodata=-1), 20)[1]
    assert "holds no data at all" in str(problems.faults[0])
