"""Doctor: every fault before the run, and an estimate that grows with the work and holds for real runs."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from landsim.core.errors import Problems
from landsim.io.doctor import Estimate, Workload, check_room, estimate, examine
from landsim.io.geotiff import write_geotiff
from landsim.landscape.grid import Grid
from landsim.scenario.build import load_scenario, prepare
from landsim.scenario.run import COMPILING
from tests.io.conftest import HEIGHT, WIDTH, Project

BASE = Workload(
    cells=8_000_000, width=2800, held_bytes=128_000_000, copied_bytes=64_000_000, races=4, blocks=80_000,
    built=800_000, changes=600_000, years=10, agents=200_000,
)  # fmt: skip
CODES = {1: "cropland", 2: "urban", 3: "forest", 4: "water"}

TOLD = """
import sys
from pathlib import Path
from landsim.cli import main
try:
    main()
finally:
    status = Path("/proc/self/status").read_text().split("VmHWM:")[1].split()
    print("PEAK", int(status[0]) * 1024)
"""


def test_examine_reads_a_good_catalogue(project: Project) -> None:
    project.load()  # writes data.yaml
    problems = Problems()
    place = examine(project.folder / "data.yaml", problems)
    assert problems.faults == []
    assert place is not None
    assert place.landscape.grid.shape == (HEIGHT, WIDTH)


def test_examine_tells_faults(tmp_path: Path) -> None:
    problems = Problems()
    assert examine(tmp_path / "data.yaml", problems) is None
    assert "data.yaml: missing file" in str(problems.faults[0])


@pytest.mark.parametrize(
    "more", [{"cells": 20_000_000}, {"races": 7}, {"changes": 10**6}, {"agents": 10**6}, {"years": 40, "width": 9000}]
)
def test_estimate_grows_with_the_work(more: dict[str, int]) -> None:
    small, large = estimate(BASE), estimate(replace(BASE, **more))
    assert large.memory > small.memory
    assert large.seconds > small.seconds


def test_making_a_city_may_be_what_takes_most() -> None:
    assert estimate(replace(BASE, made=True)).memory > estimate(BASE).memory


def test_workload_is_what_the_inputs_hold(tmp_path: Path) -> None:
    inputs = prepare(load_scenario(_project(tmp_path, 200))).inputs
    work = Workload.of(inputs)
    slope, cover = 4, 1
    assert (work.cells, work.width, work.years, work.agents) == (40_000, 200, 10, 0)
    assert work.held_bytes == 40_000 * (cover + slope)
    assert work.copied_bytes == 0  # its gaps are filled in place, and there are no lines to redraw
    assert (work.races, work.changes) == (1, 2000)
    assert work.built == int((inputs.landscape.landcover == 2).sum()) + 2000


def test_estimate_reads_well() -> None:
    text = str(Estimate(1_400_000_000, 300.0, 5_300_000))
    assert text == "about 1.4 GB of memory, 5 min, and 5 MB on disk"
    assert "42 s" in str(Estimate(0, 42.0, 0))


def test_shortage_is_a_caution(tmp_path: Path) -> None:
    problems = Problems()
    check_room(Estimate(10**18, 1.0, 10**18), tmp_path / "not" / "yet", problems)
    assert [p.what for p in problems.cautions] == ["may not suffice", "disk may not suffice"]
    assert problems.faults == []
    check_room(Estimate(1, 1.0, 1), tmp_path, plenty := Problems())
    assert plenty.cautions == []


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="the system does not tell the peak of memory")
@pytest.mark.parametrize("side", [None, 1500])
def test_estimated_memory_is_within_a_fifth_of_the_truth(tmp_path: Path, side: int | None) -> None:
    scenario = "demo" if side is None else str(_project(tmp_path, side))
    expected = prepare(load_scenario(scenario)).estimate().memory
    peak = _peak_of_run(scenario, tmp_path)
    assert 0.8 * peak < expected < 1.2 * peak


def _project(folder: Path, side: int) -> Path:
    """A city among fields, forest and water that grows by a twentieth of the map in ten years."""
    grid = Grid(side, side, (30.0, 0.0, 500_000.0, 0.0, -30.0, 3_400_000.0), "EPSG:32649")
    y, x = np.mgrid[0:side, 0:side] / side
    height = np.sin(9 * x) * np.cos(7 * y)
    cover = np.where(height > 0.6, 3, np.where(height < -0.6, 4, 1)).astype(np.uint8)
    cover[np.hypot(x - 0.5, y - 0.5) < 0.15] = 2
    slope = np.abs(20 * height).astype(np.float32)
    slope[:3] = -1
    write_geotiff(folder / "landcover.tif", cover, grid, nodata=0)
    write_geotiff(folder / "slope.tif", slope, grid, nodata=-1)
    data = {"landcover": {"file": "landcover.tif", "legend": CODES}, "layers": {"slope": "slope.tif"}}
    urban = int((cover == 2).sum()) + side * side // 20
    scenario = {
        "name": "city", "start": 2020, "horizon": 2030, "data": "data.yaml", "rules": None, "seed": 1,
        "demand": {"mode": "given", "targets": {"urban": {2030: urban}}},
        "lines": dict.fromkeys(("erl", "pbf", "udb"), False),
        "quota": {"mode": "off"}, "pace": {"mode": "off"}, "balance": {"mode": "off"},
        "agents": {"households": 0, "firms": 0, "farms": 0},
    }  # fmt: skip
    (folder / "data.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    (folder / "scenario.yaml").write_text(yaml.safe_dump(scenario), encoding="utf-8")
    return folder / "scenario.yaml"


def _peak_of_run(scenario: str, folder: Path) -> int:
    """Peak of memory of a run in a process of its own, bytes; one that had to compile kernels does not count."""
    for attempt in range(2):
        words = [sys.executable, "-c", TOLD, "run", scenario, "--out", str(folder / f"run{attempt}")]
        path = os.pathsep.join(sys.path)
        done = subprocess.run(
            words, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}, check=False
        )
        assert done.returncode == 0, done.stderr
        if COMPILING not in done.stderr:
            break
    return int(done.stdout.split("PEAK")[1])
