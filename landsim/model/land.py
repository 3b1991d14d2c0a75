"""Land: the phases in which demand, quotas, projects and agents change the land."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from landsim.agents.farmers import farm_year
from landsim.agents.works import reclaim_projects
from landsim.core.quantity import LIMITED_BELOW, UNLIMITED
from landsim.landscape.legend import Land
from landsim.model.claims import land_wanted
from landsim.model.ground import land_rows
from landsim.model.journal import behind, enter, worth_of
from landsim.model.reclaimed import shortage
from landsim.model.redraw import crossing, designate
from landsim.model.targets import Targets, targets_of
from landsim.policy.balance import accepts_supplement
from landsim.policy.control import Zone
from landsim.policy.handdown import construction_weights
from landsim.policy.pace import pace_cells
from landsim.policy.policing import Policing, police
from landsim.policy.quota import city_quota_ha, yearly_quota
from landsim.policy.sale import sale_share
from landsim.transition.clocks import stamp
from landsim.transition.conversion import Rule, Waive
from landsim.transition.demand import given_change, markov_change, passed_on
from landsim.transition.engine import Changes, Unmet
from landsim.transition.events import AGENT_KINDS, KINDS

if TYPE_CHECKING:
    from landsim.model.model import LandModel

_FARMER = AGENT_KINDS.index("farmer")
_LEGAL, _RESTORATION, _ABANDON, _DEMOLISH = (
    KINDS.index(kind) for kind in ("legal", "restoration", "abandon", "demolish")
)


def demand(model: LandModel) -> None:
    """Set how many cells each class is to gain or lose this year, and who asks for them."""
    mode, counts = model.params.demand.mode, model.engine.counts()
    model.demanders = {}
    if mode == "agents":
        change = land_wanted(model)
    elif mode in ("given", "fitted"):
        named = targets_of(model.inputs, model.params, model.ground.at_start)
        targets = {model.legend.row(name).code: path for name, path in named.items()}
        if _gross(model):
            counts = model.ground.at_start + model.engine.gains()
        change = given_change(targets, model.start, model.year, model.ground.at_start, counts)
        change = _passed_on(model, change, named)
    else:
        change = markov_change(model.trend, model.legend.codes, counts, model.params.demand.growth)
    model.wanted = change
    model.engine.door.loss[:] = _may_lose(model, change)
    for row in model.legend.rows:
        if change[row.code] > 0:
            model.books.ask(model.year, row.name, int(change[row.code]))


def _may_lose(model: LandModel, change: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Cells that each code may lose: no more than its target says, where it has one."""
    loss = np.full(256, UNLIMITED, dtype=np.int64)
    if model.params.demand.mode == "markov":
        loss[model.legend.codes] = np.maximum(-change[model.legend.codes], 0)
    elif not _gross(model):
        named = targets_of(model.inputs, model.params, model.ground.at_start)
        codes = [model.legend.row(name).code for name in named]
        loss[codes] = np.maximum(-change[codes], 0)
    return loss


def _passed_on(model: LandModel, change: npt.NDArray[np.int64], targets: Targets) -> npt.NDArray[np.int64]:
    """Take from the rest what a fitted table takes of classes that its rules let no race convert."""
    rules, races = model.inputs.rules, model.engine.gained
    if rules is None or model.params.demand.mode != "fitted":
        return change
    falling = {race.shrinking.name for race in races if race.shrinking}
    growing = [race.row.name for race in races if not race.shrinking]
    stuck, falls = np.zeros(256, dtype=np.bool_), np.zeros(256, dtype=np.int64)
    for name, path in targets.items():
        code = model.legend.row(name).code
        falls[code] = max(int(model.ground.at_start[code]) - path[max(path)], 0)
        stuck[code] = name not in falling and all(rules.shuts_out(name, other) for other in growing if other != name)
    return passed_on(change, falls, stuck)


def _gross(model: LandModel) -> bool:
    """Tell whether targets count gains alone, so that classes may trade cells."""
    return model.params.demand.mode == "given" and model.params.demand.gross


