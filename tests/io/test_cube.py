"""Cube: the maps that events make of the first one, the same bytes for any number of threads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
import zarr

from landsim.io.cube import Maps, map_blocks, write_cube
from landsim.io.export import export_run
from landsim.io.legends import crosswalk
from landsim.io.store import digest, open_run
from landsim.landscape.grid import Grid
from tests.io.runs import make_run

GRID = Grid(613, 301, (30.0, 0.0, 500_000.0, 0.0, -30.0, 3_400_000.0), "EPSG:32649")
YEARS = range(2003, 2008)


def first_map() -> np.ndarray:
    land = np.random.default_rng(0).integers(1, 6, GRID.shape, dtype=np.uint8)
    land[:270, :260] = 0  # whole chunks without data
    return land


def events(count: int = 5000) -> dict[str, np.ndarray]:
    """Events in the order of their years; many cells change several times."""
    rng = np.random.default_rng(1)
    return {
        "year": np.sort(rng.integers(2004, 2008, count)).astype(np.int16),
        "cell": rng.integers(0, 3000, count) * 61,
        "to": rng.integers(1, 6, count).astype(np.uint8),
    }


def replayed() -> np.ndarray:
    """Maps of all years, event by event."""
    maps = np.repeat(first_map()[None], len(YEARS), axis=0)
    happened = events()
    for year, cell, to in zip(*happened.values(), strict=True):
        maps[year - YEARS[0] :].reshape(-1, GRID.size)[:, cell] = to
    return maps


def write(path: Path, threads: int) -> Path:
    before = numba.get_num_threads()
    numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
    layers = {"district": (first_map() % 3).astype(np.int16), "pbf": first_map() == 2}
    write_cube(path, GRID, crosswalk("clcd"), first_map(), layers, YEARS, events())
    numba.set_num_threads(before)
    return path


def test_cube_holds_what_the_events_say(tmp_path: Path) -> None:
    group: Any = zarr.open_group(write(tmp_path / "a.zarr", 2), mode="r")
    assert np.array_equal(group["landcover"][:], replayed())
    assert np.array_equal(group["district"][:], first_map() % 3)
    assert np.array_equal(group["pbf"][:], first_map() == 2)
    assert not group["erl"][:].any()


def test_same_bytes_for_any_number_of_threads(tmp_path: Path) -> None:
    written = [digest(write(tmp_path / f"{i}.zarr", count)) for i, count in enumerate((1, 2, 2))]
    assert len(set(written)) == 1


@pytest.mark.parametrize("rows", [1, 7, 64, 613])
def test_any_block_height_gives_the_same_maps(rows: int) -> None:
    made = np.concatenate([block for _, block in map_blocks(first_map(), YEARS, events(), rows)], axis=1)
    assert np.array_equal(made, replayed())


def test_maps_of_some_rows() -> None:
    assert np.array_equal(Maps(first_map(), YEARS, events()).rows(slice(290, 301)), replayed()[:, 290:301])


def test_exported_maps_have_the_same_bytes_for_any_number_of_threads(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run"))
    before, written = numba.get_num_threads(), []
    for count in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
        numba.set_num_threads(count)
        files = export_run(run, "cog", None, tmp_path / str(count))
        written.append([digest(path) for path in files])
        assert len(files) == 9
    numba.set_num_threads(before)
    assert written[0] == written[1]


def test_maps_of_a_run_by_rows(tmp_path: Path) -> None:
    run = open_run(make_run(tmp_path / "run"))
    part = run.maps([2005, 2003], slice(250, 300))
    assert np.array_equal(part[0], run.landcover_at(2005)[250:])
    assert np.array_equal(part[1], run.landcover_at(2003)[250:])
