"""Gather: finished runs become one Parquet dataset, in the order of the plan, so that equal runs give equal bytes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landsim.core.errors import InputError
from landsim.io.atomic import writing
from landsim.io.store import INDICATORS, UNMET, open_run
from landsim.sweep.folders import SweepFolder, is_done, read_json
from landsim.sweep.plan import Plan

if TYPE_CHECKING:
    import pyarrow as pa

RUNS_A_PART = 2000
"""Runs in one file of the dataset."""

_PARTS = {"indicators": INDICATORS, "unmet": UNMET}


@dataclass(frozen=True)
class Gathered:
    """What a gathering found.

    Attributes
    ----------
    done, missing : int
        Distinct runs that are in the tables, and that are not.
    damaged : dict of str to str
        Runs whose folders could not be read -> why; they are not in the tables.
    """

    done: int
    missing: int
    damaged: dict[str, str] = field(default_factory=dict)


def gather(plan: Plan, folder: SweepFolder, unfit: Mapping[str, str] | None = None) -> Gathered:
    """Write the dataset anew: ``tables/indicators``, ``tables/unmet``, ``runs``, ``failures`` and ``timings``.

    Only some runs are in memory at a time.

    Parameters
    ----------
    plan : Plan
    folder : SweepFolder
    unfit : mapping of str to str or None
        Runs that are known to be damaged -> why; they are left out.

    Raises
    ------
    InputError
        If the disk is full or the folder is not writable.
    """
    damaged = dict(unfit or {})
    there = [run for run in plan.runs if run not in damaged and is_done(folder.run(run))]
    with replaced_folder(folder.tables) as aside:
        seconds: dict[str, float] = {}
        for name in _kept(plan):
            (aside / name).mkdir()
        for part, start in enumerate(range(0, len(there), RUNS_A_PART)):
            runs = there[start : start + RUNS_A_PART]
            _write_part(plan, folder, aside, part, runs, seconds, damaged)
        whole = {run for run in there if run not in damaged}
        _write_runs(plan, folder, aside, whole, seconds)
    return Gathered(len(whole), len(plan.runs) - len(whole), damaged)


@contextmanager
def replaced_folder(path: Path) -> Iterator[Path]:
    """Give a new folder that takes the place of an old one when the block ends well; else the old one stays.

    Raises
    ------
    DiskError
        If the disk is full or the place is not writable.
    """
    aside, old = path.with_name(path.name + ".partial"), path.with_name(path.name + ".old")
    with writing(path):
        if old.exists() and not path.exists():
            old.rename(path)  # a kill came between the two renames
        for rest in (aside, old):
            shutil.rmtree(rest, ignore_errors=True)
        aside.mkdir(parents=True)
    try:
        with writing(path):
            yield aside
            _swap(aside, path, old)
    finally:
        for rest in (aside, old):
            shutil.rmtree(rest, ignore_errors=True)


def removed_folder(path: Path) -> None:
    """Remove a folder that is no longer true, if it is there: it loses its name at once, and its content after that.

    Raises
    ------
    DiskError
        If the place is not writable.
    """
    aside = path.with_name(path.name + ".partial")
    with writing(path):
        for rest in (aside, path.with_name(path.name + ".old")):
            shutil.rmtree(rest, ignore_errors=True)
        if path.exists():
            path.rename(aside)
            shutil.rmtree(aside, ignore_errors=True)


def _swap(new: Path, path: Path, old: Path) -> None:
    """Put a new folder in the place of one that moves aside, and comes back if that fails."""
    if path.exists():
        path.rename(old)
    try:
        new.rename(path)
    except BaseException:
        if old.exists():
            old.rename(path)
        raise


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table; the same table gives the same bytes."""
    import pyarrow.parquet as pq

    pq.write_table(table, path, compression="zstd", row_group_size=1_000_000)


def _kept(plan: Plan) -> dict[str, str]:
    """Tables of a run that there are, by name."""
    results = (INDICATORS,) if plan.sweep.function else plan.sweep.keeping.results
    return {name: file for name, file in _PARTS.items() if file in results}


def _write_part(
    plan: Plan, folder: SweepFolder, aside: Path, part: int, runs: Sequence[str], seconds: dict[str, float],
    damaged: dict[str, str],
) -> None:  # fmt: skip
    import pyarrow as pa

    tables: dict[str, list[pa.Table]] = {name: [] for name in _kept(plan)}
    for run in runs:
        try:
            found = {name: _read(folder.run(run) / file, run) for name, file in _kept(plan).items()}
            seconds[run] = float(open_run(folder.run(run)).manifest.get("wall_s", 0.0))
        except (InputError, OSError, ValueError, KeyError) as error:  # ArrowInvalid is a ValueError
            damaged[run] = str(error)
            continue
        for name, table in found.items():
            tables[name].append(table)
    for name, parts in tables.items():
        if parts:
            write_table(aside / name / f"part-{part:05d}.parquet", pa.concat_tables(parts))


def _read(path: Path, run: str) -> pa.Table:
    """Read a table of a run, with its id in front; texts are plain, because their codes differ between runs."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(path, memory_map=False)
    plain = pa.schema([(f.name, f.type.value_type if pa.types.is_dictionary(f.type) else f.type) for f in table.schema])
    return table.cast(plain).add_column(0, "run", pa.array([run] * table.num_rows, pa.string()))


def _write_runs(plan: Plan, folder: SweepFolder, aside: Path, whole: set[str], seconds: dict[str, float]) -> None:
    """Write what became of each row of the plan, the failures with their errors, and how long runs took."""
    import pyarrow as pa

    failures = {run: found for run in plan.runs if run not in whole and (found := read_json(folder.failure(run)))}
    states = ["done" if row.run in whole else "failed" if row.run in failures else "open" for row in plan.rows]
    table = plan.table()
    write_table(aside / "runs.parquet", table.append_column("state", pa.array(states)))
    write_table(aside / "failures.parquet", failures_table(failures))
    write_table(aside / "timings.parquet", _timings(plan, seconds, failures))


def _timings(plan: Plan, seconds: dict[str, float], failures: dict[str, dict[str, Any]]) -> pa.Table:
    """Make the table of what differs between two ways of making the same runs: time, and worker of failed ones."""
    import pyarrow as pa

    runs = [row.run for row in plan.rows]
    took = pa.array([seconds.get(run) for run in runs], pa.float64())
    workers = pa.array([str(failures[run].get("worker", "")) if run in failures else None for run in runs], pa.string())
    return pa.table({"run": runs, "wall_s": took, "worker": workers})


def failures_table(failures: dict[str, dict[str, Any]]) -> pa.Table:
    """Make the table of failures: run, cause, error, number of tries, and details for faults inside."""
    import pyarrow as pa

    rows = list(failures.values())
    names = ("cause", "error", "details")
    columns: dict[str, Any] = {"run": pa.array(list(failures), pa.string())}
    columns |= {name: pa.array([str(row.get(name, "")) for row in rows], pa.string()) for name in names}
    columns["tries"] = pa.array([int(row.get("tries", 0)) for row in rows], pa.int32())
    return pa.table(columns)
