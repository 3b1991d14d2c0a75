"""Amounts: counts of people keep their sum on another grid, whatever its cells and its CRS."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from rasterio import Affine
from rasterio.warp import transform_bounds

from landsim.core.errors import Problems
from landsim.io.amounts import read_amounts
from landsim.io.band import Reading
from landsim.landscape.grid import Grid
from landsim.landscape.landscape import LAYERS

GRID = Grid(40, 50, (30.0, 0.0, 500_000.0, 0.0, -30.0, 3_400_000.0), "EPSG:32649")
INSIDE = np.ones(GRID.shape, dtype=np.bool_)
INSIDE[:, :9] = False
SOURCES = {
    "finer": ("EPSG:32649", 10.0),
    "shifted": ("EPSG:32649", 37.0),
    "coarser": ("EPSG:32649", 250.0),
    "3 seconds": ("EPSG:4326", 3 / 3600),
    "30 seconds": ("EPSG:4326", 30 / 3600),
    "half a second": ("EPSG:4326", 0.5 / 3600),
    "the next zone": ("EPSG:32650", 100.0),
}


def _source(path: Path, name: str, seed: int = 1) -> tuple[np.ndarray, Affine, str]:
    """Write residents with gaps around and over the grid."""
    crs, cell = SOURCES[name]
    left, bottom, right, top = transform_bounds(GRID.crs, crs, *GRID.bounds, densify_pts=21)
    wide, high = right - left, top - bottom
    transform = Affine(cell, 0, left - 0.13 * wide, 0, -cell, top + 0.17 * high)
    rng = np.random.default_rng(seed)
    values = rng.gamma(0.3, 10, (int(1.4 * high / cell) + 2, int(1.4 * wide / cell) + 2)).astype(np.float32)
    values[rng.random(values.shape) < 0.3] = -99
    height, width = values.shape
    with rasterio.open(
        path, "w", driver="GTiff", height=height, width=width, count=1, dtype="float32", crs=crs, transform=transform,
        nodata=-99,
    ) as file:  # fmt: skip
        file.write(values, 1)
    return values, transform, crs


def _scattered(values: np.ndarray, transform: Affine, crs: str) -> np.ndarray:
    """The same another way: each cell's people stand on points of their own, and are counted where these fall."""
    amounts = np.where(values < 0, 0.0, values).astype(np.float64)
    metres = transform.a * (111_000 if crs == "EPSG:4326" else 1)
    points = int(np.clip(metres / 2, 6, 500))  # a side: denser than the cells of the grid
    offsets = (np.arange(points) + 0.5) / points
    columns = (np.arange(values.shape[1])[:, None] + offsets).ravel()
    rows = (np.arange(values.shape[0])[:, None] + offsets).ravel()
    across, down = np.meshgrid(columns, rows)
    x, y = transform.a * across + transform.c, transform.e * down + transform.f
    x, y = Transformer.from_crs(crs, GRID.crs, always_xy=True).transform(x.ravel(), y.ravel())
    column = np.floor((np.asarray(x) - GRID.transform[2]) / GRID.transform[0]).astype(np.int64)
    row = np.floor((np.asarray(y) - GRID.transform[5]) / GRID.transform[4]).astype(np.int64)
    each = np.repeat(np.repeat(amounts, points, axis=0), points, axis=1).ravel() / points**2
    within = (column >= 0) & (column < GRID.width) & (row >= 0) & (row < GRID.height)
    flat = np.bincount(row[within] * GRID.width + column[within], each[within], GRID.size)
    return flat.reshape(GRID.shape) * INSIDE


def _read(path: Path, how: str = "sum", inside: np.ndarray = INSIDE) -> tuple[np.ndarray, Problems]:
    problems = Problems()
    layer = read_amounts(path, GRID, LAYERS["population"], inside, "layers.population", problems, Reading(None, how))
    return layer, problems


