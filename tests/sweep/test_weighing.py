"""Known answers of convergence, variance, indices and regret, and properties that hold for any numbers."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from landsim.indicators.intervals import half_width, t_interval
from landsim.sweep.axes import AXES
from landsim.sweep.choices import regrets, satisfied
from landsim.sweep.convergence import running, seeds_enough, seeds_needed
from landsim.sweep.designs import Points
from landsim.sweep.indices import indices
from landsim.sweep.outcomes import Outcomes, means_by_seed, whole_block
from landsim.sweep.variance import split

SEEDS = arrays(np.float64, st.integers(0, 40), elements=st.integers(-2000, 2000).map(lambda n: n / 100))
NEAR_10 = arrays(np.float64, st.integers(2, 40), elements=st.integers(980, 1020).map(lambda n: n / 100))


@given(arrays(np.float64, st.integers(2, 30), elements=st.floats(-1e3, 1e3)))
def test_running_means_and_half_widths_are_those_of_each_beginning(values) -> None:
    mean, half = running(values)
    for n in range(2, values.size + 1):
        whole, low, high = t_interval(values[:n])
        assert mean[n - 1] == pytest.approx(float(whole), abs=1e-7)
        assert half[n - 1] == pytest.approx(float(high - low) / 2, abs=1e-4)


NAN = math.nan


@pytest.mark.parametrize(
    ("rows", "means"),
    [
        ([[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]], [2.0, 3.0, 4.0]),
        ([[1.0, 2.0, 3.0], [NAN, NAN, NAN]], [1.0, 2.0, 3.0]),  # a point that always fails
        ([[1.0, 2.0, 3.0], [NAN, NAN, NAN], [NAN, NAN, NAN], [NAN, NAN, NAN]], [1.0, 2.0, 3.0]),
        ([[1.0, 2.0, 3.0], [9.0, NAN, 9.0], [3.0, 4.0, 5.0]], [2.0, 3.0, 4.0]),  # one that lacks a seed
        ([[1.0, NAN, 3.0], [3.0, NAN, 5.0]], [2.0, 4.0]),  # a seed that always fails
        ([[NAN, NAN]], []),
        (np.empty((0, 3)), []),
    ],
)
def test_means_of_seeds_are_over_the_same_points(rows, means) -> None:
    assert means_by_seed(np.array(rows)).tolist() == means


def outcomes(values) -> Outcomes:
    """Outcomes of a plan of two strategies, with values of shape (2, points, seeds)."""
    bases = [SimpleNamespace(number=i, labels={**dict.fromkeys(AXES, "x"), "override": str(i)}) for i in range(2)]
    return Outcomes(SimpleNamespace(bases=bases), {"y": np.array(values)})


def test_one_run_that_lacks_costs_its_seed_and_no_future() -> None:
    """Two futures of four seeds: the future that lacks one run would take three others with it."""
    values = np.array([[1.0, 2.0, 3.0, 4.0], [5.0, NAN, 7.0, 9.0]])
    assert means_by_seed(values).tolist() == [3.0, 5.0, 6.5]


@pytest.mark.parametrize("bases", [1, 2, 5])
def test_one_run_that_lacks_costs_its_seed_of_the_full_table(bases: int) -> None:
    values = np.arange(50.0) + np.zeros((bases, 1, 1))
    values[-1, 0, 7] = NAN
    made = [SimpleNamespace(number=i, labels={**dict.fromkeys(AXES, "x"), "override": str(i)}) for i in range(bases)]
    table, seeds, points = Outcomes(SimpleNamespace(bases=made), {"y": values}).full("y")
    assert (seeds, points, table.size) == (49, 1, 49 * bases)


@given(arrays(np.bool_, st.tuples(st.integers(0, 6), st.integers(0, 6))))
def test_what_is_left_is_whole_and_nothing_is_left_out_without_need(there) -> None:
    rows, seeds = whole_block(there)
    assert there[rows][:, seeds].all()
    if there.size and there.all():
        assert rows.all()
        assert seeds.all()
    assert rows.any() == seeds.any() or not there.size


def test_most_points_that_always_fail_cost_no_seed_of_the_full_table() -> None:
    good, failed = [1.0, 2.0, 3.0], [NAN, NAN, NAN]
    table, seeds, points = outcomes([[good, failed, failed, good], [good, failed, failed, failed]]).full("y")
    assert (seeds, points) == (3, 1)
    assert table.shape == (1, 2, 1, 1, 1, 3)
    assert table[0, 1, 0, 0, 0].tolist() == good


def test_a_seed_that_mostly_fails_is_left_out_of_the_full_table_before_points_are() -> None:
    table, seeds, points = outcomes([[[1.0, NAN, 3.0], [4.0, NAN, 6.0], [NAN, 8.0, 9.0]]] * 2).full("y")
    assert (seeds, points) == (2, 2)
    assert table.reshape(-1, 2)[0].tolist() == [1.0, 3.0]
    assert outcomes([[[1.0, 2.0]], [[NAN, NAN]]]).full("y")[0].size == 0


def test_seeds_are_enough_once_the_interval_stays_narrow() -> None:
    assert seeds_enough(np.array([10.0, 10.0, 10.0])) == 2
    assert seeds_enough(np.array([10.0, 20.0, 30.0])) is None
    assert seeds_enough(np.array([10.0, 10.1, 9.9, 10.0, 10.05])) == 4


def test_seeds_that_are_needed_are_those_of_student() -> None:
    """Of 9, 11, 9, 11 the deviation is 2/sqrt(3): t(7) s / sqrt(8) = 0.965 is the first below a tenth of 10."""
    values = np.array([9.0, 11.0, 9.0, 11.0])
    assert [round(float(half_width(2 / math.sqrt(3), n)), 3) for n in (7, 8)] == [1.068, 0.965]
    assert seeds_needed(values, 0.1) == 8.0
    assert seeds_needed(values, 0.02) == 131.0  # the normal quantile would say 129


@pytest.mark.parametrize(
    ("values", "enough", "needed"),
    [
        ([], None, math.nan),
        ([5.0], None, math.nan),
        ([0.0, 0.0, 0.0], 2, 2.0),  # nothing varies
        ([5.0, 5.0], 2, 2.0),
        ([1.0, -1.0], None, math.inf),  # no share of a mean of 0
        ([1.0, -1.0 + 1e-9], None, math.inf),  # more than anybody runs
    ],
)
def test_means_of_nothing_zero_and_one_value(values, enough, needed) -> None:
    assert seeds_enough(np.array(values)) == enough
    assert seeds_needed(np.array(values)) == pytest.approx(needed, nan_ok=True)


@given(SEEDS | NEAR_10, st.sampled_from([0.01, 0.02, 0.1, 0.5]))
def test_enough_and_needed_say_the_same_of_the_same_values(values, precision) -> None:
    enough, needed = seeds_enough(values, precision), seeds_needed(values, precision)
    assert (enough is not None) == (needed <= values.size)
    if enough is not None:
        assert seeds_needed(values[:enough], precision) <= enough
        assert enough == 2 or not seeds_needed(values[: enough - 1], precision) <= enough - 1


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
    failed = np.array([[math.nan, math.nan], [8.0, math.nan]])
    assert regrets(failed, "min")[1, 0] == 0.0
    assert np.isnan(regrets(failed, "max")).sum() == 3
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


def test_a_morris_step_that_rounding_takes_away_has_no_effect() -> None:
    """Of a parameter that is 1 or 2, only the step from the lower to the upper half counts."""
    bounds = {"n": (1.0, 2.0), "x": (0.0, 1.0)}
    trajectories = [[(1, 0.0), (1, 2 / 3), (2, 2 / 3)], [(1, 1.0), (1, 1 / 3), (1, 1 / 3)]] * 2
    points = Points(tuple({"n": n, "x": x} for line in trajectories for n, x in line), "morris", bounds)
    y = np.array([5.0 * row["n"] + row["x"] for row in points.rows])
    found = {(row["parameter"], row["index"]): row["value"] for row in indices(points, y)}
    step = 2 / 3  # of the range, of four levels
    assert found["n", "mu_star"] == pytest.approx((5.0 / step + 0.0) / 2)
    assert found["x", "mu_star"] == pytest.approx(1.0)


def test_nothing_is_said_where_nothing_varies_or_too_little_is_left() -> None:
    rows = tuple({"a": float(i)} for i in range(50))
    points = Points(rows, "lhs", {"a": (0.0, 49.0)})
    assert indices(points, np.ones(50)) == []
    assert indices(points, np.where(np.arange(50) < 20, np.nan, np.arange(50.0))) == []
    assert indices(Points(rows, "grid"), np.arange(50.0)) == []
