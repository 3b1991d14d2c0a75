"""Rule set files: a folder of plain text with everything that a study fitted, written and read to the same numbers.

``rules.yaml`` says what was fitted on what, ``potential.yaml`` and the texts of trees beside it where change falls,
``demand.csv`` how much of it, ``patches.csv`` in what pieces, ``neighbourhood.csv`` beside what, and ``behaviour.yaml``
which parameters of the model the study set.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import yaml
from pydantic import Field

from landsim.core.errors import Problems
from landsim.core.params import describe
from landsim.core.registry import nearest
from landsim.io.atomic import new_file, writing
from landsim.io.catalog import Closed
from landsim.io.closed import parse
from landsim.io.hashes import file_hash
from landsim.io.potential import read_potentials, write_potentials
from landsim.io.table import MAX_CSV_BYTES, parse_csv, read_text, read_yaml
from landsim.landscape.legend import Land
from landsim.model.params import ModelParams
from landsim.transition.ruleset import (
    Behaviour,
    ClassFact,
    ClassMask,
    DemandTable,
    DriverFact,
    DriverKind,
    PatchRule,
    RuleSet,
    Surroundings,
)

FACTS, DEMAND, PATCHES, NEIGHBOURHOOD, BEHAVIOUR = (
    "rules.yaml", "demand.csv", "patches.csv", "neighbourhood.csv", "behaviour.yaml",
)  # fmt: skip
DEMAND_COLUMNS = ("year", "class", "cells", "mode")
PATCH_COLUMNS = ("class", "mean_ha", "spread", "compact", "patches", "outlying", "edge", "infill")
NEIGHBOURHOOD_COLUMNS = ("gained", "class", "ring", "enrichment", "count", "weight")

_VERSION = 1
_SUFFIXES = (".csv", ".txt", ".yaml")
_MODEL_CLASSES = {land.name.lower() for land in Land}

Row = Mapping[str, str]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class _Class(Closed):
    code: int = Field(ge=0, le=254)
    name: Name
    model_class: str


class _Driver(Closed):
    kind: DriverKind
    unit: str
    low: float
    high: float
    categories: tuple[int, ...] = ()
    sha256: Hash | None = None


class _ClassMask(Closed):
    name: Name
    of_class: Name = Field(alias="class")
    forbid: tuple[Name, ...]


class _Masks(Closed):
    classes: tuple[_ClassMask, ...] = ()
    files: tuple[Name, ...] = ()


class _Facts(Closed):
    version: int
    study: str = Field(pattern=r"^[A-Za-z0-9_.-]+$", max_length=80)
    fit: tuple[int, int]
    cell_size_m: float = Field(gt=0.0)
    legend: tuple[_Class, ...] = Field(min_length=1)
    drivers: dict[Name, _Driver] = Field(default_factory=dict)
    masks: _Masks = _Masks()
    inputs: dict[str, Hash] = Field(default_factory=dict)
    chosen: dict[Name, str] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)


class _Behaviour(Closed):
    value: Any
    unit: str
    source: str


def write_ruleset(folder: Path, ruleset: RuleSet) -> list[Path]:
    """Write a rule set, in place of one that stands in the folder.

    The same rule set gives the same bytes: nothing in them depends on time or machine.

    Parameters
    ----------
    folder : pathlib.Path
        Made where it is missing.  Texts of trees of an earlier set in it are removed.
    ruleset : RuleSet

    Returns
    -------
    list of pathlib.Path
        The files, by name.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    texts = {
        DEMAND: demand_csv(ruleset.demand),
        PATCHES: patches_csv(ruleset.patches),
        NEIGHBOURHOOD: neighbourhood_csv(ruleset.surroundings),
        BEHAVIOUR: _yaml({path: vars(entry) for path, entry in ruleset.behaviour.items()}),
        FACTS: _yaml(_facts(ruleset)),
    }
    written = write_potentials(folder, ruleset.potentials)
    for file, content in texts.items():
        with new_file(folder / file) as aside:
            aside.write_text(content, encoding="utf-8", newline="\n")
        written.append(folder / file)
    for stale in set(folder.glob("*.txt")) - set(written):
        stale.unlink()
    return sorted(written)


