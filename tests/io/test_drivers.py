"""Drivers: files that open themselves, layers whose gaps are remembered, and one look over the valid cells."""

from __future__ import annotations

import numpy as np
import pytest

from landsim.core.errors import InputError
from landsim.io.drivers import MOST_CATEGORIES, gap_bits, look_through, offer
from landsim.landscape.rows import ArrayRows


@pytest.fixture
def place(project):
    values = np.arange(600, dtype=np.float32).reshape(20, 30)
    values[4, 5] = -1.0
    project.raster("heat.tif", values, nodata=-1.0)
    project.data["drivers"] = {"heat": {"file": "heat.tif", "unit": "K"}}
    found, problems = project.load()
    assert not problems.faults
    return found


def offered(place, name):
    return offer(name, place.drivers, place.landscape.layers, place.gaps, place.landscape.grid, "data.yaml")


def test_a_file_is_found_hashed_and_opened_when_it_is_read(place) -> None:
    found = offered(place, "heat")
    assert (found.kinds, found.unit, found.where) == (("continuous",), "K", "data.yaml: drivers.heat")
    assert [record.key for record in place.records][-1] == "drivers.heat"
    assert found.rows.shape == (20, 30)
    assert found.rows._open is None
    values = found.rows.read(slice(3, 5))
    assert np.isnan(values[1, 5])
    assert values[0].tolist() == list(range(90, 120))
    found.rows.close()
    assert found.rows._open is None
    assert np.array_equal(found.rows.read(slice(3, 5)), values, equal_nan=True)
    found.rows.close()
    found.rows.close()


def test_a_file_that_is_gone_or_damaged_by_then_is_an_error_for_the_user(project, place) -> None:
    rows = offered(place, "heat").rows
    whole = (project.folder / "heat.tif").read_bytes()
    (project.folder / "heat.tif").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"data.yaml: drivers.heat"):
        rows.read(slice(0, 20))
    rows.close()
    (project.folder / "heat.tif").unlink()
    with pytest.raises(InputError, match="missing file"):
        rows.read(slice(0, 20))


def test_a_file_off_the_grid_is_told_when_it_is_read(project) -> None:
    project.raster("heat.tif", np.ones((5, 5), np.float32))
    project.data["drivers"] = {"heat": "heat.tif"}
    place, problems = project.load()
    assert not problems.faults
    with pytest.raises(InputError, match=r"drivers.heat"):
        offered(place, "heat").rows.read(slice(0, 5))


def test_a_driver_of_the_catalogue_comes_before_a_layer_of_its_name(project) -> None:
    project.data["drivers"] = {"slope": {"file": "dem.tif", "unit": "deg"}}
    place, _ = project.load()
    assert offered(place, "slope").rows.read(slice(0, 1))[0, 0] == 30.0
    assert offered(place, "elevation").where == "data.yaml: layers.elevation"
    assert offered(place, "soil") is None


def test_whole_numbers_may_be_taken_for_any_kind_and_measures_only_for_measures(project) -> None:
    project.raster("road.tif", np.ones((20, 30), np.uint8))
    project.data["layers"]["road"] = "road.tif"
    place, _ = project.load()
    assert offered(place, "road").kinds == ("continuous", "categorical", "source")
    assert offered(place, "slope").kinds == ("continuous",)


@pytest.mark.parametrize("name", ["slope", "population"])
def test_gaps_are_remembered_when_they_are_filled(project, name) -> None:
    layer = np.arange(600, dtype=np.float32).reshape(20, 30) / 10
    layer[7, 3:20] = -9999
    project.raster("layer.tif", layer, nodata=-9999)
    project.data["layers"][name] = "layer.tif"
    place, problems = project.load()
    assert not problems.faults
    assert len(problems.cautions) == (name == "slope")
    held = place.landscape.get(name)
    assert np.isnan(held).any() == (name == "slope")
    np.nan_to_num(held, copy=False)
    assert held[7, 3:20].tolist() == [0.0] * 17
    values = offered(place, name).rows.read(slice(6, 9))
    assert np.isnan(values).sum() == 17
    assert np.isnan(values[1, 3:20]).all()
    assert offered(place, name).rows.shape == (20, 30)


def test_a_layer_without_gaps_notes_none(project) -> None:
    place, _ = project.load()
    assert place.gaps == {}
    assert gap_bits(np.zeros((3, 3), np.uint8)) is None


def test_one_look_tells_range_gaps_and_categories() -> None:
    values = np.array([[1.0, np.nan, 3.0], [9.0, 2.0, 2.0]], dtype=np.float32)
    valid = np.array([[True, True, True], [False, True, True]])
    look = look_through(ArrayRows(values), "categorical", valid)
    assert (look.known, look.low, look.high, look.values) == (4, 1.0, 3.0, {1, 2, 3})
    look = look_through(ArrayRows(values), "source", valid)
    assert (look.known, look.low, look.values) == (5, 0.0, set())
    assert look_through(ArrayRows(values), "continuous", ~valid & False).known == 0
    many = np.arange(4000, dtype=np.float32)[None, :]
    found = look_through(ArrayRows(np.repeat(many, 600, axis=0)), "categorical", np.ones((600, 4000), bool))
    assert len(found.values) >= MOST_CATEGORIES
