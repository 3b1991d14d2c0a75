"""Connectivity: the effective mesh size by hand, against patches labelled another way, and its limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from landsim.indicators.connectivity import effective_mesh
from landsim.indicators.form import patch_sizes

GREEN = np.arange(256) == 1


def mesh(land):
    return effective_mesh(np.asarray(land, dtype=np.uint8), GREEN, np.size(land))


@pytest.mark.parametrize(
    ("land", "expected"),
    [
        ([[0, 0], [0, 0]], 0.0),
        ([[1, 1], [1, 1]], 4.0),
        ([[1, 0], [0, 1]], 1.0),  # a corner connects
        ([[1, 0, 1], [1, 0, 1], [1, 1, 1]], 49 / 9),  # two arms are one patch
        ([[1, 0, 0, 1], [0, 0, 0, 0], [1, 1, 0, 0]], 6 / 12),
        ([[1], [0], [1], [1]], 5 / 4),
    ],
)
def test_by_hand(land, expected):
    assert mesh(land) == pytest.approx(expected)


@given(npst.arrays(np.uint8, st.tuples(st.integers(1, 30), st.integers(1, 30)), elements=st.integers(0, 2)))
def test_squares_are_those_of_the_labelled_patches(land):
    assert mesh(land) == np.sum(patch_sizes(land == 1) ** 2) / land.size


def test_many_runs_and_patches_that_meet_late():
    comb = np.zeros((200, 401), dtype=np.uint8)
    comb[:, ::2] = 1  # two hundred and one teeth that the last row joins
    assert mesh(comb) == 201 * 200**2 / comb.size
    comb[-1] = 1
    assert mesh(comb) == (201 * 200 + 200) ** 2 / comb.size


def test_a_road_cuts_the_mesh_and_no_land_is_nan():
    whole = np.ones((20, 20), dtype=np.uint8)
    cut = whole.copy()
    cut[10] = 0
    assert mesh(cut) == (200**2 + 180**2) / 400 < mesh(whole) == 400
    assert np.isnan(effective_mesh(whole, GREEN, 0))
