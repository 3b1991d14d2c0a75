"""Refusals: settings without effect, unknown indicators, and folders that are not those of the sweep."""

from __future__ import annotations

import json

import pytest

from landsim.core.errors import InputError
from landsim.sweep.conduct import Way, sweep
from landsim.sweep.folders import SweepFolder
from landsim.sweep.plan import make_plan
from landsim.sweep.settings import load_sweep
from tests.sweep.small import of_function, write_sweep


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"parameters": {"method": "grid", "of": {"seed": [1, 2]}}}, "parameters.of.seed"),
        ({"set": {"title": "Other words"}}, "set.title"),
        ({"futures": {"low": {"name": "low"}}}, "futures.low.name"),
        ({"structures": {"rare": {"output.checkpoint_years": 5}}}, "structures.rare.output.checkpoint_years"),
    ],
)
def test_a_setting_without_effect_is_refused(town, changes, told) -> None:
    with pytest.raises(InputError, match=rf"{told}.*has no effect"):
        make_plan(load_sweep(write_sweep(town, **changes)))


def test_a_misspelt_indicator_comes_with_the_nearest_one(town) -> None:
    questions = {"indicators": ["urban_hu"], "goals": {"unmet_hq": "min"}, "thresholds": {"area_ha_urbna": {"max": 1}}}
    with pytest.raises(InputError) as fault:
        make_plan(load_sweep(write_sweep(town, questions=questions)))
    for key, near in (("indicators", "urban_ha"), ("goals", "unmet_ha"), ("thresholds", "area_ha_urban")):
        assert f"questions.{key}" in str(fault.value)
        assert f"Did you mean '{near}'?" in str(fault.value)


def test_combinations_that_would_share_a_folder_of_maps_are_refused(town) -> None:
    both = {"overrides": {"as_is": [], "half": ["tight"]}, "structures": {"as_is": {}, "half": {"enforcement": 0.5}}}
    with pytest.raises(InputError, match=r"2 combinations have the same name; found small-half"):
        make_plan(load_sweep(write_sweep(town, **both)))


def test_a_function_may_call_its_parameters_and_outcomes_as_it_likes(tmp_path) -> None:
    path = of_function(tmp_path, "noisy_sum", set={"seed": 1.0}, questions={"goals": {"y": "min"}})
    assert len(make_plan(load_sweep(path)).rows) == 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"parameters": {"method": "grid", "of": {"quota.multiplier": [0.5, 1]}}}, "overrides.tight and parameters"),
        ({"set": {"quota": {"multiplier": 1}}}, "overrides.tight and set"),
        ({"set": {"demand.growth": 1}, "futures": {"low": {"demand": {"growth": 0.8}}}}, "set and futures.low"),
        ({"structures": {"a": {"demand": {}}}, "futures": {"b": {"demand.growth": 0.8}}}, "structures.a and futures.b"),
    ],
)
def test_what_two_parts_of_a_sweep_set_is_refused_with_both_places(town, changes, told) -> None:
    with pytest.raises(InputError, match=rf"{told}: both set (quota.multiplier|demand.growth)"):
        make_plan(load_sweep(write_sweep(town, **changes)))


def test_labels_of_one_part_may_set_the_same(town) -> None:
    both = {"low": {"demand.growth": 0.8}, "high": {"demand.growth": 1.2}}
    plan = make_plan(
        load_sweep(write_sweep(town, futures=both, overrides={"tight": ["tight"], "both": ["tight", "compact"]}))
    )
    assert len(plan.bases) == 4


@pytest.mark.parametrize("name", ["number", "seed", "Point"])
def test_a_parameter_called_like_a_column_of_the_plan_is_refused(tmp_path, name) -> None:
    path = of_function(tmp_path, "noisy_sum", parameters={"method": "grid", "of": {name: [1, 2]}})
    with pytest.raises(InputError, match=f"parameters.of.{name}: is the name of a column"):
        make_plan(load_sweep(path))


@pytest.mark.parametrize("name", ["..", ".", ".hidden", "-x"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path, name) -> None:
    with pytest.raises(InputError, match="pattern"):
        load_sweep(write_sweep(tmp_path, name=name))


def test_a_folder_of_something_else_is_left_as_it_is(tmp_path) -> None:
    mine = tmp_path / "mine"
    for name in ("maps", "report", "tables", "analysis"):
        (mine / name).mkdir(parents=True)
        (mine / name / "work.txt").write_text("years of work")
    with pytest.raises(InputError, match=r"is not the folder of a sweep.*analysis"):
        sweep(of_function(tmp_path / "asked", "pause"), mine, Way("serial"))
    assert len(list(mine.rglob("work.txt"))) == 4
    assert sorted(path.name for path in mine.iterdir()) == ["analysis", "maps", "report", "tables"]


def test_a_plan_is_not_replaced_while_its_sweep_runs_nor_by_another_sweep(tmp_path) -> None:
    folder = SweepFolder(tmp_path / "out")
    sweep(of_function(tmp_path / "first", "pause"), folder.path, Way("serial"))
    before = folder.facts.read_bytes(), folder.plan.read_bytes()
    more = of_function(tmp_path / "first", "pause", seeds=2)
    with folder.held(alone=True), pytest.raises(InputError, match="another process works on this sweep"):
        sweep(more, folder.path, Way("serial"))
    with pytest.raises(InputError, match=r"holds another sweep.*pause"):
        sweep(of_function(tmp_path / "second", "noisy_sum"), folder.path, Way("serial"))
    assert (folder.facts.read_bytes(), folder.plan.read_bytes()) == before
    sweep(more, folder.path, Way("serial"))
    assert json.loads(folder.facts.read_text())["sweep"]["seeds"] == [1, 2]
