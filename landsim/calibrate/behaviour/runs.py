"""Runs: the simulator called at points of the space with named seeds, measured, cut short where that is asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from landsim.calibrate.behaviour.memory import Memory, Record, key_of
from landsim.calibrate.span import Codes

Values = Mapping[str, float]
Stop = Callable[[int, Codes], bool]
"""Called with a year and its map after each year that is simulated; True asks that the run be given up."""
Simulate = Callable[[Values, int, Stop | None], Codes | None]
"""Values by path, seed, and whom to ask after each year: the end map, or None if the run was given up or failed.

The values name every parameter of the space, and the scatter where it is fitted.
"""
Measure = Callable[[Codes], dict[str, float]]
Judge = Callable[[float], bool]
"""Told what an unfinished run is worth; True gives the run up."""


@dataclass(frozen=True)
class Outcome:
    """What came of a run.

    Attributes
    ----------
    measures : dict of str to float, or None
        Of the end map; None where there is none.
    partial : float or None
        Worth in the year in which it was judged; None where it was not.
    stopped : bool
        Whether it was given up then.
    """

    measures: dict[str, float] | None
    partial: float | None = None
    stopped: bool = False


@dataclass(frozen=True)
class Watch:
    """Looks at a run once, in the first year that is late enough.

    Attributes
    ----------
    year : int
        From which year on.
    worth : callable
        Map -> worth of the unfinished run.
    judge : callable
        Worth -> whether to give the run up.
    """

    year: int
    worth: Callable[[Codes], float]
    judge: Judge


class Runs:
    """Runs of one simulator, none made twice.

    Parameters
    ----------
    simulate : callable
        See `Simulate`.  Its maps are not kept.
    memory : Memory
        Where measures are kept.
    fingerprint : str
        Hash of all that a run depends on besides its values and its seed.
    fixed : mapping of str to float
        Values that every run has, unless it brings its own.
    """

    def __init__(self, simulate: Simulate, memory: Memory, fingerprint: str, fixed: Values | None = None) -> None:
        self.simulate, self.memory, self.fingerprint = simulate, memory, fingerprint
        self.fixed = dict(fixed or {})

    def with_fixed(self, fixed: Values) -> Runs:
        """Give the same runs with more fixed values."""
        return Runs(self.simulate, self.memory, self.fingerprint, {**self.fixed, **fixed})

    def measured(self, values: Values, seed: int, kind: str, measure: Measure) -> dict[str, float] | None:
        """Measures of a run to its end; `kind` names them in the memory.  None if it failed."""
        return self.watched(values, seed, kind, measure, None).measures

    def watched(self, values: Values, seed: int, kind: str, measure: Measure, watch: Watch | None) -> Outcome:
        """Measure a run that may be given up on its way.

        A remembered run is judged as if it ran: what it was worth then is remembered too.
        """
        full = {**self.fixed, **values}
        year = None if watch is None else watch.year
        key = key_of(self.fingerprint, kind, full, seed)
        record = self.memory.get(key)
        if record is not None and (found := _recalled(record, year, watch)) is not None:
            return found
        return self._run(full, seed, measure, watch, key)

    def _run(self, values: Values, seed: int, measure: Measure, watch: Watch | None, key: str) -> Outcome:
        seen: list[tuple[float, bool]] = []

        def stop(year: int, codes: Codes) -> bool:
            if watch is None or year < watch.year:
                return False
            if not seen:
                worth = watch.worth(codes)
                seen.append((worth, watch.judge(worth)))
            return seen[0][1]

        codes = self.simulate(values, seed, None if watch is None else stop)
        worth, stopped = seen[0] if seen else (None, False)
        measures = None if codes is None or stopped else measure(codes)
        year = None if watch is None else watch.year
        self.memory.put(key, {"measures": _plain(measures), "partial": worth, "year": year, "stopped": stopped})
        return Outcome(measures, worth, stopped)


def _recalled(record: Record, year: int | None, watch: Watch | None) -> Outcome | None:
    """Make an outcome of a record; None where the run must be made, because it was not judged or not finished."""
    measures, worth, stopped = _numbers(record["measures"]), record["partial"], bool(record["stopped"])
    if watch is None or (worth is None and record["year"] == year):
        return None if stopped else Outcome(measures, worth)
    if worth is None or record["year"] != year:
        return None
    if watch.judge(worth):
        return Outcome(None, worth, True)
    return None if stopped else Outcome(measures, worth)


def _plain(measures: dict[str, float] | None) -> dict[str, Any] | None:
    """Measures as JSON has them, which knows no NaN."""
    return None if measures is None else {name: v if math.isfinite(v) else None for name, v in measures.items()}


def _numbers(measures: dict[str, Any] | None) -> dict[str, float] | None:
    return None if measures is None else {name: math.nan if v is None else float(v) for name, v in measures.items()}
