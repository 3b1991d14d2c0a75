"""Band: what is read never depends on the number of threads or the height of the blocks."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
import rasterio

from landsim.core.errors import Problems
from landsim.core.quantity import Quantity
from landsim.io.band import Band, Reading, Tally
from landsim.io.raster import fill_blocks, read_layer, read_mask
from landsim.landscape.grid import Grid
from tests.io.conftest import CELL, NORTH, WEST

HEIGHT, WIDTH = 131, 67
GRID = Grid(HEIGHT, WIDTH, (CELL, 0.0, WEST, 0.0, -CELL, NORTH), "EPSG:32649")
CODE = Quantity("class code", "uint8", "1", "code", 0, 254)
SLOPE = Quantity("slope", "float32", "deg", "steepness", 0, 90)
GRADE = Quantity("quality", "uint8", "grade", "quality", 0, 10)
KNOWN = np.isin(np.arange(256), (1, 2, 3))
Raster = Callable[..., Path]


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest) -> Any:
    """Run with one thread and with two."""
    before = numba.get_num_threads()
    numba.set_num_threads(min(request.param, numba.config.NUMBA_NUM_THREADS))
    yield request.param
    numba.set_num_threads(before)


def codes() -> np.ndarray:
    """Codes with gaps (0) and a few that no legend knows (7, 9)."""
    rng = np.random.default_rng(3)
    return rng.choice(
        np.array([0, 1, 2, 3, 7, 9], dtype=np.uint8), (HEIGHT, WIDTH), p=[0.1, 0.4, 0.3, 0.18, 0.01, 0.01]
    )


def slopes() -> np.ndarray:
    """Slopes with gaps, NaN, infinity and values that are no slope."""
    rng = np.random.default_rng(4)
    values = rng.uniform(0, 60, (HEIGHT, WIDTH)).astype(np.float32)
    values[rng.random(values.shape) < 0.1] = -9999
    values[5, 7], values[90, 3], values[130, 66], values[64, 0] = np.nan, np.inf, 95, -1
    return values


def _filled(path: Path, reading: Reading, quantity: Quantity, rows: int, **how: Any) -> tuple[np.ndarray, Tally]:
    out = np.empty(GRID.shape, dtype=quantity.dtype)
    with Band(path, GRID, reading) as band:
        tally = fill_blocks(band, out, quantity, how.pop("fill", 0), rows=rows, **how)
    return out, tally


@pytest.mark.parametrize("storage", [{}, {"tiled": True, "blockxsize": 32, "blockysize": 32, "compress": "deflate"}])
@pytest.mark.parametrize("rows", [1, 7, 64, HEIGHT])
def test_codes_gaps_and_strangers(raster: Raster, threads: int, rows: int, storage: dict[str, Any]) -> None:
    path = raster("codes.tif", codes(), nodata=0, **storage)
    out, tally = _filled(path, Reading(), CODE, rows, fill=255, known=KNOWN)
    wanted = codes()
    bad, gaps = wanted > 3, wanted == 0
    assert tally == Tally(wanted.size, int(gaps.sum()), {7: int((wanted == 7).sum()), 9: int((wanted == 9).sum())})
    assert np.array_equal(out, np.where(bad, 0, np.where(gaps, 255, wanted)))


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("rows", [1, 7, 64, HEIGHT])
def test_real_numbers(raster: Raster, threads: int, rows: int, named: bool) -> None:
    path = raster("slope.tif", slopes(), nodata=None if named else -9999)
    out, tally = _filled(path, Reading(nodata=-9999.0 if named else None), SLOPE, rows, fill=np.nan)
    wanted = slopes()
    gaps = (wanted == -9999) | np.isnan(wanted)
    assert (tally.cells, tally.gaps) == (wanted.size, int(gaps.sum()))
    assert dict(tally.strange) == {-1.0: 1, 95.0: 1, np.inf: 1}
    clean = (wanted >= 0) & (wanted <= 90)
    assert np.array_equal(out, np.where(gaps, np.nan, np.where(clean, wanted, 0)), equal_nan=True)


@pytest.mark.parametrize("resample", ["nearest", "bilinear", "mode", "average"])
def test_resampled_rasters(raster: Raster, threads: int, resample: Any) -> None:
    coarse = slopes()[:70, :40].clip(-9999, 60)
    coarse[~np.isfinite(coarse)] = 1
    side = rasterio.Affine(CELL * 1.9, 0, WEST + 11, 0, -CELL * 1.9, NORTH + 40)
    path = raster("coarse.tif", coarse, nodata=-9999, transform=side)
    results = [_filled(path, Reading(resample=resample), SLOPE, rows, fill=np.nan) for rows in (1, 7, 64, HEIGHT)]
    assert 0 < results[0][1].gaps < HEIGHT * WIDTH
    for out, tally in results[1:]:
        assert tally == results[0][1]
        assert np.array_equal(out, results[0][0], equal_nan=True)


def test_resampled_from_another_crs_and_by_several_threads(raster: Raster) -> None:
    degrees = rasterio.Affine(0.0002, 0, 110.9995, 0, -0.0002, 30.735)
    values = np.random.default_rng(1).integers(0, 10, (300, 300)).astype(np.uint8)
    path = raster("degrees.tif", values, nodata=0, crs="EPSG:4326", transform=degrees)
    results = []
    before = numba.get_num_threads()
    for count in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
        numba.set_num_threads(count)
        results += [_filled(path, Reading(resample="nearest"), GRADE, rows) for rows in (5, HEIGHT)]
    numba.set_num_threads(before)
    assert all(tally == results[0][1] and np.array_equal(out, results[0][0]) for out, tally in results)


def test_the_lowest_strangers_are_told_whatever_the_blocks(raster: Raster, threads: int) -> None:
    values = np.arange(HEIGHT * WIDTH, dtype=np.int32).reshape(HEIGHT, WIDTH)[::-1].copy()
    path = raster("ids.tif", values, nodata=None)
    tallies = [_filled(path, Reading(), GRADE, rows)[1] for rows in (1, 7, 64, HEIGHT)]
    assert all(tally == tallies[0] for tally in tallies)
    assert sorted(tallies[0].strange) == list(range(11, 1011))


def test_masks_are_read_as_bits(raster: Raster, threads: int) -> None:
    path = raster("mask.tif", codes(), nodata=3)
    problems = Problems()
    quantity = Quantity("mask", "float32", "1", "value")
    for wanted, cells in (((0.0, 9.0), np.isin(codes(), (0, 9))), (None, ~np.isin(codes(), (0, 3)))):
        found = read_mask(path, GRID, quantity, wanted, "masks.x", problems)
        assert found is not None
        assert found.dtype == np.bool_
        assert np.array_equal(found, cells)
    assert problems.faults == []


def test_a_band_of_a_mask_file_is_a_gap(raster: Raster, threads: int) -> None:
    path = raster("codes.tif", codes(), nodata=None)
    with rasterio.open(path, "r+") as dataset:
        dataset.write_mask(codes() != 2)
    with Band(path, GRID, Reading()) as band:
        gaps = np.concatenate([band.read(rows)[1] for rows in band.blocks(50)])
    assert np.array_equal(gaps, codes() == 2)


def test_threads_share_a_pool_of_handles(raster: Raster) -> None:
    path = raster("codes.tif", codes(), nodata=0)
    with Band(path, GRID, Reading()) as band:
        for _ in range(3):  # threads that come and go leave no handles behind
            with ThreadPoolExecutor(2) as pool:
                parts = list(pool.map(lambda rows: band.read(rows)[0], band.blocks(10)))
            assert np.array_equal(np.concatenate(parts), codes())
        assert 1 <= len(band._idle) <= 2
    with pytest.raises(ValueError, match=r"codes\.tif is closed"):
        band.read(slice(0, 1))


def test_damage_is_one_fault_for_any_number_of_threads(raster: Raster, threads: int) -> None:
    noise = np.random.default_rng(0).random((HEIGHT, WIDTH), dtype=np.float32)
    path = raster("slope.tif", noise, nodata=-9999, compress="deflate")
    path.write_bytes(path.read_bytes()[:9000])
    problems = Problems()
    assert read_layer(path, GRID, SLOPE, "layers.slope", problems) is None
    assert [fault.what for fault in problems.faults] == ["truncated or damaged file"]
