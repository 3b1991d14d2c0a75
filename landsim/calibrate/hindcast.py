"""Hindcast: the rule set run through `LandModel` over a period whose end is known, with and without its noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from landsim.calibrate.behaviour.simulator import EndMap, end_map
from landsim.calibrate.learning import past_for
from landsim.calibrate.span import Codes, Span
from landsim.indicators.gain import gain_measures, weighted_mean
from landsim.landscape.landscape import Landscape
from landsim.landscape.legend import LegendRow
from landsim.landscape.rows import Rows
from landsim.model.fitted import FittedRules, Plane
from landsim.model.inputs import Inputs
from landsim.model.params import ModelParams
from landsim.policy.permission import PermissionTable
from landsim.transition.ruleset import RuleSet

SEEDS = 10
"""Runs whose mean is the figure with noise."""

NO_POLICY: dict[str, Any] = {
    "lines": {"erl": False, "pbf": False, "udb": False},
    "quota": {"mode": "off"}, "pace": {"mode": "off"}, "balance": {"mode": "off"},
    "agents": {"households": 0, "firms": 0, "farms": 0},
}  # fmt: skip
"""What a hindcast leaves out: the quantity is given, so that place alone is judged."""

NO_NOISE: dict[str, Any] = {"engine.scatter": 0.0}


@dataclass(frozen=True)
class Simulated:
    """Gain figures of merit of runs over a period.

    Attributes
    ----------
    fom : float
        Mean over seeds, with the rule set's own noise.
    by_seed : tuple of float
        One a seed.
    fom_without_noise : float
        Of one run without scatter.
    unmet : int
        Cells that were wanted and not met in the run without scatter.
    """

    fom: float
    by_seed: tuple[float, ...]
    fom_without_noise: float
    unmet: int

    def as_dict(self) -> dict[str, Any]:
        """Give plain data for ``fit.json``."""
        return {**vars(self), "by_seed": list(self.by_seed)}


def hindcast_inputs(
    fit: Span, period: Span, gains: Sequence[LegendRow], ruleset: RuleSet, drivers: Mapping[str, Rows], seed: int,
    permissions: PermissionTable, planes: Mapping[str, Plane] | None = None,
) -> Inputs:  # fmt: skip
    """Make the inputs of a run over a period with the observed gains and without policies or agents.

    Parameters
    ----------
    fit, period : Span
        The past is looked for in the fit.
    gains : sequence of LegendRow
        Classes whose observed gain is asked for.
    ruleset : RuleSet
    drivers : mapping of str to Rows
    seed : int
    permissions : PermissionTable
    planes : mapping of str to numpy.ndarray, optional
        Chances that are known already.
    """
    maps = {year: codes for year, codes in fit.maps.items() if year < period.start}
    past = past_for(list(maps), period.start, ruleset.past_years) if ruleset.past_years else None
    first = np.where(period.valid, period.first, np.uint8(period.legend.nodata)).astype(np.uint8)
    place = Landscape(fit.grid, fit.legend, first, masks=_masks(period))
    rules = FittedRules(ruleset, drivers, None if past is None else maps[past], dict(planes or {}))
    tree = {**NO_POLICY, "demand": _demand(period, gains)}
    params = ModelParams.model_validate(tree)
    for path, value in ruleset.parameters().items():
        params = params.changed(path, value)
    return Inputs("hindcast", period.start, period.end, seed, place, params, permissions, {}, (), rules)


def simulate_gains(inputs: Inputs, period: Span, gains: Sequence[LegendRow], seeds: int = SEEDS) -> Simulated:
    """Run a hindcast without noise and with it.

    Parameters
    ----------
    inputs : Inputs
        From `hindcast_inputs`; evaluated once for all runs.
    period : Span
    gains : sequence of LegendRow
    seeds : int
        Runs with noise.
    """
    assert inputs.rules is not None, "a hindcast runs a rule set"
    names = [row.name for row in gains if inputs.rules.knows(row.name)]
    ready = replace(inputs, rules=inputs.rules.evaluated(inputs.landscape, names))
    quiet = ready.params
    for path, value in NO_NOISE.items():
        quiet = quiet.changed(path, value)
    still = _run(replace(ready, params=quiet))
    noisy = tuple(gain_fom(period, _run(replace(ready, seed=inputs.seed + k)).codes, gains) for k in range(seeds))
    mean = float(np.mean(noisy)) if noisy else float("nan")
    return Simulated(mean, noisy, gain_fom(period, still.codes, gains), still.unmet)


def gain_fom(period: Span, simulated: Codes, gains: Sequence[LegendRow]) -> float:
    """Count-weighted gain figure of merit of a simulated end map over the candidates of each class."""
    foms, weights = [], []
    for row in gains:
        cells = np.flatnonzero(period.candidates(row.code, period.start))
        observed = period.last.reshape(-1)[cells] == row.code
        placed = simulated.reshape(-1)[cells] == row.code
        hits, gained, made = (int(np.count_nonzero(plane)) for plane in (observed & placed, observed, placed))
        foms.append(gain_measures(hits, gained, made, cells.size)["fom"])
        weights.append(gained)
    return weighted_mean(foms, weights)


def _run(inputs: Inputs) -> EndMap:
    found = end_map(inputs)
    assert found is not None, "nothing ends it early"
    return found


def _masks(period: Span) -> dict[str, tuple[Any, tuple[str, ...]]]:
    """Masks of the period as a landscape holds them: name -> cells and the names of what may not arise there."""
    named = {row.code: row.name for row in period.legend.rows}
    return {
        mask.name: (mask.covers(period.first), tuple(named[code] for code in sorted(mask.forbid)))
        for mask in period.masks
    }


def _demand(period: Span, gains: Sequence[LegendRow]) -> dict[str, Any]:
    """Ask for the cells that each class gained, whatever it lost besides."""
    targets = {}
    for row in gains:
        cells = period.candidates(row.code, period.start)
        gained = int(np.count_nonzero(cells & (period.last == np.uint8(row.code))))
        targets[row.name] = {period.end: period.area(row.code, period.start) + gained}
    return {"mode": "given", "gross": True, "targets": targets}
