"""Review: the five-yearly adjustment of the urban development boundary, which swaps equal areas (边界调整)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.core.params import Params, param
from landsim.landscape.focal import gaussian_density

CONCENTRATED, ELASTIC = 1, 2


class ReviewParams(Params):
    """The periodic review of the plan."""

    swap_elastic: bool = param(True, doc="elastic land may be swapped into the concentrated zone", lever=True)
    every: int = param(
        5, unit="a", doc="years between two reviews", source="five-yearly evaluation", confidence="H", ge=1
    )
    share: float = param(0.25, doc="largest share of the elastic zone swapped at one review", ge=0, le=1, lever=True)
    reach: float = param(5.0, unit="cells", doc="width of the density of building that ranks the cells", gt=0, le=50)


def swap(
    udb: npt.NDArray[np.uint8], built: npt.NDArray[np.bool_], open_land: npt.NDArray[np.bool_], params: ReviewParams
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Choose the elastic cells that go into the concentrated zone, and as many that leave it.

    Elastic land closest to building goes in; open land of the concentrated zone farthest from it comes out, and only
    while what comes out is less built around than what goes in.

    Parameters
    ----------
    udb : numpy.ndarray of uint8, shape (height, width)
        The boundary.
    built, open_land : numpy.ndarray of bool, shape (height, width)
        What is built, and what may still be.
    params : ReviewParams

    Returns
    -------
    inward, outward : numpy.ndarray of int64, shape (n,)
        Flat indices; both zones keep their area.
    """
    near = gaussian_density(built, params.reach).reshape(-1)
    elastic = np.flatnonzero((udb == ELASTIC) & open_land)
    spare = np.flatnonzero((udb == CONCENTRATED) & open_land)
    most = min(int(params.share * elastic.size), spare.size)
    inward = elastic[_first(-near[elastic], most)]
    outward = spare[_first(near[spare], most)]
    better = near[inward] > near[outward]
    return inward[better], outward[better]


def _first(key: npt.NDArray[Any], count: int) -> npt.NDArray[np.int64]:
    return np.argsort(key, kind="stable")[:count]