def read_ruleset(folder: Path, problems: Problems) -> RuleSet | None:
    """Read what `write_ruleset` wrote; nothing in it is run.

    Parameters
    ----------
    folder : pathlib.Path
    problems : Problems
        Gets every fault of every file: missing, damaged, or at odds with another.

    Returns
    -------
    RuleSet or None
        None after a fault.
    """
    before = len(problems.faults)
    facts = _read_facts(folder, problems)
    potentials = read_potentials(folder, problems)
    demand = _read_table(folder, DEMAND, parse_demand, problems)
    patches = _read_table(folder, PATCHES, parse_patches, problems)
    surroundings = _read_table(folder, NEIGHBOURHOOD, parse_neighbourhood, problems)
    behaviour = _read_behaviour(folder, problems)
    if facts is None or potentials is None or demand is None or patches is None or surroundings is None:
        return None
    rules = RuleSet(
        study=facts.study,
        fit=facts.fit,
        cell_size=facts.cell_size_m,
        legend=tuple(ClassFact(row.code, row.name, row.model_class) for row in facts.legend),
        potentials=potentials,
        drivers={name: DriverFact(**{**vars(d), "sha256": d.sha256 or ""}) for name, d in facts.drivers.items()},
        masks=tuple(ClassMask(mask.name, mask.of_class, mask.forbid) for mask in facts.masks.classes),
        file_masks=facts.masks.files,
        demand=demand,
        patches=patches,
        surroundings=surroundings,
        behaviour=behaviour,
        inputs=facts.inputs,
        chosen=facts.chosen,
        versions=facts.versions,
    )
    _check_names(rules, problems)
    return rules if len(problems.faults) == before else None


def rule_hashes(folder: Path) -> dict[str, str]:
    """File name -> sha256 of every text in the folder of a rule set: what decides the bytes of a run with it."""
    files = sorted(path for path in folder.iterdir() if path.suffix in _SUFFIXES and path.is_file())
    return {path.name: file_hash(path) for path in files if not path.name.startswith(".")}


def demand_csv(table: DemandTable) -> str:
    """Text of ``demand.csv``."""
    rows = [
        (year, name, int(cells), table.mode)
        for year, line in zip(table.years, table.cells, strict=True)
        for name, cells in zip(table.names, line, strict=True)
    ]
    return _csv(DEMAND_COLUMNS, rows)


def patches_csv(patches: Mapping[str, PatchRule]) -> str:
    """Text of ``patches.csv``."""
    return _csv(PATCH_COLUMNS, [(name, *map(_number, vars(rule).values())) for name, rule in patches.items()])


def neighbourhood_csv(around: Surroundings) -> str:
    """Text of ``neighbourhood.csv``; an unknown enrichment is left empty."""
    rows = [
        (gained, name, radius, _number(around.factor[g, k, r]), around.count[g, k], _number(around.weights[g, k, r]))
        for g, gained in enumerate(around.gained)
        for k, name in enumerate(around.classes)
        for r, radius in enumerate(around.radii)
    ]
    return _csv(NEIGHBOURHOOD_COLUMNS, rows)


def parse_demand(text: str, where: str, problems: Problems) -> DemandTable | None:
    """Read the text of ``demand.csv``; None after a fault."""
    rows = _rows(text, DEMAND_COLUMNS, where, problems)
    if not rows:
        return None if rows is None else DemandTable.none()
    years, names, modes = (
        sorted({int(row["year"]) for row in rows if _is_whole(row["year"])}),
        list(dict.fromkeys(row["class"] for row in rows)),
        sorted({row["mode"] for row in rows}),
    )
    cells = np.full((len(years), len(names)), -1, dtype=np.int64)
    for line, row in enumerate(rows, start=2):
        if not (_is_whole(row["year"]) and _is_whole(row["cells"]) and row["class"]):
            problems.add(f"{where}: line {line}", "not a year, a class and cells", found=",".join(row.values()))
            return None
        place = years.index(int(row["year"])), names.index(row["class"])
        if cells[place] >= 0:
            problems.add(f"{where}: line {line}", "class and year given twice", found=f"{row['class']} {row['year']}")
            return None
        cells[place] = int(row["cells"])
    if (cells < 0).any() or len(modes) != 1:
        wanted = "every class in every year, and one mode"
        problems.add(where, "is incomplete", wanted=wanted, found=f"{len(rows)} rows, modes {', '.join(modes)}")
        return None
    return DemandTable(tuple(names), tuple(years), cells, modes[0])


