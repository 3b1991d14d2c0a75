"""Tables of the report of a sweep: an indicator a row, a strategy a column, other choices as headings between rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from landsim.report.page.tables import Table
from landsim.report.sweep.numbers import between, chance, difference, is_clear, listed, plus_minus
from landsim.report.sweep.view import Row, SweepView
from landsim.report.words import Words
from landsim.sweep.axes import AXES
from landsim.sweep.bases import Base

COLUMNS_AT_MOST = 3
"""Strategies side by side in one table, so that it fits a printed page."""
ROWS_AT_MOST = 60

_FILES = {"outcomes": "analysis/yearly.parquet", "convergence": "analysis/convergence.parquet"}

Cells = Callable[[Base, str], list[str]]


def outcome_tables(view: SweepView) -> list[Table]:
    """Mean with the half-width of its interval, and the band of the runs, of each indicator in a base's last year."""
    words = view.words

    def cells(base: Base, name: str) -> list[str]:
        row, unit = view.last(base, name), view.units[name]
        if row is None:
            return [words("page.not_known")] * len(kinds)
        year = [str(int(row["year"]))] if view.ends else []
        mean = plus_minus(row["mean"], row["high"] - row["mean"], unit, words)
        return [
            *year,
            mean,
            between(row["q05"], row["q95"], unit, words) if row["runs"] > 1 else words("page.not_known"),
        ]

    kinds = [words(f"sweep.tables.{kind}") for kind in (*(["year"] if view.ends else []), "mean", "band")]
    return _by_indicator(view, "outcomes", kinds, cells, unit=True)


def convergence_tables(view: SweepView) -> list[Table]:
    """Seeds that are enough, and how many would be, of each indicator."""
    words, seeds = view.words, len(view.sweep.seeds)
    known = {(*(row[axis] for axis in AXES), row["indicator"]): row for row in view.rows("convergence")}

    def cells(base: Base, name: str) -> list[str]:
        row = known.get((*base.labels.values(), name))
        if row is None:
            return [words("page.not_known")] * 2
        enough = int(row["enough"])
        told = words("sweep.tables.enough_yes", n=enough) if enough > 0 else words("sweep.tables.enough_no", n=seeds)
        return [told, _needed(row["needed"], words)]

    kinds = [words("sweep.tables.enough"), words("sweep.tables.needed")]
    return _by_indicator(view, "convergence", kinds, cells, unit=False)


def _needed(number: float, words: Words) -> str:
    return words("sweep.tables.needed_never") if math.isinf(number) else words.number(number)


def _by_indicator(view: SweepView, section: str, kinds: Sequence[str], cells: Cells, *, unit: bool) -> list[Table]:
    """Set indicators, with their units where asked, against the labels of the axis in columns, a few a table."""
    words, tables = view.words, []
    for part in parts_of(view.columns):
        first = view.columns.index(part[0])
        chosen = slice(first, first + len(part))
        rows, groups = list[list[str]](), dict[int, str]()
        for name, bases in view.groups():
            if name:
                groups[len(rows)] = name
            for indicator in view.names:
                figures = [text for base in bases[chosen] for text in cells(base, indicator)]
                rows.append([view.indicator(indicator), *([view.unit(indicator)] if unit else []), *figures])
        head = [words("tables.indicator"), *([words("tables.unit")] if unit else []), *_heads(part, kinds, view)]
        tables.append(capped(_caption(view, section, part), head, rows, 1 + unit, _FILES[section], words, groups))
    return tables


def difference_tables(view: SweepView) -> list[Table]:
    """Paired difference of each strategy from the first one, with its interval, chance and size."""
    words = view.words
    known = {(row["scenario"], row["override"], row["indicator"]): row for row in view.rows("differences")}
    kinds = [words(f"sweep.tables.{name}") for name in ("difference", "chance", "effect")]
    tables = []
    for part in parts_of(view.sizes["override"][1:] if known else [], 2):
        rows, groups = list[list[str]](), dict[int, str]()
        for scenario in view.sizes["scenario"]:
            if len(view.sizes["scenario"]) > 1:
                groups[len(rows)] = scenario
            for name in view.names:
                figures = [known.get((scenario, strategy, name)) for strategy in part]
                cells = [text for row in figures for text in _difference(row, view.units[name], words)]
                rows.append([view.indicator(name), view.unit(name), *cells])
        heads = [f"{view.label(strategy)}{words('page.colon')}{kind}" for strategy in part for kind in kinds]
        head = [words("tables.indicator"), words("tables.unit"), *heads]
        first, others = (
            view.label(view.sizes["override"][0]),
            listed([view.label(strategy) for strategy in part], words),
        )
        told = words("tables.against", run=others, base=first)
        caption = f"{words('sweep.captions.differences')}{words('page.colon')}{told}"
        tables.append(capped(caption, head, rows, 2, "analysis/differences.parquet", words, groups))
    return tables


def _difference(row: Row | None, unit: str, words: Words) -> list[str]:
    if row is None:
        return [words("page.not_known")] * 3
    change, interval = difference(row["mean"], row["low"], row["high"], unit, words)
    p = chance(row["p_holm"], words)
    known = math.isfinite(row["p_holm"]) and not is_clear(row["low"], row["high"], row["p_holm"])
    told = words("sweep.tables.unclear", p=p) if known else p
    return [f"{change} ({interval})", told, words.number(_rounded(row["effect"]))]


def _rounded(value: float) -> float:
    return round(value, 2) if math.isfinite(value) else math.nan


def capped(
    caption: str, head: list[str], rows: list[list[str]], numbers_from: int, file: str, words: Words,
    groups: Mapping[int, str] | None = None,
) -> Table:  # fmt: skip
    """Make a table no longer than people read; where it is cut the caption says so, and where the rest is."""
    if len(rows) > ROWS_AT_MOST:
        caption = words("sweep.tables.cut", caption=caption, n=ROWS_AT_MOST, of=len(rows), file=file)
    return Table(caption, head, rows[:ROWS_AT_MOST], numbers_from, groups or {})


def parts_of(labels: Sequence[str], most: int = COLUMNS_AT_MOST) -> Iterator[Sequence[str]]:
    """Cut labels into parts of equal length, as long as they may be.

    Examples
    --------
    >>> list(parts_of(["a", "b", "c", "d"]))
    [['a', 'b'], ['c', 'd']]
    """
    parts = math.ceil(len(labels) / most)
    size = math.ceil(len(labels) / parts) if parts else 1
    return (labels[start : start + size] for start in range(0, len(labels), size))


def _heads(part: Sequence[str], kinds: Sequence[str], view: SweepView) -> list[str]:
    if not view.across:
        return list(kinds)
    return [f"{view.column(label)}{view.words('page.colon')}{kind}" for label in part for kind in kinds]


def _caption(view: SweepView, section: str, part: Sequence[str]) -> str:
    """Caption of a table, by the columns it holds where there are several such tables."""
    title = view.words(f"sweep.captions.{section}")
    if not view.across or len(part) == len(view.columns):
        return title
    return title + view.words("page.colon") + listed([view.label(label) for label in part], view.words)
