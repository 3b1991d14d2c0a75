"""Urban form of a mask of cells: compactness, patches, edges, clumpiness, kinds of expansion, mix of uses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import ndimage

from landsim.indicators.ratios import ratio
from landsim.landscape.grid import M2_PER_HA

Mask = npt.NDArray[np.bool_]

_AROUND = np.ones((3, 3), dtype=np.int8)
_BESIDE = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], dtype=np.int8)


@dataclass(frozen=True)
class UrbanForm:
    """Form of a city in one year; NaN where a measure has no meaning, e.g. on an empty mask.

    Attributes
    ----------
    compactness : float
        Normalised moment of inertia, 0..1; 1 is a disc.
    patches : int
        Patches of touching cells (8 neighbours).
    mean_patch_ha : float
        Mean patch, ha.
    largest_patch : float
        Largest patch, % of the land.
    patch_density : float
        Patches a 100 ha of land.
    edge_density : float
        Edge between urban and other land, m/ha.
    clumpiness : float
        -1 dispersed, 0 random, 1 clumped.
    outlying, edge, infill : float
        Kinds of expansion, % of the area built since the start.
    """

    compactness: float
    patches: int
    mean_patch_ha: float
    largest_patch: float
    patch_density: float
    edge_density: float
    clumpiness: float
    outlying: float
    edge: float
    infill: float


def urban_form(mask: Mask, start: Mask, valid: Mask, cell_size: float) -> UrbanForm:
    """Measure the form of a city.

    Parameters
    ----------
    mask, start : numpy.ndarray of bool, shape (height, width)
        Urban cells now and at the start of the run.
    valid : numpy.ndarray of bool, shape (height, width)
        Cells inside the study.
    cell_size : float
        Side of a cell, m.
    """
    cell_ha = cell_size**2 / M2_PER_HA
    land_ha = int(np.count_nonzero(valid)) * cell_ha
    sizes = patch_sizes(mask)
    grown = expansion(start, mask)
    return UrbanForm(
        compactness=compactness(mask),
        patches=sizes.size,
        mean_patch_ha=ratio(float(sizes.sum()), sizes.size) * cell_ha,
        largest_patch=100 * ratio(int(sizes.max(initial=0)) * cell_ha, land_ha),
        patch_density=100 * ratio(sizes.size, land_ha),
        edge_density=ratio(edges(mask, valid) * cell_size, land_ha),
        clumpiness=clumpiness(mask, valid),
        outlying=100 * ratio(grown.outlying, grown.cells),
        edge=100 * ratio(grown.edge, grown.cells),
        infill=100 * ratio(grown.infill, grown.cells),
    )


def compactness(mask: Mask) -> float:
    """Normalised moment of inertia, ``A**2 / (2 pi J)``: 1 for a disc, 3/pi for a square, 0 for dust far apart.

    J holds each cell's own moment (1/6 of a cell's area squared) besides that of its centre, without which the
    measure of a few cells exceeds 1.  Source: Li, Goodchild and Church (2013).

    Parameters
    ----------
    mask : numpy.ndarray of bool, shape (height, width)

    Returns
    -------
    float
        NaN for an empty mask.

    Examples
    --------
    >>> bool(np.isclose(compactness(np.ones((5, 5), dtype=bool)), 3 / np.pi))
    True
    """
    cells = int(np.count_nonzero(mask))
    spread = _spread(np.count_nonzero(mask, axis=1)) + _spread(np.count_nonzero(mask, axis=0))
    return ratio(cells**2, 2 * math.pi * (spread + cells / 6))


def _spread(counts: npt.NDArray[np.intp]) -> float:
    """Sum of squared distances from the mean along one axis, given the cells a row (or column)."""
    if not counts.any():
        return 0.0
    place = np.arange(counts.size, dtype=np.float64)
    place -= np.average(place, weights=counts)
    return float(counts @ place**2)


def patch_sizes(mask: Mask, neighbours: int = 8) -> npt.NDArray[np.int64]:
    """Sizes of the patches of a mask in cells, in the order of their first cells.

    Parameters
    ----------
    mask : numpy.ndarray of bool, shape (height, width)
    neighbours : {4, 8}
        Whether cells that meet at a corner are one patch.

    Raises
    ------
    ValueError
        If `neighbours` is neither 4 nor 8.
    """
    labels, count = _label(mask, neighbours)
    sizes = np.zeros(count + 1, dtype=np.int64)
    _tally(labels.reshape(-1), sizes)
    return sizes[1:]


def edges(mask: Mask, valid: Mask) -> int:
    """Cell sides between the mask and other valid cells; the rim of the study is no edge."""
    inside = mask & valid
    down = (inside[1:] != inside[:-1]) & valid[1:] & valid[:-1]
    across = (inside[:, 1:] != inside[:, :-1]) & valid[:, 1:] & valid[:, :-1]
    return int(np.count_nonzero(down) + np.count_nonzero(across))


def clumpiness(mask: Mask, valid: Mask | None = None) -> float:
    """Clumpiness index: like adjacencies against those of a random map of the same share.

    Four neighbours, double count; sides on the rim of the map count as unlike.  Source: McGarigal et al. (2012),
    FRAGSTATS, class metric CLUMPY.

    Parameters
    ----------
    mask : numpy.ndarray of bool, shape (height, width)
    valid : numpy.ndarray of bool, shape (height, width), optional
        Cells of which the share is taken; all where not given.

    Returns
    -------
    float
        -1 dispersed, 0 random, 1 clumped; NaN where the mask has less than two cells or covers everything.
    """
    inside = mask if valid is None else mask & valid
    like = 2 * int(np.count_nonzero(inside[1:] & inside[:-1]) + np.count_nonzero(inside[:, 1:] & inside[:, :-1]))
    land = inside.size if valid is None else int(np.count_nonzero(valid))
    return clumpiness_of(int(np.count_nonzero(inside)), like, land)


def clumpiness_of(cells: int, like: int, land: int) -> float:
    """Clumpiness index of so many cells among those of the land, from their like adjacencies, each counted twice."""
    share = ratio(cells, land)
    alike = ratio(like, 4 * cells - _least_perimeter(cells))
    below = alike < share < 0.5
    return ratio(alike - share, share if below else 1 - share)


def _least_perimeter(cells: int) -> int:
    """Sides around the most compact patch of so many cells."""
    side = math.isqrt(cells)
    rest = cells - side * side
    if rest == 0:
        return 4 * side
    return 4 * side + (2 if rest <= side else 4)


class Expansion(NamedTuple):
    """Cells built between two dates by the kind of their patch, and the patches of each kind."""

    outlying: int
    edge: int
    infill: int
    outlying_patches: int
    edge_patches: int
    infill_patches: int

    @property
    def cells(self) -> int:
        """Cells built."""
        return self.outlying + self.edge + self.infill


def expansion(start: Mask, end: Mask) -> Expansion:
    """Sort new patches by the landscape expansion index, ``LEI = 100 * (buffer in old) / buffer``.

    0 is outlying, up to 50 edge growth, above 50 infill; the buffer is the ring of cells around the patch.
    Source: Liu et al. (2010).

    Parameters
    ----------
    start, end : numpy.ndarray of bool, shape (height, width)
        Urban cells at the two dates.
    """
    labels, count = _label(end & ~start, 8)
    sizes, ring, touching = np.zeros((3, count + 1), dtype=np.int64)
    _tally(labels.reshape(-1), sizes)
    _tally_rings(labels, start, ring, touching)
    sizes, ring, touching = sizes[1:], ring[1:], touching[1:]
    outlying, infill = touching == 0, 2 * touching > ring
    kinds = (outlying, ~outlying & ~infill, infill)
    return Expansion(*(int(sizes[kind].sum()) for kind in kinds), *(int(np.count_nonzero(kind)) for kind in kinds))


def entropy_mix(shares: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Mix of uses as normalised entropy, ``-sum(p ln p) / ln K``, along the last axis.

    Parameters
    ----------
    shares : array_like of float, shape (..., K)
        Amounts of each use; they are divided by their sum.

    Returns
    -------
    numpy.ndarray of float64, shape (...)
        0 one use, 1 all alike; NaN where nothing is used or K is 1.

    Examples
    --------
    >>> round(float(entropy_mix([0.5, 0.25, 0.25])), 6)
    0.946395
    """
    amounts = np.asarray(shares, dtype=np.float64)
    total = amounts.sum(axis=-1, keepdims=True)
    share = np.divide(amounts, total, out=np.full(amounts.shape, np.nan), where=total > 0)
    information = share * np.log(share, out=np.zeros(share.shape), where=share > 0)
    most = math.log(amounts.shape[-1])
    return np.asarray(-information.sum(axis=-1) / most if most else np.full(total.shape[:-1], np.nan))


def _label(mask: Mask, neighbours: int) -> tuple[npt.NDArray[np.int32], int]:
    if neighbours not in (4, 8):
        raise ValueError(f"neighbours {neighbours}, expected 4 or 8")
    labels, count = ndimage.label(mask, structure=_AROUND if neighbours == 8 else _BESIDE, output=np.int32)
    return labels, int(count)


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _tally(labels: Any, sizes: Any) -> None:
    for i in range(labels.size):
        sizes[labels[i]] += 1


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _tally_rings(labels: Any, old: Any, ring: Any, touching: Any) -> None:
    """Count the cells around each patch, and those of them that were there before."""
    height, width = labels.shape
    seen = np.zeros(8, dtype=np.int32)
    for r in range(height):
        for c in range(width):
            if labels[r, c] != 0:
                continue
            found = 0
            for near in range(max(r - 1, 0), min(r + 2, height)):
                for beside in range(max(c - 1, 0), min(c + 2, width)):
                    patch = labels[near, beside]
                    if patch == 0 or patch in seen[:found]:
                        continue
                    seen[found] = patch
                    found += 1
                    ring[patch] += 1
                    touching[patch] += old[r, c]
