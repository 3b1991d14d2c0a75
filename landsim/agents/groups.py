"""Groups: members by what they share, from equal values found at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.agents.enrolment import AgentSet, GroupBy

Ids = npt.NDArray[np.int64]


class Groups(GroupBy):  # type: ignore[misc]
    """Populations by key; what Mesa's ``GroupBy`` does, with columns read at once."""

    def agg(self, attr_name: str, func: Callable[[list[Any]], Any]) -> dict[Any, Any]:
        """Apply a function to an attribute's values in each group."""
        return {key: func(_attribute(group, attr_name)) for key, group in self.groups.items()}


def by_value(values: npt.NDArray[Any]) -> dict[Any, Ids]:
    """Positions of equal values, in the order of first appearance."""
    keys, first, member_of = np.unique(values, return_index=True, return_inverse=True)
    ends = np.cumsum(np.bincount(member_of, minlength=len(keys)))
    parts = np.split(np.argsort(member_of, kind="stable"), ends[:-1])
    return {keys[i].item(): parts[i] for i in np.argsort(first)}


def by_key(keys: Iterable[Any]) -> dict[Any, Ids]:
    """Positions of equal keys, in the order of first appearance."""
    groups: dict[Any, list[int]] = {}
    for position, key in enumerate(keys):
        groups.setdefault(key, []).append(position)
    return {key: np.array(positions, dtype=np.int64) for key, positions in groups.items()}


def _attribute(group: AgentSet | list[Any], name: str) -> list[Any]:
    return group.get(name) if isinstance(group, AgentSet) else [getattr(member, name) for member in group]
