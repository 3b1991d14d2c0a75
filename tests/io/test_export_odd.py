"""Export of odd runs: one cell, one row, no lines, no years, no CRS, one file of maps, and odd places to write."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import openpyxl
import pandas as pd
import pytest
import rasterio
import xarray as xr

from landsim.core.errors import InputError
from landsim.io.columns import INDICATORS, UNMET, rows_as_columns
from landsim.io.export import FORMATS, export_run
from landsim.io.store import Keeping, RunFolder, RunWriter, open_run
from landsim.landscape.grid import Grid
from tests.io.runs import events, record


def plain_run(
    out: Path, shape: tuple[int, int], years: tuple[int, ...] = (2003, 2004), crs: str = "EPSG:32649"
) -> RunFolder:
    """A run without lines, districts or unmet demand, in which the last cell becomes urban in the last year."""
    first = np.full(shape, 1, dtype=np.uint8)
    changed = len(years) > 1
    log = {name: values[:1] if changed else values[:0] for name, values in events(1).items()}
    if changed:
        last = {"year": years[-1], "layer": 0, "cell": first.size - 1, "from": 1, "to": 8, "district": 0}
        log |= {name: np.array([value]) for name, value in last.items()}
    values = [{"year": y, "district": 0, "indicator": "built_ha", "value": 1.5, "unit": "ha"} for y in years]
    facts: dict[str, Any] = {
        "grid": Grid(*shape, (30.0, 0.0, 500_000.0, 0.0, -30.0, 3_400_000.0), crs), "first": first, "layers": {},
        "years": years, "events": log, "unmet": rows_as_columns(UNMET, []),
        "indicators": rows_as_columns(INDICATORS, values),
    }  # fmt: skip
    return open_run(RunWriter(out, keeping=Keeping(zipped="zipped" in out.name)).finish(record(**facts)))


CASES = {
    "one cell": ((1, 1), (2003, 2004), "EPSG:32649"),
    "one row": ((1, 500), (2003, 2004), "EPSG:32649"),
    "one column": ((500, 1), (2003, 2004), "EPSG:32649"),
    "no years": ((30, 20), (2003,), "EPSG:32649"),
    "made up": ((30, 20), (2003, 2004), ""),
    "zipped": ((30, 20), (2003, 2004), "EPSG:32649"),
}


@pytest.fixture(scope="module", params=CASES)
def odd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return plain_run(tmp_path_factory.mktemp("runs") / f"{request.param} 城市", *CASES[request.param])


@pytest.fixture(scope="module")
def exported(odd: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every format of an odd run, in folders whose names have spaces and Chinese letters."""
    folder = tmp_path_factory.mktemp("exported")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for form in FORMATS.names():
            export_run(odd, form, None, folder / f"导出 {form}")
    return folder


def test_a_geotiff_holds_the_last_map(odd: RunFolder, exported: Path) -> None:
    with rasterio.open(exported / "导出 cog" / f"landcover_{odd.years[-1]}.tif") as dataset:
        assert np.array_equal(dataset.read(1), odd.landcover_at(odd.years[-1]))
        assert (dataset.crs is None) == (not odd.grid.crs)
        assert tuple(dataset.transform)[:6] == odd.grid.transform
        assert dataset.colormap(1)[8] == (226, 66, 144, 255)


def test_a_geopackage_holds_what_changed(odd: RunFolder, exported: Path) -> None:
    path = exported / "导出 gpkg" / "run.gpkg"
    assert geopandas.list_layers(path)["name"].tolist() == ["changes", "districts", "layer_styles"]
    changes = geopandas.read_file(path, layer="changes")
    assert len(changes) == len(odd.years) - 1
    assert {"from", "to", "from_name", "to_name_zh", "ha"} <= set(changes.columns)
    assert changes["to"].tolist() == [8] * len(changes)
    districts = geopandas.read_file(path, layer="districts")
    assert districts["district"].tolist() == [0]
    assert districts.filter(like="_ha").to_numpy().sum() == pytest.approx(odd.grid.size * 0.09)


def test_a_netcdf_holds_all_maps(odd: RunFolder, exported: Path) -> None:
    with xr.open_dataset(exported / "导出 netcdf" / "run.nc", engine="h5netcdf") as data:
        assert data["landcover"].shape == (len(odd.years), *odd.grid.shape)
        assert np.array_equal(data["landcover"].sel(year=odd.years[-1]), odd.landcover_at(odd.years[-1]))
        assert ("grid_mapping_name" in data["spatial_ref"].attrs) == bool(odd.grid.crs)


def test_tables_hold_every_year_and_say_nothing_where_nothing_is(odd: RunFolder, exported: Path) -> None:
    tables = {path.stem: pd.read_csv(path) for path in (exported / "导出 csv").iterdir()}
    assert tables["areas"].groupby("year")["cells"].sum().tolist() == [odd.grid.size] * len(odd.years)
    assert (len(tables["unmet"]), len(tables["events"])) == (0, len(odd.years) - 1)
    book = openpyxl.load_workbook(exported / "导出 xlsx" / "run.xlsx")
    assert book["unmet"].max_row == 1
    assert book["indicators"].max_row == 1 + len(odd.years)


# odd places to write


@pytest.mark.parametrize("form", FORMATS.names())
def test_a_place_that_is_taken_or_shut_is_told_and_left_alone(tmp_path: Path, form: str) -> None:
    run = plain_run(tmp_path / "run", (4, 5))
    (tmp_path / "file").write_text("mine")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    for place, told in (("file", "is a file, not a folder"), ("file/inside", "not writable"), ("full", "is not empty")):
        with pytest.raises(InputError, match=told):
            export_run(run, form, None, tmp_path / place)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "full", "run"]
    assert (tmp_path / "full" / "mine.txt").read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_told(tmp_path: Path) -> None:
    run = plain_run(tmp_path / "run", (4, 5))
    (tmp_path / "shut").mkdir(mode=0o500)
    with pytest.raises(InputError, match="not writable: Permission denied"):
        export_run(run, "csv", None, tmp_path / "shut" / "out")


def test_an_empty_folder_that_is_there_is_filled(tmp_path: Path) -> None:
    run = plain_run(tmp_path / "run", (4, 5))
    (tmp_path / "out").mkdir()
    assert export_run(run, "csv", None, tmp_path / "out")[0].parent == tmp_path / "out"
