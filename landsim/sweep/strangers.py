"""Strangers: finished runs that stand under the id of another one, as after folders were copied or renamed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from landsim.sweep.bases import Base, fixed_part


def is_stranger(made: Mapping[str, Any], base: Base, values: Mapping[str, Any], seed: int) -> bool:
    """Tell whether a run was made from something else than its row of the plan says.

    Parameters
    ----------
    made : mapping
        Manifest of the run.
    base : Base
    values : mapping of str to object
        Parameters of the run by path.
    seed : int
    """
    try:
        if made["seed"] != seed:
            return True
        return _other_values(made, base, values) if "function" in base.subject else _other_run(made, base, values)
    except (KeyError, TypeError, AttributeError):
        return True  # a manifest of another kind


def _other_values(made: Mapping[str, Any], base: Base, values: Mapping[str, Any]) -> bool:
    given = {**base.subject["values"], **values}
    return bool(made["name"] != base.subject["function"] or made["values"] != given)


def _other_run(made: Mapping[str, Any], base: Base, values: Mapping[str, Any]) -> bool:
    from landsim.scenario.manifest import identity

    found = {**identity(made), "scenario": base.expected["scenario"]}
    if found != base.expected or fixed_part(made["scenario"], values) != base.fixed:
        return True
    return any(_differs(made["scenario"], path, value) for path, value in values.items())


def _differs(config: Any, path: str, value: Any) -> bool:
    """Whether a number stands in the place of another one; a path that names no single number tells nothing."""
    for name in path.split("."):
        config = config.get(name) if isinstance(config, Mapping) else None
    both = isinstance(config, int | float) and isinstance(value, int | float)
    return both and config != value
