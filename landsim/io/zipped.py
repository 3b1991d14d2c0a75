"""Zipped: the maps of a run as one file, for shared file systems on which the number of files is what counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import numpy as np
import numpy.typing as npt

from landsim.io.cube import write_cube
from landsim.landscape.grid import Grid
from landsim.landscape.legend import Legend

ZIPPED_CUBE = "landcover.zarr.zip"

_ONE_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip file knows: equal maps give equal bytes
_READABLE = 0o644 << 16


def write_zipped_cube(
    path: Path,
    grid: Grid,
    legend: Legend,
    first: npt.NDArray[np.uint8],
    layers: Mapping[str, npt.NDArray[Any]],
    years: Sequence[int],
    events: Mapping[str, npt.NDArray[Any]],
) -> None:
    """Write the maps of all years as `write_cube` does, packed in memory and stored as one file."""
    from zarr.storage import MemoryStore

    parts: dict[str, Any] = {}
    write_cube(MemoryStore(parts), grid, legend, first, layers, years, events)
    with ZipFile(path, "w", ZIP_STORED) as archive:
        for name in sorted(parts):
            entry = ZipInfo(name, _ONE_DATE)
            entry.external_attr = _READABLE
            archive.writestr(entry, parts[name].to_bytes())


def opened_zip(path: Path) -> Any:
    """Open the file as a store that zarr and xarray read."""
    from zarr.storage import ZipStore

    return ZipStore(path, mode="r")
