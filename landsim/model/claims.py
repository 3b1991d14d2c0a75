"""Claims: who asks for new building land, and how many cells their places take."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from landsim.agents.demography import URBAN
from landsim.landscape.legend import Land
from landsim.market.prices import stacking
from landsim.market.sites import HOME, INDUSTRY, SERVICE
from landsim.transition.events import AGENT_KINDS

if TYPE_CHECKING:
    from landsim.model.model import LandModel
    from landsim.model.people import People

Ids = npt.NDArray[np.int64]

_NONE = np.empty(0, dtype=np.int64)
_HOUSEHOLD, _FIRM = AGENT_KINDS.index("household"), AGENT_KINDS.index("firm")
_USE = {Land.URB_SVC: 1 + SERVICE, Land.URB_IND: 1 + INDUSTRY}


class Claim(NamedTuple):
    """Places of one kind that are asked for."""

    land: Land
    ids: Ids
    places: float
    kind: int


def land_wanted(model: LandModel) -> npt.NDArray[np.int64]:
    """Cells that agents without a place ask for, int64, shape (256,); names them in ``model.demanders``."""
    wanted = np.zeros(256, dtype=np.int64)
    for claim in claims(model):
        code = _code_for(model, claim.land)
        offered = 0.0 if code is None else _offered(model, int(model.legend.model_class[code]), claim.land)
        if code is None or offered <= 0 or claim.places <= 0:
            continue
        cells = int(np.ceil(claim.places * model.params.demand.growth / offered))
        # an undivided urban cell holds homes and premises at once: the larger claim decides
        if cells > wanted[code]:
            wanted[code] = cells
            model.demanders[code] = (claim.kind, claim.ids)
    return wanted


def claims(model: LandModel) -> list[Claim]:
    """Who asks for which land: agents without a place, beyond what stands empty above natural vacancy."""
    return _of_households(model.people, model) + _of_firms(model.people, model)


def _offered(model: LandModel, built: int, land: Land) -> float:
    """Homes or premises, as `land` is to hold, on a new cell of a model class at the mean price of the class."""
    sites = model.people.sites
    there = sites.price[sites.land == built]
    price = float(there.mean(dtype=np.float64)) if there.size else model.params.market.price_level
    return float(sites.density[built, _USE.get(land, HOME)] * stacking(price, built, model.params.market))


def _of_households(people: People, model: LandModel) -> list[Claim]:
    """Households without a home, beyond what stands empty above natural vacancy, in town and in villages."""
    if people.households is None or "households" in people.frozen:
        return []
    made, sites = [], people.sites
    loose, rural = people.households["cell"] < 0, people.households["kind"] != URBAN
    for land, theirs, village in ((Land.URB_RES, ~rural, False), (Land.RURAL, rural, True)):
        here = (sites.land == Land.RURAL) == village
        reserve = model.params.market.vacancy * float(sites.homes[here].sum())
        spare = float(sites.vacant_homes[here].sum()) - reserve
        ids = people.households["unique_id"][loose & theirs]
        made.append(Claim(land, _named(people, ids, land), ids.size - spare, _HOUSEHOLD))
    return made


def _of_firms(people: People, model: LandModel) -> list[Claim]:
    """Firms without premises, beyond what stands empty above natural vacancy."""
    if people.firms is None or "firms" in people.frozen:
        return []
    made, sites = [], people.sites
    loose, kind = people.firms["cell"] < 0, people.firms.map("premises")
    for land, use in ((Land.URB_SVC, SERVICE), (Land.URB_IND, INDUSTRY)):
        ids = people.firms["unique_id"][loose & (kind == use)]
        reserve = model.params.market.sites.desk_vacancy * float(sites.desks[:, use].sum())
        spare = float(sites.vacant_desks[:, use].sum()) - reserve
        made.append(Claim(land, _named(people, ids, land), ids.size - spare, _FIRM))
    return made


def _named(people: People, ids: Ids, land: Land) -> Ids:
    """Those without a place, and after them those who were outbid for one last year."""
    return np.concatenate([ids, np.setdiff1d(people.waiting.get(land, _NONE), ids)])


def _code_for(model: LandModel, land: Land) -> int | None:
    """Code of a class, or of undivided urban land where the legend has no class of its own."""
    code = model.legend.code_of(land)
    return code if code is not None or land is Land.RURAL else model.legend.code_of(Land.URB_RES)
