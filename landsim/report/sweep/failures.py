"""Failures of a sweep in its report: how many runs by cause, and a row for those that share base and cause."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, Any, get_args

from landsim.report.page.tables import Table
from landsim.report.sweep.numbers import spans
from landsim.report.sweep.view import SweepView
from landsim.sweep.jobs import Cause

if TYPE_CHECKING:
    import pandas as pd

ROWS_AT_MOST, LETTERS_AT_MOST = 30, 400
_KNOWN = [cause for cause in get_args(Cause) if cause]


def causes(view: SweepView) -> dict[str, int]:
    """Count the runs that failed by their cause."""
    return dict(Counter(_cause(cause) for cause in _failed(view)["cause"]))


def failure_table(view: SweepView) -> Table | None:
    """Set out what failed: base, cause, seeds, tries, and the error of the first; None where nothing did."""
    words, failed = view.words, _failed(view).to_dict("index")
    groups: dict[tuple[int, str], list[str]] = {}
    for run, facts in failed.items():
        groups.setdefault((view.plan.runs[str(run)].base, _cause(facts["cause"])), []).append(str(run))
    rows = [_row(view, base, cause, runs, failed) for (base, cause), runs in sorted(groups.items())]
    head = [words("sweep.axes.override" if view.varying == ["override"] else "sweep.tables.base")]
    head += [words(f"sweep.tables.{name}") for name in ("cause", "runs", "seeds", "tries", "error")]
    return Table(words("sweep.captions.failures"), head, rows[:ROWS_AT_MOST], 99) if rows else None


def _failed(view: SweepView) -> pd.DataFrame:
    """Rows of the table of failures by run, in the order of the plan."""
    import pandas as pd

    return pd.read_parquet(view.folder.tables / "failures.parquet").set_index("run")


def _row(view: SweepView, base: int, cause: str, runs: list[str], failed: dict[Any, Any]) -> list[str]:
    words, first = view.words, failed[runs[0]]
    return [
        view.name(view.plan.bases[base].labels),
        words(f"sweep.causes.{cause}"),
        words.number(len(runs)),
        spans([view.plan.runs[run].seed for run in runs]),
        words.number(max(int(failed[run]["tries"]) for run in runs)),
        _told(str(first["error"]), view),
    ]


def _cause(cause: str) -> str:
    return cause if cause in _KNOWN else "other"


def _told(error: str, view: SweepView) -> str:
    """Shorten an error, and name files of the sweep from its folder on."""
    text = " ".join(error.replace(f"{view.folder.path}{os.sep}", "").split())
    return text if len(text) <= LETTERS_AT_MOST else f"{text[:LETTERS_AT_MOST]}…"