def quota(model: LandModel) -> None:
    """Hand the year's construction quota down to the counties, open the pace of the boundary and the balance."""
    params, ground, door = model.params, model.ground, model.engine.door
    cell_ha = model.grid.cell_area_ha
    built_ha = float(ground.built_at_start.sum()) * cell_ha
    ages = model.year - model.start - 1
    city_ha = city_quota_ha(params.quota, ages, built_ha)
    granted, model.quota_state = yearly_quota(
        params.quota, model.quota_state, ground.districts, _weights(model), city_ha, cell_ha,
        left=model.quota_left, illegal_found=model.illegal_found,
    )  # fmt: skip
    door.quota[:] = granted
    model.quota_granted = granted.copy()
    _tell_counties(model, granted[:, 0])
    allowed = pace_cells(params.pace, ground.growth_cells, model.start, model.year)
    door.pace[0] = allowed - model.pace_used if params.lines.udb and allowed < LIMITED_BELOW else UNLIMITED
    model.books.ledger.open_year(model.year)
    door.bank[:] = model.books.ledger.bank


def _tell_counties(model: LandModel, granted: npt.NDArray[np.int64]) -> None:
    """Write each county's quota into its office; an unlimited one is as large as the map."""
    cells = np.minimum(granted[model.county_rows], model.grid.size)
    model.tree.hand_down(int(cells.sum()), cells)


def _weights(model: LandModel) -> npt.NDArray[np.float64]:
    """Claims of the districts on the quota: growth of people and jobs, and how densely built land is used."""
    people, jobs = model.people.by_district(model)
    built = np.maximum(model.ground.built_at_start, 1)
    growth = people - model.people_before
    idle, shares = model.people.idle_by_district(model), model.params.quota.weights
    weights = construction_weights(growth, jobs - model.jobs_before, people / built, idle, shares)
    model.people_before, model.jobs_before = people, jobs
    # a place without agents hands down by what is built
    share = built / built.sum()
    mixed = shares.basic * share + (1.0 - shares.basic) * weights if people.any() or jobs.any() else share
    return np.asarray(mixed, dtype=np.float64)


def credits(model: LandModel) -> None:
    """Let counties reclaim vacated and unused land as arable, which earns credits of the balance."""
    row = next(iter(land_rows(model.landscape, Land.ARABLE)), None)
    if model.params.balance.mode == "off" or row is None or model.reclaim_budget <= 0:
        return
    cells, classes, slope, vacant = _reclaimable(model)
    door, wanted = model.engine.door, int(model.wanted[model.legend.built].clip(min=0).sum())
    paddy, kg = worth_of(door, cells)
    need, wet = shortage(wanted, door.bank, *worth_of(door, np.flatnonzero(model.legend.arable[door.land])), paddy, kg)
    params = model.params.government
    plan = reclaim_projects(
        params, cells, classes, slope, vacant, budget=model.reclaim_budget, need=need,
        cell_area_ha=model.grid.cell_area_ha, benefit=params.credit_value * np.where(wet > 0, 1.0 + paddy, 1.0),
    )  # fmt: skip
    changes, _ = model.engine.convert_cells(plan.cells, row.code, project=True)
    cost = dict(zip(plan.cells.tolist(), plan.cost.tolist(), strict=True))
    model.spent_on_works += sum(cost[cell] for cell in changes.cell.tolist())
    kinds = np.where(model.legend.built[changes.from_], KINDS.index("linkage"), KINDS.index("consolidation"))
    seq = enter(model, changes, kinds.astype(np.uint8))
    _credit(model, changes, seq)


