"""The yearly record that indicators read, and the registry of indicators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from numba import njit

from landsim.core.parallel import each
from landsim.core.quantity import Quantity
from landsim.core.registry import Registry
from landsim.indicators.ecology import EcologyParams
from landsim.indicators.form import UrbanForm
from landsim.landscape.legend import Legend

Values = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

CITY = 0  # district id of the rows for the whole city
_CELLS_A_TIME = 1_000_000

_COUNTS = ("counts", "erl_counts", "pbf_counts", "paddy_counts")
_ADDITIVE = (
    "population", "urban_population", "households", "queue", "homes", "jobs", "gva", "quota", "quota_used",
    "illegal_cells", "unmet_cells", "new_built_cells", "renewed_cells",
)  # fmt: skip
_MEANS = ("price", "floor", "income", "commute")


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
    population, urban_population : array of shape (n,), optional
        Persons.
    households, queue, homes : array of shape (n,), optional
        Households housed and waiting, and dwellings, all in households.
    jobs, gva : array of shape (n,), optional
        Jobs, and gross value added (CNY/a).
    quota, quota_used, illegal_cells, unmet_cells, new_built_cells, renewed_cells : array of shape (n,), optional
        Cells of the year.
    price, floor, income, commute : array of shape (n + 1,), optional
        Means by district and, last, of the city: CNY/m2 of floor, m2 a dwelling, CNY/a a household, minutes one way.
    money : dict of str to float, optional
        ``budget, debt, tax, land_revenue, compensation, farm_income`` of the city, CNY.
    figures : mapping of str to float, optional
        Measures of the city that the model takes itself, by name as `indicators.city` lists them.
    urban : UrbanForm, optional
        Form of the urban area of the whole city.
    ecology : EcologyParams
        Service values and carbon pools.
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
    population: npt.NDArray[Any] | None = None
    urban_population: npt.NDArray[Any] | None = None
    households: npt.NDArray[Any] | None = None
    queue: npt.NDArray[Any] | None = None
    homes: npt.NDArray[Any] | None = None
    jobs: npt.NDArray[Any] | None = None
    gva: npt.NDArray[Any] | None = None
    quota: npt.NDArray[Any] | None = None
    quota_used: npt.NDArray[Any] | None = None
    illegal_cells: npt.NDArray[Any] | None = None
    unmet_cells: npt.NDArray[Any] | None = None
    new_built_cells: npt.NDArray[Any] | None = None
    renewed_cells: npt.NDArray[Any] | None = None
    price: npt.NDArray[Any] | None = None
    floor: npt.NDArray[Any] | None = None
    income: npt.NDArray[Any] | None = None
    commute: npt.NDArray[Any] | None = None
    money: dict[str, float] | None = None
    figures: Mapping[str, float] | None = None
    urban: UrbanForm | None = None
    ecology: EcologyParams = field(default_factory=EcologyParams)
    previous: YearState | None = None
    first: YearState | None = None

    def __post_init__(self) -> None:
        n = self.districts.size
        shapes = dict.fromkeys(_COUNTS, (n, 256)) | dict.fromkeys(_ADDITIVE, (n,)) | dict.fromkeys(_MEANS, (n + 1,))
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

    def total(self, name: str) -> Values:
        """Return an additive column by district and, last, of the city."""
        return with_city(getattr(self, name))

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


Scope = Literal["district", "class", "city"]


@dataclass(frozen=True)
class Indicator:
    """A named yearly measure.

    Attributes
    ----------
    quantity : Quantity
        Name, unit and meaning.
    compute : callable
        YearState -> values: shape (n + 1,) by district and city, (n_classes, n + 1), or a number for the city.
    needs : tuple of str
        Fields of the record that must be known.
    scope : {"district", "class", "city"}
        What `compute` gives.
    """

    quantity: Quantity
    compute: Callable[[YearState], Any]
    needs: tuple[str, ...]
    scope: Scope

    def known(self, state: YearState) -> bool:
        """Say whether a record holds what the indicator needs, also at the start if that is asked."""
        return all(_reach(state, path) is not None for path in self.needs)


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
        entry.
    scope : {"district", "class", "city"}
        One value a district and the city, a class and those, or the city alone.
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


def class_counts(
    landcover: npt.NDArray[np.uint8],
    districts: npt.NDArray[np.integer[Any]],
    district: npt.NDArray[np.integer[Any]] | None = None,
    within: npt.NDArray[Any] | None = None,
) -> Counts:
    """Count cells by district and land-cover code, as `YearState` wants them.

    Parameters
    ----------
    landcover : numpy.ndarray of uint8, shape (height, width)
        Codes.
    districts : numpy.ndarray of int, shape (n,)
        Ids, as `district_ids` gives them.
    district : numpy.ndarray of int, shape (height, width), optional
        District id a cell, all 0 where not given.
    within : numpy.ndarray of bool or int, shape (height, width), optional
        Count only where this is not 0.

    Returns
    -------
    numpy.ndarray of int64, shape (n, 256)
    """
    counts = np.zeros((districts.size, 256), dtype=np.int64)
    rows = _rows_of(districts)
    place = np.zeros(landcover.size, dtype=np.uint8) if district is None else district.reshape(-1)
    inside = np.empty(0, dtype=np.bool_) if within is None else within.reshape(-1).astype(np.bool_, copy=False)
    _count(landcover.reshape(-1), place, rows, inside, counts)
    return counts


def counts_by_zone(
    landcover: npt.NDArray[np.uint8],
    districts: npt.NDArray[np.integer[Any]],
    district: npt.NDArray[np.integer[Any]] | None,
    control: npt.NDArray[np.uint8],
    zone: npt.NDArray[np.uint8],
    zones: int,
) -> Counts:
    """Count cells by the zone of their control code, by district and by land-cover code, in one pass.

    Parameters
    ----------
    landcover, control : numpy.ndarray of uint8, shape (height, width)
        Land-cover code and control code a cell.
    districts, district
        As for `class_counts`.
    zone : numpy.ndarray of uint8, shape (n_codes,)
        Zone of each control code, below `zones`.
    zones : int
        Number of zones.

    Returns
    -------
    numpy.ndarray of int64, shape (zones, n, 256)
        The sum over the first axis is what `class_counts` gives for the whole map.
    """
    rows = _rows_of(districts)
    place = np.zeros(1, dtype=np.uint8) if district is None else district.reshape(-1)
    land, code = landcover.reshape(-1), control.reshape(-1)

    def some(first: int) -> Counts:
        counts = np.zeros((zones, districts.size, 256), dtype=np.int64)
        _count_zones(land, place, rows, code, zone, first, min(first + _CELLS_A_TIME, land.size), counts)
        return counts

    none = np.zeros((zones, districts.size, 256), dtype=np.int64)
    return sum(each(some, range(0, land.size, _CELLS_A_TIME)), none)


def _rows_of(districts: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.int64]:
    """Look-up table district id -> row of the counts, -1 where it is not among them."""
    rows = np.full(int(districts.max(initial=0)) + 1, -1, dtype=np.int64)
    rows[districts] = np.arange(districts.size)
    return rows


def district_ids(
    landcover: npt.NDArray[np.uint8], district: npt.NDArray[np.integer[Any]] | None, legend: Legend
) -> npt.NDArray[np.int64]:
    """Ids of the districts that hold any land of the study, ascending, 0 among them where cells have none."""
    if district is None:
        return np.zeros(1, dtype=np.int64)
    top = np.arange(int(district.max(initial=0)) + 1)
    counts = class_counts(landcover, top, district)
    counts[:, legend.nodata] = 0
    return np.flatnonzero(counts.any(axis=1))


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _count(landcover: Any, district: Any, rows: Any, inside: Any, counts: Any) -> None:
    everywhere = inside.size == 0
    for i in range(landcover.size):
        place = district[i]
        if (everywhere or inside[i]) and 0 <= place < rows.size and rows[place] >= 0:
            counts[rows[place], landcover[i]] += 1


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _count_zones(
    landcover: Any, district: Any, rows: Any, control: Any, zone: Any, first: Any, last: Any, counts: Any
) -> None:
    everywhere = district.size == 1
    for i in range(first, last):
        place = district[0 if everywhere else i]
        if 0 <= place < rows.size and rows[place] >= 0:
            counts[zone[control[i]], rows[place], landcover[i]] += 1
