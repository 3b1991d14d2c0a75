"""Cube: landcover.zarr, every yearly map built from the first one and the events, a block of rows a thread."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.core.parallel import each
from landsim.landscape.grid import Grid
from landsim.landscape.legend import Land, Legend, LegendRow

START_LAYERS = ("erl", "pbf", "udb", "district")
"""Layers kept as they stand at the start; one that the place does not have is all 0."""

CHUNK = 256
_START_CHUNK = 512
_LEVEL = 3
_NO_SEARCH: Any = {"write_empty_chunks": True}
"""To look for chunks of nothing but nodata costs more than to write them."""


def load_libraries() -> None:
    """Import what `write_cube` needs, which takes half a second, before it is called."""
    import zarr.codecs  # noqa: F401


def write_cube(
    path: Path | Any,
    grid: Grid,
    legend: Legend,
    first: npt.NDArray[np.uint8],
    layers: Mapping[str, npt.NDArray[Any]],
    years: Sequence[int],
    events: Mapping[str, npt.NDArray[Any]],
) -> None:
    """Write the maps of all years.

    Parameters
    ----------
    path : pathlib.Path or zarr.abc.store.Store
        Folder to make, or a store of zarr to fill.
    grid, legend : Grid, Legend
        Coordinates, CRS and the table of classes, which are kept beside the maps.
    first : numpy.ndarray of uint8, shape (height, width)
        Map of ``years[0]``.
    layers : mapping of str to numpy.ndarray, shape (height, width)
        Any of `START_LAYERS`, at the start.
    years : sequence of int, shape (n,)
        Ascending; an event belongs to the map of its year and of all later ones.
    events : mapping of str to numpy.ndarray, shape (m,)
        ``year, cell, to`` of the land-use events, in the order in which they happened.
    """
    import zarr
    from zarr.codecs import ZstdCodec

    attributes = {
        "Conventions": "CF-1.11",
        "crs": grid.crs,
        "transform": list(grid.transform),
        "nodata": legend.nodata,
        "legend": legend_rows(legend),
    }
    group = zarr.create_group(path, zarr_format=3, attributes=attributes)
    zstd = ZstdCodec(level=_LEVEL)
    cube = group.create_array(
        "landcover",
        shape=(len(years), *grid.shape),
        chunks=(len(years), min(CHUNK, grid.height), min(CHUNK, grid.width)),
        dtype="uint8",
        fill_value=legend.nodata,
        compressors=zstd,
        dimension_names=("year", "y", "x"),
        attributes=_cf_classes(legend),
        config=_NO_SEARCH,
    )
    maps = Maps(first, years, events)

    def write(rows: slice) -> None:
        cube[:, rows] = maps.rows(rows)

    each(write, _slices(grid.height, CHUNK))
    for name in START_LAYERS:
        layer = layers.get(name)
        array = group.create_array(
            name,
            shape=grid.shape,
            chunks=(min(_START_CHUNK, grid.height), min(_START_CHUNK, grid.width)),
            dtype="int16" if name == "district" else "uint8",
            compressors=zstd,
            dimension_names=("y", "x"),
            attributes={"grid_mapping": "spatial_ref"},
            config=_NO_SEARCH,
        )
        if layer is not None:
            _write_layer(array, layer)
    _write_coordinates(group, grid, years)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # consolidated metadata are an extension of the format
        zarr.consolidate_metadata(path)


class Maps:
    """The maps of all years, made from the first one and the events, any rows at a time and by any thread.

    Parameters are those of `write_cube`.
    """

    def __init__(
        self, first: npt.NDArray[np.uint8], years: Sequence[int], events: Mapping[str, npt.NDArray[Any]]
    ) -> None:
        order = np.argsort(events["cell"], kind="stable")
        self.first, self.count = first, len(years)
        self._cell, self._to = events["cell"][order], events["to"][order]
        self._step = np.searchsorted(np.asarray(years), events["year"][order]).astype(np.int16)

    def rows(self, rows: slice) -> npt.NDArray[np.uint8]:
        """Give the maps of a slice of rows, uint8, shape (n years, rows, width)."""
        width = self.first.shape[1]
        low, high = np.searchsorted(self._cell, (rows.start * width, rows.stop * width))
        here, value, step = self._cell[low:high] - rows.start * width, self._to[low:high], self._step[low:high]
        block = np.empty((self.count, rows.stop - rows.start, width), dtype=np.uint8)
        block[0] = self.first[rows]
        for i in range(self.count):
            if i:
                block[i] = block[i - 1]
            now = step == i
            block[i].reshape(-1)[here[now]] = value[now]  # of several events of a cell the last one stays
        return block


def map_blocks(
    first: npt.NDArray[np.uint8], years: Sequence[int], events: Mapping[str, npt.NDArray[Any]], rows: int = CHUNK
) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
    """Yield (first row, maps uint8 of shape (n years, rows, width)) from the north down."""
    maps = Maps(first, years, events)
    for block in _slices(first.shape[0], rows):
        yield block.start, maps.rows(block)


def _slices(height: int, rows: int) -> Iterator[slice]:
    return (slice(top, min(top + rows, height)) for top in range(0, height, rows))


def _write_layer(array: Any, layer: npt.NDArray[Any]) -> None:
    def write(rows: slice) -> None:
        array[rows] = layer[rows].astype(array.dtype)

    each(write, _slices(layer.shape[0], _START_CHUNK))


def legend_rows(legend: Legend) -> list[dict[str, Any]]:
    """Rows of a legend as plain data; model classes by name."""
    return [{**asdict(row), "model_class": row.model_class.name} for row in legend.rows]


def legend_from(rows: Sequence[Mapping[str, Any]], nodata: int) -> Legend:
    """Return the legend that `legend_rows` wrote down."""
    read = [LegendRow(**{**row, "model_class": Land[row["model_class"]]}) for row in rows]
    return Legend(tuple(read), nodata)


def _cf_classes(legend: Legend) -> dict[str, Any]:
    """Class names in the way of the CF conventions."""
    return {
        "long_name": "land cover",
        "grid_mapping": "spatial_ref",
        "flag_values": [row.code for row in legend.rows],
        "flag_meanings": " ".join(row.name.replace(" ", "_") for row in legend.rows),
    }


def axes(grid: Grid) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Centres of columns (x) and of rows (y), m."""
    x, _ = grid.centres(np.arange(grid.width))
    _, y = grid.centres(np.arange(grid.height) * grid.width)
    return x, y


