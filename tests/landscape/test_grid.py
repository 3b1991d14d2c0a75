"""Grid: areas, bounds, centres and the coarser blocks, by hand and as properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landsim.landscape.grid import M2_PER_HA, MU_PER_HA, Grid

NORTH_UP = Grid(3, 5, (30.0, 0.0, 500_000.0, 0.0, -30.0, 3_400_000.0), "EPSG:32649")

grids = st.builds(
    lambda h, w, a: Grid(h, w, (a, 0.0, 100.0, 0.0, -a, 900.0)),
    st.integers(1, 40),
    st.integers(1, 40),
    st.floats(1, 1e3),
)


def test_shape_size_and_areas() -> None:
    assert NORTH_UP.shape == (3, 5)
    assert NORTH_UP.size == 15
    assert NORTH_UP.cell_area_m2 == 900
    assert NORTH_UP.cell_area_ha == 0.09
    assert NORTH_UP.cell_size == 30


def test_a_hectare_is_fifteen_mu() -> None:
    assert (M2_PER_HA, MU_PER_HA) == (10_000, 15)


def test_bounds_are_left_bottom_right_top() -> None:
    assert NORTH_UP.bounds == (500_000, 3_399_910, 500_150, 3_400_000)


def test_centres_of_the_first_and_last_cell() -> None:
    x, y = NORTH_UP.centres([0, 14])
    assert x.tolist() == [500_015, 500_135]
    assert y.tolist() == [3_399_985, 3_399_925]


def test_a_turned_grid_has_the_area_of_its_cells() -> None:
    turned = Grid(2, 2, (3.0, 4.0, 0.0, 4.0, -3.0, 0.0))
    assert turned.cell_area_m2 == pytest.approx(25)
    assert turned.centres(0) == (3.5, 0.5)


def test_blocks_round_up_and_keep_the_corner() -> None:
    coarse = NORTH_UP.blocks(2)
    assert coarse.shape == (2, 3)
    assert coarse.transform == (60.0, 0.0, 500_000.0, 0.0, -60.0, 3_400_000.0)
    assert coarse.crs == NORTH_UP.crs


def test_block_of_every_cell_by_hand() -> None:
    blocks = NORTH_UP.block_of(np.arange(15), 2).reshape(3, 5)
    assert blocks.tolist() == [[0, 0, 1, 1, 2], [0, 0, 1, 1, 2], [3, 3, 4, 4, 5]]


@given(grid=grids, factor=st.integers(1, 12))
def test_every_cell_lies_in_its_block(grid: Grid, factor: int) -> None:
    cells = np.arange(grid.size)
    coarse = grid.blocks(factor)
    blocks = grid.block_of(cells, factor)
    assert set(blocks.tolist()) == set(range(coarse.size))
    half = coarse.cell_size / 2
    for of_cell, of_block in zip(grid.centres(cells), coarse.centres(blocks), strict=True):
        assert np.all(np.abs(of_cell - of_block) <= half)
