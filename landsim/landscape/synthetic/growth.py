"""Growth of the synthetic city: a yearly race of cells under a known logit, in patches, whose truth is kept."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from landsim.core.params import Params, param
from landsim.landscape.focal import box_sum
from landsim.landscape.synthetic.canvas import Canvas, Field, Mask

_STREAM = "growth"
_COMPACT = 1.5


class GrowthParams(Params):
    """The true growth process of the synthetic history, against which a calibration can be tested."""

    yearly_gain: float = param(0.04, unit="1/a", doc="gain of urban cells a year over those of last year", ge=0, le=1)
    slope: float = param(-0.10, unit="1/deg", doc="effect of the slope")
    ln_town: float = param(-1.00, doc="effect of ln(1 + km to the nearest town centre)")
    ln_city: float = param(-1.00, doc="effect of ln(1 + km to the nearest city centre)")
    near_trunk: float = param(1.20, doc="effect of exp(-km to the nearest trunk road or motorway)")
    density: float = param(6.0, doc="effect of the urban share of the neighbours within `reach`")
    reach: float = param(300.0, unit="m", doc="half the side of the neighbourhood", gt=0)
    patch_ha: float = param(5.0, unit="ha", doc="median size of a patch", gt=0)
    patch_spread: float = param(0.8, doc="standard deviation of the logarithm of the size of a patch", ge=0)


def fixed_effects(params: GrowthParams, slope: Field, to_town: Field, to_city: Field, to_trunk: Field) -> Field:
    """Part of the linear predictor that does not change from year to year (distances in m)."""
    km = np.float32(1e-3)
    return np.asarray(
        params.slope * slope
        + params.ln_town * np.log1p(km * to_town)
        + params.ln_city * np.log1p(km * to_city)
        + params.near_trunk * np.exp(-km * to_trunk),
        dtype=np.float32,
    )


def neighbour_density(canvas: Canvas, params: GrowthParams, urban: Mask) -> Field:
    """Urban share of the square neighbourhood, the cell itself left out."""
    radius = canvas.cells(params.reach)
    neighbours = (2 * radius + 1) ** 2 - 1
    return (box_sum(urban, radius) - urban.astype(np.uint8)).astype(np.float32) / np.float32(neighbours)


def grow(
    canvas: Canvas, params: GrowthParams, fixed: Field, urban: Mask, barred: Mask, years: range
) -> npt.NDArray[np.int32]:
    """Let the urban land grow year by year.

    Each open cell holds a clock ``E / exp(predictor)`` with a unit-exponential E; those that ring first become seeds
    of patches, until the year's gain is met exactly.

    Parameters
    ----------
    canvas : Canvas
        Frame and seed.
    params : GrowthParams
        The truth.
    fixed : numpy.ndarray of float32, shape (height, width)
        `fixed_effects`.
    urban, barred : numpy.ndarray of bool, shape (height, width)
        Urban land at the start, and land that never becomes urban.
    years : range
        Years of growth.

    Returns
    -------
    numpy.ndarray of int32, shape (height, width)
        Year in which a cell became urban; 0 where it did not.
    """
    since = np.zeros(canvas.size, dtype=np.int32)
    urban = urban.copy()
    at_first = int(np.count_nonzero(urban))
    for year in years:
        target = round(at_first * (1.0 + params.yearly_gain) ** (year - years.start + 1))
        need = target - int(np.count_nonzero(urban))
        predictor = fixed + np.float32(params.density) * neighbour_density(canvas, params, urban)
        taken = _year_of_growth(canvas, params, predictor.ravel(), (~urban & ~barred).ravel(), need, year)
        urban.ravel()[taken] = True
        since[taken] = year
    return since.reshape(canvas.shape)


def _year_of_growth(
    canvas: Canvas,
    params: GrowthParams,
    predictor: npt.NDArray[np.float32],
    free: npt.NDArray[np.bool_],
    need: int,
    year: int,
) -> npt.NDArray[np.int64]:
    cells = np.flatnonzero(free)
    need = min(need, cells.size)
    if need <= 0:
        return np.empty(0, dtype=np.int64)
    ring = np.log(-np.log(canvas.draw(_STREAM, year=year)[cells])) - predictor[cells]
    first = np.argpartition(ring, need - 1)[:need]
    seeds = cells[first[np.lexsort((cells[first], ring[first]))]]
    u = canvas.draw(_STREAM + " patch", 2 * need, year)
    normal = np.sqrt(-2.0 * np.log(u[:need])) * np.cos(2.0 * np.pi * u[need:])
    sizes = canvas.cells_of_ha(params.patch_ha * np.exp(params.patch_spread * normal))
    taken = np.empty(need, dtype=np.int64)
    _grow_patches(seeds, sizes, predictor, free, canvas.shape[1], taken)
    return taken


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _grow_patches(seeds: Any, sizes: Any, predictor: Any, free: Any, width: Any, taken: Any) -> None:
    """Grow a compact patch from each seed in turn, always by the best free neighbour, until `taken` is full."""
    most = 4 * sizes.max() + 8
    frontier, score = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.float64)
    stamp, count = np.full(free.size, -1, dtype=np.int32), 0
    for k in range(seeds.size):
        if not free[seeds[k]]:
            continue
        frontier[0], score[0], edge, grown = seeds[k], 0.0, 1, 0
        while edge > 0 and grown < sizes[k] and count < taken.size:
            top = np.argmax(score[:edge])
            cell, edge = frontier[top], edge - 1
            frontier[top], score[top] = frontier[edge], score[edge]
            free[cell] = False
            taken[count] = cell
            count, grown = count + 1, grown + 1
            for step in (-width, -1, 1, width):
                other = cell + step
                beside = 0 <= other < free.size and abs(other % width - cell % width) <= 1
                if not beside or not free[other]:
                    continue
                if stamp[other] != k:
                    stamp[other], frontier[edge], score[edge] = k, other, predictor[other]
                    edge += 1
                else:
                    for j in range(edge):
                        if frontier[j] == other:
                            score[j] += _COMPACT


def land_at(
    year: int, base: npt.NDArray[np.uint8], since: npt.NDArray[np.int32], use: npt.NDArray[np.uint8]
) -> npt.NDArray[np.uint8]:
    """Map of a past year: what was built by then has its use, the rest its base cover."""
    return np.where((since > 0) & (since <= year), use, base).astype(np.uint8)
