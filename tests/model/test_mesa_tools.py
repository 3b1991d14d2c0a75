"""Mesa's own tools work on LandModel: batch_run, DataCollector, SolaraViz, agents_by_type."""

from __future__ import annotations

import mesa
import numpy as np
import pytest
from cities import inputs

from landsim.agents.farmers import Farmer
from landsim.agents.firms import Firm
from landsim.agents.government import Government
from landsim.agents.households import Household
from landsim.core.errors import InputError
from landsim.model.model import LandModel

PARAMS = {"demand": {"mode": "agents"}}


class Counted(LandModel):
    """A LandModel that collects data."""

    def __init__(self, inputs, rng=None, **levers):
        super().__init__(inputs, rng=rng, **levers)
        self.datacollector = mesa.DataCollector(
            model_reporters={"households": lambda m: len(m.households), "built": lambda m: int(m.engine.counts()[8])},
            agenttype_reporters={Government: {"quota": "quota"}},
        )

    def step(self):
        super().step()
        self.datacollector.collect(self)


def test_populations_are_the_agents_of_their_type() -> None:
    model = LandModel(inputs(PARAMS))
    assert model.agents_by_type[Household] is model.households
    assert model.agents_by_type[Firm] is model.firms
    assert model.agents_by_type[Farmer] is model.farmers
    assert len(model.agents) == len(model.households) + len(model.firms) + len(model.farmers) + len(list(model.tree))
    assert {office.level for office in model.tree} == {1, 2, 3, 4, 5}


def test_batch_run_takes_levers_and_collects() -> None:
    rows = mesa.batch_run(
        Counted,
        parameters={"inputs": inputs(PARAMS, years=2), "quota.multiplier": [0.0, 3.0]},
        iterations=1, max_steps=2, number_processes=1, data_collection_period=-1, display_progress=False,
    )  # fmt: skip
    by_lever = {row["quota.multiplier"]: row for row in rows if "households" in row}
    assert set(by_lever) == {0.0, 3.0}
    assert by_lever[0.0]["built"] <= by_lever[3.0]["built"]


def test_data_collector_sees_each_year() -> None:
    model = Counted(inputs(PARAMS, years=3))
    while model.running:
        model.step()
    frame = model.datacollector.get_model_vars_dataframe()
    assert len(frame) == 3
    assert frame["households"].gt(0).all()


def test_solara_viz_accepts_the_model() -> None:
    solara = pytest.importorskip("solara")
    from mesa.visualization import SolaraViz

    page = SolaraViz(LandModel(inputs(PARAMS)), components=[], name="landsim")
    _, context = solara.render(page, handle_error=False)
    context.close()


def test_rng_overrides_the_seed() -> None:
    one, two = (LandModel(inputs(PARAMS, years=1), rng=seed) for seed in (1, 2))
    assert one.seed == 1
    assert not np.array_equal(one.households["income"], two.households["income"])


def test_unknown_or_impossible_levers_are_faults_of_the_user() -> None:
    with pytest.raises(InputError, match=r"enforcment"):
        LandModel(inputs(PARAMS), **{"enforcment": 1.0})
    with pytest.raises(InputError, match=r"quota\.multiplier"):
        LandModel(inputs(PARAMS), **{"quota.multiplier": -1.0})


def test_empty_agents_and_tiny_places_run() -> None:
    for agents in ({"households": 0, "firms": 0, "farms": 0}, {"households": 5, "firms": 0, "farms": 1}):
        model = LandModel(inputs({**PARAMS, "agents": agents}, years=2))
        while model.running:
            model.step()
        assert model.engine.counts().sum() == model.grid.size
