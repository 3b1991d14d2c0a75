"""The arable ledger: exact identities, nothing below zero."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landsim.core.quantity import UNLIMITED
from landsim.landscape.legend import BUILT, Land
from landsim.policy.balance import (
    COLUMNS,
    Account,
    BalanceParams,
    Kind,
    Ledger,
    accepts_supplement,
    debit_table,
    opening_bank,
    yield_table,
)

KG = yield_table(BalanceParams(), 1.0)


def _credited(n, paddy=0, grade=5, lag=0):
    ledger = Ledger(np.zeros(3), lag)
    ledger.credit(2020, np.full(n, paddy), np.full(n, KG[grade]), np.arange(n))
    ledger.open_year(2020)
    return ledger


def test_k26_ledger_closes_at_two():
    ledger = _credited(10)
    assert ledger.debit(2020, np.zeros(8), np.full(8, KG[5]), np.arange(8)).all()
    assert ledger.bank.tolist() == [2, 0, 2 * KG[5]]
    assert ledger.closing().tolist() == ledger.bank.tolist()


def test_k26_over_debit_is_refused():
    ledger = _credited(2)
    assert ledger.debit(2020, [0, 0, 0], KG[[5, 5, 5]], [1, 2, 3]).tolist() == [True, True, False]
    assert ledger.bank.tolist() == [0, 0, 0]


def test_quality_and_paddy_must_be_matched():
    ledger = _credited(3, paddy=0, grade=10)
    assert not ledger.debit(2020, 1, KG[10], 0).any()  # no paddy in the bank
    assert ledger.debit(2020, 0, KG[1], 0).all()  # two cells of grade 10 outweigh one of grade 1
    assert not ledger.debit(2020, 0, KG[1], 0).any()
    assert ledger.bank.tolist() == [2, 0, 3 * KG[10] - KG[1]]


def test_credits_are_accepted_after_the_lag():
    ledger = Ledger(np.zeros(3), lag=1)
    ledger.credit(2020, [1, 0], KG[[3, 4]], [7, 8])
    assert ledger.open_year(2020) == 0
    assert ledger.bank[0] == 0
    assert ledger.open_year(2021) == 2
    assert ledger.bank.tolist() == [2, 1, KG[3] + KG[4]]
    assert ledger.open_year(2022) == 0


def test_entries_are_numbered_columns():
    ledger = _credited(1, paddy=1)
    ledger.debit(2021, 1, KG[5], 42)
    columns = ledger.columns()
    assert {name: str(column.dtype) for name, column in columns.items()} == COLUMNS
    assert columns["seq"].tolist() == list(range(6))
    assert columns["account"].tolist() == [Account.ARABLE_HA, Account.PADDY_HA, Account.CAPACITY_KG] * 2
    assert columns["delta"].tolist() == [1, 1, KG[5], -1, -1, -KG[5]]
    assert columns["kind"].tolist() == [Kind.CREDIT] * 3 + [Kind.DEBIT] * 3
    assert columns["event_seq"].tolist() == [0, 0, 0, 42, 42, 42]
    assert columns["cells"].tolist() == [1] * 6


def test_an_empty_ledger_has_empty_columns():
    assert all(column.size == 0 for column in Ledger([1, 2, 3]).columns().values())


def test_the_bank_given_out_is_a_copy():
    ledger = _credited(2)
    ledger.bank[0] = 99
    assert ledger.bank[0] == 2


moves = st.lists(st.tuples(st.sampled_from(["credit", "debit"]), st.integers(0, 1), st.integers(1, 10)), max_size=40)


@given(moves=moves, opening=st.integers(0, 5))
def test_identity_is_exact_and_nothing_falls_below_zero(moves, opening):
    ledger = Ledger([opening, opening, opening * KG[5]], lag=1)
    for year, (kind, paddy, grade) in enumerate(moves):
        ledger.open_year(year)
        kg = int(KG[grade])
        if kind == "credit":
            ledger.credit(year, paddy, kg, year)
        else:
            ledger.debit(year, paddy, kg, year)
        assert (ledger.bank >= 0).all()
    columns = ledger.columns()
    cells = columns["account"] == Account.ARABLE_HA
    net = {kind: int(columns["delta"][cells & (columns["kind"] == kind)].sum()) for kind in Kind}
    assert net[Kind.CREDIT] >= 0 >= net[Kind.DEBIT]
    assert opening + sum(net.values()) == ledger.bank[0]
    assert ledger.closing().tolist() == ledger.bank.tolist()


def test_a_restored_ledger_goes_on_as_the_first():
    first = _credited(4, paddy=1, lag=0)
    first.lag = 2
    first.credit(2021, [0], KG[[2]], [9])
    second = Ledger.restore(first.state())
    for ledger in (first, second):
        ledger.debit(2022, 1, KG[5], 3)
        ledger.open_year(2023)
    assert first.bank.tolist() == second.bank.tolist() == [4, 3, 3 * KG[5] + KG[2]]
    assert all(np.array_equal(first.columns()[name], second.columns()[name]) for name in COLUMNS)


def test_yields_by_grade():
    assert yield_table(BalanceParams(), 1.0)[1] == 9000
    assert yield_table(BalanceParams(unknown_grade=4), 0.09).tolist()[:2] == [664, 810]
    assert (np.diff(KG[1:]) < 0).all()
    # the national mean grade of 4.76 stands for 6970 kg/ha
    assert np.interp(4.76, np.arange(1, 11), KG[1:]) == pytest.approx(6970, abs=1)


def test_opening_bank_in_whole_cells():
    assert opening_bank(BalanceParams(opening_ha=1.0, opening_paddy=0.5, opening_grade=1), 0.09).tolist() == [
        11,
        5,
        8910,
    ]
    assert (opening_bank(BalanceParams(mode="off"), 1.0) == UNLIMITED).all()


def test_what_has_to_be_paid_for():
    assert not debit_table("off").any()
    project, unified = debit_table("project"), debit_table("unified")
    assert project[Land.ARABLE, list(BUILT)].all()
    assert not project[Land.ARABLE, Land.FOREST]
    assert unified[Land.ARABLE, [Land.URB_RES, Land.FOREST, Land.OTHER_AG, Land.GRASS]].all()
    assert not unified[Land.ARABLE, [Land.WATER, Land.WETLAND, Land.UNUSED, Land.ARABLE]].any()
    assert not unified[Land.FOREST].any()


def test_supplement_is_gentle_good_and_outside_the_red_line():
    params = BalanceParams(supplement_grade=9)
    accepted = accepts_supplement([10, 16, 10, 10], [8, 8, 10, 8], [0, 0, 0, 1], params)
    assert accepted.tolist() == [True, False, False, False]


def test_a_supplement_of_unknown_grade_counts_as_the_mean():
    worst = [accepts_supplement([5], [0], [0], BalanceParams(supplement_grade=grade))[0] for grade in (4, 5)]
    assert worst == [False, True]
