"""Policing: illegal conversions, who gets away with them, and what becomes of them when they are found."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from landsim.core.draws import uniform
from landsim.core.params import Params, param

_CITY = 0  # id under which the city's one draw of a year is named


class PolicingParams(Params):
    """Illegal conversion and enforcement."""

    stopped_other: float = param(0.90, doc="reference chance of a stop outside the lines", gt=0, lt=1)
    stopped_pbf: float = param(0.98, doc="chance of a stop in basic farmland at the reference", gt=0, lt=1)
    stopped_erl: float = param(0.99, doc="chance of a stop inside the red line at the reference", gt=0, lt=1)
    attempts: float = param(
        0.05, unit="1/a", doc="attempts for each cell of unmet demand, without deterrence", ge=0, free=(0.0, 0.5)
    )
    deterrence: float = param(1.0, doc="weight of the expected fine in the decision to try", ge=0, free=(0.0, 3.0))
    detection: float = param(
        0.5,
        unit="1/a",
        doc="yearly chance that an illegal cell is found",
        source="satellite checks (卫片执法)",
        ge=0,
        le=1,
        lever=True,
    )
    demolition: float = param(0.7, doc="part of the found cells that is demolished; the rest is legalised", ge=0, le=1)
    fine: float = param(500.0, unit="CNY/m2", doc="fine on an illegal cell that is found", ge=0, lever=True)


@dataclass(frozen=True)
class Policing:
    """What illegal conversion and enforcement do in one year.

    Attributes
    ----------
    attempts : int
        Attempts made, stopped or not.
    convert : numpy.ndarray of int64, shape (n,)
        Cells that are converted illegally, in order of attempt.
    demolish, legalise : numpy.ndarray of int64
        Earlier illegal cells that are found and restored, or kept at a fine and a debit of quota.
    fines : float
        Fines of the year, CNY.
    """

    attempts: int
    convert: npt.NDArray[np.int64]
    demolish: npt.NDArray[np.int64]
    legalise: npt.NDArray[np.int64]
    fines: float


def police(
    seed: int,
    year: int,
    cells: npt.NDArray[np.int64],
    weight: npt.NDArray[np.floating],
    zone: npt.NDArray[np.uint8],
    illegal: npt.NDArray[np.int64],
    unmet_cells: float,
    mean_value: float,
    cell_m2: float,
    params: PolicingParams,
    *,
    enforcement: float,
) -> Policing:
    """One year of illegal attempts and of inspection.

    Parameters
    ----------
    seed, year : int
        Name the draws.
    cells : numpy.ndarray of int64, shape (n,)
        Flat indices of the cells on which the conversion is not permitted or the quota is used up.
    weight : numpy.ndarray of float, shape (n,)
        Attraction of each, e.g. its residual land value; 0 or less is never tried.
    zone : numpy.ndarray of uint8, shape (n,)
        `control.Zone` of each: 0 other land, 1 basic farmland, 2 red line.
    illegal : numpy.ndarray of int64, shape (m,)
        Cells that were converted illegally in earlier years and not yet found.
    unmet_cells : float
        Demand that the legal engine could not meet, cells.
    mean_value : float
        Mean residual land value of the candidates, CNY/m2.
    cell_m2 : float
        Area of a cell, m2.
    enforcement : float
        Strength of enforcement, 0 to 1: the chance that an attempt outside the lines is stopped.

    Returns
    -------
    Policing
        Where enforcement is 1, there is no attempt at all; earlier illegal cells are still inspected.
    """
    demolish, legalise = inspect(seed, year, illegal, params)
    fines = params.fine * cell_m2 * (demolish.size + legalise.size)
    attempts, convert = 0, np.empty(0, dtype=np.int64)
    if enforcement < 1.0:
        attempts = count_attempts(seed, year, attempt_rate(unmet_cells, mean_value, params))
        rows = pick(seed, year, cells, weight, attempts)
        convert = cells[rows][get_through(seed, year, cells[rows], zone[rows], enforcement, params)]
    return Policing(attempts, convert, demolish, legalise, fines)


def attempt_rate(unmet_cells: float, mean_value: float, params: PolicingParams) -> float:
    """Mean number of attempts a year: ``attempts * unmet * exp(-deterrence * detection * fine / value)``."""
    if unmet_cells <= 0 or mean_value <= 0:
        return 0.0
    return params.attempts * unmet_cells * math.exp(-params.deterrence * params.detection * params.fine / mean_value)


def count_attempts(seed: int, year: int, rate: float) -> int:
    """Poisson number of attempts from the one named draw of the year, by inverting the distribution function."""
    if rate <= 0:
        return 0
    return poisson_quantile(float(uniform(seed, "illegal attempts", year, _CITY)), rate)


def poisson_quantile(u: float, rate: float) -> int:
    """Smallest k at which the distribution function of a Poisson number reaches `u`.

    Examples
    --------
    >>> [poisson_quantile(u, 1.0) for u in (0.3, 0.5, 0.9)]
    [0, 1, 2]
    """
    # beyond 12 standard deviations the mass is below what a 32-bit draw can see
    reach = 12.0 * math.sqrt(rate) + 40.0
    first = max(0, math.floor(rate - reach))
    k = np.arange(first + 1, math.ceil(rate + reach) + 1, dtype=np.float64)
    log_mass = np.concatenate([[0.0], np.cumsum(math.log(rate) - np.log(k))])
    mass = np.cumsum(np.exp(log_mass - log_mass.max()))
    return first + int(np.searchsorted(mass, u * mass[-1]))


def pick(
    seed: int, year: int, cells: npt.NDArray[np.int64], weight: npt.NDArray[np.floating], count: int
) -> npt.NDArray[np.int64]:
    """Rows of `count` cells sampled without replacement in proportion to their weight.

    Every cell owns an exponential clock ``-ln(u) / weight``; the first to ring are taken (Efraimidis and
    Spirakis 2006), in the order of ringing, ties by lower cell.
    """
    rows = np.flatnonzero(weight > 0)
    if count <= 0 or rows.size == 0:
        return np.empty(0, dtype=np.int64)
    clock = -np.log(uniform(seed, "illegal place", year, cells[rows])) / weight[rows]
    if count < rows.size:
        early = clock <= np.partition(clock, count - 1)[count - 1]
        rows, clock = rows[early], clock[early]
    return rows[np.lexsort((cells[rows], clock))[:count]]


def survival(zone: npt.ArrayLike, enforcement: float, params: PolicingParams) -> npt.NDArray[np.float64]:
    """Chance that an attempt is not stopped, by zone, float64.

    At the reference level of enforcement it is ``1 - stopped`` of the zone; at another level e all of them are
    raised to the power ``ln(1 - e) / ln(1 - stopped_other)``, so that 0 stops nothing and 1 stops everything.
    """
    if enforcement >= 1.0:
        return np.zeros(np.shape(zone))
    power = math.log1p(-enforcement) / math.log1p(-params.stopped_other)
    reference = 1.0 - np.array([params.stopped_other, params.stopped_pbf, params.stopped_erl])
    return np.asarray((reference**power)[np.asarray(zone)], dtype=np.float64)


def get_through(
    seed: int,
    year: int,
    cells: npt.NDArray[np.int64],
    zone: npt.NDArray[np.uint8],
    enforcement: float,
    params: PolicingParams,
) -> npt.NDArray[np.bool_]:
    """Tell which attempts are not stopped, bool, shape (n,)."""
    return np.asarray(
        uniform(seed, "illegal permit", year, cells) < survival(zone, enforcement, params), dtype=np.bool_
    )


def inspect(
    seed: int, year: int, illegal: npt.NDArray[np.int64], params: PolicingParams
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Illegal cells that are found this year: those to demolish and those to legalise, two int64 arrays."""
    found = illegal[uniform(seed, "illegal found", year, illegal) < params.detection]
    falls = uniform(seed, "illegal demolition", year, found) < params.demolition
    return found[falls], found[~falls]
