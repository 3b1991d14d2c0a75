"""Demand: how many cells each class is to gain or lose in a year: given, fitted, by Markov trend, or from agents."""

from __future__ import annotations

import warnings
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy.linalg import expm, logm

from landsim.core.params import Params, param

Cells = Annotated[int, Field(ge=-(10**12), le=10**12)]


class DemandParams(Params):
    """Where the demand for land comes from."""

    mode: Literal["given", "agents", "markov", "fitted"] = param(
        "agents",
        doc="given: targets; agents: households, firms and farmers; markov: trend between two past maps; "
        "fitted: the path of the rule set",
    )
    targets: dict[str, dict[int, Cells]] = param(
        {}, unit="cells", doc="class name -> {year: cells at the end of that year}"
    )
    gross: bool = param(
        False, doc="targets of mode given count what a class gains, whatever it loses to others besides"
    )
    growth: float = param(
        1.0, doc="multiplier of the demand for land of agents, of the Markov trend, or of the fitted growth",
        ge=0.0, le=10.0, lever=True,
    )  # fmt: skip
    markov_from: int | None = param(None, unit="a", doc="year of the earlier historical map; None takes the first")
    markov_to: int | None = param(None, unit="a", doc="year of the later historical map; None takes the start")


def interpolate(path: dict[int, int], start: int, at_start: int, year: int) -> int:
    """Cells wanted at the end of a year: linear between the targets, constant after the last one.

    Examples
    --------
    >>> interpolate({2010: 200}, 2000, 100, 2005)
    150
    """
    years = [start, *sorted(path)]
    cells = [at_start, *(path[y] for y in sorted(path))]
    return int(np.rint(np.interp(year, years, cells)))


def given_change(
    targets: dict[int, dict[int, int]],
    start: int,
    year: int,
    at_start: npt.NDArray[np.int64],
    now: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """Cells that each code must gain (positive) or lose (negative) this year to follow its targets.

    Parameters
    ----------
    targets : dict of int to dict of int to int
        Code -> {year: cells}.
    start, year : int
        First year of the run; year to be simulated.
    at_start, now : numpy.ndarray of int64, shape (256,)
        Cells a code at the start and now.

    Returns
    -------
    numpy.ndarray of int64, shape (256,)
        Codes without a target are 0.  What was not met in earlier years is asked for again.
    """
    change = np.zeros(256, dtype=np.int64)
    for code, path in targets.items():
        change[code] = interpolate(path, start, int(at_start[code]), year) - now[code]
    return change


def passed_on(
    change: npt.NDArray[np.int64], falls: npt.NDArray[np.int64], stuck: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """Let codes that can be converted lose what those that cannot were to lose.

    Parameters
    ----------
    change : numpy.ndarray of int64, shape (n,)
        Cells that each code is to gain or lose.
    falls : numpy.ndarray of int64, shape (n,)
        Cells that each code loses in all by its table, at least 0: the shares.
    stuck : numpy.ndarray of bool, shape (n,)
        Codes from which no race may take a cell.

    Returns
    -------
    numpy.ndarray of int64, shape (n,)
        With the same sum, unless no other code falls.

    Examples
    --------
    >>> passed_on(np.array([48, -30, -10, -8]), np.array([0, 30, 10, 8]), np.arange(4) == 3).tolist()
    [48, -36, -12, 0]
    """
    kept, shares = np.where(stuck, change.clip(min=0), change), np.where(stuck, 0, falls)
    total, more = int(shares.sum()), int((kept - change).sum())
    if total == 0:
        return kept
    # whole cells by rounding the running sum, so that none is lost
    ends = np.rint(np.cumsum(shares) * (more / total)).astype(np.int64)
    return np.asarray(kept - np.diff(ends, prepend=0))


def transition_matrix(
    before: npt.NDArray[np.uint8], after: npt.NDArray[np.uint8], codes: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float64]:
    """Row-stochastic matrix of change between two maps; a code that is absent stays itself.

    Returns
    -------
    numpy.ndarray of float64, shape (C, C)
        Row: from; column: to.
    """
    index = np.full(256, codes.size, dtype=np.int64)
    index[codes] = np.arange(codes.size)
    size = codes.size + 1
    pairs = index[before.reshape(-1)] * size + index[after.reshape(-1)]
    table = np.bincount(pairs, minlength=size * size).reshape(size, size)[:-1, :-1].astype(np.float64)
    rows = table.sum(axis=1, keepdims=True)
    table = np.divide(table, rows, out=np.eye(codes.size), where=rows > 0)
    return np.asarray(table, dtype=np.float64)


def yearly_matrix(matrix: npt.NDArray[np.float64], years: int) -> npt.NDArray[np.float64]:
    """Annual transition matrix of a matrix over several years.

    The eigenvalue root where it is real and non-negative, else the generator with negative off-diagonals set to
    zero and the diagonal adjusted (Israel, Rosenthal & Wei 2001).

    Parameters
    ----------
    matrix : numpy.ndarray of float64, shape (C, C)
        Row-stochastic.
    years : int
        Length of the interval.

    Returns
    -------
    numpy.ndarray of float64, shape (C, C)
        Row-stochastic, non-negative.
    """
    values, vectors = np.linalg.eig(matrix)
    if np.linalg.cond(vectors) < 1e10 and np.all(np.abs(values.imag) < 1e-12) and np.all(values.real > 0):
        root = np.real(vectors @ np.diag(values.real ** (1.0 / years)) @ np.linalg.inv(vectors))
        if root.min() > -1e-9:
            root = np.maximum(root, 0.0)
            return np.asarray(root / root.sum(axis=1, keepdims=True), dtype=np.float64)
    with warnings.catch_warnings():
        # an inexact logarithm is mended below
        warnings.simplefilter("ignore", RuntimeWarning)
        generator = np.real(logm(matrix + 1e-12 * np.eye(len(matrix)))) / years
    generator = np.maximum(generator, 0.0) * (1.0 - np.eye(len(matrix)))
    generator -= np.diag(generator.sum(axis=1))
    return np.asarray(expm(generator), dtype=np.float64)


def markov_change(
    yearly: npt.NDArray[np.float64], codes: npt.NDArray[np.uint8], now: npt.NDArray[np.int64], growth: float
) -> npt.NDArray[np.int64]:
    """Net cells that each code gains or loses in a year of the trend; the changes sum to zero.

    Parameters
    ----------
    yearly : numpy.ndarray of float64, shape (C, C)
        Annual transition matrix.
    codes : numpy.ndarray of uint8, shape (C,)
        Codes of its rows.
    now : numpy.ndarray of int64, shape (256,)
        Cells a code now.
    growth : float
        Multiplier of the trend.

    Returns
    -------
    numpy.ndarray of int64, shape (256,)
    """
    held = now[codes].astype(np.float64)
    net = (held @ yearly - held) * growth
    cells = np.floor(net).astype(np.int64)
    short = -int(cells.sum())
    # largest remainders take the cells that rounding down left over, lower codes first
    order = np.lexsort((codes, -(net - cells)))
    cells[order[:short]] += 1
    change = np.zeros(256, dtype=np.int64)
    change[codes] = cells
    return change
