"""Quantity: what lies outside its bounds is counted."""

from __future__ import annotations

import numpy as np

from landsim.core.quantity import Quantity


def test_bounds_are_inclusive_and_nan_is_not_counted() -> None:
    slope = Quantity("slope", "float32", "deg", "steepness", 0, 90)
    assert slope.outside(np.array([0, 90, 45, np.nan])) == 0
    assert slope.outside(np.array([[-0.1, 90.1], [np.inf, 5]])) == 3


def test_no_bound_means_anything_goes() -> None:
    assert Quantity("balance", "float64", "CNY", "money").outside([-1e9, 1e9]) == 0
