"""Regressions: plane copies and bytes a cell of the costly cases, held against `baseline.json`; seconds are not.

Usage: python benchmarks/baseline.py [--only CASE]... [--seconds 60] [--renew]

A plane copy is the processor time of one `numpy.copyto` of a float32 plane with the cells of the case, in the mean of
a spell of copies as long as a case.  Both run on one thread, in turns, and the least of each counts, so that what other
processes do falls out: a case is repeated until it is within the limit or its seconds are over.  Noise ends below the
limit sooner or later; a regression does not.  Prints one flat JSON line a figure; ends with 1 if one is more than 30 %
above the baseline.  `--renew` takes all the seconds and writes the baseline.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import agents
import engine
import numba
from measure import copy_cpu_seconds, emit

BASELINE = Path(__file__).with_name("baseline.json")
LIMIT = 1.3
LEAST_REPEATS = 4
"""A copy and a case are first given so many chances of a quiet moment, then judged."""

YEARS, CONVERTED, DRIVERS = 20, 0.05, 8
HOUSEHOLDS, MOVERS = 100_000, 10_000
HOLDS = ("years",)
"""Parts whose memory is judged: it is the peak of the case, and large enough to be steady."""
Record = dict[str, Any]
Figures = dict[str, dict[str, float]]


class Case(NamedTuple):
    """Something to repeat on a square map of `size` cells a side; gives the records of its parts."""

    size: int
    prepare: Callable[[Path], object]
    repeat: Callable[[Path], list[Record]]


def engine_case(size: int) -> Case:
    """Reading and potential, then the years of growth, on drivers that are made once."""

    def prepare(folder: Path) -> None:
        for side in (100, size):
            write_drivers(side, folder / str(side))
        engine.run(100, YEARS, CONVERTED, folder / "100")

    return Case(size, prepare, lambda folder: engine.run(size, YEARS, CONVERTED, folder / str(size)))


def write_drivers(size: int, folder: Path) -> None:
    """Make drivers in another process, whose memory then does not count."""
    folder.mkdir()
    words = [engine.__file__, "--size", str(size), "--drivers", str(DRIVERS), "--write-drivers", str(folder)]
    subprocess.run([sys.executable, *words], check=True)


def households(count: int, movers: int, size: int) -> list[Record]:
    """Creation, location choice and a whole year of households."""
    return list(agents.household_cases(count, movers, size, 1))


CASES = {
    "engine_1000": engine_case(1000),
    "engine_2000": engine_case(2000),
    "households": Case(1000, lambda _: households(1000, 100, 60), lambda _: households(HOUSEHOLDS, MOVERS, 1000)),
    "travel_time": Case(1000, lambda _: agents.travel_case(10_000, 1), lambda _: [agents.travel_case(1_000_000, 1)]),
}


def cost(record: Record) -> float:
    """Processor seconds of a record: of one year where it is of many."""
    return float(record["cpu_s"] / (record["years"] if record["case"] == "years" else 1))


def measure(case: Case, seconds: float, enough: Callable[[Figures], bool]) -> Figures:
    """Repeat a case until its figures are enough or the seconds are over; memory is that of the first repeat."""
    copy, least, figures = math.inf, {}, {}
    with tempfile.TemporaryDirectory(prefix="landsim-bench-") as name:
        case.prepare(Path(name))
        memory = {part["case"]: part["bytes_per_cell"] for part in case.repeat(Path(name)) if part["case"] in HOLDS}
        repeats, end = 0, time.monotonic() + seconds
        while repeats < LEAST_REPEATS or (time.monotonic() < end and not enough(figures)):
            copy = min(copy, copy_cpu_seconds(case.size**2))
            for record in case.repeat(Path(name)):
                least[record["case"]] = min(cost(record), least.get(record["case"], math.inf))
            figures = {part: {"plane_copies": value / copy} for part, value in least.items()}
            repeats += 1
    for part, held in memory.items():
        figures[part]["bytes_per_cell"] = held
    return figures


def ratio(figures: Figures, known: Figures) -> float:
    """The worst ratio of any figure to the baseline; infinite where that knows it not."""
    pairs = [(found, known.get(part, {}).get(unit)) for part, units in figures.items() for unit, found in units.items()]
    return max(found / usual if usual else math.inf for found, usual in pairs)


def check(name: str, known: Figures, seconds: float) -> bool:
    """Hold a case against the baseline and print its lines; whether it is within the limit."""
    case = CASES[name]
    figures = measure(case, seconds, lambda found: ratio(found, known) <= LIMIT)
    for part, units in figures.items():
        worst = ratio({part: units}, known)
        emit({"case": part, "of": name, "size": case.size, "threads": 1, **units, "ratio": worst, "limit": LIMIT})
    return ratio(figures, known) <= LIMIT


def renew(name: str, seconds: float, known: dict[str, Figures]) -> None:
    """Measure a case for so many seconds and write it into the baseline."""
    compile_elsewhere(name)
    figures = measure(CASES[name], seconds, lambda _: False)
    known[name] = {
        part: {unit: float(f"{value:.3g}") for unit, value in units.items()} for part, units in figures.items()
    }
    for part, units in known[name].items():
        emit({"case": part, "of": name, "size": CASES[name].size, "threads": 1, **units})
    BASELINE.write_text(json.dumps({"renew": "make bench-baseline", "cases": known}, indent=2) + "\n", "utf-8")


def compile_elsewhere(name: str) -> None:
    """Run a case once in another process, so that compiling leaves no memory behind in this one."""
    words = [sys.executable, __file__, "--only", name, "--seconds", "0"]
    subprocess.run(words, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main() -> None:
    """Measure what is asked for and judge or write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=CASES, help="this case alone; repeatable")
    parser.add_argument("--seconds", type=float, default=60.0, help="the longest that a case is repeated")
    parser.add_argument("--renew", action="store_true", help="write the baseline instead of judging by it")
    chosen = parser.parse_args()
    names = chosen.only or list(CASES)
    within = one_case(names[0], chosen.seconds, chosen.renew) if len(names) == 1 else each_alone(names)
    if not within:
        sys.exit(f"more than {LIMIT:g} times the baseline: look for the cause, or renew it and say why in the commit")


def one_case(name: str, seconds: float, renewed: bool) -> bool:
    """Judge or renew one case; whether it is within the limit."""
    numba.set_num_threads(1)
    known = json.loads(BASELINE.read_text("utf-8"))["cases"] if BASELINE.exists() else {}
    if renewed:
        renew(name, seconds, known)
        return True
    return check(name, known.get(name, {}), seconds)


def each_alone(names: list[str]) -> bool:
    """Run every case in a process of its own, with the options of this one, since memory depends on what was before."""
    options = [word for word in sys.argv[1:] if word not in ("--only", *CASES)]
    words = [[sys.executable, __file__, "--only", name, *options] for name in names]
    return not sum([subprocess.run(command, check=False).returncode for command in words])


if __name__ == "__main__":
    main()
