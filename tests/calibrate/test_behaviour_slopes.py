"""Clark's slope and the slope of sizes by rank: known answers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from landsim.calibrate.behaviour.slopes import Rings, clark, line, rank_size


def test_clark_gives_back_its_law() -> None:
    r = np.arange(0.5, 30.5)
    slope, log_centre = clark(r, 1e4 * np.exp(-0.3 * r))
    assert slope == pytest.approx(-0.3, abs=1e-6)
    assert log_centre == pytest.approx(9.21034, abs=1e-5)
    assert log_centre == pytest.approx(math.log(1e4), abs=1e-6)


def test_empty_rings_do_not_count_and_two_are_too_few() -> None:
    assert clark([1.0, 2.0, 3.0, 4.0], [math.e**-1, 0.0, math.e**-3, math.e**-4])[0] == pytest.approx(-1.0)
    assert math.isnan(clark([1.0, 2.0, 3.0], [1.0, 0.5, 0.0])[0])
    assert math.isnan(clark([1.0, 2.0, 3.0], [1.0, 0.5, math.nan])[0])


def test_zipf() -> None:
    sizes = 1e6 / np.arange(1, 101)
    assert rank_size(sizes, shift=0.0) == pytest.approx(-1.0, abs=1e-4)
    assert rank_size(sizes) == pytest.approx(-1.0594, abs=1e-4)
    assert rank_size(np.random.default_rng(1).permutation(sizes)) == pytest.approx(-1.0594, abs=1e-4)


def test_the_largest_are_ranked_and_few_or_equal_sizes_have_no_slope() -> None:
    sizes = 1e6 / np.arange(1, 101)
    assert rank_size(np.concatenate([sizes, np.ones(5000)])) == rank_size(sizes)
    assert math.isnan(rank_size(sizes[:9]))
    assert math.isnan(rank_size(np.full(50, 7.0)))
    assert math.isnan(line([], [])[0])


def test_rings_lie_around_the_densest_point() -> None:
    built = np.zeros((60, 80), dtype=np.bool_)
    built[28:33, 48:53] = True
    built[5, 5] = True
    rings = Rings.around(built, np.ones_like(built), 1000.0)
    assert rings.number[30, 50] == 0
    assert rings.number[30, 60] == 10
    assert rings.cells[0] == 1
    assert rings.distance[0] == 0.0
    assert rings.cells.sum() == built.size
    assert rings.share(built)[0] == 1.0


def test_rings_of_an_exponential_city_have_its_slope() -> None:
    row, col = np.mgrid[:161, :161] - 80
    away = np.hypot(row, col) * 0.25  # km
    built = np.random.default_rng(2).random(away.shape) < 0.9 * np.exp(-0.2 * away)
    valid = away < 20
    assert Rings.around(built, valid, 250.0).slope(built & valid) == pytest.approx(-0.2, abs=0.02)


def test_a_city_that_fades_faster_has_a_steeper_slope() -> None:
    row, col = np.mgrid[:81, :81] - 40
    draws, away = np.random.default_rng(3).random((81, 81)), np.hypot(row, col) * 0.1
    cities = [draws < np.exp(-rate * away) for rate in (0.3, 0.6, 0.9)]
    rings = Rings.around(cities[0], np.ones_like(cities[0]), 100.0)
    slopes = [rings.slope(city) for city in cities]
    assert slopes == sorted(slopes, reverse=True)
    assert all(slope < 0 for slope in slopes)
