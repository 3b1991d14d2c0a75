"""Why: what is known of one cell - what happened there and by whom, which lines lie on it, and what stops change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landsim.transition.clocks import UNFIT
from landsim.transition.conversion import Rule, refusal
from landsim.transition.events import AGENT_KINDS, KINDS, LAYERS, TIERS
from landsim.transition.lanes import lane_of

if TYPE_CHECKING:
    from landsim.model.model import LandModel


@dataclass(frozen=True)
class Happened:
    """One event of a cell; ``None`` where the log has nothing to say."""

    year: int
    layer: str
    kind: str
    before: int
    after: int
    agent: str
    project: int
    tier: str | None
    price: float | None


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
    rule : str
        The rule that stops it now, ``passed`` if none does.
    stopped : str
        The rule that closed its district's race for the class this year, ``passed`` if none did.
    bar : str
        Why it has no clock, where no rule is the reason: ``origin`` (the class does not arise from the present one),
        ``ground`` (the ground does not suit it), or nothing.
    rank, of : int
        Place of its clock among those that still run beside it; 0 of 0 where it has none.
    """

    code: int
    chance: float
    granted: bool
    rule: str
    stopped: str
    bar: str
    rank: int
    of: int


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
        Year up to which the answer holds.
    code : int
        Land-cover code.
    district : int
    overlays : tuple of str
        Lines and restrictions that lie on it.
    events : tuple of Happened
    prospects : tuple of Prospect
        Empty for a finished run, whose rules are no longer at hand.
    lacks : tuple of Lack
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
    prospects: tuple[Prospect, ...] = ()
    lacks: tuple[Lack, ...] = ()
    live: bool = field(default=False)


def happened(columns: Mapping[str, npt.NDArray[Any]], cell: int) -> tuple[Happened, ...]:
    """Events of a cell out of the columns of a log, in their order."""
    rows = np.flatnonzero(np.asarray(columns["cell"]) == cell)
    return tuple(_event({name: values[row] for name, values in columns.items()}) for row in rows.tolist())


def _event(row: Mapping[str, Any]) -> Happened:
    price = float(row["price"])
    return Happened(
        year=int(row["year"]),
        layer=LAYERS[row["layer"]],
        kind=KINDS[row["kind"]],
        before=int(row["from"]),
        after=int(row["to"]),
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
        rule=rule.name.lower(),
        stopped=Rule(int(lanes.rule[lane_of(clocks, door, k, cell)])).name.lower(),
        bar=_bar(model, k, cell),
        rank=rank,
        of=of,
    )


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
