"""Bases: each combination of scenario, overrides, structure and future, read and checked once before anything runs."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landsim.core.errors import InputError, Problem, Problems
from landsim.core.registry import nearest
from landsim.io.paths import Places
from landsim.sweep.axes import AS_IS, AXES
from landsim.sweep.designs import Points
from landsim.sweep.functions import expectations
from landsim.sweep.refusals import NOT_OF_THE_RESULT, refuse_set_twice
from landsim.sweep.settings import SweepSource, Values

if TYPE_CHECKING:
    from landsim.scenario.build import Ready
    from landsim.scenario.schema import Scenario

FUNCTION_START_S = 1.0
"""Start of a worker that has no model to load."""


@dataclass(frozen=True)
class Base:
    """What runs share that differ in parameters and seeds only.

    Attributes
    ----------
    number : int
        Position.
    labels : dict of str to str
        Label on each of `AXES`.
    subject : dict
        Scenario, names of overrides and settings, or a function; as a `Job` has it.
    expected : dict of str to str
        Hashes of the configuration, data, rules and versions.
    fingerprint : str
        Hash of all that decides the bytes of its runs, but for parameters and seed.
    seconds, start, memory, disk : float
        Estimate of a run once its worker is warm, and of what a worker does once before its first one: s, s, bytes,
        bytes.
    """

    number: int
    labels: dict[str, str]
    subject: dict[str, Any]
    expected: dict[str, str]
    fingerprint: str
    seconds: float = 0.0
    start: float = 0.0
    memory: float = 0.0
    disk: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Bases:
    """All bases, what may be meant in them and should be looked at, and the names of their land classes."""

    rows: tuple[Base, ...]
    cautions: tuple[Problem, ...] = ()
    classes: tuple[str, ...] = ()


def bases_of(source: SweepSource, points: Points, allow: Sequence[str | Path] = ()) -> Bases:
    """Read and check every combination.

    Raises
    ------
    InputError
        With every fault of every combination, and of the parameters at the ends of their ranges.
    """
    if source.sweep.function is None:
        return _of_scenarios(source, points, tuple(map(str, allow)))
    refuse_set_twice(source, points.paths, {})
    return _of_function(source)


def _of_function(source: SweepSource) -> Bases:
    from landsim.scenario.manifest import fingerprint

    sweep = source.sweep
    assert sweep.function is not None
    expected = expectations(sweep.function)
    rows: list[Base] = []
    for labels, settings in _combinations(source):
        subject = {"function": sweep.function, "values": settings}
        mark = fingerprint([subject, expected])
        rows.append(Base(len(rows), labels, subject, expected, mark, start=FUNCTION_START_S))
    return Bases(tuple(rows))


def _of_scenarios(source: SweepSource, points: Points, allow: tuple[str, ...]) -> Bases:
    from landsim.sweep.shelf import Shelf

    problems, shelf, rows, classes = Problems(), Shelf(), list[Base](), list[str]()
    paths = {label: _scenario(source, label, text, allow, problems) for label, text in source.sweep.scenarios.items()}
    problems.raise_if_any()
    refuse_set_twice(source, points.paths, _strategies(source, dict.fromkeys(paths.values())))
    for labels, settings in _combinations(source):
        subject: dict[str, Any] = {
            "scenario": paths[labels["scenario"]],
            "names": list(source.sweep.overrides[labels["override"]]),
            "settings": settings,
        }
        try:
            ready = shelf.ready(subject["scenario"], subject["names"], settings, allow)
        except InputError as fault:
            problems.faults.extend(_told(fault, labels))
            continue
        problems.cautions.extend(ready.cautions)
        classes.extend(ready.place.landscape.legend.names)
        rows.append(_base(len(rows), labels, subject, ready))
    if rows and not problems.faults:
        _try_ends(source, points, rows, allow, problems)
    problems.faults[:] = dict.fromkeys(problems.faults)
    problems.raise_if_any()
    return Bases(tuple(rows), tuple(dict.fromkeys(problems.cautions)), tuple(dict.fromkeys(classes)))


def _combinations(source: SweepSource) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """Yield the labels and the settings of each combination; parameters come later, and win."""
    sweep = source.sweep
    axes = (sweep.scenario_labels, sweep.overrides, sweep.structures, sweep.futures)
    for labels in itertools.product(*axes):
        named = dict(zip(AXES, labels, strict=True))
        yield named, {**sweep.set, **sweep.structures[named["structure"]], **sweep.futures[named["future"]]}


def _scenario(source: SweepSource, label: str, text: str, allow: tuple[str, ...], problems: Problems) -> str:
    """Find a scenario beside the file that names it, or among those that ship; the full path."""
    from landsim.scenario.compose import find_scenario
    from landsim.scenario.shipped import find_shipped, shipped_names

    here, where = source.path.parent / text, f"{source.where}: scenarios.{label}"
    if here.exists() and not Places.of(source.path.parent, allow).may_read(here):
        mend = "Put the sweep beside the scenario, or name its folder with --allow"
        problems.add(where, "path outside the project folder", found=text, mend=mend)
        return ""
    shipped = None if here.exists() else find_shipped(text)
    if shipped is None and not here.exists():
        near = nearest(text, shipped_names())
        mend = f"Did you mean {near!r}?" if near else "Paths are relative to the folder of the sweep"
        wanted = "a path, or one of " + ", ".join(shipped_names())
        problems.add(where, "no such scenario", wanted=wanted, found=text, mend=mend)
        return ""
    try:
        return str(shipped or find_scenario(here))
    except InputError as fault:
        problems.faults.extend(
            Problem(f"{where}: {p.where}", p.what, p.wanted, p.found, p.mend) for p in fault.problems
        )
        return ""


def _strategies(source: SweepSource, scenarios: Iterable[str]) -> dict[str, Values]:
    """What the overrides of each label set, in any of the scenarios; their faults are told when they are applied."""
    from landsim.scenario.compose import expand, merge, overrides_of

    known: list[dict[str, Any]] = []
    for scenario in scenarios:
        with suppress(InputError):
            known.append(overrides_of(Path(scenario).parent))
    strategies: dict[str, Values] = {}
    for label, names in source.sweep.overrides.items():
        tree = strategies.setdefault(label, {})
        for entry in (entries.get(name) for entries in known for name in names):
            if isinstance(entry, dict):
                merge(tree, expand({key: value for key, value in entry.items() if key != "about"}))
    return strategies


def _base(number: int, labels: dict[str, str], subject: dict[str, Any], ready: Ready) -> Base:
    from landsim.scenario.manifest import fingerprint

    expected, needed = found_in(ready, ready.source.scenario), ready.estimate()
    return Base(
        number, labels, subject, expected, fingerprint(expected),
        needed.seconds - needed.start, needed.start, needed.memory, needed.disk,
    )  # fmt: skip


def found_in(ready: Ready, shared: Scenario) -> dict[str, str]:
    """Hashes of all that decides the bytes of the runs of a base, but for parameters and seed.

    Parameters
    ----------
    ready : Ready
        A run of the base.
    shared : Scenario
        Its scenario without the parameters of the run.
    """
    from landsim.scenario.manifest import fingerprint, identity, origin

    config = shared.model_dump(mode="json")
    deciding = {name: value for name, value in config.items() if name not in NOT_OF_THE_RESULT}
    return {**identity(origin(ready, None)), "scenario": fingerprint(deciding)}


def _try_ends(
    source: SweepSource, points: Points, rows: list[Base], allow: tuple[str, ...], problems: Problems
) -> None:
    """Validate each parameter at its least and its largest value, so that a bound is told before the first run."""
    from landsim.sweep.shelf import source_of_run

    for path in points.paths:
        ends = _ends(points, path)
        for value in ends:
            subject = rows[0].subject
            try:
                source_of_run(subject["scenario"], subject["names"], {**subject["settings"], path: value}, allow)
            except InputError as fault:
                where = f"{source.where}: parameters.of.{path} = {value!r}"
                problems.faults.extend(
                    Problem(f"{where}: {p.where}", p.what, p.wanted, p.found, p.mend) for p in fault.problems
                )


def _ends(points: Points, path: str) -> list[Any]:
    """Values of a parameter that stand for all: its ends and one from within, a fraction if there is one."""
    seen = {repr(point[path]): point[path] for point in points.rows}
    if path in points.bounds:
        return [*points.bounds[path], next(iter(seen.values()))]
    values = list(seen.values())
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return values
    return [min(values), max(values), next((value for value in values if value % 1), values[0])]


def _told(fault: InputError, labels: dict[str, str]) -> Iterator[Problem]:
    """Say in which combination a fault was found."""
    name = ", ".join(f"{axis} {label}" for axis, label in labels.items() if label != AS_IS)
    for problem in fault.problems:
        yield Problem(f"{name}: {problem.where}", problem.what, problem.wanted, problem.found, problem.mend)
