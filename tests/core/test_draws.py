"""Named draws: the published known answers, uniformity, independence of neighbours, and lanes of cells."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from landsim.core.draws import gumbel, normal, philox, stream_key, uniform, uniform_cells

N = 40_000
# A fixed seed makes each test exact; the levels below would let one in a thousand good generators fail.
LEVEL = 1e-3
MAX_CORRELATION = stats.norm.isf(LEVEL / 2) / np.sqrt(N)


def _words(text: str) -> list[np.uint32]:
    return [np.uint32(int(word, 16)) for word in text.split()]


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ("0 0 0 0", "0 0", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ],
    ids=["zeros", "ones", "digits of pi"],
)
def test_philox_gives_the_published_known_answers(counter: str, key: str, expected: str) -> None:
    assert list(philox(*_words(counter), *_words(key))) == _words(expected)


def test_uniform_is_lane_0_of_the_documented_counter_and_key() -> None:
    seed, stream, year, ident, k = 7, "move", 2031, (5 << 32) + 3, 2
    key = np.frombuffer(blake2b(b"7/move", digest_size=8).digest(), dtype="<u4")
    word = philox(*(np.uint32(c) for c in (3, 5, year, k)), *key)[0]
    assert uniform(seed, stream, year, ident, k) == (int(word) + 0.5) / 2**32


def test_uniform_cells_are_the_four_lanes_of_one_call() -> None:
    k0, k1 = stream_key(1, "clock")
    lanes = philox(np.uint32(6), np.uint32(0), np.uint32(2020), np.uint32(0), k0, k1)
    expected = [(int(word) + 0.5) / 2**32 for word in lanes]
    assert uniform_cells(1, "clock", 2020, first=24, count=4).tolist() == expected


Draw = Callable[[], npt.NDArray[np.float64]]
IDS = np.arange(N)
DRAWS: dict[str, Draw] = {
    "ids": lambda: uniform(1, "a", 2020, IDS),
    "cells": lambda: uniform_cells(1, "a", 2020, 0, N),
    "years": lambda: np.array([uniform(1, "a", year, 5) for year in range(4_000)]),
    "ks": lambda: np.array([uniform(1, "a", 2020, 5, k) for k in range(4_000)]),
    "streams": lambda: np.array([uniform(1, f"s{i}", 2020, 5) for i in range(4_000)]),
    "seeds": lambda: np.array([uniform(seed, "a", 2020, 5) for seed in range(4_000)]),
}


@pytest.mark.parametrize("along", DRAWS)
def test_draws_are_uniform_along_every_part_of_their_name(along: str) -> None:
    draws = DRAWS[along]()
    counts = np.histogram(draws, bins=64, range=(0, 1))[0]
    assert draws.min() > 0
    assert draws.max() < 1
    assert stats.kstest(draws, "uniform").pvalue > LEVEL
    assert stats.chisquare(counts).pvalue > LEVEL


PAIRS: dict[str, Draw] = {
    "next id": lambda: uniform(1, "a", 2020, IDS + 1),
    "id four on": lambda: uniform(1, "a", 2020, IDS + 4),
    "id with the next high word": lambda: uniform(1, "a", 2020, IDS + 2**32),
    "next year": lambda: uniform(1, "a", 2021, IDS),
    "next k": lambda: uniform(1, "a", 2020, IDS, 1),
    "other stream": lambda: uniform(1, "b", 2020, IDS),
    "next seed": lambda: uniform(2, "a", 2020, IDS),
}


@pytest.mark.parametrize("other", PAIRS)
def test_draws_of_neighbouring_names_are_independent(other: str) -> None:
    first, second = uniform(1, "a", 2020, IDS), PAIRS[other]()
    joint = np.histogram2d(first, second, bins=8, range=[[0, 1], [0, 1]])[0]
    assert abs(np.corrcoef(first, second)[0, 1]) < MAX_CORRELATION
    assert stats.chisquare(joint.ravel()).pvalue > LEVEL


@pytest.mark.parametrize("lag", [1, 2, 3, 4, 240])
def test_draws_of_neighbouring_cells_are_independent(lag: int) -> None:
    draws = uniform_cells(1, "a", 2020, 0, N + lag)
    first, second = draws[:-lag], draws[lag:]
    joint = np.histogram2d(first, second, bins=8, range=[[0, 1], [0, 1]])[0]
    assert abs(np.corrcoef(first, second)[0, 1]) < MAX_CORRELATION
    assert stats.chisquare(joint.ravel()).pvalue > LEVEL


@given(
    first=st.integers(0, 2**40),
    count=st.integers(1, 300),
    cuts=st.lists(st.integers(0, 300), max_size=4),
    year=st.integers(0, 3_000),
)
def test_cells_draw_the_same_however_the_map_is_cut_into_blocks(
    first: int, count: int, cuts: list[int], year: int
) -> None:
    edges = sorted({0, count, *(cut for cut in cuts if cut < count)})
    blocks = [uniform_cells(3, "x", year, first + a, b - a) for a, b in pairwise(edges)]
    assert np.array_equal(np.concatenate(blocks), uniform_cells(3, "x", year, first, count))


@given(ids=st.lists(st.integers(0, 2**62), min_size=1, max_size=50), k=st.integers(0, 2**32 - 1))
def test_one_agent_draws_what_it_draws_in_a_group(ids: list[int], k: int) -> None:
    group = uniform(9, "x", 2025, ids, k)
    assert [uniform(9, "x", 2025, ident, k) for ident in ids] == group.tolist()


def test_shape_of_ids_is_kept_and_one_id_gives_a_float() -> None:
    ids = np.arange(12).reshape(3, 4)[:, ::2]
    assert uniform(1, "a", 2020, ids).shape == (3, 2)
    assert uniform(1, "a", 2020, ids)[2, 1] == uniform(1, "a", 2020, 10)
    assert isinstance(uniform(1, "a", 2020, 10), float)
    assert uniform(1, "a", 2020, []).shape == (0,)


def test_order_of_ids_changes_no_draw() -> None:
    order = np.argsort(uniform(1, "shuffle", 0, IDS))
    assert np.array_equal(uniform(1, "a", 2020, IDS[order]), uniform(1, "a", 2020, IDS)[order])


def test_normal_and_gumbel_follow_their_distributions() -> None:
    assert stats.kstest(normal(1, "n", 2020, IDS), "norm").pvalue > LEVEL
    assert stats.kstest(gumbel(1, "g", 2020, IDS), "gumbel_r").pvalue > LEVEL


def test_normal_draws_of_neighbouring_k_share_no_uniform() -> None:
    first, second = normal(1, "n", 2020, IDS, 0), normal(1, "n", 2020, IDS, 1)
    assert abs(np.corrcoef(first, second)[0, 1]) < MAX_CORRELATION
