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
Mask = npt.NDArray[np.bool_]


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
        """Values over each axis, points and seeds, with points and seeds left out as `whole_block` does.

        Returns
        -------
        values : numpy.ndarray of float64
            One axis each of `landsim.sweep.axes.AXES`, then points and seeds.
        seeds, points : int
            How many are left.
        """
        values = self.values[name]
        points, seeds = whole_block(np.asarray(np.isfinite(values).all(axis=0)))
        kept = values[:, points][:, :, seeds]
        sizes = [len({base.labels[axis] for base in self.plan.bases}) for axis in AXES]
        return kept.reshape(*sizes, *kept.shape[1:]), int(seeds.sum()), int(points.sum())


def whole_block(there: Mask) -> tuple[Mask, Mask]:
    """Rows and seeds such that every one of these rows is there for every one of these seeds.

    As long as something lacks, the row or the seed that lacks the largest share is left out, of equal ones the row.

    Parameters
    ----------
    there : numpy.ndarray of bool, shape (rows, seeds)

    Returns
    -------
    rows, seeds : numpy.ndarray of bool, shape (rows,) and (seeds,)

    Examples
    --------
    >>> rows, seeds = whole_block(np.array([[True, True, True], [True, False, True]]))
    >>> rows.tolist(), seeds.tolist()
    ([True, True], [True, False, True])
    """
    lacks = ~there
    rows, seeds = np.ones(there.shape[0], dtype=np.bool_), np.ones(there.shape[1], dtype=np.bool_)
    while lacks.any():
        of_rows, of_seeds = lacks.sum(axis=1) / seeds.sum(), lacks.sum(axis=0) / rows.sum()
        if of_rows.max() >= of_seeds.max():
            worst = int(of_rows.argmax())
            rows[worst], lacks[worst] = False, False
        else:
            worst = int(of_seeds.argmax())
            seeds[worst], lacks[:, worst] = False, False
    return rows, seeds if rows.any() else np.zeros_like(seeds)


def means_by_seed(values: Values) -> Values:
    """Mean for each seed over the rows, the same ones for every seed: those that `whole_block` leaves.

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
    rows, seeds = whole_block(np.isfinite(values))
    kept: Values = values[rows][:, seeds]
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