def _reclaimable(
    model: LandModel,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8], npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Candidates of reclamation: cell, class, slope, and whether nobody lives there."""
    door = model.engine.door
    classes = door.code_class[door.land]
    cells = np.flatnonzero(np.isin(classes, (Land.RURAL, Land.UNUSED, Land.GRASS))).astype(np.int64)
    layer = model.landscape.get("slope")
    slope = np.zeros(cells.size, np.float32) if layer is None else layer.reshape(-1)[cells].astype(np.float32)
    return cells, classes[cells], slope, model.people.vacant(cells)


def _credit(model: LandModel, changes: Changes, seq: npt.NDArray[np.int64]) -> None:
    """Hand accepted new arable land in to the ledger."""
    door = model.engine.door
    paddy, kg = worth_of(door, changes.cell)
    layer, line = model.landscape.get("slope"), model.landscape.get("erl")
    slope = np.zeros(len(changes)) if layer is None else layer.reshape(-1)[changes.cell]
    erl = np.zeros(len(changes)) if line is None else line.reshape(-1)[changes.cell]
    grade = door.quality[changes.cell] if door.quality.size > 1 else np.zeros(len(changes), dtype=np.uint8)
    good = accepts_supplement(slope, grade, erl, model.params.balance)
    model.books.ledger.credit(model.year, paddy[good], kg[good], seq[good])


def conversion(model: LandModel) -> None:
    """Run the race of the year, let classes shrink that have to, and write down what was not met and why."""
    growth = [0 if race.shrinking else int(model.wanted[race.row.code]) for race in model.engine.gained]
    before = model.engine.door.quota[:, 0].copy()
    pace_before = int(model.engine.door.pace[0])
    changes, unmet = model.engine.allocate(growth)
    _enter_growth(model, changes)
    _report(model, unmet)
    _shrink(model)
    _no_race(model)
    used = before - model.engine.door.quota[:, 0]
    model.quota_used = np.where(before < LIMITED_BELOW, used, 0)
    model.quota_left = np.where(model.engine.door.quota < LIMITED_BELOW, model.engine.door.quota, 0)
    model.pace_used += pace_before - int(model.engine.door.pace[0])
    model.spend_quota(model.quota_used)


def _enter_growth(model: LandModel, changes: Changes) -> None:
    kinds, ids = behind(model, changes)
    shares = sale_share(model.params.sale, model.legend.model_class[changes.to])
    price = shares * model.people.land_price(model, changes.cell, changes.to)
    renewed = model.legend.built[changes.from_] & model.legend.built[changes.to]
    kind = np.where(renewed, KINDS.index("renewal"), _LEGAL).astype(np.uint8)
    project = crossing(model, changes)
    kind[project] = KINDS.index("line_project")
    enter(model, changes, kind, agent_kind=kinds, agent_id=ids, price=price)
    model.sold += float(np.sum(price, dtype=np.float64) * model.grid.cell_area_m2)
    model.people.built(model, changes)
    designate(model, changes.cell[project])


def _shrink(model: LandModel) -> None:
    """Let the classes fall that gains of others did not take up."""
    races = model.engine.gained
    if not any(race.shrinking for race in races):
        return
    loss = model.engine.door.loss
    # only what a target still demands may fall, and only the falling class
    need = [0 if race.shrinking is None else _finite(loss[race.shrinking.code]) for race in races]
    changes, unmet = model.engine.allocate(need)
    kind = np.where(model.legend.built[changes.from_], _DEMOLISH, _ABANDON).astype(np.uint8)
    # what a project may change inside the red line is restoration by definition
    kind[model.ground.control.zone[model.engine.door.control[changes.cell]] == Zone.ERL] = _RESTORATION
    for race, cells in zip(races, need, strict=True):
        if cells:
            model.books.ask(model.year, race.name, cells)
    enter(model, changes, kind)
    model.people.built(model, changes)
    _report(model, unmet)


def _finite(cells: int) -> int:
    return int(cells) if cells < LIMITED_BELOW else 0


def _report(model: LandModel, unmet: list[Unmet]) -> None:
    for row in unmet:
        district = 0 if row.region < 0 else int(model.ground.districts[row.region])
        name = model.engine.gained[row.race].name
        model.books.lack(model.year, name, district, row.cells, row.rule, model.grid.cell_area_ha)


def _no_race(model: LandModel) -> None:
    """Report demand for classes for which no race runs: there is no land that could become them."""
    raced = {race.row.code for race in model.engine.gained if race.shrinking is None}
    for row in model.legend.rows:
        if model.wanted[row.code] > 0 and row.code not in raced:
            cells = int(model.wanted[row.code])
            model.books.lack(model.year, row.name, 0, cells, Rule.NO_LAND, model.grid.cell_area_ha)


def enforcement(model: LandModel) -> None:
    """Let illegal building be tried where demand was refused, and find what was built illegally before."""
    urban = next(iter(land_rows(model.landscape, Land.URB_RES)), None)
    cells, weight = np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
    if model.params.enforcement < 1.0 and urban is not None:
        cells, weight = _temptations(model, urban.code)
    value = float(np.mean(model.people.land_price(model, cells))) if cells.size else 0.0
    door, year = model.engine.door, model.year
    result = police(
        model.seed, year, cells, weight, model.ground.control.zone[door.control[cells]], model.illegal,
        model.books.unmet_cells(year), value, model.grid.cell_area_m2, model.params.policing,
        enforcement=model.params.enforcement,
    )  # fmt: skip
    model.fines = result.fines
    model.illegal_found = _found(model, result)
    _undo(model, result.demolish)
    model.illegal = np.setdiff1d(model.illegal, np.concatenate([result.demolish, result.legalise]))
    if result.convert.size and urban is not None:
        waive = Waive.ZONE | Waive.QUOTA | Waive.BALANCE
        changes, _ = model.engine.convert_cells(result.convert, urban.code, project=False, waive=waive)
        enter(model, changes, "illegal", owing=False)
        model.people.built(model, changes)
        model.illegal = np.union1d(model.illegal, changes.cell)


def _found(model: LandModel, result: Policing) -> npt.NDArray[np.int64]:
    """Cells by district that the next quota is charged with: arable land found built on, and all that is legalised."""
    was_arable = model.legend.arable[model.first_land[result.demolish]]
    charged = np.concatenate([result.demolish[was_arable], result.legalise])
    return np.bincount(model.ground.region[charged], minlength=model.ground.districts.size)


def _temptations(model: LandModel, code: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Open land around what is built, weighed by the density of building: where illegal building pays."""
    k = next((k for k, race in enumerate(model.engine.gained) if race.row.code == code), None)
    door, clocks = model.engine.door, model.engine.clocks
    if k is None:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
    open_land = ~model.legend.built & ~model.legend.water & (door.code_class > 0)
    cells = np.flatnonzero((clocks.score[k] > 0) & open_land[door.land] & (clocks.since != stamp(model.engine.year)))
    return cells.astype(np.int64), clocks.score[k][cells].astype(np.float32)


