"""Folds: origins leave a past to learn from and a future to be judged, and what is held out is held apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from landsim.calibrate.folds import Origin, Parts, origins_for, origins_of
from landsim.calibrate.learning import block_edge
from landsim.landscape.grid import Grid

YEARS = st.lists(st.integers(1900, 2100), min_size=2, max_size=30, unique=True).map(sorted)


def grid(height: int, width: int, cell: float = 100.0) -> Grid:
    return Grid(height, width, (cell, 0.0, 0.0, 0.0, -cell, 0.0))


def test_two_dates_allow_for_no_forecast() -> None:
    (origin,) = origins_of([2000, 2010])
    assert origin == Origin((2000, 2010), 2000, 2010, 4)
    assert not origin.is_forecast


def test_three_dates_have_one_origin_and_four_parts() -> None:
    assert origins_of([2000, 2005, 2010]) == [Origin((2000, 2005), 2005, 2010, 4)]


def test_yearly_maps_have_three_origins_late_enough_to_have_learnt() -> None:
    found = origins_of(list(range(2000, 2011)))
    assert [origin.start for origin in found] == [2004, 2005, 2007]
    assert [origin.parts for origin in found] == [2, 2, 2]


@given(YEARS)
def test_an_origin_knows_nothing_after_its_start(years: list[int]) -> None:
    for origin in origins_of(years):
        assert set(origin.years) <= set(years)
        assert origin.start < origin.end == years[-1]
        if len(years) > 2:
            assert origin.is_forecast
            assert len(origin.years) >= 2
            assert max(origin.years) == origin.start
    assert 4 <= sum(origin.parts for origin in origins_of(years)) <= 6


def test_an_origin_needs_growth_before_and_after_it(make_span) -> None:
    small, large = np.ones((2, 20, 20), np.uint8)
    small[:4, :4] = large[:6, :6] = 3
    never = Origin((2000, 2010), 2000, 2010, 4)
    grows = {2000: np.ones((20, 20), np.uint8), 2005: small, 2010: large}
    assert origins_for(make_span(grows), 3) == [Origin((2000, 2005), 2005, 2010, 4)]
    assert origins_for(make_span({**grows, 2005: grows[2000]}), 3) == [never]  # all of it after the origin
    assert origins_for(make_span({**grows, 2010: small}), 3) == [never]  # all of it before
    assert origins_for(make_span(grows), 2) == [never]  # a class that does not grow at all


def test_an_origin_without_growth_is_left_out_and_the_others_stay(make_span) -> None:
    maps = {2000 + t: np.ones((20, 20), np.uint8) for t in range(11)}
    for t in range(6, 11):
        maps[2000 + t][: t - 4, :5] = 3
    assert [origin.start for origin in origins_for(make_span(maps), 3)] == [2007]


@pytest.mark.parametrize("shape", [(240, 240), (61, 400), (40, 50), (13, 7), (5, 5), (1, 60)])
def test_parts_cover_the_map_by_whole_blocks_of_nearly_equal_numbers(shape: tuple[int, int]) -> None:
    place = grid(*shape)
    parts = Parts.deal(place, 4, 7)
    edge = block_edge(place)
    corners = parts.part[::edge, ::edge]
    assert np.array_equal(np.kron(corners, np.ones((edge, edge), np.uint8))[: shape[0], : shape[1]], parts.part)
    counts = np.bincount(corners.reshape(-1), minlength=4)
    assert counts.max() - counts.min() <= 1
    assert np.array_equal(parts.part, Parts.deal(place, 4, 7).part)


@pytest.mark.parametrize(("shape", "apart"), [((240, 240), 5), ((60, 72), 2), ((40, 50), 1), ((5, 5), 0)])
def test_nothing_is_learnt_beside_what_is_held_out(shape: tuple[int, int], apart: int) -> None:
    parts = Parts.deal(grid(*shape), 4, 1)
    assert parts.apart == apart
    cells = np.arange(shape[0] * shape[1])
    for k in range(4):
        held = parts.held(k, cells).reshape(shape)
        away = ndimage.distance_transform_cdt(~held, metric="chessboard")
        assert np.array_equal(parts.open(k, cells).reshape(shape), away > apart)
        assert parts.open(k, cells).mean() > 0.1
    assert sum(parts.held(k, cells).sum() for k in range(4)) == cells.size


def test_another_seed_deals_other_parts() -> None:
    assert not np.array_equal(Parts.deal(grid(60, 72), 4, 1).part, Parts.deal(grid(60, 72), 4, 2).part)
