"""Accounts: the phases that close a year: ecosystem condition, the city's purse, indicators and the state's hash."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landsim.agents.government import close_book
from landsim.core.errors import InternalError
from landsim.core.quantity import LIMITED_BELOW
from landsim.indicators.account import worth_until
from landsim.indicators.counting import class_counts, counts_by_zone, counts_of_former
from landsim.indicators.land import codes_of
from landsim.indicators.record import INDICATORS, YearState
from landsim.indicators.table import yearly_table
from landsim.landscape.legend import Land
from landsim.model.figures import city_form, figures
from landsim.model.measures import measures
from landsim.policy.control import Zone
from landsim.policy.expropriation import houses_lost

if TYPE_CHECKING:
    from landsim.model.model import LandModel

_PURSE_LINES = {
    "budget": "closing",
    "debt": "debt",
    "tax": "tax",
    "land_revenue": "land_revenue",
    "running": "running",
    "compensation": "compensation",
    "works": "works",
    "funds": "funds",
}


def ecology(model: LandModel) -> None:
    """Count what lies inside the lines; the ecological accounts are read from these counts."""
    place, control = model.landscape, model.ground.control
    counts = counts_by_zone(
        place.landcover, model.ground.districts, place.get("district"),
        model.engine.door.control, control.zone, len(Zone),
    )  # fmt: skip
    model.counts = counts.sum(axis=0)
    model.erl_counts, model.pbf_counts = counts[Zone.ERL], counts[Zone.PBF]


def accounts(model: LandModel) -> None:
    """Close the purse of the city, compute the indicators of the year and hash the state."""
    _close_purse(model)
    with ThreadPoolExecutor(1) as aside:  # nothing below changes what is hashed
        hashed = aside.submit(_hash_of, model.state())
        record_year(model)
        check(model)
    model.books.hashes[model.year] = hashed.result()


def _close_purse(model: LandModel) -> None:
    paid = model.books.events.since(model.first_event)["compensation"]
    book = close_book(
        model.params.government,
        model.tree.city.budget,
        model.tree.city.debt,
        value_added=model.people.value_added(),
        land_sales=model.sold + model.fines,
        compensation=float(np.sum(paid, dtype=np.float64)),
        works=model.spent_on_works,
    )
    model.tree.city.close_year(book)
    model.reclaim_budget = max(float(book.closing), 0.0) * model.params.government.reclaim_share
    model.purse = book.rows()


def record_year(model: LandModel) -> None:
    """Write the indicators of the present state into the books."""
    state = year_state(model)
    table = yearly_table(state)
    rows = zip(*(table[name].tolist() for name in ("year", "district", "indicator", "value", "unit")), strict=True)
    model.books.indicators.extend(rows)
    model.previous = without_past(state)
    if model.first_state is None:
        model.first_state = model.previous
    else:
        model.books.worth = worth_until(state) if INDICATORS["npv"].known(state) else None


def year_state(model: LandModel) -> YearState:
    """Put together what the indicators read."""
    people = measures(model)
    unmet, unplaced = _unmet_by_region(model)
    return YearState(
        year=model.year,
        cell_area_ha=model.grid.cell_area_ha,
        legend=model.legend,
        districts=model.ground.districts,
        counts=model.counts,
        erl_counts=_inside(model, "erl", model.erl_counts),
        paddy_counts=_paddy(model),
        pbf_counts=_inside(model, "pbf", model.pbf_counts),
        once_water_counts=_once_water(model),
        quota=np.where(model.quota_granted[:, 0] < LIMITED_BELOW, model.quota_granted[:, 0], np.nan),
        quota_used=model.quota_used,
        illegal_cells=_cells_by_region(model, model.illegal),
        unmet_cells=unmet,
        new_built_cells=_new_built(model),
        renewed_cells=_renewed(model),
        money=_money(model) if model.purse else None,
        figures=figures(model),
        urban=city_form(model),
        capacity=model.params.capacity,
        welfare=model.params.welfare,
        worth_before=model.books.worth,
        previous=model.previous,
        first=model.first_state,
        unplaced={**people.pop("unplaced", {}), "unmet_cells": unplaced},
        **people,
    )


def _money(model: LandModel) -> dict[str, float]:
    """Lines of the city's book and of the account of land, and what farms earned."""
    lines = {name: float(model.purse[line]) for name, line in _PURSE_LINES.items()}
    lines |= {"land_sales": float(round(model.sold + model.fines)), "land_value": _land_value(model)}
    lines["houses_lost"] = _houses_lost(model)
    if model.farmers is not None and "farms" not in model.params.agents.freeze:
        lines["farm_change"] = model.farm_income - model.farm_income_at_start
    return {**lines, "farm_income": model.farm_income}


