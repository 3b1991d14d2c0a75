"""Shelf: what a worker has read, kept for its next runs, which differ in parameters and seeds only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from landsim.core.errors import InputError, Problem
from landsim.model.targets import races
from landsim.scenario.build import Ready, load_scenario, prepare
from landsim.scenario.compose import Source
from landsim.scenario.manifest import fingerprint, plain
from landsim.transition.potential import PatchParams

MEAN_FACTOR = "patches.mean_factor"
"""A factor of every mean patch size, as posterior samples name it; no parameter of a scenario."""

_MEAN = "patches.mean"
_DIGITS = 6


class Shelf:
    """Reads scenarios, and each place and each plane of fitted chances once.

    Parameters
    ----------
    most : int
        Places that are kept; the one that was not used for longest goes first.
    """

    def __init__(self, most: int = 2) -> None:
        self.most = most
        self._places: dict[str, Ready] = {}
        self.read = 0

    def ready(
        self, scenario: str | Path, names: Iterable[str], settings: Mapping[str, Any], allow: Iterable[str] = ()
    ) -> Ready:
        """Prepare a run.

        Raises
        ------
        InputError
            With every fault of the scenario and its data.
        """
        source = source_of_run(scenario, names, settings, allow)
        key = f"{source.folder}/{source.scenario.data}"
        known = self._places.pop(key, None)
        ready = prepare(source, tuple(allow), known.recipe if known else None, known.place if known else None)
        self.read += known is None
        ready = _with_planes(ready, known)
        self._places[key] = ready
        while len(self._places) > self.most:
            del self._places[next(iter(self._places))]
        return ready


def source_of_run(
    scenario: str | Path, names: Iterable[str], settings: Mapping[str, Any], allow: Iterable[str] = ()
) -> Source:
    """Load a scenario with settings, in which the factor of patch sizes may stand for the sizes by class."""
    given = dict(settings)
    factor = given.pop(MEAN_FACTOR, None)
    source = load_scenario(scenario, given, names, allow)
    if factor is None:
        return source
    _refuse_no_factor(factor)
    means = source.scenario.patches.mean or PatchParams().mean
    scaled = {name: float(f"{mean * factor:.{_DIGITS}g}") for name, mean in means.items()}
    return load_scenario(scenario, {**given, _MEAN: scaled}, names, allow)


def _refuse_no_factor(factor: Any) -> None:
    """Refuse what sizes cannot be multiplied by."""
    if isinstance(factor, bool) or not isinstance(factor, int | float) or not factor > 0.0:
        raise InputError(Problem(MEAN_FACTOR, "is no factor of sizes", wanted="a number above 0", found=repr(factor)))


def _with_planes(ready: Ready, known: Ready | None) -> Ready:
    """Evaluate the fitted chances, or take over those of the last run with the same rules."""
    rules = ready.inputs.rules
    if rules is None:
        return ready
    before = known.inputs.rules if known is not None and _rules_key(known) == _rules_key(ready) else None
    if before is not None:
        rules = replace(rules, planes=before.planes)
    names = [race.name for race in races(ready.inputs) if race.fitted]
    rules = rules.evaluated(ready.place.landscape, names)
    return replace(ready, inputs=replace(ready.inputs, rules=rules))


def _rules_key(ready: Ready) -> str:
    named = ready.source.rules
    return "" if named is None else fingerprint(plain(named.hashes))
