"""Landscape measures of every class of a map at once: patches, edges, clumpiness, kinds of expansion, Moran's I.

Definitions as in `indicators.form`, which measures one mask; here the whole mosaic of classes is read in a few passes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from landsim.indicators.form import clumpiness_of
from landsim.indicators.maps import OUTSIDE, Codes, Counts
from landsim.indicators.ratios import ratio, ratios
from landsim.landscape.grid import M2_PER_HA

SHARE_BLOCK_M = 1000.0
"""Edge of the blocks whose shares Moran's I compares, m."""
SHARE_BLOCK_CELLS = 10
"""The same where the size of a cell is not known, cells."""

Measures = dict[str, float]


def units(cell_size: float | None) -> dict[str, str]:
    """Units of the measures of `mosaic`; lengths and areas are in cells where the size of a cell is not known."""
    return {
        "patches": "1",
        "largest_patch": "%",
        "mean_patch": "cells" if cell_size is None else "ha",
        "edge_density": "sides/cell" if cell_size is None else "m/ha",
        "clumpiness": "1",
        "outlying": "%",
        "edge": "%",
        "infill": "%",
        "moran": "1",
    }


def share_block(cell_size: float | None) -> int:
    """Edge of the blocks of Moran's I, cells."""
    return SHARE_BLOCK_CELLS if cell_size is None else max(1, round(SHARE_BLOCK_M / cell_size))


def mosaic(plane: Codes, start: Codes, n_classes: int, cell_size: float | None = None) -> list[Measures]:
    """Measure the landscape of each class.

    Parameters
    ----------
    plane, start : numpy.ndarray of uint8, shape (height, width)
        Class index a cell at the end and at the start; `OUTSIDE` where nothing is compared.
    n_classes : int
    cell_size : float, optional
        Side of a cell, m.

    Returns
    -------
    list of dict
        One entry a class: ``patches`` (8 neighbours), ``largest_patch`` (of the compared area), ``mean_patch``,
        ``edge_density`` (against other classes), ``clumpiness``, ``outlying, edge, infill`` (of the cells that the
        class gained, by landscape expansion index) and ``moran`` (of shares in blocks, queen contiguity); units as
        `units` says.  NaN where a denominator is 0.
    """
    cells, patches, largest = _patches(plane, n_classes)
    unlike, like = np.zeros((2, n_classes), dtype=np.int64)
    _count_sides(plane, unlike, like)
    grown = _expansion(start, plane, n_classes)
    shares = _block_shares(plane, n_classes, share_block(cell_size))
    total = int(cells.sum())
    patch_unit = 1.0 if cell_size is None else cell_size**2 / M2_PER_HA
    side_unit = 1.0 if cell_size is None else M2_PER_HA / cell_size
    return [
        {
            "patches": int(patches[k]),
            "largest_patch": 100 * ratio(int(largest[k]), total),
            "mean_patch": ratio(int(cells[k]), int(patches[k])) * patch_unit,
            "edge_density": ratio(int(unlike[k]), total) * side_unit,
            "clumpiness": clumpiness_of(int(cells[k]), int(like[k]), total),
            **{
                kind: 100 * ratio(int(grown[k, i]), int(grown[k].sum()))
                for i, kind in enumerate(("outlying", "edge", "infill"))
            },
            "moran": moran(shares[k]),
        }
        for k in range(n_classes)
    ]


def relative_errors(observed: Mapping[str, float], simulated: Mapping[str, float]) -> Measures:
    """Relative error |simulated - observed| / |observed| of each measure, and ``mean`` of those that have one."""
    errors = {name: ratio(abs(simulated[name] - value), abs(value)) for name, value in observed.items()}
    known = [error for error in errors.values() if math.isfinite(error)]
    return {**errors, "mean": ratio(sum(known), len(known))}


def moran(share: npt.NDArray[np.float64]) -> float:
    """Moran's I of values on a grid, the eight blocks around as neighbours with equal weight (Moran 1950).

    Parameters
    ----------
    share : numpy.ndarray of float64, shape (height, width)
        NaN where a block is empty.

    Returns
    -------
    float
        Near 1 where like lies by like, about 0 for chance; NaN where all values are the same or none has neighbours.

    Examples
    --------
    >>> moran(np.array([[1.0, 1.0, 0.0, 0.0]])) > 0 > moran(np.array([[1.0, 0.0, 1.0, 0.0]]))
    True
    """
    known = np.isfinite(share)
    values = share[known]
    if not values.size or values.min() == values.max():
        return math.nan
    away = np.where(known, share - values.mean(), 0.0)
    product, pairs = 0.0, 0
    for here, there in _NEIGHBOURS:
        product += float((away[here] * away[there]).sum())
        pairs += int(np.count_nonzero(known[here] & known[there]))
    return ratio(values.size * product, pairs * float((away**2).sum()))


_NEIGHBOURS = (
    (np.s_[:, 1:], np.s_[:, :-1]),
    (np.s_[1:], np.s_[:-1]),
    (np.s_[1:, 1:], np.s_[:-1, :-1]),
    (np.s_[1:, :-1], np.s_[:-1, 1:]),
)


