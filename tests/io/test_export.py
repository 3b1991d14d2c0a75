"""Export: every format opens in its own library and agrees with the run."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import geopandas
import numpy as np
import openpyxl
import pandas as pd
import pytest
import rasterio
import xarray as xr
from pyproj import CRS

from landsim.core.errors import InputError
from landsim.io.export import FORMATS, area_table, changed_patches, export_run
from landsim.io.geotiff import write_geotiff
from landsim.io.legends import crosswalk
from landsim.io.store import RunFolder, open_run
from landsim.landscape.grid import Grid
from tests.io.runs import GRID, make_run
from tests.required import lacking


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return open_run(make_run(tmp_path_factory.mktemp("runs") / "run"))


def test_cog_has_colours_names_and_overviews(run: RunFolder, tmp_path: Path) -> None:
    files = export_run(run, "cog", [2003, 2005], tmp_path / "out")
    assert [f.name for f in files if f.suffix == ".tif"] == ["landcover_2003.tif", "landcover_2005.tif"]
    assert (tmp_path / "out" / "landcover_2005.qml").read_text().count("paletteEntry") == 9
    with rasterio.open(tmp_path / "out" / "landcover_2005.tif") as dataset:
        assert np.array_equal(dataset.read(1), run.landcover_at(2005))
        assert dataset.crs.to_epsg() == 32649
        assert tuple(dataset.transform)[:6] == GRID.transform
        assert dataset.nodata == 0
        assert dataset.colormap(1)[8] == (226, 66, 144, 255)
        assert dataset.tags(1)["class_8"] == "urban"
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert dataset.block_shapes == [(512, 512)]
        assert dataset.files[1].endswith(".aux.xml")


def test_gdal_reads_the_class_names_beside_a_cog(run: RunFolder, tmp_path: Path) -> None:
    gdalinfo = shutil.which("gdalinfo") or lacking("no gdalinfo on this machine: apt-get install gdal-bin")
    export_run(run, "cog", [2005], tmp_path / "out")
    told = subprocess.run(
        [gdalinfo, "-json", str(tmp_path / "out" / "landcover_2005.tif")], capture_output=True, text=True
    )
    facts = json.loads(told.stdout)
    band = facts["bands"][0]
    assert facts["coordinateSystem"]["wkt"].startswith("PROJCRS")
    assert (band["colorInterpretation"], band["noDataValue"]) == ("Palette", 0)
    assert band["colorTable"]["entries"][8] == [226, 66, 144, 255]
    shown = told.stdout
    assert '"urban"' in shown
    assert "不透水面" in (tmp_path / "out" / "landcover_2005.tif.aux.xml").read_text(encoding="utf-8")


def test_gpkg_holds_changed_patches_and_districts(run: RunFolder, tmp_path: Path) -> None:
    export_run(run, "gpkg", None, tmp_path / "out")
    changes = geopandas.read_file(tmp_path / "out" / "run.gpkg", layer="changes")
    changed = run.landcover_at(2003) != run.landcover_at(2005)
    assert changes["cells"].sum() == changed.sum()
    assert (changes["from"] != changes["to"]).all()
    assert set(changes["from_name"]) <= {"cropland", "forest", "water"}
    assert changes.crs.to_epsg() == 32649
    districts = geopandas.read_file(tmp_path / "out" / "run.gpkg", layer="districts")
    assert districts["district"].tolist() == [1, 2]
    hectares = districts.filter(like="_ha").to_numpy().sum()
    assert hectares == pytest.approx((run.landcover_at(2005) != 0).sum() * 0.09)


def test_gpkg_of_a_single_year_tells_what_changed_since_the_start(run: RunFolder, tmp_path: Path) -> None:
    export_run(run, "gpkg", [2005], tmp_path / "out")
    changes = geopandas.read_file(tmp_path / "out" / "run.gpkg", layer="changes")
    assert changes["cells"].sum() == (run.landcover_at(2003) != run.landcover_at(2005)).sum() > 0


def test_districts_keep_their_names(tmp_path: Path) -> None:
    made = open_run(make_run(tmp_path / "run"))
    made.manifest["district_names"] = {"1": "武昌区", "2": "洪山区"}
    export_run(made, "gpkg", [2005], tmp_path / "gpkg")
    districts = geopandas.read_file(tmp_path / "gpkg" / "run.gpkg", layer="districts")
    assert districts["name"].tolist() == ["武昌区", "洪山区"]
    export_run(made, "csv", [2005], tmp_path / "csv")
    assert pd.read_csv(tmp_path / "csv" / "districts.csv")["name"].tolist() == ["武昌区", "洪山区"]


def test_gpkg_holds_the_control_lines_and_a_style(run: RunFolder, tmp_path: Path) -> None:
    files = export_run(run, "gpkg", None, tmp_path / "out")
    assert [path.name for path in files] == ["changes.qml", "run.gpkg"]
    layers = geopandas.list_layers(tmp_path / "out" / "run.gpkg")["name"].tolist()
    assert layers == ["changes", "districts", "erl", "layer_styles"]  # the run has no other line
    styles = geopandas.read_file(tmp_path / "out" / "run.gpkg", layer="layer_styles")
    assert styles["f_table_name"].tolist() == ["changes", "erl"]
    assert styles["useAsDefault"].all()
    assert styles["styleQML"][1].count("<category ") == 2
    erl = geopandas.read_file(tmp_path / "out" / "run.gpkg", layer="erl")
    assert erl["ha"].sum() == pytest.approx((run.layer_at_start("erl") > 0).sum() * 0.09)
    assert erl.geometry.area.sum() / 10_000 == pytest.approx(erl["ha"].sum())
    changes = geopandas.read_file(tmp_path / "out" / "run.gpkg", layer="changes")
    assert set(changes["from_name_zh"]) <= {"农田", "森林", "水体"}
    style = (tmp_path / "out" / "changes.qml").read_text(encoding="utf-8")
    assert style.count("<category ") == style.count("<symbol ") == 9
    assert '<category value="8" symbol="7" label="' in style


def test_large_maps_get_overviews_by_mode(tmp_path: Path) -> None:
    grid = Grid(1300, 1200, (30.0, 0.0, 500_000.0, 0.0, -30.0, 3_400_000.0), "EPSG:32649")
    land = np.where(np.add.outer(np.arange(1300), np.arange(1200)) // 300 % 2, 1, 8).astype(np.uint8)
    land[::2, ::2] = 5  # a quarter of the cells: never the commonest of four
    write_geotiff(tmp_path / "land.tif", land, grid, legend=crosswalk("clcd"), cog=True)
    with rasterio.open(tmp_path / "land.tif") as dataset:
        assert dataset.overviews(1) == [2, 4]
        half = dataset.read(1, out_shape=(650, 600))
        assert set(np.unique(half)) == {1, 8}
        assert dataset.colormap(1)[8] == (226, 66, 144, 255)


def test_patches_are_of_one_change(run: RunFolder) -> None:
    row = changed_patches(run, 2003, 2005).iloc[0]
    point = row.geometry.representative_point()
    c, r = int((point.x - 500_000) // 30), int((3_400_000 - point.y) // 30)
    assert (run.landcover_at(2003)[r, c], run.landcover_at(2005)[r, c]) == (row["from"], row["to"])


def test_netcdf_follows_cf(run: RunFolder, tmp_path: Path) -> None:
    export_run(run, "netcdf", None, tmp_path / "out")
    with xr.open_dataset(tmp_path / "out" / "run.nc", engine="h5netcdf", decode_coords="all") as data:
        assert data["landcover"].dtype == np.uint8
        assert np.array_equal(data["landcover"].sel(year=2005), run.landcover_at(2005))
        assert data["landcover"].attrs["flag_values"].tolist() == list(range(1, 10))
        assert data["landcover"].attrs["flag_meanings"].split()[7] == "urban"
        assert data["landcover"].encoding["grid_mapping"] == "spatial_ref"
        assert data["spatial_ref"].attrs["grid_mapping_name"] == "transverse_mercator"
        assert CRS.from_cf(data["spatial_ref"].attrs) == CRS.from_epsg(32649)
        for name, axis in (("x", "projection_x_coordinate"), ("y", "projection_y_coordinate")):
            assert (data[name].attrs["standard_name"], data[name].attrs["units"]) == (axis, "m")
        assert data.attrs["Conventions"].startswith("CF-")


def test_csv_tables(run: RunFolder, tmp_path: Path) -> None:
    export_run(run, "csv", [2004, 2005], tmp_path / "out")
    tables = {path.stem: pd.read_csv(path) for path in (tmp_path / "out").iterdir()}
    assert set(tables) == {"areas", "events", "indicators", "legend", "unmet"}
    assert len(tables["events"]) == len(run.events)
    assert tables["areas"]["year"].unique().tolist() == [2004, 2005]
    assert tables["legend"]["name_zh"][0] == "农田"


def test_xlsx_sheets(run: RunFolder, tmp_path: Path) -> None:
    export_run(run, "xlsx", None, tmp_path / "out")
    sheets = pd.read_excel(tmp_path / "out" / "run.xlsx", sheet_name=None)
    assert set(sheets) == {"areas", "events", "indicators", "legend", "unmet"}
    book = openpyxl.load_workbook(tmp_path / "out" / "run.xlsx")
    assert book["legend"].freeze_panes == "A2"
    assert book["legend"]["C2"].value == "农田"
    assert sheets["events"]["cells"].sum() == len(run.events)


def test_too_many_rows_for_excel(run: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("landsim.io.export.MAX_EXCEL_ROWS", 3)
    with pytest.raises(InputError, match="more rows than Excel can hold"):
        export_run(run, "xlsx", None, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_areas_sum_to_a_constant(run: RunFolder) -> None:
    table = area_table(run, run.years)
    totals = table.groupby("year")["cells"].sum()
    assert totals.nunique() == 1
    assert np.allclose(table["mu"], table["ha"] * 15)


def test_unknown_format_year_and_folder(run: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Did you mean 'gpkg'"):
        export_run(run, "gpk", None, tmp_path / "out")
    with pytest.raises(InputError, match=r"no map of these years; found 2050; wanted 2003\.\.2005"):
        export_run(run, "csv", [2004, 2050], tmp_path / "out")
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(InputError, match="output folder is not empty"):
        export_run(run, "csv", None, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_formats_are_those_of_the_command() -> None:
    assert FORMATS.names() == ["cog", "gpkg", "netcdf", "csv", "xlsx"]
