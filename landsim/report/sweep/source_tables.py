"""Tables of what outcomes of a sweep depend on: sensitivity to parameters, and the sources of the variance."""

from __future__ import annotations

from landsim.report.page.tables import Table
from landsim.report.sweep.numbers import between, percent
from landsim.report.sweep.tables import capped
from landsim.report.sweep.view import Row, SweepView
from landsim.report.words import Words
from landsim.sweep.axes import AXES
from landsim.sweep.bases import Base

_NOTHING = 1e-9  # what rounding leaves of a source that does not vary


def index_table(view: SweepView, base: Base) -> Table | None:
    """Sensitivity indices of a base: a row a parameter under each indicator, a column an index; None without any."""
    words = view.words
    mine = [row for row in view.rows("indices") if all(row[axis] == base.labels[axis] for axis in AXES)]
    kinds = list(dict.fromkeys(row["index"] for row in mine))
    known = {(row["indicator"], row["parameter"], row["index"]): row for row in mine}
    parameters = list(dict.fromkeys(row["parameter"] for row in mine))
    rows, groups = list[list[str]](), dict[int, str]()
    for name in [name for name in view.names if any(row["indicator"] == name for row in mine)]:
        groups[len(rows)] = view.indicator(name)
        rows += [[path, *(_index(known.get((name, path, kind)), words) for kind in kinds)] for path in parameters]
    head = [words("question.parameter"), *(words(f"sweep.indices.{kind}") for kind in kinds)]
    caption = words("sweep.captions.sensitivity") + words("page.colon") + view.name(base.labels)
    return capped(caption, head, rows, 1, "analysis/indices.parquet", words, groups) if rows else None


def _index(row: Row | None, words: Words) -> str:
    if row is None:
        return words("page.not_known")
    if row["high"] > row["low"]:
        return f"{words.number(round(row['value'], 3))} ({between(row['low'], row['high'], '1', words)})"
    return words.number(row["value"])


def variance_table(view: SweepView) -> Table | None:
    """Share of the variance of each indicator by source, percent; None where nothing was split."""
    words, rows = view.words, view.rows("variance")
    known = {(row["indicator"], row["source"]): float(row["share"]) for row in rows}
    sources = variance_sources(view)
    names = [name for name in view.names if any(row["indicator"] == name for row in rows)]
    table = [[view.indicator(name), *(percent(known[name, source], words) for source in sources)] for name in names]
    head = [words("tables.indicator"), *(f"{words(f'sweep.axes.{source}')} (%)" for source in sources)]
    return Table(words("sweep.captions.variance"), head, table, 1) if table and sources else None


def variance_sources(view: SweepView) -> list[str]:
    """Sources that explain some of the variance of some indicator."""
    rows = view.rows("variance")
    return list(dict.fromkeys(row["source"] for row in rows if any(
        other["share"] > _NOTHING for other in rows if other["source"] == row["source"]
    )))  # fmt: skip
