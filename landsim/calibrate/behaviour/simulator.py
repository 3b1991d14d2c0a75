"""Simulator: a `LandModel` run at a point of the space, as the search calls it."""

from __future__ import annotations

from dataclasses import replace

from landsim.calibrate.behaviour.runs import Simulate, Stop, Values
from landsim.calibrate.behaviour.space import changed
from landsim.calibrate.span import Codes
from landsim.model.inputs import Inputs


def simulator(inputs: Inputs) -> Simulate:
    """Make a simulator of the runs that differ from these inputs in their seed and in the values of a point.

    Parameters
    ----------
    inputs : Inputs
        From the first date of the period to its last, with the observed quantity as given demand and, where potentials
        are fitted, their planes evaluated once (``FittedRules.evaluated``), so that no run does it again.  Their
        parameters are those of the `BehaviourProblem`.
    """
    from landsim.model.model import LandModel

    def simulate(values: Values, seed: int, stop: Stop | None) -> Codes | None:
        model = LandModel(replace(inputs, params=changed(inputs.params, values), seed=seed))
        while model.running:
            model.step()
            if stop is not None and model.year < inputs.horizon and stop(model.year, model.landscape.landcover):
                return None
        codes: Codes = model.landscape.landcover.copy()
        return codes

    return simulate
