"""Building the inputs of a model: what a scenario says about its data is checked before anything runs."""

from __future__ import annotations

import pytest

import landsim
from landsim.core.errors import InputError
from landsim.core.params import describe
from landsim.model.params import ModelParams
from landsim.scenario.build import inputs_of, load_scenario, prepare
from landsim.scenario.schema import Shock


def faults(project, overrides) -> list[str]:
    with pytest.raises(InputError) as caught:
        prepare(load_scenario(project, overrides))
    return [str(problem) for problem in caught.value.problems]


def test_inputs_are_the_scenario_and_its_place(project) -> None:
    made = inputs_of(load_scenario(project, {"shocks": [{"year": 2022, "path": "quota.multiplier", "value": 0.5}]}))
    assert (made.name, made.start, made.horizon, made.seed) == ("small", 2020, 2023, 1)
    assert made.landscape.grid.shape == (40, 40)
    assert made.params.agents.households == 400
    assert sorted(made.history) == [2000, 2010, 2020]
    assert [(shock.year, shock.path, shock.value) for shock in made.shocks] == [(2022, "quota.multiplier", 0.5)]


def test_build_gives_a_model_at_its_start(project) -> None:
    model = landsim.build(landsim.load_scenario(project))
    assert model.year == 2020
    assert model.running
    assert len(model.households) == 400
    model.step()
    assert model.year == 2021


def test_a_target_for_an_unknown_class_gives_the_nearest_one(project) -> None:
    (fault,) = faults(project, {"demand": {"mode": "given", "targets": {"urbn": {2023: 10}}}})
    assert "demand.targets.urbn" in fault
    assert "Did you mean 'urban'?" in fault


def test_targets_before_the_start_and_below_zero_are_faults(project) -> None:
    told = faults(project, {"demand": {"mode": "given", "targets": {"urban": {2020: 10, 2023: -1}}}})
    assert len(told) == 2


def test_a_target_larger_than_the_map_is_no_fault(project) -> None:
    settings = {"demand": {"mode": "given", "targets": {"urban": {2023: 10**9}}}}
    assert prepare(load_scenario(project, settings)).inputs.params.demand.targets["urban"] == {2023: 10**9}


def test_dated_levers_are_tried_before_the_run(project) -> None:
    shocks = [
        {"year": 2022, "path": "quota.multiplyer", "value": 1},
        {"year": 2022, "path": "enforcement", "value": 7},
        {"year": 2020, "path": "enforcement", "value": 0.5},
    ]
    told = faults(project, {"shocks": shocks})
    assert [fault.split(":")[1].strip() for fault in told] == ["shocks.0.path", "shocks.1.path", "shocks.2.year"]


def test_a_dated_lever_is_tried_on_what_its_year_will_find(project) -> None:
    mode = {"year": 2022, "path": "quota.mode", "value": "given"}
    hectares = {"year": 2021, "path": "quota.given_ha", "value": 5.0}
    assert prepare(load_scenario(project, {"shocks": [mode, hectares]})).inputs.shocks[0].path == "quota.mode"
    (fault,) = faults(project, {"shocks": [mode, {**hectares, "year": 2023}]})
    assert "shocks.0.path" in fault
    assert "given_ha is needed" in fault


def test_faults_of_scenario_and_catalogue_come_together(project) -> None:
    (project / "data.yaml").write_text("landcover: {file: gone.tif}\nlayers: {slop: a.tif}\n")
    told = faults(project, {"rules": "rules"})
    assert any("rules" in fault for fault in told)
    assert any("layers.slop" in fault and "'slope'" in fault for fault in told)


def test_a_missing_catalogue_is_told(project) -> None:
    (fault,) = faults(project, {"data": "date.yaml"})
    assert fault.startswith("scenario.yaml: data: missing file")


def test_a_catalogue_outside_the_project_is_refused_unless_allowed(project, tmp_path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (project / "data.yaml").rename(tmp_path / "elsewhere" / "data.yaml")
    settings = {"data": "../elsewhere/data.yaml"}
    (fault,) = faults(project, settings)
    assert "outside the project folder" in fault
    assert prepare(load_scenario(project, settings), [tmp_path / "elsewhere"]).place.landscape.grid.size == 1600


def test_the_start_of_the_synthetic_city_is_that_of_the_scenario(project) -> None:
    (fault,) = faults(project, {"start": 2019})
    assert "data.yaml: synthetic.start" in fault


def test_red_line_and_farmland_that_overlap_are_a_fault(tmp_path) -> None:
    import numpy as np
    import rasterio

    from landsim.scenario.new import new_project

    folder = new_project(tmp_path / "city", shape=(40, 40))
    with rasterio.open(folder / "data" / "pbf.tif", "r+") as pbf, rasterio.open(folder / "data" / "erl.tif") as erl:
        pbf.write(np.where(erl.read(1) > 0, 1, pbf.read(1)).astype("uint8"), 1)
    told = faults(folder, None)
    assert any("erl" in fault and "pbf" in fault for fault in told)


def test_an_estimate_grows_with_the_agents(project) -> None:
    few = prepare(load_scenario(project)).estimate()
    many = prepare(load_scenario(project, {"agents.households": 10**6})).estimate()
    assert few.memory < many.memory
    assert few.seconds < many.seconds


def test_the_example_of_a_shock_is_a_lever() -> None:
    named = Shock.model_fields["path"].description.rpartition("e.g. ")[2]
    assert named in [row["path"] for row in describe(ModelParams) if row["lever"]]