def _land_value(model: LandModel) -> float:
    """Price of the land that was built on in the year, CNY: what building leaves for it."""
    events = model.books.events.since(model.first_event)
    built = model.legend.built[events["to"]] & (events["layer"] == 0)
    return float(round(np.sum(events["price"][built], dtype=np.float64) * model.grid.cell_area_m2))


def _houses_lost(model: LandModel) -> float:
    """Worth of the village houses that were built over in the year, CNY."""
    events, classes = model.books.events.since(model.first_event), model.engine.door.code_class
    land = events["layer"] == 0
    before, after = classes[events["from"][land]], classes[events["to"][land]]
    return float(round(houses_lost(model.params.expropriation, before, after, model.grid.cell_area_m2)))


def without_past(state: YearState) -> YearState:
    """Drop the chain of earlier records, so that a long run does not keep them all."""
    kept: dict[str, Any] = {name: getattr(state, name) for name in state.__dataclass_fields__}
    return YearState(**{**kept, "previous": None, "first": None})


def _cells_by_region(model: LandModel, cells: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.bincount(model.ground.region[cells], minlength=model.ground.districts.size)


def _unmet_by_region(model: LandModel) -> tuple[npt.NDArray[np.int64], int]:
    """Cells of the year's unmet demand by district, and those that the city as a whole asked for."""
    rows = {int(district): row for row, district in enumerate(model.ground.districts)}
    out, of_city = np.zeros(len(rows), dtype=np.int64), 0
    for year, _, district, cells, *_ in model.books.unmet:
        if year != model.year:
            continue
        if district in rows:
            out[rows[district]] += cells
        else:
            of_city += cells
    return out, of_city


def _new_built(model: LandModel) -> npt.NDArray[np.int64]:
    events = model.books.events.since(model.first_event)
    built = model.legend.built[events["to"]] & ~model.legend.built[events["from"]] & (events["layer"] == 0)
    return _cells_by_region(model, events["cell"][built])


def _renewed(model: LandModel) -> npt.NDArray[np.int64]:
    """Built cells that were built anew as another class, by district."""
    events = model.books.events.since(model.first_event)
    built = model.legend.built
    renewed = built[events["to"]] & built[events["from"]] & (events["layer"] == 0)
    return _cells_by_region(model, events["cell"][renewed])


def _inside(model: LandModel, line: str, in_force: npt.NDArray[np.int64]) -> npt.NDArray[np.int64] | None:
    """Cells inside a line by district and code, also of one that is not in force; None where the place has none."""
    layer = model.landscape.get(line)
    if layer is None or getattr(model.params.lines, line):
        return None if layer is None else in_force
    place = model.landscape
    return class_counts(place.landcover, model.ground.districts, place.get("district"), layer)


def _once_water(model: LandModel) -> npt.NDArray[np.int64] | None:
    """Cells that were water or sea at the start by district and code; None where the map shows none."""
    water = codes_of(model.legend, Land.WATER, Land.SEA)
    if not model.ground.at_start[water].any():
        return None
    place = model.landscape
    return counts_of_former(model.first_land, water, place.landcover, model.ground.districts, place.get("district"))


def _paddy(model: LandModel) -> npt.NDArray[np.int64] | None:
    """Cells of paddy by district and code, where the place tells it apart."""
    if model.landscape.get("paddy") is None:
        return None
    land, wet = model.landscape.landcover, model.engine.door.paddy.reshape(model.grid.shape)
    tilled = wet * model.legend.arable[land]  # the door also knows which other land would be paddy
    return class_counts(land, model.ground.districts, model.landscape.get("district"), tilled)


def check(model: LandModel) -> None:
    """Test the invariants of a closed year.

    Raises
    ------
    InternalError
        Naming the invariant that does not hold.
    """
    study = np.arange(256) != model.legend.nodata
    if model.counts[:, study].sum() != model.ground.at_start[study].sum():
        raise InternalError(f"{model.year}: the areas do not add up to the map")
    if not np.array_equal(model.books.ledger.closing(), model.books.ledger.bank):
        raise InternalError(f"{model.year}: the arable ledger does not close")
    if (model.engine.door.quota < 0).any() or model.engine.door.pace[0] < 0 or (model.engine.door.bank < 0).any():
        raise InternalError(f"{model.year}: a quota, the pace or the balance was overdrawn")
    model.people.check()


def state_hash(model: LandModel) -> str:
    """Hash of land, lines and agents, 16 bytes in hexadecimal."""
    return _hash_of(model.state())


def _hash_of(state: dict[str, npt.NDArray[Any]]) -> str:
    digest = blake2b(digest_size=16)
    for name, values in sorted(state.items()):
        if not name.startswith(("books.events", "engine.t", "engine.score")):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(values).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()
