"""How many cells each class is to gain or lose: targets, matrices, trends."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landsim.transition.demand import (
    DemandParams,
    given_change,
    interpolate,
    markov_change,
    passed_on,
    transition_matrix,
    yearly_matrix,
)


def test_k04_the_root_of_a_ten_year_matrix_is_the_yearly_one() -> None:
    yearly = np.array([[0.97, 0.01, 0.02], [0.005, 0.985, 0.01], [0.0, 0.0, 1.0]])
    decade = np.linalg.matrix_power(yearly, 10)
    assert decade[0] == pytest.approx([0.739263, 0.081589, 0.179149], abs=1e-6)
    assert np.abs(yearly_matrix(decade, 10) - yearly).max() < 1e-12


def test_k05_a_matrix_without_a_real_root_is_made_regular() -> None:
    bad = np.array([[0.2, 0.8], [0.9, 0.1]])
    assert sorted(np.linalg.eigvals(bad)) == pytest.approx([-0.7, 1.0])
    root = yearly_matrix(bad, 10)
    assert root.sum(axis=1) == pytest.approx([1.0, 1.0])
    assert root.min() >= 0


@given(seed=st.integers(0, 2**32), size=st.integers(1, 6), years=st.integers(1, 30), zeros=st.booleans())
def test_yearly_matrices_are_stochastic_whatever_was_observed(seed: int, size: int, years: int, zeros: bool) -> None:
    rng = np.random.default_rng(seed)
    matrix = rng.random((size, size)) + np.diag(np.full(size, 1e-3))
    if zeros:
        matrix[(rng.random((size, size)) < 0.6) & ~np.eye(size, dtype=bool)] = 0.0
    matrix /= matrix.sum(axis=1, keepdims=True)
    root = yearly_matrix(matrix, years)
    assert np.isfinite(root).all()
    assert root.min() >= 0
    assert root.sum(axis=1) == pytest.approx(np.ones(size))


@pytest.mark.parametrize("matrix", [[[0.5, 0.5], [0.5, 0.5]], [[0, 1], [1, 0]], [[0, 1, 0], [0, 0, 1], [1, 0, 0]]])
def test_matrices_without_a_logarithm_are_made_regular(matrix) -> None:
    root = yearly_matrix(np.array(matrix, dtype=float), 5)
    assert root.min() >= 0
    assert root.sum(axis=1) == pytest.approx(np.ones(len(matrix)))


def test_transition_matrix_counts_rows_and_leaves_absent_codes_as_they_are() -> None:
    before = np.array([[1, 1, 1, 1], [2, 2, 0, 9]], np.uint8)
    after = np.array([[1, 1, 2, 0], [2, 1, 1, 1]], np.uint8)
    matrix = transition_matrix(before, after, np.array([1, 2, 5], np.uint8))
    # one cell left the study and counts for nothing
    assert matrix.tolist() == [[2 / 3, 1 / 3, 0], [1 / 2, 1 / 2, 0], [0, 0, 1]]


@given(
    path=st.dictionaries(st.integers(2001, 2040), st.integers(0, 10**7), max_size=5),
    first=st.integers(0, 10**7), year=st.integers(2000, 2060),
)  # fmt: skip
def test_interpolation_meets_its_targets_and_stays_between_them(path, first: int, year: int) -> None:
    known = {2000: first, **path}
    cells = interpolate(path, 2000, first, year)
    if year in known:
        assert cells == known[year]
    if year >= max(known):
        assert cells == known[max(known)]
    below, above = (max(y for y in known if y <= year), min((y for y in known if y >= year), default=max(known)))
    assert min(known[below], known[above]) <= cells <= max(known[below], known[above])


def test_given_change_asks_again_for_what_was_not_met() -> None:
    at_start, now = np.zeros(256, np.int64), np.zeros(256, np.int64)
    at_start[[2, 3]], now[[2, 3]] = (100, 50), (104, 60)
    change = given_change({2: {2010: 200}, 3: {2005: 40}}, 2000, 2002, at_start, now)
    assert (change[2], change[3]) == (120 - 104, 46 - 60)
    assert np.count_nonzero(change) == 2


@given(
    seed=st.integers(0, 2**32), size=st.integers(1, 8), growth=st.floats(0.0, 10.0),
    largest=st.sampled_from([0, 9, 10**8]),
)  # fmt: skip
def test_a_markov_trend_moves_cells_and_makes_none(seed: int, size: int, growth: float, largest: int) -> None:
    rng = np.random.default_rng(seed)
    yearly = np.eye(size) * 5 + rng.random((size, size))
    yearly /= yearly.sum(axis=1, keepdims=True)
    codes = np.sort(rng.choice(255, size, replace=False)).astype(np.uint8)
    now = np.zeros(256, np.int64)
    now[codes] = rng.integers(0, largest + 1, size)
    change = markov_change(yearly, codes, now, growth)
    net = (now[codes] @ yearly - now[codes]) * growth
    assert change.sum() == 0
    assert not change[np.setdiff1d(np.arange(256), codes)].any()
    assert np.all(np.abs(change[codes] - net) < 1.0 + 1e-6)


def test_a_markov_trend_of_rest_changes_nothing() -> None:
    now = np.full(256, 17)
    assert not markov_change(np.eye(3), np.array([1, 2, 3], np.uint8), now, 1.0).any()


def test_params_know_three_modes() -> None:
    assert DemandParams().mode == "agents"
    with pytest.raises(ValueError, match="mode"):
        DemandParams(mode="guessed")


@given(st.lists(st.tuples(st.integers(-(10**9), 10**9), st.integers(0, 10**9), st.booleans()), min_size=1, max_size=9))
def test_what_codes_cannot_lose_is_passed_on_to_the_cell_and_by_shares(rows: list[tuple[int, int, bool]]) -> None:
    change, falls = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    stuck = np.array([row[2] for row in rows])
    found = passed_on(change, falls, stuck)
    assert np.array_equal(found[stuck], change[stuck].clip(min=0))
    more, shares = -change[stuck].clip(max=0).sum(), falls * ~stuck
    if shares.sum() == 0:
        assert np.array_equal(found[~stuck], change[~stuck])
        return
    assert found.sum() == change.sum()
    fair = shares * (more / shares.sum())
    assert (np.abs(change - found - fair)[~stuck] <= 1.0 + 1e-9 * more).all()
