"""Landscape: a Grid and its named layers, each a plain C-contiguous array."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.core.quantity import Quantity
from landsim.landscape.grid import Grid
from landsim.landscape.legend import Legend

LAYERS: dict[str, Quantity] = {
    q.name: q
    for q in (
        Quantity("elevation", "float32", "m", "height above sea level", -500, 9000),
        Quantity("slope", "float32", "deg", "steepness of the terrain", 0, 90),
        Quantity("population", "float32", "persons", "residents (relative weights suffice)", 0, None),
        Quantity("district", "int16", "1", "id of the county or district; 0 is none", 0, 32000),
        Quantity("town", "int16", "1", "id of the township; 0 is none", 0, 32000),
        Quantity("quality", "uint8", "grade", "quality of farmland, 1 best .. 10 worst; 0 unknown", 0, 10),
        Quantity("paddy", "uint8", "1", "1 where farmland is paddy", 0, 1),
        Quantity("road", "uint8", "1", "road class: 0 none, 1 local, 2 trunk, 3 motorway, 4 rail", 0, 4),
        Quantity("erl", "uint8", "1", "ecological red line: 0 none, 1 general, 2 core", 0, 2),
        Quantity("pbf", "uint8", "1", "permanent basic farmland: 1 inside", 0, 1),
        Quantity(
            "udb", "uint8", "1", "urban development boundary: 0 outside, 1 concentrated, 2 elastic, 3 special", 0, 3
        ),
        Quantity("hazard", "uint8", "1", "1 where hazard is extremely high", 0, 1),
        Quantity("water_source", "uint8", "1", "1 in a drinking-water protection zone of level 1", 0, 1),
        Quantity("heritage", "uint8", "1", "1 in the core of a heritage site", 0, 1),
    )
}

MEAN_GRADE = 4.76
"""Quality of farmland whose grade is not known: the mean of the nation's arable land, by `GRADE_SOURCE`."""
GRADE_SOURCE = "national mean of the arable quality bulletin 2019, GB/T 33469"

AMOUNTS = frozenset({"population"})
"""Layers whose values are amounts a cell, which add up: on another grid their sum stays, not their height."""


@dataclass
class Landscape:
    """A place at the start of a run.

    Attributes
    ----------
    grid : Grid
        Shape, transform, CRS.
    legend : Legend
        Meaning of the land-cover codes.
    landcover : numpy.ndarray of uint8, shape (height, width)
        Land-cover code a cell.
    layers : dict of str to numpy.ndarray, each of shape (height, width)
        Named layers as in `LAYERS`; a missing layer is absent, not zero.
    masks : dict of str to tuple
        Named masks: (bool array of shape (height, width), class names that may not arise there).
    """

    grid: Grid
    legend: Legend
    landcover: npt.NDArray[np.uint8]
    layers: dict[str, npt.NDArray[Any]] = field(default_factory=dict)
    masks: dict[str, tuple[npt.NDArray[np.bool_], tuple[str, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, layer in {"landcover": self.landcover, **self.layers}.items():
            if layer.shape != self.grid.shape:
                raise ValueError(f"layer {name}: shape {layer.shape}, expected {self.grid.shape}")

    @property
    def valid(self) -> npt.NDArray[np.bool_]:
        """Cells inside the study, bool, shape (height, width)."""
        inside: npt.NDArray[np.bool_] = self.landcover != np.uint8(self.legend.nodata)
        return inside

    @property
    def model_class(self) -> npt.NDArray[np.uint8]:
        """Model class a cell, uint8, shape (height, width)."""
        return self.legend.model_class[self.landcover]

    def get(self, name: str) -> npt.NDArray[Any] | None:
        """Return a layer or None where the place has none."""
        return self.layers.get(name)
