"""Travel time against an independent Dijkstra, exact distances, block reductions and centres."""

import numba
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from landsim.landscape.access import (
    AccessParams,
    block_max,
    block_mean,
    block_sum,
    centres,
    least_cost,
    many_travel_minutes,
    speed_field,
    travel_minutes,
)
from landsim.landscape.grid import Grid
from landsim.landscape.legend import Land

SPEEDS = hnp.arrays(
    np.float32, st.tuples(st.integers(1, 7), st.integers(1, 7)), elements=st.sampled_from([0.0, 5.0, 30.0, 90.0])
)


def oracle_minutes(speed: npt.NDArray[np.float32], cell: float, source: int) -> npt.NDArray[np.float64]:
    """Minutes by scipy's Dijkstra on the explicit graph of the grid."""
    height, width = speed.shape
    rows, cols, minutes = [], [], []
    for r in range(height):
        for c in range(width):
            for rr, cc in ((r, c + 1), (r + 1, c - 1), (r + 1, c), (r + 1, c + 1)):
                if 0 <= rr < height and 0 <= cc < width and speed[r, c] > 0 and speed[rr, cc] > 0:
                    kilometres = np.hypot(rr - r, cc - c) * cell / 1000.0
                    rows.append(r * width + c)
                    cols.append(rr * width + cc)
                    minutes.append(60.0 * kilometres * 0.5 * (1.0 / speed[r, c] + 1.0 / speed[rr, cc]))
    graph = coo_array((minutes, (rows, cols)), shape=(speed.size, speed.size)).tocsr()
    return np.asarray(dijkstra(graph, directed=False, indices=source)).reshape(speed.shape)


@given(speed=SPEEDS, cell=st.sampled_from([30.0, 100.0, 250.0]), pick=st.integers(0, 48))
@settings(max_examples=60, deadline=None)
def test_travel_time_equals_scipy(speed: npt.NDArray[np.float32], cell: float, pick: int) -> None:
    source = pick % speed.size
    np.testing.assert_allclose(
        travel_minutes(speed, cell, [source]), oracle_minutes(speed, cell, source), rtol=1e-6, atol=0
    )


def test_straight_and_diagonal_distances_are_exact() -> None:
    minutes = travel_minutes(np.full((11, 11), 30.0, dtype=np.float32), 100.0, [0])
    assert minutes[0, 10] == pytest.approx(2.0, rel=1e-7)
    assert minutes[10, 10] == pytest.approx(2.0 * np.sqrt(2.0), rel=1e-7)
    assert minutes.dtype == np.float32


def test_two_speeds_meet_by_the_harmonic_mean() -> None:
    minutes = travel_minutes(np.array([[90.0, 5.0]], dtype=np.float32), 100.0, 0)
    assert minutes[0, 1] == pytest.approx(60 * 0.05 / 90 + 60 * 0.05 / 5, rel=1e-6)


def test_no_way_leads_through_a_closed_cell() -> None:
    speed = np.array([[30.0, 0.0, 30.0]], dtype=np.float32)
    np.testing.assert_array_equal(travel_minutes(speed, 100.0, [0]), [[0.0, np.inf, np.inf]])


def test_many_sources_are_rows_whatever_the_threads() -> None:
    speed = np.array([[30, 50, 0, 5], [5, 5, 90, 30], [30, 0, 25, 25]], dtype=np.float32)
    sources = [[0], [5, 11], [3]]
    usual, rows = numba.get_num_threads(), []
    for threads in (1, usual):
        numba.set_num_threads(threads)
        rows.append(many_travel_minutes(speed, 100.0, sources))
    np.testing.assert_array_equal(*rows)
    for row, cells in zip(rows[0], sources, strict=True):
        np.testing.assert_array_equal(row.reshape(speed.shape), travel_minutes(speed, 100.0, cells))
    assert many_travel_minutes(speed, 100.0, []).shape == (0, 12)


@pytest.mark.parametrize("speeds", [[0.0, 5.0, 25.0, 30.0, 90.0], [5.0], [1e-3, 1.0, 200.0], [1e-6, 200.0]])
@pytest.mark.parametrize("n_sources", [1, 40])
def test_buckets_and_heap_end_at_the_same_bytes(speeds: list[float], n_sources: int) -> None:
    """Two searches of one least cost; in the last two cases buckets are wider than the shortest step."""
    rng = np.random.default_rng(n_sources)
    speed = rng.choice(speeds, size=(83, 117)).astype(np.float32)
    sources = rng.integers(0, speed.size, n_sources)
    with np.errstate(divide="ignore"):
        minutes = np.float32(1.8) / speed
    by_heap = least_cost(minutes, sources).cost.astype(np.float32).reshape(speed.shape)
    np.testing.assert_array_equal(travel_minutes(speed, 30.0, sources), by_heap)


