"""The space of behavioural parameters: what is free, what acts, and a run's parameters at a point."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from landsim.calibrate.behaviour.settings import AbcParams, BehaviourParams, MorrisParams
from landsim.calibrate.behaviour.space import (
    MEAN_FACTOR,
    SCATTER,
    Free,
    acting,
    changed,
    expanded,
    free_parameters,
    unit_of,
)
from landsim.core.errors import InputError
from landsim.core.params import Params, describe
from landsim.model.params import ModelParams

PARAMS = ModelParams()
NOBODY = ModelParams.model_validate({"agents": {"households": 0, "firms": 0, "farms": 0}})


def paths(space) -> list[str]:
    return [free.path for free in space]


def test_every_parameter_with_a_prior_range_is_free_and_the_scatter_is_not() -> None:
    declared = [row["path"] for row in describe(ModelParams) if row["free"]]
    assert paths(free_parameters(PARAMS)) == [*declared, MEAN_FACTOR]
    assert SCATTER not in declared


def test_names_and_groups_restrict_the_space() -> None:
    assert paths(free_parameters(PARAMS, ["engine.floor", "patches"])) == [
        "engine.floor", "patches.compact", MEAN_FACTOR,
    ]  # fmt: skip
    assert paths(free_parameters(PARAMS, ["patches.*"])) == ["patches.compact", MEAN_FACTOR]


@pytest.mark.parametrize("name", ["engine.flor", "engine.scatter", "engine.readiness", "nothing"])
def test_a_name_of_no_free_parameter_is_told(name: str) -> None:
    with pytest.raises(InputError, match=name):
        free_parameters(PARAMS, [name])


def test_a_misspelt_name_comes_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"Did you mean 'engine\.floor'"):
        free_parameters(PARAMS, ["engine.flor"])


def test_without_agents_and_with_fitted_potentials_only_the_engine_and_patches_act() -> None:
    assert acting(NOBODY) == ["engine.floor", "engine.neighbourhood", "patches.compact", MEAN_FACTOR]
    assert "engine.density" in acting(NOBODY, fitted=False)
    assert acting(NOBODY, cell_ha=100.0) == ["engine.floor", "engine.neighbourhood"]


def test_agents_that_act_bring_their_parameters() -> None:
    found = acting(PARAMS)
    assert {"engine.economics", "market.gradient", "firms.move_rate", "farms.inertia"} <= set(found)
    assert not any(path.startswith("policing") for path in found)
    assert any(path.startswith("policing") for path in acting(PARAMS.changed("enforcement", 0.9)))
    frozen = PARAMS.changed("agents.freeze", ("households", "firms", "farms"))
    assert acting(frozen) == acting(NOBODY)


def test_a_value_by_class_is_a_parameter_for_each_class_that_grows() -> None:
    params = NOBODY.changed("patches.compact", {"urban": 0.7, "rural": 2.0, "a.b": 1.0})
    assert paths(free_parameters(params, ["patches.compact"])) == ["patches.compact.urban", "patches.compact.rural"]
    found = acting(params, gains=["urban"])
    assert "patches.compact.urban" in found
    assert "patches.compact.rural" not in found
    assert changed(params, {"patches.compact.urban": 0.9}).patches.compact == {"urban": 0.9, "rural": 2.0, "a.b": 1.0}
    assert expanded(params, {"patches.compact.urban": 0.9, "patches.compact.rural": 0.1}) == {
        "patches.compact": {"urban": 0.9, "rural": 0.1, "a.b": 1.0}
    }


def test_a_default_outside_its_range_widens_it() -> None:
    (free,) = free_parameters(PARAMS.changed("engine.neighbourhood", 3.0), ["engine.neighbourhood"])
    assert (free.low, free.default, free.high) == (0.5, 3.0, 3.0)


def test_a_point_becomes_the_parameters_of_a_run() -> None:
    params = changed(PARAMS, {"engine.neighbourhood": 1.7, SCATTER: 0.5, MEAN_FACTOR: 0.5})
    assert params.engine.neighbourhood == 1.7
    assert params.engine.scatter == 0.5
    assert params.patches.mean == {name: mean / 2 for name, mean in PARAMS.patches.mean.items()}
    with pytest.raises(ValueError, match="neighbourhood"):
        changed(PARAMS, {"engine.neighbourhood": 9.0})


def test_paths_of_a_point_are_those_of_a_run() -> None:
    point = expanded(PARAMS, {MEAN_FACTOR: 2.0, "engine.floor": 0.1})
    assert point == {"engine.floor": 0.1, "patches.mean": {n: 2 * m for n, m in PARAMS.patches.mean.items()}}
    assert unit_of("patches.mean") == "ha"


@given(place=st.floats(0.0, 1.0), low=st.sampled_from([0.0, 0.001, 0.5, -3.0]))
def test_places_and_values_agree(place: float, low: float) -> None:
    free = Free("x", 1.0, low, 2.0)
    value = free.at(place)
    assert free.low <= value <= free.high
    assert free.place(value) == pytest.approx(place, abs=1e-4)
    assert float(f"{value:.6g}") == value


def test_a_range_over_decades_goes_by_its_logarithm() -> None:
    (floor,) = free_parameters(PARAMS, ["engine.floor"])
    assert floor.log
    assert floor.at(0.5) == pytest.approx((0.001 * 0.2) ** 0.5, rel=1e-5)
    assert not free_parameters(PARAMS, ["engine.neighbourhood"])[0].log


def test_switches_may_be_written_as_yaml_does() -> None:
    assert BehaviourParams.model_validate({"morris": False, "abc": True}) == BehaviourParams(
        morris=None, abc=AbcParams()
    )
    assert BehaviourParams.model_validate({"morris": "off", "prune_after": False}).prune_after is None
    given = BehaviourParams.model_validate({"morris": {"trajectories": 4}, "abc": {"particles": {"value": 9}}})
    assert given.morris == MorrisParams(trajectories=4)
    assert given.abc == AbcParams(particles=9)


class Nested(Params):
    behaviour: BehaviourParams = BehaviourParams()


def test_settings_may_stand_in_a_study() -> None:
    text = "behaviour: {trials: 5, prune_after: off, morris: off, abc: {particles: 20}, parameters: [engine]}"
    found = Nested.model_validate(yaml.safe_load(text)).behaviour
    assert found == BehaviourParams(
        trials=5, prune_after=None, morris=None, abc=AbcParams(particles=20), parameters=("engine",)
    )
    assert Nested.model_validate(Nested().model_dump(mode="json")) == Nested()
    assert {"behaviour.trials", "behaviour.morris", "behaviour.abc"} <= {row["path"] for row in describe(Nested)}


@pytest.mark.parametrize(
    "wrong", [{"seeds": 0}, {"trials": 0}, {"prune_after": 0}, {"trails": 5}, {"morris": {"levels": 3}}, {"abc": 7}]
)
def test_wrong_settings_are_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        BehaviourParams.model_validate(wrong)
