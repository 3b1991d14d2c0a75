"""Potential: the static suitability of cells for a gained class; here the built-in, uncalibrated rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import Discriminator, Field, Tag

from landsim.core.params import Params, param
from landsim.landscape.focal import around, gaussian_density, gaussian_halo
from landsim.landscape.landscape import Landscape
from landsim.landscape.legend import BUILT, Land, Legend, LegendRow
from landsim.transition.clocks import FAINT, MEMORY, SUIT_STEPS, UNFIT

SPREAD, COMPACT = 0.8, 1.5
"""Spread and compactness of patches of which nothing else is known."""


def _is_by_class(value: Any) -> str:
    return "by_class" if isinstance(value, dict) else "number"


_Spread = Annotated[float, Field(ge=0.0, le=3.0)]
_Compact = Annotated[float, Field(ge=0.0, le=5.0)]
Spread = Annotated[
    Annotated[_Spread, Tag("number")] | Annotated[dict[str, _Spread], Tag("by_class")], Discriminator(_is_by_class)
]
Compact = Annotated[
    Annotated[_Compact, Tag("number")] | Annotated[dict[str, _Compact], Tag("by_class")], Discriminator(_is_by_class)
]


class EngineParams(Params):
    """How the land-change engine weighs cells."""

    scatter: float = param(
        1.0, doc="sigma_g: 1 samples in proportion to potential; 0 ranks, and fitted races then grow no patches",
        ge=0.0, le=4.0, source="Gumbel-top-k",
    )  # fmt: skip
    radius: int = param(5, unit="cells", doc="half side of the reacting neighbourhood", ge=1, le=20)
    floor: float = param(0.02, doc="potential far from any cell of the class (eps)", gt=0.0, le=1.0, free=(0.001, 0.2))
    neighbourhood: float = param(1.0, doc="exponent a_n of the neighbourhood", ge=0.0, le=4.0, free=(0.5, 2.0))
    density: float = param(
        1.0, doc="exponent of the density of the class at the start", ge=0.0, le=4.0, free=(0.0, 2.0)
    )
    density_sigma: float = param(5.0, unit="cells", doc="width of the Gaussian density at the start", gt=0.0, le=50.0)
    density_floor: float = param(1e-4, doc="density credited to cells far from the class", gt=0.0, le=1.0)
    slope: float = param(0.04, unit="1/deg", doc="decay of the suitability for building with slope", ge=0.0, le=1.0)
    slope_limit: float = param(
        25.0, unit="deg", doc="no new building on steeper land", source="urban suitability, slope factor",
        confidence="H", ge=0.0, le=90.0,
    )  # fmt: skip
    readiness: float = param(
        5.0, unit="a", doc="years until a changed cell is ready to change again (tau_in)", gt=0.0, le=50.0
    )
    economics: float = param(
        0.5, doc="exponent a_e of what households and firms bid for a block", ge=0.0, le=4.0, free=(0.0, 2.0)
    )


class PatchParams(Params):
    """Size and shape of new patches."""

    mean: dict[str, float] = param(
        {"urban": 6.0, "service": 3.0, "industry": 12.0, "rural": 2.0, "green": 4.0},
        unit="ha", doc="mean patch size by class name; other classes grow cell by cell",
    )  # fmt: skip
    spread: Spread = param(
        SPREAD, doc="standard deviation of the logarithm of patch size, 0..3: a number for all, or by class name"
    )
    compact: Compact = param(
        COMPACT, doc="pull of each neighbour in the patch, 0..5, 0 dendritic: a number for all, or by class name",
        free=(0.0, 3.0),
    )  # fmt: skip

    def of(self, name: str) -> tuple[float, float, float]:
        """Mean size (ha), spread and compactness of a class; what is not said of it is that of the built-in rules."""
        spread = self.spread.get(name, SPREAD) if isinstance(self.spread, dict) else self.spread
        compact = self.compact.get(name, COMPACT) if isinstance(self.compact, dict) else self.compact
        return self.mean.get(name, 0.0), spread, compact


# Weight of converting from a class into built-up land; 1 is free, the rest is dear (assumption, to be calibrated)
_FROM_TO_BUILT = {
    Land.ARABLE: 1.0, Land.OTHER_AG: 0.9, Land.FOREST: 0.3, Land.GRASS: 0.7, Land.WETLAND: 0.1, Land.WATER: 0.1,
    Land.RURAL: 0.8, Land.UNUSED: 1.0, Land.SPECIAL_RES: 0.8,
}  # fmt: skip
_FROM_TO_NATURE = {
    Land.ARABLE: 1.0, Land.OTHER_AG: 1.0, Land.FOREST: 0.6, Land.GRASS: 1.0, Land.WETLAND: 0.5, Land.WATER: 0.3,
    Land.UNUSED: 1.0,
}  # fmt: skip


@dataclass(frozen=True)
class Gained:
    """One race: a class that may grow, or one into which another class declines.

    Attributes
    ----------
    row : LegendRow
        The class that cells become.
    shrinking : LegendRow or None
        Where given, only cells of this class take part; None is ordinary growth.
    fitted : bool
        Whether a fitted potential says where, which knows what a cell comes from; else the built-in rules do.
    """

    row: LegendRow
    shrinking: LegendRow | None = None
    fitted: bool = False

    @property
    def by_project(self) -> bool:
        """Whether it takes a project: building goes away only by demolition."""
        return self.shrinking is not None and self.shrinking.built

    @property
    def name(self) -> str:
        """Name of the race and of its draws."""
        return self.row.name if self.shrinking is None else f"{self.shrinking.name} to {self.row.name}"

    def ease(self, old: LegendRow) -> float:
        """Weight of coming from a code; 0 where this race never does."""
        if self.shrinking is not None:
            return float(old.code == self.shrinking.code)
        if self.fitted:
            return float(old.code != self.row.code)
        return 0.0 if old.code == self.row.code else ease_of(old.model_class, self.row.model_class)


def successor(legend: Legend, shrinking: LegendRow) -> LegendRow | None:
    """Class into which a shrinking class falls: built-up land becomes arable, any other grass or unused land."""
    heirs = (Land.ARABLE, Land.GRASS) if shrinking.built else (Land.GRASS, Land.UNUSED, Land.FOREST, Land.ARABLE)
    for heir in heirs:
        code = legend.code_of(heir)
        if code is not None and code != shrinking.code:
            return next(row for row in legend.rows if row.code == code)
    return None


def ease_of(from_class: Land, to_class: Land) -> float:
    """Weight of converting from one class into another; 0 where the ordinary race never does.

    Two codes may share a model class, e.g. two kinds of forest: they pass into each other freely.
    """
    if from_class is to_class:
        return 1.0 if to_class not in BUILT else 0.0
    table = _FROM_TO_BUILT if to_class in BUILT else _FROM_TO_NATURE
    return table.get(from_class, 0.0)


def attractors(landscape: Landscape, row: LegendRow) -> npt.NDArray[np.uint8]:
    """Codes whose presence draws a class: every built code for a built class, its own code for another."""
    rows = landscape.legend.rows
    if row.built:
        return np.array([r.code for r in rows if r.built and r.model_class is not Land.GREEN], dtype=np.uint8)
    return np.array([row.code], dtype=np.uint8)


def default_suitability(
    landscape: Landscape, race: Gained, params: EngineParams, rows: slice
) -> npt.NDArray[np.float32]:
    """Suitability by the built-in rules: density of like land at the start, times a slope term for building.

    A class that shrinks goes first where little of it stands around.  Nothing in it is fitted; a run that uses it is
    stamped UNCALIBRATED.

    Returns
    -------
    numpy.ndarray of float32, shape (rows, width)
        The given rows, in [0, 1]; 0 where the class is impossible.
    """
    row = race.row
    like = np.zeros(256, dtype=np.uint8)
    like[attractors(landscape, row if race.shrinking is None else race.shrinking)] = 1
    block = around(rows, landscape.grid.height, gaussian_halo(params.density_sigma))
    suit = gaussian_density(like[landscape.landcover[block.outer]], params.density_sigma)[block.inner]
    if race.shrinking is not None:
        np.subtract(np.float32(1.0), suit, out=suit)
    np.maximum(suit, 0.0, out=suit)
    suit += np.float32(params.density_floor)
    suit /= np.float32(1.0 + params.density_floor)
    if params.density != 1.0:
        np.power(suit, np.float32(params.density), out=suit)
    slope = landscape.get("slope")
    if row.built and slope is not None:
        steep = np.nan_to_num(slope[rows].astype(np.float32), nan=0.0)
        suit *= np.exp(np.float32(-params.slope) * steep)
        suit[steep > params.slope_limit] = 0.0
    return suit


def suitability_factor(scatter: float) -> npt.NDArray[np.float32]:
    """Weight of each stored suitability, ``S ** (1 / sigma_g)``, float32, shape (65536,)."""
    factor = np.maximum(np.exp(-np.arange(65536) / SUIT_STEPS / sharpness(scatter)), FAINT)
    factor[UNFIT] = 0.0
    return factor.astype(np.float32)


def sharpness(scatter: float) -> float:
    """Scatter that exponents are divided by; the deterministic ranking needs none."""
    return scatter if scatter > 0.0 else 1.0


def readiness(years: float, scatter: float) -> npt.NDArray[np.float32]:
    """Weight of the years since a change, ``(1 - exp(-age / tau)) ** (1 / sigma_g)``, float32, shape (256,).

    Examples
    --------
    >>> float(readiness(5.0, 1.0)[0])
    0.0
    """
    ready = (1.0 - np.exp(-np.arange(256) / years)) ** (1.0 / sharpness(scatter))
    ready[1:] = np.maximum(ready[1:], FAINT)
    ready[MEMORY:] = 1.0
    return np.asarray(ready, dtype=np.float32)
