"""Floor space: a higher cap means more homes a new cell and no more land for the same people."""

from __future__ import annotations

import numpy as np
import pytest
from cities import inputs

from landsim.landscape.legend import Land
from landsim.model.model import LandModel

OPEN = {
    "agents": {"households": 6000, "firms": 300, "farms": 40},
    "demand": {"mode": "agents"},
    "demography": {"immigration": 0.08},
    "quota": {"mode": "off"},
    "pace": {"mode": "off"},
    "lines": {"udb": False},
    "balance": {"mode": "off"},
}


def run(market: dict) -> LandModel:
    model = LandModel(inputs({**OPEN, "market": market}, years=5))
    while model.running:
        model.step()
    return model


def new_town(model: LandModel) -> tuple[int, float]:
    """Cells of homes that were built, and the homes that each holds."""
    first = model.first_land[model.people.sites.cell]
    built = (model.people.sites.land == Land.URB_RES) & (model.legend.model_class[first] != Land.URB_RES)
    return int(built.sum()), float(model.people.sites.homes[built].mean())


def test_a_higher_cap_means_more_homes_a_cell_and_less_land() -> None:
    (cells, homes), (fewer, more) = (new_town(run({"far_max": cap})) for cap in (2.0, 4.0))
    assert cells > 20
    assert more == pytest.approx(2 * homes, rel=0.1)
    assert fewer < 0.75 * cells


def test_a_new_cell_holds_what_its_ratio_gives() -> None:
    """At a ratio of 3 over 1.5 at the start a cell holds twice the mean homes of the class."""
    model = run({"far_max": 3.0})
    assert new_town(model)[1] == pytest.approx(2 * model.people.sites.density[Land.URB_RES, 0], rel=0.05)


def test_a_denser_start_leaves_fewer_homes_to_a_new_cell_of_the_same_ratio() -> None:
    sparse, dense = (run({"sites": {"urban_far": far, "rural_far": far / 3}}) for far in (1.2, 2.4))
    assert new_town(sparse)[1] > 1.5 * new_town(dense)[1]


def test_the_price_of_industrial_land_does_not_hang_on_the_cap_of_homes() -> None:
    models = [LandModel(inputs({**OPEN, "market": {"far_max": cap}})) for cap in (2.0, 4.0)]
    cells = np.arange(5)
    for land, grows in ((Land.URB_IND, False), (Land.URB_RES, True)):
        codes = np.full(5, models[0].legend.code_of(land), dtype=np.uint8)
        low, high = (model.people.land_price(model, cells, codes) for model in models)
        assert (low > 0).all()
        assert ((high > low) == grows).all()
