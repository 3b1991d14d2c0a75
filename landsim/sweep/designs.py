"""Designs: the points of a space of parameters that a sweep visits - a grid, samples by SALib, or rows of a table."""

from __future__ import annotations

import csv
import io
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.core.errors import InputError, Problem, Problems
from landsim.core.registry import nearest
from landsim.io.paths import Places, resolve
from landsim.io.table import MAX_CSV_BYTES, parse_csv, read_text
from landsim.sweep.settings import ParameterDesign, SweepSource
from landsim.sweep.wholes import takes_whole_numbers, whole_of

Point = dict[str, Any]
Places01 = npt.NDArray[np.float64]

_DIGITS = 9
_NOT_PARAMETERS = ("weight", "distance")


@dataclass(frozen=True)
class Points:
    """Points in the order in which an analysis expects them.

    Attributes
    ----------
    rows : tuple of dict
        Dotted path -> value; one empty point where nothing is varied.
    method : str
        How they were made.
    bounds : dict of str to tuple of float
        Range of each path, for methods that have one.
    levels : int
        Levels of Morris.
    """

    rows: tuple[Point, ...]
    method: str = "none"
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    levels: int = 4

    @property
    def paths(self) -> list[str]:
        """Paths that vary, in order."""
        return list(self.rows[0]) if self.rows else []

    @property
    def problem(self) -> dict[str, Any]:
        """The space as SALib wants it."""
        return salib_problem(self.bounds)


def salib_problem(bounds: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
    """Describe a space to SALib: names and bounds."""
    return {"num_vars": len(bounds), "names": list(bounds), "bounds": [list(pair) for pair in bounds.values()]}


def number_of_points(design: ParameterDesign) -> int:
    """Count the points of a design before they are made."""
    if design.method == "grid":
        return math.prod(len(values) for values in design.of.values())
    blocks = {"sobol": len(design.of) + 2, "morris": len(design.of) + 1}
    return 1 if design.method == "none" else design.size * blocks.get(design.method, 1)


def points_of(source: SweepSource, allow: Sequence[str | Path] = ()) -> Points:
    """Make the points of a sweep.

    A design is drawn from its own seed, and a longer one begins with the shorter one where its method can do that:
    sobol, morris and grids whose values are appended, but not a Latin hypercube.  A range of a parameter of scenarios
    that is a whole number gives whole numbers, each as likely as the others.

    Raises
    ------
    InputError
        If SALib is not installed or the table of a sample cannot be used.
    """
    design = source.sweep.parameters
    if design.method == "none":
        return Points(({},))
    if design.method == "grid":
        return Points(_grid(design), "grid")
    if design.method == "sample":
        return Points(_table(source, allow), "sample")
    bounds = {path: (float(low), float(high)) for path, (low, high) in design.of.items()}
    rows = _SAMPLERS[design.method](design, salib_problem(bounds))
    put = {path: _placing(source, path, *ends) for path, ends in bounds.items()}
    named = tuple({path: put[path](v) for path, v in zip(bounds, row, strict=True)} for row in rows.tolist())
    return Points(named, design.method, bounds, design.levels)


def _placing(source: SweepSource, path: str, low: float, high: float) -> Callable[[float], float]:
    """How a place in a range becomes a value of a parameter; functions take any number."""
    whole = source.sweep.function is None and takes_whole_numbers(path)
    return partial(whole_of, low=low, high=high) if whole else _tidy


def _grid(design: ParameterDesign) -> tuple[Point, ...]:
    return tuple(dict(zip(design.of, values, strict=True)) for values in itertools.product(*design.of.values()))


def _tidy(value: float) -> float:
    """Round to nine significant digits, so that a point is the same on every machine."""
    return float(f"{value:.{_DIGITS}g}")


def _sobol(design: ParameterDesign, problem: dict[str, Any]) -> Places01:
    from SALib.sample import sobol

    rows: Places01 = sobol.sample(problem, design.size, calc_second_order=False, seed=design.seed)
    return rows


def _latin(design: ParameterDesign, problem: dict[str, Any]) -> Places01:
    from SALib.sample import latin

    rows: Places01 = latin.sample(problem, design.size, seed=design.seed)
    return rows


def _morris(design: ParameterDesign, problem: dict[str, Any]) -> Places01:
    """Draw each trajectory by a seed of its own, so that more of them leave the first ones as they are."""
    from SALib.sample import morris

    seeds = np.random.SeedSequence(design.seed).generate_state(design.size)
    parts = [morris.sample(problem, 1, num_levels=design.levels, seed=int(seed)) for seed in seeds]
    return np.concatenate(parts)


_SAMPLERS: dict[str, Callable[[ParameterDesign, dict[str, Any]], Places01]] = {
    "sobol": _sobol,
    "lhs": _latin,
    "morris": _morris,
}


def require_salib() -> None:
    """Refuse to go on without SALib.

    Raises
    ------
    InputError
        If it is not installed.
    """
    from importlib.util import find_spec

    if find_spec("SALib") is None:
        mend = "Install it with pip install 'landsim[cluster]'"
        raise InputError(Problem("SALib", "is needed for this design and is not installed", mend=mend))


def _table(source: SweepSource, allow: Sequence[str | Path]) -> tuple[Point, ...]:
    """Take rows of a table by their weights: systematic resampling (Kitagawa 1996), so no row is over-represented."""
    design, problems, where = source.sweep.parameters, Problems(), f"{source.where}: parameters.file"
    path = resolve(str(design.file), Places.of(source.path.parent, allow), where, problems)
    text = read_text(path, problems, path.name, MAX_CSV_BYTES) if path else None
    problems.raise_if_any()
    rows = parse_csv(text or "")
    if not rows:
        raise InputError(Problem(where, "has no rows", found=str(design.file)))
    names = _columns(text or "", design, source.where)
    table = np.array([[_number(row[name], name, i, where) for name in names] for i, row in enumerate(rows)])
    weights = np.array([_number(row.get("weight") or "1", "weight", i, where) for i, row in enumerate(rows)])
    if weights.min() < 0 or weights.sum() <= 0:
        raise InputError(Problem(where, "weights must not be negative, and not all 0"))
    start = np.random.default_rng(design.seed).random()
    ticks = (np.arange(design.size) + start) / design.size
    chosen = np.searchsorted(np.cumsum(weights) / weights.sum(), ticks).clip(0, len(rows) - 1)
    return tuple(dict(zip(names, values, strict=True)) for values in table[chosen].tolist())


def _columns(text: str, design: ParameterDesign, where: str) -> list[str]:
    """Columns of a table that are parameters: those under `of`, or all."""
    header, problems = [name.strip() for name in next(csv.reader(io.StringIO(text)))], Problems()
    known = [name for name in dict.fromkeys(header) if name not in _NOT_PARAMETERS]
    for name in known:
        if header.count(name) > 1:
            problems.add(f"{where}: parameters.file", "column given twice", found=name)
    for name in design.of:
        if name not in known:
            near = nearest(name, known)
            mend = f"Did you mean {near!r}?" if near else None
            problems.add(f"{where}: parameters.of.{name}", "no such column in the table", mend=mend)
    if not known:
        wanted, found = "a column for each parameter", ", ".join(header)
        problems.add(f"{where}: parameters.file", "has no parameters", wanted=wanted, found=found)
    problems.raise_if_any()
    return [name for name in known if not design.of or name in design.of]


def _number(text: str, name: str, row: int, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(Problem(f"{where}: row {row + 1}, column {name}", "is not a number", found=repr(text)))
    return value
