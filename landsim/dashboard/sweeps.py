"""Sweeps: the runs of a sweep, each named by what tells it apart from the others and not by its hash."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from landsim.io.store import CUBE, is_run
from landsim.io.zipped import ZIPPED_CUBE
from landsim.sweep.folders import SweepFolder

PLAN = "plan.parquet"
MOST = 200
"""Runs of one sweep that are listed; a longer list is of no use to anybody, and the others can be opened by path."""
_NEVER_TOLD = ("number", "run", "point")


def labelled_runs(path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the finished runs of a sweep that kept their maps, with what tells them apart, in the order of its plan."""
    sweep, found = SweepFolder(path), 0
    rows = _plan(sweep.plan)
    telling = [name for name in (rows[0] if rows else ()) if name not in _NEVER_TOLD and _differs(rows, name)]
    for run, row in {row["run"]: row for row in rows}.items():
        folder = sweep.run(run)
        if is_run(folder) and ((folder / CUBE).is_dir() or (folder / ZIPPED_CUBE).is_file()):
            found += 1
            yield folder, _label(row, telling)
        if found >= MOST:
            return


def _plan(file: Path) -> list[dict[str, Any]]:
    """Rows of a plan; none where it cannot be read, so that one damaged sweep does not hide everything else."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows: list[dict[str, Any]] = pq.read_table(file).to_pylist()
    except (OSError, pa.ArrowException):
        return []
    return rows if rows and isinstance(rows[0].get("run"), str) else []


def _differs(rows: list[dict[str, Any]], name: str) -> bool:
    return len({str(row[name]) for row in rows}) > 1


def _label(row: Mapping[str, Any], telling: list[str]) -> str:
    parts = [_part(name, row[name]) for name in telling]
    return ", ".join([*parts, str(row["run"])[:8]])


def _part(name: str, value: Any) -> str:
    """Write an axis by its label, a seed or a parameter with its name."""
    return (
        value
        if isinstance(value, str)
        else f"{name} {value:g}"
        if isinstance(value, int | float)
        else f"{name} {value}"
    )
