"""Bootstrap over square blocks of a map: intervals that know that neighbouring cells are not independent.

Whole blocks are drawn with replacement, as many as there are, and counts are summed (Davison and Hinkley 1997,
section 8.3; Roberts et al. 2017 on blocks for spatial data).  Every map is summed over the same draws, so that the
interval of a difference is that of pairs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.core.draws import uniform_cells
from landsim.indicators.maps import Counts, Plane

LEVEL = 0.95
_TAILS = (0.025, 0.975)
BLOCK_M = 5000.0
"""Edge of a block, m; about the range over which residuals of land-change models are alike."""
BLOCK_CELLS = 50
"""Edge of a block where the size of a cell is not known, cells."""
SAMPLES = 1000
FEW_BLOCKS = 20
"""With fewer blocks than this an interval is too narrow to trust."""
_BLOCKS_AT_MOST = 2500
_COUNTS_AT_MOST = 4_000_000

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Blocks:
    """Blocks of a map and how often each sample drew each of them.

    Attributes
    ----------
    edge, across : int
        Cells along a block; blocks from west to east.
    width : int
        Cells from west to east.
    used : numpy.ndarray of int64, shape (n_used,)
        Blocks that hold compared cells, by rows from the north-west.
    drawn : numpy.ndarray of float64, shape (n_samples, n_used)
        Times that a sample holds a block; no samples where there are less than two blocks.
    """

    edge: int
    across: int
    width: int
    used: npt.NDArray[np.int64]
    drawn: Floats

    def facts(self, cell_size: float | None) -> dict[str, Any]:
        """Describe the bootstrap: ``level, samples, blocks, block_cells, block_m``."""
        return {
            "level": LEVEL,
            "samples": len(self.drawn),
            "blocks": self.used.size,
            "block_cells": self.edge,
            "block_m": math.nan if cell_size is None else self.edge * cell_size,
        }

    def count(self, cells: npt.NDArray[np.int64]) -> Counts:
        """Count flat cell indices in each block in use, int64, shape (n_used,)."""
        rows, cols = np.divmod(cells, self.width)
        block = rows // self.edge * self.across + cols // self.edge
        return np.asarray(np.bincount(block, minlength=int(self.used.max()) + 1)[self.used], dtype=np.int64)

    def rates(self, columns: Counts, reading: Callable[[Floats], Mapping[str, Floats]]) -> dict[str, Floats]:
        """Measures of every sample.

        Parameters
        ----------
        columns : numpy.ndarray of int64, shape (n_used, n_columns)
            Counts of each block in use.
        reading : callable
            From summed columns, shape (n, n_columns), to named measures of shape (n,).

        Returns
        -------
        dict of str to numpy.ndarray of float64, shape (n_samples,)
        """
        counts = columns.astype(np.float64)  # sums of whole numbers: exact in whichever order they are added
        step = max(1, _COUNTS_AT_MOST // columns.shape[1])
        parts = [reading(self.drawn[i : i + step] @ counts) for i in range(0, max(len(self.drawn), 1), step)]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def draw_blocks(
    inside: Plane, cell_size: float | None, columns: int, seed: int, samples: int = SAMPLES, block_m: float = BLOCK_M
) -> Blocks:
    """Cut a map into blocks and draw the samples, each draw named by the seed.

    Parameters
    ----------
    inside : numpy.ndarray of bool, shape (height, width)
        Cells that are compared.
    cell_size : float or None
        Side of a cell, m.
    columns : int
        Counts a block; blocks are doubled until they are few enough to hold so many.
    seed, samples : int
    block_m : float
        Edge of a block, m.
    """
    height, width = inside.shape
    edge = BLOCK_CELLS if cell_size is None else max(1, round(block_m / cell_size))
    while -(-height // edge) * -(-width // edge) > min(_BLOCKS_AT_MOST, max(16, _COUNTS_AT_MOST // columns)):
        edge *= 2
    starts = [np.arange(0, size, edge) for size in inside.shape]
    held = np.add.reduceat(np.add.reduceat(inside, starts[0], axis=0, dtype=np.int64), starts[1], axis=1)
    used = np.flatnonzero(held)
    drawn = _draw(seed, samples if used.size > 1 else 0, used.size)
    return Blocks(edge, starts[1].size, width, used, drawn)


def _draw(seed: int, samples: int, blocks: int) -> Floats:
    """Times that each sample holds each block, float64, shape (samples, blocks)."""
    chosen = (uniform_cells(seed, "bootstrap.blocks", 0, 0, samples * blocks) * blocks).astype(np.int64)
    chosen += np.repeat(np.arange(samples) * blocks, blocks)
    return np.bincount(chosen, minlength=samples * blocks).reshape(samples, blocks).astype(np.float64)


def interval(values: Floats) -> list[float]:
    """Percentile interval of a measure over the samples in which it has a value; NaN where there is none.

    Examples
    --------
    >>> interval(np.arange(101.0))
    [2.5, 97.5]
    """
    known = values[np.isfinite(values)]
    if not known.size:
        return [math.nan, math.nan]
    return [float(edge) for edge in np.quantile(known, _TAILS)]


def intervals(sampled: Mapping[str, Floats]) -> dict[str, list[float]]:
    """Intervals of several measures by name."""
    return {name: interval(values) for name, values in sampled.items()}


def margin(value: float, baseline: float, sampled: Floats, sampled_baseline: Floats) -> dict[str, Any]:
    """Give how far a figure is above that of a baseline, with the interval of the paired difference."""
    return {"value": value - baseline, "interval": interval(sampled - sampled_baseline)}