def _undo(model: LandModel, cells: npt.NDArray[np.int64]) -> None:
    """Demolish illegal building: the land goes back to what it was at the start of the run."""
    was, door = model.first_land[cells], model.engine.door
    # what is torn down goes on top of what a target lets its class lose
    np.add.at(door.loss, door.land[cells], 1)
    changes, _ = model.engine.convert_cells(cells, was, project=True, waive=Waive.ZONE | Waive.BALANCE)
    enter(model, changes, "demolish")
    model.people.built(model, changes)


def farming(model: LandModel) -> None:
    """Let farm operators choose crops and give up land; what they ask of the land goes through the door."""
    if model.farmers is None or "farms" in model.params.agents.freeze:
        return
    wild = successor_of_arable(model)
    pbf = model.landscape.get("pbf") if model.params.lines.pbf else None
    model.farmland.recount(model.landscape.landcover, model.block, pbf, model.legend.model_class)
    asked = farm_year(model.farmers, model.farmland, model.grid.cell_area_ha, wild)
    codes = np.array([model.legend.code_of(Land(land)) or 0 for land in range(16)], dtype=np.uint8)
    known = codes[asked.target] > 0
    changes, _ = model.engine.convert_in_blocks(
        asked.block[known], asked.cells[known], asked.source[known], codes[asked.target[known]]
    )
    kinds = np.where(model.engine.door.code_class[changes.to] == wild, _ABANDON, _LEGAL).astype(np.uint8)
    enter(model, changes, kinds, agent_kind=_FARMER, agent_id=asked.operator[known][changes.project])
    given_up = model.engine.door.code_class[changes.to] == wild
    rows = asked.block[known][changes.project[given_up]]
    blocks, cells = np.unique(rows, return_counts=True)
    model.farmland.give_up(blocks, cells)
    model.farm_income = asked.income


def successor_of_arable(model: LandModel) -> Land:
    """Class that abandoned farmland becomes: grass, or unused land where the legend has no grass."""
    return Land.GRASS if model.legend.code_of(Land.GRASS) is not None else Land.UNUSED
