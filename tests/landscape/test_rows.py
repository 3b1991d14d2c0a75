"""Rows: an array in memory read as float32 rows."""

from __future__ import annotations

import numpy as np
import pytest

from landsim.landscape.rows import ArrayRows, Rows


@pytest.mark.parametrize("dtype", [np.uint8, np.bool_, np.int16, np.float32, np.float64])
def test_array_rows_are_float32_of_any_layer(dtype: type) -> None:
    values = np.arange(35).reshape(7, 5).astype(dtype)
    rows: Rows = ArrayRows(values)
    assert rows.shape == (7, 5)
    for first, last in ((0, 7), (2, 3), (5, 7)):
        part = rows.read(slice(first, last))
        assert part.dtype == np.float32
        assert np.array_equal(part, values[first:last].astype(np.float32))


def test_float32_rows_are_not_copied() -> None:
    values = np.zeros((4, 3), dtype=np.float32)
    assert np.shares_memory(ArrayRows(values).read(slice(1, 3)), values)
