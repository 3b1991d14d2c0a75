"""What maps show: cross-tabulation, yearly matrix, flicker, patches, expansion, surroundings, districts."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landsim.calibrate.change import annualised, class_changes, cross_tab, flicker, row_shares
from landsim.calibrate.enriched import enrichment_of, ring_cells
from landsim.calibrate.observe import observe
from landsim.calibrate.observe_text import observation_text
from landsim.landscape.focal import enrichment

CODES = np.array([1, 2, 3], np.uint8)


def random_maps(seed: int, count: int, shape=(12, 9), high: int = 4) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.integers(0, high, shape).astype(np.uint8) for _ in range(count)]


def urban(span):
    return [row for row in span.legend.rows if row.name == "urban"]


@given(seed=st.integers(0, 2**32), height=st.integers(1, 20), width=st.integers(1, 20))
def test_a_cross_tabulation_counts_every_valid_cell_once(seed: int, height: int, width: int) -> None:
    before, after = random_maps(seed, 2, (height, width))
    valid = (before > 0) & (after > 0)
    table = cross_tab(before, after, valid, CODES)
    assert table.sum() == np.count_nonzero(valid)
    assert table.sum(axis=1).tolist() == [np.count_nonzero(before[valid] == code) for code in CODES]
    assert table.sum(axis=0).tolist() == [np.count_nonzero(after[valid] == code) for code in CODES]
    changes = class_changes(table)
    assert sum(change.gained for change in changes) == sum(change.lost for change in changes)
    assert sum(change.net for change in changes) == 0
    for change in changes:
        assert change.gained + change.lost == abs(change.net) + change.swap
        assert (change.start, change.end) == (change.persisted + change.lost, change.persisted + change.gained)


def test_a_cross_tabulation_does_not_depend_on_its_blocks() -> None:
    before, after = random_maps(5, 2, (1200, 1100))
    valid = np.ones(before.shape, bool)
    parts = [cross_tab(before[rows], after[rows], valid[rows], CODES) for rows in (slice(0, 17), slice(17, 1200))]
    assert np.array_equal(cross_tab(before, after, valid, CODES), parts[0] + parts[1])


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), years=st.integers(1, 30))
def test_rows_of_observed_and_yearly_matrices_sum_to_one(seed: int, years: int) -> None:
    before, after = random_maps(seed, 2)
    observed = row_shares(cross_tab(before, after, (before > 0) & (after > 0), CODES))
    assert observed.sum(axis=1) == pytest.approx(np.ones(3))
    yearly = annualised(observed, years)
    assert yearly.matrix.min() >= 0
    assert yearly.matrix.sum(axis=1) == pytest.approx(np.ones(3))


def test_k04_the_root_of_ten_years_is_found_without_error() -> None:
    matrix = np.array([[0.97, 0.01, 0.02], [0.005, 0.985, 0.01], [0.0, 0.0, 1.0]])
    yearly = annualised(np.linalg.matrix_power(matrix, 10), 10)
    assert np.abs(yearly.matrix - matrix).max() < 1e-12
    assert (yearly.method, yearly.years) == ("root", 10)
    assert yearly.error < 1e-12


def test_k05_a_bad_root_is_regularised_and_its_error_reported() -> None:
    observed = np.array([[0.2, 0.8], [0.9, 0.1]])
    yearly = annualised(observed, 10)
    assert yearly.method == "generator"
    assert yearly.matrix.min() >= 0
    assert yearly.matrix.sum(axis=1) == pytest.approx([1, 1])
    missed = np.abs(np.linalg.matrix_power(yearly.matrix, 10) - observed).sum(axis=1).max()
    assert yearly.error == pytest.approx(missed)
    assert yearly.error > 0.1


def test_flicker_is_change_that_is_undone(make_span) -> None:
    # cell by cell over four dates: stays, gained, gained and lost, lost and gained, gained-lost-gained
    dates = np.array([[1, 1, 1, 3, 1], [1, 3, 3, 1, 3], [1, 3, 1, 1, 1], [1, 3, 1, 3, 3]], np.uint8)
    span = make_span({2000 + i: row[None, :] for i, row in enumerate(dates)})
    found = flicker(span, 3)
    assert (found.gained_then_lost, found.lost_then_gained, found.changed) == (2, 2, 4)
    assert found.share == 1.0


@given(seed=st.integers(0, 2**32), dates=st.integers(2, 6))
def test_flicker_equals_a_plain_reading(make_span, seed: int, dates: int) -> None:
    span = make_span(dict(enumerate(random_maps(seed, dates, (5, 6)))))
    series = np.stack([codes == 3 for codes in span.maps.values()]).reshape(dates, -1)[:, span.valid.reshape(-1)]
    steps = ["".join("+" if b > a else "-" for a, b in pairwise(s) if a != b) for s in series.T]
    found = flicker(span, 3)
    assert found.gained_then_lost == sum("+-" in step for step in steps)
    assert found.lost_then_gained == sum("-+" in step for step in steps)
    assert found.changed == sum(bool(step) for step in steps)


def small(make_span):
    """A town of 2 x 2 that grows by an edge patch of two, an outlying patch of one, and fills a hole of one."""
    before = np.ones((12, 12), np.uint8)
    before[2:5, 2:5] = 3
    before[3, 3] = 1
    after = before.copy()
    after[3, 3] = 3
    after[2:4, 5] = 3
    after[9, 9] = 3
    after[0, 0] = 2
    return make_span({2000: before, 2004: after})


def test_an_observation_of_a_small_town(make_span) -> None:
    span = small(make_span)
    districts = np.ones((12, 12), np.int16)
    districts[6:] = 2
    seen = observe(span, urban(span), districts)
    assert seen.names == ("unused", "water", "urban")
    assert seen.changes["urban"].gained == 4
    assert seen.changes["unused"].net == -5
    assert seen.persistence == pytest.approx((144 - 5) / 144)
    grown = seen.growth["urban"]
    assert sorted(grown.sizes.tolist()) == [1, 1, 2]
    assert grown.kinds[:3] == (1, 2, 1)
    assert grown.districts == {1: (3, 0), 2: (1, 0)}
    assert seen.undone_building == 0.0


def test_an_observation_is_plain_data_and_text(make_span) -> None:
    span = small(make_span)
    seen = observe(span, urban(span))
    data = json.loads(json.dumps(seen.as_dict(), allow_nan=False))
    assert data["growth"]["urban"]["patches"]["by_doubling"] == [2, 1]
    assert data["growth"]["urban"]["expansion"]["edge"] == {"cells": 2, "share": 0.5}
    assert data["changes"]["urban"]["swap"] == 0
    assert np.array(data["cross_tabulation"]).sum() == data["cells"] == 144
    text = observation_text(seen)
    assert "| urban | 8 | 12 | 4 | 0 | +4 | 0 |" in text
    assert text == observation_text(observe(span, urban(span)))


def test_a_later_map_changes_nothing_that_was_observed_before_it(make_span) -> None:
    maps = dict(zip((2000, 2005, 2010), random_maps(3, 3), strict=True))
    span, other = make_span(maps), make_span({**maps, 2010: random_maps(4, 1)[0]})
    first, second = (observe(s.until(2005), urban(s)).as_dict() for s in (span, other))
    assert first == second


# enrichment


def test_k23_two_of_eight_neighbours_where_the_map_has_eight_percent(make_span) -> None:
    before = np.ones((10, 10), np.uint8)
    before[4, 4:6] = 3
    before[9, :6] = 3
    after = before.copy()
    after[3, 4] = 3
    found = enrichment_of(make_span({2000: before, 2001: after}), [3], (1,))
    assert found.factor[0, 2, 0] == pytest.approx(3.125, rel=1e-12)
    assert found.count[0, 2] == 1


def test_k23_a_random_map_has_no_enrichment(make_span) -> None:
    rng = np.random.default_rng(11)
    before = np.where(rng.random((300, 300)) < 0.08, 3, 1).astype(np.uint8)
    after = np.where(rng.random((300, 300)) < 0.05, 3, before).astype(np.uint8)
    found = enrichment_of(make_span({2000: before, 2001: after}), [3])
    assert found.factor[0, [0, 2]] == pytest.approx(np.ones((2, 5)), abs=0.05)
    assert np.isnan(found.factor[0, 1]).all()


@given(seed=st.integers(0, 2**32))
def test_enrichment_equals_that_of_one_class_on_the_whole_map(make_span, seed: int) -> None:
    before, after = random_maps(seed, 2, (14, 11))
    span = make_span({2000: before, 2003: after})
    found = enrichment_of(span, [3, 1], (1, 3))
    for g, gain in enumerate((3, 1)):
        changed = span.gained(gain, 2000, 2003)
        for k, code in enumerate(CODES):
            wanted = enrichment(before == code, span.valid, changed, (1, 3))
            assert found.factor[g, k] == pytest.approx(wanted, rel=1e-5, nan_ok=True)


def test_rings_hold_what_lies_between_two_squares() -> None:
    assert ring_cells((1, 2, 5)).tolist() == [8, 16, 96]
