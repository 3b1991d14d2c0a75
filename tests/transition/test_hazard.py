"""Hazard: chances as weights and as ringing times that keep every difference of the chances."""

from __future__ import annotations

import numpy as np
import pytest

from landsim.transition.hazard import Hazard, hazard


def test_a_hazard_is_the_rate_at_which_a_clock_has_rung_by_then() -> None:
    chance = np.array([0.0, 1e-9, 0.02, 0.5], dtype=np.float32)
    assert np.allclose(1.0 - np.exp(-hazard(chance)), chance, atol=1e-9)
    assert hazard(np.array([1.0])) == pytest.approx(24.0 * np.log(2.0))


def test_weights_are_those_of_the_best_cell_and_less() -> None:
    made = Hazard(np.array([[0.0, 0.2], [0.5, 0.1]], dtype=np.float32))
    weights = np.concatenate([made.weights(slice(row, row + 1), made.most) for row in (0, 1)])
    assert weights[0, 0] == 0.0
    assert weights.max() == 1.0
    assert weights[0, 1] == pytest.approx(np.log(0.8) / np.log(0.5))
    assert Hazard(np.zeros((2, 2), dtype=np.float32)).most == 1.0


@pytest.mark.parametrize("wrong", [-0.1, 1.1, np.nan, np.inf])
def test_what_is_no_chance_is_refused(wrong) -> None:
    with pytest.raises(ValueError, match="expected 0 to 1"):
        Hazard(np.array([[0.5, wrong]], dtype=np.float32))


@pytest.mark.parametrize("first", [1e-9, 0.3, 0.9999])
def test_times_differ_wherever_chances_do_and_are_the_least_off(first) -> None:
    chance = np.empty(5000, dtype=np.float32)
    chance[0] = first
    for i in range(1, chance.size):
        chance[i] = np.nextafter(chance[i - 1], np.float32(2.0))
    chance = np.unique(np.minimum(chance, np.float32(1.0)))
    made = Hazard(np.random.default_rng(1).permutation(chance)[None, :])
    known, time = made.times(made.most, 0.125)
    assert np.array_equal(known, chance)
    assert (np.diff(time) < 0).all()
    exact = made.most / (hazard(chance) * 0.125)
    # moved on by no more than the steps that its neighbours need
    assert np.abs(time / exact - 1.0).max() < 1e-7 * chance.size


def test_times_far_apart_are_left_as_they_are() -> None:
    made = Hazard(np.array([[0.0, 0.001, 0.01, 0.5]], dtype=np.float32))
    known, time = made.times(made.most)
    assert known.tolist() == np.float32([0.001, 0.01, 0.5]).tolist()
    assert np.array_equal(time, (made.most / hazard(known)).astype(np.float32))
