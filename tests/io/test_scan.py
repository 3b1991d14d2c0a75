"""Scan: areas into cells as GDAL draws them, in any blocks, and neighbours that share every cell out once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio import Affine
from rasterio.features import rasterize

from landsim.io.scan import count_covered, outlines, paint
from landsim.landscape.grid import Grid

W, N, C = 500_000.0, 3_400_000.0, 30.0
GRID = Grid(41, 33, (C, 0.0, W, 0.0, -C, N), "EPSG:32649")


def blob(rng: np.random.Generator, x: float, y: float, radius: float) -> Any:
    """Ragged area with a hole."""
    around = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    reach = radius * rng.uniform(0.4, 1.3, 40)
    shell = np.stack([x + reach * np.cos(around), y + reach * np.sin(around)], axis=1)
    return shapely.make_valid(shapely.Polygon(shell, [0.3 * (shell - (x, y)) + (x, y)]))


def areas(seed: int, count: int = 12) -> np.ndarray:
    """Ragged areas, and one of two parts; no outline runs along a scan line, where GDAL has a rule of its own."""
    rng = np.random.default_rng(seed)
    places = rng.uniform((-100, -1300, 40), (1100, 100, 500), (count, 3))
    boxes = [shapely.box(W, N - 99.1, W + 77, N - 7.3), shapely.box(W + 300, N - 700.7, W + 475, N - 222.9)]
    made = [blob(rng, W + x, N + y, radius) for x, y, radius in places.tolist()]
    return np.array([*made, shapely.MultiPolygon(boxes)], dtype=object)


def painted(geometries: np.ndarray, values: np.ndarray, rows: int = GRID.height) -> np.ndarray:
    lines, out = outlines(geometries, GRID), np.zeros(GRID.shape, dtype=np.int16)
    for top in range(0, GRID.height, rows):
        paint(lines, values, top, out[top : top + rows])
    return out


def counted(geometries: np.ndarray, factor: int, rows: int = GRID.height) -> np.ndarray:
    lines, out = outlines(geometries, GRID, factor), np.zeros(GRID.shape, dtype=np.uint8)
    for top in range(0, GRID.height, rows):
        count_covered(lines, factor, top, out[top : top + rows])
    return out


def by_gdal(geometries: np.ndarray, values: np.ndarray, factor: int = 1) -> np.ndarray:
    fine = Affine(C / factor, 0, W, 0, -C / factor, N)
    shape = (GRID.height * factor, GRID.width * factor)
    drawn: np.ndarray = rasterize(
        zip(geometries, values.tolist(), strict=True), out_shape=shape, transform=fine, dtype="int16"
    )
    return drawn


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_paint_is_what_gdal_draws(seed: int) -> None:
    geometries = areas(seed)
    values = np.arange(1, geometries.size + 1, dtype=np.int16)
    assert np.array_equal(painted(geometries, values), by_gdal(geometries, values))


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(1, 8))
def test_shares_are_what_gdal_draws_on_sub_cells(seed: int, factor: int) -> None:
    geometries = areas(seed)
    fine = by_gdal(geometries, np.ones(geometries.size, dtype=np.int16), factor)
    shares = fine.reshape(GRID.height, factor, GRID.width, factor).sum(axis=(1, 3))
    assert np.array_equal(counted(geometries, factor), shares)


@pytest.mark.parametrize("rows", [1, 7, 40])
def test_any_blocks_give_the_same(rows: int) -> None:
    geometries = areas(5)
    values = np.arange(1, geometries.size + 1, dtype=np.int16)
    assert np.array_equal(painted(geometries, values, rows), painted(geometries, values))
    assert np.array_equal(counted(geometries, 4, rows), counted(geometries, 4))


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.25, 0.5, 0.125, 0.3]))
def test_neighbours_share_every_cell_out_once(seed: int, shift: float) -> None:
    """Triangles that tile the map, with corners on the very centres of cells and sub-cells."""
    corners = np.random.default_rng(seed).integers(0, 33, (20, 2)) + shift
    frame = [[-5, -5], [50, -5], [50, 60], [-5, 60]]
    points = shapely.MultiPoint(np.concatenate([corners, frame]) * (C, -C) + (W, N))
    tiles = np.array(shapely.get_parts(shapely.delaunay_triangles(points)), dtype=object)
    assert (sum(counted(tiles[i : i + 1], 4).astype(int) for i in range(tiles.size)) == 16).all()
    assert (sum(painted(tiles[i : i + 1], np.ones(1, np.int16)) for i in range(tiles.size)) == 1).all()


def test_nothing_but_far_away_areas_leaves_cells_alone() -> None:
    far = np.array(
        [shapely.box(W + 1e6, N + 1e6, W + 2e6, N + 2e6), shapely.box(W - 900, N - 900, W - 10, N)], dtype=object
    )
    assert not counted(far, 4).any()
    assert not painted(far, np.ones(2, np.int16)).any()


def test_too_many_sub_cells_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected 1\.\.8"):
        outlines(areas(1), GRID, 9)
