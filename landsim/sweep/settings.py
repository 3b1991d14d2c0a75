"""Settings: the frozen, closed record behind sweep.yaml - which runs are made, how, and what is asked of them."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from landsim.core.errors import Problems
from landsim.core.params import Params, param
from landsim.io.closed import parse
from landsim.io.store import CUBE, EVENTS, INDICATORS, UNMET, Keeping
from landsim.io.table import read_yaml
from landsim.sweep.axes import AS_IS

FILE_NAME = "sweep.yaml"

Method = Literal["none", "grid", "lhs", "sobol", "morris", "sample"]
Part = Literal["indicators", "unmet", "landcover", "events"]
Label = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$", max_length=60)]
Values = dict[str, Any]

PARTS: dict[str, str] = {"indicators": INDICATORS, "unmet": UNMET, "landcover": CUBE, "events": EVENTS}
RANGED = ("lhs", "sobol", "morris")
MOST_RUNS = 2_000_000
LARGEST_SEED = 2**62
"""As of a scenario."""


def _labelled(value: Any) -> Any:
    """Take a name, or a list of names, for a mapping in which each stands for itself."""
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list | tuple):
        return value
    if not all(isinstance(name, str) for name in names):
        raise ValueError("wanted names")
    labels = [Path(name).name or name for name in names]
    if alike := _twice(labels):
        raise ValueError(f"several are called {', '.join(alike)}; give each a label of its own: {{label: name, ...}}")
    return dict(zip(labels, names, strict=True))


def _twice(names: list[str]) -> list[str]:
    """Names that are there more than once."""
    return [name for name, count in Counter(names).items() if count > 1]


def _names(value: Any) -> Any:
    """Take a name, or a list of names, for labelled lists of names."""
    labelled = _labelled(value)
    if not isinstance(labelled, dict):
        return labelled
    return {label: [names] if isinstance(names, str) else (names or []) for label, names in labelled.items()}


def _counted(value: Any) -> Any:
    """Take a number of seeds for the seeds 1, 2, ... up to it."""
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    if value > MOST_RUNS:
        raise ValueError(f"wanted at most {MOST_RUNS:,} seeds")
    return tuple(range(1, value + 1))


def _clock(value: Any) -> Any:
    """Refuse a time that YAML has read as a number: 12:00:00 counts its seconds in base 60."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError('quote it, because YAML reads a time as a number: "12:00:00"')
    return value


def _one_line(value: str) -> str:
    """Refuse what would begin a further line in the script of a job."""
    if any(unicodedata.category(letter) in _CONTROL for letter in value):
        raise ValueError("wanted one line without control characters")
    return value


_CONTROL = ("Cc", "Zl", "Zp")
Line = Annotated[str, AfterValidator(_one_line)]


class ParameterDesign(Params):
    """Which points of a space of parameters are visited."""

    method: Method = param("none", doc="grid, lhs, sobol, morris, or sample: the rows of a table")
    of: dict[str, tuple[Any, ...]] = param({}, doc="dotted path -> [low, high], or the values of a grid")
    size: int = param(
        64, doc="points of lhs and sample, base points of sobol (a power of 2), trajectories of morris", ge=1, le=10**6
    )
    levels: int = param(4, doc="levels of morris, even", ge=2, le=20)
    file: str | None = param(None, doc="table of method sample, e.g. posterior.csv: a column a path, a column weight")
    seed: int = param(1, doc="names the draws of the design", ge=0, le=2**31 - 1)

    @model_validator(mode="after")
    def _complete(self) -> ParameterDesign:
        if self.method == "sample" and not self.file:
            raise ValueError("method sample needs a file")
        if self.method in ("grid", *RANGED) and not self.of:
            raise ValueError(f"method {self.method} needs parameters under `of`")
        if self.method != "sample" and self.file is not None:
            raise ValueError(f"a file is given, but the method is {self.method}: sample reads it")
        if self.method == "grid" and (empty := [path for path, values in self.of.items() if not values]):
            raise ValueError(f"{', '.join(empty)}: no values")
        if self.method == "none" and self.of:
            raise ValueError("parameters are given, but no method: grid, lhs, sobol or morris")
        if self.method == "sobol" and self.size & (self.size - 1):
            raise ValueError(f"size {self.size} is no power of 2, as sobol needs")
        if self.method == "morris" and self.levels % 2:
            raise ValueError("morris needs an even number of levels")
        for path, values in self.of.items() if self.method in RANGED else ():
            if len(values) != 2 or not all(_is_number(v) for v in values) or not values[0] < values[1]:
                raise ValueError(f"{path}: method {self.method} needs [low, high]")
        return self


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


class Limits(Params):
    """What a run may take before it is given up, and how often it is tried."""

    retries: int = param(2, doc="times a run is tried again after a fault, a kill or a limit", ge=0, le=20)
    timeout: float | None = param(
        None, unit="s", doc="wall time of one try, without that in which kernels are compiled, once on a machine", gt=0
    )
    memory: float | None = param(None, unit="MB", doc="resident memory of the process of a run", gt=0)


class Threshold(Params):
    """Bounds that an outcome must keep to satisfy."""

    min: float | None = param(None, doc="least value")
    max: float | None = param(None, doc="largest value")

    @model_validator(mode="after")
    def _can_be_kept(self) -> Threshold:
        if self.min is None and self.max is None:
            raise ValueError("needs min, max or both")
        if self.min is not None and self.max is not None and not self.min <= self.max:
            raise ValueError(f"min {self.min:g} is above max {self.max:g}")
        return self


