"""Patches: lognormal size by the histogram of new patches, and compactness by how many sides their cells share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy import ndimage
from scipy.optimize import minimize
from scipy.special import log_ndtr

from landsim.calibrate.observe import KINDS, Growth
from landsim.calibrate.span import Plane, Span
from landsim.core.draws import uniform
from landsim.landscape.legend import LegendRow
from landsim.transition.potential import COMPACT

Sizes = npt.NDArray[np.int64]

SPREAD = (0.05, 3.0)
"""Smallest and largest spread that is fitted: the bounds of the engine's own parameter."""

_COMPACT = np.arange(0.0, 3.01, 0.25)
_FEW = 30  # patches below which a shape is not fitted
_SHAPED = (3, 40)  # cells of the patches whose shape is looked at: smaller ones have none, larger ones are merged
_PLAIN = 150  # patches grown on a plain to see what a compactness looks like


@dataclass(frozen=True)
class PatchFit:
    """Size and shape of the new patches of a class.

    Attributes
    ----------
    name : str
        Class.
    mean_ha : float
        Mean of the lognormal size, ha.
    spread : float
        Standard deviation of its logarithm.
    compact : float
        Pull of each neighbour in the patch; 0 dendritic.
    patches : int
        New patches behind it.
    outlying, edge, infill : float
        Shares of the gained cells by kind of expansion: what a simulation is compared with.
    """

    name: str
    mean_ha: float
    spread: float
    compact: float
    patches: int
    outlying: float
    edge: float
    infill: float


def fit_patches(
    span: Span, gains: Sequence[LegendRow], growth: Mapping[str, Growth], seed: int = 1
) -> dict[str, PatchFit]:
    """Fit the patches of every gained class, pooled over the intervals between dates.

    Over an interval of several years patches of single years merge, so sizes are those of an interval.

    Parameters
    ----------
    span : Span
        Maps of the fit.
    gains : sequence of LegendRow
        Classes.
    growth : mapping of str to Growth
        From `observe`.
    seed : int
        Names the draws of the plain on which shapes are compared.
    """
    return {row.name: _fit_class(span, row, growth[row.name], seed) for row in gains}


def fit_sizes(sizes: Sizes) -> tuple[float, float]:
    """Fit a lognormal to patch sizes in whole cells by maximum likelihood.

    A size of k cells stands for k - 1/2 .. k + 1/2, and one cell for everything below 3/2, as the engine draws it.

    Parameters
    ----------
    sizes : numpy.ndarray of int64, shape (n,)
        Cells, >= 1.

    Returns
    -------
    mean, spread : float
        Mean, cells, at most the largest size; standard deviation of the logarithm.  (1, the least spread) without
        patches.
    """
    if sizes.size == 0 or int(sizes.max()) == 1:
        return 1.0, SPREAD[0]
    values, counts = np.unique(sizes, return_counts=True)
    upper = np.log(values + 0.5)
    lower = np.where(values == 1, -np.inf, np.log(np.maximum(values - 0.5, 0.5)))

    def unlikely(point: npt.NDArray[np.float64]) -> float:
        centre, spread = point[0], np.exp(point[1])
        return -float(counts @ _log_between((lower - centre) / spread, (upper - centre) / spread))

    logs = np.log(sizes)
    start = [float(logs.mean()), float(np.log(np.clip(logs.std(), *SPREAD)))]
    bounds = [(-6.0, float(logs.max())), tuple(np.log(SPREAD))]
    found = minimize(unlikely, start, method="L-BFGS-B", bounds=bounds)
    centre, spread = float(found.x[0]), float(np.clip(np.exp(found.x[1]), *SPREAD))  # exp(log(3)) is above 3
    return float(np.exp(min(centre + spread**2 / 2, logs.max()))), spread


def fit_compact(sizes: Sizes, contacts: Sizes, seed: int = 1) -> float | None:
    """Find the compactness at which patches grown on a plain share as many sides as those observed.

    The plain's cells differ in the logarithm of their weight by standard Gumbel draws, the noise of a run; the figure
    is a first value, which a search of behaviour may refine.

    Parameters
    ----------
    sizes, contacts : numpy.ndarray of int64, shape (n,)
        Cells of each patch, and pairs of its cells that share a side.
    seed : int
        Names the draws.

    Returns
    -------
    float or None
        0..3; None where there are too few patches.
    """
    least, most = _SHAPED
    shaped = (sizes >= least) & (sizes <= most)
    if np.count_nonzero(shaped) < _FEW:
        return None
    sizes, contacts = sizes[shaped], contacts[shaped]
    order = np.argsort(sizes, kind="stable")
    sample = order[np.linspace(0, order.size - 1, min(_PLAIN, order.size)).astype(np.int64)]
    curve = [float(plain_contacts(sizes[sample], compact, seed).mean()) for compact in _COMPACT]
    # what the sample is expected to share, were its patches shaped like all of their size
    wanted = float(_mean_by_size(sizes, contacts)[sizes[sample]].mean())
    return float(np.interp(wanted, np.maximum.accumulate(curve), _COMPACT))


