"""Kin: those who left a village draw others after them, and who came from outside does not."""

from __future__ import annotations

import numpy as np
from cities import inputs

from landsim.agents.demography import URBAN
from landsim.model.model import LandModel


def test_kin_are_former_villagers_and_not_those_from_outside() -> None:
    model = LandModel(inputs({"demography": {"immigration": 0.1, "village_rate": 1e-6}}, years=2))
    while model.running:
        model.step()
    assert (model.households["since"] > 0).sum() > 50
    assert model.people.kin() == 0.0
    rows = np.flatnonzero(model.households["kind"] == URBAN)[:12]
    model.households.put("villager", 1, where=rows)
    assert model.people.kin() == 12 / (model.households["kind"] != URBAN).sum()
