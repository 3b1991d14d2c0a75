"""Targets: the cells that a run's demand wants of each class by year, and the races that follow from them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from landsim.core.errors import InputError, Problem
from landsim.landscape.landscape import Landscape
from landsim.landscape.legend import Land
from landsim.model.inputs import Inputs
from landsim.model.params import ModelParams
from landsim.transition.potential import Gained, successor

Counts = npt.NDArray[np.int64]
Targets = dict[str, dict[int, int]]

_GROWING = (Land.URB_RES, Land.URB_SVC, Land.URB_IND, Land.RURAL)


def targets_of(inputs: Inputs, params: ModelParams, at_start: Counts) -> Targets:
    """Class name -> {year: cells}, as the scenario or the rule set gives them; none where agents or a trend ask.

    Parameters
    ----------
    inputs : Inputs
    params : ModelParams
        With levers applied.
    at_start : numpy.ndarray of int64, shape (256,)
        Cells a code in the first map.

    Raises
    ------
    InputError
        If demand is to follow a rule set and there is none, or it does not cover the years of the run.
    """
    demand = params.demand
    if demand.mode == "given":
        return demand.targets
    if demand.mode != "fitted":
        return {}
    if inputs.rules is None:
        mend = "Name a rule set under rules, or choose another mode"
        raise InputError(Problem("demand.mode", "fitted demand needs a rule set", mend=mend))
    table = inputs.rules.ruleset.demand
    if not table.covers(inputs.start, inputs.horizon):
        found = f"{table.years[0]} to {table.years[-1]}" if table.years else "no year"
        wanted = f"{inputs.start} to {inputs.horizon}"
        raise InputError(Problem("demand.mode", "the fitted demand does not cover the run", wanted=wanted, found=found))
    code = {name: inputs.landscape.legend.row(name).code for name in table.names}
    # the table counts cells of the fit; growth is the same area on other cells
    growth = demand.growth * (inputs.rules.ruleset.cell_size / inputs.landscape.grid.cell_size) ** 2
    return {
        name: table.path(name, inputs.start, inputs.horizon, int(at_start[code[name]]), growth) for name in table.names
    }


def races(inputs: Inputs, params: ModelParams | None = None) -> list[Gained]:
    """List the races of a run: classes that its demand can make grow, and classes that it can make shrink.

    Parameters
    ----------
    inputs : Inputs
    params : ModelParams or None
        With levers applied; None takes those of the inputs.
    """
    found = _races(inputs, params or inputs.params)
    rules = inputs.rules
    return [
        Gained(race.row, race.shrinking, rules is not None and race.shrinking is None and rules.knows(race.row.name))
        for race in found
    ]


def _races(inputs: Inputs, params: ModelParams) -> list[Gained]:
    place, mode = inputs.landscape, params.demand.mode
    if mode == "agents":
        return [Gained(row) for row in place.legend.rows if row.model_class in _GROWING]
    if mode == "markov":
        return [Gained(row) for row in place.legend.rows]
    counts = np.bincount(place.landcover.reshape(-1), minlength=256)
    targets = targets_of(inputs, _at_full_growth(params), counts)
    steps = {name: _steps(path, name, place, counts) for name, path in targets.items()}
    races_ = [Gained(place.legend.row(name)) for name in targets if (steps[name] > 0).any()]
    if _balanced(targets, list(steps.values()), slack=len(steps) if mode == "fitted" else 0):
        return races_
    for name in targets:
        row = place.legend.row(name)
        heir = successor(place.legend, row) if (steps[name] < 0).any() else None
        if heir is not None:
            races_.append(Gained(heir, row))
    return races_


def _at_full_growth(params: ModelParams) -> ModelParams:
    """Take the growth of the table for what may happen, since the lever may change in mid-run."""
    return params.model_copy(update={"demand": params.demand.model_copy(update={"growth": 1.0})})


def _steps(path: dict[int, int], name: str, place: Landscape, counts: Counts) -> Counts:
    return np.diff([counts[place.legend.row(name).code], *(path[year] for year in sorted(path))])


def _balanced(targets: Targets, steps: list[Counts], slack: int) -> bool:
    """Tell whether what grows always takes up all that shrinks, so that no class has to fall of itself.

    A table of whole cells may miss the balance by the rounding of its classes, `slack`.
    """
    longest = max((step.size for step in steps), default=0)
    total = sum((np.pad(step, (0, longest - step.size)) for step in steps), np.zeros(longest, dtype=np.int64))
    return bool((total >= -slack).all()) and len({tuple(sorted(path)) for path in targets.values()}) <= 1
