"""Compiled inner loops of the choice of a place: the alias table and the ranking of sampled alternatives."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from landsim.core.draws import philox, unit

# records keep together in memory what is read together
SLOT = np.dtype([("keep", "f4"), ("alias", "i4")])
OFFER = np.dtype([("site", "i4"), ("block", "i4"), ("cost", "f4"), ("log_rate", "f4")])

_LOW = np.uint64(0xFFFFFFFF)
_SHIFT = np.uint64(32)


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
def look_bits(name: Any, ident: Any, k: Any) -> Any:
    """Three words of 32 random bits, for slot, alias and taste of look `k` of a mover."""
    k0, k1, year = name
    wide = np.uint64(ident)
    a, b, c, _ = philox(np.uint32(wide & _LOW), np.uint32(wide >> _SHIFT), year, np.uint32(k), k0, k1)
    return a, b, c


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _gumbel(bits: Any) -> Any:
    return -math.log(-math.log(unit(bits)))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _draw_looks(name: Any, ident: Any, sampled: Any, slots: Any, drawn: Any, split: Any, taste: Any) -> None:
    """Draw a slot a look, or take every slot once, and the bits of the taste for what stands there."""
    for k in range(drawn.size):
        a, split[k], taste[k] = look_bits(name, ident, k)
        drawn[k] = np.int32((np.uint64(a) * np.uint64(slots.size)) >> _SHIFT) if sampled else k
    for k in range(drawn.size):
        slot = slots[drawn[k]]
        if unit(split[k]) >= slot.keep:
            drawn[k] = slot.alias


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _merge_looks(drawn: Any, times: Any) -> None:
    """Count how often each slot was drawn, at its first look; later looks at it count 0."""
    times[:] = 1
    met = np.uint64(0)
    for k in range(drawn.size):
        mark = np.uint64(1) << np.uint64(drawn[k] & 63)
        if met & mark:  # otherwise surely new: no slot with these low bits was met before
            for j in range(k):
                if drawn[j] == drawn[k]:
                    times[j] += 1
                    times[k] = 0
                    break
        met |= mark


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


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def rank_alternatives(
    name: Any, sample: Any, movers: Any, menu: Any, tastes: Any, slots: Any, offers: Any, ranked: Any, bids: Any
) -> None:
    """Fill `ranked` and `bids` for every mover; look number `sample` is the one at the present place."""
    idents, segments, currents, centres, loads, worths = movers
    _, site_cost, site_block, appeal, minutes = menu
    per_cost, per_minute, per_stay = tastes
    sampled = slots.size > sample
    looks = min(sample, slots.size)
    drawn = np.empty(looks, dtype=np.int32)
    times = np.empty(looks, dtype=np.int32)
    split = np.empty(looks, dtype=np.uint32)
    taste = np.empty(looks, dtype=np.uint32)
    value = np.empty(looks, dtype=np.float64)
    log_times = np.log(np.maximum(np.arange(looks + 1), 1))
    best = np.empty(ranked.shape[1], dtype=np.int32)
    score_of = np.empty(ranked.shape[1], dtype=np.float64)
    bid_of = np.empty(ranked.shape[1], dtype=np.float64)
    for i in range(idents.size):
        segment = segments[i]
        current = currents[i]
        dislike = per_cost[segment] * loads[i]
        toil = per_minute[segment]
        centre = centres[i]
        best[:] = -1
        score_of[:] = -np.inf
        bid_of[:] = 0.0
        _draw_looks(name, idents[i], sampled, slots, drawn, split, taste)
        for k in range(looks):
            offer = offers[drawn[k]]
            value[k] = appeal[segment, offer.block] + dislike * offer.cost
            if centre >= 0:
                value[k] += toil * minutes[centre, offer.block]
        _merge_looks(drawn, times)
        for k in range(looks):
            offer = offers[drawn[k]]
            if times[k] > 0 and offer.site != current:
                score = value[k] + log_times[times[k]] - offer.log_rate + _gumbel(taste[k])
                _insert(offer.site, score, value[k] * worths[i], best, score_of, bid_of)
        if current >= 0:
            block = site_block[current]
            here = appeal[segment, block] + dislike * site_cost[current] + per_stay[segment]
            if centre >= 0:
                here += toil * minutes[centre, block]
            _, _, bits = look_bits(name, idents[i], sample)
            _insert(current, here + _gumbel(bits), here * worths[i], best, score_of, bid_of)
        ranked[i] = best
        bids[i] = bid_of
