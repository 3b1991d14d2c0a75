"""Outcomes: the last year's indicators of every run as arrays over bases, points and seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from landsim.sweep.axes import AXES
from landsim.sweep.plan import Plan
from landsim.sweep.tables import Tables

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Outcomes:
    """Last values of indicators of the whole place.

    Attributes
    ----------
    plan : Plan
    values : mapping of str to numpy.ndarray of float64, shape (bases, points, seeds)
        NaN where a run is not there.
    """

    plan: Plan
    values: Mapping[str, Values]

    @property
    def names(self) -> list[str]:
        """Indicators, in order."""
        return list(self.values)

    def by_seed(self, base: int, name: str) -> Values:
        """Mean over the points for each seed, shape (seeds,), as `means_by_seed` takes it."""
        return means_by_seed(self.values[name][base])

    def by_point(self, base: int, name: str) -> Values:
        """Mean over the seeds for each point, shape (points,); NaN where a seed is missing."""
        means: Values = self.values[name][base].mean(axis=1)
        return means

    def of(self, name: str, **labels: str) -> Values:
        """Values of all runs whose base has these labels, in the order of the plan, flat."""
        flat: Values = self.over_seeds(name, **labels).reshape(-1)
        return flat

    def over_seeds(self, name: str, **labels: str) -> Values:
        """Values of all runs whose base has these labels, shape (bases x points, seeds), in the order of the plan."""
        chosen = [b.number for b in self.plan.bases if all(b.labels[axis] == label for axis, label in labels.items())]
        values: Values = self.values[name][chosen]
        return values.reshape(-1, values.shape[-1])

    def full(self, name: str) -> tuple[Values, int, int]:
        """Values over each axis, points and seeds, with those left out that lack a run.

        As for `means_by_seed`: points without any run in some base are left out, then seeds that lack most of the
        other points, then points that lack one of these.

        Returns
        -------
        values : numpy.ndarray of float64
            One axis each of `landsim.sweep.axes.AXES`, then points and seeds.
        seeds, points : int
            How many are left.
        """
        values = self.values[name]
        there = np.isfinite(values)
        some = there.any(axis=2).all(axis=0)  # points that always fail must not cost all seeds
        seeds = there[:, some].mean(axis=(0, 1)) >= 0.5 if some.any() else np.zeros(there.shape[2], dtype=bool)
        points = some & there[:, :, seeds].all(axis=(0, 2))
        kept = values[:, points][:, :, seeds]
        sizes = [len({base.labels[axis] for base in self.plan.bases}) for axis in AXES]
        return kept.reshape(*sizes, *kept.shape[1:]), int(seeds.sum()), int(points.sum())


def means_by_seed(values: Values) -> Values:
    """Mean for each seed over the rows, the same ones for every seed.

    Rows without any run are left out, then seeds that lack most of the other rows, then rows that lack one of these.

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (rows, seeds)
        NaN where a run is not there.

    Returns
    -------
    numpy.ndarray of float64, shape (seeds that are left,)

    Examples
    --------
    >>> means_by_seed(np.array([[1.0, 2.0], [3.0, 4.0], [np.nan, 9.0], [np.nan, np.nan]])).tolist()
    [2.0, 3.0]
    """
    some = values[np.isfinite(values).any(axis=1)]
    there = np.isfinite(some)
    if not there.size:
        return np.empty(0)
    seeds = there.mean(axis=0) >= 0.5
    whole = there[:, seeds].all(axis=1)
    kept: Values = some[whole][:, seeds]
    return kept.mean(axis=0) if len(kept) else np.empty(0)


def read_outcomes(plan: Plan, tables: Tables, names: Sequence[str]) -> Outcomes:
    """Read the last values of some indicators from the gathered tables."""
    marks = ", ".join("?" for _ in names)
    found = tables.query(
        f"SELECT number, indicator, arg_max(value, year) AS value FROM runs JOIN indicators USING (run) "
        f"WHERE district = 0 AND indicator IN ({marks}) GROUP BY ALL",
        *names,
    )
    shape = (len(plan.bases), len(plan.points.rows), len(plan.sweep.seeds))
    values = {}
    for name in names:
        mine = found[found["indicator"] == name]
        flat = np.full(len(plan.rows), np.nan)
        flat[mine["number"].to_numpy(dtype=np.int64)] = mine["value"].to_numpy(dtype=np.float64)
        values[name] = flat.reshape(shape)
    return Outcomes(plan, values)
