"""Sale: land is sold by class, and allocated where no developer pays."""

from __future__ import annotations

import numpy as np

from landsim.landscape.legend import BUILT, Land
from landsim.policy.sale import SaleParams, sale_share


def test_industry_pays_an_eighth_and_what_is_allocated_nothing() -> None:
    shares = dict(zip(Land, sale_share(SaleParams(), np.array(list(Land))).tolist(), strict=True))
    assert {land: share for land, share in shares.items() if share} == {
        Land.URB_RES: 1.0, Land.URB_SVC: 1.0, Land.URB_IND: 0.125,
    }  # fmt: skip
    assert all(shares[land] == 0.0 for land in Land if land not in BUILT)


def test_shares_follow_their_parameters() -> None:
    params = SaleParams(service=1.5, industry=0.0)
    assert sale_share(params, [Land.URB_SVC, Land.URB_IND, Land.URB_RES]).tolist() == [1.5, 0.0, 1.0]
