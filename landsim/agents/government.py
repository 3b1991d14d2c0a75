"""Governments: the five levels of the planning tree, the quotas they hand down and the purse of the city."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import mesa
import numpy as np
import numpy.typing as npt

from landsim.core.params import Params, param
from landsim.policy.handdown import hand_down_caps

NATION, PROVINCE, CITY, COUNTY, TOWNSHIP = 1, 2, 3, 4, 5
LEVEL_NAMES = {NATION: "nation", PROVINCE: "province", CITY: "city", COUNTY: "county", TOWNSHIP: "town"}


class GovernmentParams(Params):
    """Numbers of the city's purse, of reclamation and of public facilities."""

    tax: float = param(0.08, doc="city tax a yuan of value added", ge=0, le=1, confidence="L")
    running_share: float = param(
        1.0, doc="share of the taxes of a year that the running of the city takes; works are paid from land",
        source="land finance practice: the general budget pays for services, land revenue for building",
        confidence="L", ge=0, le=2,
    )  # fmt: skip
    land_revenue_share: float = param(
        0.75,
        doc="city share of land revenue after compensation",
        source="land finance practice",
        confidence="M",
        ge=0,
        le=1,
        lever=True,
    )
    fund_share: float = param(
        0.10,
        doc="part of net land revenue put into farmland and water funds",
        source="land finance practice",
        confidence="M",
        ge=0,
        le=1,
    )
    debt_limit: float = param(1.0, doc="debt that a city may owe, in years of revenue", ge=0, lever=True)
    interest: float = param(0.04, unit="1/a", doc="interest on the debt of the city", ge=0, le=1)
    repayment: float = param(0.2, doc="share of a surplus that pays back debt", ge=0, le=1)
    reclaim_slope: float = param(
        15.0,
        unit="deg",
        doc="steepest land that is reclaimed as arable",
        source="occupation-compensation balance practice",
        confidence="M",
        ge=0,
        le=25,
        lever=True,
    )
    reclaim_cost_rural: float = param(
        450_000.0, unit="CNY/ha", doc="cost of turning a vacated settlement into arable land", confidence="L", gt=0
    )
    reclaim_cost_open: float = param(
        90_000.0, unit="CNY/ha", doc="cost of turning grass or unused land into arable land", confidence="L", gt=0
    )
    reclaim_slope_cost: float = param(0.04, unit="1/deg", doc="extra cost a degree of slope", ge=0)
    credit_value: float = param(
        4_500_000.0,
        unit="CNY/ha",
        doc="value of a balance credit (300 000 CNY/mu)",
        source="cross-county transfer price",
        confidence="L",
        ge=0,
        lever=True,
    )
    reclaim_share: float = param(
        0.05, doc="share of the city's purse that may be spent on reclamation in a year", ge=0, le=1, lever=True
    )
    coordination: float = param(
        0.5,
        doc="weight of plan priority against market bids in the release of land (lambda_gov)",
        ge=0,
        le=1,
        lever=True,
        free=(0.0, 1.0),
    )
    facility_cost: float = param(20_000_000.0, unit="CNY", doc="cost of a community facility", confidence="L", gt=0)
    facility_jobs: float = param(60.0, unit="jobs", doc="service jobs that a community facility stands for", gt=0)
    works_share: float = param(
        0.10, doc="share of the city's purse that may be spent on facilities in a year", ge=0, le=1, lever=True
    )
    persons_per_clinic: float = param(
        10_000.0, unit="persons", doc="residents a community facility", confidence="M", gt=0
    )
    facility_reach: float = param(
        1_000.0,
        unit="m",
        doc="distance of a 15-minute walk to community services",
        source="15-minute community life circle",
        confidence="M",
        gt=0,
        lever=True,
    )

    def facilities_wanted(self, persons: float) -> int:
        """Count the community facilities that a population is entitled to, whole ones only."""
        return int(persons // self.persons_per_clinic)


class Government(mesa.Agent):  # type: ignore[misc]
    """One government of the five levels (五级): nation, province, city, county or township.

    Attributes
    ----------
    level : int
        1 nation, 2 province, 3 city, 4 county, 5 township.
    name : str
        As given, or the level with the id of the jurisdiction.
    parent : Government or None
        The level above.
    children : list of Government
        The level below, ascending by jurisdiction.
    area : int
        District id of a county, town id of a township, else 0.
    quota, used : int
        Cells of construction land granted for the year, and spent.
    budget, debt : float
        Purse and what is owed, CNY.
    """

    def __init__(self, model: Any, level: int, name: str, parent: Government | None = None, area: int = 0) -> None:
        super().__init__(model)
        self.level = level
        self.name = name
        self.parent = parent
        self.children: list[Government] = []
        self.area = area
        self.quota = 0
        self.used = 0
        self.budget = 0.0
        self.debt = 0.0
        if parent is not None:
            parent.children.append(self)

    def hand_down(self, cells: int, weights: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Grant `cells` of quota to the level below by largest remainder; a new quota starts unspent.

        Parameters
        ----------
        cells : int
            Quota of this government, cells.
        weights : array_like of float, shape (n_children,)
            Claims of the children, not negative, e.g. from `policy.handdown.construction_weights`.

        Returns
        -------
        numpy.ndarray of int64, shape (n_children,)
            Quotas of the children; their sum is `cells` exactly.
        """
        shares = hand_down_caps(cells, weights)
        self.quota, self.used = cells, 0
        for child, share in zip(self.children, shares.tolist(), strict=True):
            child.quota, child.used = share, 0
        return shares

    def spend(self, cells: int) -> None:
        """Book `cells` of quota as used, here and at every level above.

        Raises
        ------
        ValueError
            If this government has less left.
        """
        if cells > self.quota - self.used:
            raise ValueError(f"{self.name}: {cells} cells asked, {self.quota - self.used} left of the quota")
        office: Government | None = self
        while office is not None:
            office.used += cells
            office = office.parent

    def close_year(self, book: CityBook) -> None:
        """Take over the closing budget and debt of a year's book."""
        self.budget, self.debt = float(book.closing), float(book.debt)


@dataclass(frozen=True)
class GovernmentTree:
    """The planning tree of one city.

    Attributes
    ----------
    nation, province, city : Government
        One of each.
    counties, townships : tuple of Government
        Ascending by jurisdiction id.
    """

    nation: Government
    province: Government
    city: Government
    counties: tuple[Government, ...]
    townships: tuple[Government, ...]

    def __iter__(self) -> Iterator[Government]:
        yield from (self.nation, self.province, self.city, *self.counties, *self.townships)

    def hand_down(self, cells: int, weights: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Pass a city quota down to the counties; int64 cells of shape (n_counties,), summing to `cells`."""
        self.nation.quota = self.province.quota = cells
        self.nation.used = self.province.used = 0
        return self.city.hand_down(cells, weights)

    def county(self, districts: npt.ArrayLike) -> Any:
        """Name the government that grants permits in a district.

        Parameters
        ----------
        districts : int or array_like of int, shape (...)
            District ids; a district without a county is governed by the city itself.

        Returns
        -------
        int or numpy.ndarray of int64, shape (...)
            Unique ids of the governments.
        """
        known = np.array([office.area for office in self.counties], dtype=np.int64)
        ids = np.array([office.unique_id for office in self.counties], dtype=np.int64)
        asked = np.asarray(districts, dtype=np.int64)
        row = np.minimum(np.searchsorted(known, asked), known.size - 1)
        found = np.where(known[row] == asked, ids[row], self.city.unique_id)
        return int(found) if asked.ndim == 0 else found

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Quotas, spending, budgets and debts in the order of the tree, for a checkpoint."""
        return {
            name: np.array([getattr(office, name) for office in self], dtype=dtype) for name, dtype in _STATE.items()
        }

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Take back what `state` gave."""
        for name in _STATE:
            for office, value in zip(self, state[name].tolist(), strict=True):
                setattr(office, name, value)


_STATE = {"quota": np.int64, "used": np.int64, "budget": np.float64, "debt": np.float64}


def tree(
    model: Any,
    districts: npt.ArrayLike,
    towns: npt.ArrayLike = (),
    town_district: npt.ArrayLike = (),
    names: Mapping[str, str] | None = None,
) -> GovernmentTree:
    """Set up the governments of a city.

    Parameters
    ----------
    model : mesa.Model
        Where the agents register.
    districts : array_like of int, shape (n,)
        District ids that occur; 0 (no district) is left out, and an empty list gives one county with id 0.
    towns, town_district : array_like of int, shape (m,)
        Town ids that occur and the district that each lies in; a town elsewhere answers to the city.
    names : mapping of str to str, optional
        Names for ``"nation", "province", "city", "county 3", "town 12"``.

    Returns
    -------
    GovernmentTree
        Agents created in the order nation, province, city, counties, townships.
    """
    called = dict(names or {})

    def found(level: int, parent: Government | None, area: int = 0) -> Government:
        key = LEVEL_NAMES[level] + (f" {area}" if level >= COUNTY else "")
        return Government(model, level, called.get(key, key), parent, area)

    nation = found(NATION, None)
    province = found(PROVINCE, nation)
    city = found(CITY, province)
    areas = np.unique(np.asarray(districts, dtype=np.int64))
    areas = areas[areas > 0] if np.any(areas > 0) else np.zeros(1, dtype=np.int64)
    counties = {area: found(COUNTY, city, area) for area in areas.tolist()}
    offices = list(city.children)
    homes = dict(zip(np.asarray(towns).tolist(), np.asarray(town_district).tolist(), strict=True))
    townships = [found(TOWNSHIP, counties.get(homes[town], city), town) for town in sorted(homes) if town > 0]
    city.children = offices  # the city hands quotas to counties only, also where a town answers to it
    return GovernmentTree(nation, province, city, tuple(counties.values()), tuple(townships))


def town_districts(
    town: npt.NDArray[np.integer[Any]], district: npt.NDArray[np.integer[Any]]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Find the district that holds most cells of each town; ties go to the lower district.

    Parameters
    ----------
    town, district : numpy.ndarray of int, shape (height, width)
        Ids a cell; 0 is none.

    Returns
    -------
    tuple of numpy.ndarray of int64, shape (n_towns,)
        Town ids ascending, and their districts (0 where the town lies in none).
    """
    width = int(district.max(initial=0)) + 1
    pairs = town.ravel().astype(np.int64) * width + district.ravel()
    cells = np.bincount(pairs, minlength=(int(town.max(initial=0)) + 1) * width).reshape(-1, width)
    ids = np.flatnonzero(cells.sum(axis=1))
    ids = ids[ids > 0]
    inside = cells[ids]
    inside[:, 0] = 0
    return ids, inside.argmax(axis=1)


@dataclass(frozen=True)
class CityBook:
    """One year of the city's purse, all in whole CNY so that it closes exactly.

    Attributes
    ----------
    opening, tax, land_revenue, borrowed : int
        What was there and what came in.
    running, compensation, works, funds, interest, repaid : int
        What went out.
    debt : int
        Owed at the end of the year.
    """

    opening: int
    tax: int
    land_revenue: int
    borrowed: int
    running: int
    compensation: int
    works: int
    funds: int
    interest: int
    repaid: int
    debt: int

    @property
    def closing(self) -> int:
        """Budget at the end of the year; below 0 where even the debt limit could not cover it."""
        came = self.opening + self.tax + self.land_revenue + self.borrowed
        return came - self.running - self.compensation - self.works - self.funds - self.interest - self.repaid

    def rows(self) -> dict[str, int]:
        """Every line of the book with its closing, for the accounts."""
        return {line.name: getattr(self, line.name) for line in fields(self)} | {"closing": self.closing}


def close_book(
    params: GovernmentParams,
    opening: float,
    debt: float,
    *,
    value_added: float,
    land_sales: float,
    compensation: float = 0.0,
    works: float = 0.0,
) -> CityBook:
    """Book a year: tax and land revenue against running costs, compensation, works, funds and debt service.

    A shortfall is borrowed up to the debt limit; a surplus pays back part of the debt.

    Parameters
    ----------
    opening, debt : float
        Budget and debt at the start of the year, CNY.
    value_added, land_sales : float
        Gross value added of the city and the price of all land sold, CNY/a.
    compensation, works : float
        Expenses, CNY/a.
    """
    paid = round(compensation)
    net = max(round(land_sales) - paid, 0)
    land_revenue = round(land_sales) - net + round(params.land_revenue_share * net)
    funds = round(params.fund_share * params.land_revenue_share * net)
    tax, owed = round(params.tax * value_added), round(debt)
    interest = round(params.interest * owed)
    running = round(params.running_share * tax)
    spent = running + paid + round(works) + funds + interest
    balance = round(opening) + tax + land_revenue - spent
    room = max(round(params.debt_limit * (tax + land_revenue)) - owed, 0)
    borrowed = min(max(-balance, 0), room)
    repaid = min(owed, round(params.repayment * max(balance, 0)))
    return CityBook(
        opening=round(opening), tax=tax, land_revenue=land_revenue, borrowed=borrowed, running=running,
        compensation=paid, works=round(works), funds=funds, interest=interest, repaid=repaid,
        debt=owed + borrowed - repaid,
    )  # fmt: skip
