"""Expropriation: what the holders of land and houses are paid when they are taken for building (征地补偿)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from landsim.core.params import Params, param
from landsim.landscape.legend import BUILT, Land

_FARMED = (Land.ARABLE, Land.OTHER_AG)
# water and sea belong to the state, built-up land outside villages was paid for long ago
_OF_THE_STATE = (Land.NODATA, Land.SEA, Land.WATER, *(land for land in BUILT if land is not Land.RURAL))
_N_CLASSES = len(Land)


class ExpropriationParams(Params):
    """Compensation for land and village houses that are taken."""

    zone_price: float = param(
        90.0, unit="CNY/m2", doc="area composite price (区片综合地价)", source="Land Administration Law 2019, art. 48",
        confidence="M", ge=0, lever=True,
    )  # fmt: skip
    crops: float = param(
        3.0,
        unit="CNY/m2",
        doc="standing crops",
        source="Land Administration Law 2019, art. 48: crops are paid besides land; amounts by place",
        confidence="L",
        ge=0,
    )
    house: float = param(
        1200.0,
        unit="CNY/m2",
        doc="village house at the cost of building anew, by floor area",
        source="Land Administration Law 2019, art. 48: houses are paid besides land and resettlement; amounts by place",
        confidence="L",
        ge=0,
    )
    house_ratio: float = param(0.3, unit="m2/m2", doc="floor area of houses over village land", ge=0, le=3)
    factor: float = param(1.0, doc="multiplier of the whole compensation", ge=0, le=10, lever=True)


def takes(from_class: npt.ArrayLike, to_class: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Tell which conversions take land from its holders for building, bool, shape of the inputs.

    Open land that is built on is taken, and village land that becomes any other built class; a village that stays one
    and land of the state are not.
    """
    before, after = np.asarray(from_class), np.asarray(to_class)
    return np.asarray(np.isin(after, BUILT) & (before != after) & ~np.isin(before, _OF_THE_STATE))


def compensation(
    params: ExpropriationParams, from_class: npt.ArrayLike, to_class: npt.ArrayLike, cell_m2: float
) -> npt.NDArray[np.float32]:
    """Compensation for each conversion of a cell, CNY; 0 where nothing is taken.

    ``C = factor area (zone price + crops on farmland + houses in villages)``, by article 48 of the Land Administration
    Law (2019), which has land, crops and houses paid each for itself.

    Parameters
    ----------
    from_class, to_class : array_like of uint8, shape (n,)
        Model class before and after.
    cell_m2 : float
        Area of a cell, m2.

    Returns
    -------
    numpy.ndarray of float32, shape (n,)
    """
    per_m2 = np.full(_N_CLASSES, params.zone_price)
    per_m2[list(_FARMED)] += params.crops
    per_m2[Land.RURAL] += params.house * params.house_ratio
    paid = per_m2[np.asarray(from_class)] * cell_m2 * params.factor
    return np.where(takes(from_class, to_class), paid, 0.0).astype(np.float32)


def houses_lost(
    params: ExpropriationParams, from_class: npt.ArrayLike, to_class: npt.ArrayLike, cell_m2: float
) -> float:
    """Worth of the village houses that conversions build over, at the cost of building anew, CNY.

    What is lost does not hang on what is paid for it: the factor of the compensation is not in it.  Parameters as in
    `compensation`.
    """
    over = takes(from_class, to_class) & (np.asarray(from_class) == Land.RURAL)
    return float(np.count_nonzero(over) * params.house * params.house_ratio * cell_m2)
