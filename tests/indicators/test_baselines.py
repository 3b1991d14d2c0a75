"""Baselines: expected and drawn random figures, density ranking against plain sorting, quantities kept."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from landsim.core.draws import uniform_cells
from landsim.indicators.agreement import validation_card
from landsim.indicators.baselines import random_map
from landsim.indicators.gain import expected_gain_fom
from landsim.indicators.maps import read_trio
from landsim.indicators.ranking import descending, first_in_order, random_keys
from landsim.landscape.focal import gaussian_density
from tests.indicators import plain_oracles as plain


def binary(shape=(12, 9)):
    return npst.arrays(np.uint8, shape, elements=st.integers(0, 1))


@pytest.mark.parametrize(("share", "expected"), [(0.02, 0.0101), (0.05, 0.0256), (0.1, 0.0526), (0.2, 0.1111)])
def test_k03_random_constraint(share, expected):
    side = 300
    cells, gain = side * side, int(share * side * side)
    observed = np.zeros((side, side), dtype=np.uint8)
    observed.flat[np.random.default_rng(1).permutation(cells)[:gain]] = 1
    card = validation_card(np.zeros_like(observed), observed, observed)
    random = card["baselines"]["random"]
    assert random["expected_fom"] == pytest.approx(share / (2 - share), abs=1e-12)
    assert random["expected_fom"] == pytest.approx(expected, abs=5e-5)
    spread_of_hits = math.sqrt(cells) * share * (1 - share)
    spread = spread_of_hits * 2 * gain / (2 * gain - share * gain) ** 2
    for row in (random, card["by_class"][1]["baselines"]["random"]["observed"]):
        assert abs(row["fom"] - expected) < 3 * spread
        assert row["hits"] + row["misses"] == gain


def test_expected_random_figure_is_the_mean_of_many_draws():
    rng = np.random.default_rng(3)
    start = rng.integers(0, 2, (20, 20), dtype=np.uint8)
    observed = np.where(rng.random(start.shape) < 0.3, rng.integers(0, 4, start.shape), start).astype(np.uint8)
    allowed = rng.random(start.shape) < 0.8
    trio = read_trio(start, observed, start)
    drawn = [
        validation_of(trio, random_map(trio, allowed, random_keys(seed, "baseline.random", 400))) for seed in range(300)
    ]
    expected = validation_card(start, observed, start, candidates=allowed)["baselines"]["random"]["expected_fom"]
    assert abs(np.mean(drawn) - expected) < 4 * np.std(drawn) / math.sqrt(len(drawn)) + 1e-3


def validation_of(trio, simulated):
    hits, misses, alarms, wrong = plain.change_parts(*(p.ravel() for p in (trio.start, trio.observed, simulated)))
    return hits / (hits + misses + alarms + wrong)


@given(binary(), binary(), st.integers(0, 200))
def test_expected_gain_matches_both_quantities(start, observed, simulated):
    cells = int((start == 0).sum())
    gain = int(((start == 0) & (observed == 1)).sum())
    placed = min(simulated, cells)
    hits = gain * placed / cells if cells else math.nan
    whole = gain + placed - hits
    assert expected_gain_fom(gain, placed, cells) == pytest.approx(plain.divide(hits, whole), nan_ok=True)


@given(
    *[npst.arrays(np.uint8, (9, 11), elements=st.integers(0, 3)) for _ in range(2)],
    npst.arrays(np.bool_, (9, 11)),
    st.booleans(),
)
def test_random_map_keeps_the_from_to_counts_within_the_candidates(start, observed, allowed, bounded):
    trio = read_trio(start, observed, start)
    scattered = trio.codes[random_map(trio, allowed if bounded else None, random_keys(1, "any", start.size))]
    inside = allowed if bounded else np.ones_like(allowed)
    assert (scattered[~inside] == start[~inside]).all()
    pairs = [np.stack([start[inside], end[inside]]) for end in (observed, scattered)]
    counts = [np.unique(pair, axis=1, return_counts=True) for pair in pairs]
    assert np.array_equal(counts[0][0], counts[1][0])
    assert np.array_equal(counts[0][1], counts[1][1])


def test_random_map_obeys_the_candidates_of_each_class():
    rng = np.random.default_rng(8)
    start = np.zeros((30, 30), dtype=np.uint8)
    observed = rng.integers(0, 3, start.shape, dtype=np.uint8)
    west = np.arange(30)[None, :].repeat(30, axis=0) < 20
    trio = read_trio(start, observed, start)
    scattered = random_map(trio, {1: west}, random_keys(1, "any", start.size))
    assert not (scattered == 1)[~west].any()
    assert (scattered == 1).sum() == ((observed == 1) & west).sum()
    assert (scattered == 2).sum() == (observed == 2).sum()
    card = validation_card(start, observed, observed, candidates={1: west})
    assert math.isnan(card["baselines"]["random"]["expected_fom"])


@given(binary(), binary(), binary())
def test_density_baseline_is_plain_sorting_by_density_then_index(start, observed, simulated):
    card = validation_card(start, observed, simulated)
    density = gaussian_density(start == 1, 5.0).ravel()
    candidates = [i for i in range(start.size) if start.flat[i] == 0]
    ranked = sorted(candidates, key=lambda i: (-density[i], i))
    gained = {i for i in candidates if observed.flat[i] == 1}
    placed = {"observed": len(gained), "simulated": sum(simulated.flat[i] == 1 for i in candidates)}
    if 1 not in card["by_class"]:
        assert placed == {"observed": 0, "simulated": 0}
        return
    for name, count in placed.items():
        row = card["by_class"][1]["baselines"]["density"][name]
        hits = len(gained & set(ranked[:count]))
        assert (row["hits"], row["misses"], row["false_alarms"]) == (hits, len(gained) - hits, count - hits)


@given(*[npst.arrays(np.uint8, (8, 8), elements=st.integers(0, 3)) for _ in range(2)])
def test_density_filling_goes_by_descending_gain_and_fills_a_cell_once(start, observed):
    filled = start.ravel().copy()
    gains = {k: sum(o == k and x != k for x, o in zip(start.flat, observed.flat, strict=True)) for k in range(4)}
    for k in sorted(gains, key=lambda k: (-gains[k], k)):
        density = gaussian_density(start == k, 5.0).ravel()
        free = [i for i in range(64) if start.flat[i] != k and filled[i] == start.flat[i]]
        for i in sorted(free, key=lambda i: (-density[i], i))[: gains[k]]:
            filled[i] = k
    row = validation_card(start, observed, observed)["baselines"]["density"]
    expected = plain.change_parts(start.ravel().tolist(), observed.ravel().tolist(), filled.tolist())
    assert [row[part] for part in ("hits", "misses", "false_alarms", "wrong_hits")] == expected


def test_density_sees_the_class_outside_the_mask():
    """Cells that are not compared still stand on the start map, and pull."""
    start = np.zeros((1, 12), dtype=np.uint8)
    start[0, 0] = 1
    observed = start.copy()
    observed[0, 1] = 1
    mask = np.ones_like(start, dtype=bool)
    mask[0, 0] = False
    card = validation_card(start, observed, observed, mask=mask)
    assert card["by_class"][1]["baselines"]["density"]["observed"]["fom"] == 1.0


def test_null_baseline_misses_every_change():
    card = validation_card([0, 0, 1, 1], [1, 0, 0, 1], [0, 1, 1, 1])
    null = card["baselines"]["null"]
    assert (null["fom"], null["misses"], null["false_alarms"]) == (0.0, 2, 0)
    assert null["agreement"] == 0.5
    assert card["by_class"][1]["baselines"]["null"]["fom"] == 0.0


def test_random_keys_are_the_bits_of_the_named_draws():
    keys = random_keys(4, "baseline.random", 50)
    assert np.array_equal((keys + 0.5) / 2**32, uniform_cells(4, "baseline.random", 0, 0, 50))


@given(npst.arrays(np.float32, st.integers(0, 40), elements=st.floats(width=32)), st.integers(0, 45))
def test_first_in_order_is_a_stable_descending_sort_with_nan_last(scores, count):
    ranked = sorted(
        range(scores.size), key=lambda i: (math.isnan(scores[i]), -scores[i] if scores[i] == scores[i] else 0)
    )
    assert first_in_order(descending(scores), count).tolist() == ranked[:count]
