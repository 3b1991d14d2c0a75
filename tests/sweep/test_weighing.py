"""Known answers of intervals, convergence, variance and regret, and properties that hold for any numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from landsim.sweep.choices import regrets, satisfied
from landsim.sweep.convergence import running, seeds_enough, seeds_needed
from landsim.sweep.designs import Points
from landsim.sweep.indices import indices
from landsim.sweep.intervals import holm, mean_interval, paired, wilson
from landsim.sweep.variance import split

NUMBERS = st.integers(-(10**8), 10**8).map(lambda n: n / 100)


def test_wilson_of_7_in_20() -> None:
    share, low, high = wilson(7, 20)
    assert share == 0.35
    assert (low, high) == pytest.approx((0.18118, 0.56715), abs=1e-4)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_within_0_and_1_and_is_scipys(counts) -> None:
    hits, of = counts
    share, low, high = wilson(hits, of)
    assert -1e-12 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1 + 1e-12
    theirs = stats.binomtest(hits, of).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_paired_interval_of_1_to_5() -> None:
    found = paired(np.zeros(5), np.arange(1.0, 6.0))
    assert found.mean == 3.0
    assert found.high - found.mean == pytest.approx(1.963, abs=1e-3)
    assert found.mean - found.low == pytest.approx(1.963, abs=1e-3)
    assert found.effect == pytest.approx(3 / math.sqrt(2.5))


@given(arrays(np.float64, (2, 8), elements=NUMBERS))
def test_paired_p_is_that_of_scipy_and_pairs_share_their_luck(values) -> None:
    a, b = values
    found = paired(a, b)
    if found.p not in (0.0, 1.0) and not math.isnan(found.p):
        assert found.p == pytest.approx(stats.ttest_rel(b, a).pvalue, rel=1e-6, abs=1e-12)
    shifted = paired(a + 7.0, b + 7.0)
    assert shifted.mean == pytest.approx(found.mean, abs=1e-6)


def test_holm_corrects_in_order_and_leaves_what_is_not_known() -> None:
    assert holm([0.01, math.nan, 0.04, 0.03])[:1] == [0.03]
    assert math.isnan(holm([math.nan])[0])
    assert holm([0.5, 0.9]) == [1.0, 1.0]


@given(arrays(np.float64, st.integers(2, 30), elements=st.floats(-1e3, 1e3)))
def test_running_means_and_half_widths_are_those_of_each_beginning(values) -> None:
    mean, half = running(values)
    for n in range(2, values.size + 1):
        whole = mean_interval(values[:n])
        assert mean[n - 1] == pytest.approx(whole.value, abs=1e-7)
        assert half[n - 1] == pytest.approx((whole.high - whole.low) / 2, abs=1e-4)


def test_seeds_are_enough_once_the_interval_stays_narrow() -> None:
    assert seeds_enough(np.array([10.0, 10.0, 10.0])) == 2
    assert seeds_enough(np.array([10.0, 20.0, 30.0])) is None
    assert seeds_needed(np.array([9.0, 11.0, 9.0, 11.0])) == math.ceil(
        (1.96 * np.std([9, 11, 9, 11], ddof=1) / 0.2) ** 2
    )
    assert seeds_needed(np.zeros(3)) == 2.0


@given(arrays(np.float64, (2, 3, 4), elements=st.floats(-100, 100)))
def test_shares_of_the_variance_add_up_to_one(values) -> None:
    shares = split(values, ["scenario", "parameters", "seed"])
    assert all(share >= -1e-9 for share in shares.values())
    total = sum(shares.values())
    assert total == pytest.approx(1.0, abs=1e-6) or total == 0.0


def test_what_comes_from_one_source_is_given_to_it() -> None:
    a = np.array([0.0, 4.0])
    shape = (2, 3, 5)
    assert split(np.broadcast_to(a[:, None, None], shape).copy(), "spr")["s"] == pytest.approx(1.0)
    crossed = np.einsum("i,j->ij", [1.0, -1.0], [1.0, -1.0])
    shares = split(np.repeat(crossed[..., None], 3, axis=2), ["a", "b", "seed"])
    assert shares["interaction"] == pytest.approx(1.0)


def test_regret_is_what_the_best_would_have_given_more() -> None:
    values = np.array([[10.0, 5.0], [8.0, 7.0]])
    assert regrets(values, "max").tolist() == [[0, 2], [2, 0]]
    assert regrets(values, "min").tolist() == [[2, 0], [0, 2]]
    kept = satisfied({"a": np.array([1.0, 5.0]), "b": np.array([0.0, 0.0])}, {"a": (None, 3.0), "b": (0.0, None)})
    assert kept.tolist() == [1.0, 0.0]


def test_morris_tells_a_linear_effect_exactly_and_leaves_failed_trajectories_out(tmp_path) -> None:
    from landsim.sweep.designs import points_of
    from landsim.sweep.settings import load_sweep
    from tests.sweep.small import of_function

    design = {"method": "morris", "size": 6, "of": {"x1": [0, 1], "x2": [0, 2], "x3": [0, 1]}}
    points = points_of(load_sweep(of_function(tmp_path, "ishigami", parameters=design)))
    y = np.array([3 * row["x1"] - row["x2"] for row in points.rows])
    y[5] = np.nan
    found = {(row["parameter"], row["index"]): row["value"] for row in indices(points, y)}
    assert found["x1", "mu_star"] == pytest.approx(3.0)
    assert found["x2", "mu"] == pytest.approx(-2.0)
    assert found["x3", "mu_star"] == pytest.approx(0.0, abs=1e-9)
    assert found["x1", "sigma"] == pytest.approx(0.0, abs=1e-9)


def test_nothing_is_said_where_nothing_varies_or_too_little_is_left() -> None:
    rows = tuple({"a": float(i)} for i in range(50))
    points = Points(rows, "lhs", {"a": (0.0, 49.0)})
    assert indices(points, np.ones(50)) == []
    assert indices(points, np.where(np.arange(50) < 20, np.nan, np.arange(50.0))) == []
    assert indices(Points(rows, "grid"), np.arange(50.0)) == []
