"""Tables of the reference, in Markdown, from the records of parameters that the code declares."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from landsim.core.params import describe

_BOUNDS = ("ge", "gt", "le", "lt")
_SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Write a Markdown table."""
    names = list(head)
    lines = [names, ["---"] * len(names), *([cell(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def cell(value: Any) -> str:
    """Write a value so that it stays in its cell."""
    text = "" if value is None else str(value)
    return text.replace("|", "\\|").replace("\n", " ")


def first_line(thing: Any) -> str:
    """First paragraph of a docstring in one line."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def keys(record: type[BaseModel]) -> str:
    """Write a table of every key of a record: what may stand there, its unit, what it means and where it comes from."""
    rows = describe(record)
    return table(
        ("key", "default", "unit", "meaning"),
        (
            (f"`{written(record, row['path'])}`", _default(row), _unit(row["unit"]), _meaning(record, row))
            for row in rows
        ),
    )


def written(record: type[BaseModel], path: str) -> str:
    """Write a dotted path as users do, where a key has another name than its field."""
    name, _, rest = path.partition(".")
    field = record.model_fields[name]
    deeper = f".{written(field.annotation, rest)}" if rest and _is_record(field.annotation) else rest and f".{rest}"
    return f"{field.alias or name}{deeper}"


def grouped_keys(record: type[BaseModel]) -> Iterator[str]:
    """Write a section with a table a mechanism, and one before them for the keys that stand alone."""
    nested = {name: field.annotation for name, field in record.model_fields.items() if _is_record(field.annotation)}
    alone = [row for row in describe(record) if row["path"] not in nested and "." not in row["path"]]
    head = ("key", "default", "unit", "meaning")
    yield table(head, ((f"`{r['path']}`", _default(r), _unit(r["unit"]), _meaning(record, r)) for r in alone))
    for name, inner in nested.items():
        yield f"## {name}\n\n{first_line(inner)}\n"
        rows = describe(inner, f"{name}.")
        yield table(head, ((f"`{r['path']}`", _default(r), _unit(r["unit"]), _meaning(record, r)) for r in rows))


def _meaning(record: type[BaseModel], row: dict[str, Any]) -> str:
    """What a key means, and in small print what may stand there, where the number comes from, and who may move it."""
    notes = [_allowed(annotation_at(record, row["path"])), _between(row["bounds"])]
    if row["confidence"] and not (row["source"] == "modelling assumption" and row["default"] is PydanticUndefined):
        notes.append(f"{row['source']} [{row['confidence']}]")
    notes += ["**lever**"] if row["lever"] else []
    notes += ["may be calibrated, {} to {}".format(*row["free"])] if row["free"] else []
    small = "; ".join(note for note in notes if note)
    return f"{row['doc']}<br><small>{small}</small>" if small else row["doc"]


def _default(row: dict[str, Any]) -> str:
    value = row["default"]
    if value is PydanticUndefined or value is ...:
        return "*required*"
    if isinstance(value, BaseModel):
        return "its own defaults"
    if value in ("", None, (), {}):
        return ""
    return f"`{value}`" if len(str(value)) <= 60 else f"<small>`{value}`</small>"


def _unit(unit: str) -> str:
    return "" if unit == "1" else unit


def _between(bounds: list[str]) -> str:
    """Write numeric bounds as people do."""
    said = []
    for bound in bounds:
        for kind in _BOUNDS:
            if f"({kind}=" in bound:
                said.append(f"{_SIGNS[kind]} {bound.partition('=')[2].rstrip(')')}")
    return ", ".join(said)


def _is_record(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def annotation_at(record: type[BaseModel], path: str) -> Any:
    """Type of the key at a dotted path."""
    name, _, rest = path.partition(".")
    annotation = record.model_fields[name].annotation
    return annotation_at(annotation, rest) if rest and _is_record(annotation) else annotation


def _allowed(annotation: Any) -> str:
    """Write the words of a choice, on or off for a switch, and nothing for other types."""
    origin = get_origin(annotation)
    if annotation is bool:
        return "true or false"
    if origin is Literal:
        return "one of " + ", ".join(f"`{word}`" for word in get_args(annotation))
    if origin is tuple and get_args(annotation) and get_origin(get_args(annotation)[0]) is Literal:
        return "any of " + ", ".join(f"`{word}`" for word in get_args(get_args(annotation)[0]))
    if origin in (Union, UnionType, Annotated):
        return next((text for inner in get_args(annotation) if (text := _allowed(inner))), "")
    return ""
