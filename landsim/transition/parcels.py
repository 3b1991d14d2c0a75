"""Parcels: conversions outside the race, of listed cells or of so many cells in a block, through the same door."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from landsim.core.draws import draw_id
from landsim.transition.clocks import stamp, still
from landsim.transition.conversion import convert
from landsim.transition.ripple import react


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def convert_all(
    clocks: Any, door: Any, lanes: Any, cells: Any, codes: Any, project: Any, waive: Any, year: Any, before: Any,
    rules: Any, window: Any,
) -> None:  # fmt: skip
    """Take listed cells through the door, one after the other, and let their neighbours react.

    Writes the code that each cell had when its turn came (`before`), and what stopped it (`rules`).
    """
    done = np.empty(cells.size, np.int64)
    count = 0
    for j in range(cells.size):
        cell = cells[j]
        before[j] = door.land[cell]
        rules[j] = convert(door, cell, codes[j], project, waive)
        if rules[j] == 0:
            still(clocks, cell, year)
            done[count] = j
            count += 1
    rows = done[:count]
    stir(clocks, door, lanes, cells[rows], before[rows], codes[rows], window)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def convert_in_blocks(
    clocks: Any, door: Any, lanes: Any, blocks: Any, left: Any, from_class: Any, codes: Any, key: Any, year: Any,
    record: Any, window: Any,
) -> None:  # fmt: skip
    """Serve requests for cells of a class in blocks; `left` is counted down, `record` gets code and request row."""
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
            still(clocks, cell, year)
    n = record.tally[0]
    stir(clocks, door, lanes, record.cell[:n], record.from_[:n], record.class_[:n], window)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def stir(clocks: Any, door: Any, lanes: Any, cells: Any, before: Any, codes: Any, window: Any) -> None:
    """Let the neighbours of converted cells react, run by run of one code; outside the race no clock is queued."""
    upto = np.full(clocks.target.size, -np.inf, np.float32)
    keys = np.empty(1, np.float32)
    ids = np.empty(1, np.int64)
    first = 0
    while first < cells.size:
        last = first + 1
        while last < cells.size and codes[last] == codes[first]:
            last += 1
        react(clocks, door, lanes, cells[first:last], before[first:last], codes[first], window, upto, keys, ids, 0)
        first = last
