"""The study file: closed, with defaults, and a known name for each that is mistaken."""

from __future__ import annotations

import pytest

from landsim.calibrate.study import MODELS, load_study
from landsim.core.errors import InputError

PLAIN = """\
name: plain
landcover: {2000: a.tif, 2010: {file: b.tif, nodata: 7, resample: mode}}
legend: {0: other, 1: urban}
gains: [urban]
fit: [2000, 2010]
"""


def faults(tmp_path, text: str) -> list[str]:
    path = tmp_path / "study.yaml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        load_study(path)
    return [str(problem) for problem in caught.value.problems]


def test_a_study_may_be_short(tmp_path) -> None:
    (tmp_path / "study.yaml").write_text(PLAIN)
    source = load_study(tmp_path)
    study = source.study
    assert (source.where, source.folder) == ("study.yaml", tmp_path.resolve())
    assert (study.fit, study.test, study.seed, study.models) == ((2000, 2010), None, 1, MODELS)
    assert study.landcover[2000].file == "a.tif"
    assert (study.landcover[2010].nodata, study.landcover[2010].resample) == (7, "mode")


def test_drivers_have_a_short_form_and_a_long_one(tmp_path) -> None:
    text = PLAIN + "drivers: {slope: s.tif, roads: {file: r.tif, kind: source, date: 2005, band: 2}}\n"
    (tmp_path / "study.yaml").write_text(text)
    drivers = load_study(tmp_path).study.drivers
    assert (drivers["slope"].file, drivers["slope"].kind, drivers["slope"].date) == ("s.tif", "continuous", None)
    assert (drivers["roads"].kind, drivers["roads"].date, drivers["roads"].band) == ("source", 2005, 2)


def test_one_gained_class_needs_no_list(tmp_path) -> None:
    (tmp_path / "study.yaml").write_text(PLAIN.replace("[urban]", "urban"))
    assert load_study(tmp_path).study.gains == ("urban",)


@pytest.mark.parametrize(
    ("line", "near"),
    [
        ("driver: {}", "drivers"),
        ("drivers: {slope: {file: s.tif, knd: source}}", "kind"),
        ("masks: {lake: {clas: water, file: m.tif}}", "class"),
        ("demand: {hrizon: 2030}", "horizon"),
    ],
)
def test_an_unknown_key_comes_with_the_nearest_known_one(tmp_path, line: str, near: str) -> None:
    assert any(
        "unknown key" in fault and f"Did you mean '{near}'?" in fault for fault in faults(tmp_path, PLAIN + line)
    )


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("fit: [2000, 2010]", "", "fit: missing key"),
        ("fit: [2000, 2010]", "fit: [2000]", "fit"),
        ("gains: [urban]", "gains: []", "gains"),
        ("name: plain", "name: ../up", "name"),
        ("name: plain", "models: [magic]\nname: plain", "models.0"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, old: str, new: str, told: str) -> None:
    assert any(f"study.yaml: {told}" in fault for fault in faults(tmp_path, PLAIN.replace(old, new)))


def test_a_missing_file_is_one_clear_error(tmp_path) -> None:
    with pytest.raises(InputError, match="missing file"):
        load_study(tmp_path / "none.yaml")


@pytest.mark.parametrize("name", ["my driver", "density_2_s5", "missing_slope", "a[b]", "7th", "a" * 41])
def test_a_driver_name_that_no_rule_set_could_hold_is_refused(tmp_path, name: str) -> None:
    assert any(name in fault for fault in faults(tmp_path, PLAIN + f"drivers: {{'{name}': s.tif}}\n"))


@pytest.mark.parametrize("name", ["distance_road", "道路距离", "slope.v2", "_x"])
def test_other_driver_names_are_taken(tmp_path, name: str) -> None:
    (tmp_path / "study.yaml").write_text(PLAIN + f"drivers: {{{name}: s.tif}}\n", encoding="utf-8")
    assert list(load_study(tmp_path).study.drivers) == [name]
