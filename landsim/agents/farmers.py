"""Farm operators: grain, cash crop, lease or abandonment of each block of a holding, by net return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.agents.farmland import Farmland, deal_blocks
from landsim.agents.population import Column, Member, Population, rule
from landsim.core.draws import normal, uniform
from landsim.core.params import Params, param
from landsim.core.quantity import Quantity
from landsim.landscape.landscape import GRADE_SOURCE, MEAN_GRADE
from landsim.landscape.legend import Land

SMALLHOLDER, SCALED = 0, 1
GRAIN, CASH, LEASE, ABANDON = 0, 1, 2, 3

_QUALITY = Quantity("quality", "float32", "grade", "mean quality of the block, 1 best .. 10 worst", 1, 10)
_SLOPE = Quantity("slope", "float32", "deg", "mean slope of the block", 0, 45)
_MINUTES = Quantity("minutes", "float32", "min", "travel time to the nearest town", 0, 600)
_FRAG = Quantity("frag", "float32", "1", "fragmentation of the block", 0, 1)
_LEASED = Quantity("leased", "bool", "1", "arable land of the block is leased out", 0, 1)
_PLOT = Quantity("plot", "float32", "ha", "smallest plot that can be planted", 0, 25)
_FREE = Quantity("free", "bool", "1", "the block has tilled land outside permanent basic farmland", 0, 1)
_TILLED = Quantity("tilled", "float32", "ha", "arable land of the block that is not fallow", 0, 100)
_ORCHARD = Quantity("orchard", "float32", "ha", "land of the block under other agriculture", 0, 100)


class FarmParams(Params):
    """Numbers of farm returns and of the operators' yearly choice."""

    grain_price: float = param(2.6, unit="CNY/kg", doc="farm-gate price of grain", confidence="M", gt=0, lever=True)
    grain_cost: float = param(11_000.0, unit="CNY/ha", doc="yearly cost of growing grain", confidence="M", ge=0)
    subsidy: float = param(1_500.0, unit="CNY/ha", doc="yearly grain subsidy", confidence="M", ge=0, lever=True)
    best_yield: float = param(9_000.0, unit="kg/ha", doc="yearly yield of grade 1, double or mixed cropping", gt=0)
    yield_drop: float = param(0.06, doc="loss of yield a grade, as a share of the best", ge=0, le=0.11)
    yield_scale: float = param(1.0, doc="yield of the place against the national curve", gt=0, free=(0.6, 1.4))
    unknown_quality: float = param(
        MEAN_GRADE, unit="grade", doc="grade where none is known", source=GRADE_SOURCE, confidence="H", ge=1, le=10
    )
    slope_cost: float = param(150.0, unit="CNY/ha/deg", doc="extra cost of a degree of slope", ge=0, free=(0.0, 500.0))
    travel_cost: float = param(20.0, unit="CNY/ha/min", doc="extra cost of a minute to town", ge=0, free=(0.0, 100.0))
    labour: float = param(15.0, unit="d/ha", doc="days a year that grain keeps from work outside", ge=0)
    scaled_labour: float = param(0.4, doc="labour of a scaled operator, as a share of a smallholder's", ge=0, le=1)
    freed: float = param(0.3, doc="share of freed days that find work outside", ge=0, le=1)
    cash_ratio: float = param(2.2, doc="gross return of cash crops over the return of grain", ge=0)
    cash_cost: float = param(6_000.0, unit="CNY/ha", doc="yearly cost of cash crops beyond grain", gt=0)
    cash_risk: float = param(0.3, doc="spread of cash-crop returns that a wholly averse operator discounts", ge=0, le=1)
    cash_permitted: bool = param(True, doc="arable land may be turned over to cash crops", lever=True)
    lease_share: float = param(
        0.35,
        doc="rent paid by a scaled operator, as a share of the grain revenue",
        source="reported rents of 7 500 to 10 500 CNY/ha",
        confidence="M",
        ge=0,
        le=1,
    )
    sensitivity: float = param(0.5, unit="ha/kCNY", doc="weight of 1 000 CNY/ha in the choice", gt=0, free=(0.1, 2.0))
    inertia: float = param(7.0, doc="pull of the present use in the choice", ge=0, free=(2.0, 8.0))
    plot_share: float = param(0.34, doc="share of a block that one decision covers", gt=0, le=1)
    scaled_share: float = param(0.05, doc="share of scaled operators (规模经营主体) at the start", ge=0, le=1)
    wage: float = param(100.0, unit="CNY/d", doc="median day wage outside farming", gt=0)
    wage_spread: float = param(0.3, doc="standard deviation of the log wage", ge=0)
    capital: float = param(15_000.0, unit="CNY", doc="median own means at the start", ge=0)
    saving: float = param(0.1, doc="share of the income that is put by", ge=0, le=1)
    upkeep: float = param(0.2, unit="1/a", doc="share of the means that is used up", ge=0, le=1)
    given_up_after: int = param(5, unit="a", doc="years of fallow until it goes wild", ge=1)
    keep_fallow: bool = param(False, doc="fallow land stays arable for good", lever=True)


