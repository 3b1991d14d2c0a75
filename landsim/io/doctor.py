"""Doctor: what `landsim check` finds out before a run - every fault of the data, and how much memory, time and disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from landsim.core.errors import Problems
from landsim.io.catalog import read_catalog
from landsim.io.place import Place, load_place

if TYPE_CHECKING:
    from landsim.model.inputs import Inputs

LIBRARIES_BYTES = 345_000_000
"""Libraries and compiled kernels while years are simulated; measured on a map of no size."""

WRITER_BYTES = 20_000_000
"""Libraries that only the writing of results needs."""

SCRAP_BYTES, SCRAP_A_CELL = 60_000_000, 20
"""Freed arrays below 32 MB stay with the allocator: so many bytes a cell, and no more than `SCRAP_BYTES`."""

SCRAP_OF_MAKING = 2
"""Times as much of them where a synthetic city was made."""

BYTES_A_CELL = 5
"""Land now (1), control code (1), district row (2), year of the last change (1); the start map is of the place."""

BYTES_A_CELL_AND_RACE = 8
"""A clock (4), a neighbourhood score (2) and a suitability (2) for each class that may grow or shrink."""

BYTES_A_CELL_AND_CHANCE = 4
"""Chance of a fitted class, kept until its clocks are set."""

MEASURING_BYTES_A_CELL = 80
"""While a potential is evaluated, before there are clocks: 40 for one model, more for an ensemble."""

YEARLY_BYTES_A_CELL, YEARLY_BYTES_A_BLOCK = 2, 400
"""Scratch of phases that look at the whole map, and of those that weigh blocks for agents."""

BYTES_A_SITE = 36
"""Cell, block, homes, lived (4 each), desks and held (8 each) and price (4) of a built cell."""

BYTES_A_BLOCK = 350
"""Travel times to at most 24 centres (4 each), and what a block offers."""

BYTES_AN_AGENT = 150
BYTES_OF_A_CHANGE = 80
"""A row of the event log (57), and the engine's lists of changed cells."""

WRITTEN_BYTES_OF_A_CHANGE = 110
"""A row of the table of events, and of the order in which the maps take them up."""

CUBE_ROWS, CUBE_COPIES, CUBE_THREADS = 256, 2, 2
"""Rows of all years that a thread builds and packs at a time."""

MADE_BYTES_A_CELL, MADE_SECONDS_A_CELL = 160, 7e-6
"""Peak and time of making a synthetic city."""

START_SECONDS = 3.0
SECONDS_A_CELL_AND_RACE = 1.5e-7
SECONDS_A_CELL_YEAR = 5e-8
SECONDS_AN_AGENT_YEAR = 3e-6
SECONDS_OF_A_CHANGE = 5e-6

CHANGE_A_YEAR = {"agents": 0.002, "markov": 0.01}
"""Share of the cells that is taken to change in a year where demand does not say it."""

DISK_BYTES = 200_000
DISK_BYTES_A_CELL = 0.15
DISK_BYTES_OF_A_CHANGE = 5


@dataclass(frozen=True)
class Workload:
    """What a run has to carry.

    Attributes
    ----------
    cells, width : int
        Of the map, and of a row.
    held_bytes : int
        Arrays of the place: land cover, layers, masks, past maps.
    copied_bytes : int
        Layers that the run keeps a second time: lines, which it redraws.
    races : int
        Classes that may grow or shrink.
    blocks : int
        Blocks of fields such as travel time.
    built : int
        Built cells at the end.
    changes : int
        Conversions until the end.
    years, agents : int
    made : bool
        Whether the place is synthetic.
    """

    cells: int
    width: int
    held_bytes: int
    copied_bytes: int
    races: int
    blocks: int
    built: int
    changes: int
    years: int
    agents: int
    made: bool = False
    fitted: int = 0

    @classmethod
    def of(cls, inputs: Inputs, made: bool = False) -> Workload:
        """Take stock of the inputs of a model."""
        from landsim.model.model import block_factor
        from landsim.model.targets import races

        place, numbers = inputs.landscape, inputs.params.agents
        built = int(np.count_nonzero(place.legend.built[place.landcover]))
        held = [place.landcover, *place.layers.values(), *(cells for cells, _ in place.masks.values())]
        changes, growth = _changes(inputs)
        racing = races(inputs)
        return cls(
            cells=place.grid.size,
            width=place.grid.width,
            held_bytes=sum(array.nbytes for array in (*held, *inputs.history.values())),
            copied_bytes=sum(layer.nbytes for name, layer in place.layers.items() if _is_copied(name)),
            races=len(racing),
            fitted=sum(race.fitted for race in racing),
            blocks=place.grid.blocks(block_factor(place.grid)).size,
            built=built + growth,
            changes=changes,
            years=inputs.horizon - inputs.start,
            agents=numbers.households + numbers.firms + numbers.farms,
            made=made,
        )


def _is_copied(name: str) -> bool:
    return name in ("erl", "pbf", "udb")


