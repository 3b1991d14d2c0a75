"""Waiting: levers that have been moved and act from the next year, and what that year will find."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from landsim.core.errors import InputError
from landsim.dashboard.faults import sentences
from landsim.dashboard.levers import lever, read, value_of, with_levers
from landsim.model.inputs import DatedLever
from landsim.model.params import ModelParams

Moves = tuple[tuple[str, Any], ...]
"""Path and value of levers, in the order in which they were moved."""


@dataclass(frozen=True)
class Waiting:
    """Levers that wait for the next year.

    Attributes
    ----------
    base : ModelParams
        What the next year finds without them.
    moves : tuple of (str, object)
    """

    base: ModelParams
    moves: Moves = ()

    def params(self) -> ModelParams:
        """What the next year finds with them.

        Raises
        ------
        InputError
            If a value is out of bounds, or does not go with another one.
        """
        return with_levers(self.base, (DatedLever(0, path, value) for path, value in self.moves))

    def pulled(self, path: str, value: Any) -> Waiting:
        """Move a lever; one that is moved back to where it stood waits no longer.

        Raises
        ------
        InputError
            If there is no such lever, or the value is none.
        """
        plain, others = read(lever(path), value), self.without(path).moves
        return replace(self, moves=others if plain == value_of(self.base, path) else (*others, (path, plain)))

    def without(self, path: str) -> Waiting:
        """Take a lever back."""
        return replace(self, moves=tuple(pair for pair in self.moves if pair[0] != path))

    def after_year(self, base: ModelParams, taken: Moves) -> tuple[Waiting, tuple[str, ...]]:
        """Give what waits still when some have acted, and what is wrong with it.

        A scenario that moves levers itself may come to a state that does not go with one that waits; all that wait
        are then taken back.
        """
        left = Waiting(base, tuple(pair for pair in self.moves if pair not in taken))
        try:
            left.params()
        except InputError as fault:
            return Waiting(base), sentences(fault)
        return left, ()
