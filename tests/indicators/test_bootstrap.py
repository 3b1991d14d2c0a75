"""The block bootstrap: what a sample is, a plain second reading, pairs, and when there is no interval."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from landsim.indicators.agreement import validation_card
from landsim.indicators.bootstrap import draw_blocks, interval, margin
from landsim.indicators.card_text import card_json
from tests.indicators import plain_oracles as plain


def some_maps(side=40, seed=6, change=0.2):
    """A start map of two classes, and two ends that each change a share of the cells, alike in part."""
    rng = np.random.default_rng(seed)
    start = (rng.random((side, side)) < 0.3).astype(np.uint8)
    luck = rng.random((side, side))
    observed = np.where(luck < change, 1, start).astype(np.uint8)
    simulated = np.where(luck < change / 2, 1, np.where(rng.random(start.shape) < change / 2, 1, start))
    return start, observed, simulated.astype(np.uint8)


def test_a_sample_holds_as_many_blocks_as_there_are_with_cells():
    inside = np.ones((23, 31), dtype=bool)
    inside[:10, :10] = False
    blocks = draw_blocks(inside, 1000.0, 10, seed=1, samples=50)
    assert (blocks.edge, blocks.across) == (5, 7)
    assert blocks.used.size == 5 * 7 - 4
    assert (blocks.drawn.sum(axis=1) == blocks.used.size).all()
    cells = np.flatnonzero(inside)
    assert blocks.count(cells).sum() == cells.size
    assert blocks.count(cells)[-1] == 3


def test_draws_are_named_by_the_seed_and_even():
    inside = np.ones((20, 20), dtype=bool)
    first, again, other = (draw_blocks(inside, 1000.0, 10, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.drawn, again.drawn)
    assert not np.array_equal(first.drawn, other.drawn)
    assert first.drawn.mean(axis=0) == pytest.approx(1.0, abs=5 * math.sqrt(1 / 1000))


def test_blocks_grow_until_they_are_few():
    inside = np.ones((700, 700), dtype=bool)
    blocks = draw_blocks(inside, 5000.0, 10, seed=1, samples=1)
    assert blocks.edge == 16
    assert blocks.facts(5000.0)["block_m"] == 80_000.0
    assert draw_blocks(inside, 5000.0, 100_000, seed=1, samples=1).used.size <= 40


def test_every_interval_equals_its_plain_reading():
    maps = some_maps()
    card = validation_card(*maps, cell_size=500.0, samples=60, seed=3)
    blocks = draw_blocks(np.ones((40, 40), dtype=bool), 500.0, 1, seed=3, samples=60)
    tiles = [np.s_[r : r + 10, c : c + 10] for r in range(0, 40, 10) for c in range(0, 40, 10)]
    expected = {"fom": [], "quantity": [], "allocation": [], "kappa_simulation": []}
    for times in blocks.drawn.astype(int):
        drawn = [tile for tile, count in zip(tiles, times, strict=True) for _ in range(count)]
        x, o, s = (np.concatenate([plane[tile].ravel() for tile in drawn]).tolist() for plane in maps)
        parts = plain.change_parts(x, o, s)
        quantity, allocation, agreement, _ = plain.disagreements(o, s)
        _, chance, _ = plain.kappa_simulation_parts(x, o, s)
        for name, value in zip(
            expected, (parts[0] / sum(parts), quantity, allocation, (agreement - chance) / (1 - chance)), strict=True
        ):
            expected[name].append(value)
    for name, values in expected.items():
        assert card["interval"][name] == pytest.approx(np.quantile(values, [0.025, 0.975]).tolist())
    assert card["by_class"][1]["interval"]["fom"] == pytest.approx(card["interval"]["fom"])


def test_a_difference_is_that_of_pairs():
    """A baseline that equals the simulation has no margin over it in any sample, however wide its own interval is."""
    start, observed, simulated = some_maps()
    card = validation_card(start, observed, start, cell_size=500.0)
    assert card["baselines"]["null"]["margin"] == {"value": 0.0, "interval": [0.0, 0.0]}
    sampled = np.arange(5.0)
    assert margin(3.0, 2.0, sampled + 1, sampled) == {"value": 1.0, "interval": [1.0, 1.0]}
    better = validation_card(start, observed, simulated, cell_size=500.0)
    low, high = better["baselines"]["density"]["margin"]["interval"]
    assert 0 < low < better["baselines"]["density"]["margin"]["value"] < high
    row = better["by_class"][1]["baselines"]["density"]["observed"]
    assert row["margin"]["value"] == better["by_class"][1]["fom"] - row["fom"]
    assert row["margin"]["interval"][0] > 0


def test_intervals_narrow_with_the_size_of_the_place():
    widths = []
    for side in (40, 120):
        low, high = validation_card(*some_maps(side), cell_size=500.0)["interval"]["fom"]
        widths.append(high - low)
    assert widths[1] < widths[0] / 2


@pytest.mark.parametrize("options", [{}, {"cell_size": 100.0}, {"cell_size": 500.0, "samples": 0}])
def test_one_block_or_no_samples_give_no_interval(options):
    card = validation_card(*some_maps(), **options)
    assert card["bootstrap"]["samples"] == 0
    for edges in (card["interval"]["fom"], card["by_class"][1]["interval"]["fom"]):
        assert [math.isnan(edge) for edge in edges] == [True, True]
    assert json.loads(json.dumps(card_json(card), allow_nan=False))["interval"]["fom"] == [None, None]


def test_the_edge_of_a_block_may_be_chosen():
    assert validation_card(*some_maps(), cell_size=100.0, block_m=1000.0)["bootstrap"]["blocks"] == 16


def test_samples_without_a_value_do_not_count():
    assert interval(np.array([math.nan, 1.0, 1.0])) == [1.0, 1.0]
    assert all(math.isnan(edge) for edge in interval(np.array([math.nan])))