@pytest.mark.parametrize("name", SOURCES)
def test_people_are_where_they_are_and_as_many(name: str, tmp_path: Path) -> None:
    values, transform, crs = _source(tmp_path / "pop.tif", name)
    layer, problems = _read(tmp_path / "pop.tif")
    expected = _scattered(values, transform, crs)
    assert problems.faults == []
    assert layer.dtype == np.float32
    assert np.isnan(layer[~INSIDE]).all()
    found = np.nan_to_num(layer).astype(np.float64)
    assert found.sum() == pytest.approx(expected.sum(), rel=0.01)  # the points stand for areas only so well
    assert np.abs(found - expected).sum() < 0.08 * expected.sum()


@pytest.mark.parametrize("how", ["average", "bilinear", "nearest"])
@pytest.mark.parametrize("name", ["finer", "coarser", "3 seconds"])
def test_the_sum_is_the_same_however_densities_are_resampled(name: str, how: str, tmp_path: Path) -> None:
    _source(tmp_path / "pop.tif", name)
    wanted = float(np.nansum(_read(tmp_path / "pop.tif")[0], dtype=np.float64))
    assert float(np.nansum(_read(tmp_path / "pop.tif", how)[0], dtype=np.float64)) == pytest.approx(wanted, rel=1e-6)


def test_the_sum_does_not_depend_on_the_strips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _source(tmp_path / "pop.tif", "3 seconds")
    whole = _read(tmp_path / "pop.tif")[0]
    monkeypatch.setattr("landsim.io.amounts._CELLS_A_STRIP", 7 * GRID.width)
    assert np.allclose(_read(tmp_path / "pop.tif")[0], whole, rtol=1e-5, equal_nan=True)


def test_values_below_zero_are_a_fault_and_another_place_too(tmp_path: Path) -> None:
    with rasterio.open(tmp_path / "p.tif", "w", driver="GTiff", height=8, width=8, count=1, dtype="float32",
                       crs=GRID.crs, transform=Affine(200, 0, 500_000, 0, -200, 3_400_000)) as file:  # fmt: skip
        file.write(np.full((8, 8), -3, np.float32), 1)
    assert "values that are no population; found -3 (64 cells)" in str(_read(tmp_path / "p.tif")[1].faults[0])
    with rasterio.open(tmp_path / "q.tif", "w", driver="GTiff", height=8, width=8, count=1, dtype="float32",
                       crs=GRID.crs, transform=Affine(200, 0, 900_000, 0, -200, 3_400_000)) as file:  # fmt: skip
        file.write(np.ones((8, 8), np.float32), 1)
    assert "does not overlap" in str(_read(tmp_path / "q.tif")[1].faults[0])


def test_a_project_keeps_its_people_and_says_so(project) -> None:
    residents = np.full((2, 3), 7.0, dtype=np.float32)  # cells of 300 m under 30 m cells
    project.raster("pop.tif", residents, transform=Affine(300, 0, 500_000, 0, -300, 3_400_000))
    project.data["layers"]["population"] = "pop.tif"
    assert "Say resample: sum in its entry, which keeps the number of persons" in project.faults()
    project.data["layers"]["population"] = {"file": "pop.tif", "resample": "average"}
    place, problems = project.load()
    assert problems.faults == []
    layer = place.landscape.layers["population"]
    assert float(layer.sum()) == pytest.approx(6 * 7 * 19 / 20, rel=1e-6)  # a rim of one row is no study area
    assert layer[0].sum() == 0
    assert "sum inside the study area stays; found 40 persons" in str(problems.cautions[0])


def test_what_does_not_add_up_is_not_summed_and_people_have_no_commonest_number(project) -> None:
    project.data["layers"] |= {"slope": {"file": "slope.tif", "resample": "sum"}}
    assert "layers.slope.resample: slope does not add up" in project.faults()
    project.data["layers"] = {"population": {"file": "slope.tif", "resample": "mode"}}
    assert "amounts have no commonest value" in project.faults()
