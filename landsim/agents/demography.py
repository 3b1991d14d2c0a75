"""Demography: households age, die, bear, part, arrive, depart and leave the village, counted exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.agents.population import Column, Member, Population, columns_of, rule
from landsim.core.draws import uniform
from landsim.core.errors import InternalError
from landsim.core.params import Params, param
from landsim.core.quantity import Quantity

FARM, DUAL, URBAN = 0, 1, 2
RENTS = 0
UNHOUSED = -1
_SINGLE = 1.5  # persons; below this a household is one person

_CONSTANT = Quantity("constant", "float64", "1", "constant of the village logit, from `solve_constant`", -20, 20)
_HOUSING = Quantity("housing_cost", "float32", "CNY/a", "yearly cost of a home in the city", 0, 200_000)
_KIN = Quantity("kin", "float32", "1", "households from the villages that live in the city", 0, 10_000)


class DemographyParams(Params):
    """Numbers of vital events and migration."""

    death_base: float = param(
        0.008, unit="1/a", doc="chance of an adult of 60 to die", source="near the census of 2020", confidence="M",
        ge=0, le=1,
    )  # fmt: skip
    death_slope: float = param(
        0.09, unit="1/a", doc="growth of that chance a year of age (Gompertz 1825)", confidence="M", ge=0
    )
    parent_size: float = param(
        3.5, unit="persons", doc="size above which a parent of the couple lives with it",
        source="13 % of households of three generations, census 2020, and 24 % of four persons or more", confidence="M",
        ge=2.5,
    )  # fmt: skip
    parent_gap: int = param(26, unit="a", doc="age of that parent beyond that of the head", ge=15, le=50)
    parent_until: int = param(60, unit="a", doc="oldest head who has a parent at home", ge=20, le=95)
    retire_from: int = param(
        60, unit="a", doc="first age of a head at which the workers of the household retire",
        source="statutory age of men until 2024", confidence="H", ge=40, le=95,
    )  # fmt: skip
    retire_to: int = param(
        69, unit="a", doc="last age at which they do; as many retire at each age",
        source="about half of those of 60 to 64 at work, and a third of 65 to 69, near the census of 2020",
        confidence="L", ge=40, le=95,
    )  # fmt: skip
    oldest: int = param(95, unit="a", doc="age at which ageing is no longer counted", ge=60, le=120)
    children: float = param(
        1.2,
        unit="persons",
        doc="children of a household in a lifetime",
        source="total fertility rate 2020 to 2023",
        confidence="H",
        ge=0,
        free=(0.9, 1.8),
    )
    fertile_from: int = param(22, unit="a", doc="first age of a head with births", ge=15)
    fertile_to: int = param(40, unit="a", doc="last age of a head with births", le=55)
    part_rate: float = param(0.12, unit="1/a", doc="chance that a grown child forms a household", ge=0, le=1)
    part_size: float = param(2.5, unit="persons", doc="size above which a child may leave", ge=1.5)
    part_from: int = param(45, unit="a", doc="first age of a head whose child leaves", ge=30)
    part_to: int = param(60, unit="a", doc="last age of a head whose child leaves", le=95)
    child_age: int = param(24, unit="a", doc="age of a new head", ge=18, le=40)
    immigration: float = param(0.006, unit="1/a", doc="households that come from outside", ge=0, le=0.2, free=(0, 0.05))
    attraction: float = param(1.0, doc="multiplier of a strategy on immigration", ge=0, le=5, lever=True)
    emigration: float = param(0.003, unit="1/a", doc="chance of leaving the region", ge=0, le=0.2, free=(0, 0.05))
    newcomer_age: int = param(40, unit="a", doc="oldest head who comes from outside", ge=20, le=95)
    village_rate: float = param(
        0.015, unit="1/a", doc="share of rural households that move to the city at the start", gt=0, lt=1
    )
    urban_wage: tuple[float, float, float] = param(
        (40_000.0, 60_000.0, 100_000.0), unit="CNY/a", doc="yearly wage in the city by education"
    )
    unemployment: float = param(0.05, doc="urban unemployment", source="surveyed rate", confidence="H", ge=0, lt=1)
    income_pull: float = param(0.8, doc="weight of the relative income gain", ge=0, free=(0.2, 2.0))
    kin_pull: float = param(0.15, doc="weight of the log of kin in the city", ge=0, free=(0.0, 0.5))
    hukou_pull: float = param(0.3, doc="weight of open registration", ge=0)
    land_tie: float = param(0.2, doc="weight of land against leaving", ge=0)
    age_tie: float = param(0.35, unit="1/(10 a)", doc="weight of ten years of age beyond 35 against leaving", ge=0)
    cost_tie: float = param(0.6, doc="weight of the housing cost share against leaving", ge=0)
    attach: float = param(0.5, doc="attachment to land", ge=0, le=1)
    land_value: float = param(3_000.0, unit="CNY/a", doc="yearly worth of a household's land entitlement", ge=0)
    open_hukou: float = param(0.5, doc="openness of urban registration (户籍)", ge=0, le=1, lever=True)
    settle_rate: float = param(0.05, unit="1/a", doc="chance of urban registration where it is wholly open", ge=0, le=1)
    settle_after: int = param(5, unit="a", doc="years in the city before that", ge=0)


class Lives(Member):
    """What befalls a household: a base of `Household`, which brings the columns named here."""

    age: Any
    size: Any
    workers: Any
    edu: Any
    income: Any
    hukou: Any
    kind: Any

    since = Column(np.int16, "a", "year of coming to the city; 0 from before the start", default=0, low=0, high=3000)
    villager = Column(np.int8, "1", "1 if it moved to the city from one of its villages", default=0, low=0, high=1)

    @rule()
    def dies(self) -> Any:
        """Whether the head dies."""
        return self.draw("death") < mortality(self.age, self.model.params.demography)

    @rule()
    def loses_partner(self) -> Any:
        """Whether the partner dies: the second person of a household, as old as the head."""
        dies = self.draw("partner death") < mortality(self.age, self.model.params.demography)
        return (self.size > _SINGLE) & dies

    @rule()
    def loses_parent(self) -> Any:
        """Whether a parent of the couple dies at home."""
        params = self.model.params.demography
        at_home = (self.size > params.parent_size) & (self.age <= params.parent_until)
        return at_home & (self.draw("parent death") < mortality(self.age + params.parent_gap, params))

    @rule()
    def retires(self) -> Any:
        """Whether those who work stop: by the last age for certain, and as many at each age before it."""
        params = self.model.params.demography
        left = params.retire_to + 1.0 - self.age
        return (self.workers > 0) & (self.age >= params.retire_from) & (self.draw("retire") * left < 1.0)

    @rule()
    def bears(self) -> Any:
        """Whether a child is born: the lifetime number spread evenly over the fertile ages."""
        params = self.model.params.demography
        fertile = (self.age >= params.fertile_from) & (self.age <= params.fertile_to)
        return fertile & (self.draw("birth") < params.children / (params.fertile_to - params.fertile_from + 1))

    @rule()
    def parts(self) -> Any:
        """Whether a grown child leaves to form a household."""
        params = self.model.params.demography
        ripe = (self.age >= params.part_from) & (self.age <= params.part_to) & (self.size > params.part_size)
        return ripe & (self.draw("part") < params.part_rate)

    @rule()
    def departs(self) -> Any:
        """Whether the household leaves the region."""
        return self.draw("depart") < self.model.params.demography.emigration

    @rule()
    def expects(self) -> Any:
        """Income expected in the city, CNY a year: chance of work times wage by education times workers."""
        params = self.model.params.demography
        wage = np.asarray(params.urban_wage)[np.minimum(self.edu, 2)]
        return (1.0 - params.unemployment) * wage * np.maximum(self.workers, 1.0)

    @rule(housing_cost=_HOUSING, kin=_KIN)
    def feels_drawn(self, housing_cost: Any, kin: Any) -> Any:
        """Pull of the city on a rural household, logit units, without constant.

        Source: Harris and Todaro (1970), "Migration, unemployment and development"; an income below a tenth of the
        urban one counts as a tenth.
        """
        params = self.model.params.demography
        expected = self.expects()
        income = np.maximum(self.income, 0.1 * expected)
        pull = params.income_pull * (expected - income) / income + params.kin_pull * np.log1p(kin)
        tie = params.land_tie * params.attach * params.land_value / income
        tie += params.age_tie * np.maximum(self.age - 35.0, 0.0) / 10.0 + params.cost_tie * housing_cost / expected
        return pull + params.hukou_pull * params.open_hukou - tie

    @rule(constant=_CONSTANT, housing_cost=_HOUSING, kin=_KIN)
    def leaves_village(self, constant: Any, housing_cost: Any, kin: Any) -> Any:
        """Whether a rural household moves to the city: a binary logit against one named draw."""
        chance = _logistic(constant + self.feels_drawn(housing_cost, kin))
        return (self.kind != URBAN) & (self.draw("village") < chance)

    @rule()
    def settles(self) -> Any:
        """Whether an urban household without urban registration (市民化) is given it."""
        params = self.model.params.demography
        waiting = (self.kind == URBAN) & (self.hukou == 0) & (self.model.year - self.since >= params.settle_after)
        return waiting & (self.draw("settle") < params.settle_rate * params.open_hukou)


def mortality(age: Any, params: DemographyParams) -> Any:
    """Chance that an adult dies within the year, 1/a.  Source: Gompertz (1825)."""
    return params.death_base * np.exp(params.death_slope * (age - 60.0))


def retired_share(age: Any, params: DemographyParams) -> Any:
    """Share of the households with a head of some age that `Lives.retires` leaves without workers."""
    return np.clip((age - params.retire_from + 1.0) / max(params.retire_to - params.retire_from + 1.0, 1.0), 0.0, 1.0)


def _logistic(score: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-score))


def solve_constant(households: Population, housing_cost: float, kin: npt.ArrayLike = 0.0) -> float:
    """Solve the constant of the village logit so that the base rate of leaving holds; once, at the start.

    Parameters
    ----------
    households : Population
        Of a kind that `Lives`.
    housing_cost : float
        Yearly cost of a home in the city, CNY.
    kin : array_like of float, shape (n,) or ()
        Households of the same origin in the city.

    Returns
    -------
    float
        By bisection to 1e-9; with no rural household, the logit of the base rate.
    """
    base: float = households.model.params.demography.village_rate
    pull = households.map("feels_drawn", housing_cost=housing_cost, kin=kin)[households["kind"] != URBAN]
    if pull.size == 0:
        return float(np.log(base / (1.0 - base)))
    middle = np.log(base / (1.0 - base))
    low, high = float(middle - pull.max()), float(middle - pull.min())
    while high - low > 1e-9:
        constant = 0.5 * (low + high)
        if _logistic(constant + pull).mean() < base:
            low = constant
        else:
            high = constant
    return 0.5 * (low + high)


@dataclass(frozen=True)
class DemographyResult:
    """The balance of one year, in household agents.

    Attributes
    ----------
    before, after : int
        Households at the start and at the end.
    new, arrived, dissolved, departed : int
        Formed by grown children, come from outside, died out, gone outside.
    deaths, births : int
        Persons who died and were born.
    newcomers : numpy.ndarray of int64
        Ids of the new and the arrived, who have no cell.
    migrants : numpy.ndarray of int64
        Ids of those who left the village and have no cell.
    vacated : numpy.ndarray of int32
        Cell of each home that was given up, a cell as often as it lost a household.
    settled : int
        Households that were given urban registration.
    persons : tuple of float
        Persons of the households that arrived, departed, and left the village.

    Raises
    ------
    InternalError
        If the balance does not close.
    """

    before: int
    new: int
    arrived: int
    dissolved: int
    departed: int
    after: int
    deaths: int
    births: int
    newcomers: npt.NDArray[np.int64]
    migrants: npt.NDArray[np.int64]
    vacated: npt.NDArray[np.int32]
    settled: int
    persons: tuple[float, float, float]

    def __post_init__(self) -> None:
        due = self.before + self.new + self.arrived - self.dissolved - self.departed
        if self.after != due:
            raise InternalError(f"demography: {self.after} households, but the balance gives {due}")


def demographic_year(
    households: Population, constant: float, housing_cost: float, kin: npt.ArrayLike = 0.0
) -> DemographyResult:
    """Let a year of births, deaths and migration pass over the households.

    Parameters
    ----------
    households : Population
        Of a kind that `Lives`; changed in place.
    constant : float
        From `solve_constant`.
    housing_cost : float
        Yearly cost of a home in the city, CNY.
    kin : array_like of float, shape (n,) or ()
        Households of the same origin in the city, in the order of `households` at the call.

    Returns
    -------
    DemographyResult
        N(t) = N(t-1) + new + arrived - dissolved - departed, exactly.
    """
    params: DemographyParams = households.model.params.demography
    before = len(households)
    households.put("age", np.minimum(households["age"] + 1, params.oldest))
    dying, widowed = households.map("dies"), households.map("loses_partner")
    size, rural = households["size"], households["kind"] != URBAN
    dissolved = dying & (size - widowed < _SINGLE)
    deaths = dying.astype(np.int8) + widowed + _told(households, size > params.parent_size, "loses_parent")
    departed = households.map("departs") & ~dissolved
    kin = np.broadcast_to(kin, rural.shape)[rural]
    leaving = _told(households, rural, "leaves_village", constant=constant, housing_cost=housing_cost, kin=kin)
    leaving &= ~(dissolved | departed)
    homes = households["cell"][dissolved | departed | leaving]
    migrants = households["unique_id"][leaving]
    _shrink(households, np.flatnonzero((deaths > 0) & ~dissolved), deaths)
    old = households.select(households["age"] >= params.retire_from)
    old.put("workers", 0.0, where=old.map("retires"))
    _urbanise(households, np.flatnonzero(leaving))
    gone, moved = (float(households["size"][rows].sum(dtype=np.float64)) for rows in (departed, leaving))
    households.remove(dissolved | departed)
    born, settled = households.map("bears"), households.map("settles")
    households.put("size", households["size"][born] + 1.0, where=born)
    households.put("hukou", 1, where=settled)
    new = _form(households, np.flatnonzero(households.map("parts")), params)
    arrived = _arrive(households, before, params)
    came = float(households.with_ids(arrived)["size"].sum(dtype=np.float64))
    return DemographyResult(
        before=before, new=new.size, arrived=arrived.size, dissolved=int(dissolved.sum()),
        departed=int(departed.sum()), after=len(households), deaths=int(deaths.sum()), births=int(born.sum()),
        newcomers=np.concatenate([new, arrived]), migrants=migrants, vacated=homes[homes >= 0],
        settled=int(settled.sum()), persons=(came, gone, moved),
    )  # fmt: skip


def _told(
    households: Population, some: npt.NDArray[np.bool_], rule: str, **arguments: npt.ArrayLike
) -> npt.NDArray[np.bool_]:
    """Ask only those whom a rule may concern; it is false of all others."""
    told = np.zeros(some.size, dtype=np.bool_)
    told[some] = households.select(some).map(rule, **arguments)
    return told


def _shrink(households: Population, rows: npt.NDArray[np.int64], deaths: npt.NDArray[np.int8]) -> None:
    """Take the dead off each household; a partner of the same age goes on as head."""
    size = households["size"][rows] - deaths[rows]
    households.put("workers", np.minimum(households["workers"][rows], size), where=rows)
    households.put("size", size, where=rows)


def _urbanise(households: Population, rows: npt.NDArray[np.int64]) -> None:
    """Turn rural households into urban ones who rent, earn what they expected, and look for a home."""
    households.put("income", households.map("expects")[rows], where=rows)
    now = {"kind": URBAN, "tenure": RENTS, "cell": UNHOUSED, "since": households.model.year, "villager": 1}
    for name, value in now.items():
        households.put(name, value, where=rows)


def _form(households: Population, rows: npt.NDArray[np.int64], params: DemographyParams) -> npt.NDArray[np.int64]:
    """Let one child of each household form its own, start to work and earn what a worker at home does; their ids."""
    workers, size = households["workers"][rows], households["size"][rows] - 1.0
    each = households["income"][rows] / np.maximum(workers, 1.0)
    households.put("size", size, where=rows)
    households.put("workers", np.minimum(workers, size), where=rows)
    return _add_like(households, rows, age=params.child_age, size=1.0, workers=1.0, income=each)


def _arrive(households: Population, before: int, params: DemographyParams) -> npt.NDArray[np.int64]:
    """Bring households in from outside, each like a young resident household drawn by name; ids of the arrived."""
    model = households.model
    young = np.flatnonzero(households["age"] <= params.newcomer_age)
    pool = young if young.size else np.arange(len(households))
    due = params.immigration * params.attraction * before if pool.size else 0.0
    count = int(due) + int(uniform(model.seed, "arrive", model.year, 0) < due - int(due))
    like = pool[(uniform(model.seed, "arrive like", model.year, np.arange(count)) * pool.size).astype(np.int64)]
    return _add_like(households, like, kind=URBAN, hukou=0, since=model.year, villager=0)


def _add_like(households: Population, rows: npt.NDArray[np.int64], **changed: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Add households like those in `rows` but for some columns; they rent and have no home."""
    like = {name: households[name][rows] for name in columns_of(households.kind)}
    return households.add(rows.size, **(like | {"tenure": RENTS, "cell": UNHOUSED} | changed))
