"""Fitted rules in a run: the cells of the ranking, fitted demand, patches by class, and what reacts to the race."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from cities import city, inputs
from rulesets import dense_town, linear, ruleset, with_momentum

from landsim.core.errors import InputError
from landsim.landscape.landscape import Landscape
from landsim.landscape.rows import ArrayRows
from landsim.model.fitted import FittedRules
from landsim.model.model import LandModel
from landsim.model.targets import races, targets_of
from landsim.transition.features import Feature
from landsim.transition.hazard import hazard
from landsim.transition.ranks import Chance
from landsim.transition.ruleset import DemandTable

PLACE = city().landscape
URBAN = PLACE.legend.row("urban").code
AT_START = np.bincount(PLACE.landcover.reshape(-1), minlength=256)
RULES = ruleset(PLACE.legend)
RANKING = {
    "agents": {"households": 0, "firms": 0, "farms": 0},
    "engine": {"scatter": 0.0, "neighbourhood": 0.0, "economics": 0.0},
    "patches": {"mean": {}},
    "lines": {"erl": False, "pbf": False, "udb": False},
    "quota": {"mode": "off"},
    "pace": {"mode": "off"},
    "balance": {"mode": "off"},
}


def fitted(rules=RULES, **more) -> FittedRules:
    return FittedRules(rules, {"slope": ArrayRows(PLACE.get("slope"))}, **more)


def given(cells: int, year: int = 2025) -> dict:
    return {"demand": {"mode": "given", "targets": {"urban": {year: int(AT_START[URBAN]) + cells}}}}


def gained(model: LandModel) -> np.ndarray:
    return np.flatnonzero((model.landscape.landcover == URBAN) & (PLACE.landcover != URBAN))


def finished(made, **levers) -> LandModel:
    model = LandModel(made, **levers)
    while model.running:
        model.step()
    return model


def best(plane: np.ndarray, count: int) -> np.ndarray:
    """The cells of the largest chance, ties by flat index."""
    return np.sort(np.lexsort((np.arange(plane.size), -plane.reshape(-1)))[:count])


def test_a_run_that_ranks_converts_the_top_cells_of_the_potential() -> None:
    rules = fitted()
    plane = rules.plane(PLACE, "urban")
    for cells in (1, 37, 200):
        model = finished(inputs({**RANKING, **given(cells)}, rules=rules))
        assert np.array_equal(gained(model), best(plane, cells))


def test_chances_that_float32_cannot_tell_apart_as_times_keep_their_order() -> None:
    chance = (np.float32(0.3) + np.arange(PLACE.landcover.size) * np.float32(3e-8)).astype(np.float32)
    rng = np.random.default_rng(3)
    plane = rng.permutation(chance).reshape(PLACE.landcover.shape)
    plane[~np.isin(np.arange(plane.size), fitted().candidates(PLACE, "urban")).reshape(plane.shape)] = 0.0
    assert np.unique(plane).size > 500
    for cells in (50, 251):
        model = finished(inputs({**RANKING, **given(cells)}, rules=fitted(planes={"urban": plane})))
        assert np.array_equal(gained(model), best(plane, cells))


def test_the_weights_of_a_run_that_draws_are_the_hazards() -> None:
    rules = fitted()
    tree = {**RANKING, **given(20), "engine": {"scatter": 1.0, "neighbourhood": 1.0, "economics": 0.0}}
    engine = LandModel(inputs(tree, rules=rules)).engine
    c, plane = engine.clocks, rules.plane(PLACE, "urban").reshape(-1)
    weight = c.suit_factor[c.suit[0]].astype(float) * c.response[0][np.maximum(c.score[0], 0)]
    wanted = hazard(plane) / hazard(plane).max()
    some = plane > 0
    assert (weight[~some] == 0).all()
    # stored in steps of 1/2048 of a logarithm
    assert np.allclose(np.log(weight[some]), np.log(wanted[some]), atol=3e-4)
    assert c.response[0].min() == 1.0


def test_the_surroundings_count_only_by_what_has_changed() -> None:
    rules = fitted(replace(RULES, surroundings=replace(RULES.surroundings, weights=RULES.surroundings.weights * 0.0)))
    tree = {**RANKING, **given(60), "engine": {"scatter": 0.0, "neighbourhood": 1.0, "economics": 0.0}}
    plane = np.where(PLACE.legend.built[PLACE.landcover], np.float32(0.0), rules.plane(PLACE, "urban"))
    first = best(plane, 1)
    model = LandModel(inputs(tree, rules=replace(rules, planes={"urban": plane})))
    before = model.engine.clocks.t[0].copy().reshape(PLACE.landcover.shape)
    changes, _ = model.engine.allocate([1])
    assert np.array_equal(changes.cell, first)
    after = model.engine.clocks.t[0].reshape(before.shape)
    row, col = divmod(int(first[0]), before.shape[1])
    near = np.abs(np.arange(before.shape[0])[:, None] - row) <= 5
    near = near & (np.abs(np.arange(before.shape[1])[None, :] - col) <= 5) & np.isfinite(before)
    near[row, col] = False
    assert (after[near] < before[near]).any()
    assert (after[near] <= before[near]).all()
    far = ~near & np.isfinite(before)
    far[row, col] = False
    assert np.array_equal(after[far], before[far])


def test_fitted_windows_are_those_of_the_rule_set() -> None:
    tree = {**RANKING, **given(60), "engine": {"radius": 2}}
    engine = LandModel(inputs(tree, rules=fitted())).engine
    pull = engine.clocks.pull[0]
    code = PLACE.legend.names.index("urban")
    assert pull.shape[1:] == (11, 11)
    assert not pull[np.arange(len(pull)) != code].any()
    inner, middle = int(pull[code, 5, 6]), int(pull[code, 5, 7])
    assert inner / middle == pytest.approx((1.0 / 8) / (0.5 / 16), rel=1e-3)
    none = replace(RULES.surroundings, weights=RULES.surroundings.weights * 0.0)
    plain = LandModel(inputs(tree, rules=fitted(replace(RULES, surroundings=none)))).engine
    assert plain.clocks.pull.shape[2:] == (5, 5)


def test_masks_of_the_rules_and_of_the_place_keep_a_class_out() -> None:
    water = PLACE.landcover == PLACE.legend.row("water").code
    park = np.zeros(PLACE.grid.shape, dtype=bool)
    park[10:20] = True
    masked = Landscape(PLACE.grid, PLACE.legend, PLACE.landcover, PLACE.layers, {"park": (park, ("urban",))})
    cells = fitted().candidates(masked, "urban")
    assert np.array_equal(cells, np.flatnonzero(PLACE.valid & (PLACE.landcover != URBAN) & ~water & ~park))
    assert not fitted().plane(masked, "urban")[park | water].any()
    shut = Landscape(PLACE.grid, PLACE.legend, PLACE.landcover, PLACE.layers, {"park": (park, ())})
    assert np.array_equal(fitted().candidates(shut, "urban"), cells)
    for forbid, kept in (((), False), (("urban", "forest"), False), (("forest",), True)):
        rules = fitted(replace(RULES, masks=(replace(RULES.masks[0], forbid=forbid),)))
        assert rules.plane(PLACE, "urban")[water].any() == kept
    open_rules = fitted(replace(RULES, masks=()))
    assert open_rules.candidates(PLACE, "urban").size == np.count_nonzero(PLACE.valid & (PLACE.landcover != URBAN))


def test_a_fitted_race_comes_from_every_class_alike_and_others_keep_the_built_in_rules() -> None:
    targets = {name: {2025: int(AT_START[PLACE.legend.row(name).code]) + 20} for name in ("urban", "forest")}
    made = inputs({**RANKING, "demand": {"mode": "given", "targets": targets}}, rules=fitted())
    assert [(race.name, race.fitted) for race in races(made)][:2] == [("urban", True), ("forest", False)]
    ease = LandModel(made).engine.clocks.ease
    own = PLACE.legend.names.index("urban")
    assert ease[0][np.arange(ease.shape[1]) != own].tolist() == [1.0] * (ease.shape[1] - 1)
    assert ease[0][own] == 0.0
    assert len(set(ease[1].tolist())) > 2


def test_fitted_demand_follows_the_growth_of_the_table() -> None:
    assert RULES.demand.path("urban", 2015, 2022, 80) == {y: 80 + 10 * (y - 2015) for y in range(2016, 2021)} | {
        2021: 150, 2022: 170,
    }  # fmt: skip
    assert RULES.demand.path("urban", 2020, 2022, 80, 0.5) == {2021: 90, 2022: 100}
    tree = {**RANKING, "demand": {"mode": "fitted", "growth": 2.0}}
    model = finished(inputs(tree, rules=fitted()))
    assert gained(model).size == 2 * 20 * 5
    assert np.array_equal(gained(model), best(fitted().plane(PLACE, "urban"), 200))


def test_a_table_of_all_classes_moves_only_what_it_says() -> None:
    names = tuple(PLACE.legend.names)
    now = [int(AT_START[code]) for code in PLACE.legend.codes]
    later = list(now)
    later[names.index("urban")] += 51
    later[names.index("arable")] -= 50  # a table of rounded cells need not close
    rules = replace(RULES, demand=DemandTable(names, (2020, 2025), np.array([now, later]), "markov"))
    made = inputs({**RANKING, "demand": {"mode": "fitted"}}, rules=fitted(rules))
    assert [race.name for race in races(made)] == ["urban"]
    counts = finished(made).engine.counts()
    assert counts[URBAN] - AT_START[URBAN] == 50
    assert AT_START[PLACE.legend.row("arable").code] - counts[PLACE.legend.row("arable").code] == 50


def test_what_a_table_takes_of_land_that_the_rules_shut_out_comes_from_the_rest() -> None:
    names = tuple(PLACE.legend.names)
    now = [int(AT_START[code]) for code in PLACE.legend.codes]
    later = list(now)
    for name, cells in (("urban", 100), ("arable", -80), ("water", -20)):
        later[names.index(name)] += cells
    assert fitted().shuts_out("water", "urban")
    rules = replace(RULES, demand=DemandTable(names, (2020, 2025), np.array([now, later]), "markov"))
    model = finished(inputs({**RANKING, "demand": {"mode": "fitted"}}, rules=fitted(rules)))
    counts = model.engine.counts()
    lost = {name: int(AT_START[PLACE.legend.row(name).code] - counts[PLACE.legend.row(name).code]) for name in names}
    assert (lost["urban"], lost["arable"], lost["water"]) == (-100, 100, 0)
    assert not model.books.unmet


def test_fitted_demand_needs_rules_that_reach_over_the_run() -> None:
    tree = {**RANKING, "demand": {"mode": "fitted"}}
    with pytest.raises(InputError, match="needs a rule set"):
        LandModel(inputs(tree))
    with pytest.raises(InputError, match="2010 to 2040"):
        LandModel(inputs(tree, rules=fitted(), years=30))
    made = inputs(tree, rules=fitted())
    assert targets_of(made, made.params, AT_START)["urban"][2021] == AT_START[URBAN] + 20


def test_growth_may_be_let_loose_in_mid_run() -> None:
    model = LandModel(inputs({**RANKING, "demand": {"mode": "fitted", "growth": 0.0}}, rules=fitted()))
    model.step()
    assert gained(model).size == 0
    model.pull("demand.growth", 1.0)
    model.step()
    assert gained(model).size == 40


def test_patches_differ_by_class_and_a_number_holds_for_all() -> None:
    tree = {**RANKING, **given(60)}
    tree["patches"] = {"mean": {"urban": 50.0}, "spread": {"urban": 0.1}, "compact": {"urban": 3.0, "forest": 0.0}}
    targets = {name: {2025: int(AT_START[PLACE.legend.row(name).code]) + 20} for name in ("urban", "forest")}
    tree["demand"] = {"mode": "given", "targets": targets}
    patches = LandModel(inputs(tree)).engine.patches
    assert patches.spread[:2].tolist() == [0.1, 0.8]
    assert np.log(patches.boost[:2, 1]).round(6).tolist() == [3.0, 0.0]
    assert patches.mean[:2].tolist() == [8.0, 1.0]
    tree["patches"] = {"spread": 0.3, "compact": 1.0}
    patches = LandModel(inputs(tree)).engine.patches
    assert set(patches.spread.tolist()) == {0.3}
    assert np.allclose(patches.boost, np.exp(np.arange(9)))


def test_planes_are_shared_by_runs_that_differ_in_parameters(monkeypatch) -> None:
    once = fitted().evaluated(PLACE)
    assert list(once.planes) == ["urban"]
    whole = finished(inputs({**RANKING, **given(30)}, rules=fitted())).state_hash()
    monkeypatch.setattr(type(RULES.potentials["urban"]), "plane", None)
    assert finished(inputs({**RANKING, **given(30)}, rules=once)).state_hash() == whole
    with pytest.raises(ValueError, match="shape"):
        FittedRules(RULES, planes={"urban": np.zeros((2, 2), np.float32)}).plane(PLACE, "urban")


def test_a_potential_without_its_past_is_what_is_left() -> None:
    static = dense_town(URBAN)
    both = fitted(replace(RULES, potentials={"urban": with_momentum(static)}))
    assert np.array_equal(
        both.plane(PLACE, "urban"), fitted(replace(RULES, potentials={"urban": static})).plane(PLACE, "urban")
    )
    past = replace(both, past=city().history[2010])
    assert not np.array_equal(past.plane(PLACE, "urban"), both.plane(PLACE, "urban"))
    only = linear(URBAN, {Feature("recent", URBAN, 2.0): 1.0}, past_years=10)
    with pytest.raises(InputError, match="needs an earlier map"):
        fitted(replace(RULES, potentials={"urban": only})).plane(PLACE, "urban")


def test_a_driver_that_nobody_gave_is_named() -> None:
    with pytest.raises(InputError, match="'urban' needs driver slope"):
        FittedRules(RULES).plane(PLACE, "urban")


def test_drivers_are_closed_when_the_potentials_are_known() -> None:
    class Closing(ArrayRows):
        closed = 0

        def close(self) -> None:
            Closing.closed += 1

    LandModel(inputs({**RANKING, **given(5)}, rules=FittedRules(RULES, {"slope": Closing(PLACE.get("slope"))})))
    assert Closing.closed == 1


@pytest.mark.parametrize("scatter", [0.0, 0.3, 1.0])
def test_a_killed_run_with_rules_goes_on_to_the_same_state(scatter) -> None:
    tree = {**RANKING, **given(120), "patches": RULES.parameters() and {"mean": {"urban": 30.0}}}
    tree["engine"] = {"scatter": scatter, "neighbourhood": 1.0}
    made = inputs(tree, rules=fitted())
    whole, part = LandModel(made), LandModel(made)
    for _ in range(2):
        part.step()
    kept = {name: values.copy() for name, values in part.state().items()}, part.books.tables()
    again = LandModel(made)
    again.restore(*kept)
    while whole.running:
        whole.step()
    while again.running:
        again.step()
    assert again.state_hash() == whole.state_hash()
    assert np.array_equal(again.engine.clocks.t, whole.engine.clocks.t)


def test_certain_and_hopeless_cells_have_finite_weights() -> None:
    chance = np.zeros(PLACE.grid.shape, dtype=np.float32)
    where = fitted().candidates(PLACE, "urban")
    chance.reshape(-1)[where[:3]] = 1.0, 1e-9, 1e-30
    model = finished(inputs({**RANKING, **given(2)}, rules=fitted(planes={"urban": chance})))
    assert np.array_equal(gained(model), where[:2])
    with pytest.raises(ValueError, match="expected 0 to 1"):
        LandModel(inputs({**RANKING, **given(2)}, rules=fitted(planes={"urban": chance * np.float32("nan")})))
    empty = finished(inputs({**RANKING, **given(2)}, rules=fitted(planes={"urban": chance * 0})))
    assert empty.books.unmet[0][-1] == "no_land"


def test_parameters_of_a_rule_set_are_its_patches_under_its_behaviour() -> None:
    found = RULES.parameters()
    assert found["patches.mean"]["urban"] == 12.5
    assert found["patches.mean"]["rural"] == 2.0
    assert (found["patches.spread"], found["patches.compact"]) == ({"urban": 0.7}, {"urban": 2.25})
    assert found["engine.scatter"] == 0.4
    assert Chance.plain(0.05).of([1.0]) > Chance.plain(0.05).of([0.5])
