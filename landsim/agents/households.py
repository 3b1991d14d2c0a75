"""Households: who they are, what they value, and when they wish to move."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from landsim.agents.demography import DUAL, FARM, RENTS, URBAN, Lives, retired_share
from landsim.agents.population import Column, Population, rule
from landsim.core.draws import normal, uniform
from landsim.core.params import Params, param
from landsim.core.quantity import Quantity
from landsim.landscape.legend import Land
from landsim.market.apportion import apportion
from landsim.market.sites import Sites

Ints = npt.NDArray[np.int32]

Gain = tuple[Annotated[float, Field(ge=0)], Annotated[float, Field(ge=0)], Annotated[float, Field(ge=0)]]
Loss = tuple[Annotated[float, Field(lt=0)], Annotated[float, Field(lt=0)], Annotated[float, Field(lt=0)]]

Shares = tuple[Annotated[float, Field(ge=0, le=1)], Annotated[float, Field(ge=0, le=1)]]

_PRICE = Quantity("price", "float32", "CNY/m2", "price of floor space where the household lives", 0, 200_000)
_MINUTES = Quantity("minutes", "float32", "min", "one-way travel time to work", 0, 300)
_STRESS = Quantity("stress", "float32", "1", "excess of housing cost or of commuting; positive is stress", -1, 10)

INCOMES, EDUCATIONS = 3, 3
_SURVEY = "priors with the signs and sizes of Chinese location-choice and UrbanSim studies, low/middle/high income"


class HouseholdParams(Params):
    """Who households are at the start, when they move, and what they value; triples: low, middle, high income."""

    urban_income: float = param(
        115_000.0,
        unit="CNY/a",
        doc="mean income of an urban household at the start",
        source="urban disposable income a head 2020 (NBS) times 2.62 persons",
        confidence="H",
        gt=0,
    )
    income_ratio: float = param(2.4, doc="urban over rural mean income", source="NBS 2023", confidence="H", ge=1, le=10)
    income_spread: float = param(0.6, doc="standard deviation of ln(income)", ge=0, le=2)
    low_income: float = param(75_000.0, unit="CNY/a", doc="income below which a household counts as low-income", gt=0)
    high_income: float = param(175_000.0, unit="CNY/a", doc="income from which a household counts as high-income", gt=0)
    sizes: tuple[float, ...] = param(
        (0.254, 0.297, 0.210, 0.132, 0.054, 0.053),
        doc="shares of households of 1, 2, 3 .. persons",
        source="census 2020, larger ones gathered in six",
        confidence="M",
    )
    second_earner: float = param(0.67, doc="chance that a household of two or more has a second worker", ge=0, le=1)
    head_age: float = param(48.0, unit="a", doc="mean age of a head", ge=20, le=95)
    head_age_spread: float = param(15.0, unit="a", doc="standard deviation of the age of a head", ge=0, le=40)
    urban_schooling: Shares = param((0.55, 0.80), doc="urban heads with at most basic, at most middle schooling")
    rural_schooling: Shares = param((0.85, 0.97), doc="rural heads with at most basic, at most middle schooling")
    urban_owners: float = param(0.75, doc="urban households that own their home", confidence="M", ge=0, le=1)
    rural_owners: float = param(0.95, doc="rural households that own their home", confidence="M", ge=0, le=1)
    unregistered: float = param(
        0.29,
        doc="urban households without urban registration at the start",
        source="urbanisation of 63.9 % by residence and 45.4 % by registration in 2020",
        confidence="H",
        ge=0,
        le=1,
    )
    farming: float = param(0.4, doc="village households that live on farming alone", ge=0, le=1)

    move_base: float = param(0.02, unit="1/a", doc="chance of wishing to move", ge=0, le=1, free=(0.005, 0.06))
    move_tenant: float = param(0.10, unit="1/a", doc="added for tenants", ge=0, le=1, free=(0.02, 0.2))
    move_young: float = param(0.04, unit="1/a", doc="added for heads below `young`", ge=0, le=1, free=(0.0, 0.1))
    move_stress: float = param(0.15, unit="1/a", doc="added under stress", ge=0, le=1, free=(0.02, 0.4))
    young: int = param(35, unit="a", doc="age below which a head counts as young", ge=18, le=95)
    cost_limit: float = param(0.3, doc="share of income beyond which housing cost is stress", gt=0, le=1)
    commute_limit: float = param(60.0, unit="min", doc="one-way commute beyond which it is stress", gt=0)
    floor_area: float = param(35.0, unit="m2", doc="floor space a person", confidence="M", gt=0)

    cost_share: Loss = param((-5.0, -4.0, -3.0), doc="utility of spending all income on housing", source=_SURVEY)
    commute: Loss = param((-0.08, -0.10, -0.14), unit="1/(10 min)", doc="utility of the way to work", source=_SURVEY)
    service: Gain = param((0.8, 1.0, 1.0), doc="utility of full service access", source=_SURVEY)
    school: Gain = param((0.6, 0.9, 1.2), doc="utility of full school access if there is a child", source=_SURVEY)
    green: Gain = param((0.3, 0.5, 0.7), doc="utility of wholly green surroundings", source=_SURVEY)
    pollution: Gain = param((0.3, 0.5, 0.7), doc="disutility of wholly industrial surroundings", source=_SURVEY)
    job_access: Gain = param((1.0, 0.8, 0.6), doc="utility of the best access to jobs", source=_SURVEY)
    alike: Gain = param((1.0, 1.0, 1.5), doc="disutility of lacking neighbours of the own education", source=_SURVEY)
    alike_wanted: float = param(0.3, doc="share of such neighbours beyond which more do not matter", ge=0, le=1)
    density: tuple[float, float, float] = param(
        (0.1, 0.0, -0.1), unit="1/ln(persons/ha)", doc="utility of density", source=_SURVEY
    )
    stay: Gain = param((1.5, 1.5, 1.5), doc="utility of not moving", source=_SURVEY)
    barred: float = param(-0.7, doc="utility of full service access lost without urban registration", le=0, lever=True)


class Household(Lives):
    """A household, or a group of them, standing for as many real ones as the run has to an agent."""

    cell = Column(np.int32, "1", "flat index of the cell lived in; -1 is unhoused", default=-1, low=-1)
    centre = Column(np.int16, "1", "row of the centre of work; -1 is none", default=-1, low=-1)
    size = Column(np.float32, "persons", "persons", low=0, high=20)
    workers = Column(np.float32, "persons", "persons at work", low=0, high=20)
    age = Column(np.int16, "a", "age of the head", low=18, high=120)
    edu = Column(np.int8, "1", "education of the head: 0 basic, 1 middle, 2 higher", low=0, high=2)
    income = Column(np.float32, "CNY/a", "yearly net income", low=1, high=1e8)
    tenure = Column(np.int8, "1", "0 rents, 1 owns", low=0, high=1)
    hukou = Column(np.int8, "1", "registration: 0 rural, 1 urban", low=0, high=1)
    kind = Column(np.int8, "1", "0 farm, 1 farm and city (兼业), 2 urban", low=0, high=2)

    @rule()
    def load(self) -> Any:
        """Floor space used over income, m2 a/CNY: times the yearly cost of a m2, the share of income that is spent."""
        return self.model.params.households.floor_area * self.size / self.income

    @rule(price=_PRICE, minutes=_MINUTES)
    def feels_stress(self, price: Any, minutes: Any) -> Any:
        """How far housing cost or commute is beyond its limit; positive if one of them is."""
        params = self.model.params.households
        share = self.model.params.market.user_cost * price * self.load()
        return np.maximum(share - params.cost_limit, minutes / params.commute_limit - 1.0).astype(np.float32)

    @rule(stress=_STRESS)
    def hazard(self, stress: Any) -> Any:
        """Chance of wishing to move this year.  Source: Waddell (2002)."""
        params = self.model.params.households
        chance = params.move_base + params.move_tenant * (self.tenure == RENTS)
        chance = chance + params.move_young * (self.age < params.young) + params.move_stress * (stress > 0)
        return np.clip(chance, 0.0, 1.0)

    @rule(stress=_STRESS)
    def wants_to_move(self, stress: Any) -> Any:
        """Whether the household wishes to move this year: its hazard against one named draw."""
        return self.draw("move") < self.hazard(stress)

    @rule()
    def income_class(self) -> Any:
        """Class of income: 0 low, 1 middle, 2 high."""
        params = self.model.params.households
        return (self.income >= params.low_income).astype(np.uint8) + (self.income >= params.high_income)

    @rule()
    def segment(self) -> Any:
        """Row of the tastes: income, education, registration and whether there is a child, in this order."""
        child = (self.size >= 3) & (self.age >= 25) & (self.age <= 50)
        group = EDUCATIONS * self.income_class() + np.minimum(self.edu, EDUCATIONS - 1)
        return (4 * group + 2 * self.hukou + child).astype(np.uint8)

    @rule()
    def worth(self) -> Any:
        """Money a year that one unit of utility is worth, CNY/a: income over the weight of the cost share."""
        weight = np.asarray(self.model.params.households.cost_share)[self.income_class()]
        return self.income / -weight


def place_households(sites: Sites, count: int, people: npt.NDArray[Any] | None = None) -> Ints:
    """Place households on the homes of sites in proportion to population.

    Parameters
    ----------
    sites : Sites
        Homes are never exceeded.
    count : int
        Household agents.
    people : numpy.ndarray of float, shape (len(sites),), optional
        Population of each site; by default its homes.

    Returns
    -------
    numpy.ndarray of int32, shape (count,)
        Cells, ascending; -1, at the end, for those who find no home at all.
    """
    weight = sites.homes.astype(np.float64) if people is None else people.astype(np.float64)
    weight = np.maximum(weight, 1e-6 * weight.mean()) if weight.any() else np.ones(len(sites))
    housed = min(count, int(sites.homes.sum()))
    lived = apportion(np.where(sites.homes > 0, weight, 0.0), housed, sites.homes)
    return np.concatenate((np.repeat(sites.cell, lived), np.full(count - housed, -1, dtype=np.int32)))


def found_households(model: Any, sites: Sites, count: int, people: npt.NDArray[Any] | None = None) -> Population:
    """Create the households of the start: placed by population, with traits drawn one by one from their marginals.

    Parameters
    ----------
    model : mesa.Model
        With ``seed`` and ``params.households``.
    sites, count, people
        As for `place_households`.

    Returns
    -------
    Population
        Of `Household`, without places of work (`find_work`).
    """
    cell = place_households(sites, count, people)
    rows = sites.rows(cell)
    rural = np.zeros(count, dtype=bool)
    rural[rows >= 0] = sites.land[rows[rows >= 0]] == Land.RURAL
    traits = sample_households(model.seed, rural, model.params.households)
    retired = uniform(model.seed, "household retired", 0, np.arange(count)) < retired_share(
        traits["age"], model.params.demography
    )
    traits["workers"][retired] = 0.0
    return Population.create(model, Household, count, cell=cell, **traits)


def sample_households(seed: int, rural: npt.NDArray[np.bool_], params: HouseholdParams) -> dict[str, npt.NDArray[Any]]:
    """Draw the traits of the first households; household k of the start is named by k.

    Parameters
    ----------
    seed : int
        Root seed.
    rural : numpy.ndarray of bool, shape (n,)
        Lives in a village.
    params : HouseholdParams
        Marginals.

    Returns
    -------
    dict of str to numpy.ndarray, shape (n,)
        Size, workers, age, edu, income, tenure, hukou and kind.
    """
    who = np.arange(rural.size)

    def luck(trait: str) -> npt.NDArray[np.float64]:
        return np.asarray(uniform(seed, f"household {trait}", 0, who))

    size = 1 + np.searchsorted(np.cumsum(params.sizes)[:-1], luck("size"), side="right")
    second = (luck("workers") < params.second_earner) & (size > 1)
    basic, middle = np.where(rural[:, None], params.rural_schooling, params.urban_schooling).T
    schooling = luck("education")
    age = params.head_age + params.head_age_spread * normal(seed, "household age", 0, who)
    mean = params.urban_income / np.where(rural, params.income_ratio, 1.0)
    spread = params.income_spread
    return {
        "size": size.astype(np.float32),
        "workers": (1 + second).astype(np.float32),
        "age": np.clip(np.rint(age), 20, 95).astype(np.int16),
        "edu": ((schooling >= basic).astype(np.int8) + (schooling >= middle)).astype(np.int8),
        "income": mean * np.exp(spread * normal(seed, "household income", 0, who) - 0.5 * spread**2),
        "tenure": (luck("tenure") < np.where(rural, params.rural_owners, params.urban_owners)).astype(np.int8),
        "hukou": (~rural & (luck("hukou") >= params.unregistered)).astype(np.int8),
        "kind": np.where(rural, np.where(luck("kind") < params.farming, FARM, DUAL), URBAN).astype(np.int8),
    }
