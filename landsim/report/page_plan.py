"""Plan indicators of a report: the 35 items with target, gap and light, as far as a run knows them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml

from landsim.core.errors import Problems
from landsim.core.registry import nearest
from landsim.report.page_run import ReportedRun
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


def light_of(value: float, sense: str, target: float) -> Light:
    """Judge a value against a target.

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
    return "near" if short <= NEAR * abs(target) else "missed"


def read_targets(path: Path) -> dict[int, Item]:
    """Read the user's targets: a list of ``item, sense, value`` in YAML, values in the units of the list of items.

    Raises
    ------
    InputError
        Every fault of the file at once.
    """
    problems = Problems()
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as fault:
        problems.add(str(path), "cannot be read as a list of targets", found=str(fault).splitlines()[0])
        entries = []
    if not isinstance(entries, list):
        problems.add(str(path), "is no list of targets", wanted="- {item: 4, sense: '>=', value: 412}")
        entries = []
    found = {}
    for place, entry in enumerate(entries, start=1):
        if _sound(entry, f"{path}: entry {place}", problems):
            found[int(entry["item"])] = entry
    problems.raise_if_any()
    return found


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
    if entry.get("item") not in [item["item"] for item in items()]:
        problems.add(where, "no such item", wanted="item: 1 to 35", found=entry.get("item"))
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


def _known(item: Item, runs: Sequence[ReportedRun]) -> bool:
    return item["indicator"] is not None and any(item["indicator"] in run.units for run in runs)


def _row(item: Item, runs: Sequence[ReportedRun], words: Words, given: Item | None) -> PlanRow:
    factor = float(item.get("factor", 1.0))
    start = runs[0].value(item["indicator"], runs[0].start) * factor
    rule = given or item.get("target")
    sense, target, basis = _target(rule, start, words, given is not None)
    ends = []
    for run in runs:
        value = run.value(item["indicator"], run.end) * factor
        ends.append(
            (words.amount(value, item["unit"]), _gap(value, target, item, words), light_of(value, sense, target))
        )
    shown = words("page.not_known")
    if math.isfinite(target):
        shown = words("plan.at_least" if sense == ">=" else "plan.at_most", value=words.amount(target, item["unit"]))
    return PlanRow(
        str(item["item"]), item[words.lang], words(f"plan.{_TYPES[item['type']]}"), words.unit(item["unit"]),
        words.amount(start, item["unit"]), ends, shown, basis,
    )  # fmt: skip


def _target(rule: Item | None, start: float, words: Words, given: bool) -> tuple[str, float, str]:
    """Sense, value and basis of a target; NaN where there is none."""
    if rule is None:
        return ">=", math.nan, ""
    value = float(rule["value"]) if "value" in rule else float(rule["start"]) * start
    basis = words("plan.basis_given") if given else f"{words('plan.bases.' + rule['basis'])} [{rule['confidence']}]"
    return str(rule["sense"]), value, basis


def _gap(value: float, target: float, item: Item, words: Words) -> str:
    return words.change(value - target, item["unit"]) if math.isfinite(target) else ""
