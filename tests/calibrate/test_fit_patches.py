"""Patches: sizes and shapes that were drawn come back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landsim.calibrate.fit_patches import SPREAD, fit_compact, fit_patches, fit_sizes, patch_contacts, plain_contacts
from landsim.calibrate.observe import observe
from landsim.indicators.form import patch_sizes
from landsim.transition.potential import PatchParams


def drawn(mean: float, spread: float, count: int, seed: int) -> np.ndarray:
    """Sizes as the engine draws them: lognormal with this mean, whole cells, at least one."""
    normal = np.random.default_rng(seed).standard_normal(count)
    return np.maximum(np.rint(np.exp(np.log(mean) - spread**2 / 2 + spread * normal)), 1).astype(np.int64)


@pytest.mark.parametrize(("mean", "spread"), [(2.0, 0.8), (6.0, 0.8), (6.0, 1.5), (30.0, 1.0)])
def test_the_size_of_patches_comes_back(mean: float, spread: float) -> None:
    found = fit_sizes(drawn(mean, spread, 20_000, 3))
    assert found == pytest.approx((mean, spread), rel=0.06)


@given(sizes=st.lists(st.integers(1, 10**6), max_size=40))
def test_any_sizes_give_a_size_that_the_engine_may_draw(sizes: list[int]) -> None:
    mean, spread = fit_sizes(np.array(sizes, dtype=np.int64))
    assert 0 < mean <= max([1, *sizes]) * (1 + 1e-9)
    assert SPREAD[0] * (1 - 1e-9) <= spread <= SPREAD[1] * (1 + 1e-9)


def test_single_cells_are_no_patches() -> None:
    assert fit_sizes(np.ones(50, np.int64)) == (1.0, SPREAD[0])
    assert fit_sizes(np.empty(0, np.int64)) == (1.0, SPREAD[0])


def test_compact_patches_share_more_sides() -> None:
    sizes = np.full(40, 20)
    shared = [plain_contacts(sizes, compact, 1).mean() for compact in (0.0, 0.5, 1.5, 3.0)]
    assert shared == sorted(shared)
    assert shared[0] < 15 < 25 < shared[-1]
    assert shared[-1] <= 31  # no shape of twenty cells shares more


@pytest.mark.parametrize("compact", [0.25, 0.75, 1.5])
def test_the_compactness_of_patches_comes_back(compact: float) -> None:
    sizes = np.clip(drawn(12.0, 0.8, 400, 4), 1, 40)
    assert fit_compact(sizes, plain_contacts(sizes, compact, seed=99), seed=1) == pytest.approx(compact, abs=0.25)


def test_a_few_patches_have_no_shape() -> None:
    assert fit_compact(np.full(29, 9), np.full(29, 12)) is None


@given(seed=st.integers(0, 2**32))
def test_contacts_equal_a_plain_reading(seed: int) -> None:
    fresh = np.random.default_rng(seed).random((9, 8)) < 0.4
    sizes, contacts = patch_contacts(fresh)
    assert np.array_equal(sizes, patch_sizes(fresh))
    beside = (fresh[:, 1:] & fresh[:, :-1]).sum() + (fresh[1:] & fresh[:-1]).sum()
    assert contacts.sum() == beside


def test_the_patches_of_a_span(make_span) -> None:
    before = np.ones((60, 60), np.uint8)
    before[:20, :20] = 3
    after = before.copy()
    after[40:42, 40:44] = 3
    after[5:7, 20] = 3
    span = make_span({2000: before, 2003: after})
    rows = [row for row in span.legend.rows if row.name == "urban"]
    fits = fit_patches(span, rows, observe(span, rows).growth)
    fit = fits["urban"]
    assert (fit.patches, fit.compact) == (2, PatchParams().compact)
    assert (fit.outlying, fit.edge, fit.infill) == (0.8, 0.2, 0.0)
    assert 2 <= fit.mean_ha <= 8


def test_a_spread_at_its_bound_is_one_that_the_engine_takes() -> None:
    from landsim.transition.potential import PatchParams

    _, spread = fit_sizes(np.array([1] * 400 + [2] * 3 + [200_000]))
    assert spread <= SPREAD[1]
    assert PatchParams(spread={"urban": spread})
