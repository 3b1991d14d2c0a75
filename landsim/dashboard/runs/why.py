"""Why: what is known of one cell - what happened there and by whom, which lines lie on it, and what stops change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from landsim.core.errors import InputError, Problem
from landsim.landscape.grid import Grid
from landsim.landscape.legend import Land
from landsim.policy.restriction import Restriction, restrictions
from landsim.transition.clocks import UNFIT
from landsim.transition.conversion import Rule, refusal
from landsim.transition.events import AGENT_KINDS, KINDS, LAYERS, TIERS
from landsim.transition.lanes import lane_of

if TYPE_CHECKING:
    from landsim.model.model import LandModel

Basis = Literal["live", "rebuilt", "log"]


@dataclass(frozen=True)
class Happened:
    """One event of a cell; ``None`` and empty texts where the log has nothing to say."""

    year: int
    layer: str
    before: int
    after: int
    kind: str = ""
    agent: str = ""
    project: int = -1
    tier: str | None = None
    price: float | None = None


@dataclass(frozen=True)
class Prospect:
    """What stands in the way of a cell becoming a class.

    Attributes
    ----------
    code : int
        Land-cover code of the class.
    chance : float
        What the permission table says: 0 never, 1 always, between on a conditional permit.
    granted : bool
        Whether this cell has the permit.
    restrictions : tuple of Restriction
        What makes the chance less than 1.
    rule : str
        The rule that stops it now, ``passed`` if none does.
    stopped : str
        The rule that closed its district's race for the class this year, ``passed`` if none did.
    bar : str
        Why it has no clock, where no rule is the reason: ``origin`` (the class does not arise from the present one),
        ``ground`` (the ground does not suit it), or nothing.
    rank, of : int or None
        Place of its clock among those that still run beside it; 0 of 0 where it has none, None where it is not known.
    """

    code: int
    chance: float
    granted: bool
    restrictions: tuple[Restriction, ...]
    rule: str
    bar: str
    stopped: str = "passed"
    rank: int | None = None
    of: int | None = None


@dataclass(frozen=True)
class Lack:
    """Demand of the district that was not met in the year."""

    name: str
    rule: str
    cells: int
    ha: float


@dataclass(frozen=True)
class Why:
    """The answer about one cell.

    Attributes
    ----------
    cell : int
        Flat index.
    row, col : int
    x, y : float
        Centre of the cell, m.
    year : int
        Year at the end of which the answer holds.
    code : int
        Land-cover code.
    district : int
    overlays : tuple of str
        Lines and restrictions that lie on it.
    events : tuple of Happened
        All that are known, those after `year` too.
    lacks : tuple of Lack
    prospects : tuple of Prospect
    basis : {"live", "rebuilt", "log"}
        Whether the rules were asked of the model as it stands, of the inputs put together again, or not at all.
    notes : tuple of str
        What is not known, and why: keys of `landsim.dashboard.words`, or sentences.
    """

    cell: int
    row: int
    col: int
    x: float
    y: float
    year: int
    code: int
    district: int
    overlays: tuple[str, ...]
    events: tuple[Happened, ...]
    lacks: tuple[Lack, ...]
    prospects: tuple[Prospect, ...] = ()
    basis: Basis = "log"
    notes: tuple[str, ...] = ()


def where(grid: Grid, cell: int) -> dict[str, Any]:
    """Give a cell's index, row, column and centre, as `Why` takes them.

    Raises
    ------
    InputError
        If there is no such cell.
    """
    if not 0 <= cell < grid.size:
        raise InputError(Problem("cell", "lies outside the map", found=str(cell)))
    row, col = divmod(cell, grid.width)
    x, y = grid.centres([cell])
    return {"cell": cell, "row": row, "col": col, "x": float(x[0]), "y": float(y[0])}


def happened(columns: Mapping[str, npt.NDArray[Any]], cell: int) -> tuple[Happened, ...]:
    """Events of a cell out of the columns of a log, in their order."""
    rows = np.flatnonzero(np.asarray(columns["cell"]) == cell)
    return tuple(_event({name: values[row] for name, values in columns.items()}) for row in rows.tolist())


def _event(row: Mapping[str, Any]) -> Happened:
    price = float(row["price"])
    return Happened(
        year=int(row["year"]),
        layer=LAYERS[row["layer"]],
        before=int(row["from"]),
        after=int(row["to"]),
        kind=KINDS[row["kind"]],
        agent=f"{AGENT_KINDS[row['agent_kind']]}:{int(row['agent_id'])}",
        project=int(row["project"]),
        tier=TIERS[row["tier"]],
        price=price if price > 0 else None,
    )


def prospects(model: LandModel, cell: int) -> tuple[Prospect, ...]:
    """Say for every class that grows what stands in the way of the cell becoming it, as of the end of the year."""
    races = enumerate(model.engine.gained)
    return tuple(
        _prospect(model, k, cell)
        for k, race in races
        if race.shrinking is None and race.row.code != model.engine.door.land[cell]
    )


def _prospect(model: LandModel, k: int, cell: int) -> Prospect:
    door, clocks, lanes = model.engine.door, model.engine.clocks, model.engine.lanes
    code, project = int(clocks.target[k]), int(clocks.project[k])
    before, after = door.code_class[door.land[cell]], door.code_class[code]
    chance = float(door.chance[project, door.control[cell], before, after])
    rule = Rule(int(refusal(door, np.int64(cell), np.uint8(code), project, 0)))
    rank, of = _rank(model, k, cell)
    return Prospect(
        code=code,
        chance=chance,
        granted=chance > 0.0 and rule is not Rule.ZONE,
        restrictions=_restrictions(model, cell, (Land(int(before)), Land(int(after)))),
        rule=rule.name.lower(),
        bar=_bar(model, k, cell),
        stopped=Rule(int(lanes.rule[lane_of(clocks, door, k, cell)])).name.lower(),
        rank=rank,
        of=of,
    )


def _restrictions(model: LandModel, cell: int, change: tuple[Land, Land]) -> tuple[Restriction, ...]:
    ground, masks = model.ground, {name: names for name, (_, names) in model.landscape.masks.items()}
    combination = ground.control.combinations[int(model.engine.door.control[cell])]
    return restrictions(combination, change, ground.permissions, model.params.permits, masks, model.legend)


def _bar(model: LandModel, k: int, cell: int) -> str:
    """Say why a class has no clock at a cell, where that lies in the land and not in a rule."""
    clocks = model.engine.clocks
    if clocks.ease[k, clocks.code_index[model.engine.door.land[cell]]] <= 0.0:
        return "origin"
    return "ground" if clocks.suit[k, cell] == UNFIT else ""


def _rank(model: LandModel, k: int, cell: int) -> tuple[int, int]:
    """Place of a clock among the running ones of its district, present code and side of the boundary."""
    door, t = model.engine.door, model.engine.clocks.t[k]
    if not np.isfinite(t[cell]):
        return 0, 0
    beside = (door.region == door.region[cell]) & (door.land == door.land[cell]) & np.isfinite(t)
    beside &= door.inside[door.control] == door.inside[door.control[cell]]
    others = t[beside]
    return int(np.count_nonzero(others < t[cell])) + 1, int(others.size)


def overlays_of(model: LandModel, cell: int) -> tuple[str, ...]:
    """Names of the restrictions that lie on a cell."""
    return tuple(model.ground.control.names[int(model.engine.door.control[cell])].split(" + "))
