"""Fields: what each block of the map offers, from travel times, residents, jobs and greenery."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.core.params import Params, param
from landsim.landscape.grid import Grid

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]


class FieldParams(Params):
    """Decay with travel time, and how far neighbourhoods reach."""

    job_decay: float = param(
        0.05, unit="1/min", doc="decay of access to jobs and to labour; half in 14 min", ge=0, free=(0.02, 0.12)
    )
    hub_decay: float = param(0.03, unit="1/min", doc="decay of access to the nearest hub", ge=0, free=(0.01, 0.08))
    farthest: float = param(180.0, unit="min", doc="travel time of what is farther or out of reach", gt=0, le=1000)
    job_reach: float = param(2000.0, unit="m", doc="radius in which employment agglomerates", gt=0)
    service_reach: float = param(2000.0, unit="m", doc="radius in which services are used", gt=0)
    service_need: float = param(0.2, unit="jobs/person", doc="service jobs a resident that meet all needs", gt=0)
    green_reach: float = param(500.0, unit="m", doc="radius in which greenery counts", gt=0)
    pollution_reach: float = param(1000.0, unit="m", doc="radius in which industry pollutes", gt=0)
    industry_density: float = param(60.0, unit="jobs/ha", doc="jobs on industrial land, net", gt=0)


@dataclass(frozen=True)
class BlockFields:
    """What each block offers; blocks are flat.

    Attributes
    ----------
    shape : tuple of int
        Rows and columns of blocks.
    minutes : numpy.ndarray of float32, shape (n_centres, n_blocks)
        One-way travel time to each centre, min, finite.
    centre_jobs : numpy.ndarray of float64, shape (n_centres,)
        Jobs of the blocks to which a centre is the nearest.
    acc_job, acc_labour, acc_hub : numpy.ndarray of float32, shape (n_blocks,)
        Access to jobs, to labour and to the nearest hub, 0..1.
    svc, school, green, pollution : numpy.ndarray of float32, shape (n_blocks,)
        Services, rationed schools, greenery and pollution, 0..1.
    density : numpy.ndarray of float32, shape (n_blocks,)
        Residents, persons/ha.
    mix : numpy.ndarray of float32, shape (n_groups, n_blocks)
        Share of each group among the households of a block; even where nobody lives.
    employment : numpy.ndarray of float32, shape (n_sectors, n_blocks)
        Jobs within `FieldParams.job_reach`, by sector.
    """

    shape: tuple[int, int]
    minutes: Floats
    centre_jobs: Doubles
    acc_job: Floats
    acc_labour: Floats
    acc_hub: Floats
    svc: Floats
    school: Floats
    green: Floats
    pollution: Floats
    density: Floats
    mix: Floats
    employment: Floats


def block_fields(
    blocks: Grid,
    minutes: npt.NDArray[Any],
    params: FieldParams,
    *,
    persons: npt.ArrayLike,
    groups: npt.ArrayLike,
    jobs: npt.ArrayLike,
    service_jobs: npt.ArrayLike,
    industry_jobs: npt.ArrayLike,
    green: npt.ArrayLike,
    school: npt.ArrayLike | None = None,
    hub_minutes: npt.ArrayLike | None = None,
) -> BlockFields:
    """Compute every field of a year.

    Parameters
    ----------
    blocks : Grid
        The grid whose cells are the blocks.
    minutes : numpy.ndarray, shape (n_centres, n_blocks)
        Travel time to each centre, min; infinite where no way leads.
    params : FieldParams
        Decays and reaches.
    persons : array_like, shape (n_blocks,)
        Residents.
    groups : array_like, shape (n_groups, n_blocks)
        Households by group.
    jobs : array_like, shape (n_sectors, n_blocks)
        Jobs by sector.
    service_jobs, industry_jobs : array_like, shape (n_blocks,)
        Jobs that serve residents, and jobs that pollute.
    green : array_like, shape (n_blocks,)
        Share of green and natural land, 0..1.
    school : array_like, shape (n_blocks,), optional
        Access to rationed schools, 0..1; nowhere if they are not known.
    hub_minutes : array_like, shape (n_blocks,), optional
        Travel time to the nearest hub, min; by default to the nearest centre.
    """
    people, work = np.asarray(persons, dtype=np.float64), np.asarray(jobs, dtype=np.float64)
    times = np.minimum(np.asarray(minutes, dtype=np.float32), np.float32(params.farthest))
    nearest = times.argmin(axis=0)
    centre_jobs = sum_by(nearest, work.sum(axis=0), len(times))
    centre_people = sum_by(nearest, people, len(times))
    hub = times.min(axis=0) if hub_minutes is None else np.minimum(hub_minutes, params.farthest)
    acc_job, acc_labour = access(times, np.stack([centre_jobs, centre_people]), params.job_decay)
    return BlockFields(
        shape=blocks.shape,
        minutes=times,
        centre_jobs=centre_jobs,
        acc_job=acc_job,
        acc_labour=acc_labour,
        acc_hub=np.exp(-params.hub_decay * np.asarray(hub)).astype(np.float32),
        svc=service_access(np.asarray(service_jobs, dtype=np.float64), people, blocks, params),
        school=np.zeros(blocks.size, dtype=np.float32) if school is None else np.asarray(school, dtype=np.float32),
        green=window_mean(np.asarray(green, dtype=np.float64), blocks.shape, reach_of(params.green_reach, blocks)),
        pollution=_pollution(np.asarray(industry_jobs, dtype=np.float64), blocks, params),
        density=(people / blocks.cell_area_ha).astype(np.float32),
        mix=_shares(np.asarray(groups, dtype=np.float64)),
        employment=window_sum(work, blocks.shape, reach_of(params.job_reach, blocks)).astype(np.float32),
    )


def sum_by(index: npt.NDArray[Any], values: npt.NDArray[Any], size: int) -> Doubles:
    """Sum values by index 0 .. ``size - 1``, float64, shape (size,)."""
    return np.bincount(index, weights=values, minlength=size).astype(np.float64)


def access(minutes: Floats, mass: Doubles, decay: float) -> Floats:
    """Gravity access ``sum_c mass_c * exp(-decay * minutes_c)``, over its largest value (Hansen 1959).

    Parameters
    ----------
    minutes : numpy.ndarray of float32, shape (n_centres, n_blocks)
        Travel time, min.
    mass : numpy.ndarray of float64, shape (..., n_centres)
        What is reached at each centre, of one or several kinds.
    decay : float
        1/min.

    Returns
    -------
    numpy.ndarray of float32, shape (..., n_blocks)
        0..1; zeros where there is nothing to reach.
    """
    reached = np.zeros((*mass.shape[:-1], minutes.shape[1]))
    for row, weight in zip(minutes, np.moveaxis(mass, -1, 0), strict=True):
        reached += weight[..., None] * np.exp(-decay * row)
    top = reached.max(axis=-1, initial=0.0, keepdims=True)
    return np.asarray(np.divide(reached, top, out=reached, where=top > 0), dtype=np.float32)


def service_access(supply: Doubles, people: Doubles, blocks: Grid, params: FieldParams) -> Floats:
    """Two-step floating catchment: service jobs over all who can reach them, summed over what a block can reach.

    Source: Luo and Wang (2003); 1 where the sum meets `FieldParams.service_need`.
    """
    radius = reach_of(params.service_reach, blocks)
    demand = window_sum(people, blocks.shape, radius)
    ratio = np.divide(supply, demand, out=np.zeros_like(supply), where=demand > 0)
    reached = window_sum(ratio, blocks.shape, radius)
    return _unit(reached / params.service_need)


def _pollution(industry_jobs: Doubles, blocks: Grid, params: FieldParams) -> Floats:
    """Share of the land around that industry takes up, judged by its jobs."""
    mean = window_mean(industry_jobs, blocks.shape, reach_of(params.pollution_reach, blocks))
    return _unit(mean / (params.industry_density * blocks.cell_area_ha))


def _unit(values: npt.NDArray[Any]) -> Floats:
    return np.asarray(np.minimum(values, 1.0), dtype=np.float32)


def _shares(groups: Doubles) -> Floats:
    total = groups.sum(axis=0)
    even = np.full(groups.shape, 1.0 / len(groups))
    return np.asarray(np.divide(groups, total, out=even, where=total > 0), dtype=np.float32)


def reach_of(metres: float, blocks: Grid) -> int:
    """Radius in blocks of the square window whose area is nearest to that of a circle.

    Examples
    --------
    >>> reach_of(2000.0, Grid(10, 10, (1000, 0, 0, 0, -1000, 0)))
    1
    """
    return max(0, round((math.sqrt(math.pi) * metres / blocks.cell_size - 1.0) / 2.0))


def window_sum(values: Doubles, shape: tuple[int, int], radius: int) -> Doubles:
    """Sum over the square window of side ``2 * radius + 1`` around each block, nothing beyond the edge.

    Parameters
    ----------
    values : numpy.ndarray of float64, shape (..., n_blocks)
        One or several fields.
    shape : tuple of int
        Rows and columns of blocks.
    radius : int
        Blocks to each side.
    """
    summed = values.reshape(*values.shape[:-1], *shape)
    for axis in (-2, -1):
        summed = _slide(summed, axis, radius)
    return summed.reshape(values.shape)


def _slide(values: Doubles, axis: int, radius: int) -> Doubles:
    length = values.shape[axis]
    run = np.cumsum(values, axis=axis)
    run = np.concatenate((np.zeros_like(run.take([0], axis=axis)), run), axis=axis)
    at = np.arange(length)
    high, low = np.minimum(at + radius + 1, length), np.maximum(at - radius, 0)
    return np.asarray(run.take(high, axis=axis) - run.take(low, axis=axis))


def window_mean(values: Doubles, shape: tuple[int, int], radius: int) -> Floats:
    """Mean over the window of `window_sum`, of the blocks that there are."""
    mean = window_sum(values, shape, radius) / _blocks_around(shape, radius)
    return np.asarray(mean, dtype=np.float32)


@lru_cache(maxsize=8)
def _blocks_around(shape: tuple[int, int], radius: int) -> Doubles:
    """Blocks in the window around each block."""
    return window_sum(np.ones(shape[0] * shape[1]), shape, radius)
