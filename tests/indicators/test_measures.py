"""Measures of many comparisons at once are those of each of them, and blocks add up to the map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from landsim.indicators.maps import OUTSIDE, read_trio
from landsim.indicators.measures import Tally, columns_of, measures, rates, tally, tally_blocks

MAPS = [npst.arrays(np.uint8, (9, 8), elements=st.integers(0, 3)) for _ in range(3)]


@given(*MAPS, st.integers(1, 12))
def test_blocks_add_up_to_the_joint_counts(start, observed, simulated, block):
    start[0, 0] = observed[0, 0] = simulated[0, 0] = 0
    trio = read_trio(start, observed, simulated, nodata=3)
    n = trio.codes.size
    counts = tally_blocks(trio.start, trio.observed, trio.simulated, n, block)
    assert counts.shape == (-(-9 // block) * -(-8 // block), columns_of(n))
    whole = Tally.of_columns(counts.sum(axis=0), n)
    joint = trio.joint
    assert np.array_equal(whole.observed, joint.sum(axis=2))
    assert np.array_equal(whole.simulated, joint.sum(axis=1))
    assert np.array_equal(whole.both, np.einsum("xkk->k", joint))
    assert measures(whole) == pytest.approx(measures(tally(trio.start, trio.observed, trio.simulated, n)), nan_ok=True)


@given(*MAPS)
def test_rates_of_many_are_the_rates_of_each(start, observed, simulated):
    counts = tally_blocks(start, observed, simulated, 4, 3)
    together = rates(Tally.of_columns(counts, 4))
    for i, row in enumerate(counts):
        alone = rates(Tally.of_columns(row, 4))
        for name, values in together.items():
            assert values[i] == pytest.approx(float(alone[name]), nan_ok=True)


def test_a_block_without_cells_has_no_rates():
    outside = np.full((2, 2), OUTSIDE, dtype=np.uint8)
    assert all(np.isnan(value) for name, value in rates(tally(outside, outside, outside, 2)).items() if name == "fom")
