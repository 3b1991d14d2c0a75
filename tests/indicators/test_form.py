"""Urban form: known answers and plain second readings."""

from __future__ import annotations

import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from landsim.indicators.form import clumpiness, compactness, edges, entropy_mix, expansion, patch_sizes, urban_form
from tests.indicators import plain_oracles as plain

MASK = npst.arrays(np.bool_, (8, 9))


def square(side, room):
    mask = np.zeros((room, room), dtype=bool)
    mask[3 : 3 + side, 4 : 4 + side] = True
    return mask


def test_k20_entropy_mix():
    assert float(entropy_mix([0.5, 0.25, 0.25])) == pytest.approx(0.946395, abs=1e-6)
    assert entropy_mix([[1, 1], [5, 0]]).tolist() == [1.0, 0.0]
    assert np.isnan(entropy_mix([[0, 0]])).all()


def test_k21_clumpiness():
    checkerboard = np.indices((20, 20)).sum(axis=0) % 2 == 0
    assert clumpiness(square(5, 20)) == 1.0
    assert clumpiness(checkerboard) == -1.0
    random = np.random.default_rng(7).random((400, 400)) < 0.3
    assert clumpiness(random) == pytest.approx(0.0, abs=0.005)


def test_clumpiness_of_too_little_or_everything_has_no_meaning():
    assert math.isnan(clumpiness(np.zeros((4, 4), dtype=bool)))
    assert math.isnan(clumpiness(square(1, 9)))
    assert math.isnan(clumpiness(np.ones((4, 4), dtype=bool)))


@given(MASK, st.booleans())
def test_patches_equal_a_flood_fill(mask, corners):
    patches = plain.flood_patches(mask, corners)
    assert sorted(patch_sizes(mask, 8 if corners else 4)) == sorted(map(len, patches))


def test_patches_know_only_four_or_eight_neighbours():
    with pytest.raises(ValueError, match="neighbours 6"):
        patch_sizes(np.ones((2, 2), dtype=bool), 6)


@given(MASK, MASK)
def test_edges_equal_a_count_of_sides(mask, valid):
    sides = 0
    for cell in map(tuple, np.argwhere(mask & valid)):
        sides += sum(valid[near] and not mask[near] for near in plain.neighbours(cell, mask.shape, corners=False))
    assert edges(mask, valid) == sides


@given(MASK)
def test_compactness_equals_the_moment_summed_cell_by_cell(mask):
    cells = np.argwhere(mask).tolist()
    if not cells:
        assert math.isnan(compactness(mask))
        return
    r0, c0 = (sum(axis) / len(cells) for axis in zip(*cells, strict=True))
    moment = sum((r - r0) ** 2 + (c - c0) ** 2 + 1 / 6 for r, c in cells)
    found = compactness(mask)
    assert found == pytest.approx(len(cells) ** 2 / (2 * math.pi * moment))
    assert 0 < found <= 1


def test_compactness_of_a_disc_is_one():
    r, c = np.indices((201, 201)) - 100
    assert compactness(r * r + c * c <= 90**2) == pytest.approx(1.0, abs=1e-3)


@given(MASK, MASK)
def test_kinds_of_expansion_equal_a_plain_reading(start, end):
    grown = expansion(start, end)
    assert [grown.outlying, grown.edge, grown.infill] == plain.expansion_kinds(start, end)
    assert grown.cells == np.count_nonzero(end & ~start)
    patches = grown.outlying_patches + grown.edge_patches + grown.infill_patches
    assert patches == len(plain.flood_patches(end & ~start, corners=True))


def test_expansion_of_three_plain_kinds():
    start = np.zeros((9, 20), dtype=bool)
    start[2:5, 1:4] = True
    start[3, 2] = False
    end = start.copy()
    end[3, 2] = True
    end[3, 4] = True
    end[7, 15] = True
    assert expansion(start, end)[:3] == (1, 1, 1)


def test_form_of_a_square_in_numbers():
    mask = square(5, 20)
    form = urban_form(mask, np.zeros_like(mask), np.ones_like(mask), cell_size=100.0)
    expected = {
        "compactness": 3 / math.pi, "patches": 1, "mean_patch_ha": 25.0, "largest_patch": 6.25, "patch_density": 0.25,
        "edge_density": 5.0, "clumpiness": 1.0, "outlying": 100.0, "edge": 0.0, "infill": 0.0,
    }  # fmt: skip
    assert asdict(form) == pytest.approx(expected)


def test_form_of_nothing_is_nan_and_not_an_error():
    empty = np.zeros((4, 4), dtype=bool)
    form = urban_form(empty, empty, ~empty, cell_size=30.0)
    assert form.patches == 0
    assert math.isnan(form.compactness)
    assert math.isnan(form.infill)
