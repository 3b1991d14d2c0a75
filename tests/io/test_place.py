"""Place: a good folder loads whole, and every way to spoil it gives one clear fault, all at once."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from landsim.io import raster as raster_module
from tests.io.conftest import CELL, HEIGHT, NORTH, WEST, WIDTH, Project, landcover

SLOPE = np.full((HEIGHT, WIDTH), 3.0, dtype=np.float32)


def test_a_good_folder_loads_whole(project: Project) -> None:
    project.raster("past.tif", landcover(), nodata=0)
    project.raster("closed.tif", np.eye(HEIGHT, WIDTH, dtype=np.uint8))
    project.data |= {
        "history": {2000: "past.tif"},
        "masks": {"closed": {"file": "closed.tif", "where": 1, "forbid": ["urban"]}, "sea": {"class": "water"}},
    }
    place, problems = project.load()
    assert problems.faults == []
    assert place is not None
    land = place.landscape
    assert (land.grid.shape, land.grid.crs, land.grid.cell_area_ha) == ((HEIGHT, WIDTH), "EPSG:32649", 0.09)
    assert land.landcover.dtype == np.uint8
    assert np.array_equal(land.landcover, landcover())
    assert land.layers["slope"].dtype == np.float32
    assert np.array_equal(place.history[2000], landcover())
    cells, forbid = land.masks["closed"]
    assert (int(cells.sum()), forbid) == (HEIGHT, ("urban",))
    assert np.array_equal(land.masks["sea"][0], landcover() == 4)


def test_files_are_hashed_for_the_manifest(project: Project) -> None:
    project.data["landcover"] |= {"source": "a survey", "licence": "CC0"}
    place, _ = project.load()
    assert place is not None
    record = place.records[0]
    assert record.sha256 == hashlib.sha256((project.folder / "landcover.tif").read_bytes()).hexdigest()
    assert (record.key, record.file, record.source, record.licence) == ("landcover", "landcover.tif", "a survey", "CC0")
    assert [r.key for r in place.records[1:]] == ["layers.elevation", "layers.slope"]


def test_gaps_become_nan_or_zero_by_layer(project: Project) -> None:
    values = SLOPE.copy()
    values[5, 5] = values[0, 0] = -9999
    project.raster("slope.tif", values, nodata=-9999)
    project.raster("pop.tif", values, nodata=-9999)
    project.raster("district.tif", np.where(values < 0, 255, 2).astype(np.uint8), nodata=255)
    project.data["layers"] |= {"population": "pop.tif", "district": "district.tif"}
    place, problems = project.load()
    assert place is not None
    layers = place.landscape.layers
    assert np.isnan(layers["slope"][5, 5])
    assert layers["population"][5, 5] == 0
    assert layers["district"][5, 5] == 0
    assert layers["district"].dtype == np.int16
    assert [str(c) for c in problems.cautions] == [
        "data.yaml: layers.slope: gaps inside the study area; found 1 cells."
    ]


def test_nodata_of_another_kind_moves_to_a_free_code(project: Project) -> None:
    values = landcover().astype(np.int16)
    values[values == 0] = -9999
    project.raster("landcover.tif", values, nodata=-9999)
    place, problems = project.load()
    assert problems.faults == []
    assert place is not None
    assert place.landscape.legend.nodata == 0
    assert np.array_equal(place.landscape.landcover, landcover())


def test_class_zero_pushes_nodata_to_255(project: Project) -> None:
    project.raster("landcover.tif", landcover(), nodata=None)
    project.data["landcover"]["legend"] = {0: "other", 1: "forest", 2: "cropland", 3: "urban", 4: "water"}
    place, problems = project.load()
    assert problems.faults == []
    assert place is not None
    assert place.landscape.legend.nodata == 255
    assert place.landscape.valid.all()


def _damage(project: Project, keep: float) -> None:
    noise = np.random.default_rng(0).integers(1, 5, (HEIGHT, WIDTH)).astype(np.uint8)
    path = project.raster("landcover.tif", noise, compress="deflate")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])


def test_missing_file(project: Project) -> None:
    (project.folder / "slope.tif").unlink()
    assert "data.yaml: layers.slope: missing file" in project.faults()


@pytest.mark.parametrize("name", ["landcover", "slope"])
def test_not_a_raster(project: Project, name: str) -> None:
    (project.folder / f"{name}.tif").write_text("hello")
    faults = project.faults()
    assert f"{name}: not a raster; found {name}.tif" in faults
    assert faults.count("\n") == 0


@pytest.mark.parametrize("keep", [0.01, 0.5, 0.9])
def test_truncated_file(project: Project, keep: float) -> None:
    _damage(project, keep)
    assert "data.yaml: landcover: truncated or damaged file; found landcover.tif" in project.faults()


def test_truncated_file_that_is_resampled(project: Project) -> None:
    path = project.raster("slope.tif", np.random.default_rng(0).random((40, 60), dtype=np.float32), nodata=-9999)
    path.write_bytes(path.read_bytes()[:6000])
    project.data["layers"]["slope"] = {"file": "slope.tif", "resample": "average"}
    assert "layers.slope: truncated or damaged file" in project.faults()


def test_missing_crs(project: Project) -> None:
    project.raster("slope.tif", SLOPE, crs=None)
    assert "layers.slope: missing CRS; found slope.tif. Write it into the file" in project.faults()
    project.raster("landcover.tif", landcover(), crs=None)
    assert "data.yaml: landcover: missing CRS" in project.faults()


def test_another_crs(project: Project) -> None:
    project.raster("slope.tif", SLOPE, crs="EPSG:32650")
    faults = project.faults()
    assert "layers.slope: another CRS; found EPSG:32650; wanted EPSG:32649 (that of landcover.tif)" in faults
    assert "resample: nearest|bilinear|mode|average" in faults


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"transform": rasterio.Affine(CELL, 0, WEST + 15, 0, -CELL, NORTH)}, "shifted by 15 m east and 0 m north"),
        ({"transform": rasterio.Affine(90, 0, WEST, 0, -90, NORTH)}, "cells of 90 x 90 m, not 30 x 30 m"),
    ],
)
def test_another_grid(project: Project, changes: dict[str, Any], words: str) -> None:
    project.raster("slope.tif", SLOPE, **changes)
    faults = project.faults()
    assert "layers.slope: another grid than landcover.tif" in faults
    assert words in faults


def test_another_size(project: Project) -> None:
    project.raster("slope.tif", SLOPE[:, :-2])
    assert f"found {HEIGHT} x {WIDTH - 2} cells, not {HEIGHT} x {WIDTH}" in project.faults()


def test_resample_brings_a_layer_onto_the_grid(project: Project) -> None:
    coarse = np.arange(2 * 3, dtype=np.float32).reshape(2, 3)
    transform = rasterio.Affine(CELL * 10, 0, WEST, 0, -CELL * 10, NORTH)
    project.raster("slope.tif", coarse, transform=transform, nodata=None)
    project.data["layers"]["slope"] = {"file": "slope.tif", "resample": "nearest"}
    place, problems = project.load()
    assert problems.faults == []
    assert place is not None
    assert np.array_equal(place.landscape.layers["slope"], coarse.repeat(10, 0).repeat(10, 1))


def test_resample_of_a_smaller_layer_leaves_gaps(project: Project) -> None:
    project.raster("slope.tif", SLOPE[:10], nodata=None)
    project.data["layers"]["slope"] = {"file": "slope.tif", "resample": "bilinear"}
    place, problems = project.load()
    assert problems.faults == []
    assert place is not None
    assert np.isnan(place.landscape.layers["slope"][10:]).all()
    assert np.array_equal(place.landscape.layers["slope"][:10], SLOPE[:10])


def test_classes_have_no_mean(project: Project) -> None:
    project.raster("road.tif", np.ones((HEIGHT, WIDTH), dtype=np.uint8))
    project.data["layers"]["road"] = {"file": "road.tif", "resample": "bilinear"}
    assert "layers.road.resample: classes have no mean; found bilinear; wanted nearest or mode" in project.faults()


def test_resampled_layer_of_another_place_does_not_overlap(project: Project) -> None:
    project.raster("slope.tif", SLOPE, transform=rasterio.Affine(CELL, 0, WEST + 9e4, 0, -CELL, NORTH))
    project.data["layers"]["slope"] = {"file": "slope.tif", "resample": "nearest"}
    assert "layers.slope: does not overlap landcover.tif" in project.faults()


def test_degrees_where_metres_are_needed(project: Project) -> None:
    transform = rasterio.Affine(0.001, 0, 114.0, 0, -0.001, 30.0)
    project.raster("landcover.tif", landcover(), crs="EPSG:4326", transform=transform)
    assert "data.yaml: landcover: degrees where metres are needed; found EPSG:4326" in project.faults()


def test_feet_are_no_metres(project: Project) -> None:
    project.raster("landcover.tif", landcover(), crs="EPSG:2263")
    assert "projected, but not in metres" in project.faults()


def test_web_mercator_is_a_caution(project: Project) -> None:
    project.data["layers"] = {}
    project.raster("landcover.tif", landcover(), crs="EPSG:3857", nodata=0)
    problems = project.load()[1]
    assert problems.faults == []
    assert "stretches areas" in str(problems.cautions[0])


def test_south_up_grid(project: Project) -> None:
    project.raster("landcover.tif", landcover(), transform=rasterio.Affine(CELL, 0, WEST, 0, CELL, NORTH))
    assert "not north-up" in project.faults()


def test_unknown_class_codes_are_listed_with_counts(project: Project) -> None:
    codes = landcover().astype(np.int16)
    codes[3, :7] = 9
    codes[4, :2] = 300
    project.raster("landcover.tif", codes, nodata=0)
    wanted = "landcover: unknown class codes; found 9 (7 cells), 300 (2 cells); wanted codes of the legend"
    assert wanted in project.faults()


@pytest.mark.parametrize("nodata", [0, None])
def test_all_nodata_map(project: Project, nodata: int | None) -> None:
    project.raster("landcover.tif", np.zeros((HEIGHT, WIDTH), dtype=np.uint8), nodata=nodata)
    assert f"landcover: holds no data at all; found {HEIGHT * WIDTH} cells, all nodata" in project.faults()


def test_all_nodata_layer(project: Project) -> None:
    project.raster("slope.tif", np.full((HEIGHT, WIDTH), -9999, dtype=np.float32), nodata=-9999)
    assert "layers.slope: holds no data at all" in project.faults()


def test_untagged_nodata_is_recognised_in_words(project: Project) -> None:
    values = SLOPE.copy()
    values[:2] = -9999
    project.raster("slope.tif", values)
    faults = project.faults()
    assert "values that are no slope; found -9999 (60 cells); wanted numbers from 0 to 90 deg" in faults
    assert "say nodata: -9999" in faults


def test_catalogue_nodata_overrides_the_file(project: Project) -> None:
    values = SLOPE.copy()
    values[:2] = 77
    project.raster("slope.tif", values)
    project.data["layers"]["slope"] = {"file": "slope.tif", "nodata": 77}
    place, problems = project.load()
    assert problems.faults == []
    assert place is not None
    assert np.isnan(place.landscape.layers["slope"][:2]).all()


def test_fractions_in_a_whole_number_layer(project: Project) -> None:
    project.raster("road.tif", np.full((HEIGHT, WIDTH), 1.5, dtype=np.float32))
    project.data["layers"]["road"] = "road.tif"
    assert "values that are no road; found 1.5 (600 cells); wanted whole numbers from 0 to 4" in project.faults()


def test_several_bands_need_a_choice(project: Project) -> None:
    project.raster("slope.tif", np.stack([SLOPE, SLOPE + 1]))
    assert "layers.slope: 2 bands; wanted one band. Name one: band: 1" in project.faults()
    project.data["layers"]["slope"] = {"file": "slope.tif", "band": 2}
    place, problems = project.load()
    assert problems.faults == []
    assert place is not None
    assert (place.landscape.layers["slope"] == 4).all()


def test_size_is_checked_before_anything_is_allocated(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raster_module, "MAX_CELLS", 100)
    wanted = f"landcover: raster is too large; found {WIDTH} x {HEIGHT} cells; wanted at most 100 cells"
    assert wanted in project.faults()


def test_virtual_raster_may_not_lead_outside(project: Project) -> None:
    outside = project.raster("../outside.tif", SLOPE)
    (project.folder / "slope.vrt").write_text(
        f'<VRTDataset rasterXSize="{WIDTH}" rasterYSize="{HEIGHT}"><SRS>EPSG:32649</SRS>'
        f"<GeoTransform>{WEST}, 30, 0, {NORTH}, 0, -30</GeoTransform>"
        '<VRTRasterBand dataType="Float32" band="1"><SimpleSource>'
        f"<SourceFilename>{outside.resolve()}</SourceFilename><SourceBand>1</SourceBand>"
        "</SimpleSource></VRTRasterBand></VRTDataset>"
    )
    project.data["layers"]["slope"] = "slope.vrt"
    assert "layers.slope: refers to a path outside the project folder" in project.faults()
    place, problems = project.load(allow=(project.folder.parent,))
    assert problems.faults == []
    assert place is not None


def test_path_outside_the_project(project: Project) -> None:
    project.raster("../outside.tif", SLOPE)
    project.data["layers"]["slope"] = "../outside.tif"
    assert "layers.slope: path outside the project folder; found ../outside.tif" in project.faults()
    assert project.load(allow=(project.folder.parent,))[1].faults == []


def test_wrong_checksum(project: Project) -> None:
    project.data["layers"]["slope"] = {"file": "slope.tif", "sha256": "0" * 64}
    assert "layers.slope.sha256: file has another content; found " in project.faults()


def test_another_unit_is_not_converted(project: Project) -> None:
    project.data["layers"]["slope"] = {"file": "slope.tif", "unit": "percent"}
    assert "layers.slope.unit: another unit; found percent; wanted deg" in project.faults()


def test_red_line_and_farmland_that_overlap(project: Project) -> None:
    half = np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    half[:, :10] = 1
    project.raster("erl.tif", half)
    project.raster("pbf.tif", half[:, ::-1] | half)
    project.data["layers"] |= {"erl": "erl.tif", "pbf": "pbf.tif"}
    faults = project.faults()
    assert "red line and basic farmland overlap" in faults
    assert "200 cells" in faults


def test_mask_names_are_checked(project: Project) -> None:
    project.data["masks"] = {"lake": {"class": "watr"}, "shore": {"class": "water", "forbid": ["urbn"]}}
    faults = project.faults()
    assert "masks.lake.class: no class named 'watr'" in faults
    assert "Did you mean 'water'" in faults
    assert "masks.shore.forbid: no class named 'urbn'" in faults


def test_mask_that_hits_nothing_is_a_caution(project: Project) -> None:
    project.data["masks"] = {"steep": {"file": "slope.tif", "where": 8}}
    problems = project.load()[1]
    assert problems.faults == []
    assert "masks.steep: masks no cell; wanted 8" in str(problems.cautions[0])


def test_mask_without_where_takes_every_value_but_zero(project: Project) -> None:
    values = np.zeros((HEIGHT, WIDTH), dtype=np.float32)
    values[1, 1:4] = (5, -9999, np.nan)
    project.raster("closed.tif", values, nodata=-9999)
    project.data["masks"] = {"closed": "closed.tif"}
    place, problems = project.load()
    assert problems.faults == []
    assert place is not None
    assert np.flatnonzero(place.landscape.masks["closed"][0]).tolist() == [WIDTH + 1]


def test_all_faults_at_once_even_when_the_start_map_is_lost(project: Project) -> None:
    (project.folder / "landcover.tif").unlink()
    (project.folder / "slope.tif").write_text("hello")
    project.data["layers"]["population"] = "nowhere.tif"
    project.data["masks"] = {"m": {"file": "../x.tif"}}
    faults = project.faults()
    assert "landcover: missing file" in faults
    assert "layers.slope: not a raster" in faults
    assert "layers.population: missing file" in faults
    assert "masks.m: path outside" in faults


def test_several_layers_at_fault_are_told_together(project: Project) -> None:
    project.raster("slope.tif", SLOPE, crs="EPSG:32650")
    project.raster("dem.tif", SLOPE[:-1])
    faults = project.faults().splitlines()
    assert len(faults) == 2


def test_history_is_read_in_the_legend_of_the_start(project: Project) -> None:
    past = landcover()
    past[5, 5] = 8
    project.raster("past.tif", past, nodata=0)
    project.data["history"] = {2000: "past.tif"}
    assert "history.2000: unknown class codes; found 8 (1 cells)" in project.faults()


def test_missing_lines_are_constructed_and_said(project: Project) -> None:
    project.raster("erl.tif", np.zeros((HEIGHT, WIDTH), dtype=np.uint8))
    project.data["layers"]["erl"] = "erl.tif"
    project.data["construct_lines"] = {"pbf_share": 0.5}
    place, problems = project.load()
    assert problems.faults == []
    assert place is not None
    assert place.constructed == ("pbf", "udb")
    assert not (place.landscape.layers["pbf"][landcover() != 2]).any()


@pytest.mark.parametrize(("asked", "made"), [(["udb"], ("udb",)), (["udb", "pbf"], ("pbf", "udb")), ([], ())])
def test_only_the_lines_that_are_named_are_laid_on_the_map(
    project: Project, asked: list[str], made: tuple[str, ...]
) -> None:
    project.data["construct_lines"] = {"lines": asked}
    place, problems = project.load()
    assert problems.faults == []
    assert place is not None
    assert place.constructed == made
    assert {"erl", "pbf", "udb"} & set(place.landscape.layers) == set(made)


def test_a_line_that_takes_in_no_cell_is_not_laid_on_the_map(project: Project) -> None:
    project.data["construct_lines"] = {"pbf_patch_ha": 1e6}
    place, _ = project.load()
    assert place is not None
    assert place.constructed == ("erl", "udb") or place.constructed == ("udb",)
    assert "pbf" not in place.landscape.layers


def test_synthetic_place_needs_no_files(project: Project) -> None:
    project.data = {"synthetic": {"shape": [60, 60], "seed": 3}, "masks": {"lake": {"class": "water"}}}
    place, problems = project.load()
    assert problems.faults == []
    assert place is not None
    assert place.landscape.grid.shape == (60, 60)
    assert set(place.history) == {2000, 2010, 2020}
    assert "lake" in place.landscape.masks


def test_synthetic_kind_is_checked(project: Project) -> None:
    project.data = {"synthetic": {"kind": "vally", "shape": [60, 60]}}
    assert "Did you mean 'valley'" in project.faults()


def test_loads_from_any_folder(project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert project.load()[1].faults == []


@pytest.mark.parametrize(("down", "square"), [(30.0, True), (29.8, True), (25.0, False)])
def test_oblong_cells_are_refused(project, down, square) -> None:
    transform = rasterio.Affine(30, 0, 500_000, 0, -down, 3_400_000)
    project.raster("landcover.tif", landcover(), nodata=0, transform=transform)
    project.data["layers"] = {}
    faults = project.faults()
    assert bool(faults) is not square
    if not square:
        assert "landcover: cells are not square; found 30 x 25; wanted sides that differ by at most 1 %" in faults
        assert "gdalwarp -r mode -tr 30 30 IN OUT" in faults
