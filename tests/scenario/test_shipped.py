"""Shipped scenarios: all load with all their overrides, and the real ones ask for what was observed."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest
import rasterio

from landsim.scenario import shipped
from landsim.scenario.build import load_scenario, prepare
from landsim.scenario.compose import overrides_of
from landsim.scenario.shipped import find_shipped_rules, shipped_names, shipped_root, shipped_rules

WITH = [(name, override) for name in shipped_names() for override in overrides_of(shipped_root() / name)]


def test_the_four_scenarios_ship() -> None:
    assert shipped_names() == ["demo", "wuhan", "wuhan_2035", "wuhan_lines"]


@pytest.mark.parametrize("name", shipped_names())
def test_a_shipped_scenario_says_what_it_asks(name) -> None:
    scenario = load_scenario(name).scenario
    assert scenario.name == name
    assert scenario.title
    assert len(scenario.description) > 80
    assert scenario.rules == {"wuhan_2035": "wuhan_annual"}.get(name)
    assert scenario.enforcement == 1.0


@pytest.mark.parametrize(("name", "override"), WITH)
def test_a_shipped_override_is_valid_and_says_what_it_is(name, override) -> None:
    assert load_scenario(name, names=[override]).scenario != load_scenario(name).scenario
    assert overrides_of(shipped_root() / name)[override]["about"]


def test_the_demo_is_the_contract_s_size() -> None:
    ready = prepare(load_scenario("demo"))
    assert ready.place.landscape.grid.shape == (240, 240)
    assert ready.cautions == []
    scenario = ready.source.scenario
    assert (scenario.start, scenario.horizon, scenario.agents.households) == (2020, 2035, 20000)


@pytest.mark.parametrize(("names", "folder"), [([], "wuhan_plus"), (["300m"], "wuhan_plus_300m")])
def test_the_hindcast_asks_for_the_cells_that_were_observed(landsim_data, names, folder) -> None:
    source = load_scenario("wuhan", names=names)
    with rasterio.open(landsim_data / folder / "lc_2013.tif") as dataset:
        counts = np.bincount(dataset.read(1).ravel(), minlength=8)
    wanted = ["grassland", "deciduous", "cropland", "urban", "bare", "water", "evergreen"]
    assert source.scenario.demand.targets == {name: {2013: int(counts[i])} for i, name in enumerate(wanted, start=1)}


@pytest.mark.parametrize("name", ["wuhan", "wuhan_lines"])
def test_a_real_scenario_finds_its_data(landsim_data, name) -> None:
    ready = prepare(load_scenario(name, names=["300m"]))
    told = [str(caution) for caution in ready.cautions]
    assert len(told) == (name == "wuhan")  # without lines it has only the mask of its source, which leaves water open
    assert all("keeps water from construction" in caution for caution in told)
    assert ready.place.landscape.legend.names == [
        "grassland", "deciduous", "cropland", "urban", "bare", "water", "evergreen",
    ]  # fmt: skip
    assert ready.place.landscape.masks["open_water"][0].sum() == 9656
    assert ready.place.constructed == (("erl", "pbf", "udb") if name == "wuhan_lines" else ())


@pytest.mark.parametrize("names", [[], ["compact"], ["hindcast"]])
def test_wuhan_to_2035_runs_on_fitted_rules_alone(landsim_data, names) -> None:
    ready = prepare(load_scenario("wuhan_2035", names=names))
    assert ready.inputs.rules is not None
    assert ready.inputs.rules.past is not None
    assert ready.cautions == []


def test_the_what_if_says_that_it_is_no_hindcast() -> None:
    scenario = load_scenario("wuhan_lines").scenario
    assert "no hindcast" in scenario.title
    assert "constructed" in scenario.description


def test_the_wheel_takes_the_rules_of_every_study_along() -> None:
    root = Path(__file__).parents[2]
    wheel = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    taken = {key: place for key, place in wheel["force-include"].items() if key.startswith("calibration/")}
    assert taken == {
        f"calibration/{name}/rules": f"landsim/_shipped/calibration/{name}/rules" for name in shipped_rules()
    }


def test_rules_ship_in_a_wheel_and_in_a_checkout(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(shipped, "_PACKAGE", tmp_path / "landsim")
    assert shipped_rules() == []
    for place in ("calibration/here", "landsim/_shipped/calibration/there"):
        folder = tmp_path / place / "rules"
        folder.mkdir(parents=True)
        (folder / "rules.yaml").touch()
        assert shipped_rules() == [folder.parent.name]
        assert find_shipped_rules(folder.parent.name) == folder
    assert find_shipped_rules("here") is None
