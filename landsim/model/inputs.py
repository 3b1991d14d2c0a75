"""Inputs: the plain record from which a LandModel is built."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.landscape.landscape import Landscape
from landsim.model.fitted import FittedRules
from landsim.model.params import ModelParams
from landsim.policy.permission import PermissionTable


@dataclass(frozen=True)
class DatedLever:
    """A parameter that takes another value from a year on."""

    year: int
    path: str
    value: Any


@dataclass(frozen=True)
class Inputs:
    """Everything that a run starts from.

    Attributes
    ----------
    name : str
        Name of the scenario.
    start, horizon : int
        Year of the first map and last year simulated.
    seed : int
        Root seed.
    landscape : Landscape
        The place at the start; not changed by the run.
    params : ModelParams
        Every parameter.
    permissions : PermissionTable
        The zone x use matrix.
    history : dict of int to numpy.ndarray of uint8, shape (height, width)
        Earlier maps by year, on the same legend.
    shocks : tuple of DatedLever
        Parameters that change in a year.
    rules : FittedRules or None
        Rules fitted to the place; None uses the built-in ones.  The parameters that a rule set brings
        (`RuleSet.parameters`) are part of `params` already.
    """

    name: str
    start: int
    horizon: int
    seed: int
    landscape: Landscape
    params: ModelParams
    permissions: PermissionTable
    history: dict[int, npt.NDArray[np.uint8]] = field(default_factory=dict)
    shocks: tuple[DatedLever, ...] = ()
    rules: FittedRules | None = None
