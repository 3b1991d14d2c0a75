"""Cautions: what a project that is sound may not mean - residents nobody counted, and water open to construction."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.core.errors import Problems
from landsim.landscape.grid import Grid
from landsim.landscape.landscape import Landscape
from landsim.landscape.legend import WATERY
from landsim.model.inputs import Inputs
from landsim.model.targets import races
from landsim.policy.control import compile_control

LEAST_OF_PLACE, LEAST_OF_CLASS = 0.01, 0.5
"""Shares of the place, or else of the class, from which on it is worth a word that water is open to construction."""


def tell_people(inputs: Inputs, where: str, problems: Problems) -> None:
    """Tell where the number of residents is nobody's, so that each household agent stands for one household.

    Parameters
    ----------
    inputs : Inputs
        Of the run.
    where : str
        How messages call the scenario.
    problems : Problems
        Gets the caution.
    """
    numbers, place = inputs.params.agents, inputs.landscape
    if not numbers.households or numbers.persons is not None or place.get("population") is not None:
        return
    sizes = np.asarray(inputs.params.households.sizes)
    persons = numbers.households * float(np.sum((1 + np.arange(sizes.size)) * sizes / sizes.sum()))
    built = float(np.count_nonzero(place.legend.built[place.landcover])) * place.grid.cell_area_m2
    problems.warn(
        f"{where}: agents.persons",
        "the number of residents is not known",
        found=f"about {persons:,.0f} persons, one household for each of {numbers.households} agents, "
        f"and {built / persons:,.0f} m2 of built land a head",
        mend="Say how many live there, agents: {persons: NUMBER}, or give the layer population",
    )


def tell_open_water(inputs: Inputs, where: str, problems: Problems) -> None:
    """Tell which watery classes no line, mask or boundary keeps from construction, with their share.

    Only built-in rules are looked at: a fitted one has learnt from maps whether water is built on.

    Parameters
    ----------
    inputs : Inputs
        Of the run.
    where : str
        How messages call the data catalogue.
    problems : Problems
        Gets a caution a class.
    """
    place = inputs.landscape
    arising = sorted({int(race.row.model_class) for race in races(inputs) if race.row.built and not race.fitted})
    for row in place.legend.rows if arising else ():
        if row.model_class not in WATERY:
            continue
        cells = np.flatnonzero(place.landcover == np.uint8(row.code))
        open_ = _open(inputs, cells, int(row.model_class), arising) if cells.size else 0
        share, study = open_ / max(cells.size, 1), open_ / max(int(np.count_nonzero(place.valid)), 1)
        if study < LEAST_OF_PLACE and share < LEAST_OF_CLASS:
            continue
        problems.warn(
            f"{where}: landcover",
            f"no line, mask or boundary keeps {row.name} from construction",
            found=f"{open_ * place.grid.cell_area_ha:,.0f} ha open, {share:.0%} of it and {study:.0%} of the place",
            mend=f"Add masks: {{NAME: {{class: {row.name}, forbid: [built]}}}}",
        )


def _open(inputs: Inputs, cells: npt.NDArray[np.int64], land: int, arising: list[int]) -> int:
    """Cells on which one of the classes may arise, by the control codes that the engine itself goes by."""
    place = _only(inputs.landscape, cells)
    control = compile_control(place, inputs.params.lines, inputs.permissions, inputs.params.permits)
    may = np.max(control.chance[:, land][:, arising], axis=1) > 0
    return int(np.count_nonzero(may[control.code]))


def _only(place: Landscape, cells: npt.NDArray[np.int64]) -> Landscape:
    """Give the place of some cells, side by side in one row."""

    def taken(layer: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return layer.reshape(-1)[cells][None, :]

    return Landscape(
        Grid(1, cells.size, place.grid.transform, place.grid.crs),
        place.legend,
        taken(place.landcover),
        {name: taken(layer) for name, layer in place.layers.items()},
        {name: (taken(mask), forbid) for name, (mask, forbid) in place.masks.items()},
    )
