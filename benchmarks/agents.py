"""Agents at scale: households that are created, choose a home and live through a year, and travel time over a map.

Usage: python benchmarks/agents.py [--households 1000000] [--movers 100000] [--side 1000] [--cells 10000000]
       [--threads N] [--repeats 5]

Prints one flat JSON line a case; seconds are the least of some repeats, kernels are warmed on small places first.
`create` makes the population.  `choice` is the whole location choice of a year: exactly so many movers rank 30 sampled
homes each, bid for them and settle, and homes are counted again.  `year` is the same with the households' own wish to
move, and a year of births, deaths and migration.  `travel_time` spreads from one cell over a map with roads and water.
Memory of households is the peak of the case less that of the process before there were any; that of travel time is the
peak less that of the process which holds the map of speeds.
"""

from __future__ import annotations

import argparse
import hashlib
import math
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import mesa
import numba
import numpy as np
from measure import copy_seconds, emit, measured, memory_now, memory_peak, reset_peak

from landsim.agents.demography import demographic_year, solve_constant
from landsim.agents.households import found_households
from landsim.agents.housing import find_work, relocate, residents
from landsim.core.draws import uniform
from landsim.landscape.access import MOTORWAY, TRUNK, speed_field, travel_minutes
from landsim.landscape.grid import Grid
from landsim.landscape.landscape import Landscape
from landsim.landscape.legend import Land, model_legend
from landsim.market.fields import block_fields
from landsim.market.prices import initial_price
from landsim.market.sites import found_sites
from landsim.model.params import ModelParams

BLOCK = 5
HOUSING_COST = 20_000.0


class Place(mesa.Model):
    """The least that households need: parameters, a seed and a year."""

    def __init__(self) -> None:
        super().__init__(rng=1)
        self.seed, self.year, self.params = 1, 2020, ModelParams()
        self.landscape = SimpleNamespace(grid=None)


