"""Calibration: rules fitted to historical land cover, chosen by forecasting and tested once.

The package can be called: ``landsim.calibrate("calibration/demo/study.yaml")`` calibrates a study.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _Calibrate(ModuleType):
    """The package as a function, because its name is also the verb."""

    def __call__(self, study: Any, out: Any = None, allow: Any = (), watcher: Any = None) -> Any:
        """Calibrate a study; see `landsim.calibrate_study`."""
        import landsim

        return landsim.calibrate_study(study, out, allow, watcher)


sys.modules[__name__].__class__ = _Calibrate
