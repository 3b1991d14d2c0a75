"""Account indicators: what land change brings and costs each party in a year, and its net present value."""

from __future__ import annotations

import numpy as np

from landsim.indicators import welfare
from landsim.indicators.ecology import CO2_PER_CARBON
from landsim.indicators.nature import carbon, ecosystem_services
from landsim.indicators.record import Values, YearState, indicator

_OF_NATURE = ("carbon_cost", "service_change")
_KNOWN = (*(f"money.{name}" for name in welfare.AMOUNTS if name not in _OF_NATURE), "first", "told.OPEN")


@indicator(
    "service_change", unit="CNY/a", doc="ecosystem service value less that at the start", needs=("first", "told.OPEN")
)
def service_change(state: YearState) -> Values:
    """Ecosystem service value now less that at the start."""
    return np.asarray(ecosystem_services(state) - ecosystem_services(_start(state)))


@indicator(
    "carbon_cost",
    unit="CNY",
    doc="carbon that the land change of the year sets free, net, at the price of carbon",
    needs=("previous", "told.OPEN"),
)
def carbon_cost(state: YearState) -> Values:
    """Carbon stock lost since the record before, as carbon dioxide at its price; below 0 where land binds more."""
    if state.previous is None:
        raise ValueError(f"the record of {state.year} has no previous record")
    price = CO2_PER_CARBON * state.welfare.carbon_price
    return np.asarray(price * (carbon(state.previous) - carbon(state)))


@indicator(
    "account",
    unit="CNY",
    doc="what land change of the year brings each party, and society as a whole (费用效益)",
    needs=(*_KNOWN, "previous"),
    scope="party",
)
def account(state: YearState) -> Values:
    """Sum of the year's statement by party and, last, over all of them."""
    return welfare.with_society(statement_of(state).sum(axis=0))


@indicator(
    "npv",
    unit="CNY",
    doc="net present value of all land change since the start by party, and to society, had land stayed as it is now",
    needs=(*_KNOWN, "previous", "worth_before"),
    scope="party",
)
def net_present_value(state: YearState) -> Values:
    """Worth at the start of every statement until now, and of what goes on for ever, by party and, last, of all."""
    now, years = statement_of(state), state.year - _start(state).year
    worth = worth_until(state) + welfare.tail(now, years, state.welfare)
    return welfare.with_society(worth.sum(axis=0))


def statement_of(state: YearState) -> welfare.Statement:
    """Statement of the year, CNY, float64, shape (n_items, n_parties)."""
    nature = {"service_change": float(service_change(state)[-1]), "carbon_cost": float(carbon_cost(state)[-1])}
    return welfare.statement({**(state.money or {}), **nature})


def worth_until(state: YearState) -> welfare.Statement:
    """Discounted statements of the year and of all before it, CNY, float64, shape (n_items, n_parties)."""
    if state.worth_before is None:
        raise ValueError(f"the account of the years before {state.year} is not known")
    return state.worth_before + welfare.discounted(statement_of(state), state.year - _start(state).year, state.welfare)


def _start(state: YearState) -> YearState:
    if state.first is None:
        raise ValueError(f"the record of {state.year} has no first record")
    return state.first
