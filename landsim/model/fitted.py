"""Fitted rules: a rule set with the drivers and the past of the place on which a run evaluates it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from landsim.core.errors import InputError, Problem
from landsim.landscape.landscape import Landscape
from landsim.landscape.rows import Rows
from landsim.transition.features import Ground
from landsim.transition.fitted import Potential
from landsim.transition.hazard import Hazard
from landsim.transition.ruleset import RuleSet

Plane = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class FittedRules:
    """What a run needs to use a rule set; the codes of the place are those of the rule set.

    Attributes
    ----------
    ruleset : RuleSet
    drivers : mapping of str to Rows
        Drivers of the place by name, those that the potentials read; NaN where missing.  One that has a method
        ``close`` is closed once the potentials are evaluated, and opens itself again when it is read.
    past : numpy.ndarray of uint8, shape (height, width), or None
        An earlier map of the place.
    planes : mapping of str to numpy.ndarray of float32, shape (height, width)
        Class name -> chance of every cell, 0 in cells that are no candidates.  What stands here is taken as it is, and
        not evaluated: runs that differ in parameters and seeds only can share it.

    Examples
    --------
    Evaluate once, run many times::

        rules = FittedRules(ruleset, drivers, past).evaluated(place)
        for seed in range(10):
            model = LandModel(Inputs(..., landscape=place, seed=seed, rules=rules))
    """

    ruleset: RuleSet
    drivers: Mapping[str, Rows] = field(default_factory=dict)
    past: npt.NDArray[np.uint8] | None = None
    planes: Mapping[str, Plane] = field(default_factory=dict)

    def knows(self, name: str) -> bool:
        """Tell whether a class has a fitted potential."""
        return name in self.ruleset.potentials

    def potential(self, name: str) -> Potential:
        """Potential of a class, without its features of recent growth where the place has no past.

        Raises
        ------
        InputError
            If nothing is left without a past.
        """
        whole = self.ruleset.potentials[name]
        part = whole if self.past is not None or not whole.past_years else whole.without_past()
        if part is None:
            what = f"the potential of {name!r} needs an earlier map"
            raise InputError(Problem("rules", what, mend="Add one under history in data.yaml"))
        return part

    def plane(self, place: Landscape, name: str) -> Plane:
        """Chance of every cell to become a class, float32, shape (height, width); 0 where it may not.

        Raises
        ------
        InputError
            If a driver or the earlier map is missing.
        """
        if name in self.planes:
            plane = self.planes[name]
            if plane.shape != place.grid.shape:
                raise ValueError(f"plane of {name}: shape {plane.shape}, expected {place.grid.shape}")
            return plane
        potential = self.potential(name)
        ground = Ground(place.landcover, place.legend.nodata, self.past, self.drivers)
        lacking = ground.lacking(potential.features)
        if lacking:
            raise InputError([Problem("rules", f"the potential of {name!r} needs {what}") for what in lacking])
        try:
            return potential.plane(ground, self.candidates(place, name))
        finally:
            self.close()

    def candidates(self, place: Landscape, name: str) -> npt.NDArray[np.int64]:
        """Cells that may become a class: of another class, and under no mask of the rules or of the place.

        Returns
        -------
        numpy.ndarray of int64, shape (n,)
            Flat indices, ascending.
        """
        free = place.valid & (place.landcover != np.uint8(place.legend.row(name).code))
        codes = {row.name: row.code for row in place.legend.rows}
        for mask in self.ruleset.masks:
            if _concerns(mask.forbid, name) and mask.of_class in codes:
                free &= place.landcover != np.uint8(codes[mask.of_class])
        for cells, forbidden in place.masks.values():
            if _concerns(forbidden, name):
                free &= ~cells
        return np.flatnonzero(free).astype(np.int64, copy=False)

    def shuts_out(self, of_class: str, name: str) -> bool:
        """Tell whether the rules let no cell of one class become another."""
        return any(mask.of_class == of_class and _concerns(mask.forbid, name) for mask in self.ruleset.masks)

    def evaluated(self, place: Landscape, names: Iterable[str] | None = None) -> FittedRules:
        """Give the same rules with the planes of some classes, of all by default, ready to be shared by runs."""
        wanted = self.ruleset.potentials if names is None else names
        return replace(self, planes={**self.planes, **{name: self.plane(place, name) for name in wanted}})

    def hazard(self, place: Landscape, name: str) -> Hazard:
        """Weights of a class for the engine, with the window of its surroundings where that was fitted."""
        return Hazard(self.plane(place, name), self.ruleset.surroundings.kernel(name, place.legend))

    def close(self) -> None:
        """Close the drivers that can be closed."""
        for rows in self.drivers.values():
            shut = getattr(rows, "close", None)
            if shut is not None:
                shut()


def _concerns(forbidden: tuple[str, ...], name: str) -> bool:
    """Tell whether a mask keeps a class out; one that names no class lets nothing change."""
    return not forbidden or name in forbidden
