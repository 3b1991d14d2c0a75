"""Behaviour of a study: the search runs hindcasts inside the fitting period on potentials that do not know its end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from landsim.calibrate.behaviour.fit import BehaviourFit, BehaviourProblem, search_behaviour
from landsim.calibrate.behaviour.objective import Objective
from landsim.calibrate.behaviour.simulator import simulator
from landsim.calibrate.behaviour.space import acting
from landsim.calibrate.behaviour.text import behaviour_rows
from landsim.calibrate.folds import Origin, origins_of
from landsim.calibrate.hindcast import hindcast_inputs
from landsim.calibrate.history import History
from landsim.calibrate.judging import Task
from landsim.calibrate.learning import learnable
from landsim.calibrate.potential_fit import blend_named, fit_potential
from landsim.calibrate.selection import Selection
from landsim.landscape.rows import Rows
from landsim.model.inputs import Inputs
from landsim.scenario.build import shipped_permissions
from landsim.transition.fitted import Potential
from landsim.transition.ruleset import Behaviour, RuleSet


def behaviour_of(
    history: History, tasks: Mapping[str, Task], selections: Mapping[str, Selection], ruleset: RuleSet,
    drivers: Mapping[str, Rows], say: Callable[[str], None], cache: Path | None,
) -> tuple[BehaviourFit | None, dict[str, Behaviour]]:  # fmt: skip
    """Search the behavioural parameters that a study asks for.

    The period runs from the last origin of the forecasts to the end of the fit, with potentials fitted up to the
    origin: on potentials that know the end of the period, any parameter that trusts them would look good.

    Returns
    -------
    BehaviourFit or None, dict of str to Behaviour
        What was searched, and the parameters by dotted path; None and nothing where the study searches none, or no
        period holds what the chosen candidates need.
    """
    settings = history.study.behaviour
    origin = None if settings is None else _origin(history, tasks, selections)
    if settings is None or origin is None:
        return None, {}
    inputs, objective = _problem(history, tasks, selections, ruleset, drivers, origin)
    gains = [row.name for row in history.gains]
    paths = tuple(acting(inputs.params, fitted=True, gains=gains, cell_ha=history.grid.cell_area_ha))
    problem = BehaviourProblem(
        inputs.params, simulator(inputs), objective, history.study.seed, _fingerprint(history, ruleset), paths
    )
    found = search_behaviour(problem, settings, cache, _telling(say))
    return found, {path: Behaviour(**row) for path, row in behaviour_rows(found).items()}


def _origin(history: History, tasks: Mapping[str, Task], selections: Mapping[str, Selection]) -> Origin | None:
    """Find the last date up to which every chosen candidate can be fitted; the whole of the dates if need be."""
    years = history.fit.years
    for origin in [*reversed(origins_of(years)), Origin.whole(years)]:
        known = {
            name: {"density", *learnable(task.span, origin.years, task.gained.code)} for name, task in tasks.items()
        }
        if all(blend_named(selections[name].chosen).recipes <= known[name] for name in tasks):
            return origin
    return None


def _problem(
    history: History, tasks: Mapping[str, Task], selections: Mapping[str, Selection], ruleset: RuleSet,
    drivers: Mapping[str, Rows], origin: Origin,
) -> tuple[Inputs, Objective]:  # fmt: skip
    """Give the hindcast that is searched on, its potentials evaluated once, and what judges it."""
    known = history.fit.only(origin.years)
    period = history.fit.only([origin.start, origin.end])
    potentials: dict[str, Potential] = {
        name: fit_potential(task, selections[name], origin.years) for name, task in tasks.items()
    }
    early = RuleSet(**{**vars(ruleset), "potentials": potentials})
    inputs = hindcast_inputs(
        known, period, history.gains, early, drivers, history.study.seed, shipped_permissions()[0]
    )  # fmt: skip
    assert inputs.rules is not None
    ready = Inputs(**{**vars(inputs), "rules": inputs.rules.evaluated(inputs.landscape)})
    return ready, Objective(period, history.gains)


def _fingerprint(history: History, ruleset: RuleSet) -> str:
    """Hash of what the runs of the search depend on besides their parameters."""
    parts: Any = {
        "inputs": history.hashes,
        "chosen": dict(ruleset.chosen),
        "study": history.study.model_dump(mode="json"),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _telling(say: Callable[[str], None]) -> Callable[[str, int, int], None]:
    def tell(step: str, done: int, total: int) -> None:
        if done == total or done % 10 == 0:
            say(f"behaviour, {step}: {done} of {total}")

    return tell
