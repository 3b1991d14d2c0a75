"""Sites: the built cells that hold homes or workplaces, and what floor space they offer."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.core.params import Params, param
from landsim.landscape.landscape import Landscape
from landsim.landscape.legend import Land, Legend
from landsim.market.apportion import apportion, running_floor
from landsim.market.site_kernels import find_rows, page_starts, splice, sum_in_blocks

SERVICE, INDUSTRY = 0, 1  # columns of desks and held
HOME = 0  # column of a density table; SERVICE and INDUSTRY follow at 1 + column

Ints = npt.NDArray[np.int32]
Doubles = npt.NDArray[np.float64]

_NO_ROWS = np.empty(0, dtype=np.int64)

_STRUCTURE = "shares of urban land by use in GB 50137-2011, within its bands"


class SiteParams(Params):
    """Floor space of built land and what it is used for."""

    rural_far: float = param(0.4, doc="floor-area ratio of village land", gt=0, le=5)
    urban_far: float = param(
        1.5, doc="floor-area ratio of urban residential or undivided urban land at the start", gt=0, le=10
    )
    service_far: float = param(1.8, doc="floor-area ratio of service land at the start", gt=0, le=10)
    industry_far: float = param(0.8, doc="floor-area ratio of industrial land", gt=0, le=5)
    rural_service: float = param(0.05, doc="share of village floor space used for services", ge=0, le=0.5)
    rural_industry: float = param(0.05, doc="share of village floor space used for industry", ge=0, le=0.5)
    urban_service: float = param(
        0.20, doc="share of services in undivided urban floor space", source=_STRUCTURE, confidence="M", ge=0, le=0.5
    )
    urban_industry: float = param(
        0.20, doc="share of industry in undivided urban floor space", source=_STRUCTURE, confidence="M", ge=0, le=0.5
    )
    spread: float = param(
        5.0, doc="most and, inverted, least crowding of a cell against the mean of its class at the start", ge=1, le=100
    )
    desk_vacancy: float = param(0.08, doc="share of business premises that stands empty at the start", ge=0, lt=1)


def floor_table(legend: Legend, params: SiteParams) -> Doubles:
    """Floor space a square metre of land, by model class and use.

    Urban residential land holds services and industry too where the legend has no class of their own.

    Returns
    -------
    numpy.ndarray of float64, shape (16, 3)
        Row: model class; columns: dwelling, service, industry.
    """
    service = params.urban_service if legend.code_of(Land.URB_SVC) is None else 0.0
    industry = params.urban_industry if legend.code_of(Land.URB_IND) is None else 0.0
    dwelling = 1.0 - params.rural_service - params.rural_industry
    table = np.zeros((16, 3))
    table[Land.RURAL] = params.rural_far * np.array([dwelling, params.rural_service, params.rural_industry])
    table[Land.URB_RES] = params.urban_far * np.array([1.0 - service - industry, service, industry])
    table[Land.URB_SVC, 1 + SERVICE] = params.service_far
    table[Land.URB_IND, 1 + INDUSTRY] = params.industry_far
    return table


@dataclass(frozen=True)
class Sites:
    """Built cells that can hold homes or workplaces, ascending by cell.

    Attributes
    ----------
    cell, block : numpy.ndarray of int32, shape (n,)
        Flat index of the cell, and of its block.
    land : numpy.ndarray of uint8, shape (n,)
        Model class.
    homes, lived : numpy.ndarray of int32, shape (n,)
        Homes, and those that are lived in, in household agents.
    desks, held : numpy.ndarray of int32, shape (n, 2)
        Business premises, and those that are held, in firm agents; column 0 service, 1 industry.
    price : numpy.ndarray of float32, shape (n,)
        Price of floor space, CNY/m2.
    trend : numpy.ndarray of float32, shape (n,)
        Change of ln(price) in the last year.
    density : numpy.ndarray of float64, shape (16, 3)
        Homes, service premises and industrial premises that a mean cell of a model class offers at the start.
    owed : numpy.ndarray of float64, shape (3,)
        Fractions of a home or of premises that new cells have not been given yet.
    """

    cell: Ints
    block: Ints
    land: npt.NDArray[np.uint8]
    homes: Ints
    lived: Ints
    desks: Ints
    held: Ints
    price: npt.NDArray[np.float32]
    trend: npt.NDArray[np.float32]
    density: Doubles
    owed: Doubles
    _pages: Any = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        # the index of cells goes on to every copy that has the same cells
        if self._pages is None or self._pages[0] is not self.cell:
            object.__setattr__(self, "_pages", (self.cell, page_starts(self.cell)) if len(self) else None)

    def __len__(self) -> int:
        return self.cell.size

    @property
    def vacant_homes(self) -> Ints:
        """Homes that nobody lives in, int32, shape (n,)."""
        return self.homes - self.lived

    @property
    def vacant_desks(self) -> Ints:
        """Premises that no firm holds, int32, shape (n, 2)."""
        return self.desks - self.held

    def rows(self, cells: npt.ArrayLike) -> Ints:
        """Rows of cells, int32, shape of the input; -1 where there is no site."""
        wanted = np.asarray(cells, dtype=np.int64)
        rows = np.full(wanted.shape, -1, dtype=np.int32)
        if wanted.size and self._pages is not None:
            find_rows(*self._pages, wanted.reshape(-1), rows.reshape(-1))
        return rows

    def cells_of(self, rows: npt.NDArray[np.integer[Any]]) -> Ints:
        """Cells of rows, int32, shape of the input; -1 where the row is -1."""
        return self._read(self.cell, rows)

    def blocks_of(self, cells: npt.ArrayLike) -> Ints:
        """Blocks of cells, int32, shape of the input; -1 where there is no site."""
        return self._read(self.block, self.rows(cells))

    def _read(self, column: Ints, rows: npt.NDArray[np.integer[Any]]) -> Ints:
        if not len(self):
            return np.full(rows.shape, -1, dtype=np.int32)
        return np.where(rows >= 0, column[rows], np.int32(-1))

    def with_residents(self, cells: npt.ArrayLike) -> Sites:
        """Recount `lived` from the cells of all households; those without a site count nowhere."""
        return self.lived_in(self.rows(cells))

    def lived_in(self, rows: Ints) -> Sites:
        """Recount `lived` from the rows of all households; -1 counts nowhere."""
        return replace(self, lived=self._count(rows))

    def with_firms(self, cells: npt.ArrayLike, premises: npt.ArrayLike) -> Sites:
        """Recount `held` from the cells of all firms and the kind of their premises (0 service, 1 industry)."""
        return self.held_in(self.rows(cells), premises)

    def held_in(self, rows: Ints, premises: npt.ArrayLike) -> Sites:
        """Recount `held` from the rows of all firms, -1 counting nowhere, and the kind of their premises."""
        kind = np.asarray(premises)
        return replace(self, held=np.stack([self._count(rows[kind == k]) for k in (SERVICE, INDUSTRY)], axis=1))

    def _count(self, rows: Ints) -> Ints:
        return np.bincount(rows[rows >= 0], minlength=len(self)).astype(np.int32)

    def local_price(self, blocks: npt.ArrayLike, price: float) -> npt.NDArray[np.float32]:
        """Mean price of the sites in a block, CNY/m2; where a block has none that of all, and without any `price`."""
        return self._local_price(np.asarray(blocks), price, _NO_ROWS)

    def _local_price(
        self, blocks: npt.NDArray[Any], price: float, gone: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float32]:
        """`local_price`, as if the rows `gone` were no sites."""
        size = int(max(self.block.max(initial=-1), blocks.max(initial=-1))) + 1
        total, count = np.zeros(size), np.zeros(size, dtype=np.int64)
        sum_in_blocks(self.block, self.price, gone, total, count)
        total, count = total[blocks], count[blocks]
        mean = np.full(blocks.shape, price)
        if len(self) > gone.size and not count.all():
            mean[...] = (np.delete(self.price, gone) if gone.size else self.price).mean(dtype=np.float64)
        return np.asarray(np.divide(total, count, out=mean, where=count > 0), dtype=np.float32)

    def grow(
        self,
        cells: npt.ArrayLike,
        blocks: npt.ArrayLike,
        land: npt.ArrayLike,
        price: float,
        stacking: npt.ArrayLike = 1,
    ) -> Sites:
        """Add newly built cells, empty, with the places that a cell of their class offers.

        Places are whole: the running sum along the cells is floored and its fraction kept for the next call, so that
        small capacities add up over the years.  Prices are those of the block.

        Parameters
        ----------
        cells, blocks, land : array_like of int, shape (m,)
            Flat indices (in any order), their blocks and their new model classes.
        price : float
            Price of floor space where there is no site to go by, CNY/m2.
        stacking : array_like, shape () or (m,)
            Floor space of each over that of a mean cell of its class at the start.

        Raises
        ------
        ValueError
            If a cell is a site already.
        """
        return self.rebuild(_NO_ROWS, cells, blocks, land, price, stacking)

    def drop(self, cells: npt.ArrayLike) -> Sites:
        """Leave out cells that are no longer built; cells that are no site are ignored."""
        return self.rebuild(cells, _NO_ROWS, _NO_ROWS, _NO_ROWS, 0.0)

    def rebuild(
        self,
        gone: npt.ArrayLike,
        cells: npt.ArrayLike,
        blocks: npt.ArrayLike,
        land: npt.ArrayLike,
        price: float,
        stacking: npt.ArrayLike = 1,
    ) -> Sites:
        """Leave out the cells `gone`, then add others: `drop` and `grow` in one pass over the sites."""
        left = np.unique(self.rows(gone)).astype(np.int64)
        left = left[left >= 0]
        order = np.argsort(np.asarray(cells, dtype=np.int32), kind="stable")
        floors = np.broadcast_to(np.asarray(stacking, dtype=np.float64), order.shape)[order]
        cell, block = (np.asarray(values, dtype=np.int32)[order] for values in (cells, blocks))
        if left.size + cell.size == 0:
            return self
        there = self.rows(cell)
        if np.any((there >= 0) & ~_among(there, left)) or np.any(np.diff(cell) == 0):
            raise ValueError("a cell that is a site already cannot be added")
        kind = np.asarray(land, dtype=np.uint8)[order]
        offered = self.density[kind] * floors[:, None]
        places, owed = zip(*(running_floor(offered[:, use], self.owed[use]) for use in range(3)), strict=True)
        desks = np.stack(places[1:], axis=1)
        empty = np.zeros(cell.size, dtype=np.int32)
        newborn = {
            "cell": cell, "block": block, "land": kind, "homes": places[HOME], "lived": empty, "desks": desks,
            "held": np.zeros_like(desks), "price": self._local_price(block, price, left),
            "trend": empty.astype(np.float32),
        }  # fmt: skip
        at = np.searchsorted(self.cell, cell)
        rows = {name: _spliced(getattr(self, name), new, left, at) for name, new in newborn.items()}
        return replace(self, **rows, owed=np.array(owed))

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Every array by name, not copied, for none is ever written to; `Sites(**state)` makes it again."""
        return {column.name: getattr(self, column.name) for column in fields(self) if column.name != "_pages"}


