"""Measures: what the indicators read of households and firms, by district."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landsim.agents.demography import URBAN
from landsim.indicators.record import SECTORS
from landsim.landscape.legend import Land
from landsim.market.fields import sum_by

if TYPE_CHECKING:
    from landsim.model.model import LandModel

Values = npt.NDArray[np.float64]


def measures(model: LandModel) -> dict[str, Any]:
    """Columns of a `YearState` that come from people; empty where a run has none."""
    return {**_of_households(model), **_of_firms(model)}


def _of_households(model: LandModel) -> dict[str, Any]:
    people = model.people
    who = people.households
    if who is None:
        return {}
    cell, size = who["cell"], who["size"] * people.persons
    rows = people.sites.rows(cell)
    housed = rows >= 0
    urban = who["kind"] == URBAN  # who has no home now counts by the life it leads
    if len(people.sites):
        urban = np.where(housed, people.sites.land[np.maximum(rows, 0)] != Land.RURAL, urban)
    newcomer = urban & (who["hukou"] == 0)
    region = _regions(model, cell)
    nowhere = region < 0
    counted = {
        "population": size, "urban_population": size * urban, "unregistered": size * newcomer,
        "workers": who["workers"] * people.persons, "households": housed * people.persons,
        "queue": ~housed * people.persons,
    }  # fmt: skip
    site_region = model.ground.region[people.sites.cell]
    return {
        **{name: _sum(model, region, values) for name, values in counted.items()},
        "unplaced": {name: float(values[nowhere].sum(dtype=np.float64)) for name, values in counted.items()},
        "homes": _sum(model, site_region, people.sites.homes * people.persons),
        **_prices(model, site_region),
        "floor": _mean(model, region, who["size"] * model.params.households.floor_area),
        "income": _mean(model, region, who["income"]),
        "commute": _commute(model, region, rows),
        **_in_danger(model, "hazard_population", cell, region, size),
    }


def _prices(model: LandModel, region: npt.NDArray[Any]) -> dict[str, Any]:
    """Mean price a home, of town and of villages; a site without homes does not count."""
    sites = model.people.sites
    village = sites.land == Land.RURAL
    of_town = {"price": _mean(model, region, sites.price, sites.homes * ~village)}
    if model.legend.code_of(Land.RURAL) is None:
        return of_town
    return of_town | {"price_village": _mean(model, region, sites.price, sites.homes * village)}


def _commute(model: LandModel, region: npt.NDArray[Any], rows: npt.NDArray[Any]) -> Values:
    """Mean minutes one way of households that have a home and a centre of work."""
    people = model.people
    centre = people.households["centre"].astype(np.int64) if people.households is not None else np.empty(0, np.int64)
    travels = (rows >= 0) & (centre >= 0)
    minutes = people.fields.minutes[centre[travels], people.sites.block[rows[travels]]]
    return _mean(model, region[travels], minutes)


def _of_firms(model: LandModel) -> dict[str, Any]:
    firms = model.people.firms
    if firms is None:
        return {}
    at = firms["cell"] >= 0
    region = _regions(model, firms["cell"][at])
    jobs = firms["jobs"][at] * model.people.persons
    value = jobs * firms["prod"][at] * model.params.firms.value_added
    return {
        "jobs": _sum(model, region, jobs),
        "gva": _sum(model, region, value),
        "sector_jobs": _by_sector(model, firms["sector"][at], region, jobs),
        **_in_danger(model, "hazard_jobs", firms["cell"][at], region, jobs),
    }


def _by_sector(model: LandModel, sector: npt.NDArray[Any], region: npt.NDArray[Any], jobs: npt.NDArray[Any]) -> Values:
    """Jobs by sector and district, float64, shape (n_sectors, n_regions)."""
    regions = model.ground.districts.size
    index = sector.astype(np.int64) * regions + region
    return sum_by(index, jobs, len(SECTORS) * regions).reshape(len(SECTORS), regions)


def _in_danger(
    model: LandModel, name: str, cell: npt.NDArray[Any], region: npt.NDArray[Any], values: npt.NDArray[Any]
) -> dict[str, Any]:
    """Sum by district of those whose cell is of extreme hazard; nothing where the place has no such layer."""
    layer = model.landscape.get("hazard")
    if layer is None:
        return {}
    danger = (cell >= 0) & (layer.reshape(-1)[np.maximum(cell, 0)] != 0)
    return {name: _sum(model, region[danger], values[danger])}


def _regions(model: LandModel, cells: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """District row of cells; -1 for who has no cell."""
    return np.where(cells >= 0, model.ground.region[np.maximum(cells, 0)], -1)


def _sum(model: LandModel, region: npt.NDArray[Any], values: npt.NDArray[Any]) -> Values:
    placed = region >= 0
    return sum_by(region[placed], values[placed], model.ground.districts.size)


def _mean(
    model: LandModel, region: npt.NDArray[Any], values: npt.NDArray[Any], weight: npt.NDArray[Any] | None = None
) -> Values:
    """Mean by district and, last, of all in the city, with or without a place; NaN where there is nobody.

    Each counts `weight`, or else once.
    """
    weight = np.ones(region.size) if weight is None else weight
    total, count = _sum(model, region, values * weight), _sum(model, region, weight)
    total = np.append(total, (values * weight).sum(dtype=np.float64))
    count = np.append(count, weight.sum(dtype=np.float64))
    return np.asarray(np.divide(total, count, out=np.full(total.size, np.nan), where=count > 0))
