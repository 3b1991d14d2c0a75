"""Rule sets beside a place: drivers from files and layers, their kinds, units and values, and the earlier map."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import rasterio
import yaml
from rulesets import linear, ruleset, with_momentum

from landsim.core.errors import InputError
from landsim.io.ruleset import write_ruleset
from landsim.landscape.synthetic import synthetic_city
from landsim.scenario.build import load_scenario, prepare
from landsim.transition.features import Feature
from landsim.transition.ruleset import DriverFact

CITY = synthetic_city(shape=(40, 40), cell_size=250.0, seed=7, start=2020)
LEGEND = CITY.landscape.legend
URBAN = LEGEND.row("urban").code
RULES = ruleset(LEGEND)
FITTED = {"rules": "rules"}


def keep(project, rules=RULES, name="rules"):
    write_ruleset(project / name, rules)
    return project / name


def told(project, settings=FITTED, **more) -> list[str]:
    with pytest.raises(InputError) as caught:
        prepare(load_scenario(project, settings, **more))
    return [str(problem) for problem in caught.value.problems]


def cautions(project, settings=FITTED) -> list[str]:
    return [str(caution) for caution in prepare(load_scenario(project, settings)).cautions]


@pytest.fixture
def files(tmp_path):
    """The same city in files, with a driver of its own."""
    folder = tmp_path / "files"
    folder.mkdir()
    profile = {
        "driver": "GTiff", "height": 40, "width": 40, "count": 1, "crs": "EPSG:32649",
        "transform": rasterio.Affine(250.0, 0, 500_000.0, 0, -250.0, 3_400_000.0),
    }  # fmt: skip
    slope = CITY.landscape.get("slope").copy()
    slope[3:5, 3:9] = np.nan
    soil = (np.arange(1600).reshape(40, 40) % 3 + 1).astype(np.uint8)
    layers = {"landcover": CITY.landscape.landcover, "past": CITY.history[2010], "slope": slope, "soil": soil}
    for name, values in layers.items():
        with rasterio.open(folder / f"{name}.tif", "w", **profile, dtype=values.dtype.name) as dataset:
            dataset.write(values, 1)
    settings = {"name": "files", "start": 2020, "horizon": 2023, "agents": {"households": 0, "firms": 0, "farms": 0}}
    (folder / "scenario.yaml").write_text(yaml.safe_dump({**settings, "rules": "rules"}))
    data(folder)
    keep(folder)
    return folder


def data(folder, **sections) -> None:
    (folder / "data.yaml").write_text(
        yaml.safe_dump(
            {"landcover": {"file": "landcover.tif", "legend": None}, "layers": {"slope": "slope.tif"}, **sections}
        )
    )


def soil(kind="continuous", unit="1", low=1.0, high=3.0, categories=()) -> dict:
    feature = {"continuous": "driver", "categorical": "category", "source": "source"}[kind]
    weights = {Feature("density", URBAN, 3.0): 1.0, Feature(feature, driver="soil", value=2 if categories else 0): 0.1}
    facts = {**RULES.drivers, "soil": DriverFact(kind, unit, low, high, categories)}
    return {"potentials": {"urban": linear(URBAN, weights)}, "drivers": facts}


def test_a_missing_driver_is_named_with_what_was_fitted(project) -> None:
    keep(project, replace(RULES, **soil(unit="grade")))
    (message,) = told(project)
    assert message.startswith("data.yaml: drivers: driver 'soil', which the potential of urban reads, is missing")
    assert "unit grade, values 1 to 3" in message


def test_a_driver_of_the_catalogue_is_read_from_its_file(files) -> None:
    keep(files, replace(RULES, **soil()))
    data(files, drivers={"soil": "soil.tif"})
    ready = prepare(load_scenario(files))
    rows = ready.inputs.rules.drivers["soil"]
    with rasterio.open(files / "soil.tif") as dataset:
        assert np.array_equal(rows.read(slice(0, 40)), dataset.read(1).astype(np.float32))
    assert "drivers.soil" in [record.key for record in ready.place.records]
    plane = ready.inputs.rules.plane(ready.place.landscape, "urban")
    assert np.array_equal(plane, ready.inputs.rules.plane(ready.place.landscape, "urban"))
    (files / "soil.tif").unlink()
    assert any("soil.tif" in message for message in told(files, {}))


@pytest.mark.parametrize(
    ("fitted", "entry", "fault"),
    [
        (
            {},
            {"kind": "categorical"},
            "drivers.soil.kind: is not that of the fit; found categorical; wanted continuous",
        ),
        ({"unit": "m"}, {"unit": "km"}, "drivers.soil.unit: is not that of the fit; found km; wanted m"),
        ({"low": 10.0, "high": 20.0}, {}, "lies outside the values of the fit; found 1 to 3; wanted 10 to 20"),
        ({"kind": "categorical", "categories": (7, 8)}, {"kind": "categorical"}, "has no category of the fit"),
        ({}, {"file": "gone.tif"}, "missing file"),
        ({}, {"file": "small.tif"}, "soil"),
        ({"kind": "source"}, {"kind": "source", "file": "zero.tif"}, "no cell other than 0"),
    ],
)
def test_a_driver_that_does_not_fit_is_refused(files, fitted, entry, fault) -> None:
    for name, shape in (("small", (5, 5)), ("zero", (40, 40))):
        with rasterio.open(
            files / f"{name}.tif", "w", driver="GTiff", height=shape[0], width=shape[1], count=1, dtype="uint8",
            crs="EPSG:32649", transform=rasterio.Affine(250.0, 0, 500_000.0, 0, -250.0, 3_400_000.0),
        ) as dataset:  # fmt: skip
            dataset.write(np.zeros(shape, np.uint8), 1)
    keep(files, replace(RULES, **soil(**fitted)))
    data(files, drivers={"soil": {"file": "soil.tif", **entry}})
    assert any(fault in message for message in told(files, {}))


@pytest.mark.parametrize(
    ("fitted", "entry", "caution"),
    [
        ({"low": 2.0}, {}, "lies partly outside the values of the fit; found 1 to 3; wanted 2 to 3"),
        ({"unit": "grade"}, {}, "drivers.soil.unit: one unit is not named; found 1; wanted grade"),
        (
            {"kind": "categorical", "categories": (2, 3)},
            {"kind": "categorical"},
            "categories that the fit did not know; found 1",
        ),
    ],
)
def test_a_driver_that_fits_but_in_part_is_a_caution(files, fitted, entry, caution) -> None:
    keep(files, replace(RULES, **soil(**fitted)))
    data(files, drivers={"soil": {"file": "soil.tif", **entry}})
    assert any(caution in told_ for told_ in cautions(files, {}))


def test_a_layer_is_a_driver_of_its_own_unit_only(files) -> None:
    rules = replace(RULES, drivers={"slope": replace(RULES.drivers["slope"], unit="percent")})
    keep(files, rules)
    (message,) = told(files, {})
    assert message.startswith("data.yaml: layers.slope.unit: is not that of the fit; found deg; wanted percent")


def test_gaps_of_a_layer_stay_gaps_for_the_potential(files) -> None:
    ready = prepare(load_scenario(files))
    assert not np.isnan(ready.inputs.landscape.get("slope")).any()
    rows = ready.inputs.rules.drivers["slope"]
    gaps = np.isnan(rows.read(slice(0, 40)))
    assert gaps.sum() == 12
    assert gaps[3:5, 3:9].all()
    assert np.array_equal(rows.read(slice(2, 7)), rows.read(slice(0, 40))[2:7], equal_nan=True)


def test_a_place_that_runs_share_is_the_same_to_each_of_them(files) -> None:
    source = load_scenario(files)
    first = prepare(source)
    again = prepare(source, place=first.place)
    planes = [ready.inputs.rules.plane(ready.place.landscape, "urban") for ready in (first, again)]
    assert np.array_equal(*planes)
    assert np.isnan(again.inputs.rules.drivers["slope"].read(slice(0, 40))).sum() == 12


def test_a_synthetic_place_takes_no_driver_files(project) -> None:
    text = (project / "data.yaml").read_text()
    (project / "data.yaml").write_text(text + "drivers: {soil: soil.tif}\n")
    assert any("no drivers but these" in message for message in told(project, {}))


def momentum(years: int):
    static = RULES.potentials["urban"]
    return replace(RULES, potentials={"urban": with_momentum(static, years)})


def test_the_past_is_that_of_the_nearest_length(project) -> None:
    for years, taken in ((8, 2010), (14, 2010), (15, 2010), (16, 2000), (30, 2000)):
        keep(project, momentum(years))
        ready = prepare(load_scenario(project, FITTED))
        assert np.array_equal(ready.inputs.rules.past, CITY.history[taken]), years
    assert not any("another length" in caution for caution in cautions(project))
    keep(project, momentum(50))
    assert any("another length" in caution for caution in cautions(project))


def test_without_a_past_recent_growth_is_left_out_or_refused(files) -> None:
    keep(files, momentum(10))
    assert any("used without recent growth" in caution for caution in cautions(files, {}))
    ready = prepare(load_scenario(files))
    assert len(ready.inputs.rules.potential("urban").recipes) == 1
    data(files, history={2010: "past.tif"})
    assert len(prepare(load_scenario(files)).inputs.rules.potential("urban").recipes) == 2
    data(files)
    only = linear(URBAN, {Feature("recent", URBAN, 2.0): 1.0}, past_years=10)
    keep(files, replace(RULES, potentials={"urban": only}))
    (message,) = told(files, {})
    assert message.startswith("data.yaml: history: the potential of 'urban' needs an earlier map")
    assert "about 2010" in message


def test_a_mask_of_the_fit_that_does_not_travel_is_asked_for(files) -> None:
    assert any("the fit had a mask that this place has not; wanted parks" in caution for caution in cautions(files, {}))
    data(files, masks={"parks": {"file": "soil.tif", "where": 3}})
    told = [caution for caution in cautions(files, {}) if "from construction" not in caution]
    assert told == ["data.yaml: layers.slope: gaps inside the study area; found 12 cells."]
