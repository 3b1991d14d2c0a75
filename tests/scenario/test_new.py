"""A new project folder: its files read back as the city they were made from, and nothing is overwritten."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from landsim.core.errors import InputError
from landsim.landscape.synthetic import synthetic_city
from landsim.scenario.build import load_scenario, prepare
from landsim.scenario.new import new_project


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
