"""Account of land by party, and its net present value: who gains and who pays when land changes (费用效益).

A *statement* of a year has a row for each item and a column for each party.  Transfers - the price of land,
compensation, statutory funds - move money between parties, and each such row sums to 0.  What is left in the column of
society is what land change makes and costs: the value that building leaves for the land, as the market of the model
prices it, less public works, village houses built over, farm income, ecosystem services, and carbon at a price.

The money of a year counts ``(1 + r)**-t``.  What is lost *every* year, farm income and services against the start, is
counted in each year and, as if land stayed what it has become, for ever after: ``(1 + r)**-t / r`` of the last year.
The price of land holds the rent of all years to come, and what is set against it must do so too.  Carbon is charged
when land changes: all that is set free, less all that the new class will bind.

Left out because the model does not know it: gains of productivity (a firm's does not answer to its place), the surplus
of households (it would take the sum over all homes of the choice of each), congestion, ecological restoration, purses
of the counties, and what building yields its developers beyond the price of land, which is all that building leaves
for it.  What is built illegally is not sold and makes no value.  Tax, interest and debt of the city are not of land;
they are in its book alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from landsim.core.params import Params, param

Statement = npt.NDArray[np.float64]

PARTIES = ("city", "upper", "farmers", "developers", "environment")
"""City, upper levels of government with the statutory funds, farmers and villagers, who builds, and nature."""
ITEMS = (
    "land_value", "land_price", "compensation", "funds", "works", "houses", "carbon", "farm_income", "services",
)  # fmt: skip
TRANSFERS = ("land_price", "compensation", "funds")
LASTING = ("farm_income", "services")
AMOUNTS = (
    "land_value", "land_sales", "land_revenue", "funds", "compensation", "works", "houses_lost", "carbon_cost",
    "farm_change", "service_change",
)  # fmt: skip
"""What a statement is made of, by the names of the indicators; all CNY of the year."""

_ENTRIES: dict[tuple[str, str], dict[str, int]] = {
    ("land_value", "developers"): {"land_value": 1},
    ("land_price", "developers"): {"land_sales": -1},
    ("land_price", "city"): {"land_revenue": 1},
    ("land_price", "upper"): {"land_sales": 1, "land_revenue": -1},
    ("compensation", "city"): {"compensation": -1},
    ("compensation", "farmers"): {"compensation": 1},
    ("funds", "city"): {"funds": -1},
    ("funds", "upper"): {"funds": 1},
    ("works", "city"): {"works": -1},
    ("houses", "farmers"): {"houses_lost": -1},
    ("carbon", "environment"): {"carbon_cost": -1},
    ("farm_income", "farmers"): {"farm_change": 1},
    ("services", "environment"): {"service_change": 1},
}


def _signs() -> Statement:
    """Sign of each amount in each cell of a statement, float64, shape (n_items, n_parties, n_amounts)."""
    signs = np.zeros((len(ITEMS), len(PARTIES), len(AMOUNTS)))
    for (item, party), amounts in _ENTRIES.items():
        for amount, sign in amounts.items():
            signs[ITEMS.index(item), PARTIES.index(party), AMOUNTS.index(amount)] = sign
    return signs


_SIGNS = _signs()
_LASTS = np.isin(ITEMS, LASTING)[:, np.newaxis]


class WelfareParams(Params):
    """Discount rate and price of carbon."""

    discount: float = param(
        0.04,
        unit="1/a",
        doc="social discount rate",
        source="between 3.5 % (HM Treasury, Green Book) and 8 % (NDRC and MOC 2006); survey: Zhuang et al. 2007",
        confidence="M",
        gt=0,
        le=0.2,
    )
    carbon_price: float = param(
        60.0,
        unit="CNY/t",
        doc="price of a tonne of carbon dioxide",
        source="order of mean prices in the national emissions market 2021 to 2024",
        confidence="L",
        ge=0,
    )


def statement(amounts: Mapping[str, float]) -> Statement:
    """Set the amounts of a year against the parties.

    Parameters
    ----------
    amounts : mapping of str to float
        The `AMOUNTS`, CNY.

    Returns
    -------
    numpy.ndarray of float64, shape (n_items, n_parties)
        CNY; the rows of `TRANSFERS` sum to 0.

    Examples
    --------
    >>> year = dict.fromkeys(AMOUNTS, 0.0) | {"compensation": 3.0, "land_sales": 10.0, "land_revenue": 8.0}
    >>> dict(zip(PARTIES, statement(year).sum(axis=0).tolist(), strict=True))
    {'city': 5.0, 'upper': 2.0, 'farmers': 3.0, 'developers': -10.0, 'environment': 0.0}
    """
    return np.asarray(_SIGNS @ np.array([float(amounts[name]) for name in AMOUNTS]))


def nothing() -> Statement:
    """Return a statement of zeros."""
    return np.zeros((len(ITEMS), len(PARTIES)))


def discounted(now: Statement, years: int, params: WelfareParams) -> Statement:
    """Worth at the start of a statement so many years later, ``(1 + r)**-years`` of it."""
    return np.asarray((1.0 + params.discount) ** -years * now)


def tail(now: Statement, years: int, params: WelfareParams) -> Statement:
    """Worth at the start of what goes on for ever after a year as it is in it: its lasting rows over r, discounted."""
    return discounted(np.where(_LASTS, now, 0.0), years, params) / params.discount


def present_value(statements: Mapping[int, Statement], params: WelfareParams) -> Statement:
    """Net present value by item and party, CNY, of statements by years since the start; zeros of none.

    Examples
    --------
    >>> lost = statement(dict.fromkeys(AMOUNTS, 0.0) | {"service_change": -4.0})
    >>> worth = present_value({1: lost, 2: lost}, WelfareParams(discount=0.04))  # a loss for ever from year 1 on
    >>> round(float(worth.sum()), 9)
    -100.0
    """
    worth = nothing()
    for years in sorted(statements):
        worth += discounted(statements[years], years, params)
    if statements:
        worth += tail(statements[max(statements)], max(statements), params)
    return worth


def with_society(values: Statement) -> Statement:
    """Append the sum over all parties, along the last axis."""
    return np.concatenate([values, values.sum(axis=-1, keepdims=True)], axis=-1)
