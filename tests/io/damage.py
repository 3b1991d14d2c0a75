"""Damage to a manifest: every key of the first two levels removed, emptied, of another type, and out of all size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

HUGE = "x" * 200_000
OTHERS: dict[type, tuple[Any, ...]] = {
    str: (1, [], {}, HUGE, ""),
    int: ("1", 10**40, -1, 1.5, True),
    float: ("x", float("inf"), -1.0),
    list: ({}, "x", 1, [None], [1], ["x"], [{}]),
    dict: ({}, [], "x", 1, {"x": 1}),
    bool: ("x", 1, 2),
    type(None): (1, "x", {}, []),
}


def damaged(manifest: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (what was done, the manifest after it)."""
    for key, value in manifest.items():
        rest = {name: other for name, other in manifest.items() if name != key}
        yield f"{key} removed", rest
        for other in (None, *OTHERS[type(value)]):
            yield f"{key} = {str(other)[:20]!r}", {**manifest, key: other}
        if isinstance(value, dict):
            for what, inner in _inside(value):
                yield f"{key}.{what}", {**manifest, key: inner}
        if isinstance(value, list) and value:
            for other in (None, 1, "x", {}, []):
                yield f"{key}.0 = {other!r}", {**manifest, key: [other, *value[1:]]}


def _inside(value: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for key, old in value.items():
        yield f"{key} removed", {name: other for name, other in value.items() if name != key}
        for other in (None, *OTHERS[type(old)]):
            yield f"{key} = {str(other)[:20]!r}", {**value, key: other}
