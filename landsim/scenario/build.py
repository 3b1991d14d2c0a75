"""Build: a scenario and its data become the inputs of a model; every fault of every file is told at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mesa  # noqa: F401 - first: at import it walks through every module loaded so far
import numpy as np
import yaml

from landsim.core.errors import InputError, Problem, Problems
from landsim.core.params import describe
from landsim.core.registry import nearest
from landsim.io.catalog import Catalog, make_catalog
from landsim.io.doctor import Estimate, Workload, estimate, examine
from landsim.io.paths import Places, resolve
from landsim.io.place import Place, load_place
from landsim.io.table import read_yaml
from landsim.landscape.legend import Legend
from landsim.model.fitted import FittedRules
from landsim.model.inputs import DatedLever, Inputs
from landsim.model.params import ModelParams
from landsim.model.targets import races
from landsim.policy.permission import PermissionTable
from landsim.scenario.cautions import tell_open_water, tell_people
from landsim.scenario.compose import Source, composed, load_source, source_of
from landsim.scenario.rules import fit_to_place
from landsim.scenario.schema import Scenario

if TYPE_CHECKING:
    from landsim.model.model import LandModel

PERMISSION_TABLE = "permission.yaml"


@dataclass(frozen=True)
class Recipe:
    """A data catalogue as it was written, and the folder to which its paths are relative."""

    data: dict[str, Any]
    home: Path
    where: str = "data.yaml"


@dataclass(frozen=True)
class Ready:
    """A scenario whose data were read and found sound.

    Attributes
    ----------
    source : Source
        The scenario and where it came from.
    recipe : Recipe
        Its data catalogue, as written.
    place : Place
        The landscape, its past, and the records of the files.
    inputs : Inputs
        What a model is built from.
    permission_sha256 : str
        Hash of the zone x use table.
    cautions : list of Problem
        What may be meant, and should be looked at.
    """

    source: Source
    recipe: Recipe
    place: Place
    inputs: Inputs
    permission_sha256: str
    cautions: list[Problem] = field(default_factory=list)

    def estimate(self) -> Estimate:
        """Estimate what a run takes of memory, time and disk."""
        return estimate(Workload.of(self.inputs, made="synthetic" in self.recipe.data))


def load_scenario(
    what: str | Path,
    overrides: Mapping[str, Any] | None = None,
    names: Iterable[str] | None = None,
    allow: Iterable[str | Path] = (),
) -> Source:
    """Read a scenario and apply overrides.

    Parameters
    ----------
    what : str or pathlib.Path
        A file, a folder with ``scenario.yaml``, or the name of a scenario that ships.
    overrides : mapping of str to object
        Dotted path -> value, e.g. ``{"horizon": 2030, "quota.multiplier": 0.5}``; applied last.
    names : iterable of str
        Entries of ``overrides.yaml`` beside the scenario, applied in order.
    allow : iterable of str or pathlib.Path
        Folders outside the project from which a rule set may be read.

    Raises
    ------
    InputError
        With every fault found.
    """
    return load_source(what, list(names or []), dict(overrides or {}), allow)


def load_or_tell_all(
    what: str | Path, overrides: dict[str, Any], names: list[str], allow: Iterable[str | Path] = ()
) -> Source:
    """Load a scenario as `load_scenario` does; where it is at fault, tell the faults of its data with it.

    Raises
    ------
    InputError
        With every fault of the scenario, of its rule set, of its data catalogue and of the files.
    """
    tree, path, applied = composed(what, names, overrides)
    try:
        return source_of(tree, path, applied, allow)
    except InputError as fault:
        problems = Problems(list(fault.problems))
        named, where = tree.get("data", "data.yaml"), f"{path.name}: data"
        data = resolve(named, Places.of(path.parent, allow), where, problems) if isinstance(named, str) else None
        if data is not None:
            examine(data, problems, allow)
        raise InputError(problems.faults) from None


def build(scenario: Source | str | Path, allow: Iterable[str | Path] = ()) -> LandModel:
    """Build the model of a scenario, at its start year.

    Parameters
    ----------
    scenario : Source, str or pathlib.Path
        From `load_scenario`, or what `load_scenario` takes.
    allow : iterable of str or pathlib.Path
        Folders outside the project that may be read too.

    Raises
    ------
    InputError
        With every fault of the data.
    """
    from landsim.model.model import LandModel

    return LandModel(inputs_of(scenario, allow))


def inputs_of(scenario: Source | str | Path, allow: Iterable[str | Path] = ()) -> Inputs:
    """Read the data of a scenario into the plain record that a `LandModel` takes."""
    return prepare(as_source(scenario), allow).inputs


def as_source(scenario: Source | str | Path) -> Source:
    """Load a scenario that is given by name, and pass on one that is loaded."""
    return scenario if isinstance(scenario, Source) else load_scenario(scenario)


def prepare(
    source: Source, allow: Iterable[str | Path] = (), recipe: Recipe | None = None, place: Place | None = None
) -> Ready:
    """Read and check everything that a run starts from.

    Parameters
    ----------
    source : Source
        A loaded scenario.
    allow : iterable of str or pathlib.Path
        Folders outside the project that may be read too.
    recipe : Recipe or None
        A data catalogue in place of the one that the scenario names.
    place : Place or None
        What was read from that catalogue already, for runs that share it; runs do not change it.

    Raises
    ------
    InputError
        With every fault of the catalogue, of its files, and of what the scenario says about them.
    """
    problems, allowed = Problems(), tuple(allow)
    scenario, where = source.scenario, source.path.name
    _check_rules(source, problems)
    _check_shocks(scenario, where, problems)
    recipe = recipe or _read_recipe(source, allowed, problems)
    catalog = recipe and make_catalog(recipe.data, recipe.home, recipe.where, problems)
    table, digest = shipped_permissions()
    if catalog and place is None:
        place = load_place(catalog, problems, allowed)
    rules = None
    if catalog and place and source.rules is not None:
        rules = fit_to_place(source.rules.ruleset, scenario, place, f"{where}: rules", catalog.where, problems)
    if catalog and place:
        _check_years(scenario, catalog, place, problems)
        _check_targets(scenario, place.landscape.legend, where, problems)
        _check_districts(scenario, place, where, problems)
        _check_agents(scenario, place, where, problems)
    problems.raise_if_any()
    assert recipe is not None
    assert place is not None
    inputs = _inputs(scenario, place, table, rules)
    _tell_built_in(inputs, where, problems)
    tell_people(inputs, where, problems)
    tell_open_water(inputs, recipe.where, problems)
    return Ready(source, recipe, place, inputs, digest, problems.cautions)


def _check_districts(scenario: Scenario, place: Place, where: str, problems: Problems) -> None:
    """Refuse quotas of districts that the place does not have; tell which number stands for which name."""
    layer = place.landscape.get("district")
    known = set(np.unique(layer).tolist()) if layer is not None else {0}
    names = ", ".join(f"{number} = {name}" for number, name in place.names.get("district", {}).items())
    for district in scenario.quota.per_district:
        if district not in known:
            found = names or ", ".join(map(str, sorted(known)))
            problems.add(f"{where}: quota.per_district.{district}", "no such district", wanted=f"one of {found}")
    if names:
        problems.warn(f"{where}: district", f"districts are numbered: {names}")


def _check_agents(scenario: Scenario, place: Place, where: str, problems: Problems) -> None:
    """Refuse agents where there is nothing built that they could live in."""
    acting = scenario.agents.households + scenario.agents.firms
    if acting and not place.landscape.legend.built[place.landscape.landcover].any():
        mend = "Set agents.households and agents.firms to 0"
        problems.add(f"{where}: agents", "households and firms need built-up land to start from", mend=mend)
    if scenario.demand.mode == "given" and not scenario.demand.targets:
        problems.warn(f"{where}: demand", "mode given without targets: no class will be asked for")


def _inputs(scenario: Scenario, place: Place, table: PermissionTable, rules: FittedRules | None) -> Inputs:
    from landsim.model.ground import fill_gaps

    fill_gaps(place.landscape)
    return Inputs(
        name=scenario.name,
        start=scenario.start,
        horizon=scenario.horizon,
        seed=scenario.seed,
        landscape=place.landscape,
        params=scenario.model_params(),
        permissions=table,
        history=place.history,
        shocks=tuple(DatedLever(shock.year, shock.path, shock.value) for shock in scenario.shocks),
        rules=rules,
    )


def _read_recipe(source: Source, allow: tuple[str | Path, ...], problems: Problems) -> Recipe | None:
    where = f"{source.path.name}: data"
    path = resolve(source.scenario.data, Places.of(source.folder, allow), where, problems)
    data = read_yaml(path, problems) if path else None
    return None if path is None or data is None else Recipe(data, path.parent, path.name)


def shipped_permissions() -> tuple[PermissionTable, str]:
    """Read the zone x use table that ships, and its sha256."""
    text = (files("landsim.policy") / "tables" / PERMISSION_TABLE).read_bytes()
    rows = yaml.safe_load(text)["rows"]
    return PermissionTable.from_rows(rows, PERMISSION_TABLE), hashlib.sha256(text).hexdigest()


def _check_rules(source: Source, problems: Problems) -> None:
    """Tell what is wrong with the rule set, and refuse what a scenario asks of one that it does not name."""
    problems.faults.extend(source.faults)
    if source.scenario.rules is not None and source.rules is None and not source.faults:
        mend = "Load the scenario with load_scenario"
        problems.add(f"{source.path.name}: rules", "was not read", found=source.scenario.rules, mend=mend)
    if source.scenario.demand.mode == "fitted" and source.scenario.rules is None:
        mend = "Name a rule set under rules, or choose another mode"
        problems.add(f"{source.path.name}: demand.mode", "fitted demand needs a rule set", mend=mend)


def _tell_built_in(inputs: Inputs, where: str, problems: Problems) -> None:
    """Tell where a rule set decides nothing of what a run asks for."""
    racing = races(inputs)
    if inputs.rules is not None and racing and not any(race.fitted for race in racing):
        found = ", ".join(race.name for race in racing)
        wanted = "one of " + ", ".join(inputs.rules.ruleset.potentials)
        problems.warn(f"{where}: rules", "no class that may grow is one of the rule set", wanted=wanted, found=found)


def _check_shocks(scenario: Scenario, where: str, problems: Problems) -> None:
    """Try every dated lever on the parameters as its year will find them: a typing error is told at once."""
    params = scenario.model_params()
    levers = [row["path"] for row in describe(ModelParams) if row["lever"]]
    told = [Problems() for _ in scenario.shocks]
    for i, shock in sorted(enumerate(scenario.shocks), key=lambda pair: pair[1].year):
        place = f"{where}: shocks.{i}"
        if shock.path not in levers:
            near = nearest(shock.path, levers)
            mend = f"Did you mean {near}?" if near else "See landsim list policies"
            told[i].add(f"{place}.path", f"{shock.path} is no lever that can change in mid-run", mend=mend)
            continue
        if shock.year <= scenario.start:
            told[i].add(f"{place}.year", "is not after the start", wanted=f"> {scenario.start}", found=shock.year)
        try:
            params = params.changed(shock.path, shock.value)
        except (ValueError, KeyError, TypeError) as fault:
            reason = " ".join(str(fault).split("For further information")[0].split())
            told[i].add(f"{place}.path", f"{shock.path} cannot be {shock.value!r}: {reason}")
    for faults in told:
        problems.extend(faults)


def _check_years(scenario: Scenario, catalog: Catalog, place: Place, problems: Problems) -> None:
    made = catalog.synthetic
    if made is not None and made.start != scenario.start:
        mend = "Give the scenario and the synthetic city the same start"
        where = f"{catalog.where}: synthetic.start"
        problems.add(where, "is not the start of the scenario", wanted=scenario.start, found=made.start, mend=mend)
    for year in place.history if made is None else ():
        if year >= scenario.start:
            where = f"{catalog.where}: history.{year}"
            problems.add(where, "is not before the start of the scenario", wanted=f"< {scenario.start}", found=year)


def _check_targets(scenario: Scenario, legend: Legend, where: str, problems: Problems) -> None:
    for name, path in scenario.demand.targets.items():
        key = f"{where}: demand.targets.{name}"
        if name not in legend.names:
            near = nearest(name, legend.names)
            mend = f"Did you mean {near!r}?" if near else None
            problems.add(key, "no class of that name", wanted="one of " + ", ".join(legend.names), mend=mend)
        for year, cells in path.items():
            if year <= scenario.start:
                problems.add(f"{key}.{year}", "is not after the start", wanted=f"> {scenario.start}", found=year)
            if cells < 0:
                problems.add(f"{key}.{year}", "is negative", wanted="cells, 0 or more", found=cells)