def _changes(inputs: Inputs) -> tuple[int, int]:
    """Conversions that demand asks for until the horizon, and how many of them build."""
    from landsim.model.targets import targets_of

    demand, place = inputs.params.demand, inputs.landscape
    if demand.mode in CHANGE_A_YEAR:
        share = CHANGE_A_YEAR[demand.mode] * (inputs.horizon - inputs.start) * demand.growth
        changes = min(int(share * place.grid.size), place.grid.size)
        return changes, changes // 2
    counts = np.bincount(place.landcover.reshape(-1), minlength=256)
    changes = growth = 0
    for name, path in targets_of(inputs, inputs.params, counts).items():
        row = place.legend.row(name)
        steps = np.diff([counts[row.code], *(path[year] for year in sorted(path) if year <= inputs.horizon)])
        rise = int(np.maximum(steps, 0).sum())
        changes += rise
        growth += rise if row.built else 0
    return min(changes, place.grid.size), min(growth, place.grid.size)


@dataclass(frozen=True)
class Estimate:
    """Memory (bytes), time (s, once kernels are compiled) and disk (bytes) that a run is likely to take.

    `start` is the part of the time that goes by once where a process makes many runs of one place: its start, and the
    making of a synthetic city.
    """

    memory: int
    seconds: float
    disk: int
    start: float = 0.0

    def __str__(self) -> str:
        return f"about {_bytes(self.memory)} of memory, {_time(self.seconds)}, and {_bytes(self.disk)} on disk"


def examine(path: Path, problems: Problems, allow: Iterable[str | Path] = ()) -> Place | None:
    """Read a data catalogue and every file that it names.

    Parameters
    ----------
    path : pathlib.Path
        ``data.yaml``.
    problems : Problems
        Gets every fault and caution.
    allow : iterable of str or pathlib.Path
        Folders outside the project that may be read too.

    Returns
    -------
    Place or None
        None after a fault of the catalogue or of the start map.
    """
    catalog = read_catalog(path, problems)
    return None if catalog is None else load_place(catalog, problems, allow)


def estimate(work: Workload) -> Estimate:
    """Estimate what a run takes, by the constants of this module.

    Examples
    --------
    >>> small = estimate(Workload(10_000, 100, 200_000, 0, 3, 400, 1000, 500, 10, 1000))
    >>> large = estimate(Workload(10_000_000, 4000, 200_000_000, 0, 3, 4000, 10**6, 500_000, 10, 1000))
    >>> small.memory < large.memory and small.seconds < large.seconds
    True
    """
    start = START_SECONDS + work.cells * MADE_SECONDS_A_CELL * work.made
    seconds = (
        start
        + work.cells * work.races * SECONDS_A_CELL_AND_RACE
        + work.cells * work.years * SECONDS_A_CELL_YEAR
        + work.agents * work.years * SECONDS_AN_AGENT_YEAR
        + work.changes * SECONDS_OF_A_CHANGE
    )
    disk = DISK_BYTES + work.cells * DISK_BYTES_A_CELL + work.changes * DISK_BYTES_OF_A_CHANGE
    return Estimate(_peak(work), seconds, int(disk), start)


def _peak(work: Workload) -> int:
    """Most memory at any time: while a city is made or measured, in the last year, or while results are written."""
    scrap = min(work.cells * SCRAP_A_CELL, SCRAP_BYTES) * (SCRAP_OF_MAKING if work.made else 1)
    held = LIBRARIES_BYTES + work.held_bytes + work.copied_bytes + scrap
    chances = work.cells * work.fitted * BYTES_A_CELL_AND_CHANCE
    measuring = held + chances + work.cells * MEASURING_BYTES_A_CELL if work.fitted else 0
    held += work.cells * (BYTES_A_CELL + work.races * BYTES_A_CELL_AND_RACE)
    held += work.blocks * BYTES_A_BLOCK + work.built * BYTES_A_SITE + work.agents * BYTES_AN_AGENT
    held += work.changes * BYTES_OF_A_CHANGE
    maps = min(CUBE_ROWS * work.width, work.cells) * (work.years + 1)
    writing = WRITER_BYTES + work.changes * WRITTEN_BYTES_OF_A_CHANGE + maps * CUBE_COPIES * CUBE_THREADS
    yearly = work.cells * YEARLY_BYTES_A_CELL + (work.blocks * YEARLY_BYTES_A_BLOCK if work.agents else 0)
    making = LIBRARIES_BYTES + work.cells * MADE_BYTES_A_CELL if work.made else 0
    return max(making, measuring, held + max(yearly, writing, chances))


def check_room(needed: Estimate, out: Path, problems: Problems) -> None:
    """Compare an estimate with the memory and disk of this machine; a shortage is a caution."""
    memory = _free_memory()
    if memory is not None and needed.memory > memory:
        problems.warn("memory", "may not suffice", wanted=_bytes(needed.memory), found=f"{_bytes(memory)} free")
    folder = next((parent for parent in (out, *out.resolve().parents) if parent.is_dir()), Path())
    disk = shutil.disk_usage(folder).free
    if needed.disk > disk:
        problems.warn(str(out), "disk may not suffice", wanted=_bytes(needed.disk), found=f"{_bytes(disk)} free")


def _free_memory() -> int | None:
    """Memory that is free or easily freed, bytes; None where the system does not say."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return None


def _bytes(number: float) -> str:
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
