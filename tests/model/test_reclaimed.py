"""Reclaimed land: worse than what was taken, paddy where its neighbours are, and enough for every account."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landsim.landscape.grid import Grid
from landsim.landscape.landscape import Landscape
from landsim.landscape.legend import Land, model_legend
from landsim.model.reclaimed import grades, paddies, shortage
from landsim.policy.balance import BalanceParams

A, G, R, F = (int(land) for land in (Land.ARABLE, Land.GRASS, Land.RURAL, Land.FOREST))


def place(land: list[list[int]], **layers: list[list[int]]) -> Landscape:
    legend = model_legend()
    codes = np.array([[legend.code_of(Land(cell)) for cell in row] for row in land], dtype=np.uint8)
    made = {name: np.array(rows, dtype=np.uint8) for name, rows in layers.items()}
    return Landscape(Grid(*codes.shape, (30.0, 0.0, 0.0, 0.0, -30.0, 0.0)), legend, codes, made)


def test_villages_and_open_land_become_worse_farmland_than_the_map_says_of_the_rest() -> None:
    params = BalanceParams()
    known = place([[A, G, R, F]], quality=[[3, 3, 3, 3]])
    assert grades(known, params).tolist() == [[3, params.open_grade, params.village_grade, 3]]
    assert grades(place([[A, G, R, F]]), params).tolist() == [[0, params.open_grade, params.village_grade, 0]]
    assert known.get("quality").tolist() == [[3, 3, 3, 3]]


def test_reclaimed_land_is_paddy_where_half_of_the_fields_that_touch_it_are() -> None:
    land = [[A, A, A, A, F], [A, G, A, R, F], [A, A, A, F, G]]
    wet = [[1, 1, 1, 0, 0], [1, 0, 0, 0, 0], [0, 0, 0, 0, 0]]
    found = paddies(place(land, paddy=wet))
    assert found is not None
    assert found.tolist() == [[1, 1, 1, 0, 0], [1, 1, 0, 0, 0], [0, 0, 0, 0, 0]]
    assert paddies(place(land)) is None


@given(
    st.integers(0, 500), st.tuples(*[st.integers(0, 400)] * 2), st.integers(0, 10**6),
    st.lists(st.tuples(st.integers(0, 1), st.integers(1, 9000)), min_size=1, max_size=20),
    st.lists(st.tuples(st.integers(0, 1), st.integers(1, 9000)), min_size=1, max_size=20),
)  # fmt: skip
def test_what_is_reclaimed_is_enough_for_each_account(wanted, counts, kg, there, new) -> None:
    bank = np.array([counts[0], min(counts), kg])
    paddy, yields = np.array(there).T
    new_paddy, new_yields = np.array(new).T
    need, wet = shortage(wanted, bank, paddy, yields, new_paddy, new_yields)
    assert need >= wet >= 0
    if wanted == 0:
        assert need == 0
        return
    assert bank[0] + need >= wanted
    assert bank[1] + wet >= wanted * paddy.mean() or wet == new_paddy.sum()
    assert bank[2] + need * max(new_yields.mean(), 1.0) >= wanted * yields.mean() - 1e-6


def test_nothing_is_reclaimed_where_there_is_nothing_to_reclaim() -> None:
    none, one = np.empty(0, dtype=np.int64), np.ones(1, dtype=np.int64)
    assert shortage(5, np.zeros(3, dtype=np.int64), one, one, none, none) == (0, 0)
    assert shortage(5, np.zeros(3, dtype=np.int64), none, none, one, one) == (0, 0)


@pytest.mark.parametrize("mode", ["project", "unified"])
def test_credits_are_of_worse_land_than_debits(mode: str) -> None:
    """A side effect of the balance that is seen in reality: good land is taken and poor land given for it."""
    import landsim

    few = {
        "horizon": 2026,
        "agents.households": 3000,
        "agents.firms": 300,
        "balance.mode": mode,
        "balance.opening_ha": 5.0,
    }
    model = landsim.build(landsim.load_scenario("demo", overrides=few))
    while model.running:
        model.step()
    entries = model.books.ledger.columns()
    weight = {kind: entries["delta"][(entries["account"] == 2) & (entries["kind"] == kind)] for kind in (0, 1)}
    assert weight[0].size > 50
    assert weight[1].size > 50
    assert weight[0].mean() < -weight[1].mean()
