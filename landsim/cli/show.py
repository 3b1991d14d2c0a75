"""Show: tables on stdout for people, JSON for programs."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDE = 160
"""Columns of a table that goes to a file or pipe."""


def stdout() -> Console:
    """Give the console of results, wide enough for whole lines where nobody looks at it live."""
    plain = Console(highlight=False)
    if plain.is_terminal or os.environ.get("COLUMNS"):
        return plain
    return Console(highlight=False, width=WIDE)


def print_table(head: Sequence[str], rows: Iterable[Sequence[Any]], title: str | None = None, right: int = 99) -> None:
    """Print a table whose columns from number `right` on are numbers."""
    table = Table(title=Text(title or ""), title_justify="left", title_style="bold")
    for i, name in enumerate(head):
        table.add_column(name, justify="right" if i >= right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(str(value)) for value in row))
    stdout().print(table)


def print_json(record: Any) -> None:
    """Print one JSON object in one line; what is not a number is null."""
    from landsim.indicators.card_text import card_json

    print(json.dumps(card_json(record), ensure_ascii=False))


def number(value: float | None) -> str:
    """Write a number with the digits that it needs.

    Examples
    --------
    >>> number(1234567.8), number(12.345), number(0.01234), number(None)
    ('1,234,568', '12.3', '0.0123', '-')
    """
    if value is None or not math.isfinite(value):
        return "-"
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.1f}"


def rate(value: float) -> str:
    """Write a share or rate with four decimals; "-" where it has no denominator."""
    return f"{value:.4f}" if math.isfinite(value) else "-"
