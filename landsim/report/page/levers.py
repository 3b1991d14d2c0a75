"""Levers of a report: what a run was asked, and in which parameters runs differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from landsim.core.params import describe
from landsim.report.page.run import ReportedRun
from landsim.report.page.tables import Table
from landsim.report.words import Words
from landsim.scenario.schema import Scenario

CALENDAR = ("start", "horizon", "markov_from", "markov_to")
"""Parameters whose values are years of the calendar."""

_NO_PARAMETERS = (
    "name", "title", "title_zh", "description", "description_zh", "data", "output", "seed", "start", "horizon",
    "shocks", "rules",
)  # fmt: skip


def flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Spread a tree over dotted paths.

    Examples
    --------
    >>> flat({"quota": {"mode": "off", "weights": {"jobs": 1}}, "seed": 2})
    {'quota.mode': 'off', 'quota.weights.jobs': 1, 'seed': 2}
    """
    out: dict[str, Any] = {}
    for name, value in tree.items():
        path = f"{prefix}{name}"
        out |= flat(value, path + ".") if isinstance(value, Mapping) and value else {path: value}
    return out


def lever_table(runs: Sequence[ReportedRun], words: Words) -> Table | None:
    """Of one run the levers not at their default, of several the parameters that differ; None where none do."""
    facts = {row["path"]: row for row in describe(Scenario)}
    if len(runs) == 1:
        defaults = flat({path: _plain(row["default"]) for path, row in facts.items() if row["lever"]})
        settings = [defaults, flat(_scenario(runs[0]))]
        columns = [words("question.default"), words("question.value")]
        paths = [path for path in defaults if settings[1].get(path, defaults[path]) != defaults[path]]
        caption = words("question.levers_one")
    else:
        settings, columns = [flat(_scenario(run)) for run in runs], [run.name for run in runs]
        paths = [
            p for p in dict.fromkeys(k for s in settings for k in s) if len({repr(s.get(p)) for s in settings}) > 1
        ]
        caption = words("question.levers_many")
    rows = [[path, meaning(path, facts, words), *(shown(s.get(path), words) for s in settings)] for path in paths]
    head = [words("question.parameter"), words("question.meaning"), *columns]
    return Table(caption, head, rows, 99) if rows else None


def shock_lines(run: ReportedRun, words: Words) -> list[str]:
    """Sentences on the parameters that change during a run."""
    return [
        words("question.shock", year=shock["year"], path=shock["path"], value=shown(shock["value"], words))
        for shock in run.manifest["scenario"].get("shocks", [])
    ]


def _scenario(run: ReportedRun) -> dict[str, Any]:
    return {name: value for name, value in run.manifest["scenario"].items() if name not in _NO_PARAMETERS}


def _plain(value: Any) -> Any:
    """Defaults as JSON keeps them, so that they compare with those of a manifest."""
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return {str(key): _plain(part) for key, part in value.items()} if isinstance(value, Mapping) else value


def meaning(path: str, facts: Mapping[str, Any], words: Words) -> str:
    """Meaning of a parameter with its unit; of one inside a table that of the table."""
    while path not in facts and "." in path:
        path = path.rpartition(".")[0]
    row = facts.get(path, {"doc": "", "unit": "1"})
    unit = "" if row["unit"] == "1" else f" ({words.plain_unit(row['unit'])})"
    return words.lever(path, row["doc"]) + unit


def shown(value: Any, words: Words, path: str = "") -> str:
    """Write the value of a parameter; a calendar year has no mark of thousands."""
    if path.rpartition(".")[2] in CALENDAR and isinstance(value, int | float):
        return f"{value:.0f}"
    if isinstance(value, str):
        return words.setting(value)
    if value is None or isinstance(value, bool):
        return {None: words("page.not_known"), True: "✓", False: "✗"}[value]
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {shown(part, words)}" for key, part in value.items()) or words("page.not_known")
    if isinstance(value, list | tuple):
        return ", ".join(shown(part, words) for part in value) or words("page.not_known")
    return words.number(float(value)) if isinstance(value, int | float) else str(value)