def _patches(plane: Codes, n_classes: int) -> tuple[Counts, Counts, Counts]:
    """Cells, patches and cells of the largest patch of each class."""
    _, kinds, sizes = _label(plane)
    cells, patches = (np.bincount(kinds, weights, n_classes).astype(np.int64) for weights in (sizes, None))
    largest = np.zeros(n_classes, dtype=np.int64)
    np.maximum.at(largest, kinds, sizes)
    return cells, patches, largest


def _expansion(start: Codes, end: Codes, n_classes: int) -> Counts:
    """Cells gained by each class in outlying, edge and infill patches, int64, shape (n_classes, 3)."""
    gained = np.where(start != end, end, np.uint8(OUTSIDE))
    labels, kinds, sizes = _label(gained)
    ring, touching = np.zeros((2, sizes.size + 1), dtype=np.int64)
    _count_rings(labels, start, np.concatenate([[OUTSIDE], kinds]).astype(np.uint8), ring, touching)
    outlying, infill = touching[1:] == 0, 2 * touching[1:] > ring[1:]
    sort = np.where(outlying, 0, np.where(infill, 2, 1))
    grown = np.zeros((n_classes, 3), dtype=np.int64)
    np.add.at(grown, (kinds, sort), sizes)
    return grown


def _label(plane: Codes) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64], Counts]:
    """Label patches of one class, 8 neighbours, from 1 on by first cell; gives labels, class and cells of each."""
    labels = np.zeros(plane.size, dtype=np.int32)
    count = _join(plane, labels)
    kinds, sizes = np.zeros(count + 1, dtype=np.int64), np.zeros(count + 1, dtype=np.int64)
    _number(plane.reshape(-1), labels, kinds, sizes)
    return labels.reshape(plane.shape), kinds[1:], sizes[1:]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _root(parent: Any, i: Any) -> Any:
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _union(parent: Any, i: Any, j: Any) -> None:
    """Join two patches under the earlier of their first cells."""
    a, b = _root(parent, i), _root(parent, j)
    if a < b:
        parent[b] = a
    elif b < a:
        parent[a] = b


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _join(plane: Any, parent: Any) -> Any:
    """Point every cell at an earlier one of its patch or at itself; gives the number of patches.

    A cell's neighbours to the west, north-west and north-east touch the one to the north, and are of its patch already.
    """
    height, width = plane.shape
    for r in range(height):
        for c in range(width):
            i, k = r * width + c, plane[r, c]
            parent[i] = i
            if k == OUTSIDE:
                continue
            if r > 0 and plane[r - 1, c] == k:
                parent[i] = _root(parent, i - width)
                continue
            if c > 0 and plane[r, c - 1] == k:
                parent[i] = parent[i - 1]
            elif r > 0 and c > 0 and plane[r - 1, c - 1] == k:
                parent[i] = _root(parent, i - width - 1)
            if r > 0 and c < width - 1 and plane[r - 1, c + 1] == k:
                _union(parent, i, i - width + 1)
    count = 0
    for i in range(parent.size):
        count += parent[i] == i and plane[i // width, i % width] != OUTSIDE
    return count


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _number(plane: Any, parent: Any, kinds: Any, sizes: Any) -> None:
    """Replace each parent, which is never a later cell, by the number of its patch; 0 for cells outside."""
    count = 0
    for i in range(parent.size):
        if plane[i] == OUTSIDE:
            parent[i] = 0
            continue
        if parent[i] == i:
            count += 1
            parent[i] = count
            kinds[count] = plane[i]
        else:
            parent[i] = parent[parent[i]]
        sizes[parent[i]] += 1


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _count_sides(plane: Any, unlike: Any, like: Any) -> None:
    """Cell sides of each class against other classes, and twice those between two of its own cells."""
    height, width = plane.shape
    for r in range(height):
        for c in range(width):
            k = plane[r, c]
            if k == OUTSIDE:
                continue
            for near, beside in ((r + 1, c), (r, c + 1)):
                if near == height or beside == width or plane[near, beside] == OUTSIDE:
                    continue
                other = plane[near, beside]
                if other == k:
                    like[k] += 2
                else:
                    unlike[k] += 1
                    unlike[other] += 1


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _count_rings(labels: Any, start: Any, kinds: Any, ring: Any, touching: Any) -> None:
    """Count the cells around each new patch, and those of them that were of its class before."""
    height, width = labels.shape
    seen = np.zeros(8, dtype=np.int32)
    for r in range(height):
        for c in range(width):
            found = 0
            for near in range(max(r - 1, 0), min(r + 2, height)):
                for beside in range(max(c - 1, 0), min(c + 2, width)):
                    patch = labels[near, beside]
                    if patch == 0 or patch == labels[r, c] or patch in seen[:found]:
                        continue
                    seen[found] = patch
                    found += 1
                    ring[patch] += 1
                    touching[patch] += start[r, c] == kinds[patch]


def _block_shares(plane: Codes, n_classes: int, block: int) -> npt.NDArray[np.float64]:
    """Share of each class in the compared cells of each block, NaN in empty ones, shape (n_classes, down, across)."""
    counts = np.zeros((n_classes, *(-(-size // block) for size in plane.shape)), dtype=np.int64)
    _count_blocks(plane, block, counts)
    return ratios(counts, counts.sum(axis=0))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _count_blocks(plane: Any, block: Any, counts: Any) -> None:
    for r in range(plane.shape[0]):
        for c in range(plane.shape[1]):
            if plane[r, c] != OUTSIDE:
                counts[plane[r, c], r // block, c // block] += 1