def parse_patches(text: str, where: str, problems: Problems) -> dict[str, PatchRule] | None:
    """Read the text of ``patches.csv``; None after a fault."""
    rows = _rows(text, PATCH_COLUMNS, where, problems)
    if rows is None:
        return None
    out: dict[str, PatchRule] = {}
    for line, row in enumerate(rows, start=2):
        values = [_float(row[column]) for column in PATCH_COLUMNS[1:]]
        sound = [value for value in values if value is not None and 0.0 <= value < np.inf]
        if len(sound) < len(values) or row["class"] in out or not row["class"] or sound[3] % 1.0:
            problems.add(f"{where}: line {line}", "not the patches of one more class", found=",".join(row.values()))
            return None
        mean, spread, compact, patches, *shares = sound
        out[row["class"]] = PatchRule(mean, spread, compact, int(patches), *shares)
    return out


def parse_neighbourhood(text: str, where: str, problems: Problems) -> Surroundings | None:
    """Read the text of ``neighbourhood.csv``; None after a fault."""
    rows = _rows(text, NEIGHBOURHOOD_COLUMNS, where, problems)
    if not rows:
        return None if rows is None else Surroundings.none()
    gained, classes = (list(dict.fromkeys(row[column] for row in rows)) for column in ("gained", "class"))
    radii = sorted({int(row["ring"]) for row in rows if _is_whole(row["ring"])})
    shape = len(gained), len(classes), len(radii)
    factor, weights, count = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape[:2], dtype=np.int64)
    for line, row in enumerate(rows, start=2):
        enrichment, weight = _float(row["enrichment"] or "nan"), _float(row["weight"])
        known = enrichment is not None and weight is not None and np.isfinite(weight)
        if not known or not _is_whole(row["ring"]) or not _is_whole(row["count"]):
            problems.add(f"{where}: line {line}", "not the weight of a ring", found=",".join(row.values()))
            return None
        g, k, r = gained.index(row["gained"]), classes.index(row["class"]), radii.index(int(row["ring"]))
        factor[g, k, r], weights[g, k, r], count[g, k] = enrichment, weight, int(row["count"])
    if np.isnan(weights).any() or len(rows) != weights.size or radii[0] < 1:
        problems.add(where, "is incomplete", wanted="each class and ring once for each gained class, rings from 1")
        return None
    return Surroundings(tuple(gained), tuple(classes), tuple(radii), factor, count, weights)


def _facts(rules: RuleSet) -> dict[str, Any]:
    drivers = {
        name: {
            "kind": fact.kind,
            "unit": fact.unit,
            "low": float(fact.low),
            "high": float(fact.high),
            **({"categories": [int(value) for value in fact.categories]} if fact.categories else {}),
            **({"sha256": fact.sha256} if fact.sha256 else {}),
        }
        for name, fact in rules.drivers.items()
    }
    masks = [{"name": mask.name, "class": mask.of_class, "forbid": list(mask.forbid)} for mask in rules.masks]
    return {
        "version": _VERSION,
        "study": rules.study,
        "fit": list(rules.fit),
        "cell_size_m": float(rules.cell_size),
        "legend": [vars(row) for row in rules.legend],
        "drivers": drivers,
        "masks": {"classes": masks, "files": list(rules.file_masks)},
        "inputs": dict(rules.inputs),
        "chosen": dict(rules.chosen),
        "versions": dict(rules.versions),
    }


def _read_facts(folder: Path, problems: Problems) -> _Facts | None:
    data = read_yaml(folder / FACTS, problems)
    if data is None:
        return None
    if data.get("version") != _VERSION:
        problems.add(f"{FACTS}: version", "is not one that is read", wanted=_VERSION, found=data.get("version"))
        return None
    facts = parse(_Facts, data, FACTS, problems)
    if facts is None:
        return None
    if facts.fit[0] >= facts.fit[1]:
        problems.add(f"{FACTS}: fit", "does not ascend", found=list(facts.fit))
    for key in ("code", "name"):
        if len({getattr(row, key) for row in facts.legend}) < len(facts.legend):
            problems.add(f"{FACTS}: legend", f"a {key} stands there twice")
    for row in facts.legend:
        if row.model_class not in _MODEL_CLASSES:
            problems.add(f"{FACTS}: legend", "no such model class", found=row.model_class)
    return facts


