"""Runs of a sweep, whose maps are one file, to the commands that read runs: replay, validate, export."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import xarray as xr

from landsim.io.store import open_run
from landsim.sweep.conduct import Way, sweep
from landsim.sweep.folders import SweepFolder
from tests.sweep.small import write_sweep


@pytest.fixture(scope="module")
def made(serial) -> Path:
    """A run of a sweep that tests only read."""
    _, out, plan, _ = serial
    row = next(row for row in plan.rows if plan.bases[row.base].labels["override"] == "tight" and row.seed == 2)
    return SweepFolder(out).run(row.run)


@pytest.fixture(scope="module")
def maps(made, cli, tmp_path_factory) -> Path:
    """Its maps as GeoTIFF."""
    out = tmp_path_factory.mktemp("export") / "cog"
    done = cli("export", made, "--format", "cog", "--out", out)
    assert done.exit_code == 0, done.stderr
    return out


def test_it_is_replayed_to_the_same_bytes(made, cli) -> None:
    assert (made / "landcover.zarr.zip").is_file()
    done = cli("replay", made)
    assert done.exit_code == 0, done.stderr
    assert "every byte is the same" in done.stdout


def test_its_maps_are_exported(made, maps, cli, tmp_path) -> None:
    run = open_run(made)
    for year in run.years:
        with rasterio.open(maps / f"landcover_{year}.tif") as dataset:
            np.testing.assert_array_equal(dataset.read(1), run.landcover_at(year))
    assert cli("export", made, "--format", "netcdf", "--out", tmp_path / "netcdf").exit_code == 0
    with xr.open_dataset(tmp_path / "netcdf" / "run.nc") as data:
        np.testing.assert_array_equal(data["landcover"].sel(year=2021), run.landcover_at(2021))


def test_it_is_validated(made, maps, cli, tmp_path) -> None:
    words = ("validate", made, "--observed", maps / "landcover_2021.tif", "--out", tmp_path / "card")
    done = cli(*words)
    assert done.exit_code == 0, done.stderr
    row = next(line for line in done.stdout.splitlines() if "simulation" in line)
    assert "1.0000" in row  # it is its own observation
    assert (tmp_path / "card" / "card.md").is_file()


def test_what_was_not_kept_is_told(town, cli, tmp_path) -> None:
    plan, _ = sweep(write_sweep(town, keep=["indicators"], overrides=None, seeds=1), tmp_path / "out", Way("serial"))
    run = SweepFolder(tmp_path / "out").run(next(iter(plan.runs)))
    assert cli("replay", run).exit_code == 0
    done = cli("export", run, "--format", "cog", "--out", tmp_path / "cog")
    assert (done.exit_code, "was not kept by this run" in done.stderr) == (1, True)
    assert not (tmp_path / "cog").exists()
