"""One rule, two readings: every rule of every population is equal for one member and for all, on random rows."""

from __future__ import annotations

import mesa
import numpy as np
import pytest

from landsim.agents.farmers import Farmer
from landsim.agents.firms import Firm
from landsim.agents.households import Household
from landsim.agents.population import Population, columns_of, rules_of
from landsim.core.quantity import Quantity
from landsim.model.params import ModelParams

KINDS = (Household, Firm, Farmer)
ROWS = 60
CASES = [(kind, name) for kind in KINDS for name in rules_of(kind)]


class World(mesa.Model):
    """The least that rules look at."""

    def __init__(self) -> None:
        super().__init__(rng=1)
        self.seed, self.year, self.params = 11, 2024, ModelParams()


def random_values(quantity: Quantity, rng: np.random.Generator, rows: int) -> np.ndarray:
    low = 0.0 if quantity.low is None else quantity.low
    high = low + 100.0 if quantity.high is None else quantity.high
    dtype = np.dtype(quantity.dtype)
    if dtype.kind == "b":
        return rng.random(rows) < 0.5
    if dtype.kind in "iu":
        return rng.integers(int(low), int(min(high, low + 10_000)) + 1, rows).astype(dtype)
    return rng.uniform(low, min(high, low + 1e6), rows).astype(dtype)


@pytest.mark.parametrize(("kind", "name"), CASES, ids=[f"{kind.__name__}.{name}" for kind, name in CASES])
def test_rule_reads_the_same_for_one_and_for_all(kind, name) -> None:
    rng = np.random.default_rng(CASES.index((kind, name)))
    traits = {column: random_values(c.quantity, rng, ROWS) for column, c in columns_of(kind).items()}
    population = Population.create(World(), kind, ROWS, **traits)
    arguments = {arg: random_values(q, rng, ROWS) for arg, q in rules_of(kind)[name].args.items()}
    together = population.map(name, **arguments)
    alone = [
        getattr(member, name)(**{arg: values[i] for arg, values in arguments.items()})
        for i, member in enumerate(population)
    ]
    np.testing.assert_array_equal(np.asarray(together), np.asarray(alone))


def test_every_population_has_rules() -> None:
    assert {kind for kind, _ in CASES} == set(KINDS)
    assert len(CASES) > 15
