"""A small project folder on disk: rasters, zones and a catalogue to spoil one at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import yaml

from landsim.core.errors import Problems
from landsim.io.catalog import read_catalog
from landsim.io.place import Place, load_place

HEIGHT, WIDTH, CELL = 20, 30, 30.0
WEST, NORTH = 500_000.0, 3_400_000.0
CODES = {1: "forest", 2: "cropland", 3: "urban", 4: "water"}


def landcover() -> np.ndarray:
    """Four bands of classes with a nodata rim in the north."""
    codes = np.repeat(np.arange(1, 5, dtype=np.uint8), [8, 8, 8, 6])[None, :].repeat(HEIGHT, 0)
    codes[0] = 0
    return codes


def write_raster(path: Path, values: np.ndarray, **changes: Any) -> Path:
    """Write a raster on the common grid unless `changes` say otherwise."""
    bands = values if values.ndim == 3 else values[None]
    profile = {
        "driver": "GTiff",
        "height": bands.shape[1],
        "width": bands.shape[2],
        "count": bands.shape[0],
        "dtype": values.dtype.name,
        "crs": "EPSG:32649",
        "transform": rasterio.Affine(CELL, 0, WEST, 0, -CELL, NORTH),
        **changes,
    }
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(bands)
    return path


class Project:
    """A folder with a catalogue that tests change before they load it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data: dict[str, Any] = {
            "landcover": {"file": "landcover.tif", "legend": CODES},
            "layers": {"slope": "slope.tif", "elevation": "dem.tif"},
        }
        slope = np.full((HEIGHT, WIDTH), 3.0, dtype=np.float32)
        write_raster(folder / "landcover.tif", landcover(), nodata=0)
        write_raster(folder / "slope.tif", slope, nodata=-9999)
        write_raster(folder / "dem.tif", slope * 10, nodata=-9999)

    def raster(self, name: str, values: np.ndarray, **changes: Any) -> Path:
        return write_raster(self.folder / name, values, **changes)

    def load(self, allow: tuple[Path, ...] = ()) -> tuple[Place | None, Problems]:
        path = self.folder / "data.yaml"
        path.write_text(yaml.safe_dump(self.data, allow_unicode=True), encoding="utf-8")
        problems = Problems()
        catalog = read_catalog(path, problems)
        return (None if catalog is None else load_place(catalog, problems, allow)), problems

    def faults(self) -> str:
        """Load, and give all faults as one text."""
        return "\n".join(str(fault) for fault in self.load()[1].faults)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(folder)


@pytest.fixture
def raster(tmp_path: Path) -> Callable[..., Path]:
    return lambda name, values, **changes: write_raster(tmp_path / name, values, **changes)
