"""Redraw: control lines change only here, by logged events: boundary reviews, and farmland given for line projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from landsim.landscape.legend import Land
from landsim.policy.control import Zone
from landsim.transition.engine import Changes
from landsim.transition.events import AGENT_KINDS, KINDS, LAYERS, QUOTAS, TIERS

if TYPE_CHECKING:
    from landsim.model.model import LandModel

Ids = npt.NDArray[np.int64]
_WORST = 10  # grade taken where farmland has none


def redraw(model: LandModel, line: str, cells: Ids, value: int) -> None:
    """Write another value of a control line into its layer and the event log; recompile the control codes after it."""
    layer = model.landscape.layers[line].reshape(-1)
    model.books.events.append(
        year=model.year, phase=model.phase_code, layer=LAYERS.index(line), cell=cells, **{"from": layer[cells]},
        to=value, district=model.ground.districts[model.ground.region[cells]], kind=KINDS.index("line_adjust"),
        agent_kind=AGENT_KINDS.index("government"), agent_id=model.tree.city.unique_id, project=-1,
        tier=TIERS.index("city"), price=0.0, compensation=0.0, quota=QUOTAS.index("none"), ledger_ref=-1,
    )  # fmt: skip
    layer[cells] = value


def crossing(model: LandModel, changes: Changes) -> npt.NDArray[np.bool_]:
    """Tell which conversions build inside the red line or basic farmland: line projects, where they are let in."""
    zone = model.ground.control.zone[model.engine.door.control[changes.cell]]
    return np.asarray((zone != Zone.OTHER) & model.legend.built[changes.to], dtype=np.bool_)


def designate(model: LandModel, taken: Ids) -> None:
    """Put as much other farmland under permanent protection as line projects have taken, the best first.

    Where less is left outside the lines, all of it is designated and the protected area shrinks by the rest.
    """
    layer = model.landscape.get("pbf")
    if layer is None or not model.params.lines.pbf:
        return
    taken = taken[layer.reshape(-1)[taken] > 0]
    if taken.size == 0:
        return
    given = _best_farmland(model, taken.size)
    redraw(model, "pbf", given, 1)
    redraw(model, "pbf", taken, 0)
    model.ground.recompile(model.params, np.concatenate([given, taken]))


def _best_farmland(model: LandModel, count: int) -> Ids:
    """Arable cells outside every line, by grade and then by index, int64."""
    door, control = model.engine.door, model.ground.control
    open_land = (control.zone == Zone.OTHER) & (control.inside == 0)
    arable = np.flatnonzero((door.code_class[door.land] == Land.ARABLE) & open_land[door.control])
    grade = door.quality[arable] if door.quality.size > 1 else np.full(arable.size, _WORST)
    order = np.argsort(np.where(grade == 0, _WORST, grade), kind="stable")
    return np.sort(arable[order[:count]]).astype(np.int64)
