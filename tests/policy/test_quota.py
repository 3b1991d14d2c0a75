"""Yearly construction quota in whole cells."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from landsim.core.quantity import UNLIMITED
from landsim.policy.quota import QuotaParams, QuotaState, city_quota_ha, whole_cells, yearly_quota

IDS = [11, 12, 13]
WEIGHTS = [0.5, 0.3, 0.2]


def _years(params, city_ha, cell_ha, n):
    state, out = QuotaState.fresh(len(IDS)), []
    for _ in range(n):
        quota, state = yearly_quota(params, state, IDS, WEIGHTS, city_ha, cell_ha)
        out.append(quota)
    return np.array(out)


def test_k25_quota_in_whole_cells():
    assert whole_cells(100, 6.25) == (16, 0.0)
    assert _years(QuotaParams(mode="given", given_ha=100), 100, 6.25, 5)[:, :, 0].sum(axis=1).tolist() == [16] * 5


def test_k25_carry_keeps_the_long_run_exact():
    assert _years(QuotaParams(mode="given", given_ha=100), 100, 7.0, 7)[:, :, 0].sum() == 100


@given(ha=st.floats(0, 1e5), cell_ha=st.sampled_from([0.09, 0.81, 1.0, 6.25, 7.0]), years=st.integers(1, 30))
def test_carried_cells_never_drift_from_the_hectares(ha, cell_ha, years):
    carry, cells = 0.0, 0
    for _ in range(years):
        more, carry = whole_cells(ha, cell_ha, carry)
        cells += more
    assert -1e-6 <= ha * years - cells * cell_ha < cell_ha + 1e-6


def test_a_hectare_figure_that_is_whole_in_cells_is_not_cut_by_rounding():
    assert whole_cells(0.27, 0.09)[0] == 3


def test_city_quota_adds_key_projects():
    assert city_quota_ha(QuotaParams(mode="share", base_share=0.02, key_share=0.3), 0, 10_000) == pytest.approx(260)


def test_city_quota_grows_and_is_multiplied():
    params = QuotaParams(mode="given", given_ha=100, multiplier=2, yearly_growth=0.1)
    assert city_quota_ha(params, 2, 0) == pytest.approx(242)


def test_quota_is_handed_down_exactly_with_its_parts():
    quota = _years(QuotaParams(mode="given", given_ha=101), 101, 1.0, 1)[0]
    assert quota.dtype == np.int64
    assert quota.sum(axis=0).tolist() == [101, 90, 60]
    assert (quota[:, 0] >= quota[:, 1]).all()
    assert (quota[:, 1] >= quota[:, 2]).all()


def test_mode_off_is_unlimited():
    assert (_years(QuotaParams(mode="off"), 0, 1.0, 1) == UNLIMITED).all()


def test_a_district_with_its_own_quota_does_not_change_the_others():
    plain = _years(QuotaParams(mode="given", given_ha=100), 100, 1.0, 2)
    frozen = _years(QuotaParams(mode="given", given_ha=100, per_district={12: 0}), 100, 1.0, 2)
    assert (frozen[:, 1] == 0).all()
    assert np.array_equal(frozen[:, [0, 2]], plain[:, [0, 2]])
    only = _years(QuotaParams(mode="off", per_district={12: 5.5}), 0, 1.0, 2)
    assert only[:, 1, 0].tolist() == [5, 6]
    assert (only[:, [0, 2]] == UNLIMITED).all()


def test_unused_quota_lasts_one_more_year_and_no_longer():
    params = QuotaParams(mode="given", given_ha=10, carry_over=True, agricultural_share=1, arable_share=1)
    first, state = yearly_quota(params, QuotaState.fresh(1), [1], [1.0], 10, 1.0)
    second, state = yearly_quota(params, state, [1], [1.0], 10, 1.0, left=first)
    third, _ = yearly_quota(params, state, [1], [1.0], 10, 1.0, left=second)
    assert [int(quota[0, 0]) for quota in (first, second, third)] == [10, 20, 20]


def test_without_carry_over_unused_quota_expires():
    params = QuotaParams(mode="given", given_ha=10)
    first, state = yearly_quota(params, QuotaState.fresh(1), [1], [1.0], 10, 1.0)
    second, _ = yearly_quota(params, state, [1], [1.0], 10, 1.0, left=first)
    assert second[0, 0] == 10


def test_illegal_building_on_arable_land_is_taken_off_and_never_below_zero():
    params = QuotaParams(mode="given", given_ha=100)
    quota, _ = yearly_quota(params, QuotaState.fresh(3), IDS, WEIGHTS, 100, 1.0, illegal_found=[0, 10, 500])
    assert quota[:, 0].tolist() == [50, 20, 0]
    assert (quota >= 0).all()
    free, _ = yearly_quota(QuotaParams(mode="off"), QuotaState.fresh(3), IDS, WEIGHTS, 0, 1.0, illegal_found=[1, 1, 1])
    assert (free == UNLIMITED).all()


@given(low=st.floats(0, 1e4), more=st.floats(0, 1e4))
def test_more_quota_in_never_gives_less_out_for_the_city(low, more):
    small = _years(QuotaParams(), low, 0.81, 3)[:, :, 0].sum()
    large = _years(QuotaParams(), low + more, 0.81, 3)[:, :, 0].sum()
    assert small <= large


def test_mode_given_needs_a_figure():
    with pytest.raises(ValidationError, match="given_ha is needed"):
        QuotaParams(mode="given")
    with pytest.raises(ValidationError, match="not negative"):
        QuotaParams(per_district={1: -1.0})