def grain_yield(params: FarmParams, quality: npt.ArrayLike) -> Any:
    """Grain yield by quality grade, kg/ha: best * scale * (1 - drop * (grade - 1))."""
    grade = np.asarray(quality, dtype=np.float64)
    return params.best_yield * params.yield_scale * (1.0 - params.yield_drop * (grade - 1.0))


def grain_return(
    params: FarmParams,
    harvest: npt.ArrayLike,
    slope: npt.ArrayLike = 0.0,
    minutes: npt.ArrayLike = 0.0,
    labour_cost: npt.ArrayLike = 0.0,
) -> Any:
    """Net return of grain, CNY/ha a year: price * yield - costs of growing, slope, travel and labour + subsidy.

    Parameters
    ----------
    params : FarmParams
        Prices and costs.
    harvest, slope, minutes, labour_cost : array_like of float, shape (...)
        Yield (kg/ha), slope (deg), minutes to town, and the wage forgone (CNY/ha).

    Examples
    --------
    >>> float(grain_return(FarmParams(), 6000))
    6100.0
    """
    revenue = params.grain_price * np.asarray(harvest, dtype=np.float64)
    hardship = params.slope_cost * np.asarray(slope) + params.travel_cost * np.asarray(minutes)
    return revenue - params.grain_cost - hardship - np.asarray(labour_cost) + params.subsidy


