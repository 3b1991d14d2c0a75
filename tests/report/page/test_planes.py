"""Planes of a report: the commonest class of each block, and kinds of change and difference that add up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from landsim.io.store import open_run
from landsim.report.page import planes
from landsim.report.page.planes import (
    change_plane,
    difference_plane,
    factor_of,
    land_planes,
    line_plane,
    mode_of_blocks,
)


@given(npst.arrays(np.uint8, (9, 7), elements=st.integers(0, 3)), st.integers(1, 10))
def test_the_commonest_value_wins_and_the_lowest_of_equals(plane, factor):
    found = mode_of_blocks(plane, factor)
    for r in range(found.shape[0]):
        for c in range(found.shape[1]):
            block = plane[r * factor : (r + 1) * factor, c * factor : (c + 1) * factor]
            assert found[r, c] == np.bincount(block.ravel()).argmax()


def test_maps_of_any_size_become_small_enough():
    for shape in ((1, 1), (900, 10), (901, 901), (10_000, 3)):
        assert max(shape) / factor_of(shape) <= planes.PIXELS_AT_MOST


@pytest.mark.parametrize("most", [900, 13])
def test_planes_in_slabs_are_the_planes_of_the_whole(two_runs, monkeypatch, most):
    monkeypatch.setattr(planes, "PIXELS_AT_MOST", most)
    monkeypatch.setattr(planes, "_ROWS", 7)
    run = open_run(two_runs[0])
    factor = factor_of(run.grid.shape)
    first, last = run.years[0], run.years[-1]
    for year, plane in land_planes(run, [first, last]).items():
        assert np.array_equal(plane, mode_of_blocks(run.landcover_at(year), factor))
    plane, cells = change_plane(run, first, last)
    before, after = run.landcover_at(first), run.landcover_at(last)
    valid = before != run.legend.nodata
    assert plane.shape == tuple(-(-side // factor) for side in run.grid.shape)
    assert cells[1:].sum() == valid.sum()
    changed = [planes.BUILT_ARABLE, planes.BUILT_OPEN, planes.RENEWED, planes.TO_ARABLE, planes.OTHER_CHANGE]
    assert cells[changed].sum() == ((before != after) & valid).sum()
    new = run.legend.built[after] & ~run.legend.built[before]
    assert cells[planes.BUILT_ARABLE] == (new & run.legend.arable[before]).sum()
    assert cells[planes.BUILT_ARABLE] + cells[planes.BUILT_OPEN] == new.sum() > 0


def test_differences_count_what_is_built_on_one_side_only(two_runs):
    a, b = map(open_run, two_runs)
    year = a.years[-1]
    _, cells = difference_plane(a, b, year)
    built = [run.legend.built[run.landcover_at(year)] for run in (a, b)]
    assert cells[planes.ONLY_BASE] == (built[0] & ~built[1]).sum() > 0
    assert cells[planes.ONLY_RUN] == (built[1] & ~built[0]).sum()
    _, same = difference_plane(a, a, year)
    assert same[[planes.ONLY_BASE, planes.ONLY_RUN, planes.OTHER_DIFFERENCE]].sum() == 0


def test_lines_show_the_strictest(two_runs):
    run = open_run(two_runs[0])
    plane, cells = line_plane(run)
    erl = run.layer_at_start("erl") > 0
    assert (plane[erl] == planes.ERL).all()
    assert cells[planes.ERL] == erl.sum()
