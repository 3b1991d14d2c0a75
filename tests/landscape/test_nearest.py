"""Nearest: distances and nearest cells, against a transform that is slower and known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from landsim.landscape.nearest import nearest


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (23, 31), (60, 20)])
@pytest.mark.parametrize("share", [0.02, 0.5, 1.0])
def test_distance_is_exact_and_belongs_to_the_cell_that_is_named(shape: tuple[int, int], share: float) -> None:
    mask = np.random.default_rng(3).random(shape) < share
    mask[0, 0] = True
    found = nearest(mask)
    rows, cols = np.divmod(found.cell, shape[1])
    down, across = np.indices(shape)
    assert mask[rows, cols].all()
    assert found.distance == pytest.approx(ndimage.distance_transform_edt(~mask), abs=1e-5)
    assert found.distance == pytest.approx(np.hypot(down - rows, across - cols), abs=1e-5)


def test_nothing_is_further_away_than_the_map() -> None:
    found = nearest(np.zeros((3, 4), dtype=np.bool_))
    assert (found.distance == 7.0).all()
    assert (found.cell == -1).all()
