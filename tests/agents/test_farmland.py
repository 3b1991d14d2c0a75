"""Farmland on blocks: what is counted and averaged, and how blocks are dealt out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landsim.agents.farmland import deal_blocks, sum_blocks, survey, z_order
from landsim.landscape.legend import Land

A, O, F = Land.ARABLE, Land.OTHER_AG, Land.FOREST  # noqa: E741
MAP = np.array([[A, A, O], [A, F, A], [F, F, F]], dtype=np.uint8)


def test_survey_counts_and_averages_over_farm_cells_only():
    layer = np.arange(9, dtype=np.float32).reshape(3, 3)
    land = survey(
        MAP, 2, slope=layer, quality=layer.astype(np.uint8), pbf=(layer > 2).astype(np.uint8),
        minutes=np.array([1.0, 2, 3, 4]), town=np.array([5, 5, 6, 6], dtype=np.int16),
    )  # fmt: skip
    assert land.arable.tolist() == [3, 1, 0, 0]
    assert land.other_ag.tolist() == [0, 1, 0, 0]
    assert land.protected.tolist() == [1, 1, 0, 0]
    assert land.slope == pytest.approx([4 / 3, 3.5, 0, 0])
    assert land.quality == pytest.approx([2, 3.5, 4.76, 4.76])  # grade 0 is unknown
    assert land.frag == pytest.approx([3 / 6, 1 / 4, 0, 0])
    assert land.minutes.tolist() == [1, 2, 3, 4]
    assert land.town.tolist() == [5, 5, 6, 6]
    assert land.worked.size == 0


def test_recount_follows_the_land_and_forgets_lost_fallow():
    land = survey(MAP, 2)
    land.fallow[:] = [2, 1, 0, 0]
    built = MAP.copy()
    built[0, 0], built[1, 2] = Land.URB_RES, Land.URB_RES
    land.recount(built, 2)
    assert land.arable.tolist() == [2, 0, 0, 0]
    assert land.fallow.tolist() == [2, 0, 0, 0]
    land.give_up(np.array([0]), np.array([1]))
    assert land.fallow.tolist() == [1, 0, 0, 0]


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4))
def test_block_sums_keep_the_total(height, width, factor):
    layer = np.arange(height * width, dtype=np.float64).reshape(height, width)
    sums = sum_blocks(layer % 3 > 0, layer, factor)
    assert sums.sum() == layer[layer % 3 > 0].sum()
    assert sums.size == -(-height // factor) * -(-width // factor)


def test_z_order_interleaves_rows_and_columns():
    assert z_order(np.arange(8), 4).tolist() == [0, 1, 4, 5, 2, 3, 6, 7]


@given(
    cells=st.lists(st.integers(0, 50), min_size=24, max_size=24),
    zone=st.lists(st.integers(0, 3), min_size=24, max_size=24),
    count=st.integers(0, 40),
)
def test_every_farm_block_is_dealt_and_no_operator_goes_without(cells, zone, count):
    cells, zone = np.array(cells), np.array(zone)
    dealt = deal_blocks(cells, zone, 6, count)
    farmed = cells > 0
    operators = min(count, int(farmed.sum()))
    assert not np.any(dealt[~farmed] >= 0)
    assert np.unique(dealt[dealt >= 0]).tolist() == list(range(operators))
    towns_of = [np.unique(zone[dealt == who]).size for who in range(operators)]
    assert all(towns == 1 for towns in towns_of)
    if operators >= np.unique(zone[farmed]).size * 24:
        assert np.all(dealt[farmed] >= 0)


def test_towns_get_operators_by_farmland_and_holdings_are_even():
    zone = np.repeat([1, 2], [48, 16])
    dealt = deal_blocks(np.full(64, 10), zone, 8, 16)
    assert np.bincount(dealt).tolist() == [4] * 16
    assert (dealt[zone == 1].max(), dealt[zone == 2].min()) == (11, 12)
