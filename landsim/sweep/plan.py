"""Plan: every run of a sweep as a row of a table, with an id that is a hash of all that decides its bytes."""

from __future__ import annotations

import itertools
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landsim import __version__
from landsim.core.errors import InputError, Problem
from landsim.io.atomic import new_file
from landsim.io.hashes import file_hash
from landsim.sweep.axes import AXES
from landsim.sweep.bases import Base, bases_of
from landsim.sweep.designs import Points, number_of_points, points_of, require_salib
from landsim.sweep.folders import SweepFolder, read_json, write_json
from landsim.sweep.jobs import Job
from landsim.sweep.refusals import refuse_alike_names, refuse_ignored, refuse_taken_names, refuse_unknown_indicators
from landsim.sweep.settings import MOST_RUNS, RANGED, Sweep, SweepSource

if TYPE_CHECKING:
    import pyarrow as pa

_DIGEST_BYTES = 10
_COLUMNS = ("number", "run", *AXES, "point", "seed")


@dataclass(frozen=True)
class Row:
    """One run: its position, id, base, point and seed."""

    number: int
    run: str
    base: int
    point: int
    seed: int


@dataclass(frozen=True)
class Plan:
    """The runs of a sweep.

    Attributes
    ----------
    source : SweepSource
        What was asked.
    bases : tuple of Base
        Combinations of scenario, overrides, structure and future.
    points : Points
        Of the space of parameters.
    cautions : tuple of Problem
        What may be meant, and should be looked at.
    """

    source: SweepSource
    bases: tuple[Base, ...]
    points: Points
    cautions: tuple[Problem, ...] = field(default=())

    @property
    def sweep(self) -> Sweep:
        """What was asked."""
        return self.source.sweep

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Every run, in order: by base, point and seed."""
        rows: list[Row] = []
        for base in self.bases:
            for point, values in enumerate(self.points.rows):
                for seed in self.sweep.seeds:
                    rows.append(Row(len(rows), run_id(base.fingerprint, values, seed), base.number, point, seed))
        return tuple(rows)

    @cached_property
    def runs(self) -> dict[str, Row]:
        """The distinct runs: what two rows have in common is run once."""
        runs: dict[str, Row] = {}
        for row in self.rows:
            runs.setdefault(row.run, row)
        return runs

    def jobs(self, folder: SweepFolder, allow: Sequence[str | Path] = ()) -> Iterator[Job]:
        """Give the distinct runs as jobs."""
        sweep = self.sweep
        for run, row in self.runs.items():
            base = self.bases[row.base]
            yield Job(
                run,
                str(folder.run(run)),
                _subject(base, self.points.rows[row.point]),
                row.seed,
                base.expected,
                sweep.keeping.results,
                sweep.zipped,
                sweep.limits.timeout,
                sweep.limits.memory,
                tuple(map(str, allow)),
            )

    def table(self) -> pa.Table:
        """The plan as it stands in ``plan.parquet``: a row a run, a column an axis and a parameter."""
        import pyarrow as pa

        columns: dict[str, Any] = {
            "number": pa.array([row.number for row in self.rows], pa.int32()),
            "run": [row.run for row in self.rows],
        }
        for axis in AXES:
            columns[axis] = [self.bases[row.base].labels[axis] for row in self.rows]
        columns["point"] = pa.array([row.point for row in self.rows], pa.int32())
        columns["seed"] = pa.array([row.seed for row in self.rows], pa.int64())
        for path in self.points.paths:
            columns[path] = _column([self.points.rows[row.point][path] for row in self.rows])
        return pa.table(columns)

    def write(self, folder: SweepFolder) -> None:
        """Write the table and the facts behind it, each whole or not at all, unless they are there and whole.

        Raises
        ------
        InputError
            If the folder holds another sweep or is of something else, the disk is full, or it is not writable.
        """
        import pyarrow.parquet as pq

        folder.make()
        with folder.planning():
            before = read_json(folder.facts)
            _refuse_another(self.sweep.name, before, folder)
            table = self.table()
            if before == json.loads(json.dumps(self.facts())) and _holds(folder.plan, table):
                return
            with new_file(folder.plan) as aside:
                pq.write_table(table, aside, compression="zstd")
            write_json(folder.facts, self.facts())

    def facts(self) -> dict[str, Any]:
        """Everything behind the table that a gathering or another process needs."""
        return {
            "asked": asked(self.source),
            "sweep": self.sweep.model_dump(mode="json"),
            "version": __version__,
            "bases": [base.as_dict() for base in self.bases],
            "points": list(self.points.rows),
            "bounds": {path: list(pair) for path, pair in self.points.bounds.items()},
        }


def make_plan(source: SweepSource, allow: Sequence[str | Path] = ()) -> Plan:
    """Plan a sweep: read and check everything, and list the runs.

    Raises
    ------
    InputError
        With every fault of the sweep, its scenarios and their data.
    """
    if source.sweep.parameters.method in RANGED:
        require_salib()
    _refuse_too_many(source)
    points = points_of(source, allow)
    refuse_ignored(source, points.paths)
    refuse_taken_names(source, points.paths, _COLUMNS)
    found = bases_of(source, points, allow)
    refuse_unknown_indicators(source, found.classes)
    refuse_alike_names(source, (base.labels for base in found.rows))
    return Plan(source, found.rows, points, found.cautions)


def planned_before(source: SweepSource, folder: SweepFolder) -> Plan | None:
    """Give the plan of the folder if it was made of the same files, so that a part of it need not read the data again.

    What the data hold is compared by the worker when it reads them.
    """
    facts = read_json(folder.facts)
    if not isinstance(facts, dict) or facts.get("asked") != asked(source):
        return None
    design = source.sweep.parameters
    try:
        bases = tuple(Base(**base) for base in facts["bases"])
        bounds = {path: (low, high) for path, (low, high) in facts["bounds"].items()}
        points = Points(tuple(facts["points"]), design.method, bounds, design.levels)
        plan = Plan(source, bases, points)
        whole = _is_whole(plan)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None  # of another layout, or damaged: it is written anew
    return plan if whole else None


def _is_whole(plan: Plan) -> bool:
    """Tell whether a plan that was read has all its bases and points."""
    sweep, points = plan.sweep, plan.points.rows
    axes = (sweep.scenario_labels, sweep.overrides, sweep.structures, sweep.futures)
    labels = [dict(zip(AXES, named, strict=True)) for named in itertools.product(*axes)]
    return (
        [base.labels for base in plan.bases] == labels
        and [base.number for base in plan.bases] == list(range(len(labels)))
        and all(base.subject.keys() for base in plan.bases)
        and len(points) == number_of_points(sweep.parameters)
        and all(list(point.keys()) == plan.points.paths for point in points)
    )


def asked(source: SweepSource) -> str:
    """Hash of the sweep, of its version of landsim, and of the small files that it names."""
    from landsim.scenario.manifest import fingerprint

    sweep, home = source.sweep, source.path.parent
    named = [home / text for text in sweep.scenarios.values()]
    files = [path / name for path in named for name in ("scenario.yaml", "overrides.yaml")]
    files += [path for path in named if path.is_file()]
    files += [home / sweep.parameters.file] if sweep.parameters.file else []
    hashes = {os.path.relpath(path, home): file_hash(path) for path in files if path.is_file()}
    return str(fingerprint([sweep.model_dump(mode="json"), __version__, hashes]))


def run_id(base: str, values: Mapping[str, Any], seed: int) -> str:
    """Hash of all that decides the bytes of a run.

    Examples
    --------
    >>> run_id("b", {"x": 1, "y": 0.5}, 3) == run_id("b", {"y": 0.5, "x": 1.0}, 3)
    True
    >>> run_id("b", {"x": 1}, 3) == run_id("b", {"x": 1}, 4)
    False
    """
    plain = {path: _canonical(value) for path, value in values.items()}
    text = json.dumps([base, plain, seed], sort_keys=True, ensure_ascii=False)
    return blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()


def _canonical(value: Any) -> Any:
    """Write a whole number like a fraction, because a parameter that is one takes both."""
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _subject(base: Base, values: Mapping[str, Any]) -> dict[str, Any]:
    if "function" in base.subject:
        return {**base.subject, "values": {**base.subject["values"], **values}}
    return {**base.subject, "point": dict(values)}


def _holds(path: Path, table: pa.Table) -> bool:
    """Tell whether a file can be read and holds a table."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return bool(pq.read_table(path, partitioning=None).equals(table))
    except (OSError, pa.ArrowException):
        return False


def _column(values: list[Any]) -> Any:
    """Numbers as numbers, and everything else as JSON."""
    numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
    return [float(v) for v in values] if numeric else [json.dumps(v, ensure_ascii=False) for v in values]


def _refuse_another(name: str, before: Any, folder: SweepFolder) -> None:
    """Refuse to plan a sweep in the folder of one with another name."""
    try:
        held = before["sweep"]["name"]
    except (KeyError, TypeError):
        return  # none, or one that says nothing and is written anew
    if held != name:
        mend = "Choose another folder with --out"
        raise InputError(Problem(str(folder.path), "holds another sweep", found=held, wanted=name, mend=mend))


def _refuse_too_many(source: SweepSource) -> None:
    sweep = source.sweep
    axes = (sweep.scenario_labels, sweep.overrides, sweep.structures, sweep.futures, sweep.seeds)
    total = number_of_points(sweep.parameters) * math.prod(len(axis) for axis in axes)
    if total > MOST_RUNS:
        wanted = f"at most {MOST_RUNS:,}"
        raise InputError(Problem(source.where, "asks for too many runs", found=f"{total:,}", wanted=wanted))
