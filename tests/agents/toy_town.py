"""A toy town: households as a population, one official, and reports of Mesa's own kind."""

from __future__ import annotations

import mesa
import numpy as np

from landsim.agents.population import Column, Member, Population, rule
from landsim.core.quantity import Quantity

STRESS = Quantity("stress", "float32", "1", "wish to live elsewhere", 0, 1)
SALDO = Quantity("saldo", "float64", "CNY", "money gained")


class Household(Member):
    income = Column(np.float32, "CNY/a", "yearly income", low=0)
    cell = Column(np.int32, "1", "cell lived in; -1 is unhoused", default=-1)
    owner = Column(np.bool_, "1", "whether the home is owned", default=False)
    kind = Column(np.uint8, "1", "urban or rural", default=0)

    @rule(stress=STRESS)
    def wants_to_move(self, stress):
        """Chance of moving against one named draw.

        Owners move less.
        """
        return self.draw("move") < np.where(self.owner, 0.2, 0.6) * stress * np.log(self.income + 3.0)

    @rule(saldo=SALDO)
    def earns(self, saldo):
        """Add what was gained; never below zero."""
        self.income = np.maximum(self.income + saldo, 0.0)

    @rule(stress=STRESS)
    def outlook(self, stress=0.5):
        """Prospects and their squares, the cube of stress, and a constant."""
        both = np.stack((self.income, self.income**2), axis=1)
        return both, stress**3, self.unique_id, 7

    def greet(self) -> str:
        return f"household {self.unique_id}"


class Official(mesa.Agent):
    rank = 3
    income = None


def total_income(model) -> float:
    return float(model.households["income"].sum())


def describe(agent, verb) -> str:
    return f"{agent.unique_id} {verb} {type(agent).__name__}"


class Town(mesa.Model):
    """A toy model with households and one official."""

    def __init__(self, rng=1, households=4, growth=0):
        super().__init__(rng=rng)
        self.seed, self.year, self.growth = rng, 2020, growth
        self.households = Population.create(self, Household, households, income=np.arange(households) * 100.0)
        self.official = Official(self)

    def step(self):
        self.year += 1
        self.households.add(self.growth, income=1.0)
        self.households.do("earns", saldo=10.0)


class WatchedTown(Town):
    def __init__(self, **settings):
        super().__init__(**settings)
        self.datacollector = mesa.DataCollector(
            model_reporters={"total": total_income},
            agent_reporters={"income": "income", "text": [describe, ["is"]]},
            agenttype_reporters={Household: {"cell": "cell"}},
        )

    def step(self):
        super().step()
        self.datacollector.collect(self)
