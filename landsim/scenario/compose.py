"""Compose: a scenario file, named overrides and dotted values become one validated Scenario."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landsim.core.errors import InputError, Problem, Problems
from landsim.core.registry import nearest
from landsim.io.table import read_yaml
from landsim.scenario.rules import NamedRules, find_rules, underlay
from landsim.scenario.shipped import find_shipped, shipped_names

if TYPE_CHECKING:
    from landsim.scenario.schema import Scenario


@dataclass(frozen=True)
class Source:
    """A scenario and where it came from.

    Attributes
    ----------
    scenario : Scenario
        Validated record.
    path : pathlib.Path
        The scenario file.
    applied : tuple of str
        Names of the overrides and ``path=value`` settings, in the order of application.
    rules : NamedRules or None
        The rule set that the scenario names; its parameters are part of `scenario` already.
    faults : tuple of Problem
        What is wrong with the rule set, where there is none for that reason; told with the faults of the data.
    """

    scenario: Scenario
    path: Path
    applied: tuple[str, ...]
    rules: NamedRules | None = None
    faults: tuple[Problem, ...] = ()

    @property
    def folder(self) -> Path:
        """Folder of the scenario file: paths in it are relative to this."""
        return self.path.parent


def load_source(
    what: str | Path,
    names: list[str] | None = None,
    settings: dict[str, Any] | None = None,
    allow: Iterable[str | Path] = (),
) -> Source:
    """Read a scenario and apply overrides.

    What is set later wins: defaults, the rule set, the scenario file, named overrides, settings.

    Parameters
    ----------
    what : str or pathlib.Path
        A file, a folder with ``scenario.yaml``, or the name of a scenario that ships.
    names : list of str
        Entries of ``overrides.yaml`` beside it, applied in order.
    settings : dict of str to object
        Dotted path -> value, applied last.
    allow : iterable of str or pathlib.Path
        Folders outside the project from which a rule set may be read.

    Raises
    ------
    InputError
        With every fault found.
    """
    return source_of(*composed(what, names, settings), allow)


def source_of(tree: dict[str, Any], path: Path, applied: tuple[str, ...], allow: Iterable[str | Path] = ()) -> Source:
    """Validate what `composed` gives, on top of the parameters of the rule set that it names.

    Raises
    ------
    InputError
        With every fault of the scenario, and then of the rule set too.
    """
    problems, named = Problems(), tree.get("rules")
    rules = None
    if isinstance(named, str):
        rules = find_rules(named, path.parent, allow, f"{path.name}: rules", problems)
    if rules is not None:
        underlay(tree, rules.ruleset.parameters())
    try:
        scenario = validate(tree, path.name)
    except InputError as fault:
        raise InputError([*fault.problems, *problems.faults]) from None
    return Source(scenario, path, applied, rules, tuple(problems.faults))


def composed(
    what: str | Path, names: list[str] | None = None, settings: dict[str, Any] | None = None
) -> tuple[dict[str, Any], Path, tuple[str, ...]]:
    """Merge a scenario and its overrides, unchecked; gives the tree, the scenario file, and what was applied."""
    path = find_scenario(what)
    tree = read_settings(path)
    applied = []
    for name in names or []:
        merge(tree, expand(_override(path.parent, name)))
        applied.append(name)
    for dotted, value in (settings or {}).items():
        merge(tree, expand({dotted: value}))
        applied.append(f"{dotted}={value}")
    return tree, path, tuple(applied)


def find_scenario(what: str | Path) -> Path:
    """Find the scenario file behind a name, folder or file."""
    path = Path(what)
    if path.is_dir() and (path / "scenario.yaml").is_file():
        return (path / "scenario.yaml").resolve()
    if path.is_file():
        return path.resolve()
    shipped = find_shipped(str(what))
    if shipped is not None:
        return shipped
    near = nearest(str(what), shipped_names())
    raise InputError(
        Problem(
            str(what),
            "no such scenario file, folder with scenario.yaml, or shipped scenario",
            wanted="a path, or one of " + ", ".join(shipped_names()),
            mend=f"Did you mean {near!r}?" if near else None,
        )
    )


def read_settings(path: Path) -> dict[str, Any]:
    """Read a small YAML mapping safely; an empty file is an empty mapping.

    Raises
    ------
    InputError
        If it cannot be read, is too large, is not plain YAML, or is not a mapping.
    """
    problems = Problems()
    tree = read_yaml(path, problems, str(path))
    problems.raise_if_any()
    return tree or {}


def overrides_of(folder: Path) -> dict[str, dict[str, Any]]:
    """Named overrides that stand beside a scenario file."""
    path = folder / "overrides.yaml"
    return read_settings(path) if path.is_file() else {}


def _override(folder: Path, name: str) -> dict[str, Any]:
    known = overrides_of(folder)
    if name not in known:
        near = nearest(name, list(known))
        raise InputError(
            Problem(
                str(folder / "overrides.yaml"),
                f"no override named {name!r}",
                wanted="one of " + (", ".join(known) or "(the file has none)"),
                mend=f"Did you mean {near!r}?" if near else None,
            )
        )
    entry = known[name] or {}
    if not isinstance(entry, dict):
        raise InputError(Problem(f"overrides.yaml: {name}", "is not a mapping of parameters", found=entry))
    return {key: value for key, value in entry.items() if key != "about"}


def expand(flat: dict[str, Any]) -> dict[str, Any]:
    """Turn dotted keys into nested mappings; nested ones stay.

    Examples
    --------
    >>> expand({"demand.mode": "given"})
    {'demand': {'mode': 'given'}}
    """
    tree: dict[str, Any] = {}
    for dotted, value in flat.items():
        branch: dict[str, Any] = {}
        leaf = branch
        *parents, last = str(dotted).split(".")
        for name in parents:
            leaf = leaf.setdefault(name, {})
        leaf[last] = copy.deepcopy(value)
        merge(tree, branch)
    return tree


def merge(tree: dict[str, Any], more: dict[str, Any]) -> None:
    """Write one nested mapping over another, in place; a value with its provenance replaces as a whole."""
    for key, value in more.items():
        mine = tree.get(key)
        if isinstance(mine, dict) and isinstance(value, dict) and "value" not in value and "value" not in mine:
            merge(mine, value)
        else:
            tree[key] = value


def validate(tree: dict[str, Any], where: str) -> Scenario:
    """Check a nested mapping against the schema.

    Raises
    ------
    InputError
        One problem for every unknown key and every value out of bounds.
    """
    from pydantic import ValidationError

    from landsim.scenario.schema import Scenario  # here, because it loads every mechanism with its parameters

    try:
        return Scenario.model_validate(tree)
    except ValidationError as fault:
        problems = Problems()
        for error in fault.errors():
            _explain(dict(error), where, problems)
        problems.raise_if_any()
        raise


def _explain(error: dict[str, Any], where: str, problems: Problems) -> None:
    """Put one of pydantic's errors into landsim's words."""
    location = [str(part) for part in error["loc"]]
    place = f"{where}: {'.'.join(location)}" if location else where
    if error["type"] == "extra_forbidden":
        near = nearest(location[-1], list(_known_keys(location[:-1])))
        problems.add(place, "unknown key", mend=f"Did you mean {near!r}?" if near else "Remove it.")
    elif error["type"] == "missing":
        problems.add(place, "is missing")
    else:
        message = str(error["msg"]).removeprefix("Value error, ")
        shown = repr(error.get("input"))
        found = shown if len(shown) < 60 and not isinstance(error.get("input"), dict) else None
        problems.add(place, message[:1].lower() + message[1:], found=found)


def _known_keys(location: list[str]) -> Iterator[str]:
    """Names that the schema knows at a place."""
    from pydantic import BaseModel

    from landsim.scenario.schema import Scenario

    record: Any = Scenario
    for name in location:
        field = record.model_fields.get(name) if isinstance(record, type) and issubclass(record, BaseModel) else None
        record = field.annotation if field is not None else None
    if isinstance(record, type) and issubclass(record, BaseModel):
        yield from record.model_fields
