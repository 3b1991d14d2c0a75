"""A new project folder: its files read back as the city they were made from, and nothing is overwritten."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from landsim.core.errors import InputError
from landsim.landscape.synthetic import synthetic_city
from landsim.scenario.build import load_scenario, prepare
from landsim.scenario.new import new_project
from landsim.scenario.schema import safe_name


def test_the_files_read_back_as_the_city(tmp_path) -> None:
    folder = new_project(tmp_path / "my city", shape=(60, 50), seed=3)
    ready = prepare(load_scenario(folder))
    city, place = synthetic_city(shape=(60, 50), seed=3, start=2020), ready.place.landscape
    assert ready.cautions == []
    assert np.array_equal(place.landcover, city.landscape.landcover)
    assert set(place.layers) == set(city.landscape.layers)
    for name in set(place.layers) - {"road"}:
        assert np.array_equal(place.layers[name], city.landscape.layers[name]), name
    drawn, road = place.layers["road"], city.landscape.layers["road"]
    assert np.array_equal(drawn[road > 0], road[road > 0])
    assert np.count_nonzero(drawn) < 1.2 * np.count_nonzero(road)  # a line also touches cells beside its course
    assert {year: maps.shape for year, maps in ready.place.history.items()} == {2000: (60, 50), 2010: (60, 50)}
    assert np.array_equal(ready.place.history[2010], city.history[2010])


def test_every_override_of_the_new_project_is_valid(tmp_path) -> None:
    folder = new_project(tmp_path / "city", shape=(20, 20))
    for name in yaml.safe_load((folder / "overrides.yaml").read_text(encoding="utf-8")):
        assert load_scenario(folder, names=[name]).applied == (name,)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(InputError, match="not empty"):
        new_project(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_filled_and_stays_the_one_it_is(tmp_path, monkeypatch) -> None:
    here = tmp_path / "我的城市"
    here.mkdir()
    before = here.stat().st_ino
    monkeypatch.chdir(here)
    new_project(".", shape=(20, 20))
    assert here.stat().st_ino == before
    assert sorted(path.name for path in here.iterdir()) == ["data", "data.yaml", "overrides.yaml", "scenario.yaml"]
    assert load_scenario(here).scenario.name == "我的城市"


def test_a_folder_of_a_long_name_gets_a_short_one_and_one_too_long_is_refused(tmp_path) -> None:
    assert len(load_scenario(new_project(tmp_path / ("n" * 150), shape=(20, 20))).scenario.name) == 80
    with pytest.raises(InputError, match="not writable: File name too long"):
        new_project(tmp_path / ("n" * 300))


@pytest.mark.parametrize("name", ["他的城市", "city-2.1_b", "Königs", "n" * 80])
def test_names_of_any_script_are_taken(tmp_path, name) -> None:
    folder = new_project(tmp_path / "city", shape=(20, 20))
    assert load_scenario(folder, {"name": name}).scenario.name == name
    assert safe_name(name) == name


@pytest.mark.parametrize("name", ["", "a b", "a/b", "..", ".hidden", "a\nb", "n" * 81, "城" * 70])
def test_names_that_no_folder_should_have_are_refused_and_made_safe(tmp_path, name) -> None:
    folder = new_project(tmp_path / "city", shape=(20, 20))
    with pytest.raises(InputError, match="a name has"):
        load_scenario(folder, {"name": name})
    assert load_scenario(folder, {"name": safe_name(name)})
