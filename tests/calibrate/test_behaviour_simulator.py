"""The search over real runs: a small city whose growth was made with known parameters."""

from __future__ import annotations

import numpy as np
import pytest
from cities import city, inputs

from landsim.calibrate.behaviour.fit import BehaviourProblem, search_behaviour
from landsim.calibrate.behaviour.objective import Objective
from landsim.calibrate.behaviour.settings import BehaviourParams
from landsim.calibrate.behaviour.simulator import simulator
from landsim.calibrate.behaviour.space import SCATTER, acting
from landsim.calibrate.span import Span
from landsim.model.params import ModelParams

PLACE = city(side=60).landscape
URBAN = PLACE.legend.row("urban")
HELD = int(np.count_nonzero(PLACE.landcover == URBAN.code))
YEARS = 6
TREE = {
    "agents": {"households": 0, "firms": 0, "farms": 0},
    "lines": {"erl": False, "pbf": False, "udb": False},
    "quota": {"mode": "off"}, "pace": {"mode": "off"}, "balance": {"mode": "off"},
    "demand": {"mode": "given", "targets": {"urban": {2020 + YEARS: HELD + 200}}},
}  # fmt: skip
BASE = inputs(TREE, years=YEARS, place=city(side=60))
TRUTH = {"engine.neighbourhood": 2.0, "engine.floor": 0.002, SCATTER: 0.25}


def observed(values: dict[str, float]) -> Objective:
    last = simulator(BASE)(values, 987, None)
    return Objective(Span(PLACE.grid, PLACE.legend, {2020: PLACE.landcover, 2020 + YEARS: last}), [URBAN])


@pytest.fixture(scope="module")
def objective() -> Objective:
    return observed(TRUTH)


def test_a_run_is_one_of_its_seed_and_its_values(objective: Objective) -> None:
    simulate = simulator(BASE)
    first = simulate({}, 3, None)
    assert np.array_equal(first, simulate({}, 3, None))
    assert not np.array_equal(first, simulate({}, 4, None))
    assert not np.array_equal(first, simulate({"engine.neighbourhood": 2.0}, 3, None))
    assert np.count_nonzero(first == URBAN.code) == HELD + 200


def test_a_run_stops_in_the_year_in_which_it_is_asked_to() -> None:
    years = []

    def stop(year: int, codes: np.ndarray) -> bool:
        years.append((year, int(np.count_nonzero(codes == URBAN.code))))
        return year == 2023

    assert simulator(BASE)({}, 3, stop) is None
    assert [year for year, _ in years] == [2021, 2022, 2023]
    assert HELD < years[0][1] < years[-1][1] < HELD + 200


def test_the_observed_map_of_a_run_is_nearer_to_runs_of_its_own_parameters(objective: Objective) -> None:
    simulate = simulator(BASE)

    def worth(values: dict[str, float]) -> float:
        return float(np.mean([objective.score(objective.terms(simulate(values, seed, None))) for seed in range(4)]))

    assert worth(TRUTH) > worth({SCATTER: 1.0}) + 0.02


def test_a_search_over_real_runs_ends_with_parameters_that_a_run_takes(objective: Objective) -> None:
    paths = tuple(acting(BASE.params, fitted=False, gains=["urban"], cell_ha=PLACE.grid.cell_area_ha))
    assert paths[:3] == ("engine.floor", "engine.neighbourhood", "engine.density")
    at = BehaviourProblem(BASE.params, simulator(BASE), objective, 1, "small", paths)
    settings = BehaviourParams.model_validate(
        {"trials": 8, "seeds": 2, "startup": 4, "morris": {"trajectories": 2, "seeds": 1}}
    )
    fit = search_behaviour(at, settings)
    assert fit.values[SCATTER] < 1.0  # towards the truth
    assert fit.as_dict()["default"]["terms"]["violations"] == 0.0
    params = BASE.params
    for path, value in fit.values.items():
        if path in ("engine.floor", "engine.neighbourhood", "engine.density", SCATTER):
            params = params.changed(path, value)
    assert isinstance(params, ModelParams)
