"""Targets: what the lines of the benchmarks must show together, each figure beside its aim."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

Record = dict[str, Any]
SHARE, HALF = 0.05, 0.025
"""Shares of all cells that the engine's runs convert."""


class Target(NamedTuple):
    """A figure, its aim in words and whether it is met; the figure is None where a line is missing."""

    name: str
    found: float | None
    aim: str
    met: bool | None


class Lines:
    """The lines of all scripts, asked by their facts."""

    def __init__(self, records: list[Record]) -> None:
        self.records = records

    def best(self, script: str, case: str, **facts: Any) -> Record:
        """The quickest line of a case; KeyError if there is none."""
        wanted = {"script": script, "case": case, **facts}
        found = [row for row in self.records if all(row.get(key) == value for key, value in wanted.items())]
        if not found:
            raise KeyError(wanted)
        return min(found, key=lambda row: row["wall_s"])

    def potential(self, size: int, threads: int = 1) -> Record:
        """Reading and potential of the engine."""
        return self.best("engine.py", "potential", size=size, threads=threads)

    def years(self, size: int, threads: int = 1, share: float = SHARE) -> Record:
        """The years of the engine."""
        cells = int(size * size * share)
        return self.best("engine.py", "years", size=size, threads=threads, converted_cells=cells)

    def page(self, case: str) -> Record:
        """A case of the dashboard."""
        return self.best("dashboard.py", case)

    def busy(self, workers: int) -> float:
        """How many workers a scheduler that has so many keeps busy with runs of a minute."""
        return float(self.best("scheduler.py", f"scheduler_{workers}")["busy_workers_at_60s"])

    def sweep(self, case: str) -> Record:
        """A case of sweeps."""
        return self.best("sweep.py", case)

    def whole(self, size: int) -> float:
        """Seconds of the engine from the files to the last year."""
        return float(self.potential(size)["wall_s"] + self.years(size)["wall_s"])


def exponent(lines: Lines) -> float:
    """Power of the number of cells that the cost grows with, from 1000 x 1000 to 10000 x 10000."""
    return math.log(lines.whole(10_000) / lines.whole(1000)) / math.log(100)


def speed_up(lines: Lines, part: Callable[..., Record]) -> float:
    """How many times quicker a part is on two threads."""
    return float(part(4000)["wall_s"] / part(4000, threads=2)["wall_s"])


def saved(lines: Lines) -> float:
    """Share of the time of the years that converting half as many cells saves."""
    return 1.0 - float(lines.years(4000, share=HALF)["wall_s"] / lines.years(4000)["wall_s"])


def differing(lines: Lines) -> float:
    """Outcomes beyond one that threads make."""
    return len({lines.years(4000, threads)["state_hash"] for threads in (1, 2)}) - 1.0


def _at_most(name: str, limit: float, found: float | None, unit: str = "") -> Target:
    return Target(name, found, f"<= {limit:g}{unit}", None if found is None else found <= limit)


def _at_least(name: str, limit: float, found: float | None, unit: str = "") -> Target:
    return Target(name, found, f">= {limit:.3g}{unit}", None if found is None else found >= limit)


def _known(figure: Callable[[], float]) -> float | None:
    try:
        return float(figure())
    except KeyError:
        return None


def targets(records: list[Record]) -> list[Target]:
    """Every target, with what the lines show of it."""
    lines = Lines(records)

    def least(name: str, limit: float, figure: Callable[[], float], unit: str = "") -> Target:
        return _at_least(name, limit, _known(figure), unit)

    def most(name: str, limit: float, figure: Callable[[], float], unit: str = "") -> Target:
        return _at_most(name, limit, _known(figure), unit)

    return [
        most("engine 4000: plane copies a year", 15, lambda: lines.years(4000)["plane_copies_per_year"]),
        most("engine 4000: memory", 24, lambda: lines.years(4000)["bytes_per_cell"], " B/cell"),
        most("engine 10000: peak memory", 4, lambda: lines.years(10_000)["peak_rss_bytes"] / 1e9, " GB"),
        most("engine: exponent of cost over cells", 1.1, lambda: exponent(lines)),
        least("engine: reading and potential, two threads", 1.3, lambda: speed_up(lines, lines.potential), " times"),
        # the race is one thread's work whatever their number, so that noise alone can put this a little below 1
        least("engine: years, two threads", 1, lambda: speed_up(lines, lines.years), " times"),
        most("engine: outcomes that differ with threads", 0, lambda: differing(lines)),
        least("engine: share saved by half the change", 1 / 3, lambda: saved(lines)),
        most("households: location choice", 0.3, lambda: lines.best("agents.py", "choice")["wall_s"], " s"),
        most("households: memory", 150, lambda: lines.best("agents.py", "year")["bytes_per_household"], " B each"),
        most("Wuhan, whole command", 20, lambda: lines.best("command.py", "run_wuhan")["wall_s"], " s"),
        most(
            "dashboard: click to new map, demo", 0.5, lambda: lines.best("dashboard.py", "click_demo")["wall_s"], " s"
        ),
        most(
            "dashboard: click to new map, Wuhan", 1.5, lambda: lines.best("dashboard.py", "click_wuhan")["wall_s"], " s"
        ),
        most(
            "dashboard: growth over ten minutes",
            50,
            lambda: lines.best("dashboard.py", "play_demo")["growth_bytes"] / 1e6,
            " MB",
        ),
        least("sweep: two workers over one", 1.8, lambda: lines.sweep("scaling_2")["speedup"], " times"),
        most("sweep: overhead of worker processes", 0.05, lambda: lines.sweep("overhead_local")["overhead"]),
        most("sweep: overhead of Dask", 0.05, lambda: lines.sweep("overhead_dask")["overhead"]),
        least(
            "sweep: workers that a scheduler of 1,000 keeps busy with runs of a minute", 1000, lambda: lines.busy(1000)
        ),
        most("Wuhan, peak memory", 1.2, lambda: lines.best("command.py", "run_wuhan")["peak_rss_bytes"] / 1e9, " GB"),
    ]
