"""Registry: name -> object, with the nearest name in its errors and entry points for plug-ins."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from importlib.metadata import entry_points
from typing import Generic, TypeVar

from landsim.core.errors import InputError, Problem

T = TypeVar("T")


def nearest(name: str, known: list[str]) -> str | None:
    """Give the known name that is most like a misspelt one, or None."""
    match = difflib.get_close_matches(name, known, n=1, cutoff=0.55)
    return match[0] if match else None


class Registry(Generic[T]):
    """Named things of one kind; plug-ins join through the entry-point group ``landsim.<kind>``.

    Examples
    --------
    >>> colours = Registry("colours")
    >>> _ = colours.register("red")("#f00")
    >>> colours["red"]
    '#f00'
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._known: dict[str, T] = {}
        self._plugins_read = False

    def register(self, name: str) -> Callable[[T], T]:
        """Return a decorator that files its argument under `name`."""

        def file(thing: T) -> T:
            if name in self._known and self._known[name] is not thing:
                raise ValueError(f"{self.kind}: the name {name!r} is taken")
            self._known[name] = thing
            return thing

        return file

    def names(self) -> list[str]:
        """Names in the order of registration, plug-ins last."""
        self._read_plugins()
        return list(self._known)

    def __getitem__(self, name: str) -> T:
        self._read_plugins()
        if name not in self._known:
            near = nearest(name, list(self._known))
            raise InputError(
                Problem(
                    self.kind,
                    f"no such name {name!r}",
                    wanted="one of " + ", ".join(self._known),
                    mend=f"Did you mean {near!r}?" if near else None,
                )
            )
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        return len(self.names())

    def items(self) -> list[tuple[str, T]]:
        """Names and what stands under them."""
        self._read_plugins()
        return list(self._known.items())

    def _read_plugins(self) -> None:
        if self._plugins_read:
            return
        self._plugins_read = True
        for point in entry_points(group=f"landsim.{self.kind}"):
            self._known.setdefault(point.name, point.load())
