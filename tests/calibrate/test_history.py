"""Reading a study: what is sound comes in, what is not is told at once, and the test stays sealed."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from rasterio import Affine

from landsim.calibrate.history import load_history
from landsim.core.errors import InputError


def test_a_sound_study_gives_maps_masks_drivers_and_hashes(study) -> None:
    study.data["districts"] = "districts.tif"
    study.raster("districts.tif", np.ones((40, 50), np.uint8))
    history = study.history()
    assert history.fit.years == (2000, 2005, 2010)
    assert (history.fit.start, history.fit.end, history.fit.length) == (2000, 2010, 10)
    assert np.array_equal(history.fit.first, study.town(2000))
    assert not history.fit.valid[0].any()
    assert history.fit.valid[1:].all()
    assert [row.name for row in history.gains] == ["urban"]
    assert history.drivers["slope"].high == 1999
    assert not history.drivers["slope"].needs_indicator
    assert history.districts.sum() == 2000
    keys = {"landcover.2000", "landcover.2005", "landcover.2010", "landcover.2020", "drivers.slope", "districts"}
    assert {record.key for record in history.records} == keys
    content = (study.folder / "lc_2005.tif").read_bytes()
    assert history.hashes["landcover.2005"] == hashlib.sha256(content).hexdigest()


def test_maps_cannot_be_written_to(study) -> None:
    history = study.history()
    with pytest.raises(ValueError, match="read-only"):
        history.fit.first[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        history.fit.valid[0, 0] = True


def test_a_mask_by_class_is_that_of_the_start_of_each_period(study) -> None:
    drained = study.town(2010)
    drained[:, 4:8] = study.other
    study.map(2010, drained)
    history = study.history()
    wet = history.fit.forbidden(study.urban, 2000)
    assert np.array_equal(wet, history.fit.first == study.water)
    assert np.count_nonzero(history.fit.forbidden(study.urban, 2010)) == 39 * 4
    assert history.fit.forbidden(study.other, 2000) is None
    assert not (history.fit.candidates(study.urban, 2000) & wet).any()


def test_a_mask_of_a_file_that_names_no_class_forbids_every_one(study) -> None:
    cells = np.zeros((40, 50), np.uint8)
    cells[5, 10:20] = 3
    study.raster("park.tif", cells)
    study.data["masks"] = {"park": {"file": "park.tif", "where": 3}}
    history = study.history()
    assert history.fit.forbidden(study.other, 2000).sum() == history.fit.forbidden(study.urban, 2000).sum() == 10


def test_a_class_may_be_called_by_a_general_name(study) -> None:
    study.data["gains"] = ["built"]
    assert [row.name for row in study.history().gains] == ["urban"]


def test_the_rows_of_drivers_are_read_by_blocks(study) -> None:
    history = study.history()
    with history.open_drivers() as drivers:
        assert drivers["slope"].read(slice(3, 4))[0, :3].tolist() == [150, 151, 152]


def test_a_nodata_value_may_differ_from_map_to_map(study) -> None:
    codes = np.where(study.town(2005) == study.outside, 9, study.town(2005)).astype(np.uint8)
    study.map(2005, codes, nodata=9)
    assert np.array_equal(study.history().fit.maps[2005], study.town(2005))


# the test


def test_the_test_opens_once_after_the_choice_was_written_down(study) -> None:
    history = study.history()
    with pytest.raises(ValueError, match="choice"):
        history.open_test(" ")
    assert history.choice is None
    span = history.open_test("density, by default")
    assert history.choice == "density, by default"
    assert span.years == (2010, 2020)
    assert np.array_equal(span.last, study.town(2020))
    with pytest.raises(ValueError, match="before"):
        history.open_test("density, by default")


def test_nothing_of_the_fit_depends_on_the_map_of_the_test(study) -> None:
    first = study.history()
    study.map(2020, np.roll(study.town(2020), 3, axis=1))
    second = study.history()
    assert first.hashes == second.hashes
    assert first.drivers == second.drivers
    assert all(np.array_equal(first.fit.maps[year], second.fit.maps[year]) for year in first.fit.years)
    assert np.array_equal(first.fit.valid, second.fit.valid)
    assert not any(isinstance(value, np.ndarray) for value in vars(first).values())


def test_a_test_map_that_was_replaced_after_the_check_is_refused(study) -> None:
    history = study.history()
    study.map(2020, study.town(2010))
    with pytest.raises(InputError, match="has changed since it was checked"):
        history.open_test("density")


def test_a_study_without_a_test_has_nothing_to_open(study) -> None:
    study.data.pop("test")
    with pytest.raises(ValueError, match="no test"):
        study.history().open_test("density")


def test_in_sample_periods_wait_for_the_test(study) -> None:
    study.data["in_sample"] = [[2000, 2020]]
    history = study.history()
    with pytest.raises(ValueError, match="test first"):
        history.open_in_sample()
    history.open_test("density")
    assert [span.years for span in history.open_in_sample()] == [(2000, 2020)]


# bad input: one clear error each


def test_fewer_than_two_dates(study) -> None:
    study.data["fit"] = [2001, 2009]
    assert any("fewer than two dates" in fault for fault in study.faults())


def test_a_test_that_overlaps_the_fit(study) -> None:
    study.data["test"] = [2005, 2020]
    (fault,) = study.faults()
    assert "study.yaml: test: overlaps the fitting period" in fault


def test_a_test_without_its_map(study) -> None:
    study.data["test"] = [2010, 2030]
    (fault,) = study.faults()
    assert "no map of 2030" in fault


@pytest.mark.parametrize("period", [[2010, 2000], [2005, 2005]])
def test_a_period_that_does_not_ascend(study, period) -> None:
    study.data["fit"] = period
    assert any("fit: does not ascend" in fault for fault in study.faults())


def test_maps_on_different_grids(study) -> None:
    study.map(2005, study.town(2005)[:-1])
    study.map(2020, study.town(2020), transform=Affine(100, 0, 500_030, 0, -100, 3_400_000))
    faults = study.faults()
    assert any("landcover.2005: another grid than lc_2000.tif" in fault for fault in faults)
    assert any("landcover.2020: another grid than lc_2000.tif" in fault for fault in faults)


def test_unknown_codes_of_a_test_map_are_told_before_the_fit(study) -> None:
    study.map(2020, np.where(study.town(2020) == study.water, 77, study.town(2020)).astype(np.uint8))
    (fault,) = study.faults()
    assert "landcover.2020: unknown class codes; found 77" in fault


def test_no_change_at_all(study) -> None:
    for year in (2005, 2010):
        study.map(year, study.town(2000))
    assert any("no change at all" in fault for fault in study.faults())


def test_change_only_where_a_map_has_no_data(study) -> None:
    for year in (2005, 2010):
        codes = study.town(2000)
        codes[1] = study.outside
        study.map(year, codes)
    assert any("change only outside the cells that have data" in fault for fault in study.faults())


def test_change_only_outside_the_mask(study) -> None:
    study.raster("core.tif", np.ones((40, 50), np.uint8))
    study.data["masks"] = {"core": {"file": "core.tif", "forbid": ["urban"]}}
    assert any("change only outside the mask" in fault for fault in study.faults())


def test_much_change_inside_a_mask_is_a_caution(study) -> None:
    cells = np.zeros((40, 50), np.uint8)
    cells[:20] = 1
    study.raster("north.tif", cells)
    study.data["masks"] = {"north": {"file": "north.tif", "forbid": ["urban"]}}
    assert any("much of the gain is masked" in caution for caution in study.cautions())


def test_a_class_that_is_missing_at_a_date(study) -> None:
    codes = study.town(2005)
    codes[codes == study.water] = study.other
    study.map(2005, codes)
    assert any("class 'water' is missing at 2005" in caution for caution in study.cautions())


def test_a_gained_class_that_is_missing_at_every_date(study) -> None:
    study.data["legend"][7] = "forest"
    study.data["gains"] = ["forest"]
    assert any("class 'forest' is missing at every date" in fault for fault in study.faults())


def test_all_gains_are_those_that_grow(study) -> None:
    study.data["gains"] = "all"
    history = study.history()
    assert [row.name for row in history.gains] == ["urban"]
    assert any("'water': does not grow" in str(caution) for caution in history.cautions)


def test_an_unknown_class_comes_with_the_nearest_name(study) -> None:
    study.data["gains"] = ["urbn"]
    assert any("no class named 'urbn'" in fault and "Did you mean 'urban'?" in fault for fault in study.faults())


def test_a_constant_driver_is_left_out_with_a_caution(study) -> None:
    study.raster("slope.tif", np.full((40, 50), 3, np.float32))
    history = study.history()
    assert history.drivers == {}
    assert any("is constant" in str(caution) for caution in history.cautions)


@pytest.mark.parametrize(("rows", "refused"), [(4, False), (12, True)])
def test_gaps_of_a_driver(study, rows: int, refused: bool) -> None:
    values = np.arange(2000, dtype=np.float32).reshape(40, 50)
    values[5 : 5 + rows] = -9999
    study.raster("slope.tif", values, nodata=-9999)
    if refused:
        (fault,) = study.faults()
        assert "drivers.slope: too many gaps" in fault
        return
    history = study.history()
    assert history.drivers["slope"].gaps == rows * 50
    assert history.drivers["slope"].needs_indicator
    assert any("missing-value indicator" in str(caution) for caution in history.cautions)


def test_a_source_may_be_empty_nearly_everywhere(study) -> None:
    roads = np.zeros((40, 50), np.uint8)
    roads[10] = 1
    study.raster("roads.tif", roads, nodata=0)
    study.data["drivers"] = {"roads": {"file": "roads.tif", "kind": "source"}}
    driver = study.history().drivers["roads"]
    assert (driver.gaps, driver.low, driver.high) == (0, 0, 1)


def test_the_categories_of_a_driver(study) -> None:
    study.raster("soil.tif", (np.arange(2000) % 5).reshape(40, 50).astype(np.uint8))
    study.data["drivers"] = {"soil": {"file": "soil.tif", "kind": "categorical"}}
    assert study.history().drivers["soil"].categories == (0, 1, 2, 3, 4)


@pytest.mark.parametrize("disguise", ["file", "values", "class", "distance", "unused date"])
def test_a_driver_that_is_a_map_to_be_predicted(study, disguise: str) -> None:
    codes = study.town(2020)
    if disguise == "file":
        study.data["drivers"] = {"hint": "lc_2010.tif"}
    elif disguise == "unused date":
        study.map(2015, study.town(2013))
        study.data["landcover"][2015] = "lc_2015.tif"
        study.raster("copy.tif", study.town(2013), nodata=study.outside)
        study.data["drivers"] = {"hint": "copy.tif"}
    else:
        far = np.where(codes == study.urban, 0, np.arange(2000).reshape(40, 50) + 1)
        values = {"values": codes, "class": codes == study.urban, "distance": far}[disguise]
        study.raster("hint.tif", values.astype(np.float32))
        study.data["drivers"] = {"hint": "hint.tif"}
    (fault,) = study.faults()
    assert "drivers.hint: is the map of 20" in fault
    assert "which is to be predicted" in fault


def test_a_driver_of_a_class_that_never_changes_is_no_leak(study) -> None:
    study.raster("lake.tif", (study.town(2000) == study.water).astype(np.uint8))
    study.data["drivers"] = {"lake": "lake.tif"}
    assert list(study.history().drivers) == ["lake"]


def test_a_driver_dated_after_the_start_is_a_caution(study) -> None:
    study.data["drivers"] = {"slope": {"file": "slope.tif", "date": 2005}}
    assert any("dated after the start of the fit; found 2005" in caution for caution in study.cautions())


def test_every_fault_is_told_at_once(study) -> None:
    study.map(2005, study.town(2005)[:-1])
    study.data["drivers"] = {"slope": "none.tif"}
    study.data["masks"]["park"] = {"file": "gone.tif"}
    study.data["test"] = [2005, 2020]
    told = "\n".join(study.faults())
    assert all(word in told for word in ("another grid", "none.tif", "gone.tif", "overlaps"))


def test_files_outside_the_study_need_leave(study, tmp_path_factory) -> None:
    folder = tmp_path_factory.mktemp("elsewhere")
    (study.folder / "slope.tif").rename(folder / "slope.tif")
    study.data["drivers"] = {"slope": str(folder / "slope.tif")}
    (fault,) = study.faults()
    assert "outside the project folder" in fault
    history, problems = study.read(allow=(folder,))
    assert history is not None, problems.faults


def test_targets_are_kept_under_the_names_of_the_legend(study) -> None:
    study.data["demand"] = {"mode": "given", "targets": {"built": {2020: 900}}}
    assert study.history().targets == {"urban": {2020: 900}}


@pytest.mark.parametrize(
    ("demand", "told"),
    [
        ({"mode": "given"}, "demand.targets: missing"),
        ({"mode": "population"}, "people: missing"),
        ({"horizon": 2010}, "demand.horizon: is not after the fit"),
        ({"targets": {"urbn": {2020: 1}}}, "no class named 'urbn'"),
    ],
)
def test_demand_that_lacks_something(study, demand, told: str) -> None:
    study.data["demand"] = demand
    assert any(told in fault for fault in study.faults())


def test_a_table_of_people(study) -> None:
    (study.folder / "people.csv").write_text("year,persons,note\n2000,1000,a\n2020,2000,b\n")
    study.data["people"] = "people.csv"
    people = study.history().people
    assert people.at([2005]).tolist() == [[1250]]
    with pytest.raises(ValueError, match="outside the table"):
        people.at([2021])


@pytest.mark.parametrize(
    "text", ["year,cows\n2000,1\n2001,2\n", "year,persons\n2000,1\n2000,2\n", "year,persons\n2000,x\n2001,2\n"]
)
def test_a_table_that_is_none_of_people(study, text: str) -> None:
    (study.folder / "people.csv").write_text(text)
    study.data["people"] = "people.csv"
    (fault,) = study.faults()
    assert "study.yaml: people" in fault


def test_the_majority_of_three_dates_settles_flicker(study) -> None:
    codes = study.town(2005)
    codes[2, 40] = study.urban
    study.map(2005, codes)
    assert study.history().fit.maps[2005][2, 40] == study.urban
    study.data["flicker"] = "majority"
    assert study.history().fit.maps[2005][2, 40] == study.other


def test_spans_of_fewer_dates_know_nothing_of_the_rest(study) -> None:
    blank = study.town(2010)
    blank[5] = study.outside
    study.map(2010, blank)
    span = study.history().fit
    assert not span.valid[5].any()
    assert span.until(2005).years == (2000, 2005)
    assert span.until(2005).valid[5].all()


def test_loading_raises_every_fault(study) -> None:
    study.data["drivers"] = {"slope": "none.tif"}
    study.read()
    with pytest.raises(InputError, match=r"none\.tif"):
        load_history(study.folder)


@pytest.mark.parametrize("place", ["plum_island", "valledupar_colombia"])
def test_real_places_are_sound(landsim_data, study, place: str) -> None:
    plum = place == "plum_island"
    years = (1985, 1991, 1999) if plum else (1990, 1997, 2000, 2018)
    home = "${LANDSIM_DATA}/" + place
    study.data |= {
        "landcover": {year: f"{home}/{'lc' if plum else 'urban'}_{year}.tif" for year in years},
        "legend": {1: "forest", 2: "built", 3: "other"} if plum else {0: "other", 1: "urban"},
        "gains": ["built"],
        "drivers": {"slope": f"{home}/slope.tif"},
        "masks": {},
        "fit": [years[0], years[-2]],
        "test": [years[-2], years[-1]],
    }
    history = study.history()
    span = history.open_test("density")
    gained = span.gained(history.gains[0].code, span.start, span.end)
    assert np.count_nonzero(gained) == (3247 if plum else 4028 - 2069)
