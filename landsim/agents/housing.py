"""Housing: where households find work, under what stress they live, and who gets which home."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.agents.demography import URBAN
from landsim.agents.households import EDUCATIONS, INCOMES, HouseholdParams
from landsim.agents.population import Population
from landsim.core.draws import uniform
from landsim.landscape.legend import Land
from landsim.market.choice import Menu, Movers, Outcome, Tastes, choose
from landsim.market.fields import BlockFields, sum_by
from landsim.market.sites import Sites

Ids = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Relocation:
    """What became of the households of a year.

    Attributes
    ----------
    sites : Sites
        With the homes lived in counted again.
    moved : numpy.ndarray of int64, shape (m,)
        Ids of those who took another home.
    origin, destination : numpy.ndarray of int32, shape (m,)
        Cells that they left (-1 where they had none) and took.
    queue : dict of Land to numpy.ndarray of int64
        Ids, ascending, of those without a home, by the class of land that would hold one.
    refused : dict of Land to numpy.ndarray of int64
        Ids, ascending, of those who were outbid for a home and stay where they live, likewise.
    """

    sites: Sites
    moved: Ids
    origin: Ints
    destination: Ints
    queue: dict[Land, Ids]
    refused: dict[Land, Ids]


def residents(households: Population, sites: Sites, n_blocks: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Count who lives in each block, in agents.

    Returns
    -------
    persons : numpy.ndarray of float64, shape (n_blocks,)
        Persons of the household agents.
    groups : numpy.ndarray of float64, shape (3, n_blocks)
        Household agents by education.
    """
    block = sites.blocks_of(households["cell"])
    at = block >= 0
    index = block[at].astype(np.int64)
    edu = np.minimum(households["edu"][at], EDUCATIONS - 1).astype(np.int64)
    groups = sum_by(edu * n_blocks + index, np.ones(index.size), EDUCATIONS * n_blocks)
    return sum_by(index, households["size"][at], n_blocks), groups.reshape(EDUCATIONS, n_blocks)


def find_work(households: Population, sites: Sites, fields: BlockFields) -> None:
    """Give those who work and have no centre one, by chance in proportion to its jobs and to nearness of the home.

    Gravity (Hansen 1959): ``jobs_c * exp(-decay * minutes_c)``; who has no home looks at jobs alone.  Who works no
    more is left without one.
    """
    working, centred = households["workers"] > 0, households["centre"] >= 0
    households.put("centre", -1, where=centred & ~working)
    idle = np.flatnonzero(working & ~centred)
    if idle.size == 0 or not fields.centre_jobs.any():
        return
    model = households.model
    block = sites.blocks_of(households["cell"][idle])
    pull = np.exp(-model.params.market.fields.job_decay * fields.minutes) * fields.centre_jobs[:, None]
    pull = np.concatenate((pull, fields.centre_jobs[:, None]), axis=1)  # the last column, -1, is that of the unhoused
    chance = np.cumsum(pull, axis=0) / pull.sum(axis=0)
    luck = uniform(model.seed, "workplace", model.year, households["unique_id"][idle])
    centre = np.zeros(idle.size, dtype=np.int16)
    for reached in chance[:-1]:
        centre += luck >= reached[block]
    households.put("centre", centre, where=idle)


def appeal(fields: BlockFields, params: HouseholdParams) -> Floats:
    """Utility of each block to each segment, but for price, commute and staying.

    Returns
    -------
    numpy.ndarray of float32, shape (36, n_blocks)
        Rows as in `Household.segment`.
    """
    barred = params.barred * np.stack((fields.svc, np.zeros_like(fields.svc)))
    lonely = np.minimum(fields.mix - params.alike_wanted, 0.0)
    crowded = np.log1p(fields.density)
    value = np.empty((INCOMES, EDUCATIONS, 2, 2, fields.density.size), dtype=np.float32)
    for income in range(INCOMES):
        common = params.service[income] * fields.svc + params.green[income] * fields.green
        common = common - params.pollution[income] * fields.pollution + params.job_access[income] * fields.acc_job
        common = common + params.density[income] * crowded
        kin = params.alike[income] * lonely
        schooled = params.school[income] * np.stack((np.zeros_like(fields.school), fields.school))
        value[income] = common + kin[:, None, None] + barred[None, :, None] + schooled[None, None]
    return value.reshape(-1, fields.density.size)


