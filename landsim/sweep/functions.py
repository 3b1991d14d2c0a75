"""Functions of known answers, which go through plan, execution and gathering in the place of a scenario."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from landsim import __version__
from landsim.core.errors import InputError, Problem
from landsim.core.registry import Registry
from landsim.io.store import INDICATORS, Keeping, RunRecord, RunWriter
from landsim.landscape.grid import Grid
from landsim.landscape.legend import Legend
from landsim.sweep.jobs import VERSION

Function = Callable[[Mapping[str, Any], int], dict[str, float]]
"""Values by path and a seed -> outcomes by name."""

FUNCTIONS: Registry[Function] = Registry("functions")
"""Plug-ins join through the entry-point group ``landsim.functions``."""

_NOWHERE = Grid(1, 1, (1.0, 0.0, 0.0, 0.0, -1.0, 0.0))
_ONE_OUTCOME = Keeping((INDICATORS,))


@FUNCTIONS.register("ishigami")
def ishigami(values: Mapping[str, Any], seed: int = 0) -> dict[str, float]:
    """sin x1 + 7 sin² x2 + 0.1 x3⁴ sin x1, each in -π..π (Ishigami & Homma 1990).

    Examples
    --------
    >>> ishigami({"x1": math.pi / 2, "x2": math.pi / 2, "x3": 0.0})
    {'y': 8.0}
    """
    x1, x2, x3 = (float(values[name]) for name in ("x1", "x2", "x3"))
    return {"y": math.sin(x1) + 7.0 * math.sin(x2) ** 2 + 0.1 * x3**4 * math.sin(x1)}


@FUNCTIONS.register("noisy_sum")
def noisy_sum(values: Mapping[str, Any], seed: int = 0) -> dict[str, float]:
    """Sum of the values and of a standard normal draw named by the seed: a variance that can be split by hand."""
    return {"y": sum(float(v) for v in values.values()) + float(np.random.default_rng(seed).standard_normal())}


@FUNCTIONS.register("pause")
def pause(values: Mapping[str, Any], seed: int = 0) -> dict[str, float]:
    """Wait for ``seconds`` and do nothing else, by which the cost of an executor is measured."""
    time.sleep(float(values.get("seconds", 0.0)))
    return {"waited": float(values.get("seconds", 0.0))}


def run_function(
    name: str, values: Mapping[str, Any], seed: int, folder: Path, facts: Mapping[str, Any] | None = None
) -> None:
    """Write the run folder of a function: its outcomes as indicators of the year 0, further facts in its manifest.

    Raises
    ------
    InputError
        If there is no such function, a value is missing, or the folder cannot be written.
    """
    function, began = FUNCTIONS[name], time.perf_counter()
    try:
        outcomes = function(values, seed)
    except KeyError as missing:
        raise InputError(Problem(f"function {name}", f"needs the parameter {missing}")) from None
    took, size = time.perf_counter() - began, len(outcomes)
    writer = RunWriter(folder, resume=True, keeping=_ONE_OUTCOME)
    writer.finish(
        RunRecord(
            grid=_NOWHERE,
            legend=Legend(()),
            first=np.zeros((1, 1), dtype=np.uint8),
            layers={},
            years=(0,),
            events={},
            unmet={},
            indicators={
                "year": [0] * size,
                "district": [0] * size,
                "indicator": list(outcomes),
                "value": list(outcomes.values()),
                "unit": ["1"] * size,
            },
            manifest={"name": name, "seed": seed, "values": dict(values), "wall_s": round(took, 6), **(facts or {})},
        )
    )


def expectations(name: str) -> dict[str, str]:
    """What decides the outcomes of a function besides values and seed.

    Raises
    ------
    InputError
        If there is no such function.
    """
    FUNCTIONS[name]
    return {"function": name, VERSION: __version__}
