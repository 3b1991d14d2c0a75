"""Centres of employment: the blocks around which most work and residents lie."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.landscape.access import centres
from landsim.landscape.grid import Grid
from landsim.market.fields import reach_of, window_sum

MOST_CENTRES = 24
CENTRE_DISTANCE_M = 3_000.0
CENTRE_REACH_M = 2_000.0
"""Radius of what a centre gathers, that of `FieldParams.job_reach`."""
CITY_REACH_M = 8_000.0
"""Radius in which places that gather as much are compared."""
ABOUT_EQUAL = 0.05
"""Share of the most that any place gathers within which places count as equals."""
_STEPS = 1_000_000  # weights in whole steps of the largest sum exactly in any order, so that equal places tie


def find_centres(blocks: Grid, weight: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Pick the blocks with most weight around them, at least 3 km apart, at most 24.

    A block's own weight is no guide: chance would decide between blocks that are all built up.  Source: own.

    Parameters
    ----------
    blocks : Grid
        The grid whose cells are the blocks.
    weight : numpy.ndarray of a number, shape (n_blocks,)
        Work, residents or both; only a block with some can be a centre.

    Returns
    -------
    numpy.ndarray of int64, shape (<= 24,)
        Flat indices, the main centre first.  Among blocks that gather about as much within 2 km, the one with more
        within 8 km comes first, then the one nearer to the centroid, then the lower index.
    """
    apart = max(CENTRE_DISTANCE_M / blocks.cell_size, 1.0)
    return centres(_standing(blocks, weight).reshape(blocks.shape), MOST_CENTRES, apart)


def _standing(blocks: Grid, weight: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Place of each block in the order of centrality, the most central highest; 0 where there is no weight."""
    standing = np.zeros(blocks.size, dtype=np.int64)
    if not weight.any():
        return standing
    steps = np.rint(np.asarray(weight, dtype=np.float64) * (_STEPS / weight.max()))
    near, far = (window_sum(steps, blocks.shape, reach_of(reach, blocks)) for reach in (CENTRE_REACH_M, CITY_REACH_M))
    near = np.ceil(near / (ABOUT_EQUAL * near.max()))
    some = np.flatnonzero(weight > 0)
    away = _from_centroid(blocks, steps)
    # the last of an ascending sort is the most central, and among equals the lowest index
    order = np.lexsort((-some, -away[some], far[some], near[some]))
    standing[some[order]] = np.arange(1, some.size + 1)
    return standing


def _from_centroid(blocks: Grid, steps: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Distance of each block from the centroid, in blocks, rounded so that it is the same on a mirrored map."""
    rows, cols = np.divmod(np.arange(blocks.size), blocks.width)
    total = steps.sum()
    return np.asarray(np.round(np.hypot(rows - rows @ steps / total, cols - cols @ steps / total), 6))
