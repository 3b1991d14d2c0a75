"""The tidy yearly table of every indicator that a record can give."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.indicators import account, city, composite, economy, land, money, nature, pattern, people, risk
from landsim.indicators.record import CITY, INDICATORS, Indicator, YearState

__all__ = ["FILED_BY", "yearly_table"]

FILED_BY = (  # importing them files their indicators
    land, people, economy, nature, pattern, money, account, city, composite, risk,
)  # fmt: skip

Row = tuple[int, int, str, float, str]


def yearly_table(state: YearState, names: Iterable[str] | None = None) -> dict[str, npt.NDArray[Any]]:
    """Compute the indicators of a year, one row an indicator and district, `CITY` standing for the whole city.

    Parameters
    ----------
    state : YearState
    names : iterable of str, optional
        Indicators wanted; all where not given.  Those whose data the record does not hold are left out.

    Returns
    -------
    dict
        Columns of one length: ``year`` int32, ``district`` int32, ``indicator`` str, ``value`` float64 (NaN where a
        denominator is 0), ``unit`` str.

    Raises
    ------
    InputError
        If there is no indicator of a name.
    """
    rows: list[Row] = []
    for name in INDICATORS.names() if names is None else names:
        wanted = INDICATORS[name]
        if wanted.known(state):
            rows.extend(_rows(wanted, state))
    year, district, label, value, unit = zip(*rows, strict=True) if rows else ((),) * 5
    return {
        "year": np.array(year, dtype=np.int32),
        "district": np.array(district, dtype=np.int32),
        "indicator": np.array(label, dtype=object),
        "value": np.array(value, dtype=np.float64),
        "unit": np.array(unit, dtype=object),
    }


def _rows(wanted: Indicator, state: YearState) -> list[Row]:
    unit, values = wanted.quantity.unit, wanted.compute(state)
    labels = wanted.labels(row.name for row in state.legend.rows)
    if wanted.scope in ("city", "party"):
        lines = zip(labels, np.atleast_1d(values), strict=True)
        return [(state.year, CITY, label, float(value), unit) for label, value in lines]
    by_place = values[np.newaxis] if wanted.scope == "district" else values
    return [row for label, line in zip(labels, by_place, strict=True) for row in _by_place(label, unit, state, line)]


def _by_place(label: str, unit: str, state: YearState, values: npt.NDArray[np.float64]) -> list[Row]:
    """Rows of the districts, then of the city; cells of no district count for the city alone."""
    places = [(int(place), value) for place, value in zip(state.districts, values[:-1], strict=True) if place != CITY]
    return [(state.year, place, label, float(value), unit) for place, value in (*places, (CITY, values[-1]))]
