"""Journal: conversions become events, with the agent, approval tier, payment and ledger entry behind each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landsim.core.errors import InternalError
from landsim.policy.control import Zone
from landsim.policy.expropriation import compensation
from landsim.policy.permission import needs_state_approval
from landsim.transition.engine import Changes
from landsim.transition.events import AGENT_KINDS, KINDS, QUOTAS, TIERS

if TYPE_CHECKING:
    from landsim.model.model import LandModel

Ids = npt.NDArray[np.int64]
GOVERNMENT = AGENT_KINDS.index("government")


def enter(
    model: LandModel,
    changes: Changes,
    kind: str | npt.NDArray[np.uint8],
    *,
    agent_kind: npt.ArrayLike = GOVERNMENT,
    agent_id: npt.ArrayLike | None = None,
    price: npt.ArrayLike = 0.0,
    owing: bool = True,
) -> Ids:
    """Write conversions into the event log and the arable ledger.

    Parameters
    ----------
    model : LandModel
    changes : Changes
        What was converted, in order.
    kind : str or numpy.ndarray of uint8, shape (m,)
        Name of the kind of all events, or the code of each.
    agent_kind, agent_id : array_like of int, shape () or (m,)
        Who is behind each conversion; without ids the government of the district.
    price : array_like of float, shape () or (m,)
        Price of the land, CNY/m2.
    owing : bool
        Whether the balance is paid for lost arable land and the holders for what is taken; illegal building pays
        nobody.

    Returns
    -------
    numpy.ndarray of int64, shape (m,)
        Sequence numbers of the events.
    """
    door, books, ground = model.engine.door, model.books, model.ground
    before, after = door.code_class[changes.from_], door.code_class[changes.to]
    builds = model.legend.built[changes.to] & ~model.legend.built[changes.from_]
    paid = compensation(model.params.expropriation, before, after, model.grid.cell_area_m2) if owing else 0.0
    districts = ground.districts[ground.region[changes.cell]]
    first = books.events.append(
        year=model.year,
        phase=model.phase_code,
        layer=0,
        cell=changes.cell,
        **{"from": changes.from_},
        to=changes.to,
        district=districts,
        kind=KINDS.index(kind) if isinstance(kind, str) else kind,
        agent_kind=agent_kind,
        agent_id=model.tree.county(districts) if agent_id is None else agent_id,
        project=changes.project + model.next_project,
        tier=_tiers(model, changes, builds),
        price=price,
        compensation=paid,
        quota=_quotas(model, changes, builds),
        ledger_ref=_debit(model, changes, len(books.events)) if owing else -1,
    )
    if len(changes):
        model.next_project += int(changes.project.max()) + 1
    return first + np.arange(len(changes), dtype=np.int64)


def behind(model: LandModel, changes: Changes) -> tuple[npt.NDArray[np.uint8], Ids]:
    """Name the agent behind each conversion: those who asked for its class, in the order of their ids.

    A class that nobody asked for by name was released by the government of the district.
    """
    districts = model.ground.districts[model.ground.region[changes.cell]]
    kinds = np.full(len(changes), GOVERNMENT, dtype=np.uint8)
    ids = np.asarray(model.tree.county(districts), dtype=np.int64)
    for code, (kind, who) in model.demanders.items():
        served = np.flatnonzero(changes.to == code)
        if who.size and served.size:
            kinds[served] = kind
            ids[served] = who[np.arange(served.size) * who.size // served.size]
    return kinds, ids


def _tiers(model: LandModel, changes: Changes, builds: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    """Approval tier of each conversion by the area that its project takes."""
    tiers = np.zeros(len(changes), dtype=np.uint8)
    if not builds.any():
        return tiers
    door = model.engine.door
    basic = model.ground.control.zone[door.control[changes.cell]] == Zone.PBF
    arable = model.legend.arable[changes.from_] & ~basic
    project = changes.project - changes.project.min()
    parts = (basic, arable, ~basic & ~arable)
    farm, field, rest = (np.bincount(project, weights=builds & part) * model.grid.cell_area_ha for part in parts)
    state = needs_state_approval(farm, field, rest, model.params.permits)[project]
    tiers[builds] = TIERS.index("province")
    tiers[builds & state] = TIERS.index("state")
    return tiers


def _quotas(model: LandModel, changes: Changes, builds: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    """Which part of the yearly quota each conversion takes."""
    before = model.engine.door.code_class[changes.from_]
    quota = np.where(builds, QUOTAS.index("new"), QUOTAS.index("none"))
    quota[builds & (before == 2)] = QUOTAS.index("agricultural")
    quota[builds & (before == 1)] = QUOTAS.index("arable")
    return quota.astype(np.uint8)


def _debit(model: LandModel, changes: Changes, first_seq: int) -> Ids:
    """Enter what the conversions owe the arable balance; the ledger entry of each, -1 where none is owed."""
    door, ledger = model.engine.door, model.books.ledger
    refs = np.full(len(changes), -1, dtype=np.int64)
    before, after = door.code_class[changes.from_], door.code_class[changes.to]
    owed = np.flatnonzero(door.debits[before, after])
    if owed.size == 0:
        return refs
    paddy, kg = worth_of(door, changes.cell[owed])
    entries = 1 + (paddy > 0) + (kg > 0)
    refs[owed] = ledger.next_seq + np.cumsum(entries) - entries
    ledger.debit(model.year, paddy, kg, first_seq + owed)
    if not np.array_equal(ledger.bank, door.bank):
        raise InternalError(f"arable balance: ledger {ledger.bank.tolist()}, counters {door.bank.tolist()}")
    return refs


def worth_of(door: Any, cells: Ids) -> tuple[Ids, Ids]:
    """Paddy flag and yearly yield (kg) of cells of farmland, int64 each."""
    paddy = door.paddy[cells] if door.paddy.size > 1 else np.zeros(cells.size, dtype=np.int64)
    grade = door.quality[cells] if door.quality.size > 1 else np.zeros(cells.size, dtype=np.int64)
    return (np.asarray(paddy) != 0).astype(np.int64), door.yield_kg[grade]
