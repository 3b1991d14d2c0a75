"""Rules: methods of a member, written once, that read the same for one member and for a group."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from landsim.agents.columns import fit
from landsim.core.quantity import Quantity

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Rule:
    """What a rule asks for.

    Attributes
    ----------
    name : str
        Name of the method.
    args : dict of str to Quantity
        The values a member, beside its own columns, that the rule takes; in the order of the method.
    doc : str
        The rule in one line.
    """

    name: str
    args: dict[str, Quantity]
    doc: str


def in_bulk(method: F) -> F:
    """Mark a method that takes a whole group at once, so that a population calls it once and not a member at a time."""
    method.__dict__["in_bulk"] = True
    return method


def rule(**quantities: Quantity) -> Callable[[F], F]:
    """Declare a method of a `Member` as a rule.

    The body is written once, with NumPy functions over the member's columns, and always runs over a group:
    one member is read as a group of one, so that both readings run the same arithmetic.  Called on one member a
    rule takes and gives plain numbers; called on a group of n it takes and gives arrays of shape (n, ...).

    Parameters
    ----------
    **quantities : Quantity
        What each further argument of the method means.  Values are cast to its dtype, a single value counts
        for every member, and a contract test draws random ones between its bounds.

    Returns
    -------
    callable
        A decorator for the method.

    Raises
    ------
    ValueError
        If the method's arguments are not those declared; when called, if values do not fit the group.

    Examples
    --------
    >>> stress = Quantity("stress", "float32", "1", "wish to live elsewhere", 0, 1)
    >>> @rule(stress=stress)
    ... def restless(self, stress):
    ...     "Whether the wish to live elsewhere is strong."
    ...     return stress > 0.5
    >>> restless.rule.args["stress"].unit
    '1'
    """

    def declare(body: F) -> F:
        signature = inspect.signature(body)
        takes = list(signature.parameters)[1:]
        if takes != list(quantities):
            raise ValueError(f"rule {body.__name__} takes {takes}, but declares {list(quantities)}")
        note = Rule(body.__name__, quantities, (inspect.getdoc(body) or "").partition("\n")[0])

        @functools.wraps(body)
        def read(self: Any, *args: Any, **kwargs: Any) -> Any:
            group = self._as_group()
            given = signature.bind(group, *args, **kwargs)
            given.apply_defaults()
            values = {name: _per_member(note, name, given.arguments[name], group._size) for name in quantities}
            result = _checked(note, body(group, **values), group._size)
            return result if group is self else _single(result)

        read.__dict__["rule"] = note
        return in_bulk(read)  # type: ignore[return-value]

    return declare


def rules_of(kind: type) -> dict[str, Rule]:
    """Give the rules of a `Member` class by name, those of its bases first."""
    names = [name for base in reversed(kind.__mro__) for name in vars(base)]
    found = {name: getattr(getattr(kind, name), "rule", None) for name in dict.fromkeys(names)}
    return {name: note for name, note in found.items() if isinstance(note, Rule)}


def bulk_method(kind: type, method: str | Callable[..., Any]) -> Callable[..., Any] | None:
    """Give the method of `kind` that takes a whole group at once, or None where a member is to be called at a time."""
    found = getattr(kind, method, None) if isinstance(method, str) else method
    return found if getattr(found, "in_bulk", False) else None


def _per_member(note: Rule, name: str, value: Any, size: int) -> npt.NDArray[Any]:
    label = f"rule {note.name}: {name}"
    array = fit(value, np.dtype(note.args[name].dtype), label)
    if array.ndim == 0:
        return np.broadcast_to(array, (size,))
    if len(array) != size:
        raise ValueError(f"{label}: {len(array)} values for {size} members")
    return array


def _checked(note: Rule, result: Any, size: int) -> Any:
    """Make sure that a rule answered for every member."""
    if result is None:
        return None
    if isinstance(result, tuple):
        return tuple(_checked(note, part, size) for part in result)
    array = np.asarray(result)
    if array.ndim == 0:
        return np.full(size, array)
    if len(array) != size:
        raise ValueError(f"rule {note.name} gave {len(array)} values for {size} members")
    return array


def _single(result: Any) -> Any:
    """Take the answer for the one member of a group of one, as plain Python numbers."""
    if result is None:
        return None
    if isinstance(result, tuple):
        return tuple(_single(part) for part in result)
    return result[0].item() if result.ndim == 1 else result[0]
