"""Closed records: pydantic's complaints about what a user wrote, as faults with the nearest known key."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from landsim.core.errors import Problems
from landsim.core.registry import nearest

Record = TypeVar("Record", bound=BaseModel)


def parse(record: type[Record], data: Any, where: str, problems: Problems) -> Record | None:
    """Read plain data into a closed record and gather every fault.

    Parameters
    ----------
    record : type of pydantic.BaseModel
        The schema.
    data : object
        What the file holds.
    where : str
        Name of the file.
    problems : Problems
        Gets one fault a wrong, unknown or missing key.

    Returns
    -------
    BaseModel or None
        None after a fault.
    """
    try:
        return record.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False)
        for detail in details:
            if not _is_echo(detail, details):
                _report(record, detail, where, problems)
    return None


def _is_echo(detail: Any, details: Sequence[Any]) -> bool:
    """Tell that a list is said to be too short only because an entry of it is at fault, which is told already."""
    place = detail["loc"]
    return detail["type"] == "too_short" and any(
        len(other["loc"]) > len(place) and other["loc"][: len(place)] == place for other in details
    )


def _report(record: type[BaseModel], detail: Any, where: str, problems: Problems) -> None:
    path = ".".join(str(step) for step in detail["loc"])
    place = f"{where}: {path}" if path else where
    if detail["type"] == "extra_forbidden":
        known = known_keys(record, detail["loc"][:-1])
        near = nearest(str(detail["loc"][-1]), known)
        mend = f"Did you mean {near!r}?" if near else "Known keys: " + ", ".join(known)
        problems.add(place, "unknown key", mend=mend)
    elif detail["type"] == "missing":
        problems.add(place, "missing key")
    else:
        message = detail["msg"].removeprefix("Value error, ")
        problems.add(place, message[:1].lower() + message[1:], found=_short(detail["input"]))


def known_keys(record: type[BaseModel], path: Sequence[Any]) -> list[str]:
    """Keys that may stand at a path of a record; mappings and lists on the way are seen through."""
    here = [record]
    for step in path:
        deeper = [m for r in here if (field := _field(r, step)) for m in _records(field.annotation)]
        here = deeper or here
    return [field.alias or name for r in here for name, field in r.model_fields.items()]


def _field(record: type[BaseModel], key: Any) -> Any:
    for name, field in record.model_fields.items():
        if key in (name, field.alias):
            return field
    return None


def _records(annotation: Any) -> list[type[BaseModel]]:
    """Record types inside an annotation such as ``dict[str, Entry] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in typing.get_args(annotation) for found in _records(part)]


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