def test_a_larger_map_equals_scipy() -> None:
    speed = np.random.default_rng(4).choice([0.0, 5.0, 30.0, 90.0], size=(60, 45)).astype(np.float32)
    source = int(np.flatnonzero(speed)[777])
    np.testing.assert_allclose(travel_minutes(speed, 30.0, [source]), oracle_minutes(speed, 30.0, source), rtol=1e-6)


def test_without_a_source_or_a_way_all_is_out_of_reach() -> None:
    assert np.isinf(travel_minutes(np.full((3, 3), 5.0, np.float32), 30.0, [])).all()
    closed = travel_minutes(np.zeros((3, 3), np.float32), 30.0, [4])
    assert closed[1, 1] == 0.0
    assert np.isinf(closed).sum() == 8


def test_least_cost_tree_leads_back_to_the_nearest_source() -> None:
    tree = least_cost(np.ones((1, 6)), [0, 5])
    np.testing.assert_array_equal(tree.cost, [0, 1, 2, 2, 1, 0])
    np.testing.assert_array_equal(tree.via, [-1, 0, 1, 4, 5, -1])
    np.testing.assert_array_equal(tree.source, [0, 0, 0, 1, 1, 1])


def test_source_outside_the_grid_is_refused() -> None:
    with pytest.raises(ValueError, match="outside the grid of 4 cells"):
        least_cost(np.ones((2, 2)), [4])
    with pytest.raises(ValueError, match="outside the grid of 4 cells"):
        travel_minutes(np.ones((2, 2), np.float32), 30.0, [-1])


@given(values=hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))), factor=st.integers(1, 11))
@settings(max_examples=60, deadline=None)
def test_block_reductions_equal_slices(values: npt.NDArray[np.uint8], factor: int) -> None:
    height, width = values.shape
    blocks = Grid(height, width, (1.0, 0.0, 0.0, 0.0, -1.0, 0.0)).blocks(factor)
    for r in range(blocks.height):
        for c in range(blocks.width):
            block = values[r * factor : (r + 1) * factor, c * factor : (c + 1) * factor]
            assert block_sum(values, factor)[r, c] == block.sum(dtype=np.int64)
            assert block_mean(values, factor)[r, c] == np.float32(block.mean())
            assert block_max(values, factor)[r, c] == block.max()
    assert block_max(values, factor).shape == blocks.shape
    assert block_max(values, factor).dtype == np.uint8


def test_speeds_by_road_and_land() -> None:
    land = np.array([[Land.ARABLE, Land.URB_RES, Land.WATER, Land.WATER, Land.FOREST, Land.NODATA]], dtype=np.uint8)
    road = np.array([[0, 0, 0, 2, 4, 0]], dtype=np.uint8)
    np.testing.assert_array_equal(speed_field(land, road), [[5, 25, 0, 50, 5, 0]])
    np.testing.assert_array_equal(speed_field(land, np.uint8([[1, 1, 3, 3, 3, 0]])), [[30, 30, 90, 90, 90, 0]])


def test_unknown_roads_leave_one_middling_speed_and_open_water() -> None:
    land = np.array([[Land.ARABLE, Land.RURAL, Land.WATER, Land.NODATA]], dtype=np.uint8)
    np.testing.assert_array_equal(speed_field(land, None), [[30, 30, 5, 0]])
    closed = AccessParams(unknown_bridges=0.0, unknown_roads=20.0)
    np.testing.assert_array_equal(speed_field(land, None, closed), [[20, 25, 0, 0]])


def test_a_block_takes_its_best_road_and_its_prevailing_land() -> None:
    land = np.full((4, 5), Land.ARABLE, dtype=np.uint8)
    land[:2, 2:4] = Land.WATER
    land[2:, :2] = Land.URB_IND
    land[2:, 4] = Land.NODATA
    road = np.zeros_like(land)
    road[3, 3] = 2
    np.testing.assert_array_equal(speed_field(land, road, factor=2), [[5, 0, 5], [25, 50, 0]])


def test_centres_keep_their_distance_and_break_ties_by_index() -> None:
    weights = np.zeros((5, 9))
    weights[2, 1], weights[2, 2], weights[2, 6], weights[0, 8] = 9.0, 8.0, 5.0, 5.0
    np.testing.assert_array_equal(centres(weights, 5, 2.5), [19, 8, 24])
    np.testing.assert_array_equal(centres(weights, 2, 2.5), [19, 8])
    np.testing.assert_array_equal(centres(weights, 9, 0.0), [19, 20, 8, 24])
    assert centres(np.zeros((3, 3)), 4, 1.0).size == 0
