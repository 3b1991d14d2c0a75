"""Compiled search of sites by cell, and insertion and removal of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_SHORT = 8  # rows that are looked through one by one


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def page_starts(cell: Any) -> Any:
    """Cut the map into pages of cells, about two for each site; a page's shift, then the first row of each, int32."""
    last = np.int64(cell[-1])
    shift = 0
    while (last >> shift) > 2 * cell.size:
        shift += 1
    pages = np.zeros((last >> shift) + 3, dtype=np.int32)
    pages[0] = shift
    first = pages[1:]
    for row in range(cell.size):
        first[(cell[row] >> shift) + 1] += 1
    for page in range(1, first.size):
        first[page] += first[page - 1]
    return pages


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def find_rows(cell: Any, pages: Any, wanted: Any, rows: Any) -> None:
    """Fill `rows` with the row of each wanted cell in the ascending, non-empty `cell`, or -1."""
    last, shift, first = np.int64(cell[-1]), np.int64(pages[0]), pages[1:]
    for i in range(wanted.size):
        rows[i] = -1
        if 0 <= wanted[i] <= last:
            page = wanted[i] >> shift
            low, high = first[page], first[page + 1]
            while high - low > _SHORT:
                middle = (low + high) >> 1
                if cell[middle] <= wanted[i]:
                    low = middle
                else:
                    high = middle
            for row in range(low, high):
                if cell[row] == wanted[i]:
                    rows[i] = row
                    break


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def splice(old: Any, new: Any, width: Any, gone: Any, at: Any, out: Any) -> None:
    """Copy rows of `width` bytes, leaving out the rows `gone` and inserting new ones before the rows `at`.

    Both ascend; a row may be left out and have a new one in its place.
    """
    done = end = i = j = 0
    while i < gone.size or j < at.size:
        inserts = j < at.size and (i == gone.size or at[j] <= gone[i])
        stop = at[j] if inserts else gone[i]
        length = (stop - done) * width
        out[end : end + length] = old[done * width : stop * width]
        end += length
        done = stop
        if inserts:
            out[end : end + width] = new[j * width : (j + 1) * width]
            end += width
            j += 1
        else:
            done += 1
            i += 1
    out[end:] = old[done * width :]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def sum_in_blocks(block: Any, price: Any, gone: Any, total: Any, count: Any) -> None:
    """Add up the prices and the number of sites by block, but for the ascending rows `gone`."""
    i = 0
    for row in range(block.size):
        if i < gone.size and row == gone[i]:
            i += 1
        else:
            total[block[row]] += price[row]
            count[block[row]] += 1


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def sum_markets(market: Any, homes: Any, lived: Any, desks: Any, held: Any, trend: Any, sums: Any, total: Any) -> None:
    """Add up sites, homes, homes lived in, premises and premises held by market, and the trends of prices."""
    for row in range(market.size):
        m = market[row]
        sums[m, 0] += 1
        sums[m, 1] += homes[row]
        sums[m, 2] += lived[row]
        sums[m, 3] += desks[row, 0] + desks[row, 1]
        sums[m, 4] += held[row, 0] + held[row, 1]
        total[m] += trend[row]
