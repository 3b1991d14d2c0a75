"""Slow, plain readings of the measures of agreement and form: one cell at a time, nothing shared with the package."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np


def divide(part, whole):
    return part / whole if whole else math.nan


def change_parts(start, observed, simulated):
    parts = Counter()
    for x, o, s in zip(start, observed, simulated, strict=True):
        if o != x and s == o:
            parts["hits"] += 1
        elif o != x and s == x:
            parts["misses"] += 1
        elif o == x and s != x:
            parts["false_alarms"] += 1
        elif o != x:
            parts["wrong_hits"] += 1
    return [parts[name] for name in ("hits", "misses", "false_alarms", "wrong_hits")]


def disagreements(observed, simulated):
    n = len(observed)
    quantity = allocation = chance = 0.0
    for k in set(observed) | set(simulated):
        in_o = sum(o == k for o in observed)
        in_s = sum(s == k for s in simulated)
        both = sum(o == k and s == k for o, s in zip(observed, simulated, strict=True))
        quantity += abs(in_o - in_s) / 2 / n
        allocation += min(in_o - both, in_s - both) / n
        chance += in_o * in_s / n / n
    agreement = sum(o == s for o, s in zip(observed, simulated, strict=True)) / n
    return quantity, allocation, agreement, chance


def kappa_simulation_parts(start, observed, simulated):
    n = len(start)
    chance = best = 0.0
    for x in set(start):
        ends = [(o, s) for x0, o, s in zip(start, observed, simulated, strict=True) if x0 == x]
        for k in set(observed) | set(simulated):
            p_o = sum(o == k for o, _ in ends) / len(ends)
            p_s = sum(s == k for _, s in ends) / len(ends)
            chance += len(ends) / n * p_o * p_s
            best += len(ends) / n * min(p_o, p_s)
    agreement = sum(o == s for o, s in zip(observed, simulated, strict=True)) / n
    return agreement, chance, best


def block_parts(start, observed, simulated, block):
    """Agreement of the end, of no change, and hits, misses, false alarms, wrong hits; all in cells."""
    height, width = start.shape
    totals = Counter()
    for top in range(0, height, block):
        for west in range(0, width, block):
            window = np.s_[top : top + block, west : west + block]
            x, o, s = (plane[window].ravel().tolist() for plane in (start, observed, simulated))
            in_x, in_o, in_s = Counter(x), Counter(o), Counter(s)
            totals["agree"] += sum((in_o & in_s).values())
            totals["null"] += sum((in_o & in_x).values())
            moved_o = Counter((a, b) for a, b in zip(x, o, strict=True) if a != b)
            moved_s = Counter((a, b) for a, b in zip(x, s, strict=True) if a != b)
            hits = sum((moved_o & moved_s).values())
            left_o = Counter(a for a, _ in moved_o.elements())
            left_s = Counter(a for a, _ in moved_s.elements())
            both = sum((left_o & left_s).values())
            totals["hits"] += hits
            totals["wrong_hits"] += both - hits
            totals["misses"] += sum(left_o.values()) - both
            totals["false_alarms"] += sum(left_s.values()) - both
    return totals


def pairwise_auc(score, gained):
    wins = pairs = 0.0
    for a, yes in zip(score, gained, strict=True):
        for b, other in zip(score, gained, strict=True):
            if yes and not other:
                pairs += 1
                wins += 1.0 if a > b else 0.5 if a == b else 0.0
    return divide(wins, pairs)


def neighbours(cell, shape, corners):
    r, c = cell
    for dr in (-1, 0, 1):
        for dc in (-1, 0, 1):
            if (dr or dc) and (corners or not (dr and dc)) and 0 <= r + dr < shape[0] and 0 <= c + dc < shape[1]:
                yield r + dr, c + dc


def flood_patches(mask, corners):
    left = {(int(r), int(c)) for r, c in np.argwhere(mask)}
    patches = []
    while left:
        front = [min(left)]
        patch = set(front)
        while front:
            for cell in neighbours(front.pop(), mask.shape, corners):
                if cell in left and cell not in patch:
                    patch.add(cell)
                    front.append(cell)
        left -= patch
        patches.append(patch)
    return patches


def expansion_kinds(start, end):
    """Cells by kind of new patch: outlying, edge, infill."""
    kinds = [0, 0, 0]
    for patch in flood_patches(end & ~start, corners=True):
        ring = {cell for inner in patch for cell in neighbours(inner, start.shape, True)} - patch
        old = sum(bool(start[cell]) for cell in ring)
        kind = 0 if old == 0 else 1 if 100 * old / len(ring) <= 50 else 2
        kinds[kind] += len(patch)
    return kinds
