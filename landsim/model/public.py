"""Public: the phases of governments: dated levers, the five-yearly review, facilities and the release of land."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from landsim.agents.works import site_facilities
from landsim.landscape.legend import Land
from landsim.policy.review import CONCENTRATED, ELASTIC, swap
from landsim.transition.events import AGENT_KINDS, KINDS, LAYERS, QUOTAS, TIERS

if TYPE_CHECKING:
    from landsim.model.model import LandModel

def exogenous(model: LandModel) -> None:
    """Let the parameters that a scenario changes in this year take their new values."""
    for shock in model.shocks:
        if shock.year == model.year:
            model.pull(shock.path, shock.value)


def mandates(model: LandModel) -> None:
    """Review the plan every few years: elastic land that building has reached is swapped into the boundary."""
    review, layer = model.params.review, model.landscape.get("udb")
    due = model.year > model.start and (model.year - model.start) % review.every == 0
    if layer is None or not (due and model.params.lines.udb and review.swap_elastic):
        return
    built = model.legend.built[model.landscape.landcover]
    open_land = ~built & ~model.legend.water[model.landscape.landcover] & model.landscape.valid
    inward, outward = swap(layer, built, open_land, review)
    _redraw(model, inward, CONCENTRATED)
    _redraw(model, outward, ELASTIC)
    model.ground.recompile(model.params, np.concatenate([inward, outward]))


def _redraw(model: LandModel, cells: npt.NDArray[np.int64], zone: int) -> None:
    """Write another zone of the boundary into the layer and the event log."""
    layer = model.landscape.layers["udb"].reshape(-1)
    model.books.events.append(
        year=model.year, phase=model.phase_code, layer=LAYERS.index("udb"), cell=cells, **{"from": layer[cells]},
        to=zone, district=model.ground.districts[model.ground.region[cells]], kind=KINDS.index("line_adjust"),
        agent_kind=AGENT_KINDS.index("government"), agent_id=model.tree.city.unique_id, project=-1,
        tier=TIERS.index("city"), price=0.0, compensation=0.0, quota=QUOTAS.index("none"), ledger_ref=-1,
    )  # fmt: skip
    layer[cells] = zone
