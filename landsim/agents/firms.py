"""Firms: five sectors that enter, exit and look for premises where rent, labour and neighbours suit them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from landsim.agents.population import Column, Member, Population, rule
from landsim.core.draws import normal, uniform
from landsim.core.params import Params, param
from landsim.landscape.legend import Land
from landsim.market.apportion import apportion
from landsim.market.choice import Menu, Movers, Outcome, Tastes, choose
from landsim.market.fields import BlockFields, sum_by
from landsim.market.sites import INDUSTRY, SERVICE, Sites

IND, SERV, INNO, LOG, TOUR = range(5)
SECTORS = ("industry", "service", "innovation", "logistics", "tourism")
# Research land (科研用地) is a part of the class of public services, so innovation uses service premises.
PREMISES = np.array([INDUSTRY, SERVICE, SERVICE, INDUSTRY, SERVICE], dtype=np.int8)
LAND_OF = {SERVICE: Land.URB_SVC, INDUSTRY: Land.URB_IND}

Ids = npt.NDArray[np.int64]
Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]

_Share = Annotated[float, Field(ge=0, le=1)]
_Weight = Annotated[float, Field(ge=0)]
_Positive = Annotated[float, Field(gt=0)]
Shares = tuple[_Share, _Share, _Share, _Share, _Share]
Weights = tuple[_Weight, _Weight, _Weight, _Weight, _Weight]
Positives = tuple[_Positive, _Positive, _Positive, _Positive, _Positive]

_AGGLOMERATION = "elasticities of 0.02 to 0.09 in the literature on agglomeration"
_LEAST_ACCESS = 1e-3


class FirmParams(Params):
    """How firms come, go and choose; fives: industry, service, innovation, logistics, tourism."""

    shares: Shares = param((0.30, 0.50, 0.08, 0.08, 0.04), doc="shares of the firms of the start")
    exit_rate: Shares = param((0.06, 0.08, 0.07, 0.05, 0.08), unit="1/a", doc="chance of closing down")
    growth: tuple[float, float, float, float, float] = param(
        (0.0, 0.02, 0.04, 0.02, 0.03), unit="1/a", doc="growth of the jobs of a sector", lever=True
    )
    move_rate: float = param(0.04, unit="1/a", doc="chance of looking for other premises", ge=0, le=1, free=(0.01, 0.1))
    value_added: float = param(
        150_000.0, unit="CNY/job", doc="gross value added of a job of median productivity",
        source="national value added a worker 2020, rounded up for cities", confidence="M", gt=0,
    )  # fmt: skip
    employment: float = param(0.95, doc="share of workers who have a job at the start", gt=0, le=1)
    in_commuting: float = param(
        0.05, doc="most jobs beyond those that resident workers fill, over the resident workers",
        source="assumed: nearly closed labour market of a whole municipality", ge=0, le=2,
    )  # fmt: skip
    size_spread: float = param(1.0, doc="standard deviation of ln(jobs) of a firm", ge=0, le=2)
    productivity_spread: float = param(0.3, doc="standard deviation of ln(productivity)", ge=0, le=2)
    own: Weights = param((0.04, 0.05, 0.09, 0.02, 0.03), doc="weight of ln(1 + own jobs)", source=_AGGLOMERATION)
    others: Weights = param((0.02, 0.06, 0.07, 0.01, 0.02), doc="weight of ln(1 + jobs near)", source=_AGGLOMERATION)
    labour: Weights = param((0.4, 0.7, 0.8, 0.3, 0.2), doc="weight of ln(access to labour)")
    hub: Weights = param((0.6, 0.4, 0.4, 1.0, 0.6), doc="weight of ln(access to a hub)")
    rent: Positives = param((1.2, 0.7, 0.6, 1.3, 0.8), doc="weight of rent over the reference rent")
    scenery: Weights = param((0.0, 0.0, 0.0, 0.0, 0.8), doc="weight of green surroundings")


class Firm(Member):
    """A firm, or a group of them, standing for as many real ones as the run has to an agent."""

    cell = Column(np.int32, "1", "flat index of the cell of its premises; -1 is without", default=-1, low=-1)
    sector = Column(np.int8, "1", "0 industry, 1 service, 2 innovation, 3 logistics, 4 tourism", low=0, high=4)
    jobs = Column(np.int32, "jobs", "jobs, in workers of household agents", low=0)
    prod = Column(np.float32, "1", "productivity, 1 in the median", default=1.0, low=0)
    age = Column(np.int16, "a", "years since it was founded or the run began", default=0, low=0)

    @rule()
    def premises(self) -> Any:
        """Kind of premises that the sector uses: 0 service, 1 industry."""
        return PREMISES[self.sector]

    @rule()
    def exits(self) -> Any:
        """Whether the firm closes down this year: the rate of its sector against one named draw."""
        return self.draw("firm exit") < np.asarray(self.model.params.firms.exit_rate)[self.sector]

    @rule()
    def relocates(self) -> Any:
        """Whether the firm looks for other premises this year."""
        return self.draw("firm move") < self.model.params.firms.move_rate

    @rule()
    def worth(self) -> Any:
        """Rent, in reference rents, that one unit of utility is worth."""
        return 1.0 / np.asarray(self.model.params.firms.rent)[self.sector]


@dataclass(frozen=True)
class FirmYear:
    """What became of the firms of a year.

    Attributes
    ----------
    sites : Sites
        With the premises held counted again.
    closed : int
        Firms that closed down.
    entered : numpy.ndarray of int64
        Ids of the newly founded.
    moved : numpy.ndarray of int64, shape (m,)
        Ids of those who took other premises, the newly founded among them.
    origin, destination : numpy.ndarray of int32, shape (m,)
        Cells that they left (-1 where they had none) and took.
    queue : dict of Land to numpy.ndarray of int64
        Ids, ascending, of those without premises, by the class of land that would hold them.
    refused : dict of Land to numpy.ndarray of int64
        Ids, ascending, of those who were outbid and stay where they are, likewise.
    """

    sites: Sites
    closed: int
    entered: Ids
    moved: Ids
    origin: Ints
    destination: Ints
    queue: dict[Land, Ids]
    refused: dict[Land, Ids]


def firms_by_sector(count: int, params: FirmParams) -> Ints:
    """Share out the firms of the start among the sectors, int32, shape (5,)."""
    return apportion(params.shares, count)


def firms_by_premises(count: int, params: FirmParams) -> tuple[int, int]:
    """Firms of the start that use service and industrial premises."""
    firms = firms_by_sector(count, params)
    return int(firms[PREMISES == SERVICE].sum()), int(firms[PREMISES == INDUSTRY].sum())


def found_firms(model: Any, sites: Sites, count: int, workers: float) -> Population:
    """Create the firms of the start, dealt by chance over the premises that suit their sectors.

    Parameters
    ----------
    model : mesa.Model
        With ``seed`` and ``params.firms``.
    sites : Sites
        Premises are never exceeded; who finds none has no cell.
    count : int
        Firm agents.
    workers : float
        Workers of all household agents; their employed share is the number of jobs.

    Returns
    -------
    Population
        Of `Firm`.
    """
    params: FirmParams = model.params.firms
    who = np.arange(count)
    sector = np.repeat(np.arange(5, dtype=np.int8), firms_by_sector(count, params))
    luck = uniform(model.seed, "firm deal", 0, who)
    cell = np.full(count, -1, dtype=np.int32)
    for kind in (SERVICE, INDUSTRY):
        users = np.flatnonzero(PREMISES[sector] == kind)
        desks = sites.desks[:, kind]
        housed = min(users.size, int(desks.sum()))
        lucky = users[np.argsort(luck[users], kind="stable")[:housed]]
        cell[lucky] = np.repeat(sites.cell, apportion(desks, housed, desks))
    size, prod = _makings(model.seed, 0, who, params)
    jobs = _deal_jobs(size, round(params.employment * workers))
    return Population.create(model, Firm, count, cell=cell, sector=sector, jobs=jobs, prod=prod)


def _makings(seed: int, year: int, who: Ids, params: FirmParams) -> tuple[npt.NDArray[np.float64], Floats]:
    """Relative size and productivity of new firms, lognormal."""
    size = np.exp(params.size_spread * normal(seed, "firm size", year, who))
    prod = np.exp(params.productivity_spread * normal(seed, "firm productivity", year, who))
    return np.asarray(size), np.asarray(prod, dtype=np.float32)


def _deal_jobs(size: npt.NDArray[np.float64], jobs: int) -> Ints:
    """Share out jobs by size, one at least to each firm if they suffice."""
    each = 1 if jobs >= size.size else 0
    return each + apportion(size, jobs - each * size.size if size.size else 0)


def employment(firms: Population, sites: Sites, n_blocks: int) -> npt.NDArray[np.float64]:
    """Jobs by sector and block, in agents, float64, shape (5, n_blocks); firms without premises count nowhere."""
    block = sites.blocks_of(firms["cell"])
    at = block >= 0
    index = firms["sector"][at].astype(np.int64) * n_blocks + block[at]
    return sum_by(index, firms["jobs"][at], 5 * n_blocks).reshape(5, n_blocks)


def appeal(fields: BlockFields, params: FirmParams) -> Floats:
    """Utility of each block to each sector, but for rent, float32, shape (5, n_blocks)."""
    near = np.log1p(fields.employment)
    everything = np.log1p(fields.employment.sum(axis=0))
    labour = np.log(np.maximum(fields.acc_labour, _LEAST_ACCESS))
    hub = np.log(np.maximum(fields.acc_hub, _LEAST_ACCESS))
    weights = (params.own, params.others, params.labour, params.hub, params.scenery)
    own, others, work, hubs, view = (np.asarray(weight)[:, None] for weight in weights)
    value = own * near + others * everything + work * labour + hubs * hub + view * fields.green
    return np.asarray(value, dtype=np.float32)


def firm_year(firms: Population, sites: Sites, fields: BlockFields, workers: float | None = None) -> FirmYear:
    """Let firms close down, be founded and look for premises.

    Parameters
    ----------
    firms : Population
        Of `Firm`; changed in place.
    sites : Sites
        Premises and prices of the year.
    fields : BlockFields
        What the blocks offer.
    workers : float, optional
        Workers who live in the city, in those of agents; by default their number does not limit the jobs.
    """
    wanted = _jobs_wanted(firms, workers)
    firms.put("age", np.minimum(firms["age"].astype(np.int32) + 1, np.iinfo(np.int16).max))
    closing = firms.map("exits")
    firms.remove(closing)
    entered = _found(firms, wanted)
    return _relocate(firms, sites, fields, int(closing.sum()), entered)


def _jobs_by_sector(firms: Population) -> npt.NDArray[np.int64]:
    return np.bincount(firms["sector"], weights=firms["jobs"], minlength=5).astype(np.int64)


def _jobs_wanted(firms: Population, workers: float | None) -> npt.NDArray[np.int64]:
    """Jobs that each sector is to have: this year's growth, rounded up or down by one named draw.

    Where workers and commuters from outside are too few for all, every sector gets the same share of what it wants.
    """
    model, params = firms.model, firms.model.params.firms
    ideal = _jobs_by_sector(firms) * (1.0 + np.asarray(params.growth))
    if workers is not None:
        ideal *= min(1.0, workers * (1.0 + params.in_commuting) / max(float(ideal.sum()), 1.0))
    return np.asarray(np.floor(ideal + uniform(model.seed, "job demand", model.year, np.arange(5))), dtype=np.int64)


def _found(firms: Population, wanted: npt.NDArray[np.int64]) -> Ids:
    """Found firms until every sector has the jobs that it is to have, about as large as those there are; their ids."""
    gap = np.maximum(wanted - _jobs_by_sector(firms), 0)
    usual = max(float(firms["jobs"].mean()), 1.0) if len(firms) else 1.0
    count = np.where(gap > 0, np.maximum(np.rint(gap / usual), 1), 0).astype(np.int64)
    sector = np.repeat(np.arange(5, dtype=np.int8), count)
    ids = firms.add(sector.size, sector=sector, jobs=0)
    newborn = np.arange(len(firms) - ids.size, len(firms))
    model = firms.model
    size, prod = _makings(model.seed, model.year, ids, model.params.firms)
    jobs = [_deal_jobs(size[sector == s], int(gap[s])) for s in range(5)]
    firms.put("jobs", np.concatenate(jobs), where=newborn)
    firms.put("prod", prod, where=newborn)
    return ids


def _relocate(firms: Population, sites: Sites, fields: BlockFields, closed: int, entered: Ids) -> FirmYear:
    """Let those who look for premises choose, a kind of premises at a time."""
    kind = firms.map("premises")
    sites = sites.with_firms(firms["cell"], kind)
    homeless = sites.rows(firms["cell"]) < 0
    looking = firms.map("relocates") | homeless
    origin = np.where(homeless, -1, firms["cell"])
    ids, cell, queue, refused = firms["unique_id"], origin.copy(), {}, {}
    merit = appeal(fields, firms.model.params.firms)
    for premises, land in LAND_OF.items():
        who = np.flatnonzero(looking & (kind == premises))
        outcome = _seek(firms, ids[who], sites, premises, fields, merit)
        cell[who] = sites.cells_of(outcome.site)
        queue[land], refused[land] = ids[who[outcome.queue]], ids[who[outcome.outbid]]
    firms.put("cell", cell)
    moved = np.flatnonzero(cell != origin)
    held = sites.with_firms(cell, kind)
    return FirmYear(held, closed, entered, ids[moved], origin[moved], cell[moved], queue, refused)


def _seek(firms: Population, ids: Ids, sites: Sites, premises: int, fields: BlockFields, merit: Floats) -> Outcome:
    """Let some firms choose among the vacant premises of one kind."""
    model, market = firms.model, firms.model.params.market
    seekers = firms.with_ids(ids)
    rent = -np.asarray(model.params.firms.rent)
    return choose(
        Movers(
            ident=ids,
            segment=seekers["sector"].astype(np.uint8),
            current=sites.rows(seekers["cell"]),
            centre=np.full(ids.size, -1, dtype=np.int16),
            load=np.ones(ids.size, dtype=np.float32),
            worth=seekers.map("worth"),
        ),
        Menu(sites.vacant_desks[:, premises], sites.price / market.price_level, sites.block, merit, fields.minutes),
        Tastes(cost=rent, minute=np.zeros(5), stay=np.zeros(5)),
        model.params.choice,
        seed=model.seed,
        stream="firm choice",
        year=model.year,
    )
