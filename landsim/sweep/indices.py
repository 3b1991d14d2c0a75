"""Indices: sensitivity of an outcome to each parameter, with intervals, by the method that fits the design (SALib)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.sweep.designs import Points, salib_problem

Values = npt.NDArray[np.float64]
Row = dict[str, Any]

RESAMPLES, CONFIDENCE = 200, 0.95
FEWEST = {"sobol": 8, "morris": 2, "lhs": 40, "sample": 40}
"""Blocks, trajectories or points below which nothing is said."""

_SEED = 1  # of the resampling behind the intervals


def indices(points: Points, outcome: Values) -> list[Row]:
    """Sensitivity indices of an outcome.

    Parameters
    ----------
    points : Points
        The design.
    outcome : numpy.ndarray of float64, shape (n points,)
        In the order of the points; NaN where a run failed.

    Returns
    -------
    list of dict
        ``parameter, index, value, low, high``: S1 and ST for sobol (Saltelli et al. 2010), mu, mu_star and sigma for
        morris (Morris 1991; Campolongo et al. 2007), S1 by random balance for samples (Tarantola et al. 2006).  Empty
        for grids, for too few points, and where the outcome does not vary.
    """
    analyse = _ANALYSES.get(points.method)
    if analyse is None or not points.paths:
        return []
    size = {"sobol": len(points.paths) + 2, "morris": len(points.paths) + 1}.get(points.method, 1)
    blocks = outcome.reshape(-1, size)
    whole = np.isfinite(blocks).all(axis=1)  # a block with a failed run is left out
    kept = np.repeat(whole, size)
    values = outcome[kept]
    if whole.sum() < FEWEST[points.method] or np.ptp(values) == 0.0:
        return []
    x = np.array([[point[path] for path in points.paths] for point in points.rows], dtype=np.float64)[kept]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parameters without any effect
        return analyse(points, x, values)


def _sobol(points: Points, x: Values, y: Values) -> list[Row]:
    from SALib.analyze import sobol

    found = sobol.analyze(
        points.problem, y, calc_second_order=False, num_resamples=RESAMPLES, conf_level=CONFIDENCE, seed=_SEED
    )
    return [row for name in ("S1", "ST") for row in _rows(points.paths, name, found[name], found[f"{name}_conf"])]


def _morris(points: Points, x: Values, y: Values) -> list[Row]:
    from SALib.analyze import morris

    found = morris.analyze(
        points.problem, x, y, num_resamples=RESAMPLES, conf_level=CONFIDENCE, num_levels=points.levels, seed=_SEED
    )
    none = [math.nan] * len(points.paths)
    return [
        *_rows(points.paths, "mu_star", found["mu_star"], found["mu_star_conf"]),
        *_rows(points.paths, "mu", found["mu"], none),
        *_rows(points.paths, "sigma", found["sigma"], none),
    ]


def _balance(points: Points, x: Values, y: Values) -> list[Row]:
    from SALib.analyze import rbd_fast

    varied = np.ptp(x, axis=0) > 0.0
    paths = [path for path, varies in zip(points.paths, varied, strict=True) if varies]
    if not paths:
        return []
    x = x[:, varied]
    bounds = {path: (float(x[:, i].min()), float(x[:, i].max())) for i, path in enumerate(paths)}
    found = rbd_fast.analyze(salib_problem(bounds), x, y, num_resamples=RESAMPLES, conf_level=CONFIDENCE, seed=_SEED)
    return _rows(paths, "S1", found["S1"], found["S1_conf"])


_ANALYSES: dict[str, Callable[[Points, Values, Values], list[Row]]] = {
    "sobol": _sobol,
    "morris": _morris,
    "lhs": _balance,
    "sample": _balance,
}


def _rows(paths: list[str], index: str, values: Any, reaches: Any) -> list[Row]:
    return [
        {
            "parameter": path,
            "index": index,
            "value": float(value),
            "low": float(value) - float(reach),
            "high": float(value) + float(reach),
        }
        for path, value, reach in zip(paths, values, reaches, strict=True)
    ]
