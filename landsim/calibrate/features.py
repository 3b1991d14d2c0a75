"""Features of a study: which measurements may explain the growth of a class, at any place and scale."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt

from landsim.landscape.legend import Land, Legend, LegendRow
from landsim.transition.features import OF_DRIVER, Feature, Recipe

DENSITY = 5.0
"""Width of the density by which the baseline ranks, cells."""

_DENSITIES = (1.0, 2.0, 3.0, DENSITY, 8.0, 12.0, 20.0, 40.0)
_OTHERS = (1.0, 3.0, 8.0)
_RIM = (5.0, 20.0)
_RECENT = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
_PACE = (2.0, 5.0, 12.0, 30.0)
_RELIEF = (3.0, 12.0)
_SLOPE = 3.0
_LEAST_SHARE = 0.002  # classes rarer than this say nothing about others
_HEIGHT = re.compile(r"(?:^|_)(?:dem|dtm|dsm|elev\w*|alt\w*|height)(?:$|_)", re.IGNORECASE)
_STEEP = re.compile(r"(?:^|_)slope", re.IGNORECASE)


class DriverFacts(Protocol):
    """What has to be known of a driver; `landsim.calibrate.drivers.Driver` is one."""

    @property
    def kind(self) -> str:
        """One of continuous, categorical, source."""
        ...

    @property
    def needs_indicator(self) -> bool:
        """Whether some valid cells have no value."""
        ...

    @property
    def categories(self) -> tuple[int, ...]:
        """Values of a categorical driver."""
        ...


def density_recipe(code: int) -> Recipe:
    """Give the recipe of the baseline: the density of the class alone."""
    return Recipe("density", (Feature("density", code, DENSITY),))


def static_recipe(
    legend: Legend, codes: npt.NDArray[np.uint8], code: int, drivers: Mapping[str, DriverFacts], ranked: bool = False
) -> Recipe:
    """Give the features that one map and the drivers yield.

    Parameters
    ----------
    legend : Legend
    codes : numpy.ndarray of uint8, shape (height, width)
        First map of the fit, which tells the classes that are common enough.
    code : int
        The class whose growth is to be explained.
    drivers : mapping of str to DriverFacts
    ranked : bool
        Whether features are replaced by their map ranks.
    """
    own = [Feature("density", code, sigma) for sigma in _DENSITIES]
    own += [Feature("distance", code), Feature("patch", code), Feature("large", code)]
    rim = [Feature("valid", sigma=sigma) for sigma in _RIM]
    around = [feature for other in _common(legend, codes, code) for feature in _of_other(other)]
    given = [feature for name, facts in sorted(drivers.items()) for feature in _of_driver(name, facts)]
    return Recipe("static", (*own, *rim, *around, *given), 0, ranked)


def momentum_recipe(static: Recipe, code: int, past_years: int) -> Recipe:
    """Add the recent growth of the class to a static recipe; its past is `past_years` long."""
    recent = [Feature("recent", code, sigma) for sigma in _RECENT]
    pace = [Feature("growth", code, sigma) for sigma in _PACE]
    return Recipe(
        "momentum", (*static.features, *recent, Feature("since", code), *pace), past_years, static.ranked
    )  # fmt: skip


def sign(feature: Feature, gained: LegendRow) -> int:
    """Tell the direction that theory gives: growth falls where the class is dense and near, and building on flat land.

    Returns
    -------
    int
        1, -1, or 0 where nothing is known.
    """
    if feature.kind in ("density", "recent") and feature.code == gained.code:
        return 1
    if feature.kind in ("distance", "large", "since") and feature.code == gained.code:
        return -1
    builds = gained.built or gained.model_class is Land.ARABLE
    return -1 if feature.kind == "driver" and _STEEP.search(feature.driver) and builds else 0


def unit(feature: Feature, drivers: Mapping[str, str]) -> str:
    """Unit of a feature; `drivers` gives that of each driver."""
    if feature.kind in ("distance", "large", "since", "source"):
        return "cells"
    if feature.kind == "patch":
        return "ln(1 + cells)"
    return drivers.get(feature.driver, "1") if feature.kind in OF_DRIVER[:1] + OF_DRIVER[4:] else "1"


def _common(legend: Legend, codes: npt.NDArray[np.uint8], code: int) -> list[int]:
    """Other classes that hold enough cells; none where there are but two, as each is then what the other is not."""
    counts = np.bincount(codes.reshape(-1), minlength=256)[legend.codes]
    present = legend.codes[counts > 0]
    common = legend.codes[counts >= _LEAST_SHARE * counts.sum()]
    return [int(other) for other in common if other != code] if present.size > 2 else []


def _of_other(code: int) -> list[Feature]:
    return [Feature("present", code), *(Feature("density", code, sigma) for sigma in _OTHERS)]


def _of_driver(name: str, facts: DriverFacts) -> list[Feature]:
    """Features of a driver; heights are also compared with what is around, and slopes smoothed."""
    if facts.kind == "source":
        return [Feature("source", driver=name)]
    missing = [Feature("missing", driver=name)] if facts.needs_indicator else []
    if facts.kind == "categorical":
        return [*(Feature("category", driver=name, value=value) for value in facts.categories), *missing]
    found = [Feature("driver", driver=name), *missing]
    if _HEIGHT.search(name):
        found += [Feature(kind, driver=name, sigma=s) for s in _RELIEF for kind in ("relative", "relief")]
    return found + ([Feature("smooth", driver=name, sigma=_SLOPE)] if _STEEP.search(name) else [])
