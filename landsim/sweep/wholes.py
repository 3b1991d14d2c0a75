"""Wholes: which parameters of a scenario are whole numbers, and how a place in a range becomes one."""

from __future__ import annotations

import math
import types
import typing
from typing import Annotated, Any

from pydantic import BaseModel

_SLACK = 1e-9  # so that rounding in a sampler's last digit decides nothing


def takes_whole_numbers(path: str) -> bool:
    """Tell whether a parameter of a scenario is a whole number.

    Parameters
    ----------
    path : str
        Dotted path.

    Examples
    --------
    >>> takes_whole_numbers("engine.radius"), takes_whole_numbers("enforcement"), takes_whole_numbers("no.such")
    (True, False, False)
    """
    from landsim.scenario.schema import Scenario

    here: list[Any] = [Scenario]
    for name in path.split("."):
        here = [kind for outer in here for kind in _inside(outer, name)]
    return int in here and float not in here


def whole_of(value: float, low: float, high: float) -> int:
    """Turn a place in a range into a whole number, each of which has the same share of the range.

    Examples
    --------
    >>> [whole_of(v, 1.0, 4.0) for v in (1.0, 1.7, 1.8, 2.6, 3.2, 4.0)]
    [1, 1, 2, 3, 3, 4]
    """
    size = high - low + 1.0
    return int(low + min(math.floor((value - low) / (high - low) * size + _SLACK), size - 1.0))


def _inside(outer: Any, name: str) -> list[Any]:
    """Types that may stand under a name: of a field of a record, or of the values of a mapping."""
    if isinstance(outer, type) and issubclass(outer, BaseModel):
        field = outer.model_fields.get(name)
        return [] if field is None else _alternatives(field.annotation)
    return _alternatives(typing.get_args(outer)[1]) if typing.get_origin(outer) is dict else []


def _alternatives(annotation: Any) -> list[Any]:
    """Types of which a value may be one."""
    if typing.get_origin(annotation) is Annotated:
        return _alternatives(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return [kind for part in typing.get_args(annotation) for kind in _alternatives(part)]
    return [annotation]
