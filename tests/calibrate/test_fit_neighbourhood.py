"""Neighbourhood weights: what attracts is above 0, chance is 0, and the window holds each ring evenly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from landsim.calibrate.enriched import Enrichment, enrichment_of, ring_cells
from landsim.calibrate.fit_neighbourhood import FEWEST, fit_neighbourhood, smoothed
from landsim.transition.neighbourhood import quantise, ring_kernel, ring_weights


def found(factor, error=0.0, count=1000, expected=1000.0) -> Enrichment:
    factor = np.asarray(factor, dtype=np.float64)[None]
    shape = factor.shape
    codes, radii = tuple(range(1, shape[1] + 1)), tuple(range(1, shape[2] + 1))
    error, expected = np.full(shape, error), np.full(shape, expected)
    return Enrichment((3,), codes, radii, factor, error, np.full(shape[:2], count), expected)


def test_k23_a_random_map_gives_no_weight(make_span) -> None:
    rng = np.random.default_rng(5)
    before = rng.choice([1, 2, 3], (300, 300), p=[0.6, 0.3, 0.1]).astype(np.uint8)
    after = np.where(rng.random((300, 300)) < 0.04, 3, before).astype(np.uint8)
    weights = fit_neighbourhood(enrichment_of(make_span({2000: before, 2001: after}), [3])).weights
    assert np.abs(weights).max() < 0.05


def test_a_town_draws_growth_to_its_edge(make_span) -> None:
    before = np.ones((80, 80), np.uint8)
    before[:, 60:] = 2
    before[30:50, 20:40] = 3
    after = before.copy()
    after[29:51, 19:41] = 3
    weights = fit_neighbourhood(enrichment_of(make_span({2000: before, 2001: after}), [3])).weights[0]
    assert (weights[2] > 0.5).all()
    assert (weights[1] < 0).all()  # no water stands around


def test_weights_are_logarithms_over_the_largest() -> None:
    weights = fit_neighbourhood(found([[10.0], [0.1], [0.0], [10**0.5], [np.nan]])).weights[0, :, 0]
    assert weights == pytest.approx([1, -1, -1, 0.5, 0])


def test_weak_enrichment_is_not_blown_up() -> None:
    assert fit_neighbourhood(found([[1.02]])).weights[0, 0, 0] == pytest.approx(np.log10(1.02) / np.log10(1.25))


@pytest.mark.parametrize("few", [{"count": FEWEST - 1}, {"expected": FEWEST - 1.0}, {"error": 1.0}])
def test_what_rests_on_too_little_is_zero(few) -> None:
    assert not fit_neighbourhood(found([[3.0, 2.0]], **few)).weights.any()


@given(
    factors=hnp.arrays(np.float64, (3, 4), elements=st.one_of(st.floats(0, 1e4), st.just(np.nan))),
    count=st.integers(0, 100),
)
def test_weights_lie_between_minus_one_and_one(factors, count: int) -> None:
    weights = fit_neighbourhood(found(factors, count=count)).weights
    assert np.isfinite(weights).all()
    assert np.abs(weights).max() <= 1 + 1e-12
    assert count >= FEWEST or not weights.any()


def test_smoothing_lends_from_the_next_ring() -> None:
    out = smoothed(np.array([0.0, 1.0, 0.0, 0.0]))
    assert out[1] == out.max()
    assert out[2] > out[3] > 0
    assert smoothed(np.ones(4)) == pytest.approx(np.ones(4))


def test_a_window_holds_the_weight_of_each_ring_once() -> None:
    fit = fit_neighbourhood(found([[10.0, 5.0, 2.0], [0.5, 0.7, 1.0]]))
    kernel = ring_kernel(fit.weights[0], (1, 2, 3))
    assert kernel.shape == (2, 7, 7)
    assert not kernel[:, 3, 3].any()
    assert kernel.sum(axis=(1, 2)) == pytest.approx(fit.weights[0].sum(axis=1))
    assert kernel[0, 3, 5] * ring_cells((1, 2, 3))[1] == pytest.approx(fit.weights[0, 0, 1])
    assert ring_weights(quantise(kernel)[0]) is not None
