"""The report of a sweep as Markdown, for terminals and repositories: the page's parts, with figures as files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from landsim.report.page.maps import Picture
from landsim.report.page.tables import Table
from landsim.report.sweep.drawing import Drawing
from landsim.report.sweep.parts import Page, Part
from landsim.report.words import Words

_SPECIAL = re.compile(r"([\\`*\[\]<>|])")


def markdown(page: Page, words: Words) -> str:
    """Write a report; what users wrote stays text."""
    blocks = [f"# {_plain(page.title)}", f"{_plain(page.kind)} · {_plain(page.facts)}"]
    blocks += [f"> **{_plain(line)}**" for line in page.stamps]
    for section in page.sections:
        blocks.append(f"## {_plain(section.title)}")
        blocks += [block for part in section.parts for block in _part(part, words)]
    return "\n\n".join(blocks) + "\n"


def _part(part: Part, words: Words) -> Iterator[str]:
    yield from _WRITERS[part.kind](part.value, words)


def _text(text: str, words: Words) -> Iterator[str]:
    yield _plain(text)


def _list(lines: Sequence[str], words: Words) -> Iterator[str]:
    yield "\n".join(f"- {_plain(line)}" for line in lines)


def _table(table: Table, words: Words) -> Iterator[str]:
    """Write a table with its caption; a heading between rows is a row of its own in bold letters."""
    yield f"**{_plain(table.caption)}**"
    numbers = range(table.numbers_from, len(table.head))
    lines = [table.head, ["---:" if i in numbers else "---" for i in range(len(table.head))]]
    text = [_line(lines[0]), "| " + " | ".join(lines[1]) + " |"]
    for i, row in enumerate(table.rows):
        if i in table.groups:
            text.append(_line([f"**{_plain(table.groups[i])}**", *[""] * (len(table.head) - 1)], ready=True))
        text.append(_line(row))
    yield "\n".join(text)


def _line(cells: Sequence[str], ready: bool = False) -> str:
    return "| " + " | ".join(cell if ready else _plain(cell) for cell in cells) + " |"


def _chart(drawing: Drawing, words: Words) -> Iterator[str]:
    yield f"**{_plain(drawing.title)}**"
    yield f"![{_plain(drawing.title)}]({drawing.name}.svg)"


def _maps(pictures: Sequence[tuple[str, Picture]], words: Words) -> Iterator[str]:
    for name, picture in pictures:
        yield f"**{_plain(picture.title)}**"
        yield f"![{_plain(words('maps.alt', title=picture.title))}]({name}.svg)"


def _plain(text: str) -> str:
    """Take the meaning from letters that Markdown or HTML would act on, and keep a text on its line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


_WRITERS: dict[str, Callable[[Any, Words], Iterator[str]]] = {
    "text": _text,
    "small": _text,
    "list": _list,
    "table": _table,
    "chart": _chart,
    "maps": _maps,
}
