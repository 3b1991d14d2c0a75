"""Enrichment: how much of each class stood around the cells that changed, ring by ring, beside chance.

Source: Verburg et al. (2004), "A method to analyse neighbourhood characteristics of land use patterns".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from landsim.calibrate.span import Span
from landsim.core.parallel import each
from landsim.landscape.focal import RowBlock, box_sum, row_blocks

RINGS = (1, 2, 3, 4, 5)
"""Outer radii of the square rings, cells: the window of the engine."""

_CELLS_A_BLOCK = 1_000_000


@dataclass(frozen=True, eq=False)
class Enrichment:
    """Mean enrichment factors, pooled over the intervals between dates, each measured at the start of its interval.

    Attributes
    ----------
    gains, codes : tuple of int
        Codes of the gained classes (G) and of the classes around (C).
    radii : tuple of int
        Outer radii of the rings (R), cells.
    factor : numpy.ndarray of float64, shape (G, C, R)
        Share of the class in the ring over its share of the map; 1 by chance, NaN where unknown.
    error : numpy.ndarray of float64, shape (G, C, R)
        Standard error of the factor, cells taken as independent.
    count : numpy.ndarray of int64, shape (G, C)
        Changed cells behind it.
    expected : numpy.ndarray of float64, shape (G, C, R)
        Cells of the class that chance would have put into their rings.
    """

    gains: tuple[int, ...]
    codes: tuple[int, ...]
    radii: tuple[int, ...]
    factor: npt.NDArray[np.float64]
    error: npt.NDArray[np.float64]
    count: npt.NDArray[np.int64]
    expected: npt.NDArray[np.float64]


def enrichment_of(span: Span, gains: Sequence[int], radii: Sequence[int] = RINGS) -> Enrichment:
    """Measure the enrichment around the cells that each class gained.

    Parameters
    ----------
    span : Span
        Maps of the fit.
    gains : sequence of int
        Codes of the gained classes.
    radii : sequence of int
        Outer radii of the rings, cells, ascending from at least 1 to at most 127.
    """
    codes = [int(code) for code in span.legend.codes]
    sums = np.zeros((4, len(gains), len(codes), len(radii)))
    height, width = span.grid.shape
    blocks = list(row_blocks(height, max(1, _CELLS_A_BLOCK // width), max(radii)))
    for start, end in span.intervals():
        shares = _map_shares(span, start, codes)
        changed = [span.gained(code, start, end) for code in gains]
        found = each(partial(_block_sums, span, start, codes, shares, changed, radii), blocks)
        for part in found:  # in the order of the blocks, so that threads change no bit
            sums += part
    return _pooled(sums, tuple(gains), tuple(codes), tuple(radii))


def ring_cells(radii: Sequence[int]) -> npt.NDArray[np.int64]:
    """Cells of each square ring, int64, shape (R,).

    Examples
    --------
    >>> ring_cells((1, 3)).tolist()
    [8, 40]
    """
    squares = (2 * np.array([0, *radii], dtype=np.int64) + 1) ** 2
    return np.diff(squares)


def _map_shares(span: Span, year: int, codes: list[int]) -> npt.NDArray[np.float64]:
    """Share of each class of the valid cells in a year, float64, shape (C,)."""
    counts = np.bincount(span.maps[year][span.valid], minlength=256)[codes]
    return np.asarray(counts / max(int(np.count_nonzero(span.valid)), 1), dtype=np.float64)


def _block_sums(
    span: Span,
    year: int,
    codes: list[int],
    shares: npt.NDArray[np.float64],
    changed: list[npt.NDArray[np.bool_]],
    radii: Sequence[int],
    block: RowBlock,
) -> npt.NDArray[np.float64]:
    """Sum what stands around the changed cells of some rows: cells, factors, their squares, and expected cells.

    Returns
    -------
    numpy.ndarray of float64, shape (4, G, C, R)
    """
    sums = np.zeros((4, len(changed), len(codes), len(radii)))
    inside = [np.flatnonzero(plane[block.rows]) for plane in changed]
    if not any(cells.size for cells in inside):
        return sums
    land, valid = span.maps[year][block.outer], span.valid[block.outer]
    neighbours = _ring_counts(valid, block, radii)
    for k in np.flatnonzero(shares):
        hits = _ring_counts(valid & (land == np.uint8(codes[k])), block, radii)
        for g, cells in enumerate(inside):
            around = neighbours[:, cells]
            part = np.divide(hits[:, cells], around, out=np.zeros(around.shape), where=around > 0)
            factors = part / shares[k]
            sums[0, g, k] = cells.size
            sums[1, g, k] = factors.sum(axis=1)
            sums[2, g, k] = (factors**2).sum(axis=1)
            sums[3, g, k] = cells.size * shares[k] * ring_cells(radii)
    return sums


def _ring_counts(mask: npt.NDArray[np.bool_], block: RowBlock, radii: Sequence[int]) -> npt.NDArray[np.uint16]:
    """Cells of a mask in each ring around each cell of the wanted rows, uint16, shape (R, cells)."""
    squares = [box_sum(mask, radius)[block.inner].reshape(-1) for radius in (0, *radii)]
    return np.stack([np.subtract(outer, inner, dtype=np.uint16) for inner, outer in pairwise(squares)])


def _pooled(
    sums: npt.NDArray[np.float64], gains: tuple[int, ...], codes: tuple[int, ...], radii: tuple[int, ...]
) -> Enrichment:
    cells, total, squares, expected = sums
    unknown = np.full(total.shape, np.nan)
    mean = np.divide(total, cells, out=unknown.copy(), where=cells > 0)
    spread = np.divide(squares, cells, out=unknown.copy(), where=cells > 0) - mean**2
    error = np.sqrt(np.maximum(spread, 0.0) / np.maximum(cells, 1.0))
    return Enrichment(gains, codes, radii, mean, error, cells[:, :, 0].astype(np.int64), expected)