class City:
    """A round city that covers a tenth of a square map, with homes for its households, one centre and block fields."""

    def __init__(self, households: int, side: int) -> None:
        self.count, self.model = households, Place()
        params = self.model.params
        grid = Grid(side, side, (100.0, 0.0, 0.0, 0.0, -100.0, 0.0))
        rows, cols = np.mgrid[0:side, 0:side]
        built = np.hypot(rows - side / 2, cols - side / 2) < side * 0.18
        land = np.where(built, int(Land.URB_RES), int(Land.ARABLE)).astype(np.uint8)
        self.sites = found_sites(
            Landscape(grid, model_legend(), land), BLOCK, params.market.sites, households=households,
            firms=(side, side), vacancy=params.market.vacancy,
        )  # fmt: skip
        self.blocks = grid.blocks(BLOCK)
        x, y = self.blocks.centres(np.arange(self.blocks.size))
        middle = self.blocks.centres(np.array([self.blocks.size // 2 + self.blocks.width // 2]))
        self.minutes = (np.hypot(x - middle[0], y - middle[1]) / 500.0).astype(np.float32)[None]
        self.sites.price[:] = initial_price(self.minutes[0][self.sites.block], params.market)

    def create(self) -> None:
        """Make the households."""
        self.people = found_households(self.model, self.sites, self.count)

    def look_around(self) -> None:
        """Measure what the blocks offer, and let everybody find work."""
        persons, groups = residents(self.people, self.sites, self.blocks.size)
        jobs = np.broadcast_to(np.exp(-self.minutes[0] / 20.0) * 100.0, (5, self.blocks.size))
        self.fields = block_fields(
            self.blocks, self.minutes, self.model.params.market.fields, persons=persons, groups=groups, jobs=jobs,
            service_jobs=jobs[1], industry_jobs=jobs[0], green=np.zeros(self.blocks.size),
        )  # fmt: skip
        find_work(self.people, self.sites, self.fields)
        self.constant = solve_constant(self.people, HOUSING_COST)

    def wish(self, movers: int) -> Any:
        """Mark exactly so many households, by draws of this year."""
        luck = uniform(self.model.seed, "benchmark", self.model.year, self.people["unique_id"])
        chosen = np.zeros(luck.size, dtype=bool)
        chosen[np.argsort(luck, kind="stable")[:movers]] = True
        return chosen

    def move(self, wishing: Any = None) -> int:
        """Let one year's location choice pass; how many took another home."""
        self.model.year += 1
        result = relocate(self.people, self.sites, self.fields, wishing)
        self.sites = result.sites
        return int(result.moved.size)

    def live(self) -> int:
        """Let one whole year of the households pass."""
        moved = self.move()
        demographic_year(self.people, self.constant, HOUSING_COST)
        return moved

    def facts(self) -> dict[str, Any]:
        """What the households are now, for a record."""
        state = self.people.state()
        return {
            "column_bytes_per_household": sum(column.nbytes for column in state.values()) / max(self.count, 1),
            "state_hash": digest(state.values()),
        }


def digest(arrays: Iterable[Any]) -> str:
    """Hash of the bytes of arrays."""
    made = hashlib.blake2b(digest_size=8)
    for array in arrays:
        made.update(np.ascontiguousarray(array).tobytes())
    return made.hexdigest()


def least(repeats: int, case: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Record of the repeat that took the least time, with the largest peak of all."""
    records = [case() for _ in range(repeats)]
    best = min(records, key=lambda record: record["wall_s"])
    return {**best, "peak_rss_bytes": max(record["peak_rss_bytes"] for record in records)}


def household_cases(households: int, movers: int, side: int, repeats: int) -> Iterable[dict[str, Any]]:
    """Run the cases of households, one after the other on one city."""
    city = City(households, side)
    before = memory_now()
    common = {"size": side, "households": households, "threads": numba.get_num_threads()}

    def complete(record: dict[str, Any]) -> dict[str, Any]:
        share = (record["peak_rss_bytes"] - before) / max(households, 1)
        return {**record, "bytes_per_household": share, **city.facts()}

    reset_peak()
    with measured(case="create", **common) as record:
        city.create()
    yield complete(record)
    city.look_around()

    def choice() -> dict[str, Any]:
        wishing = city.wish(movers)
        reset_peak()
        with measured(case="choice", **common, movers=movers) as record:
            record["alternatives"] = city.model.params.choice.sample
            record["moved"] = city.move(wishing)
        return record

    yield complete(least(repeats, choice))

    def year() -> dict[str, Any]:
        reset_peak()
        with measured(case="year", **common) as record:
            record["moved"] = city.live()
        return record

    yield complete(least(repeats, year))


def travel_case(cells: int, repeats: int) -> dict[str, Any]:
    """Spread over a square map from its middle: fields, towns, lakes, trunk roads and motorways."""
    side = math.isqrt(cells - 1) + 1
    y, x = np.ogrid[:side, :side]
    hills = np.sin(y / np.float32(71.0)) * np.cos(x / np.float32(53.0))
    land = np.where(hills < -0.8, int(Land.WATER), np.where(hills > 0.9, int(Land.URB_RES), int(Land.ARABLE)))
    land = land.astype(np.uint8)
    road = np.zeros_like(land)
    road[::40], road[:, ::60] = TRUNK, TRUNK
    road[::500], road[:, ::700] = MOTORWAY, MOTORWAY
    speed, source = speed_field(land, road), [side // 2 * side + side // 2]
    del land, road, hills

    def spread() -> dict[str, Any]:
        before = memory_now()
        reset_peak()
        with measured(case="travel_time", size=side, threads=1) as record:
            minutes = travel_minutes(speed, 30.0, source)
        record["bytes_per_cell"] = (memory_peak() - before) / speed.size
        record["state_hash"] = digest([minutes])
        return record

    record = least(repeats, spread)
    return {**record, "plane_copies": record["wall_s"] / copy_seconds(speed.size)}


def main() -> None:
    """Warm the kernels, then measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--households", type=int, default=1_000_000)
    parser.add_argument("--movers", type=int, default=100_000)
    parser.add_argument("--side", type=int, default=1000, help="cells along the side of the households' map")
    parser.add_argument("--cells", type=int, default=10_000_000, help="cells of the map of travel time")
    parser.add_argument("--threads", type=int, default=numba.get_num_threads())
    parser.add_argument("--repeats", type=int, default=5)
    chosen = parser.parse_args()
    numba.set_num_threads(chosen.threads)
    for _ in household_cases(1000, 100, 60, 1):
        pass
    for record in household_cases(chosen.households, chosen.movers, chosen.side, chosen.repeats):
        emit(record)
    travel_case(10_000, 1)
    emit(travel_case(chosen.cells, min(chosen.repeats, 3)))


if __name__ == "__main__":
    main()
