"""The plan: ids by content, extension that makes nothing again, and faults that are told before anything runs."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from landsim.core.errors import InputError
from landsim.landscape.legend import Land, model_row
from landsim.sweep.folders import SweepFolder
from landsim.sweep.maps import _class_name
from landsim.sweep.plan import make_plan, planned_before
from landsim.sweep.settings import load_sweep
from tests.sweep.small import city, of_function, write_sweep

GRID = {"method": "grid", "of": {"enforcement": [0.5, 1.0]}}


def planned(folder, **changes):
    return make_plan(load_sweep(write_sweep(folder, **changes)))


def test_every_combination_is_a_row_with_its_labels(town, tmp_path) -> None:
    plan = planned(town, futures={"low": {"demand.growth": 0.8}, "high": {"demand.growth": 1.2}}, parameters=GRID)
    plan.write(SweepFolder(tmp_path / "out"))
    table = pq.read_table(tmp_path / "out" / "plan.parquet").to_pandas()
    assert len(table) == 2 * 2 * 2 * 3
    assert len(table.drop_duplicates(["scenario", "override", "structure", "future", "point", "seed"])) == len(table)
    assert table["run"].is_unique
    assert set(table["enforcement"]) == {0.5, 1.0}


def test_a_longer_plan_keeps_the_ids_of_the_shorter_one(town) -> None:
    few = planned(town, parameters=GRID).runs
    more = planned(
        town, seeds=5, overrides={"trend": [], "tight": ["tight"], "compact": ["compact"]},
        parameters={"method": "grid", "of": {"enforcement": [0.5, 1, 0.75]}},
    ).runs  # fmt: skip
    assert set(few) < set(more)
    assert len(more) == 3 * 3 * 5


def test_labels_and_titles_are_no_part_of_an_id_but_content_is(town) -> None:
    before = set(planned(town).runs)
    assert set(planned(town, overrides={"as_before": [], "half": ["tight"]}, title="Other words").runs) == before
    scenario = town / "scenario.yaml"
    scenario.write_text(scenario.read_text() + "title: Another title\n")
    assert set(planned(town).runs) == before
    data = town / "data.yaml"
    data.write_text(data.read_text().replace("seed: 7", "seed: 8"))
    assert not set(planned(town).runs) & before


def test_what_two_rows_have_in_common_is_run_once(town) -> None:
    plan = planned(town, overrides={"a": [], "b": []})
    assert (len(plan.rows), len(plan.runs)) == (6, 3)


def test_every_fault_is_told_before_anything_runs(town) -> None:
    with pytest.raises(InputError) as fault:
        planned(town, overrides={"trend": [], "odd": ["tihgt"]}, structures={"s": {"quota.multiplyer": 1}})
    assert "Did you mean 'tight'?" in str(fault.value)
    assert "Did you mean 'multiplier'?" in str(fault.value)
    with pytest.raises(InputError, match=r"parameters.of.enforcement = 1.2.*less than or equal to 1"):
        planned(town, parameters={"method": "lhs", "of": {"enforcement": [0.5, 1.2]}, "size": 200})


def test_whole_numbers_and_factors_are_checked_before_anything_runs(town) -> None:
    def fault(**design) -> str:
        with pytest.raises(InputError) as told:
            planned(town, parameters=design)
        return str(told.value)

    assert "engine.radius = 2.5" in fault(method="grid", of={"engine.radius": [1, 2.5, 4]})
    assert "engine.radius = 1.5" in fault(method="lhs", of={"engine.radius": [1.5, 4]})
    for factor in (0, -1.0, "big", True):
        assert "wanted a number above 0" in fault(method="grid", of={"patches.mean_factor": [1.0, factor]})
    design = {"method": "morris", "size": 4, "of": {"engine.radius": [1, 3], "horizon": [2021, 2022]}}
    assert {row["horizon"] for row in planned(town, parameters=design).points.rows} == {2021, 2022}


def test_a_scenario_outside_the_project_is_refused_unless_allowed(town, tmp_path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    source = load_sweep(write_sweep(folder, scenarios={"small": "../town"}))
    with pytest.raises(InputError, match="outside the project folder"):
        make_plan(source)
    assert len(make_plan(source, [town]).rows) == 6


def test_a_part_takes_the_plan_that_is_there_while_its_files_are_the_same(town, tmp_path) -> None:
    folder, path = SweepFolder(tmp_path / "out"), write_sweep(town, parameters=GRID)
    plan = make_plan(load_sweep(path))
    assert planned_before(load_sweep(path), folder) is None
    plan.write(folder)
    again = planned_before(load_sweep(path), folder)
    assert again is not None
    assert list(again.jobs(folder)) == list(plan.jobs(folder))
    facts = folder.facts.read_text()
    for damaged in (facts.replace('"bounds"', '"other"'), facts.replace('"fingerprint"', '"other"'), "[]"):
        folder.facts.write_text(damaged)
        assert planned_before(load_sweep(path), folder) is None
    folder.facts.write_text(facts)
    (town / "overrides.yaml").write_text("tight: {quota.multiplier: 0.4}\n")
    assert planned_before(load_sweep(path), folder) is None


def test_a_plan_that_was_damaged_is_written_anew(town, tmp_path) -> None:
    folder, source = SweepFolder(tmp_path / "out"), load_sweep(write_sweep(town, parameters=GRID))
    plan = make_plan(source)
    plan.write(folder)
    table, facts = folder.plan.read_bytes(), folder.facts.read_bytes()
    for damaged in (table[: len(table) // 2], b""):
        folder.plan.write_bytes(damaged)
        plan.write(folder)
        assert folder.plan.read_bytes() == table
    pq.write_table(pq.read_table(folder.plan).slice(1), folder.plan)
    plan.write(folder)
    assert folder.plan.read_bytes() == table
    made = json.loads(facts)
    fewer = [{**made, key: made[key][1:]} for key in ("bases", "points")]
    lacking = {key: value for key, value in made.items() if key != "bases"}
    for damaged in ({}, lacking, *fewer, {**made, "points": [1] * len(made["points"])}):
        folder.facts.write_text(json.dumps(damaged))
        assert planned_before(source, folder) is None
        plan.write(folder)
        assert folder.facts.read_bytes() == facts


def test_a_scenario_is_looked_up_beside_the_sweep_and_not_from_the_current_folder(town, tmp_path, monkeypatch) -> None:
    city(tmp_path / "here" / "stray")
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(InputError, match=r"scenarios\.small: no such scenario; found stray"):
        planned(town, scenarios={"small": "stray"})
    with pytest.raises(InputError, match="Did you mean 'demo'"):
        planned(town, scenarios={"small": "dmeo"})


def test_files_of_one_name_in_two_scenarios_are_told_apart(town, tmp_path) -> None:
    other = city(town / "other")
    folder, path = SweepFolder(tmp_path / "out"), write_sweep(town, scenarios={"small": ".", "other": "other"})
    make_plan(load_sweep(path)).write(folder)
    assert planned_before(load_sweep(path), folder) is not None
    for place in (town, other):
        scenario = place / "scenario.yaml"
        text = scenario.read_text()
        scenario.write_text(text.replace("households: 300", "households: 200"))
        assert planned_before(load_sweep(path), folder) is None
        scenario.write_text(text)


def test_the_map_of_a_class_is_a_file_whatever_its_name() -> None:
    rows = (model_row(Land.ARABLE, 2, "urban/core"), model_row(Land.ARABLE, 3))
    assert [_class_name(row) for row in rows] == ["class_class_2", f"class_{rows[1].name}"]


def test_an_unknown_function_or_too_many_runs_are_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="Did you mean 'ishigami'"):
        make_plan(load_sweep(of_function(tmp_path, "ishigamy")))
    many = {"method": "grid", "of": {"x1": list(range(2000)), "x2": list(range(2000))}}
    with pytest.raises(InputError, match="too many runs"):
        make_plan(load_sweep(of_function(tmp_path, "ishigami", parameters=many)))
