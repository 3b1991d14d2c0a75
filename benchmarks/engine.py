"""The land-change engine on a map of any size: reading and potential, then years of growth; one JSON line a case.

Usage: python benchmarks/engine.py [--size 4000] [--years 20] [--converted 0.05] [--drivers 8] [--threads 1]

Runs the shipped engine with an 11 x 11 neighbourhood, patches, a red line, yearly quotas and 10 districts.  The map and
its drivers (compressed GeoTIFF) are made by another process first.  `potential` reads the drivers row block by row
block and folds them into the clocks; `years` lets a share of all cells be built on.  Memory is the peak less that of
the same process after a warm-up on 100 x 100 cells.  Plane copies are seconds in units of one `numpy.copyto` of a
float32 plane of the map, timed in this process: of one year for `years`, of the whole case otherwise.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numba
import numpy as np
from measure import copy_seconds, emit, measured, memory_now, memory_peak, reset_peak
from place import DISTRICTS, LEGEND, STEPS, URBAN, grid_of, land, red_line, write_drivers

from landsim.core.errors import Problems
from landsim.core.quantity import UNLIMITED, Quantity
from landsim.io.rows import open_rows
from landsim.landscape.rows import Rows
from landsim.transition.conversion import Door
from landsim.transition.engine import LandEngine
from landsim.transition.logit import Logit
from landsim.transition.potential import EngineParams, Gained, PatchParams

DRIVER = Quantity("driver", "int16", "1/10000", "something that draws or repels growth", 0, STEPS)

BLOCK = 10
"""Side of the blocks of economic weights, cells: 300 m, as in runs."""

YEARLY_MARGIN = 1.5
"""Quota of a district in shares of what an even growth would take: towns of some districts meet it, others not."""


def make_door(size: int) -> Door:
    """The land and its limits: a red line, ten districts in strips, everything else unlimited."""
    n, codes = size * size, np.empty(size * size, dtype=np.uint8)
    control = np.empty(n, dtype=np.uint8)
    for top in range(0, size, 256):
        rows = slice(top, min(top + 256, size))
        codes[top * size : rows.stop * size] = land(size, rows).reshape(-1)
        control[top * size : rows.stop * size] = red_line(size, rows).reshape(-1)
    chance = np.ones((2, 2, 16, 16), dtype=np.float32)
    chance[:, 1] = 0.0
    strip = (np.arange(size) * DISTRICTS // size).astype(np.int16)
    return Door(
        land=codes,
        code_class=LEGEND.model_class.copy(),
        control=control,
        chance=chance,
        inside=np.zeros(2, dtype=np.uint8),
        region=np.tile(strip, size),
        quota=np.full((DISTRICTS, 3), UNLIMITED),
        pace=np.full(1, UNLIMITED),
        loss=np.full(256, UNLIMITED),
        bank=np.full(3, UNLIMITED),
        debits=np.zeros((16, 16), dtype=np.bool_),
        quality=np.zeros(1, dtype=np.uint8),
        paddy=np.zeros(1, dtype=np.uint8),
        yield_kg=np.zeros(11, dtype=np.int64),
        permit_key=np.array([1, 2], dtype=np.uint32),
    )


def make_engine(door: Door, size: int, drivers: list[Rows], rows: int | None = None) -> LandEngine:
    """The engine with one race, of urban land, on a logit of the drivers."""
    slopes = np.array([4.0, *np.linspace(2.0, -1.0, max(len(drivers) - 1, 0))])[: len(drivers)]
    logit = Logit(-4.0, slopes / STEPS, drivers)
    urban = next(row for row in LEGEND.rows if row.code == URBAN)
    return LandEngine(
        grid_of(size), LEGEND, door, [Gained(urban)], lambda race, part: logit.read(part),
        lambda row: np.array([row.code], dtype=np.uint8), EngineParams(radius=5), PatchParams(), 1, BLOCK, rows,
    )  # fmt: skip


def run_years(engine: LandEngine, years: int, cells: int) -> int:
    """Let so many cells be built on, in equal parts a year, under quotas by district; the cells that were."""
    done, quota = 0, engine.door.quota
    for year in range(years):
        engine.begin_year()
        wanted = cells * (year + 1) // years - done
        quota[:, 0] = int(YEARLY_MARGIN * wanted / DISTRICTS) + 1
        changes, _ = engine.allocate([wanted])
        done += len(changes)
    return done


def state_hash(engine: LandEngine) -> str:
    """Digest of the land and of every clock."""
    digest = hashlib.sha256(engine.door.land)
    digest.update(engine.clocks.t)
    return digest.hexdigest()[:16]


def run(size: int, years: int, share: float, folder: Path) -> list[dict[str, Any]]:
    """Both cases of one map whose drivers lie in a folder."""
    grid, threads = grid_of(size), numba.get_num_threads()
    files = sorted(folder.glob("driver_*.tif"))
    copy, facts = (copy_seconds(grid.size), {"size": size, "years": years, "threads": threads, "converted": share})
    base = memory_now()
    reset_peak()
    door = make_door(size)
    problems = Problems()
    with ExitStack() as opened, measured(case="potential", **facts) as first:
        drivers = [opened.enter_context(open_rows(file, grid, DRIVER, file.name, problems)) for file in files]
        problems.raise_if_any()
        engine = make_engine(door, size, drivers)
    with measured(case="years", **facts) as then:
        converted = run_years(engine, years, int(grid.size * share))
    for record, per_copy in ((first, copy), (then, copy * years)):
        record["plane_copies" if record is first else "plane_copies_per_year"] = record["wall_s"] / per_copy
        record["bytes_per_cell"] = (memory_peak() - base) / grid.size
    then |= {"cell_years_per_s": grid.size * years / then["wall_s"], "converted_cells": converted}
    then["state_hash"] = state_hash(engine)
    return [first, then]


def main() -> None:
    """Read the command line, make the place in another process, warm up, measure."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size", type=int, default=4000)
    parser.add_argument("--years", type=int, default=20)
    parser.add_argument("--converted", type=float, default=0.05, help="share of all cells")
    parser.add_argument("--drivers", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--write-drivers", type=Path, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.write_drivers:
        write_drivers(wanted.write_drivers, wanted.size, wanted.drivers)
        return
    numba.set_num_threads(min(wanted.threads, numba.config.NUMBA_NUM_THREADS))
    with tempfile.TemporaryDirectory() as name:
        for size in (100, wanted.size):
            folder = Path(name) / str(size)
            folder.mkdir()
            make = [sys.executable, __file__, "--size", str(size), "--drivers", str(wanted.drivers)]
            subprocess.run([*make, "--write-drivers", str(folder)], check=True)
            records = run(size, wanted.years, wanted.converted, folder)
        for record in records:
            emit(record)


if __name__ == "__main__":
    main()
