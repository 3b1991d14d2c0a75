"""Whole shares: integers in proportion to weights, with an exact total and, where given, a hard cap a row."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Wholes = npt.NDArray[np.int32]

_BITS = 20  # shares are summed as integers of 2**-20, so that nothing drifts
_ONE = 1 << _BITS


def running_floor(ideal: npt.ArrayLike, owed: float = 0.0) -> tuple[Wholes, float]:
    """Turn fractional amounts into whole ones: row i gets ``floor(S_i) - floor(S_{i-1})`` of their running sum S.

    Parameters
    ----------
    ideal : array_like of float, shape (n,)
        Amounts, >= 0.
    owed : float
        Where in [0, 1) the sum starts: what an earlier call left over.

    Returns
    -------
    whole : numpy.ndarray of int32, shape (n,)
        ``floor(owed + sum(ideal))`` in all.
    owed : float
        The fraction that is left over, a multiple of 2**-20.

    Examples
    --------
    >>> counts, owed = running_floor([0.5, 0.75, 0.5])
    >>> counts.tolist(), owed
    ([0, 1, 0], 0.75)
    """
    units = np.rint(np.asarray(ideal, dtype=np.float64) * _ONE).astype(np.int64)
    return _floors(units, round(owed * _ONE))


def apportion(weights: npt.ArrayLike, total: int, cap: npt.ArrayLike | None = None) -> Wholes:
    """Share out whole things along rows by the running floor of ``min(cap_i, c * weight_i)``, c making them add up.

    Parameters
    ----------
    weights : array_like of float, shape (n,)
        What shares are proportional to, >= 0.
    total : int
        Things to share out.
    cap : array_like of int, shape (n,), optional
        The most that a row can take.

    Returns
    -------
    numpy.ndarray of int32, shape (n,)
        Their sum is exactly `total`, and no row exceeds its cap.

    Raises
    ------
    ValueError
        If no row may take anything although there is something to share out, or the caps cannot hold it.

    Examples
    --------
    >>> apportion([1, 1, 2], 10).tolist()
    [2, 3, 5]
    >>> apportion([1, 1, 2], 10, cap=[9, 9, 2]).tolist()
    [4, 4, 2]
    """
    weight = np.asarray(weights, dtype=np.float64)
    limit = np.full(weight.shape, total, dtype=np.int64) if cap is None else np.asarray(cap, dtype=np.int64)
    room = int(limit[weight > 0].sum())
    if total > room:
        raise ValueError(f"{total} to share out, but the rows can take {room}")
    level = _water_level(weight, total, limit)
    with np.errstate(invalid="ignore"):
        ideal = np.where(weight > 0, np.minimum(limit, level * weight), 0.0)
    units = _balanced((ideal * _ONE).astype(np.int64), total * _ONE, np.where(weight > 0, limit * _ONE, 0))
    return _floors(units, 0)[0]


def _water_level(weight: npt.NDArray[Any], total: int, limit: npt.NDArray[Any]) -> float:
    """Find c with ``sum(min(limit, c * weight)) == total``; infinite where every row is full."""
    rows = np.flatnonzero(weight > 0)
    full_at = limit[rows] / weight[rows]
    order = np.argsort(full_at, kind="stable")
    full_at, rows = full_at[order], rows[order]
    filled = np.concatenate(([0.0], np.cumsum(limit[rows], dtype=np.float64)[:-1]))
    rising = np.cumsum(weight[rows][::-1])[::-1]
    enough = filled + full_at * rising >= total
    if not enough.any():
        return float("inf")
    first = int(np.argmax(enough))
    return float((total - filled[first]) / rising[first])


def _balanced(units: npt.NDArray[np.int64], total: int, limit: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Spread what rounding has left over, a unit a row, over the first rows that can take or give it."""
    gap = total - int(units.sum())
    if gap == 0:
        return units
    able = np.flatnonzero(units < limit if gap > 0 else units > 0)
    each, odd = divmod(abs(gap), able.size)
    change = np.full(able.size, each, dtype=np.int64)
    change[:odd] += 1
    units[able] += change if gap > 0 else -change
    return units


def _floors(units: npt.NDArray[np.int64], start: int) -> tuple[Wholes, float]:
    run = np.concatenate(([start], start + np.cumsum(units)))
    return np.diff(run >> _BITS).astype(np.int32), (int(run[-1]) & (_ONE - 1)) / _ONE
