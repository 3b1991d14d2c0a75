"""Line projects: off by default; where they are let in, they are named, and farmland is given for farmland."""

from __future__ import annotations

import numpy as np
from cities import city, inputs

from landsim.model.model import LandModel
from landsim.transition.events import KINDS, LAYERS, replay

ROADS = {"demand": {"mode": "given", "targets": {"transport": {2022: 220}}}, "balance": {"mode": "off"}}
NO_LIMIT = {"quota": {"mode": "off"}, "pace": {"mode": "off"}}


def finished(**permits) -> LandModel:
    model = LandModel(inputs({**ROADS, **NO_LIMIT, "permits": permits}, years=2))
    while model.running:
        model.step()
    return model


def test_roads_stay_out_of_the_lines_by_default() -> None:
    events = finished().books.events.columns()
    assert KINDS.index("line_project") not in events["kind"]
    assert LAYERS.index("pbf") not in events["layer"]


def test_projects_that_are_let_in_are_named_and_give_farmland_for_farmland() -> None:
    model = finished(line_project=True, chance_line=0.5)
    events = model.books.events.columns()
    named = events["kind"] == KINDS.index("line_project")
    before = city().landscape.layers
    inside = (before["erl"].ravel() > 0) | (before["pbf"].ravel() > 0)
    land = events["layer"] == LAYERS.index("lu")
    assert named.any()
    assert np.all(named[land & inside[events["cell"]] & model.legend.built[events["to"]]])
    after = model.landscape.layers["pbf"]
    assert np.count_nonzero(after) == np.count_nonzero(before["pbf"])
    assert not np.array_equal(after, before["pbf"])
    assert np.array_equal(replay(before["pbf"], events, "pbf"), after)
