"""Simulator: a `LandModel` run to its end map, as a search and a hindcast call it, and forgotten afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace

from landsim.calibrate.behaviour.runs import Simulate, Stop, Values
from landsim.calibrate.behaviour.space import changed
from landsim.calibrate.span import Codes
from landsim.model.inputs import Inputs


@dataclass(frozen=True, eq=False)
class EndMap:
    """What is left of a run.

    Attributes
    ----------
    codes : numpy.ndarray of uint8, shape (height, width)
        Land cover at the end.
    unmet : int
        Cells of the last year's demand that were not met.
    """

    codes: Codes
    unmet: int


def end_map(inputs: Inputs, stop: Stop | None = None) -> EndMap | None:
    """Run a model to its horizon; None where `stop` ends it early.

    Parameters
    ----------
    inputs : Inputs
    stop : callable, optional
        Asked after every year but the last, with the year and the map.
    """
    from landsim.agents.enrolment import forget
    from landsim.model.model import LandModel

    model = LandModel(inputs)
    try:
        while model.running:
            model.step()
            if stop is not None and model.year < inputs.horizon and stop(model.year, model.landscape.landcover):
                return None
        return EndMap(model.landscape.landcover.copy(), model.books.unmet_cells(model.year))
    finally:
        forget(model)
        del model.ground  # most of the memory; what refers to the model in a circle would keep it for a while


def simulator(inputs: Inputs) -> Simulate:
    """Make a simulator of the runs that differ from these inputs in their seed and in the values of a point.

    Parameters
    ----------
    inputs : Inputs
        From the first date of the period to its last, with the observed quantity as given demand and, where potentials
        are fitted, their planes evaluated once (``FittedRules.evaluated``), so that no run does it again.  Their
        parameters are those of the `BehaviourProblem`.
    """

    def simulate(values: Values, seed: int, stop: Stop | None) -> Codes | None:
        found = end_map(replace(inputs, params=changed(inputs.params, values), seed=seed), stop)
        return None if found is None else found.codes

    return simulate
