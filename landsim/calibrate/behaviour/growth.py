"""Growth: the number, size and kind of the new patches of a class, as figures that two maps are compared by."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from landsim.calibrate.observe import KINDS
from landsim.indicators.form import expansion, patch_sizes
from landsim.indicators.ratios import ratio

Plane = npt.NDArray[np.bool_]
Figures = dict[str, float]


def growth_figures(old: Plane, fresh: Plane) -> Figures:
    """Describe the new patches of a class.

    Parameters
    ----------
    old, fresh : numpy.ndarray of bool, shape (height, width)
        Cells of the class at the start, and those that it gained.

    Returns
    -------
    dict
        ``patches`` (8 neighbours), ``mean_patch`` (cells), ``spread`` (standard deviation of the logarithm of the
        size), and ``outlying, edge, infill`` (shares of the gained cells); NaN but for ``patches`` where none is new.
    """
    sizes = patch_sizes(fresh)
    kinds = expansion(old, old | fresh)
    return {
        "patches": float(sizes.size),
        "mean_patch": ratio(float(sizes.sum()), sizes.size),
        "spread": float(np.log(sizes).std()) if sizes.size else math.nan,
        **{kind: ratio(getattr(kinds, kind), kinds.cells) for kind in KINDS},
    }


def growth_error(observed: Mapping[str, float], simulated: Mapping[str, float]) -> float:
    """Difference of two sets of figures, 0 alike .. 1.

    The mean of three: of the logarithm of the mean patch (1 at a factor e), of the spread (1 at a whole unit), and
    half the sum of the differences in the shares of expansion.  NaN where nothing was observed, 1 where nothing was
    simulated.
    """
    if not observed["patches"]:
        return math.nan
    if not simulated["patches"]:
        return 1.0
    size = abs(math.log(simulated["mean_patch"] / observed["mean_patch"]))
    spread = abs(simulated["spread"] - observed["spread"])
    kinds = sum(abs(simulated[kind] - observed[kind]) for kind in KINDS) / 2
    return (min(size, 1.0) + min(spread, 1.0) + kinds) / 3
