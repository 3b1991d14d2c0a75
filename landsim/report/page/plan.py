"""Plan indicators of a report: the 35 items with target, gap and light, as far as a run knows them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml

from landsim.core.errors import InputError, Problem, Problems
from landsim.core.registry import nearest
from landsim.report.page.run import ReportedRun
from landsim.report.page.tables import Table
from landsim.report.words import Words

Light = Literal["met", "near", "missed", "none"]

NEAR = 0.05
"""A target that is missed by no more than this share of it counts as near."""
_TYPES = {"B": "binding", "E": "expected", "S": "advisory"}
_SENSES = (">=", "<=")

Item = Mapping[str, Any]


class PlanRow(NamedTuple):
    """A line of the table: what it is called, and the value and light of every run."""

    number: str
    name: str
    kind: str
    unit: str
    start: str
    ends: list[tuple[str, str, Light]]  # value, gap, light
    target: str
    basis: str
    confidence: str


def plan_rows(runs: Sequence[ReportedRun], words: Words, given: Mapping[int, Item] | None = None) -> list[PlanRow]:
    """Lines of the items that at least one run knows, in the order of the list.

    Parameters
    ----------
    runs : sequence of ReportedRun
    words : Words
    given : mapping of int to mapping, optional
        The user's own targets by number of the item, from `read_targets`.
    """
    return [_row(item, runs, words, (given or {}).get(item["item"])) for item in items() if _known(item, runs)]


def unknown_items(runs: Sequence[ReportedRun], words: Words) -> list[str]:
    """Names of the items that no run knows."""
    return [f"{item['item']} {item[words.lang]}" for item in items() if not _known(item, runs)]


def basis_table(rows: Sequence[PlanRow], words: Words) -> Table | None:
    """What the targets rest on, each basis once; None where there is no target."""
    numbers: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row.basis:
            numbers.setdefault((row.basis, row.confidence), []).append(row.number)
    head = [words(f"tables.{name}") for name in ("items", "basis", "confidence")]
    shown = [[words("reading.join").join(items_), basis, sure] for (basis, sure), items_ in numbers.items()]
    return Table(words("tables.basis"), head, shown, 99) if shown else None


def lights(rows: Sequence[PlanRow], place: int) -> dict[Light, list[str]]:
    """Names of the items with a target by the light that a run has for them; `place` is that of the run."""
    found: dict[Light, list[str]] = {"met": [], "near": [], "missed": []}
    for row in rows:
        light = row.ends[place][2]
        if light != "none":
            found[light].append(row.name)
    return found


def light_of(value: float, sense: str, target: float, slack: float = NEAR) -> Light:
    """Judge a value against a target; what falls short by no more than a share `slack` of it is near.

    Examples
    --------
    >>> light_of(101, ">=", 100), light_of(96, ">=", 100), light_of(110, "<=", 100), light_of(math.nan, "<=", 1)
    ('met', 'near', 'missed', 'none')
    """
    if not (math.isfinite(value) and math.isfinite(target)):
        return "none"
    short = target - value if sense == ">=" else value - target
    if short <= 1e-9 * abs(target):
        return "met"
    return "near" if short <= slack * abs(target) else "missed"


def read_targets(path: Path, runs: Sequence[ReportedRun]) -> dict[int, Item]:
    """Read the user's targets: a list of ``item, sense, value`` in YAML.

    Parameters
    ----------
    path : pathlib.Path
        ``item`` is the number of a plan indicator, 1 to 35, each once and known to at least one run; ``sense`` is
        ``'>='`` or ``'<='``; ``value`` is in the unit of the list of items.
    runs : sequence of ReportedRun

    Raises
    ------
    InputError
        Every fault of the file at once.
    """
    problems = Problems()
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(Problem(str(path), "missing file", mend="Give --targets a file that is there")) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as fault:
        problems.add(str(path), "cannot be read as a list of targets", found=str(fault).splitlines()[0])
        entries = []
    if not isinstance(entries, list):
        problems.add(str(path), "is no list of targets", wanted="- {item: 4, sense: '>=', value: 412}")
        entries = []
    found: dict[int, tuple[int, Item]] = {}
    for place, entry in enumerate(entries, start=1):
        where = f"{path}: entry {place}"
        if not _sound(entry, where, problems):
            continue
        first, _ = found.setdefault(entry["item"], (place, entry))
        if first != place:
            mend = "Keep one of the two"
            problems.add(where, f"item {entry['item']} has a target already, in entry {first}", mend=mend)
        elif not _known(_item(entry["item"]), runs):
            known = ", ".join(str(item["item"]) for item in items() if _known(item, runs))
            problems.add(where, "no run knows this item", wanted=f"one of the items {known}", found=entry["item"])
    problems.raise_if_any()
    return {number: entry for number, (_, entry) in found.items()}


def _sound(entry: Any, where: str, problems: Problems) -> bool:
    """Check one target of the user's."""
    before = len(problems.faults)
    keys = ("item", "sense", "value")
    if not isinstance(entry, dict):
        problems.add(where, "is no target", wanted="item, sense and value", found=repr(entry))
        return False
    for key in entry.keys() - set(keys):
        near = nearest(str(key), list(keys))
        problems.add(where, f"unknown key {key!r}", mend=f"Did you mean {near!r}?" if near else None)
    number = entry.get("item")
    if isinstance(number, bool) or not isinstance(number, int) or _item(number) is None:
        problems.add(where, "no such item", wanted="item: 1 to 35", found=number)
    if entry.get("sense") not in _SENSES:
        problems.add(where, "no such sense", wanted=" or ".join(_SENSES), found=entry.get("sense"))
    value = entry.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        problems.add(where, "the value is no number", found=repr(value))
    return len(problems.faults) == before


