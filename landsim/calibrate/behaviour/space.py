"""Space: the parameters that may be searched, those that act in a run, and a run's parameters at a point of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from landsim.core.errors import InputError, Problem
from landsim.core.params import describe
from landsim.core.registry import nearest
from landsim.model.params import ModelParams

SCATTER = "engine.scatter"
"""Fitted by itself, to the form of new patches: the figure of merit would always drive it to its lower bound."""
MEAN_FACTOR = "patches.mean_factor"
"""Stands for every mean patch size at once; no parameter of a run, see `expanded`."""

_MEAN = "patches.mean"
_FACTOR_RANGE = (0.5, 2.0)
_LOG_FROM = 100.0  # a range over two decades or more is searched by its logarithm
_DIGITS = 6


@dataclass(frozen=True)
class Free:
    """A parameter that may be searched.

    Attributes
    ----------
    path : str
        Dotted path in `ModelParams`, or `MEAN_FACTOR`.
    default : float
        Its value in the run as it is.
    low, high : float
        Prior range; the prior is uniform, in the logarithm where `log` says so.
    unit, doc, source : str
        As the parameter declares them.
    """

    path: str
    default: float
    low: float
    high: float
    unit: str = "1"
    doc: str = ""
    source: str = ""

    @property
    def log(self) -> bool:
        """Whether the range spans decades and is searched by its logarithm."""
        return self.low > 0.0 and self.high / self.low >= _LOG_FROM

    def at(self, place: float) -> float:
        """Value at a place 0..1 of the range, to six significant digits, so that text holds what was simulated."""
        if self.log:
            return self.tidy(self.low * (self.high / self.low) ** place)
        return self.tidy(self.low + (self.high - self.low) * place)

    def place(self, value: float) -> float:
        """Place 0..1 of a value in the range."""
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def tidy(self, value: float) -> float:
        """Round to six significant digits, within the range."""
        return min(max(float(f"{value:.{_DIGITS}g}"), self.low), self.high)


def defaults(space: Sequence[Free]) -> dict[str, float]:
    """Values of the run as it is."""
    return {free.path: free.default for free in space}


def free_parameters(params: ModelParams, only: Sequence[str] = ()) -> tuple[Free, ...]:
    """List the parameters that declare a prior range, and the common factor of the mean patch sizes.

    One whose value goes by class, e.g. ``patches.compact``, is a parameter for each class that it names.

    Parameters
    ----------
    params : ModelParams
        Of the run; its values are the defaults, and widen a range that does not hold them.
    only : sequence of str
        Paths, or groups such as ``engine``; all by default.

    Raises
    ------
    InputError
        If a name is that of no such parameter or group, or nothing is left.
    """
    rows = [row for row in describe(type(params)) if row["free"]]
    found = [free for row in rows for free in _declared(row, _value(params, row["path"]))]
    if params.patches.mean:
        doc = "factor of every mean patch size"
        found.append(Free(MEAN_FACTOR, 1.0, *_FACTOR_RANGE, "1", doc, "modelling assumption"))
    for name in only:
        _check(name, [free.path for free in found])
    kept = tuple(free for free in found if not only or any(_within(free.path, name) for name in only))
    if not kept:
        raise InputError(Problem("behaviour.parameters", "no parameter is free"))
    return kept


def acting(params: ModelParams, *, fitted: bool = True, gains: Sequence[str] = (), cell_ha: float = 0.0) -> list[str]:
    """Paths of the free parameters that can matter in a run whose demand is given.

    Parameters
    ----------
    params : ModelParams
        Of the run.
    fitted : bool
        Whether potentials are fitted, so that the built-in suitability is not used.
    gains : sequence of str
        Names of the classes that grow; all by default.
    cell_ha : float
        Area of a cell, ha: no patches are grown where the largest mean patch stays within one.
    """
    numbers = params.agents
    bidding = (numbers.households > 0 and "households" not in numbers.freeze) or (
        numbers.firms > 0 and "firms" not in numbers.freeze
    )
    means = [mean for name, mean in params.patches.mean.items() if not gains or name in gains]
    grown = max(means, default=0.0) * _FACTOR_RANGE[1] > cell_ha
    idle = {
        "engine.density": fitted,
        "engine.economics": not bidding,
        "patches": not grown,
        "policing": params.enforcement >= 1.0,
        "farms": numbers.farms == 0 or "farms" in numbers.freeze,
        **dict.fromkeys(("market", "choice", "households", "firms", "demography", "government"), not bidding),
    }
    asleep = [name for name, sleeps in idle.items() if sleeps]
    free = [f.path for f in free_parameters(params)]
    if gains:
        declared = {row["path"] for row in describe(type(params))} | {MEAN_FACTOR}
        free = [path for path in free if path in declared or path.rpartition(".")[2] in gains]
    return [path for path in free if not any(_within(path, name) for name in asleep)]


def changed(params: ModelParams, values: Mapping[str, float]) -> ModelParams:
    """Parameters of a run at a point of the space, validated.

    Raises
    ------
    pydantic.ValidationError
        If a value is out of its bounds.
    AttributeError, KeyError
        If there is no such parameter.
    """
    for path, value in expanded(params, values).items():
        params = params.changed(path, value)
    return params


def expanded(params: ModelParams, values: Mapping[str, float]) -> dict[str, float | dict[str, float]]:
    """Values by declared paths, as rule sets hold them and `ModelParams.changed` takes them.

    The factor of patch sizes becomes the sizes by class, and a value of one class its place among those of the others.
    """
    out: dict[str, float | dict[str, float]] = {}
    for path, value in values.items():
        owner, _, name = path.rpartition(".")
        if path == MEAN_FACTOR:
            out[_MEAN] = {c: float(f"{mean * value:.{_DIGITS}g}") for c, mean in params.patches.mean.items()}
        elif isinstance(by_class := out.get(owner, _value(params, owner)), dict):
            out[owner] = {**by_class, name: value}
        else:
            out[path] = value
    return out


def unit_of(path: str) -> str:
    """Unit of a declared parameter."""
    return next(str(row["unit"]) for row in describe(ModelParams) if row["path"] == path)


def _declared(row: Mapping[str, Any], value: Any) -> list[Free]:
    """Make the parameters of a declared one: itself, or one a class; a path cannot hold a class with a dot."""
    if isinstance(value, Mapping):
        named = {f"{row['path']}.{name}": number for name, number in value.items() if "." not in name}
        return [_free({**row, "path": path}, float(number)) for path, number in named.items()]
    return [] if value is None else [_free(row, float(value))]


def _free(row: Mapping[str, Any], default: float) -> Free:
    low, high = row["free"]
    return Free(
        row["path"], default, min(float(low), default), max(float(high), default), row["unit"], row["doc"],
        row["source"],
    )  # fmt: skip


def _value(params: BaseModel, path: str) -> Any:
    branch: Any = params
    for name in path.split("."):
        branch = getattr(branch, name)
    return branch


def _within(path: str, name: str) -> bool:
    """Tell whether a path is the named one or of the named group."""
    group = name.rstrip("*").rstrip(".")
    return path == group or path.startswith(group + ".")


def _check(name: str, paths: list[str]) -> None:
    if any(_within(path, name) for path in paths):
        return
    near = nearest(name, paths)
    mend = f"Did you mean {near!r}?" if near else "landsim list policies shows what there is"
    raise InputError(Problem("behaviour.parameters", f"{name!r} is no free parameter and no group of any", mend=mend))
