"""Winding: clocks are set when a run starts and after a change, and re-rated when their potential changes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from landsim.core.draws import draw_cell, philox, unit
from landsim.transition.clocks import SUIT_STEPS, UNFIT, elapsed, weigh
from landsim.transition.lanes import LATEST, lane_number

CHUNK = 1024
"""Cells wound at a time: their draws stay in the first cache; a multiple of the four that a Philox call serves."""

LEAST_FIT = 65534
"""Stored form of the smallest suitability, exp(-32)."""

_LN2 = np.log(2.0)
_MANTISSA, _EXPONENT_OF_ONE = np.int64(0x000FFFFFFFFFFFFF), np.int64(0x3FF0000000000000)
_HALFWAY = np.int64(0x0006A09E667F3BCD)  # mantissa of the square root of 2


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def negative_log(x: Any, out: Any) -> None:
    """Write -ln(x) of positive float64 numbers, to 1e-10 of its size also beside 1.

    Series of the inverse hyperbolic tangent on a mantissa in [sqrt(1/2), sqrt(2)): plain products and sums, which
    compilers vectorise and every machine rounds alike.
    """
    bits = x.view(np.int64)
    for i in range(x.size):
        up = np.int64((bits[i] & _MANTISSA) > _HALFWAY)
        power = np.float64((bits[i] >> np.int64(52)) - np.int64(1023) + up)
        out[i] = power
        bits[i] = (bits[i] & _MANTISSA) + (_EXPONENT_OF_ONE - (up << np.int64(52)))
    for i in range(x.size):
        f = (x[i] - 1.0) / (x[i] + 1.0)
        s = f * f
        series = 1 / 15 + s / 17
        series = 1 / 13 + s * series
        series = 1 / 11 + s * series
        series = 1 / 9 + s * series
        series = 1 / 7 + s * series
        series = 1 / 5 + s * series
        series = 1 / 3 + s * series
        out[i] = -(2.0 * f * (1.0 + s * series) + out[i] * _LN2)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def pack(suit: Any, out: Any) -> None:
    """Store suitabilities in (0, 1] as -ln(S) in steps of 1/2048 (relative error 0.03 %); 0 or NaN becomes `UNFIT`.

    Parameters
    ----------
    suit : float32, shape (m,)
    out : uint16, shape (m,)
        Written.
    """
    chunk, logs = np.empty(CHUNK, np.float64), np.empty(CHUNK, np.float64)
    for first in range(0, suit.size, CHUNK):
        m = min(CHUNK, suit.size - first)
        for i in range(m):
            fits = suit[first + i] > np.float32(0.0)
            chunk[i] = np.float64(suit[first + i]) if fits else 1.0
        negative_log(chunk[:m], logs[:m])
        for i in range(m):
            steps = np.rint(min(max(logs[i] * SUIT_STEPS, 0.0), np.float64(LEAST_FIT)))
            out[first + i] = np.uint16(steps) if suit[first + i] > np.float32(0.0) else UNFIT


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def draw_exponentials(k0: Any, k1: Any, first: Any, count: Any, uniforms: Any, out: Any) -> None:
    """Write the first named unit exponentials of `count` cells from a multiple of four on; one call serves four.

    `uniforms` and `out` hold `CHUNK` numbers each.
    """
    for i in range(0, count, 4):
        group = np.uint64(first + i) >> np.uint64(2)
        low, high = np.uint32(group & np.uint64(0xFFFFFFFF)), np.uint32(group >> np.uint64(32))
        a, b, c, d = philox(low, high, np.uint32(0), np.uint32(0), k0, k1)
        uniforms[i], uniforms[i + 1], uniforms[i + 2], uniforms[i + 3] = unit(a), unit(b), unit(c), unit(d)
    negative_log(uniforms[:count], out[:count])


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def wind_rows(clocks: Any, door: Any, lanes: Any, k: Any, keys: Any, first: Any, last: Any) -> None:
    """Set the first clocks of class k on the cells ``first .. last - 1``."""
    left, uniforms = np.empty(CHUNK, np.float64), np.empty(CHUNK, np.float64)
    cells, blocks = np.empty(CHUNK, np.int64), np.empty(CHUNK, np.int32)
    width, block_row, block_col = np.int64(clocks.shape[1]), clocks.block_row, clocks.block_col
    start = first - first % 4
    row, col = start // width, start % width
    for top in range(start, last, CHUNK):
        m = min(CHUNK, last - top)
        draw_exponentials(keys[k, 0], keys[k, 1], top, m, uniforms, left)
        for i in range(m):
            cells[i] = top + i
            blocks[i] = block_row[row] + block_col[col]
            col += 1
            if col == width:
                row, col = row + 1, 0
        skipped = max(first - top, 0)
        set_clocks(clocks, door, lanes, k, 0, cells[skipped:m], blocks[skipped:m], left[skipped:m])


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def wind(clocks: Any, door: Any, lanes: Any, k: Any, keys: Any, year: Any, cells: Any) -> None:
    """Set a fresh clock of class k on each listed cell, or none where the class may not come."""
    left, uniforms, blocks = np.empty(CHUNK, np.float64), np.empty(CHUNK, np.float64), np.empty(CHUNK, np.int32)
    width, block_row, block_col = np.int64(clocks.shape[1]), clocks.block_row, clocks.block_col
    k0, k1 = keys[k, 0], keys[k, 1]
    for first in range(0, cells.size, CHUNK):
        some = cells[first : first + CHUNK]
        m = some.size
        for i in range(m):
            uniforms[i] = draw_cell(k0, k1, np.uint32(year), some[i], np.uint32(0))
            blocks[i] = block_row[some[i] // width] + block_col[some[i] % width]
        negative_log(uniforms[:m], left[:m])
        set_clocks(clocks, door, lanes, k, year, some, blocks[:m], left[:m])


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def set_clocks(clocks: Any, door: Any, lanes: Any, k: Any, year: Any, cells: Any, blocks: Any, draws: Any) -> None:
    """Set clocks of class k on listed cells of listed blocks from their unit exponentials, or none.

    A clock of weight w runs for its exponential over w, or for 1 / w without scatter.
    """
    # arrays leave the records first: reading a field in the loop costs a reference count, sixteen times the rest
    t, suit, score, response = clocks.t[k], clocks.suit[k], clocks.score[k], clocks.response[k]
    ease, bid, factor, ready, since = clocks.ease[k], clocks.bid[k], clocks.suit_factor, clocks.ready, clocks.since
    index, land, code_class, region = clocks.code_index, door.land, door.code_class, door.region
    control, inside, chance = door.control, door.inside, door.chance[clocks.project[k]]
    tau, stop, now = lanes.tau, lanes.stop, lanes.now[0]
    target, greedy, classes, codes = clocks.target[k], clocks.greedy[0], clocks.target.size, ease.size
    to_class = code_class[target]
    p0, p1 = door.permit_key[0], door.permit_key[1]
    for j in range(cells.size):
        cell = cells[j]
        t[cell] = np.float32(np.inf)
        code = land[cell]
        from_class = code_class[code]
        stored = suit[cell]
        if from_class == 0 or code == target or stored == UNFIT:
            continue
        odds = chance[control[cell], from_class, to_class]
        if odds <= 0.0:
            continue
        w = weigh(factor, response, ease, bid, ready, stored, score[cell], index[code], blocks[j], since[cell], year)
        if w <= 0.0:
            continue
        if odds < 1.0 and draw_cell(p0, p1, np.uint32(0), cell, np.uint32(to_class)) >= odds:
            continue
        rate = np.float32(w)
        if greedy:
            t[cell] = np.float32(1.0) / rate
            continue
        lane = lane_number(region[cell], k, classes, index[code], codes, inside[control[cell]])
        t[cell] = tau[lane] + min(now, stop[lane]) + np.float32(draws[j]) / rate


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def rewind(clocks: Any, door: Any, lanes: Any, keys: Any, year: Any, cells: Any) -> None:
    """Set fresh clocks of every class on cells that have changed."""
    for k in range(clocks.target.size):
        wind(clocks, door, lanes, k, keys, year, cells)


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def rescaled(t: Any, now: Any, ratio: Any) -> Any:
    """Ringing time after what is left is rescaled by ``w_old / w_new``; a clock that has rung waits at the door."""
    left = t - now
    return min(np.float32(now + left * ratio), LATEST) if left > np.float32(0.0) else t


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def ripen(clocks: Any, door: Any, lanes: Any, year: Any, cells: Any) -> Any:
    """Re-rate cells changed in earlier years whose readiness grows by a year; tell which of them have a clock."""
    since, ready, index, land, region = clocks.since, clocks.ready, clocks.code_index, door.land, door.region
    control, inside, tau, stop, moment = door.control, door.inside, lanes.tau, lanes.stop, lanes.now[0]
    classes, codes, greedy = clocks.target.size, clocks.ease.shape[1], clocks.greedy[0]
    going = np.zeros(cells.size, np.bool_)
    for k in range(classes):
        t = clocks.t[k]
        for j in range(cells.size):
            cell = cells[j]
            if not t[cell] < np.inf:
                continue
            going[j] = True
            age = elapsed(year - 1, since[cell]) + 1
            now = np.float32(0.0)
            if not greedy:
                lane = lane_number(region[cell], k, classes, index[land[cell]], codes, inside[control[cell]])
                now = tau[lane] + min(moment, stop[lane])
            t[cell] = rescaled(t[cell], now, ready[age - 1] / ready[age])
    return going


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def rebid(clocks: Any, door: Any, lanes: Any, k: Any, bids: Any) -> None:
    """Take new economic weights of blocks for class k and re-rate the cells of the blocks that changed."""
    height, width = np.int64(clocks.shape[0]), np.int64(clocks.shape[1])
    factor, per_row = np.int64(clocks.shape[2]), np.int64(clocks.shape[3])
    t, bid, index, land, region = clocks.t[k], clocks.bid[k], clocks.code_index, door.land, door.region
    control, inside, tau, stop, moment = door.control, door.inside, lanes.tau, lanes.stop, lanes.now[0]
    classes, codes, greedy = clocks.target.size, clocks.ease.shape[1], clocks.greedy[0]
    for block in range(bids.size):
        if bids[block] == bid[block]:
            continue
        ratio = np.float32(bid[block] / bids[block])
        bid[block] = bids[block]
        top = block // per_row * factor
        left = block % per_row * factor
        for r in range(top, min(top + factor, height)):
            for cell in range(r * width + left, r * width + min(left + factor, width)):
                if not t[cell] < np.inf:
                    continue
                now = np.float32(0.0)
                if not greedy:
                    lane = lane_number(region[cell], k, classes, index[land[cell]], codes, inside[control[cell]])
                    now = tau[lane] + min(moment, stop[lane])
                t[cell] = rescaled(t[cell], now, ratio)