class Farmer(Member):
    """One farm operator, who works the farmland of some blocks."""

    town = Column(np.int16, "1", "town or district of the holding", low=0)
    kind = Column(np.int8, "1", "0 small household, 1 scaled operator", default=SMALLHOLDER, low=0, high=1)
    capital = Column(np.float32, "CNY", "own means that can be put into the land", low=0, high=1e7)
    wage = Column(np.float32, "CNY/d", "day wage that the operator could earn outside", low=0, high=1000)
    risk = Column(np.float32, "1", "aversion to risk", low=0, high=1)
    attach = Column(np.float32, "1", "attachment to farming", low=0, high=1)

    @rule(quality=_QUALITY, slope=_SLOPE, minutes=_MINUTES, frag=_FRAG, leased=_LEASED, plot=_PLOT, free=_FREE)
    def tends_arable(self, quality: Any, slope: Any, minutes: Any, frag: Any, leased: Any, plot: Any, free: Any) -> Any:
        """What the operator does with a plot of tilled land: grain 0, cash crop 1, lease 2, abandonment 3."""
        params = self.model.params.farms
        able = free & params.cash_permitted & (self.capital >= params.cash_cost * plot)
        current = np.where(leased, LEASE, GRAIN)
        return self._choose("arable", current, able, self._returns(quality, slope, minutes, frag))

    @rule(quality=_QUALITY, slope=_SLOPE, minutes=_MINUTES, frag=_FRAG)
    def tends_orchard(self, quality: Any, slope: Any, minutes: Any, frag: Any) -> Any:
        """What the operator does with a plot under cash crops; codes as in `tends_arable`."""
        present = np.full(len(quality), CASH)
        return self._choose("orchard", present, present == CASH, self._returns(quality, slope, minutes, frag))

    @rule(quality=_QUALITY, slope=_SLOPE, minutes=_MINUTES, frag=_FRAG)
    def tends_fallow(self, quality: Any, slope: Any, minutes: Any, frag: Any) -> Any:
        """What the operator does with a plot that lies fallow; codes as in `tends_arable`, cash crops never."""
        present = np.full(len(quality), ABANDON)
        return self._choose("fallow", present, present == CASH, self._returns(quality, slope, minutes, frag))

    @rule(
        quality=_QUALITY, slope=_SLOPE, minutes=_MINUTES, frag=_FRAG, leased=_LEASED, tilled=_TILLED, orchard=_ORCHARD
    )
    def earns(self, quality: Any, slope: Any, minutes: Any, frag: Any, leased: Any, tilled: Any, orchard: Any) -> Any:
        """Income of a block in the year, CNY."""
        grain, cash, lease, _ = self._returns(quality, slope, minutes, frag)
        return tilled * np.where(leased, lease, grain) + orchard * cash

    @rule(income=Quantity("income", "float64", "CNY/a", "farm income of the year", -1e6, 1e7))
    def means_left(self, income: Any) -> Any:
        """Own means after the year: what is kept of the old, and savings out of the income."""
        params = self.model.params.farms
        return np.maximum((1.0 - params.upkeep) * self.capital + params.saving * income, 0.0)

    def _returns(self, quality: Any, slope: Any, minutes: Any, frag: Any) -> tuple[Any, Any, Any, Any]:
        """Net returns of grain, cash crop, lease and abandonment, CNY/ha a year."""
        params = self.model.params.farms
        days = params.labour * np.where(self.kind == SCALED, params.scaled_labour, 1.0)
        harvest = grain_yield(params, quality)
        grain = grain_return(params, harvest, slope, minutes, days * self.wage)
        cash = params.cash_ratio * np.maximum(grain, 0.0) - params.cash_cost
        lease = params.lease_share * params.grain_price * harvest * (1.0 - frag)
        return grain, cash, lease, params.freed * days * self.wage

    def _choose(self, stream: str, current: Any, cash_able: Any, returns: tuple[Any, Any, Any, Any]) -> Any:
        """Draw an option from a logit of returns, inertia and attachment, by one named draw an operator and year.

        One draw serves all blocks of a holding, so that the least rewarding are given up first.
        """
        params = self.model.params.farms
        grain, cash, lease, idle = returns
        feared = params.cash_risk * self.risk * (cash + params.cash_cost)
        worth = params.sensitivity / 1000.0 * np.stack([grain, cash - feared, lease, idle], axis=-1)
        worth += params.inertia * (np.arange(4) == current[:, None])
        worth[:, :LEASE] += self.attach[:, None]
        worth[~cash_able, CASH] = -np.inf
        worth[(self.kind == SCALED) & (current != LEASE), LEASE] = -np.inf
        odds = np.cumsum(np.exp(worth - worth.max(axis=1, keepdims=True)), axis=1)
        return (self.draw(stream)[:, None] * odds[:, -1:] > odds[:, :-1]).sum(axis=1)


@dataclass(frozen=True)
class FarmYear:
    """What the farm operators ask of the land in one year, and how they fared.

    Attributes
    ----------
    operator : numpy.ndarray of int64, shape (n,)
        Unique id of who asks.
    block : numpy.ndarray of int64, shape (n,)
        Flat block index; ascending within each pair of classes.
    cells : numpy.ndarray of int32, shape (n,)
        Cells asked for, at least 1.
    source, target : numpy.ndarray of uint8, shape (n,)
        Model classes: arable to other agriculture (cash crops), other agriculture to arable (back to grain), arable
        to grass or unused (given up).
    income : float
        Farm income of all operators, CNY.
    fallow : int
        Cells that lie fallow.
    """

    operator: npt.NDArray[np.int64]
    block: npt.NDArray[np.int64]
    cells: npt.NDArray[np.int32]
    source: npt.NDArray[np.uint8]
    target: npt.NDArray[np.uint8]
    income: float
    fallow: int


