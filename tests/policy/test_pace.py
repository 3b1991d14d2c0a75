"""Pace of use of the growth area inside the boundary."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from landsim.core.quantity import UNLIMITED
from landsim.policy.pace import PaceParams, pace_cells


def test_k34_pace_per_year():
    cumulative = [pace_cells(PaceParams(), 1000, 2020, year) for year in range(2020, 2036)]
    assert np.diff(cumulative).tolist() == [80] * 5 + [70] * 5 + [50] * 5


def test_a_stage_may_open_at_once():
    params = PaceParams(linear=False)
    assert [pace_cells(params, 1000, 2020, year) for year in (2020, 2021, 2025, 2026, 2035, 2050)] == [
        0, 400, 400, 750, 1000, 1000
    ]  # fmt: skip


def test_after_the_last_stage_everything_may_be_used():
    assert pace_cells(PaceParams(), 1000, 2020, 2050) == 1000


def test_off_is_unlimited():
    assert pace_cells(PaceParams(mode="off"), 0, 2020, 2021) == UNLIMITED


def test_a_run_that_starts_late_passes_over_closed_stages():
    assert pace_cells(PaceParams(), 1000, 2028, 2029) == 375
    assert pace_cells(PaceParams(base_year=2020), 1000, 2028, 2028) == 610


@given(growth=st.integers(0, 10**8), year=st.integers(2015, 2060))
def test_pace_never_falls_and_never_exceeds_the_growth_area(growth, year):
    now, later = (pace_cells(PaceParams(), growth, 2020, y) for y in (year, year + 1))
    assert 0 <= now <= later <= growth


@pytest.mark.parametrize("stages", [{}, {2025: 0.5, 2030: 0.4}, {2025: 1.2}, {2025: -0.1}])
def test_stages_must_be_cumulative_shares(stages):
    with pytest.raises(ValidationError, match="cumulative shares"):
        PaceParams(stages=stages)
