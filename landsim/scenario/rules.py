"""Rules: the rule set that a scenario names is found, read, and compared with the place on which it is to be used."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landsim.core.errors import InputError, Problems
from landsim.core.registry import nearest
from landsim.io.paths import Places, permitted
from landsim.scenario.shipped import find_shipped_rules, shipped_rules

if TYPE_CHECKING:
    from landsim.io.drivers import Look, Offer
    from landsim.io.place import Place
    from landsim.landscape.landscape import Landscape
    from landsim.landscape.rows import Rows
    from landsim.model.fitted import FittedRules
    from landsim.scenario.schema import Scenario
    from landsim.transition.ruleset import DriverFact, RuleSet

CELL_CAUTION, CELL_FAULT = 1.01, 1.5
"""Ratio of cell sizes from which a caution is given, and from which a rule set is refused."""

PAST_CAUTION = 1.5
"""Ratio of the lengths of the past from which a caution is given."""

_FACTS = "rules.yaml"
_BARE = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True, eq=False)
class NamedRules:
    """A rule set and where it was found.

    Attributes
    ----------
    ruleset : RuleSet
    folder : pathlib.Path
        Where it lies.
    hashes : dict of str to str
        File name -> sha256.
    shipped : str or None
        Name of the study where it ships with landsim.
    """

    ruleset: RuleSet
    folder: Path
    hashes: dict[str, str]
    shipped: str | None = None


def find_rules(
    named: str, home: Path, allow: Iterable[str | Path], where: str, problems: Problems
) -> NamedRules | None:
    """Find and read the rule set that a scenario names.

    Parameters
    ----------
    named : str
        Folder of the rule set, or the name of a study that ships.
    home : pathlib.Path
        Folder of the scenario.
    allow : iterable of str or pathlib.Path
        Folders outside the project that may be read too.
    where : str
        File and key, for the messages.
    problems : Problems
        Gets every fault: no such folder, and what is wrong with its files.
    """
    shipped = None if (home / named).is_dir() or not _BARE.fullmatch(named) else find_shipped_rules(named)
    if shipped is not None:
        return load_rules(shipped, problems, named)
    path = permitted(f"{named.rstrip('/')}/{_FACTS}", Places.of(home, allow), where, problems)
    if path is None:
        return None
    if path.is_file():
        return load_rules(path.resolve().parent, problems)
    problems.add(where, "no rule set there", found=named, wanted=f"a folder with {_FACTS}", mend=_mend(named, home))
    return None


def load_rules(folder: Path, problems: Problems, shipped: str | None = None) -> NamedRules | None:
    """Read a rule set from its folder; None after a fault."""
    from landsim.io.ruleset import read_ruleset, rule_hashes

    rules = read_ruleset(folder, problems)
    return None if rules is None else NamedRules(rules, folder, rule_hashes(folder), shipped)


def _mend(named: str, home: Path) -> str:
    if (home / named / "rules" / _FACTS).is_file():
        return f"Did you mean {named.rstrip('/')}/rules?"
    near = nearest(named, shipped_rules())
    if near:
        return f"Did you mean {near!r}?"
    return "Studies that ship: " + (", ".join(shipped_rules()) or "none")


def underlay(tree: dict[str, Any], parameters: dict[str, Any]) -> None:
    """Write parameters into a nested mapping where it does not say otherwise; each is one value, a mapping too.

    Examples
    --------
    >>> tree = {"patches": {"mean": {}}}
    >>> underlay(tree, {"patches.mean": {"urban": 6.0}, "patches.compact": 1.0})
    >>> tree
    {'patches': {'mean': {}, 'compact': 1.0}}
    """
    for path, value in parameters.items():
        *parents, leaf = path.split(".")
        branch: Any = tree
        for name in parents:
            branch = branch.setdefault(name, {}) if isinstance(branch, dict) else None
        if isinstance(branch, dict):
            branch.setdefault(leaf, value)


def fit_to_place(
    rules: RuleSet, scenario: Scenario, place: Place, where: str, catalogue: str, problems: Problems
) -> FittedRules:
    """Compare a rule set with a place, and bring both together.

    Parameters
    ----------
    rules : RuleSet
    scenario : Scenario
    place : Place
        As it was read; its gaps may have been filled.
    where, catalogue : str
        File and key that name the rules, and name of the data catalogue, for the messages.
    problems : Problems
        Gets a fault for each class, driver, map or year that is missing or differs, and the cautions.

    Returns
    -------
    FittedRules
        Of use where no fault was added.
    """
    from landsim.model.fitted import FittedRules

    land = place.landscape
    _check_legend(rules, scenario, land, where, problems)
    _check_cells(rules.cell_size, land.grid.cell_size, where, problems)
    past = _past(rules, scenario, place, catalogue, problems)
    fitted = FittedRules(rules, {}, past)
    drivers = _drivers(_read_by(fitted), rules, place, catalogue, problems)
    if scenario.demand.mode == "fitted":
        _check_demand(rules, scenario, where, problems)
    for name in rules.file_masks:
        if name not in land.masks:
            mend = "Name its file under masks, or know that the rules reach where the fit did not look"
            problems.warn(f"{catalogue}: masks", "the fit had a mask that this place has not", wanted=name, mend=mend)
    return FittedRules(rules, drivers, past)


def _check_legend(rules: RuleSet, scenario: Scenario, land: Landscape, where: str, problems: Problems) -> None:
    """Refuse a map on which a class of the rules has another code or name, or is missing."""
    facts = {row.name: row for row in rules.legend}
    names = {row.code: row.name for row in rules.legend}
    here = {row.name: row for row in land.legend.rows}
    for name in sorted(_needed(rules, scenario, names)):
        fact = facts[name]
        row = here.get(name)
        if row is not None and row.code == fact.code:
            if row.model_class.name.lower() != fact.model_class:
                what = f"class {name!r} has another model class than in the rule set"
                problems.warn(where, what, wanted=fact.model_class, found=row.model_class.name.lower())
            continue
        other = next((r.name for r in land.legend.rows if r.code == fact.code), None)
        found = f"code {row.code}" if row else f"code {fact.code} is {other!r}" if other else "no such class"
        what = f"class {name!r} of the rule set does not fit the legend"
        mend = "Give the map the codes and names of the study, or fit the rules to this map"
        problems.add(where, what, wanted=f"code {fact.code} named {name!r}", found=found, mend=mend)


def _needed(rules: RuleSet, scenario: Scenario, names: dict[int, str]) -> set[str]:
    """Classes that a run with the rules has to know."""
    needed = set(rules.potentials)
    for gained in rules.potentials:
        needed |= {names[code] for code in rules.codes_read(gained)} | set(rules.surroundings.names(gained))
    for mask in rules.masks:
        concerned = set(mask.forbid or rules.potentials) & set(rules.potentials)
        needed |= concerned | ({mask.of_class} if concerned else set())
    return needed | (set(rules.demand.names) if scenario.demand.mode == "fitted" else set())


def _check_cells(fitted: float, here: float, where: str, problems: Problems) -> None:
    ratio = max(fitted / here, here / fitted)
    if ratio > CELL_FAULT:
        mend = "Fit the rules to cells of this size"
        problems.add(
            where, "was fitted to cells of another size", wanted=f"{here:g} m", found=f"{fitted:g} m", mend=mend
        )
    elif ratio > CELL_CAUTION:
        what = "was fitted to cells of another size, and counts lengths in cells"
        problems.warn(where, what, wanted=f"{here:g} m", found=f"{fitted:g} m")


def _past(
    rules: RuleSet, scenario: Scenario, place: Place, catalogue: str, problems: Problems
) -> npt.NDArray[np.uint8] | None:
    """Take the earlier map whose distance from the start is nearest to that of the fit; the later of two as near."""
    wanted = rules.past_years
    years = [year for year in place.history if year < scenario.start]
    if not wanted:
        return None
    where = f"{catalogue}: history"
    if years:
        year = min(years, key=lambda date: (abs(scenario.start - date - wanted), -date))
        length = scenario.start - year
        if max(length / wanted, wanted / length) > PAST_CAUTION:
            what = "the past is of another length than the rule set was fitted with"
            problems.warn(where, what, wanted=f"{wanted} years", found=f"{length} years, since {year}")
        return place.history[year]
    for name, potential in rules.potentials.items():
        if potential.past_years and potential.without_past() is None:
            mend = f"Add a map of about {scenario.start - wanted}"
            problems.add(where, f"the potential of {name!r} needs an earlier map", mend=mend)
        elif potential.past_years:
            what = f"no earlier map: the potential of {name!r} is used without recent growth"
            problems.warn(where, what, wanted=f"a map of about {scenario.start - wanted}")
    return None


def _read_by(fitted: FittedRules) -> dict[str, set[str]]:
    """Driver -> classes whose potential reads it, as far as they can be used."""
    readers: dict[str, set[str]] = {}
    for name in fitted.ruleset.potentials:
        try:
            features = fitted.potential(name).features
        except InputError:  # told already: it needs a past
            continue
        for feature in features:
            if feature.driver:
                readers.setdefault(feature.driver, set()).add(name)
    return readers


def _drivers(
    readers: dict[str, set[str]], rules: RuleSet, place: Place, catalogue: str, problems: Problems
) -> dict[str, Rows]:
    """Find every driver that is read, and compare its kind, unit and values with those of the fit."""
    from landsim.io.drivers import look_through, offer

    land, found = place.landscape, {}
    for name, classes in sorted(readers.items()):
        fact = rules.drivers[name]
        offered = offer(name, place.drivers, land.layers, place.gaps, land.grid, catalogue)
        if offered is None:
            what = f"driver {name!r}, which the potential of {', '.join(sorted(classes))} reads, is missing"
            wanted = f"a raster of kind {fact.kind}, unit {fact.unit}, values {fact.low:g} to {fact.high:g}"
            problems.add(f"{catalogue}: drivers", what, wanted=wanted, mend=f"Name its file under drivers: {name}")
            continue
        if not _is_of_kind(fact, offered, problems):
            continue
        try:
            look = look_through(offered.rows, fact.kind, land.valid)
            _compare(fact, look, int(np.count_nonzero(land.valid)), offered.where, problems)
        except InputError as fault:
            problems.faults.extend(fault.problems)
        found[name] = offered.rows
    return found


def _is_of_kind(fact: DriverFact, offered: Offer, problems: Problems) -> bool:
    """Refuse another kind or unit; a unit that one side does not name is a caution."""
    if fact.kind not in offered.kinds:
        wanted, found = fact.kind, " or ".join(offered.kinds)
        mend = "Name a raster of that kind under drivers"
        problems.add(f"{offered.where}.kind", "is not that of the fit", wanted=wanted, found=found, mend=mend)
        return False
    if fact.unit != offered.unit:
        if "1" in (fact.unit, offered.unit):
            problems.warn(f"{offered.where}.unit", "one unit is not named", wanted=fact.unit, found=offered.unit)
            return True
        mend = "Convert the file; nothing is converted silently"
        problems.add(f"{offered.where}.unit", "is not that of the fit", wanted=fact.unit, found=offered.unit, mend=mend)
        return False
    return True


def _compare(fact: DriverFact, look: Look, cells: int, where: str, problems: Problems) -> None:
    """Refuse values that have nothing in common with those of the fit; tell where some lie outside."""
    from landsim.io.drivers import MOST_GAPS

    gaps = 1.0 - look.known / cells if cells else 1.0
    if look.known == 0:
        problems.add(where, "has no value inside the study")
    elif gaps > MOST_GAPS and fact.kind != "source":
        found, wanted = f"{100 * gaps:.1f} % of the cells", f"at most {100 * MOST_GAPS:.0f} %"
        problems.add(where, "too many gaps", found=found, wanted=wanted)
    elif fact.kind == "source":
        if look.low == look.high == 0.0:
            problems.add(where, "has no cell other than 0, from which distances could be measured")
    elif fact.kind == "categorical":
        known, mine = set(fact.categories), look.values
        if not known & mine:
            problems.add(where, "has no category of the fit", wanted=_some(known), found=_some(mine))
        elif mine - known:
            problems.warn(where, "has categories that the fit did not know", found=_some(mine - known))
    elif look.low > fact.high or look.high < fact.low:
        mend = "Check the unit of the file"
        problems.add(where, "lies outside the values of the fit", wanted=_range(fact), found=_range(look), mend=mend)
    elif look.low < fact.low or look.high > fact.high:
        problems.warn(where, "lies partly outside the values of the fit", wanted=_range(fact), found=_range(look))


def _check_demand(rules: RuleSet, scenario: Scenario, where: str, problems: Problems) -> None:
    table = rules.demand
    if table.covers(scenario.start, scenario.horizon):
        return
    found = f"{table.years[0]} to {table.years[-1]}" if table.years else "no year"
    wanted = f"{scenario.start} to {scenario.horizon}"
    mend = f"End the run in {table.years[-1]}" if table.years and table.years[0] <= scenario.start else None
    problems.add(f"{where}: demand.csv", "does not cover the years of the run", wanted=wanted, found=found, mend=mend)


def _range(values: DriverFact | Look) -> str:
    return f"{values.low:g} to {values.high:g}"


def _some(values: set[int]) -> str:
    listed = ", ".join(map(str, sorted(values)[:10]))
    return listed + (" ..." if len(values) > 10 else "")