def place_farmers(model: Any, farmland: Farmland, columns: int, count: int) -> Population:
    """Create the farm operators and give each a compact holding; `farmland.operator` names them.

    Parameters
    ----------
    model : LandModel
        With ``seed`` and ``params.farms``.
    farmland : Farmland
        From `survey`; operators are dealt to its towns in proportion to farmland.
    columns : int
        Blocks along a row.
    count : int
        Operators wanted; at most one a block with farmland is created.
    """
    params: FarmParams = model.params.farms
    holding = deal_blocks(farmland.arable + farmland.other_ag, farmland.town, columns, count)
    held = np.flatnonzero(holding >= 0)
    who, first = np.unique(holding[held], return_index=True)
    farmers = Population.create(
        model,
        Farmer,
        who.size,
        town=farmland.town[held[first]],
        kind=(uniform(model.seed, "farm kind", 0, who) < params.scaled_share).astype(np.int8),
        capital=params.capital * np.exp(0.5 * normal(model.seed, "farm capital", 0, who)),
        wage=params.wage * np.exp(params.wage_spread * normal(model.seed, "farm wage", 0, who)),
        risk=uniform(model.seed, "farm risk", 0, who),
        attach=uniform(model.seed, "farm attachment", 0, who),
    )
    farmland.operator[held] = farmers["unique_id"][holding[held]]
    return farmers


def farm_year(farmers: Population, farmland: Farmland, cell_area_ha: float, wild: Land = Land.GRASS) -> FarmYear:
    """Let every operator decide on each block; fallow, leases and means change here, land only by request.

    Parameters
    ----------
    farmers : Population
        Of `Farmer`.
    farmland : Farmland
        With this year's counts (`Farmland.recount`); its fallow, clock and leases are updated in place.
    cell_area_ha : float
        Area of a cell, ha.
    wild : Land
        Class that land given up is asked to become, grass or unused.

    Returns
    -------
    FarmYear
        Requests for the land-change engine; call `Farmland.give_up` with what was granted of the last kind.
    """
    params: FarmParams = farmers.model.params.farms
    blocks = farmland.worked
    holders = farmers.with_ids(farmland.operator[blocks])
    land = _traits(farmland, blocks)
    to_cash = _tend_arable(params, farmland, blocks, holders, land, cell_area_ha)
    to_grain = _tend_orchards(params, farmland, blocks, holders, land)
    _tick(farmland)
    to_wild = _given_up(params, farmland, blocks)
    income = _earn(farmers, farmland, blocks, holders, land, cell_area_ha)
    operator = farmland.operator[blocks]
    asked = [
        (to_cash, Land.ARABLE, Land.OTHER_AG),
        (to_grain, Land.OTHER_AG, Land.ARABLE),
        (to_wild, Land.ARABLE, wild),
    ]
    return FarmYear(
        operator=np.concatenate([operator[cells > 0] for cells, _, _ in asked]),
        block=np.concatenate([blocks[cells > 0] for cells, _, _ in asked]),
        cells=np.concatenate([cells[cells > 0] for cells, _, _ in asked]),
        source=np.concatenate([np.full(np.count_nonzero(cells), old, np.uint8) for cells, old, _ in asked]),
        target=np.concatenate([np.full(np.count_nonzero(cells), new, np.uint8) for cells, _, new in asked]),
        income=income,
        fallow=int(farmland.fallow.sum()),
    )


def income_of(farmers: Population, farmland: Farmland, cell_area_ha: float) -> float:
    """Income that the farmland brings all operators in a year as it is now, CNY; nothing is decided or booked."""
    blocks = farmland.worked
    holders = farmers.with_ids(farmland.operator[blocks])
    return float(_earned(farmland, blocks, holders, _traits(farmland, blocks), cell_area_ha).sum())


def _traits(farmland: Farmland, blocks: npt.NDArray[np.int64]) -> dict[str, npt.NDArray[Any]]:
    """What the rules read of the land of some blocks."""
    return {name: getattr(farmland, name)[blocks] for name in ("quality", "slope", "minutes", "frag")}


