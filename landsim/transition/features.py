"""Features: what a cell sees at the start of a period - named, scale-free in kind, and measured row block by row block.

Lengths are in cells.  Nothing in a feature knows where on the map a cell is, and nothing is measured after the start.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from landsim.landscape.rows import Rows

Kind = Literal[
    "density", "present", "distance", "patch", "large", "recent", "since", "growth", "valid",
    "driver", "missing", "category", "source", "relative", "relief", "smooth",
]  # fmt: skip
"""What a feature measures.

density, present     Gaussian density of a class; 1 in its cells.
distance, large      Distance to the class; to one of its large patches.
patch                ln(1 + cells) of the nearest patch of the class.
recent, since        Gaussian density of the cells gained since the past map; distance to them.
growth               recent / (density + 0.01), the pace of growth around.
valid                Gaussian density of the cells that have data: low at the rim of the study.
driver, missing      Value of a driver; 1 where it has none.
category             1 where a driver is this value.
source               Distance to the non-zero cells of a driver.
smooth               Gaussian mean of a driver over the cells that have a value.
relative, relief     A driver less its Gaussian mean; its standard deviation under the Gaussian.
"""

KINDS: tuple[Kind, ...] = get_args(Kind)
OF_CLASS = ("density", "present", "distance", "patch", "large", "recent", "since", "growth")
OF_PAST = ("recent", "since", "growth")
OF_DRIVER = ("driver", "missing", "category", "source", "relative", "relief", "smooth")
WITH_SIGMA = ("density", "recent", "growth", "valid", "relative", "relief", "smooth")
LARGE = 0.1
"""Share of the largest patch from which a patch is large."""


class Feature(NamedTuple):
    """One named measurement.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    code : int
        Land-cover code, where the kind is of a class.
    sigma : float
        Width of the Gaussian, cells, where there is one.
    driver : str
        Name of the driver, where the kind is of one.
    value : int
        The category.
    """

    kind: Kind
    code: int = -1
    sigma: float = 0.0
    driver: str = ""
    value: int = 0

    @property
    def name(self) -> str:
        """Short name, unique in a recipe and free of blanks, e.g. ``density_2_s5`` or ``slope``."""
        what = [str(self.code)] if self.kind in OF_CLASS else [self.driver] if self.driver else []
        what += [f"s{self.sigma:g}"] if self.kind in WITH_SIGMA else []
        what += [str(self.value)] if self.kind == "category" else []
        return "_".join([*([] if self.kind == "driver" else [self.kind]), *what])

    def plain(self) -> dict[str, Any]:
        """Give what has to be written down."""
        used = {"kind": True, "code": self.kind in OF_CLASS, "sigma": self.kind in WITH_SIGMA,
                "driver": self.kind in OF_DRIVER, "value": self.kind == "category"}  # fmt: skip
        return {key: getattr(self, key) for key, is_used in used.items() if is_used}

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Feature:
        """Read what `plain` gave.

        Raises
        ------
        ValueError
            If there is no such kind, or it lacks something or has too much.
        """
        if data.get("kind") not in KINDS:
            raise ValueError(f"no feature of kind {data.get('kind')!r}; known: {', '.join(KINDS)}")
        feature = cls(data["kind"], int(data.get("code", -1)), float(data.get("sigma", 0.0)),
                      str(data.get("driver", "")), int(data.get("value", 0)))  # fmt: skip
        if set(feature.plain()) != set(data) or (feature.kind in WITH_SIGMA and not 0.0 < feature.sigma <= 1000.0):
            raise ValueError(f"a feature of kind {feature.kind} needs {', '.join(feature.plain())}; found {dict(data)}")
        return feature


@dataclass(frozen=True)
class Recipe:
    """The features that a model reads, in the order of its columns.

    Attributes
    ----------
    name : str
    features : tuple of Feature
    past_years : int
        Length of the known past that the features of recent growth were fitted with; 0 where there are none.
    ranked : bool
        Whether each feature is replaced by its mid rank among the candidates of the map.
    """

    name: str
    features: tuple[Feature, ...]
    past_years: int = 0
    ranked: bool = False

    def __post_init__(self) -> None:
        if len(set(self.names)) != len(self.features):
            raise ValueError(f"recipe {self.name}: a feature stands there twice")
        if self.needs_past != (self.past_years > 0):
            raise ValueError(f"recipe {self.name}: recent growth and the length of the past go together")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(feature.name for feature in self.features)

    @property
    def needs_past(self) -> bool:
        """Whether an earlier map is needed."""
        return any(feature.kind in OF_PAST for feature in self.features)

    @property
    def drivers(self) -> tuple[str, ...]:
        """Names of the drivers that are read, ascending."""
        return tuple(sorted({feature.driver for feature in self.features if feature.driver}))

    @property
    def codes(self) -> tuple[int, ...]:
        """Land-cover codes that are looked for, ascending."""
        return tuple(sorted({feature.code for feature in self.features if feature.kind in OF_CLASS}))


@dataclass(frozen=True, eq=False)
class Ground:
    """What may be known at the start of a period.

    Attributes
    ----------
    codes : numpy.ndarray of uint8, shape (height, width)
        The map at the start.
    nodata : int
        Code of cells without data.
    past : numpy.ndarray of uint8, shape (height, width), or None
        An earlier map.
    drivers : mapping of str to Rows
        Drivers by name, read by rows from several threads.
    """

    codes: npt.NDArray[np.uint8]
    nodata: int
    past: npt.NDArray[np.uint8] | None = None
    drivers: Mapping[str, Rows] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shapes = {"past": None if self.past is None else self.past.shape}
        shapes |= {f"driver {name}": rows.shape for name, rows in self.drivers.items()}
        for what, shape in shapes.items():
            if shape not in (None, self.codes.shape):
                raise ValueError(f"{what} of shape {shape}, expected {self.codes.shape}")

    def lacking(self, features: Iterable[Feature]) -> list[str]:
        """Name what the features need and the ground does not hold."""
        wanted = list(features)
        lacks = sorted({f.driver for f in wanted if f.driver} - set(self.drivers))
        past = self.past is None and any(f.kind in OF_PAST for f in wanted)
        return [f"driver {name}" for name in lacks] + (["an earlier map"] if past else [])

    def of_class(self, code: int, rows: slice) -> npt.NDArray[np.bool_]:
        """Cells of a class, in some rows."""
        return np.asarray(self.codes[rows] == np.uint8(code))

    def gained(self, code: int, rows: slice) -> npt.NDArray[np.bool_]:
        """Cells of a class that were of another, known one in the past, in some rows."""
        if self.past is None:
            raise ValueError("recent growth needs an earlier map")
        past = self.past[rows]
        other = (past != np.uint8(code)) & (past != np.uint8(self.nodata))
        return np.asarray(self.of_class(code, rows) & other)

    def has_data(self, rows: slice) -> npt.NDArray[np.bool_]:
        """Cells that have data, in some rows."""
        return np.asarray(self.codes[rows] != np.uint8(self.nodata))