def tastes_of(params: HouseholdParams) -> Tastes:
    """Coefficients of cost, of a minute and of staying, a segment."""
    per_minute = 0.1 * np.asarray(params.commute)
    triples = (np.asarray(params.cost_share), per_minute, np.asarray(params.stay))
    return Tastes(*(np.repeat(triple, EDUCATIONS * 4) for triple in triples))


def stress_of(households: Population, sites: Sites, rows: Ints, fields: BlockFields) -> Floats:
    """Stress of every household, float32, shape (n,); 0 for those who have no home, for they must move anyway.

    `rows` are those of their sites, int32, shape (n,); -1 is no home.
    """
    stress = np.zeros(rows.size, dtype=np.float32)
    housed = rows >= 0
    if not housed.any():
        return stress
    centre = households["centre"].astype(np.int64)
    minutes = np.where(centre >= 0, fields.minutes[centre, sites.block[rows]], np.float32(0.0))
    return np.where(housed, households.map("feels_stress", price=sites.price[rows], minutes=minutes), stress)


def relocate(
    households: Population, sites: Sites, fields: BlockFields, wishing: npt.NDArray[np.bool_] | None = None
) -> Relocation:
    """Let a year's households decide whether to move, choose, and settle; cells and homes lived in change.

    Who has no home, or one that no longer stands, must look for one.  Farm households and those between farm and city
    look in villages, the others in town; without any village everybody does.

    Parameters
    ----------
    households : Population
        Of `Household`; columns ``cell`` and ``centre`` are written.
    sites : Sites
        Homes and prices of the year.
    fields : BlockFields
        What the blocks offer.
    wishing : numpy.ndarray of bool, shape (n,), optional
        Who wishes to move; by default as `Household.wants_to_move` says.
    """
    find_work(households, sites, fields)
    rows = sites.rows(households["cell"])
    sites, origin = sites.lived_in(rows), sites.cells_of(rows)
    if wishing is None:
        wishing = households.map("wants_to_move", stress=stress_of(households, sites, rows, fields))
    looking = wishing | (rows < 0)
    village = sites.land == Land.RURAL
    rural = (households["kind"] != URBAN) & village.any()
    markets = {Land.URB_RES: (looking & ~rural, ~village), Land.RURAL: (looking & rural, village)}
    queue, refused = {}, {}
    merit = appeal(fields, households.model.params.households)
    for land, (seeking, offered) in markets.items():
        seekers, who = households.select(seeking), np.flatnonzero(seeking)
        free = np.where(offered, sites.vacant_homes, 0).astype(np.int32)
        outcome = _seek(seekers, rows[who], sites, free, fields, merit)
        rows[who] = outcome.site
        ids = seekers["unique_id"]
        queue[land], refused[land] = ids[outcome.queue], ids[outcome.outbid]
    cell = sites.cells_of(rows)
    households.put("cell", cell)
    moved = np.flatnonzero(cell != origin)
    ids = households["unique_id"][moved]
    return Relocation(sites.lived_in(rows), ids, origin[moved], cell[moved], queue, refused)


def _seek(seekers: Population, current: Ints, sites: Sites, free: Ints, fields: BlockFields, merit: Floats) -> Outcome:
    """Let some households, whose present sites are given, choose among the vacant homes of one market."""
    model = seekers.model
    return choose(
        Movers(
            ident=seekers["unique_id"],
            segment=seekers.map("segment"),
            current=current,
            centre=seekers["centre"],
            load=seekers.map("load"),
            worth=seekers.map("worth"),
        ),
        Menu(free, model.params.market.user_cost * sites.price, sites.block, merit, fields.minutes),
        tastes_of(model.params.households),
        model.params.choice,
        seed=model.seed,
        stream="household choice",
        year=model.year,
    )
