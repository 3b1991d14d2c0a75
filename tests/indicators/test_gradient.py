"""Density gradient: Clark's law on densities that follow it, and rings that keep people and land."""

from __future__ import annotations

import math

import numpy as np
import pytest

from landsim.indicators.gradient import clark, rings


def test_clark_finds_the_law_that_made_the_densities():
    r = np.linspace(0.5, 20, 40)
    law = clark(r, 1e4 * np.exp(-0.3 * r))
    assert law.slope == pytest.approx(-0.3, abs=1e-6)
    assert law.log_central == pytest.approx(9.21034, abs=1e-5)
    assert law.central == pytest.approx(1e4)


def test_empty_rings_are_left_out_and_too_few_give_nothing():
    assert clark([0, 1, 2, 3], [math.e**3, math.e**2, 0, math.e**0]).slope == pytest.approx(-1)
    assert math.isnan(clark([0, 1, 2], [5, 4, 0]).slope)
    assert math.isnan(clark([], []).central)


def test_rings_hold_everybody():
    rng = np.random.default_rng(2)
    away, people, land = rng.uniform(0, 9, 200), rng.uniform(0, 50, 200), rng.uniform(0.1, 1, 200)
    middle, density = rings(away, people, land)
    area = np.bincount(away.astype(int), weights=land)
    assert middle.tolist() == [i + 0.5 for i in range(9)]
    assert (density * area).sum() == pytest.approx(people.sum())
