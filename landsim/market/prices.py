"""Prices of floor space: where they start, how they move with vacancy, and what they leave for the land."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from landsim.core.params import Params, param
from landsim.landscape.legend import Land
from landsim.market.fields import FieldParams, window_sum
from landsim.market.site_kernels import sum_markets
from landsim.market.sites import SiteParams, Sites

Doubles = npt.NDArray[np.float64]

_SITES_A_TIME = 1 << 15


class MarketParams(Params):
    """Formation of prices, cost of building, and the numbers of sites and fields."""

    vacancy: float = param(0.06, doc="natural vacancy of homes, at which prices rest", ge=0, lt=0.5, free=(0.03, 0.15))
    tightness_pull: float = param(0.30, doc="rise of ln(price) a unit of excess occupancy", ge=0, free=(0.1, 0.6))
    expected_pull: float = param(0.10, doc="weight of expected growth in the change of ln(price)", ge=0, lt=1)
    neighbour_pull: float = param(0.10, doc="weight of neighbouring blocks' change of ln(price)", ge=0, lt=1)
    learning: float = param(0.3, doc="share of last year's growth that is expected to go on", ge=0, le=1)
    most_change: float = param(0.15, unit="1/a", doc="largest yearly change of ln(price)", gt=0, le=1)
    most_tightness: float = param(0.5, doc="excess occupancy beyond which prices react no more", gt=0, le=1)
    price_floor: float = param(500.0, unit="CNY/m2", doc="lowest price of floor space", gt=0)
    price_level: float = param(
        9_000.0,
        unit="CNY/m2",
        doc="price of floor space in the centre at the start",
        source="mean price of new commercial housing 2020, rounded",
        confidence="M",
        gt=0,
        free=(3_000.0, 30_000.0),
    )
    gradient: float = param(
        0.015,
        unit="1/min",
        doc="fall of ln(price) a minute from the nearest centre at the start",
        source="slope of the Alonso-Muth bid for 562 CNY/a a minute, 150 000 CNY/a and a housing share of 0.25",
        ge=0,
        le=0.2,
        free=(0.005, 0.05),
    )
    user_cost: float = param(0.045, unit="1/a", doc="yearly cost of using floor space over its price", gt=0, le=0.2)
    sales_tax: float = param(0.12, doc="taxes and costs of selling over the price", ge=0, lt=1, lever=True)
    build_cost: float = param(3_000.0, unit="CNY/m2", doc="cost of building at a floor-area ratio of 1", ge=0)
    build_rise: float = param(0.05, doc="relative rise of that cost a unit of floor-area ratio", ge=0)
    margin: float = param(0.10, doc="profit of the developer over the cost of building", ge=0)
    far_max: float = param(
        3.0, doc="largest floor-area ratio permitted on new urban land for homes and services", gt=0, le=20, lever=True
    )
    far_min: float = param(
        1.0, doc="smallest floor-area ratio permitted there, or `far_max` where that is smaller",
        source="Guotuzifa 151/2010 for housing (国土资发〔2010〕151号)", confidence="M", gt=0, le=20,
    )  # fmt: skip
    sites: SiteParams = SiteParams()
    fields: FieldParams = FieldParams()


def initial_price(minutes: npt.ArrayLike, params: MarketParams) -> npt.NDArray[np.float32]:
    """Hedonic price at the start, ``price_level * exp(-gradient * minutes to the nearest centre)``, CNY/m2."""
    price = params.price_level * np.exp(-params.gradient * np.asarray(minutes, dtype=np.float64))
    return np.maximum(price, params.price_floor).astype(np.float32)


def price_change(
    occupancy: npt.ArrayLike, trend: npt.ArrayLike, neighbours: npt.ArrayLike, params: MarketParams
) -> Doubles:
    """Change of ln(price) in a year.

    Parameters
    ----------
    occupancy : array_like
        Share of the places that are taken.
    trend, neighbours : array_like
        Last year's change of ln(price), here and in the mean of the neighbouring blocks.

    Examples
    --------
    >>> float(price_change(0.94, 0.0, 0.0, MarketParams()))
    0.0
    """
    full = 1.0 - params.vacancy
    tightness = np.clip(np.asarray(occupancy) - full, -params.most_tightness, params.most_tightness)
    expected = params.learning * np.asarray(trend)
    change = params.tightness_pull * tightness + params.expected_pull * expected
    change = change + params.neighbour_pull * np.asarray(neighbours)
    return np.asarray(np.clip(change, -params.most_change, params.most_change))


def update_prices(sites: Sites, shape: tuple[int, int], params: MarketParams) -> Sites:
    """Let prices answer to this year's occupancy.

    Villages and town of a block are two markets: a site's own few places would make occupancy a coin toss.

    Parameters
    ----------
    sites : Sites
        With this year's `lived` and `held`.
    shape : tuple of int
        Rows and columns of blocks.
    params : MarketParams
        Pulls, bounds and floor.

    Returns
    -------
    Sites
        With new `price` and `trend`.
    """
    size = shape[0] * shape[1]
    market = sites.block + np.int32(size) * (sites.land == Land.RURAL)
    sums, total = np.zeros((2 * size, 5), dtype=np.int64), np.zeros(2 * size)
    sum_markets(market, sites.homes, sites.lived, sites.desks, sites.held, sites.trend, sums, total)
    count = sums[:, 0].astype(np.float64)
    around = _neighbour_mean(total.reshape(2, size), count.reshape(2, size), shape).reshape(-1)
    occupancy = _occupancy(sums, params)
    price, trend = np.empty_like(sites.price), np.empty_like(sites.trend)
    for first in range(0, len(sites), _SITES_A_TIME):  # what is worked out of so many stays in the cache
        rows = slice(first, first + _SITES_A_TIME)
        old, here = sites.price[rows].astype(np.float64), market[rows]
        change = price_change(occupancy[here], sites.trend[rows].astype(np.float64), around[here], params)
        new = np.maximum(old * np.exp(change), params.price_floor)
        price[rows], trend[rows] = new, np.log(new / old)
    return replace(sites, price=price, trend=trend)


def _occupancy(sums: npt.NDArray[np.int64], params: MarketParams) -> Doubles:
    """Share of homes lived in by market; where it has none of business premises held; else the one of rest."""
    homes, lived, desks, held = sums.T[1:]
    places, taken = np.where(homes > 0, homes, desks), np.where(homes > 0, lived, held)
    at_rest = np.full(homes.size, 1.0 - params.vacancy)
    return np.asarray(np.divide(taken, places, out=at_rest, where=places > 0))


def _neighbour_mean(total: Doubles, count: Doubles, shape: tuple[int, int]) -> Doubles:
    """Mean over the sites of the eight blocks around each; 0 where they have none."""
    sums, sites = (window_sum(values, shape, 1) - values for values in (total, count))
    return np.asarray(np.divide(sums, sites, out=np.zeros_like(sums), where=sites > 0.5))


def residual_land_value(price: npt.ArrayLike, far: npt.ArrayLike, params: MarketParams) -> Doubles:
    """What building at a floor-area ratio leaves for a square metre of land, CNY/m2.

    ``F (p (1 - tax) - c(F) (1 + margin))`` with ``c(F) = build_cost (1 + build_rise (F - 1))``.

    Examples
    --------
    >>> [round(float(residual_land_value(9000, far, MarketParams()))) for far in (1, 2, 3)]
    [4620, 8910, 12870]
    """
    ratio = np.asarray(far, dtype=np.float64)
    cost = params.build_cost * (1.0 + params.build_rise * (ratio - 1.0)) * (1.0 + params.margin)
    return np.asarray(ratio * (np.asarray(price, dtype=np.float64) * (1.0 - params.sales_tax) - cost))


def best_far(price: npt.ArrayLike, params: MarketParams) -> Doubles:
    """Floor-area ratio, of those between `far_min` and `far_max`, that leaves most for the land."""
    revenue = np.asarray(price, dtype=np.float64) * (1.0 - params.sales_tax)
    cost = params.build_cost * (1.0 + params.margin)
    rise = 2.0 * cost * params.build_rise
    gain = revenue - cost * (1.0 - params.build_rise)
    least = min(params.far_min, params.far_max)
    if rise == 0.0:
        return np.where(gain > 0, params.far_max, least)
    return np.asarray(np.clip(gain / rise, least, params.far_max))


def built_far(price: npt.ArrayLike, land: npt.ArrayLike, params: MarketParams) -> Doubles:
    """Floor-area ratio at which new land is built and priced: the best one, but for industry and villages their usual.

    Parameters
    ----------
    price : array_like
        Price of floor space, CNY/m2.
    land : array_like of int, of the shape of `price`
        Model class.

    Examples
    --------
    >>> built_far(9000.0, [Land.URB_RES, Land.URB_IND, Land.RURAL], MarketParams()).tolist()
    [3.0, 0.8, 0.4]
    """
    usual = np.zeros(16)
    usual[Land.URB_IND], usual[Land.RURAL] = params.sites.industry_far, params.sites.rural_far
    fixed = usual[np.asarray(land)]
    return np.where(fixed > 0, fixed, best_far(price, params))


def stacking(price: npt.ArrayLike, land: npt.ArrayLike, params: MarketParams) -> Doubles:
    """Floor space of a new cell over that of a mean cell of its class at the start; arguments as for `built_far`.

    Examples
    --------
    >>> stacking(9000.0, [Land.URB_RES, Land.URB_IND], MarketParams()).tolist()
    [2.0, 1.0]
    """
    start = np.ones(16)
    start[Land.URB_RES], start[Land.URB_SVC] = params.sites.urban_far, params.sites.service_far
    start[Land.URB_IND], start[Land.RURAL] = params.sites.industry_far, params.sites.rural_far
    return np.asarray(built_far(price, land, params) / start[np.asarray(land)])


def land_value(price: npt.ArrayLike, params: MarketParams, usual: npt.ArrayLike = False) -> Doubles:
    """Residual value of land for homes at the best floor-area ratio, CNY/m2, never negative.

    Parameters
    ----------
    price : array_like
        Price of floor space, CNY/m2.
    usual : array_like of bool, shape () or that of `price`
        Whether the ratio is that of homes at the start instead.
    """
    far = np.where(usual, params.sites.urban_far, best_far(price, params))
    return np.maximum(residual_land_value(price, far, params), 0.0)
