"""Restriction: what keeps one cell from one change, row by row of the permission table, for people to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from landsim.landscape.legend import Land, Legend
from landsim.policy.control import MASK, Combination, binding_rows, forbidden_classes
from landsim.policy.permission import (
    N_CLASSES,
    PermissionTable,
    PermitParams,
    Site,
    Use,
    allowed_transitions,
    uses_of_classes,
)

TRANSITION = "transition"
"""Stands for changes that no overlay could permit: built land does not go back to nature by itself."""


@dataclass(frozen=True)
class Restriction:
    """One thing that keeps a cell from a change, or makes the change depend on a permit.

    Attributes
    ----------
    overlay : str
        Row of the permission table, ``mask:NAME``, or `TRANSITION`.
    chance : float
        Probability of a permit under it, below 1.
    condition : str
        Condition in `landsim.policy.permission.CONDITIONS` on which it depends, or nothing.
    """

    overlay: str
    chance: float
    condition: str = ""


def restrictions(
    combination: Combination,
    change: tuple[Land, Land],
    table: PermissionTable,
    params: PermitParams,
    masks: Mapping[str, tuple[str, ...]],
    legend: Legend,
    project: bool = False,
) -> tuple[Restriction, ...]:
    """List what restricts a change on cells under one combination of overlays.

    The smallest chance among them is that of `landsim.policy.control.compile_control`; with none it is 1.

    Parameters
    ----------
    combination : dict of str to int
        Of `Control.combinations`.
    change : (Land, Land)
        Model class now, and model class that would arise.
    table, params : PermissionTable, PermitParams
        The zone x use matrix, and its chances and conditions.
    masks : mapping of str to tuple of str
        Names of the classes that may not arise under each mask; none where nothing may.
    legend : Legend
        Of the classes that the masks name.
    project : bool
        Whether it is a project: reclamation, restoration, demolition.
    """
    before, after = change
    use = int(uses_of_classes(project)[after])
    found = [] if allowed_transitions(project)[before, after] and use >= 0 else [Restriction(TRANSITION, 0.0)]
    found += [
        Restriction(MASK + name, 0.0)
        for name, names in masks.items()
        if combination.get(MASK + name) and after in forbidden_classes(names, legend)
    ]
    if use >= 0:
        found += _by_rows(combination, before, Use(use), table, params)
    return tuple(found)


def _by_rows(
    combination: Combination, before: Land, use: Use, table: PermissionTable, params: PermitParams
) -> list[Restriction]:
    """Rows of the table that bind the present class and do not simply permit the use."""
    site = Site(steep=combination.get("steep", 0) == 1, land=np.arange(N_CLASSES, dtype=np.uint8))
    chances = {
        row: float(table.chance(row, site, params)[before, use])
        for row, classes in binding_rows(combination)
        if before in classes
    }
    return [
        Restriction(row, chance, table.conditions.get((row, use), ""))
        for row, chance in chances.items()
        if chance < 1.0
    ]
