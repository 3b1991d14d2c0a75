"""Ranks: where each cell stands among those of its map, and the chance of change that goes with a rank."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ranks = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]

_LEAST = 1e-9  # chance that is credited to the least likely cells, so that their order is kept


def map_ranks(score: npt.ArrayLike) -> Ranks:
    """Mid ranks: the share of the map below a cell, and half of that beside it; ties share one.

    A rank means the same on any map and for any model, so that ranks can be averaged where scores cannot.

    Parameters
    ----------
    score : array_like of float, shape (n,)

    Returns
    -------
    numpy.ndarray of float32, shape (n,)
        In (0, 1).

    Examples
    --------
    >>> map_ranks([5.0, 1.0, 5.0, 9.0])
    array([0.5  , 0.125, 0.5  , 0.875], dtype=float32)
    """
    values = np.asarray(score)
    if not values.size:
        return np.empty(0, dtype=np.float32)
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    first = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    size = np.diff(np.append(first, values.size))
    out = np.empty(values.size, dtype=np.float32)
    out[order] = np.repeat(((first + size / 2.0) / values.size).astype(np.float32), size)
    return out


@dataclass(frozen=True, eq=False)
class Quantiles:
    """Mid ranks of new values among those of a map, from knots.

    Attributes
    ----------
    knots : tuple of numpy.ndarray of float32
        Ascending values of each column, at most `KNOTS`; ties stand there as often as they occur.
    """

    knots: tuple[npt.NDArray[np.float32], ...]

    KNOTS = 1025

    @classmethod
    def of(cls, x: npt.NDArray[np.float32]) -> Quantiles:
        """Take the knots of the columns of some rows, shape (n, k); NaN is no value."""
        return cls(tuple(cls._column(x[:, j]) for j in range(x.shape[1])))

    @classmethod
    def _column(cls, column: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        known = np.sort(column[~np.isnan(column)])
        count = min(known.size, cls.KNOTS)
        return known[np.linspace(0, known.size - 1, count).round().astype(np.int64)] if count else known

    def ranks(self, x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Mid ranks in [0, 1] of each column, float32, shape (n, k); NaN stays."""
        out = np.empty(x.shape, dtype=np.float32)
        for j, knots in enumerate(self.knots):
            sides = np.searchsorted(knots, x[:, j], "left") + np.searchsorted(knots, x[:, j], "right")
            out[:, j] = np.where(np.isnan(x[:, j]) | (knots.size == 0), np.nan, sides / (2.0 * max(knots.size, 1)))
        return out


@dataclass(frozen=True, eq=False)
class Chance:
    """Probability of gain by map rank: a table that rises throughout, so that it never changes an order.

    Attributes
    ----------
    rank : numpy.ndarray of float64, shape (n,)
        Ascending, from 0 to 1.
    probability : numpy.ndarray of float64, shape (n,)
        Ascending, in (0, 1]; the logarithm is linear in between.
    """

    rank: Floats
    probability: Floats

    def __post_init__(self) -> None:
        rising = (np.diff(self.rank) > 0).all() and (np.diff(self.probability) > 0).all()
        inside = self.rank.size > 1 and self.probability[0] > 0.0 and self.probability[-1] <= 1.0
        if self.rank.shape != self.probability.shape or not rising or not inside:
            raise ValueError("a chance table needs ranks and probabilities in (0, 1] that rise")

    @classmethod
    def rising(cls, rank: Floats, probability: Floats) -> Chance:
        """Make a table of one that may stand still: each step is lifted by a hair, and the whole kept in (0, 1].

        Parameters
        ----------
        rank, probability : numpy.ndarray of float64, shape (n,)
            Ranks that rise and probabilities that do not fall.
        """
        hair = 1.0 + 1e-2 * np.linspace(0.0, 1.0, rank.size)
        lifted = np.maximum(probability, _LEAST) * hair
        return cls(rank, lifted / max(1.0, float(lifted[-1])))

    @classmethod
    def plain(cls, share: float) -> Chance:
        """Give the table of which nothing is known but the share of cells that change: chance grows as rank squared."""
        rank = np.linspace(0.0, 1.0, 33)
        return cls.rising(rank, np.minimum(3.0 * share * rank**2, 1.0))

    def of(self, ranks: npt.ArrayLike) -> Ranks:
        """Probabilities of gain, float32, shape (n,)."""
        odds = np.interp(np.asarray(ranks, dtype=np.float64), self.rank, np.log(self.probability))
        return np.asarray(np.exp(odds), dtype=np.float32)
