"""Rule set: what a study fitted, as a run reads it: potentials, demand, patches, surroundings, behaviour, facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from landsim.landscape.legend import Legend
from landsim.transition.fitted import Potential
from landsim.transition.neighbourhood import ring_kernel
from landsim.transition.potential import PatchParams

DriverKind = Literal["continuous", "categorical", "source"]


@dataclass(frozen=True)
class ClassFact:
    """A land-cover class of the fit: its code, its name, and the name of its model class, e.g. ``urb_res``."""

    code: int
    name: str
    model_class: str


@dataclass(frozen=True)
class DriverFact:
    """A driver as the fit knew it.

    Attributes
    ----------
    kind : {"continuous", "categorical", "source"}
        How it is used.
    unit : str
        Unit of its values; ``"1"`` where the study names none.
    low, high : float
        Smallest and largest value over the cells of the fit.
    categories : tuple of int
        Values of a categorical driver.
    sha256 : str
        Hash of the file.
    """

    kind: DriverKind
    unit: str
    low: float
    high: float
    categories: tuple[int, ...] = ()
    sha256: str = ""


@dataclass(frozen=True)
class ClassMask:
    """Cells of a class of the start map in which some classes may not arise; where none is named, nothing changes."""

    name: str
    of_class: str
    forbid: tuple[str, ...]


@dataclass(frozen=True)
class PatchRule:
    """Size and shape of the new patches of a class, and the kinds of expansion that were observed.

    Attributes
    ----------
    mean_ha : float
        Mean size, ha.
    spread : float
        Standard deviation of the logarithm of the size.
    compact : float
        Pull of each neighbour in the patch.
    patches : int
        New patches behind it.
    outlying, edge, infill : float
        Shares of the gained cells; for information.
    """

    mean_ha: float
    spread: float
    compact: float
    patches: int
    outlying: float
    edge: float
    infill: float


@dataclass(frozen=True)
class Behaviour:
    """A parameter of the model that the study set: value, unit, and where it comes from."""

    value: Any
    unit: str
    source: str


@dataclass(frozen=True, eq=False)
class DemandTable:
    """Cells that classes are to have, year by year.

    Attributes
    ----------
    names : tuple of str
        Classes (C).
    years : tuple of int
        Years (Y), ascending.
    cells : numpy.ndarray of int64, shape (Y, C)
        Cells at the end of each year.
    mode : str
        How they were found.
    """

    names: tuple[str, ...]
    years: tuple[int, ...]
    cells: npt.NDArray[np.int64]
    mode: str

    def __post_init__(self) -> None:
        if self.cells.shape != (len(self.years), len(self.names)):
            raise ValueError(f"cells of shape {self.cells.shape}, expected {(len(self.years), len(self.names))}")
        if list(self.years) != sorted(set(self.years)):
            raise ValueError("years must ascend")

    @classmethod
    def none(cls) -> DemandTable:
        """A table that asks for nothing."""
        return cls((), (), np.empty((0, 0), dtype=np.int64), "none")

    def covers(self, start: int, horizon: int) -> bool:
        """Tell whether the table reaches over the years of a run."""
        return bool(self.years) and self.years[0] <= start and horizon <= self.years[-1]

    def path(self, name: str, start: int, horizon: int, at_start: int, growth: float = 1.0) -> dict[int, int]:
        """Cells that a class is to have at the end of each year of a run.

        What counts is the growth since the table's own value in the start year; it is added to what the map holds.

        Parameters
        ----------
        name : str
            Class.
        start, horizon : int
            Year of the first map and last year simulated; the table covers them.
        at_start : int
            Cells of the class in the first map.
        growth : float
            Multiplier of the growth since the start.

        Returns
        -------
        dict of int to int
            Year -> cells, 0 or more, for the years after the start.
        """
        years = np.arange(start, horizon + 1)
        told = np.interp(years, self.years, self.cells[:, self.names.index(name)])
        cells = np.maximum(np.rint(at_start + growth * (told - told[0])), 0.0).astype(np.int64)
        return {int(year): int(count) for year, count in zip(years[1:], cells[1:], strict=True)}


@dataclass(frozen=True, eq=False)
class Surroundings:
    """Weights of what stands around a cell that may be gained, by class and square ring.

    Attributes
    ----------
    gained, classes : tuple of str
        Gained classes (G) and classes around (C).
    radii : tuple of int
        Outer radii of the rings (R), cells, ascending.
    factor : numpy.ndarray of float64, shape (G, C, R)
        Enrichment behind the weights, NaN where unknown; for information.
    count : numpy.ndarray of int64, shape (G, C)
        Changed cells behind it; for information.
    weights : numpy.ndarray of float64, shape (G, C, R)
        Above 0 attracts, below 0 repels.
    """

    gained: tuple[str, ...]
    classes: tuple[str, ...]
    radii: tuple[int, ...]
    factor: npt.NDArray[np.float64]
    count: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        shape = len(self.gained), len(self.classes), len(self.radii)
        if not self.weights.shape == self.factor.shape == shape or self.count.shape != shape[:2]:
            raise ValueError(f"weights of shape {self.weights.shape}, expected {shape}")
        if list(self.radii) != sorted(set(self.radii)) or (self.radii and self.radii[0] < 1):
            raise ValueError("radii must ascend from at least 1")

    @classmethod
    def none(cls) -> Surroundings:
        """Nothing is known of any class."""
        empty = np.empty((0, 0, 0))
        return cls((), (), (), empty, np.empty((0, 0), dtype=np.int64), empty)

    def names(self, gained: str) -> tuple[str, ...]:
        """Classes that have a weight for a gained class."""
        if gained not in self.gained:
            return ()
        some = self.weights[self.gained.index(gained)].any(axis=1)
        return tuple(name for name, used in zip(self.classes, some, strict=True) if used)

    def kernel(self, gained: str, legend: Legend) -> npt.NDArray[np.float64] | None:
        """Weights of a gained class as square windows, as `landsim.transition.neighbourhood.quantise` takes them.

        Parameters
        ----------
        gained : str
            The gained class.
        legend : Legend
            Rows of the map; a class that it lacks has no weight.

        Returns
        -------
        numpy.ndarray of float64, shape (rows of the legend, 2 * radius + 1, 2 * radius + 1), or None
            None where nothing is known of the class.
        """
        if not self.names(gained):
            return None
        mine = self.weights[self.gained.index(gained)]
        none = np.zeros(len(self.radii))
        rows = [mine[self.classes.index(name)] if name in self.classes else none for name in legend.names]
        return ring_kernel(np.stack(rows), self.radii)


@dataclass(frozen=True, eq=False)
class RuleSet:
    """The rules that a study fitted to a place.

    Attributes
    ----------
    study : str
        Name of the study.
    fit : tuple of int
        First and last year of the fitting period.
    cell_size : float
        Side of a cell of the fit, m: lengths of features are in cells.
    legend : tuple of ClassFact
        Classes of the fit.
    potentials : mapping of str to Potential
        By name of the gained class.
    drivers : mapping of str to DriverFact
        By name; those that no potential reads may be among them.
    masks : tuple of ClassMask
        Masks that travel with the rules.
    file_masks : tuple of str
        Names of the masks that came from files and do not travel; for information.
    demand : DemandTable
    patches : mapping of str to PatchRule
        By class name.
    surroundings : Surroundings
    behaviour : mapping of str to Behaviour
        Dotted parameter path -> value.
    inputs : mapping of str to str
        Key -> sha256 of the files that the fit used.
    chosen : mapping of str to str
        Class name -> how its potential was chosen, in a few words.
    versions : mapping of str to str
        Of landsim and Python.
    """

    study: str
    fit: tuple[int, int]
    cell_size: float
    legend: tuple[ClassFact, ...]
    potentials: Mapping[str, Potential]
    drivers: Mapping[str, DriverFact] = field(default_factory=dict)
    masks: tuple[ClassMask, ...] = ()
    file_masks: tuple[str, ...] = ()
    demand: DemandTable = field(default_factory=DemandTable.none)
    patches: Mapping[str, PatchRule] = field(default_factory=dict)
    surroundings: Surroundings = field(default_factory=Surroundings.none)
    behaviour: Mapping[str, Behaviour] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def past_years(self) -> int:
        """Longest past that a potential was fitted with, a; 0 where none needs one."""
        return max((potential.past_years for potential in self.potentials.values()), default=0)

    def parameters(self) -> dict[str, Any]:
        """Parameters that the rule set sets, by dotted path: its patches, and over them its behaviour.

        Classes without fitted patches keep the mean size of the built-in rules.
        """
        out: dict[str, Any] = {}
        if self.patches:
            mean = {name: rule.mean_ha for name, rule in self.patches.items()}
            out["patches.mean"] = {**PatchParams().mean, **mean}
            out["patches.spread"] = {name: rule.spread for name, rule in self.patches.items()}
            out["patches.compact"] = {name: rule.compact for name, rule in self.patches.items()}
        return out | {path: entry.value for path, entry in self.behaviour.items()}

    def codes_read(self, name: str) -> tuple[int, ...]:
        """Land-cover codes that the potential of a class looks for, its own among them, ascending."""
        potential = self.potentials[name]
        read = {code for recipe in potential.recipes for code in recipe.codes}
        return tuple(sorted(read | {potential.code}))
