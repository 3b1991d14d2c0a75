"""Landscape measures of all classes at once equal those of each mask, and Moran's I its plain reading."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from landsim.indicators import form
from landsim.indicators.agreement import validation_card
from landsim.indicators.maps import OUTSIDE
from landsim.indicators.mosaic import moran, mosaic, relative_errors, units
from tests.indicators import plain_oracles as plain

SHAPES = st.tuples(st.integers(1, 12), st.integers(1, 12))


@st.composite
def starts_and_ends(draw, classes=3):
    """Two maps of class indices with the same cells outside."""
    shape = draw(SHAPES)
    maps = npst.arrays(np.uint8, shape, elements=st.integers(0, classes - 1))
    outside = draw(npst.arrays(np.bool_, shape, elements=st.sampled_from([False, False, False, True])))
    return [np.where(outside, np.uint8(OUTSIDE), draw(maps)) for _ in range(2)]


def same(found, expected):
    return found == pytest.approx(expected, abs=1e-9, nan_ok=True)


@given(starts_and_ends())
def test_each_class_is_measured_as_its_mask_alone(maps):
    start, end = maps
    valid = start != OUTSIDE
    for k, found in enumerate(mosaic(end, start, 3, cell_size=50.0)):
        expected = form.urban_form(end == k, (start == k) & valid, valid, 50.0)
        assert found["patches"] == expected.patches
        assert same(found["largest_patch"], expected.largest_patch)
        assert same(found["mean_patch"], expected.mean_patch_ha)
        assert same(found["edge_density"], expected.edge_density)
        assert same(found["clumpiness"], expected.clumpiness)
        assert same([found[kind] for kind in ("outlying", "edge", "infill")], [
            expected.outlying, expected.edge, expected.infill,
        ])  # fmt: skip


@given(starts_and_ends(classes=2))
def test_patches_and_kinds_equal_a_flood(maps):
    start, end = maps
    found = mosaic(end, start, 2)[1]
    assert found["patches"] == len(plain.flood_patches(end == 1, corners=True))
    kinds = plain.expansion_kinds(start == 1, (end == 1) | (start == 1))
    shares = [100 * plain.divide(kind, sum(kinds)) for kind in kinds]
    assert same([found[kind] for kind in ("outlying", "edge", "infill")], shares)


@given(npst.arrays(np.float64, SHAPES, elements=st.sampled_from([0.0, 0.25, 0.5, 1.0, math.nan])))
def test_moran_equals_its_plain_reading(share):
    cells = [(r, c) for r, c in np.ndindex(share.shape) if not math.isnan(share[r, c])]
    away = {cell: share[cell] - sum(share[other] for other in cells) / len(cells) for cell in cells}
    pairs = [(a, b) for a in cells for b in plain.neighbours(a, share.shape, corners=True) if b in away]
    spread = sum(value**2 for value in away.values())
    alike = len({share[cell] for cell in cells}) < 2
    expected = (
        math.nan if alike else plain.divide(len(cells) * sum(away[a] * away[b] for a, b in pairs), len(pairs) * spread)
    )
    assert same(moran(share), expected)


def test_moran_of_halves_and_of_a_chessboard():
    halves = np.repeat([[1.0] * 10 + [0.0] * 10], 20, axis=0)
    assert moran(halves) > 0.85
    chess = np.indices((20, 20)).sum(axis=0) % 2.0
    assert abs(moran(chess)) < 0.1  # corners make up for sides


def test_lengths_and_areas_have_the_units_that_are_told():
    start = np.zeros((4, 4), dtype=np.uint8)
    end = start.copy()
    end[:2, :2] = 1
    assert mosaic(end, start, 2)[1]["mean_patch"] == 4
    assert mosaic(end, start, 2)[1]["edge_density"] == 4 / 16
    assert mosaic(end, start, 2, 100.0)[1]["mean_patch"] == 4
    assert mosaic(end, start, 2, 200.0)[1]["mean_patch"] == 16
    assert mosaic(end, start, 2, 200.0)[1]["edge_density"] == 4 * 200 / (16 * 4)
    assert (units(None)["mean_patch"], units(200.0)["mean_patch"]) == ("cells", "ha")
    assert set(units(None)) == set(mosaic(end, start, 2)[0])


def test_relative_errors_leave_out_what_has_no_denominator():
    errors = relative_errors({"a": 2.0, "b": 0.0, "c": -1.0}, {"a": 3.0, "b": 1.0, "c": -1.0})
    assert errors["a"] == 0.5
    assert math.isnan(errors["b"])
    assert errors["mean"] == 0.25


def test_card_sets_the_landscape_of_baselines_beside_the_simulation():
    rng = np.random.default_rng(3)
    start, observed, simulated = (rng.integers(0, 4, (30, 30), dtype=np.uint8) for _ in range(3))
    landscape = validation_card(start, observed, simulated, built=[1, 2], cell_size=30.0)["landscape"]
    found = landscape["by_class"][2]
    assert set(found) == {"observed", "simulated", "null", "random", "density", "errors"}
    assert found["null"]["patches"] == form.patch_sizes(start == 2).size
    assert found["errors"]["simulated"]["patches"] == pytest.approx(
        abs(found["simulated"]["patches"] - found["observed"]["patches"]) / found["observed"]["patches"]
    )
    assert landscape["built"]["observed"]["patches"] == form.patch_sizes(np.isin(observed, (1, 2))).size
    perfect = validation_card(start, observed, observed, built=[2])["landscape"]
    assert perfect["by_class"][2]["errors"]["simulated"]["mean"] == 0.0
    assert perfect["built"] is perfect["by_class"][2]
    assert validation_card(start, observed, observed)["landscape"]["built"] is None
