"""Ids: which numbers the members of a kind are given, unique in their model, because draws are named by them.

All agents of a plain Mesa model share one count from 1.  Once a model has called `set_apart`, only the kinds that it
names go on with that count.  Every other kind of member then counts in a range of its own, whose place follows from
the name of its class, and ordinary Mesa agents count in one more: who is added to a city takes no id, and so no
draw, from those who belong to it.

The upper 32 bits of an id are the number of its range, the lower ones count in it.  Ids stay below 2**53, which float64
and JSON keep exactly.  Kinds of one name share a range, so that ids are unique even then.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from landsim.agents.enrolment import advance_ids, next_id

__all__ = ["SPAN", "advance_ids_of", "next_id_of", "range_of", "reserve_ids", "set_apart"]

SPAN = 1 << 32
"""Ids in a range."""

_ORDINARY = 1
_RANGES = 1 << 21


@dataclass
class IdRanges:
    """What a model whose own kinds are set apart has handed out.

    Attributes
    ----------
    own : tuple of type
        Kinds that share the first range.
    upcoming : dict of int to int
        Next id of each range that was begun, by its number.
    """

    own: tuple[type, ...]
    upcoming: dict[int, int] = field(default_factory=dict)

    def number(self, kind: type) -> int:
        """Range that a kind counts in."""
        return 0 if kind in self.own else range_of(kind.__name__)

    def next_of(self, kind: type) -> int:
        """Next id of a kind."""
        number = self.number(kind)
        return self.upcoming.get(number, number * SPAN + 1)


def range_of(name: str) -> int:
    """Number of the range of a kind that is set apart, from 2, by the name of its class.

    Examples
    --------
    >>> range_of("Vendor") == range_of("Vendor") != range_of("Hen")
    True
    """
    digest = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little")
    return _ORDINARY + 1 + digest % (_RANGES - _ORDINARY - 1)


def set_apart(model: Any, own: tuple[type, ...]) -> None:
    """Let a model's own kinds go on with the count, and everyone else count elsewhere from now on.

    Parameters
    ----------
    model : mesa.Model
        The model; its attribute ``id_ranges`` keeps the counts and travels with it.
    own : tuple of type
        Kinds of members that belong to the model.
    """
    model.id_ranges = IdRanges(own, {0: next_id(model)})
    advance_ids(model, _ORDINARY * SPAN + 1)


def next_id_of(model: Any, kind: type) -> int:
    """Give the next id that a kind would be given, without taking it."""
    ranges = _ranges(model)
    return next_id(model) if ranges is None else ranges.next_of(kind)


def advance_ids_of(model: Any, kind: type, upcoming: int) -> None:
    """Give the kind no id below `upcoming` from now on; a count never runs back."""
    ranges = _ranges(model)
    if ranges is None:
        advance_ids(model, upcoming)
    else:
        ranges.upcoming[ranges.number(kind)] = max(upcoming, ranges.next_of(kind))


def reserve_ids(model: Any, kind: type, count: int) -> int:
    """Take `count` consecutive ids for a kind and give the first.

    Raises
    ------
    ValueError
        If the count is negative, or the range has no more ids.
    """
    if count < 0:
        raise ValueError(f"{count} members cannot be born")
    first = next_id_of(model, kind)
    if count and (first - 1) // SPAN != (first + count - 1) // SPAN:
        raise ValueError(f"{kind.__name__}: no more than {SPAN - 1} members of a kind can be born in one model")
    advance_ids_of(model, kind, first + count)
    return first


def _ranges(model: Any) -> IdRanges | None:
    found: IdRanges | None = getattr(model, "id_ranges", None)
    return found
