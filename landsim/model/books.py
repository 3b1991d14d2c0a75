"""Books: what a run writes down as it goes: events, unmet demand, arable ledger, indicators, timings, state hashes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.indicators.welfare import Statement, nothing
from landsim.landscape.grid import MU_PER_HA
from landsim.policy.balance import Ledger
from landsim.transition.conversion import Rule
from landsim.transition.events import EventLog

UNMET_COLUMNS = ("year", "class", "district", "cells", "ha", "mu", "rule")
INDICATOR_COLUMNS = ("year", "district", "indicator", "value", "unit")


@dataclass
class Books:
    """Everything that a run has written down so far.

    Attributes
    ----------
    events : EventLog
        Every change of land and lines.
    ledger : Ledger
        Arable balance.
    unmet, indicators : list of tuple
        Rows of the tables of the run folder.
    demanded : dict of (int, str) to int
        Cells asked for, by year and class.
    hashes : dict of int to str
        Hash of the state at the end of each year.
    timings : dict of str to float
        Seconds by phase.
    worth : numpy.ndarray of float64, shape (n_items, n_parties), or None
        Discounted statements of the account of land until now, CNY; None once a year's is not known.
    """

    events: EventLog
    ledger: Ledger
    unmet: list[tuple[int, str, int, int, float, float, str]] = field(default_factory=list)
    indicators: list[tuple[int, int, str, float, str]] = field(default_factory=list)
    demanded: dict[tuple[int, str], int] = field(default_factory=dict)
    hashes: dict[int, str] = field(default_factory=dict)
    timings: dict[str, float] = field(default_factory=dict)
    worth: Statement | None = field(default_factory=nothing)

    def ask(self, year: int, name: str, cells: int) -> None:
        """Note that cells of a class were asked for."""
        self.demanded[year, name] = self.demanded.get((year, name), 0) + cells

    def lack(self, year: int, name: str, district: int, cells: int, rule: Rule, cell_ha: float) -> None:
        """Note unmet demand with the rule that binds, in cells, ha and mu."""
        ha = cells * cell_ha
        self.unmet.append((year, name, district, cells, ha, ha * MU_PER_HA, rule.name.lower()))

    def unmet_cells(self, year: int) -> int:
        """Cells of unmet demand in a year."""
        return sum(row[3] for row in self.unmet if row[0] == year)

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Arrays that a checkpoint keeps."""
        out: dict[str, npt.NDArray[Any]] = {}
        out |= {f"events.{name}": values for name, values in self.events.columns().items()}
        out |= {f"ledger.{name}": values for name, values in self.ledger.state().items()}
        return out

    def restore(self, state: dict[str, npt.NDArray[Any]], tables: dict[str, Any]) -> None:
        """Take over what a checkpoint kept."""
        self.events.restore({n.removeprefix("events."): v for n, v in state.items() if n.startswith("events.")})
        self.ledger = Ledger.restore(
            {n.removeprefix("ledger."): v for n, v in state.items() if n.startswith("ledger.")}
        )
        self.unmet = [tuple(row) for row in tables["unmet"]]
        self.indicators = [tuple(row) for row in tables["indicators"]]
        self.demanded = {(int(year), name): int(cells) for year, name, cells in tables["demanded"]}
        self.hashes = {int(year): value for year, value in tables["hashes"]}
        self.timings = dict(tables["timings"])
        self.worth = None if tables["worth"] is None else np.array(tables["worth"])

    def tables(self) -> dict[str, Any]:
        """Rows that a checkpoint keeps as JSON."""
        return {
            "unmet": [list(row) for row in self.unmet],
            "indicators": [list(row) for row in self.indicators],
            "demanded": [[year, name, cells] for (year, name), cells in self.demanded.items()],
            "hashes": [[year, value] for year, value in self.hashes.items()],
            "timings": self.timings,
            "worth": None if self.worth is None else self.worth.tolist(),
        }
