"""Ranks: mid ranks over a map, ranks from knots, and tables of chance that keep the order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from landsim.transition.ranks import Chance, Quantiles, map_ranks


@given(st.lists(st.integers(-5, 5), max_size=60))
def test_ranks_are_mid_ranks(values: list[int]) -> None:
    expected = (rankdata(values) - 0.5) / max(len(values), 1)
    assert map_ranks(np.array(values, dtype=np.float32)) == pytest.approx(expected, abs=1e-6)


def test_ranks_from_knots_are_those_of_the_map() -> None:
    x = np.random.default_rng(1).normal(size=(5000, 2)).astype(np.float32)
    x[::4, 1] = 0.0
    x[0, 0] = np.nan
    ranks = Quantiles.of(x).ranks(x)
    assert np.isnan(ranks[0, 0])
    assert ranks[1:, 0] == pytest.approx(map_ranks(x[1:, 0]), abs=2e-3)
    assert ranks[:, 1] == pytest.approx(map_ranks(x[:, 1]), abs=2e-3)
    assert np.isnan(Quantiles.of(x[:0]).ranks(x)).all()


def test_chance_keeps_every_order() -> None:
    chance = Chance.rising(np.array([0.0, 0.5, 1.0]), np.array([0.0, 0.2, 0.2]))
    ranks = np.linspace(0, 1, 1001, dtype=np.float32)
    assert (np.diff(chance.of(ranks)) > 0).all()
    assert chance.of([0.5]) == pytest.approx([0.2], rel=1e-2)  # lifted by a hair, to keep the order of a plateau
    assert Chance.plain(0.1).of(ranks).mean() == pytest.approx(0.1, rel=0.02)


@pytest.mark.parametrize("probability", [[0.1, 0.1], [0.0, 0.1], [0.2, 1.1], [0.1, 0.2, 0.3]])
def test_tables_that_do_not_rise_are_refused(probability: list[float]) -> None:
    with pytest.raises(ValueError, match="chance table"):
        Chance(np.array([0.0, 1.0]), np.array(probability))
