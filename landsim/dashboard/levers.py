"""Levers: the policy parameters that may move in mid-run, how they are shown, and the checks of a new value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, get_args, get_origin

import yaml
from pydantic import BaseModel

from landsim.core.errors import InputError, Problem
from landsim.core.params import describe
from landsim.model.inputs import DatedLever
from landsim.model.params import ModelParams

MAIN = (
    "quota.multiplier", "demand.growth", "enforcement", "lines.udb", "lines.pbf", "lines.erl", "pace.mode",
    "balance.mode",
)  # fmt: skip
"""Levers that are always in sight: quota, demand, enforcement, boundary, protection."""

_UPPER = {"quota.multiplier": 3.0, "demand.growth": 3.0}
"""Ends of sliders of levers whose bounds are far or open."""


@dataclass(frozen=True)
class Lever:
    """One lever and how it is set.

    Attributes
    ----------
    path : str
        Dotted path of the parameter.
    form : {"switch", "choice", "number", "text"}
        A text is read as YAML: lists, mappings, and what may be unset.
    unit, doc, source : str
    low, high : float or None
        Bounds of a number, inclusive or not.
    options : tuple of str
        Values of a choice.
    whole : bool
        Whether a number is a whole one.
    """

    path: str
    form: Literal["switch", "choice", "number", "text"]
    unit: str
    doc: str
    source: str
    low: float | None = None
    high: float | None = None
    options: tuple[str, ...] = ()
    whole: bool = False

    @property
    def group(self) -> str:
        """First part of the path, the mechanism."""
        return self.path.split(".")[0]

    @property
    def slides(self) -> tuple[float, float] | None:
        """Ends of a slider; None where the range is open."""
        high = _UPPER.get(self.path, self.high)
        return None if self.low is None or high is None or self.form != "number" else (self.low, high)


@cache
def levers() -> tuple[Lever, ...]:
    """Every lever of the model, in the order of its parameters."""
    return tuple(_lever(row) for row in describe(ModelParams) if row["lever"])


def lever(path: str) -> Lever:
    """Find a lever.

    Raises
    ------
    InputError
        If there is none of that path.
    """
    found = next((one for one in levers() if one.path == path), None)
    if found is None:
        raise InputError(Problem(f"lever {path}", "is no lever that can change in mid-run"))
    return found


def value_of(params: ModelParams, path: str) -> Any:
    """Value of a parameter by its dotted path."""
    value: Any = params
    for name in path.split("."):
        value = getattr(value, name)
    return value


def shown(value: Any) -> str:
    """Write a value as a person would into a file.

    Examples
    --------
    >>> shown({2025: 0.4}), shown(None), shown(True), shown(0.5)
    ('{2025: 0.4}', 'null', 'true', '0.5')
    """
    plain = list(value) if isinstance(value, tuple) else value
    text: str = yaml.safe_dump(plain, default_flow_style=True, allow_unicode=True, width=10_000)
    return text.removesuffix("\n").removesuffix("\n...")


def read(one: Lever, text: Any) -> Any:
    """Read what a person set; a text as YAML.

    Raises
    ------
    InputError
        If it is no YAML, or no number where one is wanted.
    """
    if one.form != "text" and not (one.form == "number" and isinstance(text, str)):
        return text
    try:
        value = yaml.safe_load(str(text))
    except yaml.YAMLError:
        raise InputError(Problem(f"lever {one.path}", "is no YAML value", found=str(text)[:60])) from None
    if one.form == "number" and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise InputError(Problem(f"lever {one.path}", "is no number", found=str(text)[:60]))
    return value


def with_levers(params: ModelParams, moves: Iterable[DatedLever]) -> ModelParams:
    """Give the parameters after some moves, in their order.

    Raises
    ------
    InputError
        If a value is out of bounds; the first such is told.
    """
    for move in moves:
        try:
            params = params.changed(move.path, move.value)
        except (ValueError, KeyError, TypeError) as fault:
            raise InputError(Problem(f"lever {move.path}", _reason(fault), found=shown(move.value))) from None
    return params


def in_order(shocks: Iterable[DatedLever]) -> tuple[DatedLever, ...]:
    """Sort dated levers by year; those of one year keep their order, which is the order in which they are applied."""
    return tuple(sorted(shocks, key=lambda shock: shock.year))


def _reason(fault: Exception) -> str:
    """Say in one line why a value is refused."""
    errors = getattr(fault, "errors", None)
    if errors is None:
        return str(fault)
    return "; ".join(str(error["msg"]).removeprefix("Value error, ") for error in errors())


def _lever(row: dict[str, Any]) -> Lever:
    record: type[BaseModel] = ModelParams
    *parents, leaf = row["path"].split(".")
    for name in parents:
        record = record.model_fields[name].annotation  # type: ignore[assignment]
    field = record.model_fields[leaf]
    form, options = _form(field.annotation)
    low, high = _bounds(field.metadata)
    facts = {name: row[name] for name in ("path", "unit", "doc", "source")}
    return Lever(**facts, form=form, low=low, high=high, options=options, whole=field.annotation is int)


def _form(kind: Any) -> tuple[Literal["switch", "choice", "number", "text"], tuple[str, ...]]:
    if kind is bool:
        return "switch", ()
    if get_origin(kind) is Literal:
        return "choice", tuple(str(option) for option in get_args(kind))
    return ("number", ()) if kind in (int, float) else ("text", ())


def _bounds(metadata: Iterable[Any]) -> tuple[float | None, float | None]:
    """Lower and upper bound out of pydantic's constraints."""
    low = [float(getattr(bound, key)) for bound in metadata for key in ("ge", "gt") if hasattr(bound, key)]
    high = [float(getattr(bound, key)) for bound in metadata for key in ("le", "lt") if hasattr(bound, key)]
    return max(low, default=None), min(high, default=None)