def plain_contacts(sizes: Sizes, compact: float, seed: int) -> Sizes:
    """Grow patches on a plain and count the pairs of their cells that share a side.

    Parameters
    ----------
    sizes : numpy.ndarray of int64, shape (n,)
        Cells of each, at most 40.
    compact : float
        Pull of each of the eight neighbours that is in the patch.
    seed : int
        Names the draws: the same plain for every compactness.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
    """
    side = 2 * _SHAPED[1] + 3
    contacts = np.zeros(sizes.size, dtype=np.int64)
    for i, size in enumerate(sizes.tolist()):
        draws = uniform(seed, "calibrate.plain", 0, np.arange(i * side * side, (i + 1) * side * side))
        log_weight = -np.log(-np.log(draws)).reshape(side, side)
        contacts[i] = _grow_plain(log_weight, size, compact)
    return contacts


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _grow_plain(log_weight: Any, size: Any, compact: Any) -> Any:
    """Take the cell of the largest weight beside the patch, again and again; pairs of cells that share a side."""
    side = log_weight.shape[0]
    taken = np.zeros((side, side), np.bool_)
    around = np.zeros((side, side), np.int64)
    row = col = side // 2
    top = bottom = left = right = side // 2
    contacts = 0
    for grown in range(1, size + 1):
        contacts += taken[row - 1, col] + taken[row + 1, col] + taken[row, col - 1] + taken[row, col + 1]
        taken[row, col] = True
        for r in range(row - 1, row + 2):
            for c in range(col - 1, col + 2):
                around[r, c] += 1
        top, bottom = min(top, row - 1), max(bottom, row + 1)
        left, right = min(left, col - 1), max(right, col + 1)
        if grown == size:
            break
        best = -np.inf
        for r in range(top, bottom + 1):
            for c in range(left, right + 1):
                if not taken[r, c] and around[r, c] > 0 and log_weight[r, c] + compact * around[r, c] > best:
                    best = log_weight[r, c] + compact * around[r, c]
                    row, col = r, c
    return contacts


def patch_contacts(fresh: Plane) -> tuple[Sizes, Sizes]:
    """Cells of each patch (8 neighbours) of a mask, and pairs of its cells that share a side; int64, shape (n,)."""
    labels, count = ndimage.label(fresh, structure=np.ones((3, 3), dtype=np.int8), output=np.int32)
    sizes = np.bincount(labels.reshape(-1), minlength=count + 1)
    across = labels[:, 1:][fresh[:, 1:] & fresh[:, :-1]]
    down = labels[1:][fresh[1:] & fresh[:-1]]
    contacts = np.bincount(across, minlength=count + 1) + np.bincount(down, minlength=count + 1)
    return sizes[1:].astype(np.int64), contacts[1:].astype(np.int64)


def _fit_class(span: Span, row: LegendRow, growth: Growth, seed: int) -> PatchFit:
    mean, spread = fit_sizes(growth.sizes)
    found = [patch_contacts(span.gained(row.code, start, end)) for start, end in span.intervals()]
    sizes, contacts = (np.concatenate(column) for column in zip(*found, strict=True))
    compact = fit_compact(sizes, contacts, seed)
    cells = max(growth.kinds.cells, 1)
    return PatchFit(
        row.name,
        mean * span.grid.cell_area_ha,
        spread,
        COMPACT if compact is None else compact,
        int(growth.sizes.size),
        *(getattr(growth.kinds, kind) / cells for kind in KINDS),
    )


def _mean_by_size(sizes: Sizes, contacts: Sizes) -> npt.NDArray[np.float64]:
    """Mean contacts of the patches of each size, float64, shape (largest size + 1,)."""
    total = np.bincount(sizes, weights=contacts.astype(np.float64))
    return np.asarray(total / np.maximum(np.bincount(sizes), 1), dtype=np.float64)


def _log_between(low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Logarithm of the normal probability between two bounds, taken in the tail where it is exact."""
    flip = low > 0
    a, b = np.where(flip, -high, low), np.where(flip, -low, high)
    above, below = log_ndtr(b), log_ndtr(a)
    return np.asarray(above + np.log1p(-np.exp(np.minimum(below - above, -1e-12))), dtype=np.float64)