def _write_coordinates(group: Any, grid: Grid, years: Sequence[int]) -> None:
    x, y = axes(grid)
    for name, values, facts in (
        ("year", np.asarray(years, dtype=np.int32), {"long_name": "calendar year, state at its end"}),
        ("y", y, {"standard_name": "projection_y_coordinate", "units": "m"}),
        ("x", x, {"standard_name": "projection_x_coordinate", "units": "m"}),
    ):
        array = group.create_array(
            name,
            shape=values.shape,
            chunks=values.shape,
            dtype=values.dtype,
            compressors=None,
            dimension_names=(name,),
            attributes=facts,
        )
        array[...] = values
    group.create_array("spatial_ref", shape=(), dtype="int32", dimension_names=(), attributes=crs_facts(grid))


def crs_facts(grid: Grid) -> dict[str, Any]:
    """CRS and transform as rioxarray and GDAL read them; empty for a made-up place."""
    if not grid.crs:
        return {}
    import rasterio

    wkt = rasterio.CRS.from_user_input(grid.crs).to_wkt()
    a, b, c, d, e, f = grid.transform
    transform = " ".join(repr(float(value)) for value in (c, a, b, f, d, e))
    return {"crs_wkt": wkt, "spatial_ref": wkt, "GeoTransform": transform}
