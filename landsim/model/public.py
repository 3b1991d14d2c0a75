"""Public: the phases of governments: dated levers, the five-yearly review, facilities and the release of land."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landsim.agents.works import site_facilities, within
from landsim.landscape.legend import Land
from landsim.market.prices import land_value
from landsim.model.redraw import redraw
from landsim.policy.review import CONCENTRATED, ELASTIC, swap

if TYPE_CHECKING:
    from landsim.model.model import LandModel

BID_STEPS = 16


def exogenous(model: LandModel) -> None:
    """Let the parameters that a scenario changes in this year take their new values."""
    now = [shock for shock in model.shocks if shock.year == model.year]
    for shock in now:
        model.pull(shock.path, shock.value)
    if any(shock.path.split(".")[0] in ("lines", "permits") for shock in now):
        model.ground.recompile(model.params, np.arange(model.grid.size))


def mandates(model: LandModel) -> None:
    """Review the plan every few years: elastic land that building has reached is swapped into the boundary."""
    review, layer = model.params.review, model.landscape.get("udb")
    due = model.year > model.start and (model.year - model.start) % review.every == 0
    if layer is None or not (due and model.params.lines.udb and review.swap_elastic):
        return
    built = model.legend.built[model.landscape.landcover]
    open_land = ~built & ~model.legend.water[model.landscape.landcover] & model.landscape.valid
    inward, outward = swap(layer, built, open_land, review)
    redraw(model, "udb", inward, CONCENTRATED)
    redraw(model, "udb", outward, ELASTIC)
    model.ground.recompile(model.params, np.concatenate([inward, outward]))


def works(model: LandModel) -> None:
    """Build community facilities where most people are still unserved, as far as the purse allows."""
    people, params = model.people, model.params.government
    if people.households is None:
        return
    afford = int(max(model.tree.city.budget, 0.0) * params.works_share // params.facility_cost)
    model.spent_on_works += params.facility_cost * site_more(model, afford)


def site_more(model: LandModel, most: int) -> int:
    """Site up to so many facilities, no more than the population is entitled to; how many were built."""
    people, params = model.people, model.params.government
    persons = people.persons_by_block()
    entitled = params.facilities_wanted(float(persons.sum())) - int(people.facilities.sum())
    count = min(most, entitled)
    if count < 1:
        return 0
    radius = max(params.facility_reach / people.blocks.cell_size, 0.0)
    served = people.facilities.reshape(people.blocks.shape) > 0
    plan = site_facilities(persons.reshape(people.blocks.shape), radius, count, served=within(served, radius))
    np.add.at(people.facilities, plan.blocks, 1)
    return int(plan.blocks.size)


def supply(model: LandModel) -> None:
    """Rank blocks for release: a weighed mean of plan priority and of what the market bids, both as ranks."""
    people = model.people
    if people.households is None or len(people.sites) == 0:
        return
    weight = model.params.government.coordination
    fields = people.fields
    price = people.sites.local_price(np.arange(people.blocks.size), model.params.market.price_level)
    market = _rank(land_value(price, model.params.market))
    for land, priority in (
        (Land.URB_RES, fields.svc + fields.acc_hub),
        (Land.URB_SVC, fields.acc_job + fields.svc),
        (Land.URB_IND, fields.acc_hub + fields.acc_labour),
    ):
        code = model.legend.code_of(land)
        if code is not None:
            bid = weight * _rank(priority) + (1.0 - weight) * market
            # steps, so that only blocks whose standing changes are re-rated
            model.engine.rebid(code, ((np.rint(bid * BID_STEPS) + 1.0) / (BID_STEPS + 1.0)).astype(np.float32))


def _rank(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Rank of each value among the distinct ones, from 0 to 1."""
    distinct, place = np.unique(np.round(values.astype(np.float64), 6), return_inverse=True)
    return place / max(distinct.size - 1, 1)
