"""Final fit: the chosen candidate on every date of the fitting period, with the chance that goes with each rank."""

from __future__ import annotations

from collections.abc import Sequence

from landsim.calibrate.judging import Task
from landsim.calibrate.learning import learn_from
from landsim.calibrate.models.base import Samples
from landsim.calibrate.models.ensemble import BLENDS, Blend, fit_parts, potential_of
from landsim.calibrate.probability import fit_chance
from landsim.calibrate.selection import Selection
from landsim.transition.fitted import Potential
from landsim.transition.ranks import Chance


def blend_named(name: str) -> Blend:
    """Find a candidate by its name."""
    return next(blend for blend in BLENDS if blend.name == name)


def samples_for(task: Task, years: Sequence[int], blend: Blend) -> dict[str, Samples]:
    """Samples of the recipes that a candidate reads, from all periods that the dates allow."""
    recipes, periods = task.recipes(years)
    return {
        name: learn_from(task.span, periods[name], task.gained.code, recipes[name], task.drivers, task.seed)
        for name in recipes
        if name in periods and name in blend.recipes
    }


def fit_potential(task: Task, selection: Selection, years: Sequence[int] | None = None) -> Potential:
    """Fit the candidate that was chosen.

    Parameters
    ----------
    task : Task
    selection : Selection
        Its out-of-fold ranks give the chance of change by rank.
    years : sequence of int, optional
        Dates that may be known; all of the fit by default, fewer to see how the potential does after them.
    """
    known = task.span.years if years is None else tuple(years)
    blend = blend_named(selection.chosen)
    recipes, _ = task.recipes(known)
    fitted = fit_parts([blend], task.gained, recipes, samples_for(task, known, blend), task.seed, task.units)
    return potential_of(blend, task.gained, recipes, fitted, chance_of(selection))


def chance_of(selection: Selection) -> Chance:
    """Chance of change by map rank, from cells that the ranked models did not learn from."""
    if not selection.hit.any() or selection.hit.all():
        return Chance.plain(float(selection.hit.mean()) if selection.hit.size else 0.01)
    return fit_chance(selection.rank, selection.hit)
