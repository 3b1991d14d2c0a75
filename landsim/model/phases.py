"""Phases: the visible list of what happens in a year, in order, with what each one reads and writes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from landsim.model import accounts, land, people, public

if TYPE_CHECKING:
    from landsim.model.model import LandModel


@dataclass(frozen=True)
class Phase:
    """One step of the year.

    Attributes
    ----------
    name : str
        Under which it is timed and its events are filed.
    run : callable
        Takes the model and changes it.
    reads, writes : tuple of str
        Quantities that it looks at and changes.
    """

    name: str
    run: Callable[[LandModel], None]
    reads: tuple[str, ...]
    writes: tuple[str, ...]

    @property
    def doc(self) -> str:
        """What the phase does, in one line."""
        return (self.run.__doc__ or "").strip().splitlines()[0]


PHASES: tuple[Phase, ...] = (
    Phase("exogenous", public.exogenous, ("shocks",), ("params",)),
    Phase("mandates", public.mandates, ("udb", "landcover", "year"), ("udb", "control", "clocks", "events")),
    Phase("demography", people.demography, ("households",), ("households",)),
    Phase("demand", land.demand, ("households", "firms", "homes", "targets", "landcover"), ("wanted", "loss")),
    Phase("quota", land.quota, ("population", "jobs", "ledger", "params"), ("quota", "pace", "bank")),
    Phase("public works", public.works, ("population", "budget"), ("facilities", "budget")),
    Phase("credits", land.credits, ("landcover", "slope", "homes", "budget"), ("landcover", "ledger", "events")),
    Phase("fields", people.fields, ("jobs", "homes", "minutes"), ("access", "services", "density")),
    Phase("firms", people.firms, ("firms", "access", "price"), ("firms", "desks")),
    Phase("households", people.households, ("households", "access", "price"), ("households", "homes")),
    Phase("prices", people.prices, ("homes",), ("price",)),
    Phase("supply", public.supply, ("price", "access", "services"), ("bids", "clocks")),
    Phase(
        "conversion", land.conversion, ("wanted", "clocks", "control", "quota", "pace", "bank", "loss"),
        ("landcover", "clocks", "quota", "pace", "ledger", "events", "unmet", "homes", "desks"),
    ),
    Phase("enforcement", land.enforcement, ("unmet", "landcover", "control"), ("landcover", "events", "illegal")),
    Phase("farming", land.farming, ("farmers", "quality", "slope", "landcover"), ("farmers", "landcover", "events")),
    Phase("ecology", accounts.ecology, ("landcover", "control"), ("counts",)),
    Phase("accounts", accounts.accounts, ("landcover", "events", "ledger", "budget"), ("indicators", "budget", "hash")),
)  # fmt: skip

PHASE_NAMES: tuple[str, ...] = tuple(phase.name for phase in PHASES)


def run_phases(model: LandModel) -> None:
    """Run a year, and time each phase under its name."""
    for code, phase in enumerate(PHASES):
        model.phase_code = code
        started = time.perf_counter()
        phase.run(model)
        spent = model.books.timings.get(phase.name, 0.0)
        model.books.timings[phase.name] = spent + time.perf_counter() - started
