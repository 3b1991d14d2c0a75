"""Parts of the report of a sweep, whichever way it is written: sections of texts, lists, tables, charts and maps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from landsim.report.page.tables import Table
from landsim.report.sweep.drawing import Drawing

Kind = Literal["text", "small", "list", "table", "chart", "maps"]


class Part(NamedTuple):
    """A part of a section.

    Attributes
    ----------
    kind : {"text", "small", "list", "table", "chart", "maps"}
        Small: an explanation in small letters.
    value : str, list of str, Table, Drawing, or list of (str, Picture)
        As the kind has it; maps have names for their files.
    """

    kind: Kind
    value: Any


class Section(NamedTuple):
    """A section: its place on the page, its title and its parts."""

    name: str
    title: str
    parts: list[Part]


class Page(NamedTuple):
    """A report: what stands above all sections, and the sections."""

    kind: str
    title: str
    facts: str
    stamps: list[str]
    sections: list[Section]


def parts_of_tables(tables: Iterable[Table | None]) -> list[Part]:
    """Make parts of the tables that are there."""
    return [Part("table", table) for table in tables if table is not None]


def parts_of_charts(charts: Iterable[Drawing | None]) -> list[Part]:
    """Make parts of the charts that are there."""
    return [Part("chart", chart) for chart in charts if chart is not None]
