"""Measures: what the indicators read of households and firms, by district."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landsim.agents.demography import URBAN
from landsim.indicators.record import with_city
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
    region = _regions(model, cell)
    site_region = model.ground.region[people.sites.cell]
    return {
        "population": _sum(model, region, size),
        "urban_population": _sum(model, region, size * urban),
        "households": _sum(model, region, housed),
        "queue": _sum(model, region, ~housed),
        "homes": _sum(model, site_region, people.sites.homes),
        "price": _mean(model, site_region, people.sites.price),
        "floor": _mean(model, region, who["size"] * model.params.households.floor_area),
        "income": _mean(model, region, who["income"]),
        "commute": _commute(model, region, rows),
    }


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
    return {"jobs": _sum(model, region, jobs), "gva": _sum(model, region, value)}


def _regions(model: LandModel, cells: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """District row of cells; who has no cell is counted in the first row."""
    return np.where(cells >= 0, model.ground.region[np.maximum(cells, 0)], 0)


def _sum(model: LandModel, region: npt.NDArray[Any], values: npt.NDArray[Any]) -> Values:
    return sum_by(region, values, model.ground.districts.size)


def _mean(model: LandModel, region: npt.NDArray[Any], values: npt.NDArray[Any]) -> Values:
    """Mean by district and, last, of the city; NaN where there is nobody."""
    total = with_city(_sum(model, region, values))
    count = with_city(np.bincount(region, minlength=model.ground.districts.size))
    return np.asarray(np.divide(total, count, out=np.full(total.size, np.nan), where=count > 0))
