"""Sale: which new building land is sold, and at which share of the price of housing land (出让、划拨)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from landsim.core.params import Params, param
from landsim.landscape.legend import Land


class SaleParams(Params):
    """Prices of land for building, relative to what a developer of housing pays in the same place."""

    service: float = param(
        1.0, doc="price of land for services over that of housing land",
        source="105 monitored cities: 5,018 against 4,085 CNY/m2 in 2010, about 7,600 against 7,080 in 2018",
        confidence="M", ge=0, le=5,
    )  # fmt: skip
    industry: float = param(
        0.125, doc="price of land for industry over that of housing land at the ratio of the start",
        source="105 monitored cities: 623 against 4,085 CNY/m2 in 2010, about 834 against 7,080 in 2018",
        confidence="M", ge=0, le=5,
    )  # fmt: skip


def sale_share(params: SaleParams, to_class: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Price of land for each class over that of housing land in the same place, float64, shape of the input.

    Roads, utilities, parks, special uses and village plots are allocated without a price; open land is not sold.

    Examples
    --------
    >>> sale_share(SaleParams(), [Land.URB_RES, Land.URB_IND, Land.GREEN, Land.ARABLE]).tolist()
    [1.0, 0.125, 0.0, 0.0]
    """
    shares = np.zeros(len(Land), dtype=np.float64)
    shares[[Land.URB_RES, Land.URB_SVC, Land.URB_IND]] = 1.0, params.service, params.industry
    return np.asarray(shares[np.asarray(to_class)], dtype=np.float64)
