"""Rules of a study: everything that was fitted, put together as the rule set that scenarios name."""

from __future__ import annotations

import platform
from collections.abc import Mapping

import numpy as np

from landsim import __version__
from landsim.calibrate.fit_demand import DemandPath
from landsim.calibrate.fit_neighbourhood import Neighbourhood
from landsim.calibrate.fit_patches import PatchFit
from landsim.calibrate.history import History
from landsim.calibrate.selection import Selection
from landsim.transition.fitted import Potential
from landsim.transition.ruleset import (
    Behaviour,
    ClassFact,
    ClassMask,
    DemandTable,
    DriverFact,
    PatchRule,
    RuleSet,
    Surroundings,
)

WITHOUT_SEARCH = {
    "engine.neighbourhood": Behaviour(0.0, "1", "not searched: the fitted chance holds the surroundings at the start"),
    "engine.economics": Behaviour(0.0, "1", "not searched: the fitted chance holds where land was taken up"),
    "engine.scatter": Behaviour(1.0, "1", "not searched: cells are drawn in proportion to their fitted chance"),
}
"""Behaviour of a rule set whose study searches none."""


def rules_of(
    history: History, potentials: Mapping[str, Potential], selections: Mapping[str, Selection], demand: DemandPath,
    patches: Mapping[str, PatchFit], around: Neighbourhood, behaviour: Mapping[str, Behaviour] | None = None,
) -> RuleSet:  # fmt: skip
    """Put a rule set together; nothing in it depends on the test, on time or on the machine."""
    legend = history.legend
    names = {row.code: row.name for row in legend.rows}
    classes = [mask for mask in history.fit.masks if mask.code is not None]
    return RuleSet(
        study=history.study.name,
        fit=(history.fit.start, history.fit.end),
        cell_size=history.grid.cell_size,
        legend=tuple(ClassFact(row.code, row.name, row.model_class.name.lower()) for row in legend.rows),
        potentials=dict(potentials),
        drivers=_drivers(history),
        masks=tuple(
            ClassMask(mask.name, names[mask.code], tuple(names[code] for code in sorted(mask.forbid)))
            for mask in classes
            if mask.code is not None
        ),
        file_masks=tuple(mask.name for mask in history.fit.masks if mask.code is None),
        demand=DemandTable(demand.names, demand.years, np.asarray(demand.cells, dtype=np.int64), demand.mode),
        patches={
            name: PatchRule(**{k: v for k, v in vars(fit).items() if k != "name"}) for name, fit in patches.items()
        },
        surroundings=surroundings_of(around, names),
        behaviour={**WITHOUT_SEARCH, **(behaviour or {})},
        inputs=history.hashes,
        chosen={name: f"{found.chosen}: {found.reason}" for name, found in selections.items()},
        versions={"landsim": __version__, "python": platform.python_version()},
    )


def surroundings_of(around: Neighbourhood, names: Mapping[int, str]) -> Surroundings:
    """Give fitted neighbourhood weights by class name."""
    found = around.enrichment
    return Surroundings(
        tuple(names[code] for code in found.gains), tuple(names[code] for code in found.codes), tuple(found.radii),
        found.factor, found.count, around.weights,
    )  # fmt: skip


def _drivers(history: History) -> dict[str, DriverFact]:
    hashes = history.hashes
    return {
        name: DriverFact(
            driver.kind, driver.unit, driver.low, driver.high, driver.categories, hashes.get(f"drivers.{name}", "")
        )
        for name, driver in history.drivers.items()
    }
