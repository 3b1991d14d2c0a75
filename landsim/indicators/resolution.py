"""Agreement at coarser and coarser blocks, and the block at which a simulation is no worse than no change.

Source: Pontius, Peethambaram and Castella (2011), comparison of three maps at multiple resolutions.  Within a block
places do not matter: each class, each change from one class to another, and each class's change as a whole overlap
by the lesser of the two amounts.  At one cell a block this is the cell-by-cell comparison, at one block the quantities.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from landsim.indicators.maps import OUTSIDE, MapTrio
from landsim.indicators.measures import Tally, columns_of, tally_blocks
from landsim.indicators.ratios import ratio

_COUNTS_AT_MOST = 4_000_000


def resolution_curve(trio: MapTrio) -> dict[str, Any]:
    """Agreement and figure of merit at blocks of 1, 2, 4, ... cells up to one block for the whole map.

    Returns
    -------
    dict
        ``levels``: a list of ``{block, agreement, null_agreement, fom, hits, misses, false_alarms, wrong_hits}``;
        ``null_resolution``: the least block (cells) whose error is not above that of no change, NaN if there is none.
    """
    sizes = block_sizes(trio.start.shape)
    coarse = next(i for i, block in enumerate(sizes) if _is_coarse(trio, block) or block == sizes[-1])
    levels = [block_agreement(trio, block) for block in sizes[:coarse]] + _coarse_levels(trio, sizes[coarse:])
    even = [level["block"] for level in levels if level["agreement"] >= level["null_agreement"]]
    return {"levels": levels, "null_resolution": even[0] if even else math.nan}


def block_agreement(trio: MapTrio, block: int) -> dict[str, Any]:
    """Agreement at blocks of `block` x `block` cells, counted in cells; blocks at the rim hold fewer."""
    return _level(trio, block, *_overlaps(trio.start, trio.observed, trio.simulated, block, trio.codes.size))


def _is_coarse(trio: MapTrio, block: int) -> bool:
    """Tell whether the counts of all blocks fit into memory well, so that those of coarser ones are their sums."""
    blocks = math.prod(-(-size // block) for size in trio.start.shape)
    return bool(blocks * columns_of(trio.codes.size) <= _COUNTS_AT_MOST)


def _coarse_levels(trio: MapTrio, sizes: list[int]) -> list[dict[str, Any]]:
    """Agreement at blocks that each hold four of those before."""
    n = trio.codes.size
    counts = tally_blocks(trio.start, trio.observed, trio.simulated, n, sizes[0])
    counts = counts.reshape(-(-trio.start.shape[0] // sizes[0]), -(-trio.start.shape[1] // sizes[0]), -1)
    levels = []
    for block in sizes:
        levels.append(_level(trio, block, *_overlaps_of(Tally.of_columns(counts, n))))
        for axis in (0, 1):
            counts = np.add.reduceat(counts, np.arange(0, counts.shape[axis], 2), axis=axis)
    return levels


def _overlaps_of(counted: Tally) -> tuple[int, int, int, int]:
    """Sum what `_overlaps` sums, from the counts of every block."""
    ends = (counted.observed, counted.simulated)
    before, (observed, simulated) = counted.observed.sum(-1), (end.sum(-2) for end in ends)
    moved = [end * ~np.eye(end.shape[-1], dtype=np.bool_) for end in ends]
    left = [changes.sum(-1) for changes in moved]
    pairs = ((observed, simulated), (observed, before), moved, left)
    agree, null, hits, overlap = (int(np.minimum(*pair).sum()) for pair in pairs)
    return agree, null, hits, overlap


def _level(trio: MapTrio, block: int, agree: int, null: int, hits: int, overlap: int) -> dict[str, Any]:
    stay = np.arange(trio.codes.size)
    cells = int(trio.joint.sum())
    observed = cells - int(trio.joint.sum(axis=2)[stay, stay].sum())
    simulated = cells - int(trio.joint.sum(axis=1)[stay, stay].sum())
    return {
        "block": block,
        "agreement": agree / cells,
        "null_agreement": null / cells,
        "fom": ratio(hits, observed + simulated - overlap),
        "hits": hits,
        "misses": observed - overlap,
        "false_alarms": simulated - overlap,
        "wrong_hits": overlap - hits,
    }


def block_sizes(shape: tuple[int, ...]) -> list[int]:
    """Edges of the blocks, 1, 2, 4, ... cells up to one block for the whole map."""
    doublings = math.ceil(math.log2(max(shape)))
    return [1 << power for power in range(doublings + 1)]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _overlaps(start: Any, observed: Any, simulated: Any, block: Any, n: Any) -> Any:
    """Overlap of classes, of classes with the start, of changes by (from, to), and of changes by from; cells."""
    height, width = start.shape
    held = np.zeros((3, n), dtype=np.int64)  # cells of each class at the start, observed, simulated
    left = np.zeros((2, n), dtype=np.int64)  # cells that left each class: observed, simulated
    moved = np.zeros((2, n, n), dtype=np.int64)  # cells by (from, to): observed, simulated
    agree, null, hits, overlap = 0, 0, 0, 0
    for top in range(0, height, block):
        bottom = min(top + block, height)
        for west in range(0, width, block):
            east = min(west + block, width)
            for r in range(top, bottom):
                for c in range(west, east):
                    x, o, s = start[r, c], observed[r, c], simulated[r, c]
                    if x == OUTSIDE:
                        continue
                    held[0, x] += 1
                    held[1, o] += 1
                    held[2, s] += 1
                    if o != x:
                        left[0, x] += 1
                        moved[0, x, o] += 1
                    if s != x:
                        left[1, x] += 1
                        moved[1, x, s] += 1
            # each entry is counted at its first cell and emptied, so the work does not grow with the classes
            for r in range(top, bottom):
                for c in range(west, east):
                    x, o = start[r, c], observed[r, c]
                    if x == OUTSIDE:
                        continue
                    agree += min(held[1, o], held[2, o])
                    null += min(held[1, o], held[0, o])
                    held[1, o] = 0
                    overlap += min(left[0, x], left[1, x])
                    left[0, x] = 0
                    hits += min(moved[0, x, o], moved[1, x, o])
                    moved[0, x, o] = 0
            for r in range(top, bottom):
                for c in range(west, east):
                    x, s = start[r, c], simulated[r, c]
                    if x == OUTSIDE:
                        continue
                    held[0, x] = 0
                    held[2, s] = 0
                    left[1, x] = 0
                    moved[1, x, s] = 0
    return agree, null, hits, overlap
