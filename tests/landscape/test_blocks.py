"""Counting in blocks: as many cells of a kind as a plain count finds, at the edges too, on any number of threads."""

import numba
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from landsim.landscape.blocks import cells_in_blocks, count_in_blocks


def plain_count(mask, factor):
    height, width = mask.shape
    return [
        int(mask[r : r + factor, c : c + factor].sum())
        for r in range(0, height, factor)
        for c in range(0, width, factor)
    ]


@given(st.integers(1, 30), st.integers(1, 30), st.integers(1, 9), st.integers(0, 2**31), st.booleans())
def test_counts_are_those_of_a_plain_count(height, width, factor, seed, bounded):
    rng = np.random.default_rng(seed)
    land = rng.integers(0, 5, (height, width), dtype=np.uint8)
    layer = rng.integers(0, 3, (height, width), dtype=np.uint8)
    columns = np.zeros(256, dtype=np.uint8)
    columns[[1, 3]], columns[4] = 1, 2
    counts = count_in_blocks(land, columns, factor, layer if bounded else None)
    ones = np.isin(land, (1, 3))
    within = ones & (layer > 0) if bounded else np.zeros_like(ones)
    wanted = [plain_count(mask, factor) for mask in (ones, land == 4, within)]
    assert counts.tolist() == wanted
    assert cells_in_blocks(land.shape, factor).tolist() == plain_count(np.ones_like(ones), factor)


def test_one_thread_counts_the_same():
    land = np.random.default_rng(1).integers(0, 3, (500, 70), dtype=np.uint8)
    columns = np.arange(256, dtype=np.uint8) % 3
    several = count_in_blocks(land, columns, 5)
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        assert np.array_equal(count_in_blocks(land, columns, 5), several)
    finally:
        numba.set_num_threads(before)
