"""Doctor: what `landsim check` finds out before a run - every fault of the data, and how much memory, time and disk."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from landsim.core.errors import Problems
from landsim.io.catalog import read_catalog
from landsim.io.place import Place, load_place

LIBRARIES_BYTES = 350_000_000
"""Libraries and compiled kernels."""

BYTES_A_CELL = 24
"""Land, control codes, district rows, age of changes, and the scratch of a yearly pass."""

BYTES_A_CELL_AND_CLASS = 8
"""A clock (4), a neighbourhood score (2) and a suitability (2) for each class that may grow."""

BYTES_AN_AGENT = 100
BYTES_OF_A_CHANGE = 120

START_SECONDS = 3.0
SECONDS_A_CELL_AND_CLASS = 1.5e-7
SECONDS_A_CELL_YEAR = 5e-8
SECONDS_AN_AGENT_YEAR = 3e-6
CHANGE_A_YEAR = 0.01
"""Share of the cells that is taken to change in a year."""

DISK_BYTES_A_CELL = 0.5
DISK_BYTES_OF_A_CHANGE = 20


@dataclass(frozen=True)
class Workload:
    """What a run has to carry: cells, bytes of layers a cell, classes that may grow, years, agents."""

    cells: int
    layer_bytes: int
    classes: int
    years: int
    agents: int

    @classmethod
    def of(cls, place: Place, classes: int, years: int, agents: int) -> Workload:
        """Take the cells and layers of a place."""
        layers = [place.landscape.landcover, *place.landscape.layers.values()]
        masks = [cells for cells, _ in place.landscape.masks.values()]
        itemsize = sum(array.dtype.itemsize for array in (*layers, *masks, *place.history.values()))
        return cls(place.landscape.grid.size, itemsize, classes, years, agents)


@dataclass(frozen=True)
class Estimate:
    """Memory (bytes), time (s, once kernels are compiled) and disk (bytes) that a run is likely to take."""

    memory: int
    seconds: float
    disk: int

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
    >>> small = estimate(Workload(10_000, 20, 3, 10, 1000))
    >>> large = estimate(Workload(10_000_000, 20, 3, 10, 1000))
    >>> small.memory < large.memory and small.seconds < large.seconds
    True
    """
    changes = work.cells * work.years * CHANGE_A_YEAR
    per_cell = BYTES_A_CELL + work.layer_bytes + BYTES_A_CELL_AND_CLASS * work.classes
    memory = LIBRARIES_BYTES + work.cells * per_cell + work.agents * BYTES_AN_AGENT + changes * BYTES_OF_A_CHANGE
    seconds = (
        START_SECONDS
        + work.cells * work.classes * SECONDS_A_CELL_AND_CLASS
        + work.cells * work.years * SECONDS_A_CELL_YEAR
        + work.agents * work.years * SECONDS_AN_AGENT_YEAR
    )
    disk = work.cells * DISK_BYTES_A_CELL + changes * DISK_BYTES_OF_A_CHANGE
    return Estimate(int(memory), seconds, int(disk))


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
