"""Hard lines, constant area, exact quantities: whatever the seed, the demand and the quota."""

from __future__ import annotations

import numpy as np
from cities import city, inputs
from hypothesis import given, settings
from hypothesis import strategies as st

from landsim.landscape.legend import Land
from landsim.model.model import LandModel
from landsim.transition.events import KINDS, LAYERS, replay

DEMANDS = st.fixed_dictionaries(
    {"urban": st.integers(0, 2500)},
    optional={"industry": st.integers(0, 900), "forest": st.integers(0, 1600), "arable": st.integers(0, 1600)},
)


def run(params, seed: int, years: int = 3) -> LandModel:
    model = LandModel(inputs(params, years=years, seed=seed))
    while model.running:
        model.step()
    return model


def assert_lines_hold(model: LandModel) -> None:
    first, last = model.first_land, model.engine.door.land
    classes, before = model.legend.model_class, city().landscape
    erl, pbf = before.layers["erl"].ravel() > 0, before.layers["pbf"].ravel() > 0
    built = model.legend.built
    assert not np.any(built[last] & ~built[first] & (erl | pbf))
    assert not np.any(pbf & (classes[first] == Land.ARABLE) & (classes[last] != Land.ARABLE))
    events = model.books.events.columns()
    inside = (events["layer"] == LAYERS.index("lu")) & erl[events["cell"]]
    assert set(events["kind"][inside].tolist()) <= {KINDS.index("restoration")}
    assert KINDS.index("illegal") not in events["kind"]


@settings(max_examples=12)
@given(
    seed=st.integers(0, 2**31),
    targets=DEMANDS,
    quota=st.sampled_from([{"mode": "off"}, {"mode": "share"}, {"mode": "given", "given_ha": 400.0}]),
    scatter=st.sampled_from([0.0, 1.0]),
    balance=st.sampled_from(["off", "project", "unified"]),
)
def test_at_full_enforcement_no_demand_crosses_the_lines(seed, targets, quota, scatter, balance) -> None:
    params = {
        "demand": {"mode": "given", "targets": {name: {2023: cells} for name, cells in targets.items()}},
        "quota": quota,
        "engine": {"scatter": scatter},
        "balance": {"mode": balance, "opening_ha": 1000.0},
    }
    model = run(params, seed)
    assert_lines_hold(model)
    assert_books_close(model)


@settings(max_examples=4)
@given(seed=st.integers(0, 2**31), growth=st.sampled_from([0.0, 1.0, 10.0]))
def test_agents_demand_keeps_the_lines_too(seed, growth) -> None:
    model = run({"demand": {"mode": "agents", "growth": growth}, "demography": {"immigration": 0.05}}, seed)
    assert_lines_hold(model)
    assert_books_close(model)


def assert_books_close(model: LandModel) -> None:
    """Areas are constant, the log replays, and converted plus unmet equals demanded."""
    assert model.engine.counts().sum() == model.grid.size
    events = model.books.events.columns()
    assert np.array_equal(replay(model.first_land, events, "lu"), model.engine.door.land)
    unmet: dict[tuple[int, str], int] = {}
    for year, name, _, cells, ha, mu, rule in model.books.unmet:
        unmet[year, name] = unmet.get((year, name), 0) + cells
        assert rule in {"quota", "balance", "pace", "zone", "no_land"}
        assert cells > 0
        assert ha == cells * model.grid.cell_area_ha
        assert mu == ha * 15
    names = {row.code: row.name for row in model.legend.rows}
    conversion = (events["layer"] == 0) & (events["phase"] == list(model.books.events.phases).index("conversion"))
    for (year, name), asked in model.books.demanded.items():
        if " to " in name:
            fall, heir = name.split(" to ")
            matches = [(fall, heir)]
        else:
            matches = None
        chosen = conversion & (events["year"] == year)
        falls = np.isin(events["kind"], [KINDS.index("abandon"), KINDS.index("demolish")])
        if matches:
            done = chosen & falls & np.array([names[c] == matches[0][0] for c in events["from"]], dtype=bool)
        else:
            done = chosen & ~falls & np.array([names[c] == name for c in events["to"]], dtype=bool)
        assert np.count_nonzero(done) + unmet.get((year, name), 0) == asked, (year, name)


def test_quota_is_never_exceeded() -> None:
    params = {"demand": {"mode": "given", "targets": {"urban": {2023: 1500}}}, "lines": {"udb": False}}
    model = LandModel(inputs(params, years=3))
    while model.running:
        model.step()
        assert np.all(model.quota_used <= model.quota_granted[:, 0])
        assert model.quota_used.sum() > 0


def test_raising_the_quota_never_adds_unmet_demand_that_names_quota() -> None:
    named = []
    for multiplier in (0.25, 0.5, 1.0, 2.0, 4.0, 16.0):
        params = {
            "demand": {"mode": "given", "targets": {"urban": {2023: 700}}},
            "quota": {"multiplier": multiplier},
            "lines": {"udb": False},
        }
        model = run(params, seed=5)
        named.append(sum(row[3] for row in model.books.unmet if row[6] == "quota"))
    assert named == sorted(named, reverse=True)
    assert named[0] > named[-1]
