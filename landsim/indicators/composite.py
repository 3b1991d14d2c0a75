"""Composite: economy, livelihood and environment against the start of the run, and their geometric mean EQ3.

Each part is the mean of three measures scaled by ``x / (x + x0)`` with x0 the value at the start (``x0 / (x + x0)``
where less is better): one half is as at the start, 0 and 1 are never passed, and runs of one place compare.
The choice of measures and of the scale is a modelling assumption.
"""

from __future__ import annotations

import numpy as np

from landsim.indicators.land import built_area
from landsim.indicators.nature import carbon, ecological_share, ecosystem_services
from landsim.indicators.people import price_to_income
from landsim.indicators.ratios import ratio, ratios
from landsim.indicators.record import Compute, Values, YearState, indicator

_ECONOMY = ("gva", "jobs", "population")
_LIVELIHOOD = ("households", "queue", "price", "floor", "income", "figures.service_access")


def _then_and_now(names: tuple[str, ...]) -> tuple[str, ...]:
    return (*names, *(f"first.{name}" for name in names))


def _value_per_person(state: YearState) -> Values:
    return ratios(state.total("gva"), state.total("population"))


def _value_per_land(state: YearState) -> Values:
    return ratios(state.total("gva"), built_area(state))


def _jobs_per_person(state: YearState) -> Values:
    return ratios(state.total("jobs"), state.total("population"))


def _housed(state: YearState) -> Values:
    return ratios(state.total("households"), state.total("households") + state.total("queue"))


def _services(state: YearState) -> Values:
    return np.array([(state.figures or {})["service_access"]])


@indicator(
    "economy",
    unit="1",
    doc="economy against the start, one half is as then",
    needs=_then_and_now(_ECONOMY),
    scope="city",
)
def economy(state: YearState) -> float:
    """Value added a person and a hectare of construction land, and jobs a person."""
    return _mean(state, more=(_value_per_person, _value_per_land, _jobs_per_person))


@indicator(
    "livelihood",
    unit="1",
    doc="livelihood against the start, one half is as then",
    needs=_then_and_now(_LIVELIHOOD),
    scope="city",
)
def livelihood(state: YearState) -> float:
    """Households housed, access to services, and the price of a home in incomes."""
    return _mean(state, more=(_housed, _services), less=(price_to_income,))


@indicator(
    "environment",
    unit="1",
    doc="environment against the start, one half is as then",
    needs=("first", "told.OPEN"),
    scope="city",
)
def environment(state: YearState) -> float:
    """Ecosystem services, carbon and ecological space."""
    return _mean(state, more=(ecosystem_services, carbon, ecological_share))


@indicator(
    "eq3",
    unit="1",
    doc="economy, livelihood and environment on an equal footing: geometric mean (三生协调)",
    needs=(*_then_and_now(_ECONOMY + _LIVELIHOOD), "told.OPEN"),
    scope="city",
)
def balanced(state: YearState) -> float:
    """Geometric mean of the three parts."""
    return float(np.cbrt(economy(state) * livelihood(state) * environment(state)))


def _mean(state: YearState, more: tuple[Compute, ...] = (), less: tuple[Compute, ...] = ()) -> float:
    """Mean of measures of the city, each scaled by itself and its value at the start."""
    first = state if state.first is None else state.first
    then_now = [(measure(first)[-1], measure(state)[-1]) for measure in more]
    then_now += [(measure(state)[-1], measure(first)[-1]) for measure in less]
    return float(np.mean([ratio(now, now + then) for then, now in then_now]))
