"""Phases: the visible list of what happens in a year, in order, with what each one reads and writes."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from landsim.core.registry import nearest
from landsim.model import accounts, land, people, public

if TYPE_CHECKING:
    from landsim.model.model import LandModel


@dataclass(frozen=True)
class Phase:
    """One step of the year.

    A model of one's own takes more of them: the class attribute ``phases`` of `LandModel` is the list of its year.

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


def with_phase(phase: Phase, *, after: str, phases: tuple[Phase, ...] = PHASES) -> tuple[Phase, ...]:
    """Give a list of phases with one more in it.

    Parameters
    ----------
    phase : Phase
        The new one.
    after : str
        Name of the phase that it follows.
    phases : tuple of Phase
        The list; by default the year of landsim.

    Raises
    ------
    ValueError
        If there is no phase to follow, or one of the new name already.

    Examples
    --------
    >>> count = Phase("count", lambda model: None, (), ())
    >>> [phase.name for phase in with_phase(count, after="ecology")][-3:]
    ['ecology', 'count', 'accounts']
    """
    names = [known.name for known in phases]
    if after not in names:
        near = nearest(after, names)
        raise ValueError(f"no phase {after!r}" + (f"; did you mean {near!r}?" if near else ""))
    if phase.name in names:
        raise ValueError(f"there is a phase {phase.name!r} already")
    place = names.index(after) + 1
    return (*phases[:place], phase, *phases[place:])


def run_phases(model: LandModel) -> None:
    """Run a year, and time each phase under its name."""
    for code, phase in enumerate(model.phases):
        model.phase_code = code
        started = time.perf_counter()
        phase.run(model)
        spent = model.books.timings.get(phase.name, 0.0)
        model.books.timings[phase.name] = spent + time.perf_counter() - started