def _plot(params: FarmParams, cells: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Cells that one decision covers: a share of what there is, rounded up."""
    share: npt.NDArray[np.float64] = np.ceil(params.plot_share * cells)
    return share.astype(np.int32)


def _tend_arable(
    params: FarmParams,
    farmland: Farmland,
    blocks: npt.NDArray[np.int64],
    holders: Population,
    land: dict[str, npt.NDArray[Any]],
    cell_area_ha: float,
) -> npt.NDArray[np.int32]:
    """Decide on tilled and on fallow land; returns the cells that shall bear cash crops."""
    fallow = farmland.fallow[blocks]
    tilled = farmland.arable[blocks] - fallow
    open_cells = np.maximum(tilled - farmland.protected[blocks], 0)
    plot = _plot(params, tilled)
    choice = holders.map("tends_arable", **land, leased=farmland.leased[blocks], plot=cell_area_ha, free=open_cells > 0)
    again = holders.map("tends_fallow", **land)
    lost = np.where(choice == ABANDON, plot, 0)
    back = np.where(again != ABANDON, _plot(params, fallow), 0)
    farmland.fallow[blocks] = fallow + lost - back
    farmland.leased[blocks] = np.where(choice == ABANDON, farmland.leased[blocks], choice == LEASE)
    payable = holders["capital"] // (params.cash_cost * cell_area_ha)
    return np.where(choice == CASH, np.minimum(np.minimum(plot, open_cells), payable), 0).astype(np.int32)


def _tend_orchards(
    params: FarmParams,
    farmland: Farmland,
    blocks: npt.NDArray[np.int64],
    holders: Population,
    land: dict[str, npt.NDArray[Any]],
) -> npt.NDArray[np.int32]:
    """Decide on other agriculture; returns the cells that shall be arable again.  A left orchard stays one."""
    choice = holders.map("tends_orchard", **land)
    back = (choice == GRAIN) | (choice == LEASE)
    return np.where(back, _plot(params, farmland.other_ag[blocks]), 0).astype(np.int32)


def _tick(farmland: Farmland) -> None:
    """Let the fallow clocks run where land lies fallow, and set the others back."""
    later = np.minimum(farmland.clock.astype(np.int64) + 1, 255)
    farmland.clock[:] = np.where(farmland.fallow > 0, later, 0)


def _given_up(params: FarmParams, farmland: Farmland, blocks: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    """Fallow cells that go wild; inside permanent basic farmland they stay recorded as fallow."""
    if params.keep_fallow:
        return np.zeros(blocks.size, dtype=np.int32)
    free = np.minimum(farmland.fallow, farmland.arable - farmland.protected)[blocks]
    return np.where(farmland.clock[blocks] >= params.given_up_after, free, 0).astype(np.int32)


def _earn(
    farmers: Population,
    farmland: Farmland,
    blocks: npt.NDArray[np.int64],
    holders: Population,
    land: dict[str, npt.NDArray[Any]],
    cell_area_ha: float,
) -> float:
    """Book the year's income of every block with its operator; returns the sum, CNY."""
    earned = _earned(farmland, blocks, holders, land, cell_area_ha)
    row = np.searchsorted(farmers["unique_id"], farmland.operator[blocks])
    income = np.bincount(row, earned, minlength=len(farmers))
    farmers.put("capital", farmers.map("means_left", income=income))
    return float(earned.sum())


def _earned(
    farmland: Farmland,
    blocks: npt.NDArray[np.int64],
    holders: Population,
    land: dict[str, npt.NDArray[Any]],
    cell_area_ha: float,
) -> npt.NDArray[np.float64]:
    """Income of each block in a year, CNY, float64, shape (n_blocks,)."""
    tilled = (farmland.arable - farmland.fallow)[blocks] * cell_area_ha
    orchard = farmland.other_ag[blocks] * cell_area_ha
    leased = farmland.leased[blocks]
    return np.asarray(holders.map("earns", **land, leased=leased, tilled=tilled, orchard=orchard))
