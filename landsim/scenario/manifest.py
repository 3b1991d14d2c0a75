"""Manifest: what a run was made from, so that it can be resumed, replayed and told apart from another."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landsim import __version__
from landsim.core.errors import InputError, Problems
from landsim.io.hashes import fingerprint as fingerprint
from landsim.io.store import RunFolder
from landsim.io.whole import refuse_unsound
from landsim.model.inputs import Inputs
from landsim.model.targets import races
from landsim.scenario.build import Ready, Recipe, prepare
from landsim.scenario.compose import Source, validate
from landsim.scenario.rules import NamedRules, load_rules
from landsim.scenario.shipped import find_shipped, find_shipped_rules, shipped_root

if TYPE_CHECKING:
    from landsim.model.model import LandModel

UNCALIBRATED = "UNCALIBRATED"
BY_BUILT_IN = "by built-in rules"
LIBRARIES = ("mesa", "numpy", "numba", "scipy", "pandas", "pyarrow", "zarr", "rasterio", "geopandas", "pydantic")

Manifest = dict[str, Any]


def origin(ready: Ready, out: Path | None) -> Manifest:
    """Describe a run before its first year: question, data, versions, and where the files are found again."""
    source, scenario = ready.source, ready.source.scenario
    config = scenario.model_dump(mode="json")
    return {
        "name": scenario.name,
        "title": scenario.title,
        "description": scenario.description,
        "rules": rules_text(ready.inputs),
        "rule_set": _rule_set(source.rules, out),
        "start": scenario.start,
        "end": scenario.horizon,
        "seed": scenario.seed,
        "applied": list(source.applied),
        "constructed_lines": list(ready.place.constructed),
        "district_names": {str(number): name for number, name in ready.place.names.get("district", {}).items()},
        "scenario": config,
        "scenario_file": source.path.name,
        "config_sha256": fingerprint(config),
        "catalog": plain(ready.recipe.data),
        "catalog_file": ready.recipe.where,
        "catalog_sha256": fingerprint(plain(ready.recipe.data)),
        "home": _home(ready.recipe.home, out),
        "data": [vars(record) for record in ready.place.records],
        "permission_sha256": ready.permission_sha256,
        "versions": versions(),
    }


def outcome(model: LandModel, wall_s: float) -> Manifest:
    """Describe how a run went: time by phase, threads, and a hash of the state of each year."""
    import numba

    books = model.books
    return {
        "wall_s": round(wall_s, 3),
        "timings": {name: round(seconds, 4) for name, seconds in books.timings.items()},
        "threads": numba.get_num_threads(),
        "state_hash": {str(year): value for year, value in books.hashes.items()},
        "demanded": [{"year": year, "class": name, "cells": cells} for (year, name), cells in books.demanded.items()],
    }


def identity(origin_: Mapping[str, Any]) -> dict[str, str]:
    """Everything that decides the bytes of a run, by name."""
    named = {f"data {record['file']}": record["sha256"] for record in origin_["data"]}
    rule_set = origin_.get("rule_set")  # older runs do not have it
    named |= {f"rules {file}": digest for file, digest in rule_set["files"].items()} if rule_set else {}
    return {
        "scenario": origin_["config_sha256"],
        "data catalogue": origin_["catalog_sha256"],
        "permission table": origin_["permission_sha256"],
        "version of landsim": origin_["versions"]["landsim"],
        **named,
    }


def refuse_difference(
    before: Mapping[str, str], now: Mapping[str, str], where: str, mend: str, error: type[InputError] = InputError
) -> None:
    """Refuse to go on from a run that was made from something else.

    Raises
    ------
    InputError
        Or the kind of it that is named; one fault a difference.
    """
    problems = Problems()
    for name in sorted({*before, *now}):
        if before.get(name) != now.get(name):
            problems.add(where, f"{name} has changed", wanted=before.get(name), found=now.get(name), mend=mend)
    if problems.faults:
        raise error(problems.faults)


def ready_again(run: RunFolder, allow: Iterable[str | Path] = ()) -> Ready:
    """Read the inputs of a finished run again, from its manifest alone as long as the data files are there.

    Raises
    ------
    InputError
        If the manifest is damaged, a file is missing or has another content, or landsim is another version.
    """
    refuse_unsound(run)
    made = run.manifest
    home = _found_home(made["home"], run.path)
    scenario = validate(made["scenario"], made["scenario_file"])
    rules = _rules_again(made["rule_set"], run.path) if made.get("rule_set") else None
    source = Source(scenario, home / made["scenario_file"], tuple(made["applied"]), rules)
    ready = prepare(source, allow, Recipe(made["catalog"], home, made["catalog_file"]))
    now = identity(origin(ready, None))
    refuse_difference(identity(made), now, str(run.path), "Bring back what the run was made with")
    return ready


def folders_of(run: RunFolder) -> list[Path]:
    """Folders from which `ready_again` reads: that of the data catalogue, and that of the rule set where there is one.

    Raises
    ------
    InputError
        If one of them is not there.
    """
    refuse_unsound(run)
    made = run.manifest
    rules = [_rules_folder(made["rule_set"], run.path)] if made.get("rule_set") else []
    return [_found_home(made["home"], run.path), *rules]


def rules_text(inputs: Inputs) -> str:
    """Say by which rules the land of a run changes: fitted to a study, built in, or some of each."""
    if inputs.rules is None:
        return UNCALIBRATED
    built_in = [race.name for race in races(inputs) if not race.fitted]
    text = f"calibrated: {inputs.rules.ruleset.study}"
    return f"{text}; {BY_BUILT_IN}: {', '.join(built_in)}" if built_in else text


def _rule_set(rules: NamedRules | None, out: Path | None) -> Manifest | None:
    """Say what rule set a run took, by the hashes of its files, and where it is found again."""
    if rules is None:
        return None
    home = {"shipped": rules.shipped} if rules.shipped else _folder(rules.folder, out)
    return {"study": rules.ruleset.study, "files": rules.hashes, "home": home}


def _rules_again(made: Mapping[str, Any], run: Path) -> NamedRules:
    """Find the rule set of a run again; whether it is still the same its hashes tell."""
    problems = Problems()
    rules = load_rules(_rules_folder(made, run), problems, made["home"].get("shipped"))
    problems.raise_if_any()
    assert rules is not None, "a rule set that cannot be read is a fault"
    return rules


def _rules_folder(made: Mapping[str, Any], run: Path) -> Path:
    home = made["home"]
    name = home.get("shipped")
    found = find_shipped_rules(name) if name else None
    return found or _first_folder([] if name else _candidates(home, run), run, "rules", home)


def plain(content: Any) -> Any:
    """Return what YAML read as JSON can hold it: keys are text, dates and the like are text."""
    return json.loads(json.dumps(content, ensure_ascii=False, default=str))


def versions() -> dict[str, str]:
    """Versions of landsim, Python and the libraries that shape results."""
    out = {"landsim": __version__, "python": platform.python_version(), "platform": platform.system().lower()}
    for name in LIBRARIES:
        try:
            out[name] = version(name)
        except PackageNotFoundError:
            out[name] = "unknown"
    return out


def _home(folder: Path, out: Path | None) -> Manifest:
    """Say where the data catalogue lies, in a form that survives a move: by shipped name, or from the run folder."""
    if folder.parent == shipped_root().resolve():
        return {"shipped": folder.name}
    return _folder(folder, out)


def _folder(folder: Path, out: Path | None) -> Manifest:
    from_run = None if out is None else os.path.relpath(folder, Path(out).resolve())
    return {"folder": str(folder), "from_run": from_run}


def _found_home(home: Mapping[str, Any], run: Path) -> Path:
    if shipped := home.get("shipped"):
        found = find_shipped(shipped)
        return _first_folder([found.parent] if found else [], run, "home", home)
    return _first_folder(_candidates(home, run), run, "home", home)


def _candidates(home: Mapping[str, Any], run: Path) -> list[Path]:
    near = [run.resolve() / home["from_run"]] if home.get("from_run") else []
    return [*near, Path(home["folder"])]


def _first_folder(candidates: list[Path], run: Path, key: str, home: Mapping[str, Any]) -> Path:
    """Take the first folder that is there, of those where the scenario or its rules may lie."""
    for folder in candidates:
        with suppress(OSError):  # a name that no file system takes
            if folder.is_dir():
                return folder.resolve()
    problems = Problems()
    what = "the folder of the scenario is not there" if key == "home" else "the folder of the rules is not there"
    problems.add(
        f"{run}: {key}", what, found=home.get("folder") or home.get("shipped"),
        mend="Put it back, or move the run beside it as it was",
    )  # fmt: skip
    raise InputError(problems.faults)
