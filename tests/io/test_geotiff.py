"""GeoTIFF: what is written is what is read, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio

from landsim.core.errors import InputError
from landsim.io.geotiff import write_geotiff
from landsim.io.legends import crosswalk
from tests.io.runs import GRID, first_map


@pytest.mark.parametrize("cog", [False, True])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "bool"])
def test_values_come_back(tmp_path: Path, dtype: str, cog: bool) -> None:
    values = (first_map() % 2).astype(dtype)
    write_geotiff(tmp_path / "a.tif", values, GRID, nodata=None if dtype == "bool" else 9, cog=cog)
    with rasterio.open(tmp_path / "a.tif") as dataset:
        assert np.array_equal(dataset.read(1), values)
        assert dataset.dtypes[0] == ("uint8" if dtype == "bool" else dtype)
        assert tuple(dataset.transform)[:6] == GRID.transform
    assert [path.name for path in tmp_path.iterdir()] == ["a.tif"]


def test_class_names_are_an_attribute_table(tmp_path: Path) -> None:
    write_geotiff(tmp_path / "a.tif", first_map(), GRID, legend=crosswalk("clcd"))
    text = (tmp_path / "a.tif.aux.xml").read_text(encoding="utf-8")
    assert "<Category></Category><Category>cropland</Category>" in text
    assert '<Row index="7"><F>8</F><F>urban</F><F>不透水面</F><F>226</F><F>66</F><F>144</F></Row>' in text


def test_another_shape_is_a_programming_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected"):
        write_geotiff(tmp_path / "a.tif", np.zeros((2, 2), dtype=np.uint8), GRID)


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises((InputError, OSError)):
        write_geotiff(tmp_path / "file" / "a.tif", first_map(), GRID)
    assert (tmp_path / "file").read_text() == ""
