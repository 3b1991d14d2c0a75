"""landsim: agent-based urban-rural land-use simulation.  The few public names, loaded when first asked for."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from landsim.kernel_cache import keep_kernels_apart

__version__ = "0.1.0"

_HOMES = {
    "LandModel": "landsim.model.model",
    "build": "landsim.scenario.build",
    "calibrate_study": "landsim.report.study.calibrate",
    "compare": "landsim.scenario.compare",
    "load_scenario": "landsim.scenario.build",
    "run": "landsim.scenario.run",
}

keep_kernels_apart()

__all__ = ["LandModel", "__version__", "build", "compare", "load_scenario", "run"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that ``import landsim`` stays quick."""
    if name == "calibrate":
        return import_module("landsim.calibrate")  # a package that can be called
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
