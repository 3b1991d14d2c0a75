"""Households at scale: seconds and bytes to create 10**6 of them and to take a year's decisions.

Usage: python benchmarks/agents.py [--households N] [--side CELLS]

Prints one flat JSON line a case.  `create` makes the population, `year` runs stress, the wish to move, the choice among
30 sampled homes and settlement; kernels are warmed on a small place first.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from types import SimpleNamespace
from typing import Any

import mesa
import numpy as np

from landsim.agents.households import found_households
from landsim.agents.housing import relocate, residents
from landsim.landscape.grid import Grid
from landsim.landscape.landscape import Landscape
from landsim.landscape.legend import Land, model_legend
from landsim.market.fields import block_fields
from landsim.market.prices import initial_price
from landsim.market.sites import found_sites
from landsim.model.params import ModelParams

BLOCK = 5


class Place(mesa.Model):
    """The least that households need: parameters, a seed and a year."""

    def __init__(self) -> None:
        super().__init__(rng=1)
        self.seed, self.year, self.params = 1, 2020, ModelParams()
        self.landscape = SimpleNamespace(grid=None)


def make_place(side: int) -> Landscape:
    """A round city that covers a tenth of the map."""
    grid = Grid(side, side, (100.0, 0.0, 0.0, 0.0, -100.0, 0.0))
    rows, cols = np.mgrid[0:side, 0:side]
    distance = np.hypot(rows - side / 2, cols - side / 2)
    land = np.where(distance < side * 0.18, int(Land.URB_RES), int(Land.ARABLE)).astype(np.uint8)
    return Landscape(grid, model_legend(), land)


def run(households: int, side: int) -> dict[str, Any]:
    """Create the households of one place and let one year pass."""
    model, place = Place(), make_place(side)
    params = model.params
    sites = found_sites(
        place, BLOCK, params.market.sites, households=households, firms=(side, side), vacancy=params.market.vacancy
    )
    blocks = place.grid.blocks(BLOCK)
    x, y = blocks.centres(np.arange(blocks.size))
    middle = blocks.centres(np.array([blocks.size // 2 + blocks.width // 2]))
    minutes = (np.hypot(x - middle[0], y - middle[1]) / 500.0).astype(np.float32)[None]
    sites.price[:] = initial_price(minutes[0][sites.block], params.market)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    people = found_households(model, sites, households)
    created = time.perf_counter() - started
    used = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    persons, groups = residents(people, sites, blocks.size)
    jobs = np.broadcast_to(np.exp(-minutes[0] / 20.0) * 100.0, (5, blocks.size))
    fields = block_fields(
        blocks, minutes, params.market.fields, persons=persons, groups=groups, jobs=jobs, service_jobs=jobs[1],
        industry_jobs=jobs[0], green=np.zeros(blocks.size),
    )  # fmt: skip
    relocate(people, sites, fields)
    model.year += 1
    started = time.perf_counter()
    moved = relocate(people, sites, fields)
    decided = time.perf_counter() - started
    return {
        "case": "households", "households": households, "size": side, "create_s": round(created, 3),
        "year_s": round(decided, 3), "moved": int(moved.moved.size),
        "bytes_per_household": round(sum(column.nbytes for column in people.state().values()) / max(households, 1), 1),
        "create_peak_bytes": used,
    }  # fmt: skip


def main() -> None:
    """Warm the kernels, then measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--households", type=int, default=1_000_000)
    parser.add_argument("--side", type=int, default=1000)
    chosen = parser.parse_args()
    run(1000, 60)
    print(json.dumps(run(chosen.households, chosen.side)))


if __name__ == "__main__":
    main()
