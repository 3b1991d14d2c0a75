"""Account of a report: who gains and who pays when land changes, as present values by item and party."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from landsim.indicators.welfare import (
    AMOUNTS,
    ITEMS,
    PARTIES,
    Statement,
    WelfareParams,
    present_value,
    statement,
    with_society,
)
from landsim.report.page.run import ReportedRun
from landsim.report.page.tables import Table
from landsim.report.words import Words


def account_table(run: ReportedRun, words: Words) -> Table | None:
    """Present value of every item to each party and to society; None where a run does not know its whole account."""
    worth = _worth(run)
    if worth is None:
        return None
    rows = []
    for name, line in zip(map(words, _keys("items", ITEMS)), with_society(worth).tolist(), strict=True):
        parties = [words.change(value, "CNY") if value else "" for value in line[:-1]]
        rows.append([name, *parties, words.change(line[-1], "CNY")])
    total = with_society(worth.sum(axis=0)).tolist()
    rows.append([words("account.total"), *(words.change(value, "CNY") for value in total)])
    head = [words("account.item"), *map(words, _keys("parties", (*PARTIES, "society")))]
    return Table(f"{run.name} ({words.unit('CNY')})", head, rows)


def account_notes(runs: Sequence[ReportedRun], words: Words) -> list[str]:
    """Say what the numbers of the accounts are, once where the runs agree; nothing where no run knows its account."""
    return list(dict.fromkeys(_note(run, words) for run in runs if _worth(run) is not None))


def _note(run: ReportedRun, words: Words) -> str:
    params = _params(run)
    rate, price = words.number(100 * params.discount), words.number(params.carbon_price)
    return words("account.note", year=run.start, rate=rate, price=price)


def _keys(section: str, names: tuple[str, ...]) -> list[str]:
    return [f"account.{section}.{name}" for name in names]


def _params(run: ReportedRun) -> WelfareParams:
    """Discount rate and price of carbon of a run."""
    return WelfareParams.model_validate(run.manifest["scenario"].get("welfare", {}))


def _worth(run: ReportedRun) -> Statement | None:
    """Present value by item and party from the yearly amounts, CNY; None where one of them is not known."""
    amounts = {year: {name: run.value(name, year) for name in AMOUNTS} for year in range(run.start + 1, run.end + 1)}
    if not amounts or not all(math.isfinite(value) for year in amounts.values() for value in year.values()):
        return None
    return np.asarray(present_value({y - run.start: statement(line) for y, line in amounts.items()}, _params(run)))
