"""A small study folder on disk, to spoil one thing at a time: a town that grows over four dates beside a lake."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import yaml

from landsim.calibrate.history import History, read_history
from landsim.calibrate.span import Mask, Span
from landsim.calibrate.study import read_study
from landsim.core.errors import Problems
from landsim.landscape.grid import Grid
from landsim.landscape.legend import Land, Legend, model_row

HEIGHT, WIDTH, CELL = 40, 50, 100.0
WEST, NORTH = 500_000.0, 3_400_000.0
OTHER, WATER, URBAN, OUTSIDE = 0, 1, 2, 255
YEARS = (2000, 2005, 2010, 2020)


def town(year: int) -> np.ndarray:
    """A square town whose half side grows with the years, a lake in the west, and a rim without data."""
    codes = np.full((HEIGHT, WIDTH), OTHER, dtype=np.uint8)
    half = 4 + (year - 2000) // 3
    codes[20 - half : 20 + half, 25 - half : 25 + half] = URBAN
    codes[:, :8] = WATER
    codes[0] = OUTSIDE
    return codes


def write_raster(path: Path, values: np.ndarray, **changes: Any) -> Path:
    """Write a raster on the common grid unless `changes` say otherwise."""
    profile = {
        "driver": "GTiff",
        "height": values.shape[0],
        "width": values.shape[1],
        "count": 1,
        "dtype": values.dtype.name,
        "crs": "EPSG:32649",
        "transform": rasterio.Affine(CELL, 0, WEST, 0, -CELL, NORTH),
        **changes,
    }
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(values[None])
    return path


class StudyFolder:
    """A folder with a study that tests change before they read it."""

    other, water, urban, outside = OTHER, WATER, URBAN, OUTSIDE
    town = staticmethod(town)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data: dict[str, Any] = {
            "name": "small",
            "landcover": {year: f"lc_{year}.tif" for year in YEARS},
            "legend": {OTHER: "other", WATER: "water", URBAN: "urban"},
            "gains": ["urban"],
            "drivers": {"slope": "slope.tif"},
            "masks": {"water": {"class": "water", "forbid": ["urban"]}},
            "fit": [2000, 2010],
            "test": [2010, 2020],
        }
        for year in YEARS:
            self.map(year, town(year))
        self.raster("slope.tif", np.arange(HEIGHT * WIDTH, dtype=np.float32).reshape(HEIGHT, WIDTH))

    def map(self, year: int, codes: np.ndarray, **changes: Any) -> Path:
        return self.raster(f"lc_{year}.tif", codes, **{"nodata": OUTSIDE, **changes})

    def raster(self, name: str, values: np.ndarray, **changes: Any) -> Path:
        return write_raster(self.folder / name, values, **changes)

    def save(self, **changes: Any) -> Path:
        """Write study.yaml with changes and give its path."""
        self.data.update(changes)
        path = self.folder / "study.yaml"
        path.write_text(yaml.safe_dump(self.data), encoding="utf-8")
        return path

    @classmethod
    def at(cls, folder: Path) -> StudyFolder:
        """Give the study that stands in a folder."""
        study = cls.__new__(cls)
        study.folder, study.data = folder, yaml.safe_load((folder / "study.yaml").read_text("utf-8"))
        return study

    def read(self, allow: tuple[Path, ...] = ()) -> tuple[History | None, Problems]:
        problems = Problems()
        source = read_study(self.save(), problems)
        return (None if source is None else read_history(source, problems, allow)), problems

    def history(self) -> History:
        history, problems = self.read()
        assert history is not None, problems.faults
        return history

    def faults(self) -> list[str]:
        history, problems = self.read()
        assert history is None
        return [str(fault) for fault in problems.faults]

    def cautions(self) -> list[str]:
        return [str(caution) for caution in self.history().cautions]


@pytest.fixture
def study(tmp_path: Path) -> StudyFolder:
    return StudyFolder(tmp_path)


SpanMaker = Callable[..., Span]


@pytest.fixture(scope="session")
def make_span() -> SpanMaker:
    """Make a span of arrays in memory: classes 1 other, 2 water, 3 urban; 0 is no data; cells of one hectare."""
    lands = (Land.UNUSED, Land.WATER, Land.URB_RES)
    legend = Legend(tuple(model_row(land, code) for code, land in enumerate(lands, start=1)))

    def make(maps: dict[int, np.ndarray], masks: tuple[Mask, ...] = ()) -> Span:
        shape = next(iter(maps.values())).shape
        return Span(Grid(*shape, (100.0, 0.0, 0.0, 0.0, -100.0, 0.0)), legend, maps, masks)

    return make
