"""Refusals: what is well formed and would do nothing or harm - ignored settings, unknown indicators, equal names."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from landsim.core.errors import Problems
from landsim.core.registry import nearest
from landsim.sweep.axes import folder_name
from landsim.sweep.settings import Sweep, SweepSource, Values

NOT_OF_THE_RESULT = ("seed", "name", "title", "description", "output")
"""Settings of a scenario that leave the results of a run as they are, or that a sweep gives itself."""

_OF_EVERY_RUN = ("output",)  # under `set`: how often checkpoints are kept
_SEEDS = "Name the seeds under `seeds`"
_AWAY = "Take it away"


def refuse_ignored(source: SweepSource, varied: Iterable[str]) -> None:
    """Refuse settings that would be taken and make no difference.

    Parameters
    ----------
    source : SweepSource
    varied : iterable of str
        Paths of the parameters.

    Raises
    ------
    InputError
        With each of them; a function may call its parameters as it likes.
    """
    problems = Problems()
    for key, path in _given(source.sweep, varied) if source.sweep.function is None else ():
        name = path.partition(".")[0]
        if name in NOT_OF_THE_RESULT and not (key == "set" and name in _OF_EVERY_RUN):
            mend = _SEEDS if name == "seed" else _AWAY
            problems.add(f"{source.where}: {key}.{path}", "has no effect on the results of a run", mend=mend)
    problems.raise_if_any()


def refuse_taken_names(source: SweepSource, varied: Iterable[str], taken: Iterable[str]) -> None:
    """Refuse parameters that are called like a column of the plan; SQL does not tell cases apart.

    Raises
    ------
    InputError
        With each of them.
    """
    problems, columns = Problems(), {name.casefold() for name in taken}
    for path in varied:
        if path.casefold() in columns:
            problems.add(f"{source.where}: parameters.of.{path}", "is the name of a column of the plan",
                         mend="Choose another name")  # fmt: skip
    problems.raise_if_any()


def refuse_set_twice(source: SweepSource, varied: Iterable[str], strategies: Mapping[str, Values]) -> None:
    """Refuse a path that two parts of a sweep set, one of which would be lost.

    Parameters
    ----------
    source : SweepSource
    varied : iterable of str
        Paths of the parameters.
    strategies : mapping of str to dict
        Label of ``overrides`` -> what its overrides set, nested or dotted.

    Raises
    ------
    InputError
        With each pair of places.
    """
    problems, places = Problems(), _places(source.sweep, varied, strategies)
    told: set[tuple[str, str, tuple[str, ...]]] = set()
    for path, here in places.items():
        above = [name for end in range(1, len(path)) for name in places.get(path[:end], ())]
        for one, two in (*itertools.product(above, here), *itertools.combinations(here, 2)):
            key = (one.partition(".")[0], two.partition(".")[0], path)
            if key[0] != key[1] and key not in told:
                told.add(key)
                problems.add(
                    f"{source.where}: {one} and {two}", f"both set {'.'.join(path)}", mend="Set it in one of them"
                )
    problems.raise_if_any()


def _places(sweep: Sweep, varied: Iterable[str], strategies: Mapping[str, Values]) -> dict[tuple[str, ...], list[str]]:
    """Where each path is set, e.g. under ``futures.low``."""
    parts: list[tuple[str, Values]] = [(f"overrides.{label}", values) for label, values in strategies.items()]
    parts.append(("set", sweep.set))
    parts += [(f"structures.{label}", values) for label, values in sweep.structures.items()]
    parts += [(f"futures.{label}", values) for label, values in sweep.futures.items()]
    parts.append(("parameters", dict.fromkeys(varied)))
    places: dict[tuple[str, ...], list[str]] = {}
    for name, values in parts:
        for path in dict.fromkeys(_leaves(values)):
            places.setdefault(path, []).append(name)
    return places


def _leaves(values: Mapping[Any, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Paths of values that are nested, dotted, or both; one with its provenance is a value."""
    for key, value in values.items():
        path = (*above, *str(key).split("."))
        if isinstance(value, Mapping) and value and "value" not in value:
            yield from _leaves(value, path)
        else:
            yield path


def refuse_alike_names(source: SweepSource, labels: Iterable[dict[str, str]]) -> None:
    """Refuse labels by which two combinations would have one name, and their maps one folder.

    Raises
    ------
    InputError
        With each such name.
    """
    problems, counts = Problems(), Counter(folder_name(named) for named in labels)
    for name, count in counts.items():
        if count > 1:
            mend = "Choose other labels, e.g. without hyphens"
            problems.add(source.where, f"{count} combinations have the same name", found=name, mend=mend)
    problems.raise_if_any()


def _given(sweep: Sweep, varied: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Where a setting stands, and its path."""
    yield from (("set", path) for path in sweep.set)
    for key, axis in (("structures", sweep.structures), ("futures", sweep.futures)):
        yield from ((f"{key}.{label}", path) for label, values in axis.items() for path in values)
    yield from (("parameters.of", path) for path in varied)


def refuse_unknown_indicators(source: SweepSource, classes: Iterable[str]) -> None:
    """Refuse questions about indicators that no run has.

    Parameters
    ----------
    source : SweepSource
    classes : iterable of str
        Names of the land classes of all scenarios.

    Raises
    ------
    InputError
        With each unknown name and the nearest known one; what a function gives is not known before it runs.
    """
    problems, asked = Problems(), source.sweep.questions
    named = {"indicators": asked.indicators, "goals": asked.goals, "thresholds": asked.thresholds}
    if source.sweep.function is not None or not any(named.values()):
        return
    known = _indicators(classes)
    for key, names in named.items():
        for name in names:
            if name not in known:
                near = nearest(name, known)
                mend = f"Did you mean {near!r}?" if near else None
                problems.add(f"{source.where}: questions.{key}", f"no such indicator {name!r}", mend=mend)
    problems.raise_if_any()


def _indicators(classes: Iterable[str]) -> list[str]:
    """Names in the tables of runs; an indicator of classes, sectors or parties has a name for each of them."""
    from landsim.indicators.record import INDICATORS
    from landsim.indicators.table import FILED_BY

    assert FILED_BY  # the modules that file indicators are there once they are imported
    labels = list(classes)
    known: list[str] = []
    for _, found in INDICATORS.items():
        known += found.labels(labels)
    return known
