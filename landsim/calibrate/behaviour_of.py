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
from landsim.calibrate.folds import origins_of
from landsim.calibrate.hindcast import hindcast_inputs
from landsim.calibrate.history import History
from landsim.calibrate.potential_fit import fit_potential
from landsim.calibrate.selection import Selection, Task
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

    The period runs from the last origin of the forecasts to the end of the fit, with potentials fitted up to the origin:
    on potentials that know the end of the period, any parameter that trusts them would look good.

    Returns
    -------
    BehaviourFit or None, dict of str to Behaviour
        What was searched, and the parameters by dotted path; None and nothing where the study searches none.
    """
    settings = history.study.behaviour
    if settings is None:
        return None, {}
    inputs, objective = _problem(history, tasks, selections, ruleset, drivers)
    gains = [row.name for row in history.gains]
    paths = tuple(acting(inputs.params, fitted=True, gains=gains, cell_ha=history.grid.cell_area_ha))
    problem = BehaviourProblem(
        inputs.params, simulator(inputs), objective, history.study.seed, _fingerprint(history, ruleset), paths
    )
    found = search_behaviour(problem, settings, cache, _telling(say))
    return found, {path: Behaviour(**row) for path, row in behaviour_rows(found).items()}


def _problem(
    history: History, tasks: Mapping[str, Task], selections: Mapping[str, Selection], ruleset: RuleSet,
    drivers: Mapping[str, Rows],
) -> tuple[Inputs, Objective]:  # fmt: skip
    """Give the hindcast that is searched on, its potentials evaluated once, and what judges it."""
    origin = origins_of(history.fit.years)[-1]
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
    parts: Any = {"inputs": history.hashes, "chosen": dict(ruleset.chosen), "study": history.study.model_dump(mode="json")}
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _telling(say: Callable[[str], None]) -> Callable[[str, int, int], None]:
    def tell(step: str, done: int, total: int) -> None:
        if done == total or done % 10 == 0:
            say(f"behaviour, {step}: {done} of {total}")

    return tell
