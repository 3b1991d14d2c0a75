"""Neighbourhood scores against brute force, exact weights, and the response to them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import ARABLE, INDEX, LEGEND, URBAN, brute_scores, engine_of

from landsim.transition.neighbourhood import TOP, power_response, quantise, scores, uniform_kernel

NODATA = LEGEND.nodata


def rings_of(radius: int) -> np.ndarray:
    offset = np.abs(np.arange(-radius, radius + 1))
    return np.maximum(offset[:, None], offset[None, :])


@given(
    seed=st.integers(0, 2**32), radius=st.integers(1, 3), height=st.integers(1, 9), width=st.integers(1, 9),
    rows=st.integers(1, 9), sparse=st.booleans(), even=st.booleans(),
)  # fmt: skip
@settings(max_examples=60)
def test_scores_equal_brute_force_for_any_kernel_and_block_height(
    seed: int, radius: int, height: int, width: int, rows: int, sparse: bool, even: bool
) -> None:
    """Kernels without any symmetry or even along their rings, negative weights included."""
    rng = np.random.default_rng(seed)
    land = rng.choice([NODATA, *LEGEND.codes], (height, width)).astype(np.uint8)
    pull = rng.integers(-40, 90, (len(LEGEND.rows), 2 * radius + 1, 2 * radius + 1)).astype(np.int16)
    if sparse:
        pull[rng.random(pull.shape[0]) < 0.6] = 0
    if even:
        pull = pull[:, radius : radius + 1, radius:][:, :, rings_of(radius)][:, 0]
    out = np.full(land.shape, 77, np.int16)
    for first in range(0, land.shape[0], rows):
        part = slice(first, min(first + rows, land.shape[0]))
        scores(land, INDEX, NODATA, np.ascontiguousarray(pull), part, out[part])
    assert np.array_equal(out, brute_scores(land, pull))


@pytest.mark.parametrize("radius", [1, 5, 20])
def test_equal_weights_become_ones_and_the_full_window_their_number(radius: int) -> None:
    kernel = uniform_kernel(radius, 3, [1])
    side = 2 * radius + 1
    assert kernel.shape == (3, side, side)
    for scale in (1.0, 0.37, 1000.0):
        pull, full = quantise(kernel * scale)
        assert np.array_equal(pull, kernel)
        assert full == side * side - 1


def test_weights_that_differ_between_codes_keep_their_ratio() -> None:
    kernel = uniform_kernel(2, 3, [0, 1])
    kernel[1] *= 0.3
    pull, full = quantise(kernel)
    assert pull[0, 0, 0] > 0
    assert pull[1, 0, 0] / pull[0, 0, 0] == pytest.approx(0.3, rel=1e-3)
    assert full == 24 * pull[0, 0, 0]
    assert not pull[2].any()


@given(seed=st.integers(0, 2**32), codes=st.integers(1, 4), radius=st.integers(1, 6))
def test_rounding_a_kernel_costs_half_a_step_and_fits_int16(seed: int, codes: int, radius: int) -> None:
    rng = np.random.default_rng(seed)
    side = 2 * radius + 1
    kernel = rng.normal(size=(codes, side, side)) * 10.0 ** rng.integers(-6, 6)
    pull, full = quantise(kernel)
    step = np.abs(kernel).max(axis=0).sum() / TOP
    assert np.abs(pull * step - kernel).max() <= step / 2 * (1 + 1e-9)
    assert np.abs(pull.astype(int)).max(axis=0).sum() == full <= np.iinfo(np.int16).max


def test_a_kernel_of_nothing_pulls_nothing() -> None:
    pull, full = quantise(np.zeros((2, 3, 3)))
    assert not pull.any()
    assert full == 1.0


def test_response_is_the_formula_from_floor_to_full() -> None:
    response = power_response(120.0, 121, 0.02, 1.5)
    assert response.dtype == np.float32
    assert response[0] == pytest.approx((0.02 / 1.02) ** 1.5, rel=1e-6)
    assert response[60] == pytest.approx((0.52 / 1.02) ** 1.5, rel=1e-6)
    assert response[120] == 1.0
    assert np.all(np.diff(response) > 0)
    assert np.all(power_response(8.0, 20, 0.02, 1.0)[8:] == 1.0)


def test_a_sharp_response_never_vanishes() -> None:
    assert power_response(8.0, 9, 0.001, 400.0).min() > 0


def test_own_code_and_map_edge_count_nothing() -> None:
    land = np.full((3, 3), ARABLE, np.uint8)
    land[1, 1] = URBAN
    engine = engine_of(land)
    expected = np.ones((3, 3), int)
    expected[1, 1] = 0
    assert np.array_equal(engine.clocks.score[0].reshape(3, 3), expected)