def _among(rows: npt.NDArray[Any], ascending: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Tell which rows are found in an ascending list."""
    at = np.searchsorted(ascending, rows)
    return np.asarray(np.append(ascending, -2)[at] == rows, dtype=np.bool_)


def _spliced(
    old: npt.NDArray[Any], new: npt.NDArray[Any], gone: npt.NDArray[np.int64], at: npt.NDArray[np.int64]
) -> npt.NDArray[Any]:
    """Column without the rows `gone` and with new ones before the rows `at`; both ascend."""
    out = np.empty((len(old) - gone.size + at.size, *old.shape[1:]), dtype=old.dtype)
    width = old.dtype.itemsize * int(np.prod(old.shape[1:]))
    splice(_bytes(old), _bytes(new.astype(old.dtype, copy=False)), width, gone, at, _bytes(out))
    return out


def _bytes(column: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """The bytes of a column; no copy where it is contiguous."""
    return np.ascontiguousarray(column).reshape(-1).view(np.uint8)


def found_sites(
    landscape: Landscape, factor: int, params: SiteParams, *, households: int, firms: tuple[int, int], vacancy: float
) -> Sites:
    """Lay out the sites of a landscape, with homes and premises for its agents and the usual vacancy.

    Homes and services stand in proportion to floor space times crowding, industry to floor space.  Crowding is the
    population of a cell over the mean of its class, held between ``1 / spread`` and `spread`; even without that layer.

    Parameters
    ----------
    landscape : Landscape
        Land cover, and perhaps a ``population`` layer.
    factor : int
        Cells along the side of a block.
    params : SiteParams
        Floor-area ratios, uses and vacancy of premises.
    households : int
        Household agents; homes are ``households / (1 - vacancy)``, rounded up.
    firms : tuple of int
        Firm agents that use service and industrial premises; premises likewise.
    vacancy : float
        Share of homes that stands empty.

    Returns
    -------
    Sites
        Prices are 0 until they are set, and nobody lives there yet.  A use without any floor space gets no places.
    """
    floors = floor_table(landscape.legend, params)
    classes = landscape.model_class.reshape(-1)
    cell = np.flatnonzero((floors.sum(axis=1) > 0)[classes])
    land = classes[cell]
    crowd = _crowding(landscape.get("population"), cell, land, params.spread)
    wanted = [_with_vacancy(households, vacancy), *(_with_vacancy(n, params.desk_vacancy) for n in firms)]
    weights = floors[land] * np.stack((crowd, crowd, np.ones_like(crowd)), axis=1)
    places = np.stack([_share_out(weights[:, use], wanted[use]) for use in range(3)], axis=1)
    base = np.maximum(floors[land].sum(axis=0), np.finfo(float).tiny)
    return Sites(
        cell=cell.astype(np.int32),
        block=landscape.grid.block_of(cell, factor).astype(np.int32),
        land=land,
        homes=places[:, HOME].copy(),
        lived=np.zeros(cell.size, dtype=np.int32),
        desks=places[:, 1:].copy(),
        held=np.zeros((cell.size, 2), dtype=np.int32),
        price=np.zeros(cell.size, dtype=np.float32),
        trend=np.zeros(cell.size, dtype=np.float32),
        density=floors * (places.sum(axis=0) / base),
        owed=np.zeros(3),
    )


def _with_vacancy(agents: int, vacancy: float) -> int:
    return int(np.ceil(agents / (1.0 - vacancy)))


def _share_out(weight: Doubles, total: int) -> Ints:
    return apportion(weight, total if weight.any() else 0)


def _crowding(population: npt.NDArray[Any] | None, cell: Any, land: npt.NDArray[np.uint8], spread: float) -> Doubles:
    """Population of each site over the mean of its class, within bounds; 1 where a class has none."""
    if population is None:
        return np.ones(cell.size)
    people = np.maximum(np.nan_to_num(population.reshape(-1)[cell].astype(np.float64)), 0.0)
    cells = np.bincount(land, minlength=16)
    mean = np.bincount(land, weights=people, minlength=16) / np.maximum(cells, 1)
    relative = np.divide(people, mean[land], out=np.ones(cell.size), where=mean[land] > 0)
    return np.asarray(np.clip(relative, 1.0 / spread, spread))
