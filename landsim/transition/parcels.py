"""Parcels: conversions outside the race, of listed cells or of so many cells in a block, through the same door."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from landsim.core.draws import draw_id
from landsim.transition.clocks import stamp
from landsim.transition.conversion import convert
from landsim.transition.race import react


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def stir(
    clocks: Any, door: Any, lanes: Any, cell: Any, from_code: Any, to_code: Any, year: Any, upto: Any,
    keys: Any, ids: Any,
) -> None:  # fmt: skip
    """Stop the clocks of a converted cell and let its neighbours react."""
    clocks.since[cell] = stamp(year)
    for k in range(clocks.target.size):
        clocks.t[k, cell] = np.inf
    a, b = clocks.code_index[from_code], clocks.code_index[to_code]
    react(clocks, door, lanes, cell, a, b, upto, keys, ids, 0)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def convert_all(
    clocks: Any, door: Any, lanes: Any, cells: Any, codes: Any, project: Any, waive: Any, year: Any, before: Any,
    rules: Any,
) -> None:  # fmt: skip
    """Take listed cells through the door, one after the other, and let their neighbours react at once.

    Writes the code that each cell had when its turn came (`before`), and what stopped it (`rules`).
    """
    upto = np.full(clocks.target.size, -np.inf, np.float32)
    keys = np.empty(1, np.float32)
    ids = np.empty(1, np.int64)
    for j in range(cells.size):
        cell = cells[j]
        from_code = door.land[cell]
        before[j] = from_code
        rules[j] = convert(door, cell, codes[j], project, waive)
        if rules[j]:
            continue
        stir(clocks, door, lanes, cell, from_code, codes[j], year, upto, keys, ids)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def convert_in_blocks(
    clocks: Any, door: Any, lanes: Any, blocks: Any, left: Any, from_class: Any, codes: Any, key: Any, year: Any,
    record: Any,
) -> None:  # fmt: skip
    """Serve requests for cells of a class in blocks; `left` is counted down, `record` gets code and request row."""
    upto = np.full(clocks.target.size, -np.inf, np.float32)
    keys = np.empty(1, np.float32)
    ids = np.empty(1, np.int64)
    height, width = np.int64(clocks.shape[0]), np.int64(clocks.shape[1])
    factor, per_row = np.int64(clocks.shape[2]), np.int64(clocks.shape[3])
    for j in range(blocks.size):
        top, side = blocks[j] // per_row * factor, blocks[j] % per_row * factor
        rows, cols = min(factor, height - top), min(factor, width - side)
        # a named start makes the choice within a block fair without a draw a cell
        start = np.int64(draw_id(key[0], key[1], np.uint32(year), blocks[j], np.uint32(codes[j])) * rows * cols)
        for step in range(rows * cols):
            if left[j] < 1:
                break
            place = (start + step) % (rows * cols)
            cell = (top + place // cols) * width + side + place % cols
            from_code = door.land[cell]
            if door.code_class[from_code] != from_class[j] or clocks.since[cell] == stamp(year):
                continue
            if convert(door, cell, codes[j], 0, 0):
                continue
            n = record.tally[0]
            record.cell[n] = cell
            record.class_[n] = codes[j]
            record.from_[n] = from_code
            record.project[n] = j
            record.tally[0] = n + 1
            left[j] -= 1
            stir(clocks, door, lanes, cell, from_code, codes[j], year, upto, keys, ids)
