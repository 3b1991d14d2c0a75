"""Neighbourhood densities against slow definitions, row blocks and known answers."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from landsim.core.draws import uniform_cells
from landsim.landscape.focal import box_sum, enrichment, gaussian_density, gaussian_halo, ring_shares, row_blocks

SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9))
MASKS = hnp.arrays(np.bool_, SHAPES)


def random_mask(shape: tuple[int, int], share: float) -> npt.NDArray[np.bool_]:
    return (uniform_cells(1, "mask", 0, 0, shape[0] * shape[1]) < share).reshape(shape)


def test_gaussian_density_is_the_plain_filter_without_division() -> None:
    mask = random_mask((40, 31), 0.2)
    exact = ndimage.gaussian_filter(mask.astype(np.float64), 5.0, mode="constant", cval=0.0)
    density = gaussian_density(mask, 5.0)
    assert density.dtype == np.float32
    np.testing.assert_allclose(density, exact, atol=1e-6)
    full = gaussian_density(np.ones((60, 60), dtype=np.uint8), 5.0)
    assert full[30, 30] == pytest.approx(1.0, abs=1e-6)
    assert full[0, 0] < 0.35


@given(mask=MASKS, radius=st.integers(0, 12))
@settings(max_examples=60, deadline=None)
def test_box_sum_counts_the_window(mask: npt.NDArray[np.bool_], radius: int) -> None:
    counts = box_sum(mask, radius)
    for r, c in np.ndindex(mask.shape):
        window = mask[max(r - radius, 0) : r + radius + 1, max(c - radius, 0) : c + radius + 1]
        assert counts[r, c] == np.count_nonzero(window)


def test_box_sum_uses_the_narrowest_type_that_holds_a_full_window() -> None:
    mask = np.ones((70, 70), dtype=np.uint8)
    assert [box_sum(mask, r).dtype.name for r in (7, 8, 127, 128)] == ["uint8", "uint16", "uint16", "uint32"]
    assert box_sum(mask, 20).max() == 41 * 41
    with pytest.raises(ValueError, match="expected >= 0"):
        box_sum(mask, -1)


@given(mask=MASKS, seed=st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_ring_shares_divide_by_the_valid_neighbours(mask: npt.NDArray[np.bool_], seed: int) -> None:
    valid = (uniform_cells(seed, "valid", 0, 0, mask.size) < 0.7).reshape(mask.shape)
    shares = ring_shares(mask, valid, [1, 3])
    rows, cols = np.indices(mask.shape)
    for r, c in np.ndindex(mask.shape):
        distance = np.maximum(abs(rows - r), abs(cols - c))
        for share, ring in zip(shares, (distance == 1, (distance > 1) & (distance <= 3)), strict=True):
            seen = np.count_nonzero(ring & valid)
            expected = np.count_nonzero(ring & valid & mask) / seen if seen else 0.0
            assert share[r, c] == np.float32(expected)


def test_radii_must_ascend() -> None:
    flat = np.ones((3, 3), dtype=np.bool_)
    for radii in ([0], [2, 2], [3, 1]):
        with pytest.raises(ValueError, match="ascending"):
            ring_shares(flat, flat, radii)


def test_row_blocks_with_halo_equal_the_whole_map() -> None:
    mask, valid = random_mask((53, 17), 0.3), random_mask((53, 17), 0.95)
    whole = gaussian_density(mask, 1.5), box_sum(mask, 4), ring_shares(mask, valid, [2, 4])
    parts = [np.zeros_like(layer) for layer in whole]
    for outer, inner, rows in row_blocks(53, 10, gaussian_halo(1.5)):
        parts[0][rows] = gaussian_density(mask[outer], 1.5)[inner]
        parts[1][rows] = box_sum(mask[outer], 4)[inner]
        parts[2][:, rows] = ring_shares(mask[outer], valid[outer], [2, 4])[:, inner]
    for part, layer in zip(parts, whole, strict=True):
        np.testing.assert_array_equal(part, layer)


def test_k23_two_of_eight_neighbours_at_a_share_of_eight_percent() -> None:
    mask, changed = np.zeros((5, 5), dtype=np.bool_), np.zeros((5, 5), dtype=np.bool_)
    mask[1, 1] = mask[2, 3] = changed[2, 2] = True
    assert enrichment(mask, np.ones_like(mask), changed, [1]) == pytest.approx([3.125], rel=1e-12)


def test_k23_a_random_map_is_neither_enriched_nor_shunned() -> None:
    mask = random_mask((200, 200), 0.3)
    changed = np.zeros_like(mask)
    changed[6:-6, 6:-6] = True
    assert enrichment(mask, np.ones_like(mask), changed, [1, 2, 4]) == pytest.approx([1.0] * 3, abs=0.05)


def test_enrichment_of_nothing_is_unknown() -> None:
    mask = np.zeros((4, 4), dtype=np.bool_)
    assert np.isnan(enrichment(mask, np.ones_like(mask), ~mask, [1])).all()
    assert np.isnan(enrichment(~mask, np.ones_like(mask), mask, [1])).all()