@lru_cache
def items() -> tuple[Item, ...]:
    """The 35 items as their file lists them."""
    text = (files("landsim.report") / "plan_items.yaml").read_text(encoding="utf-8")
    return tuple(yaml.safe_load(text))


def _item(number: int) -> Item | None:
    """The item of a number; None where the list has none."""
    return next((item for item in items() if item["item"] == number), None)


def _known(item: Item | None, runs: Sequence[ReportedRun]) -> bool:
    return item is not None and item["indicator"] is not None and any(item["indicator"] in run.units for run in runs)


def _row(item: Item, runs: Sequence[ReportedRun], words: Words, given: Item | None) -> PlanRow:
    factor, unit = float(item.get("factor", 1.0)), item["unit"]
    start = runs[0].value(item["indicator"], runs[0].start) * factor
    ends = [run.value(item["indicator"], run.end) * factor for run in runs]
    rule = given or item.get("target")
    sense, target, basis, confidence = _target(rule, start, words, given is not None)
    gaps = [end - target for end in ends]
    figures = words.alike([start, target, *ends], unit, gaps)
    slack = 0.0 if item["type"] == "B" else NEAR  # what binds is kept or is not
    lights = [light_of(value, sense, target, slack) for value in ends]
    plain = words.amount(target, unit) if rule and "value" in rule else figures[1]
    shown = plain if rule is None else words("plan.at_least" if sense == ">=" else "plan.at_most", value=plain)
    texts = [_gap(*pair, unit, words) for pair in zip(gaps, figures[2 + len(runs) :], strict=True)]
    return PlanRow(
        str(item["item"]), item[words.lang], words(f"plan.{_TYPES[item['type']]}"), words.unit(unit), figures[0],
        list(zip(figures[2 : 2 + len(runs)], texts, lights, strict=True)), shown, basis, confidence,
    )  # fmt: skip


def _target(rule: Item | None, start: float, words: Words, given: bool) -> tuple[str, float, str, str]:
    """Sense, value, basis and confidence of a target; NaN where there is none."""
    if rule is None:
        return ">=", math.nan, "", ""
    value = float(rule["value"]) if "value" in rule else float(rule["start"]) * start
    if given:
        return str(rule["sense"]), value, words("plan.basis_given"), ""
    return str(rule["sense"]), value, words(f"plan.bases.{rule['basis']}"), words(f"confidence.{rule['confidence']}")


def _gap(gap: float, text: str, unit: str, words: Words) -> str:
    """Write how far a value lies from its target; one that is not 0 does not read as 0."""
    if not math.isfinite(gap):
        return ""
    return words.change(gap, unit) if gap and not text.strip("0.−+") else text
