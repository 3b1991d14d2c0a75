"""Illegal conversion and enforcement."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from landsim.core.draws import uniform
from landsim.policy.control import Zone
from landsim.policy.policing import (
    PolicingParams,
    attempt_rate,
    count_attempts,
    get_through,
    inspect,
    pick,
    poisson_quantile,
    police,
    survival,
)

OTHER, PBF, ERL = Zone
NONE = np.empty(0, dtype=np.int64)


def _police(enforcement, n=2000, illegal=NONE, unmet=1000.0, seed=1, attempts=1.0):
    cells = np.arange(n, dtype=np.int64)
    zones = np.full(n, OTHER, dtype=np.uint8)
    params = PolicingParams(attempts=attempts)
    return police(seed, 2025, cells, np.ones(n), zones, illegal, unmet, 4620.0, 900.0, params, enforcement=enforcement)


def test_k24_a_tenth_of_the_attempts_gets_through():
    cells, zone = np.arange(1000, dtype=np.int64), np.zeros(1000, dtype=np.uint8)
    passed = [int(get_through(seed, 2025, cells, zone, 0.9, PolicingParams()).sum()) for seed in range(100)]
    assert abs(np.mean(passed) - 100) < 4 * 9.49 / 10
    assert abs(passed[0] - 100) < 4 * 9.49
    assert 7 < np.std(passed) < 12


def test_k24_full_enforcement_lets_nothing_through():
    for seed in range(20):
        year = _police(1.0, attempts=5.0, seed=seed)
        assert (year.attempts, year.convert.size, year.fines) == (0, 0, 0)
    assert (survival([OTHER, PBF, ERL], 1.0, PolicingParams()) == 0).all()


def test_k24_illegal_cells_persist_at_the_rate_of_not_being_found():
    illegal = np.arange(100_000, dtype=np.int64)
    params = PolicingParams(detection=0.3, demolition=1.0)
    for year in range(2021, 2026):
        demolished, legalised = inspect(7, year, illegal, params)
        assert legalised.size == 0
        illegal = np.setdiff1d(illegal, demolished)
    share = 0.7**5
    assert abs(illegal.size / 1000 - 16.807) < 4 * np.sqrt(share * (1 - share) * 100_000) / 1000


def test_survival_by_zone_at_the_reference_and_at_the_ends():
    zones = [OTHER, PBF, ERL]
    assert survival(zones, 0.9, PolicingParams()) == pytest.approx([0.1, 0.02, 0.01])
    assert survival(zones, 0.0, PolicingParams()).tolist() == [1, 1, 1]


@given(low=st.floats(0, 1), high=st.floats(0, 1), zone=st.sampled_from([OTHER, PBF, ERL]))
def test_more_enforcement_never_lets_more_through(low, high, zone):
    weak, strong = sorted((low, high))
    cells, zones = np.arange(300, dtype=np.int64), np.full(300, zone, dtype=np.uint8)
    more = get_through(3, 2025, cells, zones, weak, PolicingParams())
    less = get_through(3, 2025, cells, zones, strong, PolicingParams())
    assert not (less & ~more).any()


def test_attempts_follow_unmet_demand_and_fear_the_fine():
    params = PolicingParams(attempts=0.1, detection=0.5, fine=500.0, deterrence=1.0)
    assert attempt_rate(1000, 4620.0, params) == pytest.approx(100 * np.exp(-250 / 4620))
    assert attempt_rate(1000, 4620.0, params.model_copy(update={"fine": 5000.0})) < attempt_rate(1000, 4620.0, params)
    assert attempt_rate(0, 4620.0, params) == attempt_rate(10, 0.0, params) == 0


@pytest.mark.parametrize("rate", [1e-3, 0.7, 12.5, 900.0, 2.5e5])
def test_poisson_quantile_inverts_the_distribution_function(rate):
    u = np.concatenate([[2.0**-33, 1 - 2.0**-33], uniform(1, "test", 0, np.arange(200))])
    assert [poisson_quantile(float(x), rate) for x in u] == stats.poisson.ppf(u, rate).astype(int).tolist()


def test_number_of_attempts_is_one_named_draw():
    counts = [count_attempts(seed, 2025, 40.0) for seed in range(400)]
    assert counts[3] == count_attempts(3, 2025, 40.0)
    assert abs(np.mean(counts) - 40) < 4 * np.sqrt(40 / 400)
    assert count_attempts(1, 2025, 0.0) == 0


def test_places_are_picked_in_proportion_to_weight():
    cells = np.arange(3, dtype=np.int64)
    first = [int(pick(seed, 2025, cells, np.array([1.0, 2.0, 7.0]), 1)[0]) for seed in range(3000)]
    assert np.bincount(first, minlength=3) / 3000 == pytest.approx([0.1, 0.2, 0.7], abs=0.035)


@given(count=st.integers(0, 60), seed=st.integers(0, 1000))
def test_pick_takes_distinct_cells_of_positive_weight_whatever_their_order(count, seed):
    cells = np.arange(100, 150, dtype=np.int64)
    weight = np.where(cells % 3 == 0, 0.0, cells.astype(float))
    chosen = cells[pick(seed, 2025, cells, weight, count)]
    assert chosen.size == min(count, int((weight > 0).sum())) == np.unique(chosen).size
    assert (chosen % 3 != 0).all()
    turned = cells[::-1]
    assert np.array_equal(turned[pick(seed, 2025, turned, weight[::-1], count)], chosen)


def test_one_year_converts_finds_and_fines():
    illegal = np.arange(5000, 6000, dtype=np.int64)
    year = _police(0.5, illegal=illegal)
    found = year.demolish.size + year.legalise.size
    assert 0 < year.convert.size < year.attempts
    assert abs(found - 500) < 4 * np.sqrt(250)
    assert abs(year.demolish.size - 0.7 * found) < 4 * np.sqrt(0.21 * found)
    assert year.fines == 500 * 900 * found
    assert np.isin(np.concatenate([year.demolish, year.legalise]), illegal).all()
    assert np.intersect1d(year.demolish, year.legalise).size == 0


def test_nothing_to_try_and_nothing_to_find():
    year = _police(0.0, n=0)
    assert (year.convert.size, year.demolish.size, year.legalise.size, year.fines) == (0, 0, 0, 0)
