"""Agreement over resolutions: a plain second reading at every block, the two ends, the null resolution."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from landsim.indicators import resolution
from landsim.indicators.agreement import validation_card
from landsim.indicators.maps import read_trio
from landsim.indicators.resolution import block_agreement, resolution_curve
from tests.indicators import plain_oracles as plain

MAPS = [npst.arrays(np.uint8, (7, 10), elements=st.integers(0, 3)) for _ in range(3)]


@given(*MAPS, st.sampled_from([1, 2, 3, 4, 8, 16]))
def test_each_block_equals_its_plain_reading(start, observed, simulated, block):
    level = block_agreement(read_trio(start, observed, simulated), block)
    expected = plain.block_parts(start, observed, simulated, block)
    for part in ("hits", "misses", "false_alarms", "wrong_hits"):
        assert level[part] == expected[part]
    assert level["agreement"] == pytest.approx(expected["agree"] / start.size)
    assert level["null_agreement"] == pytest.approx(expected["null"] / start.size)


@given(*MAPS)
def test_one_cell_is_the_card_and_one_block_leaves_the_quantities(start, observed, simulated):
    card = validation_card(start, observed, simulated)
    levels = card["resolution"]["levels"]
    assert [level["block"] for level in levels] == [1, 2, 4, 8, 16]
    for name in ("hits", "misses", "false_alarms", "wrong_hits", "fom", "agreement"):
        assert levels[0][name] == pytest.approx(card[name], nan_ok=True)
    assert 1 - levels[-1]["agreement"] == pytest.approx(card["quantity"], abs=1e-12)
    assert all(a["agreement"] <= b["agreement"] for a, b in itertools.pairwise(levels))


@pytest.mark.parametrize("most", [0, 400, 10**9])
@given(trio=st.tuples(*MAPS))
def test_coarse_blocks_summed_from_fine_ones_are_those_counted_afresh(most, trio):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resolution, "_COUNTS_AT_MOST", most)
        maps = read_trio(*trio)
        levels = resolution_curve(maps)["levels"]
    fresh = [block_agreement(maps, level["block"]) for level in levels]
    for found, expected in zip(levels, fresh, strict=True):
        assert found == pytest.approx(expected, nan_ok=True)


def test_random_and_density_stand_beside_the_simulation_at_every_block():
    rng = np.random.default_rng(4)
    maps = [rng.integers(0, 3, (20, 20), dtype=np.uint8) for _ in range(3)]
    card = validation_card(*maps)
    for name in ("random", "density"):
        levels = card["resolution"]["baselines"][name]["levels"]
        assert levels[0]["fom"] == pytest.approx(card["baselines"][name]["fom"])
        assert [level["block"] for level in levels] == [level["block"] for level in card["resolution"]["levels"]]


def test_cells_without_data_weigh_nothing():
    start, observed, simulated = [[9, 1, 1, 9]], [[1, 2, 1, 9]], [[1, 1, 2, 9]]
    level = block_agreement(read_trio(start, observed, simulated, nodata=9), 2)
    assert (level["hits"], level["misses"], level["false_alarms"]) == (0, 1, 1)
    assert block_agreement(read_trio(start, observed, simulated, nodata=9), 4)["hits"] == 1


def test_null_resolution_is_the_first_block_no_worse_than_no_change():
    start = np.zeros((1, 8), dtype=np.uint8)
    observed, simulated = start.copy(), start.copy()
    observed[0, [0, 4]] = 1
    simulated[0, [1, 5]] = 1
    assert resolution_curve(read_trio(start, observed, simulated))["null_resolution"] == 2
    everywhere = np.ones_like(start)
    assert math.isnan(resolution_curve(read_trio(start, observed, everywhere))["null_resolution"])
    assert resolution_curve(read_trio(start, observed, observed))["null_resolution"] == 1