class Questions(Params):
    """What is asked of the outcomes."""

    indicators: tuple[str, ...] = param(
        (), doc="indicators of the whole place to weigh, in their last year; none: those that ship as usual"
    )
    goals: dict[str, Literal["min", "max"]] = param({}, doc="indicator -> whether less or more is better, for regret")
    thresholds: dict[str, Threshold] = param({}, doc="indicator -> bounds, for the table of satisficing")
    robust: float = param(0.9, doc="share of runs from which change, or its absence, is called robust", gt=0.5, le=1.0)
    precision: float = param(0.02, doc="half-width of the mean, of the mean, at which seeds are enough", gt=0.0, lt=1.0)


class Cluster(Params):
    """How work is asked of a batch system."""

    system: Literal["slurm", "pbs", "lsf"] = param("slurm", doc="batch system, for --executor slurm")
    queue: Line | None = param(None, doc="partition or queue")
    account: Line | None = param(None, doc="account or project that pays")
    walltime: Annotated[str, BeforeValidator(_clock)] = param(
        "01:00:00", doc="longest time of a job, in quotes", pattern=r"^(\d+-)?\d{1,3}:\d{2}(:\d{2})?$"
    )
    memory: str = param("2GB", doc="memory of a worker", pattern=r"^\d+(\.\d+)? ?[kKMGT]i?B$")
    interface: Line | None = param(None, doc="network interface by which workers find the scheduler")
    directives: tuple[Line, ...] = param((), doc="further lines of the job's head, e.g. --qos=long")
    prologue: tuple[Line, ...] = param((), doc="shell lines before the worker starts, e.g. module load python")


class Sweep(Params):
    """Runs that are made of one question, and how."""

    name: str = param(..., doc="short name", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=80)
    title: str = param("", doc="one line for people")
    scenarios: Annotated[dict[Label, str], BeforeValidator(_labelled)] = param(
        {}, doc="label -> scenario file, folder or shipped name"
    )
    function: str | None = param(None, doc="a function of known answers in place of scenarios, e.g. ishigami")
    overrides: Annotated[dict[Label, tuple[str, ...]], BeforeValidator(_names)] = param(
        {AS_IS: ()}, doc="label -> names of overrides.yaml: strategies that can be chosen", min_length=1
    )
    structures: dict[Label, Values] = param(
        {AS_IS: {}}, doc="label -> {path: value}: forms of the model, e.g. allocator or potential", min_length=1
    )
    futures: dict[Label, Values] = param(
        {AS_IS: {}}, doc="label -> {path: value}: what nobody can choose, e.g. growth", min_length=1
    )
    set: Values = param({}, doc="{path: value} of every run; no other part of the sweep may set such a path too")
    parameters: ParameterDesign = ParameterDesign()
    seeds: Annotated[tuple[int, ...], BeforeValidator(_counted)] = param(
        (1,), doc="a number of seeds, or their list; the same for all, so that runs are paired", min_length=1
    )
    keep: tuple[Part, ...] = param(("indicators", "unmet", "landcover"), doc="what each run keeps", min_length=1)
    zipped: bool = param(True, doc="the maps of a run are one file; false: a folder, as of landsim run")
    limits: Limits = Limits()
    questions: Questions = Questions()
    cluster: Cluster = Cluster()

    @field_validator("seeds")
    @classmethod
    def _distinct(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) < len(seeds) or min(seeds) < 0:
            raise ValueError("seeds must be distinct and not negative")
        if max(seeds) > LARGEST_SEED:
            raise ValueError("seeds must be at most 2**62")
        return seeds

    @model_validator(mode="after")
    def _has_a_subject(self) -> Sweep:
        if bool(self.scenarios) == (self.function is not None):
            raise ValueError("either scenarios or a function is wanted")
        if "indicators" not in self.keep:
            raise ValueError("keep must name indicators: the tables are made of them")
        return self

    @property
    def scenario_labels(self) -> tuple[str, ...]:
        """Labels of the scenarios; one where a function stands in their place."""
        return tuple(self.scenarios) or (AS_IS,)

    @property
    def keeping(self) -> Keeping:
        """What a run folder keeps, in the order of the store."""
        return Keeping(tuple(PARTS[part] for part in _PARTS if part in self.keep), self.zipped)


_PARTS: tuple[str, ...] = ("landcover", "events", "unmet", "indicators")
assert set(_PARTS) == set(get_args(Part))


@dataclass(frozen=True)
class SweepSource:
    """A sweep and the file it was read from; paths in it are relative to that file's folder."""

    sweep: Sweep
    path: Path

    @property
    def where(self) -> str:
        """How messages call the file."""
        return self.path.name


def load_sweep(what: str | Path) -> SweepSource:
    """Read a sweep.

    Parameters
    ----------
    what : str or pathlib.Path
        A file, or a folder with ``sweep.yaml``.

    Raises
    ------
    InputError
        With every fault of the file; an unknown key comes with the nearest known one.
    """
    path, problems = Path(what), Problems()
    if path.is_dir():
        path /= FILE_NAME
    data = read_yaml(path, problems)
    sweep = None if data is None else parse(Sweep, data, path.name, problems)
    problems.raise_if_any()
    assert sweep is not None, "a sweep that cannot be read is a fault"
    return SweepSource(sweep, path.resolve())
