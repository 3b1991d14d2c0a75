"""Claims: land is asked for by those without a place, less what stands empty beyond natural vacancy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from cities import inputs

from landsim.landscape.legend import Land
from landsim.market.sites import INDUSTRY, SERVICE
from landsim.model.claims import claims, land_wanted
from landsim.model.model import LandModel

USES = ((Land.URB_SVC, SERVICE), (Land.URB_IND, INDUSTRY))


@pytest.fixture
def model() -> LandModel:
    return LandModel(inputs({"agents": {"households": 400, "firms": 600, "farms": 40}}))


def claim_of(model: LandModel, land: Land) -> tuple[list[int], float]:
    return next((ids.tolist(), places) for which, ids, places, _ in claims(model) if which is land)


def turn_out(model: LandModel, use: int, count: int) -> list[int]:
    """Leave some firms of a kind of premises without any; their ids."""
    firms = model.firms
    rows = np.flatnonzero(firms.map("premises") == use)[:count]
    firms.put("cell", np.full(rows.size, -1), where=rows)
    model.people.recount()
    return firms["unique_id"][rows].tolist()


@pytest.mark.parametrize(("land", "use"), USES)
def test_firms_ask_for_what_natural_vacancy_leaves_them_short_of(model, land, use) -> None:
    desks, vacant = (int(sums[:, use].sum()) for sums in (model.people.sites.desks, model.people.sites.vacant_desks))
    out = turn_out(model, use, 7)
    ids, places = claim_of(model, land)
    assert ids == out
    assert places == pytest.approx(7 - (vacant + 7 - 0.08 * desks))


@pytest.mark.parametrize(("land", "use"), USES)
def test_firms_ask_for_no_land_where_premises_stand_empty(model, land, use) -> None:
    sites = model.people.sites
    model.people.sites = replace(sites, desks=2 * sites.desks)
    turn_out(model, use, 7)
    assert claim_of(model, land)[1] < 0
    assert land_wanted(model)[model.legend.code_of(land)] == 0


@pytest.mark.parametrize(("land", "use"), USES)
def test_firms_that_were_outbid_and_keep_their_premises_ask_for_none(model, land, use) -> None:
    before = claim_of(model, land)[1]
    model.people.waiting[land] = model.firms["unique_id"][model.firms.map("premises") == use][:20]
    assert claim_of(model, land)[1] == before
