"""The yearly record that indicators read, and the registry of indicators."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from landsim.core.quantity import Quantity
from landsim.core.registry import Registry
from landsim.indicators.capacity import CapacityParams
from landsim.indicators.ecology import EcologyParams
from landsim.indicators.form import UrbanForm
from landsim.indicators.welfare import PARTIES, WelfareParams
from landsim.landscape.legend import Land, Legend

Values = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

CITY = 0  # district id of the rows for the whole city
SECTORS = ("industry", "service", "innovation", "logistics", "tourism")
"""Sectors of firms, in the order of their codes."""
PARTS = {"sector": SECTORS, "party": (*PARTIES, "society")}
"""What an indicator of such a scope has a row for, beside or instead of the districts."""

_COUNTS = ("counts", "erl_counts", "pbf_counts", "paddy_counts", "once_water_counts")
_ADDITIVE = (
    "population", "urban_population", "households", "queue", "homes", "jobs", "gva", "quota", "quota_used",
    "illegal_cells", "unmet_cells", "new_built_cells", "renewed_cells", "unregistered", "hazard_population",
    "hazard_jobs", "workers",
)  # fmt: skip
_MEANS = ("price", "price_village", "floor", "income", "commute")
_OPEN = (Land.ARABLE, Land.OTHER_AG, Land.FOREST, Land.GRASS, Land.WETLAND)
"""Classes of which a legend has at least one if it tells one open land from another."""


@dataclass(frozen=True, kw_only=True)
class YearState:
    """What a year ended with, by district; what a run does not know is None and its indicators are left out.

    Attributes
    ----------
    year : int
    cell_area_ha : float
        Area of a cell, ha.
    legend : Legend
        Meaning of the codes.
    districts : numpy.ndarray of int, shape (n,)
        Ids; the row of id 0 holds the cells of no district and counts for the city alone.
    counts : numpy.ndarray of int64, shape (n, 256)
        Cells by district and land-cover code.
    erl_counts, pbf_counts, paddy_counts : numpy.ndarray of int64, shape (n, 256), optional
        The same inside the ecological red line, permanent basic farmland and paddy.
    once_water_counts : numpy.ndarray of int64, shape (n, 256), optional
        The same of cells that were water or sea at the start of the run.
    population, urban_population, unregistered : array of shape (n,), optional
        Persons; the last are urban residents without urban registration.
    households, queue, homes : array of shape (n,), optional
        Households housed and waiting, and dwellings, all in households.
    jobs, gva, workers : array of shape (n,), optional
        Jobs, gross value added (CNY/a), and workers where they live.
    sector_jobs : array of shape (n_sectors, n), optional
        Jobs by `SECTORS`.
    hazard_population, hazard_jobs : array of shape (n,), optional
        Persons and jobs where hazard is extremely high.
    quota, quota_used, illegal_cells, unmet_cells, new_built_cells, renewed_cells : array of shape (n,), optional
        Cells of the year.
    price, price_village, floor, income, commute : array of shape (n + 1,), optional
        Means by district and, last, of the city: CNY/m2 of the floor of dwellings in town and in villages, m2 a
        dwelling, CNY/a a household, minutes one way.
    money : dict of str to float, optional
        Lines of the city's book and of the account of land by name, as `indicators.money` lists them, CNY.
    figures : mapping of str to float, optional
        Measures of the city that the model takes itself, by name as `indicators.city` lists them.
    urban : UrbanForm, optional
        Form of the urban area of the whole city.
    ecology : EcologyParams
        Service values and carbon pools.
    capacity : CapacityParams
        Water of the place and what is used of it.
    welfare : WelfareParams
        Discount rate and price of carbon.
    worth_before : numpy.ndarray of float64, shape (n_items, n_parties), optional
        Discounted statements of the account of land of all earlier years (`indicators.welfare`), CNY.
    unplaced : mapping of str to float
        What of an additive column lies in no district, by its name: households without a home, demand of the whole
        city.  It counts for the city alone.
    previous, first : YearState, optional
        The record of the year before and of the start of the run.

    Raises
    ------
    ValueError
        If an array has another shape.
    """

    year: int
    cell_area_ha: float
    legend: Legend
    districts: npt.NDArray[np.int64]
    counts: Counts
    erl_counts: Counts | None = None
    pbf_counts: Counts | None = None
    paddy_counts: Counts | None = None
    once_water_counts: Counts | None = None
    population: npt.NDArray[Any] | None = None
    urban_population: npt.NDArray[Any] | None = None
    households: npt.NDArray[Any] | None = None
    queue: npt.NDArray[Any] | None = None
    homes: npt.NDArray[Any] | None = None
    jobs: npt.NDArray[Any] | None = None
    gva: npt.NDArray[Any] | None = None
    workers: npt.NDArray[Any] | None = None
    sector_jobs: npt.NDArray[Any] | None = None
    unregistered: npt.NDArray[Any] | None = None
    hazard_population: npt.NDArray[Any] | None = None
    hazard_jobs: npt.NDArray[Any] | None = None
    quota: npt.NDArray[Any] | None = None
    quota_used: npt.NDArray[Any] | None = None
    illegal_cells: npt.NDArray[Any] | None = None
    unmet_cells: npt.NDArray[Any] | None = None
    new_built_cells: npt.NDArray[Any] | None = None
    renewed_cells: npt.NDArray[Any] | None = None
    price: npt.NDArray[Any] | None = None
    price_village: npt.NDArray[Any] | None = None
    floor: npt.NDArray[Any] | None = None
    income: npt.NDArray[Any] | None = None
    commute: npt.NDArray[Any] | None = None
    money: dict[str, float] | None = None
    figures: Mapping[str, float] | None = None
    urban: UrbanForm | None = None
    ecology: EcologyParams = field(default_factory=EcologyParams)
    capacity: CapacityParams = field(default_factory=CapacityParams)
    welfare: WelfareParams = field(default_factory=WelfareParams)
    worth_before: Values | None = None
    unplaced: Mapping[str, float] = field(default_factory=dict)
    previous: YearState | None = None
    first: YearState | None = None

    def __post_init__(self) -> None:
        n = self.districts.size
        shapes = dict.fromkeys(_COUNTS, (n, 256)) | dict.fromkeys(_ADDITIVE, (n,)) | dict.fromkeys(_MEANS, (n + 1,))
        shapes["sector_jobs"] = (len(SECTORS), n)
        for name, shape in shapes.items():
            values = getattr(self, name)
            if values is not None and np.shape(values) != shape:
                raise ValueError(f"{name}: shape {np.shape(values)}, expected {shape}")

    def area(self, codes: npt.NDArray[np.bool_], within: str = "counts") -> Values:
        """Area under flagged codes by district and, last, of the city, ha.

        Parameters
        ----------
        codes : numpy.ndarray of bool, shape (256,)
            Look-up table code -> does it count.
        within : str
            The table of counts to read.
        """
        return with_city(getattr(self, within)[:, codes].sum(axis=1)) * self.cell_area_ha

    @cached_property
    def class_areas(self) -> Values:
        """Area by district and, last, of the city, and by model class, ha, shape (n + 1, 16)."""
        legend = self.legend
        is_class = (legend.model_class[:, np.newaxis] == np.arange(len(Land))) & self.valid[:, np.newaxis]
        return with_city(self.counts @ is_class.astype(np.int64)) * self.cell_area_ha

    @property
    def told(self) -> Mapping[str, bool]:
        """Which model classes the legend tells apart, by name; ``OPEN`` where it divides open land at all."""
        present = {row.model_class for row in self.legend.rows}
        classes = {land.name: True for land in Land if land in present}
        return classes | ({"OPEN": True} if present & set(_OPEN) else {})

    def total(self, name: str) -> Values:
        """Return an additive column by district and, last, of the city."""
        values = with_city(getattr(self, name))
        values[-1] += self.unplaced.get(name, 0.0)
        return values

    def mean(self, name: str) -> Values:
        """Return a column of means by district and, last, of the city."""
        return np.asarray(getattr(self, name), dtype=np.float64)

    @property
    def valid(self) -> npt.NDArray[np.bool_]:
        """Look-up table code -> is it land of the study, bool, shape (256,)."""
        table = np.zeros(256, dtype=np.bool_)
        table[self.legend.codes] = True
        return table


def with_city(values: npt.ArrayLike) -> Values:
    """Append the sum of all districts, float64.

    Examples
    --------
    >>> with_city([1, 2, 3])
    array([1., 2., 3., 6.])
    """
    array = np.asarray(values, dtype=np.float64)
    return np.concatenate([array, array.sum(axis=0, keepdims=True)])


Scope = Literal["district", "class", "sector", "city", "party"]


@dataclass(frozen=True)
class Indicator:
    """A named yearly measure.

    Attributes
    ----------
    quantity : Quantity
        Name, unit and meaning.
    compute : callable
        YearState -> values: shape (n + 1,) by district and city, (n_classes, n + 1) or (n_sectors, n + 1) by part as
        well, a number for the city, or (n_parties + 1,) of the city by party and, last, of society.
    needs : tuple of str
        Fields of the record that must be known.
    scope : {"district", "class", "sector", "city", "party"}
        What `compute` gives.
    """

    quantity: Quantity
    compute: Callable[[YearState], Any]
    needs: tuple[str, ...]
    scope: Scope

    def known(self, state: YearState) -> bool:
        """Say whether a record holds what the indicator needs, also at the start if that is asked."""
        return all(_reach(state, path) is not None for path in self.needs)

    def labels(self, classes: Iterable[str]) -> list[str]:
        """Names of its rows in the table: one a class, sector or party, or its own, for a legend of such classes."""
        name = self.quantity.name
        if self.scope in ("district", "city"):
            return [name]
        return [f"{name}_{part}" for part in (classes if self.scope == "class" else PARTS[self.scope])]


INDICATORS: Registry[Indicator] = Registry("indicators")

Compute = Callable[[YearState], Any]


def indicator(
    name: str, *, unit: str, doc: str, needs: tuple[str, ...] = (), scope: Scope = "district"
) -> Callable[[Compute], Compute]:
    """File a function of a `YearState` as an indicator.

    Parameters
    ----------
    name, unit, doc : str
        Name in the table, unit symbol, meaning in one line.
    needs : tuple of str
        Fields that must be known; ``first.x`` and ``previous.x`` ask for x in an earlier record, ``figures.x`` for an
        entry, ``told.X`` for a model class that the legend must tell apart.
    scope : {"district", "class", "sector", "city", "party"}
        One value a district and the city, a class or sector and those, the city alone, or a party of it.
    """

    def file(compute: Compute) -> Compute:
        INDICATORS.register(name)(Indicator(Quantity(name, "float64", unit, doc), compute, needs, scope))
        return compute

    return file


def _reach(state: YearState, path: str) -> Any:
    reached: Any = state
    for name in path.split("."):
        if isinstance(reached, Mapping):
            reached = reached.get(name)
        else:
            reached = None if reached is None else getattr(reached, name)
    return reached
