"""Expropriation: what the holders of land are paid when it is taken for building (征地补偿)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from landsim.core.params import Params, param
from landsim.landscape.legend import Land

_FARMED = (Land.ARABLE, Land.OTHER_AG)


class ExpropriationParams(Params):
    """Compensation for land that is taken."""

    zone_price: float = param(
        90.0, unit="CNY/m2", doc="area composite price (区片综合地价)", source="Land Administration Law 2019, art. 48",
        confidence="M", ge=0, lever=True,
    )  # fmt: skip
    crops: float = param(3.0, unit="CNY/m2", doc="standing crops", confidence="L", ge=0)
    house: float = param(1200.0, unit="CNY/m2", doc="rural house, by floor area", confidence="L", ge=0)
    house_ratio: float = param(0.3, doc="floor area of houses over village land", ge=0, le=3)
    factor: float = param(1.0, doc="multiplier of the whole compensation", ge=0, le=10, lever=True)


def compensation(params: ExpropriationParams, from_class: npt.ArrayLike, cell_m2: float) -> npt.NDArray[np.float32]:
    """Compensation for one cell of each former class, CNY.

    ``C = area (zone price + crops on farmland + houses in villages)``.

    Parameters
    ----------
    from_class : array_like of uint8, shape (n,)
        Model class before.
    cell_m2 : float
        Area of a cell, m2.

    Returns
    -------
    numpy.ndarray of float32, shape (n,)
    """
    per_m2 = np.full(16, params.zone_price)
    per_m2[[int(land) for land in _FARMED]] += params.crops
    per_m2[int(Land.RURAL)] += params.house * params.house_ratio
    # water and sea belong to the state, built-up land outside villages was paid for long ago
    per_m2[[int(land) for land in (Land.NODATA, Land.SEA, Land.WATER)]] = 0.0
    return np.asarray(per_m2[np.asarray(from_class)] * cell_m2 * params.factor, dtype=np.float32)
