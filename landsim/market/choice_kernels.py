"""Compiled inner loops of the choice of a place: the alias table and the ranking of sampled alternatives.

The ranking of one mover is a chain of short loops over its looks, each of one kind of work, so that draws and
logarithms run several looks an instruction and reads from far memory overlap.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from landsim.core.draws import philox, unit

# records keep together in memory what is read together
SLOT = np.dtype([("keep", "f4"), ("alias", "i4")])
OFFER = np.dtype([("site", "i4"), ("block", "i4"), ("cost", "f4"), ("log_rate", "f4")])

_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)
_LANES = 8  # looks are drawn in whole groups of so many: a remainder would run one by one
_MARKS = 1024  # slots told apart at a glance when looks are merged

# ln(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)), s = f / (2 + f), for f from sqrt(1/2) - 1 to sqrt(2) - 1, within 1 unit in
# the last place: the e_log.c of fdlibm (Sun Microsystems 1993)
_R1, _R2, _R3, _R4, _R5, _R6, _R7 = (
    0.6666666666666735130, 0.3999999999940941908, 0.2857142874366239149, 0.2222219843214978396,
    0.1818357216161805012, 0.1531383769920937332, 0.1479819860511658591,
)  # fmt: skip
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_MANTISSA_BITS = np.uint64(52)
_EXPONENT = np.uint64(0xFFF << 52)
_BIAS = np.uint64(1023 << 52)
_FROM_ROOT_HALF = np.uint64((1023 << 52) - 0x3FE6A09E00000000)  # makes exponents change at sqrt(1/2), not at 1
_WHOLE = np.uint64(0x433 << 52)  # the bits of 2**52: a small whole number in its low bits is added to it
_WHOLE_OFFSET = 2.0**52 + 1023.0


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def fill_slots(rest: Any, slots: Any) -> None:
    """Split slots of mean weight 1 so that each holds its own offer and one alias (Vose 1991); `rest` is used up."""
    small = np.empty(rest.size, dtype=np.int32)
    large = np.empty(rest.size, dtype=np.int32)
    n_small = 0
    n_large = 0
    for i in range(rest.size):
        slots[i].keep = 1.0
        slots[i].alias = i
        if rest[i] < 1.0:
            small[n_small] = i
            n_small += 1
        else:
            large[n_large] = i
            n_large += 1
    while n_small > 0 and n_large > 0:
        n_small -= 1
        poor = small[n_small]
        rich = large[n_large - 1]
        slots[poor].keep = rest[poor]
        slots[poor].alias = rich
        rest[rich] -= 1.0 - rest[poor]
        if rest[rich] < 1.0:
            n_large -= 1
            small[n_small] = rich
            n_small += 1


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def draw_looks(name: Any, ident: Any, slot: Any, split: Any, taste: Any) -> None:
    """Draw three words of 32 random bits for every look `k` of a mover, which is counter word 3 of their name."""
    k0, k1, year = name
    wide = np.uint64(ident)
    low, high = np.uint32(wide & _LOW), np.uint32(wide >> _SHIFT)
    for k in range(slot.size):
        slot[k], split[k], taste[k], _ = philox(low, high, year, np.uint32(k), k0, k1)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _take_slots(slot: Any, split: Any, slots: Any, drawn: Any) -> None:
    """Turn random bits into slots of the alias table."""
    n_slots = np.uint64(slots.size)
    for k in range(drawn.size):
        at = np.int32((np.uint64(slot[k]) * n_slots) >> _SHIFT)
        entry = slots[at]
        drawn[k] = entry.alias if unit(split[k]) >= entry.keep else at


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _merge_looks(drawn: Any, times: Any, met: Any) -> None:
    """Count how often each slot was drawn, at its first look; later looks at it count 0."""
    times[:] = 1
    met[:] = 0
    for k in range(drawn.size):
        mark = np.uint64(1) << np.uint64(drawn[k] & 63)
        word = (drawn[k] % _MARKS) >> 6
        if met[word] & mark:  # otherwise surely new: no slot with these low bits was met before
            for j in range(k):
                if drawn[j] == drawn[k]:
                    times[j] += 1
                    times[k] = 0
                    break
        met[word] |= mark


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _negative_logs(x: Any, x_bits: Any, whole: Any, whole_bits: Any) -> None:
    """Put -ln(x) in the place of every x, a positive normal number; `x_bits` and `whole_bits` are views of bits."""
    for k in range(x.size):
        shifted = x_bits[k] + _FROM_ROOT_HALF
        whole_bits[k] = (shifted >> _MANTISSA_BITS) | _WHOLE
        x_bits[k] -= (shifted & _EXPONENT) - _BIAS
    for k in range(x.size):
        exponent = whole[k] - _WHOLE_OFFSET
        f = x[k] - 1.0
        s = f / (2.0 + f)
        z = s * s
        rest = z * (_R1 + z * (_R2 + z * (_R3 + z * (_R4 + z * (_R5 + z * (_R6 + z * _R7))))))
        half = 0.5 * f * f
        x[k] = ((half - (s * (half + rest) + exponent * _LN2_LOW)) - f) - exponent * _LN2_HIGH


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def fill_gumbels(words: Any, out: Any, scratch: Any) -> None:
    """Standard Gumbel draws -ln(-ln(u)) from words of 32 random bits; `scratch` is of the shape of `out`, float64."""
    for k in range(words.size):
        out[k] = unit(words[k])
    for _ in range(2):
        _negative_logs(out, out.view(np.uint64), scratch, scratch.view(np.uint64))


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def _insert(site: Any, score: Any, bid: Any, sites: Any, scores: Any, bids: Any) -> None:
    """Put an alternative into a short list kept in falling order of score; ties keep their order of arrival."""
    at = sites.size - 1
    if score <= scores[at]:
        return
    while at > 0 and score > scores[at - 1]:
        scores[at] = scores[at - 1]
        sites[at] = sites[at - 1]
        bids[at] = bids[at - 1]
        at -= 1
    scores[at] = score
    sites[at] = site
    bids[at] = bid


@njit(inline="always", cache=True)  # type: ignore[untyped-decorator]
def _mean_of_reached(value: Any) -> Any:
    """Mean utility of what a mover looked at, a place as often as it was drawn, without what no way leads to."""
    total = 0.0
    for v in value:
        total += v
    count = value.size
    if total == -np.inf:
        total, count = 0.0, 0
        for v in value:
            if v > -np.inf:
                total += v
                count += 1
    return total / max(count, 1)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def rank_alternatives(
    name: Any, sample: Any, movers: Any, menu: Any, tastes: Any, slots: Any, offers: Any, first: Any, ranked: Any,
    bids: Any,
) -> None:  # fmt: skip
    """Fill `ranked` and `bids`, a row a mover from mover `first`; look `sample` is the one at the present place."""
    idents, segments, currents, centres, loads, worths = movers
    _, site_cost, site_block, appeal, minutes = menu
    per_cost, per_minute, per_stay = tastes
    n_blocks = appeal.shape[1]
    merits, ways = appeal.reshape(-1), minutes.reshape(-1)
    sampled = slots.size > sample
    looks = min(sample, slots.size)
    rounds = ranked.shape[1]
    drawn = np.arange(looks).astype(np.int32)
    times = np.ones(looks, dtype=np.int32)
    value = np.empty(looks, dtype=np.float64)
    wide = (sample + _LANES) // _LANES * _LANES
    slot = np.empty(wide, dtype=np.uint32)  # arrays of their own: rows of one would not be known to be contiguous
    split = np.empty(wide, dtype=np.uint32)
    taste = np.empty(wide, dtype=np.uint32)
    score = np.empty(wide, dtype=np.float64)
    scratch = np.empty(wide, dtype=np.float64)
    met = np.zeros(_MARKS // 64, dtype=np.uint64)
    log_times = np.log(np.maximum(np.arange(looks + 1), 1))
    best = np.empty(rounds, dtype=np.int32)
    score_of = np.empty(rounds, dtype=np.float64)
    bid_of = np.empty(rounds, dtype=np.float64)
    for row in range(ranked.shape[0]):
        i = first + row
        segment = np.int64(segments[i])
        current = currents[i]
        centre = np.int64(centres[i])
        dislike = per_cost[segment] * loads[i]
        toil = per_minute[segment]
        worth = worths[i]
        draw_looks(name, idents[i], slot, split, taste)
        if sampled:
            _take_slots(slot, split, slots, drawn)
            _merge_looks(drawn, times, met)
        for k in range(looks):
            offer = offers[drawn[k]]
            value[k] = merits[segment * n_blocks + offer.block] + dislike * offer.cost
        if centre >= 0:
            for k in range(looks):
                value[k] += toil * ways[centre * n_blocks + offers[drawn[k]].block]
        usual = _mean_of_reached(value)
        fill_gumbels(taste, score, scratch)
        best[:] = -1
        score_of[:] = -np.inf
        bid_of[:] = 0.0
        for k in range(looks):
            score[k] += value[k] + log_times[times[k]] - offers[drawn[k]].log_rate
        for k in range(looks):
            if score[k] > score_of[-1] and times[k] > 0 and offers[drawn[k]].site != current:
                _insert(offers[drawn[k]].site, score[k], (value[k] - usual) * worth, best, score_of, bid_of)
        if current >= 0:
            block = site_block[current]
            here = appeal[segment, block] + dislike * site_cost[current] + per_stay[segment]
            if centre >= 0:
                here += toil * minutes[centre, block]
            _insert(current, here + score[sample], (here - usual) * worth, best, score_of, bid_of)
        ranked[row] = best
        bids[row] = bid_of
