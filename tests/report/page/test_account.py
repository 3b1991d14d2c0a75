"""The account of a report: totals are the present values of the run, transfers cancel, what is unknown is said."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from landsim.indicators.welfare import ITEMS, PARTIES, TRANSFERS
from landsim.io.store import open_run
from landsim.report.page.account import account_notes, account_table
from landsim.report.page.run import ReportedRun
from landsim.report.words import LANGUAGES, Words


@pytest.fixture(scope="module")
def run(two_runs):
    return ReportedRun(open_run(two_runs[0]), "trend")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_totals_are_the_present_values_of_the_run(run, lang):
    words = Words(lang)
    table = account_table(run, words)
    assert [row[0] for row in table.rows[:-1]] == [words(f"account.items.{item}") for item in ITEMS]
    npv = [run.value(f"npv_{party}", run.end) for party in (*PARTIES, "society")]
    assert table.rows[-1] == [words("account.total"), *(words.change(value, "CNY") for value in npv)]
    assert words.unit("CNY") in table.caption
    assert {len(row) for row in (table.head, *table.rows)} == {len(PARTIES) + 2}


def test_transfers_leave_society_nothing(run):
    rows = dict(zip(ITEMS, account_table(run, Words("en")).rows, strict=False))
    assert {rows[item][-1] for item in TRANSFERS} == {"0"}
    assert rows["land_value"][-1] == rows["land_value"][1 + PARTIES.index("developers")] != "0"


def test_the_note_names_rate_and_price_once(run):
    notes = account_notes([run, run], Words("en"))
    assert len(notes) == 1
    assert "at 4 % a year and 60 CNY" in notes[0]


def test_a_run_that_does_not_know_an_amount_has_no_account(run):
    unsure = SimpleNamespace(
        start=run.start, end=run.end, name="old", manifest={"scenario": {}},
        value=lambda name, year: float("nan") if name == "farm_change" else run.value(name, year),
    )  # fmt: skip
    assert account_table(unsure, Words("en")) is None
    assert account_notes([unsure], Words("en")) == []