def _read_table(folder: Path, file: str, read: Callable[[str, str, Problems], Any], problems: Problems) -> Any:
    text = read_text(folder / file, problems, file, MAX_CSV_BYTES)
    return None if text is None else read(text, file, problems)


def _read_behaviour(folder: Path, problems: Problems) -> dict[str, Behaviour]:
    """Parameters by dotted path, each tried on the defaults."""
    data = read_yaml(folder / BEHAVIOUR, problems) or {}
    known = {row["path"]: row for row in describe(ModelParams)}
    out: dict[str, Behaviour] = {}
    for path, raw in data.items():
        where = f"{BEHAVIOUR}: {path}"
        if path not in known:
            near = nearest(str(path), list(known))
            problems.add(where, "no parameter of that name", mend=f"Did you mean {near}?" if near else None)
            continue
        entry = parse(_Behaviour, raw, where, problems)
        if entry is None:
            continue
        if entry.unit != known[path]["unit"]:
            problems.add(f"{where}: unit", "another unit", wanted=known[path]["unit"], found=entry.unit)
        try:
            ModelParams().changed(path, entry.value)
        except (ValueError, TypeError) as fault:
            reason = " ".join(str(fault).split("For further information")[0].split())
            problems.add(f"{where}: value", f"cannot be {entry.value!r}: {reason}")
        out[path] = Behaviour(entry.value, entry.unit, entry.source)
    return out


def _check_names(rules: RuleSet, problems: Problems) -> None:
    """Tell where a file names a class or driver that ``rules.yaml`` does not have."""
    codes = {row.name: row.code for row in rules.legend}
    named: dict[str, Iterable[str]] = {
        "potential.yaml": rules.potentials,
        DEMAND: rules.demand.names,
        PATCHES: rules.patches,
        NEIGHBOURHOOD: (*rules.surroundings.gained, *rules.surroundings.classes),
        f"{FACTS}: masks": [name for mask in rules.masks for name in (mask.of_class, *mask.forbid)],
    }
    for file, names in named.items():
        for name in dict.fromkeys(names):
            if name not in codes:
                wanted = "one of " + ", ".join(codes)
                problems.add(file, f"class {name!r} is not in the legend of {FACTS}", wanted=wanted)
    for name, potential in rules.potentials.items():
        if name in codes and potential.code != codes[name]:
            where = f"potential.yaml: classes.{name}.code"
            problems.add(where, f"is not that of {FACTS}", wanted=codes[name], found=potential.code)
        for code in rules.codes_read(name):
            if code not in codes.values():
                problems.add(f"potential.yaml: classes.{name}", f"reads a code that is not in {FACTS}", found=code)
        for driver in sorted({feature.driver for feature in potential.features if feature.driver}):
            if driver not in rules.drivers:
                problems.add(f"potential.yaml: classes.{name}", f"reads a driver that is not in {FACTS}", found=driver)


class _Plain(yaml.SafeDumper):
    """Writes what stands twice twice: readers of rule sets know no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _yaml(data: Any) -> str:
    text: str = yaml.dump(data, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
    return text


def _csv(columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()


def _rows(text: str, columns: tuple[str, ...], where: str, problems: Problems) -> list[dict[str, str]] | None:
    """Rows of a CSV text that has these columns and no others."""
    head = text.partition("\n")[0].strip()
    if head.split(",") != list(columns):
        problems.add(where, "has other columns", wanted=",".join(columns), found=head[:200])
        return None
    return parse_csv(text)


def _number(value: Any) -> str:
    """Write a number in as few digits as bring it back; nothing for what is not known."""
    number = float(value)
    if np.isnan(number):
        return ""
    short = f"{number:.12g}"
    return short if float(short) == number else repr(number)


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16
