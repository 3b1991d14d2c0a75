"""In short: the answer of a report on its first page - what a run came to, or how several end, and what was missed."""

from __future__ import annotations

import math
from collections.abc import Sequence

from landsim.io.columns import RULES
from landsim.report.page.lines import built_inside
from landsim.report.page.plan import PlanRow, lights
from landsim.report.page.run import ReportedRun
from landsim.report.page.tables import SIDE_BY_SIDE, Table
from landsim.report.words import Words


def sentences(run: ReportedRun, rows: Sequence[PlanRow], words: Words) -> list[str]:
    """Say in a few sentences what a single run came to."""
    courses = (("built", "built_ha"), ("arable", "arable_ha"), ("population", "population"))
    lines = [_course(run, key, name, words) for key, name in courses if name in run.units]
    lines += [built_inside(run, words), *_lines(run, words), _water(run, words)]
    lines += [_met(run, words), _targets(rows, words)]
    return [line for line in lines if line]


def missed(runs: Sequence[ReportedRun], rows: Sequence[PlanRow], words: Words) -> list[tuple[str, str]]:
    """Names of those of several runs that miss the same targets, and which."""
    found: dict[str, list[str]] = {}
    for place, run in enumerate(runs):
        names = words("page.semicolon").join(lights(rows, place)["missed"])
        found.setdefault(names, []).append(run.name)
    return [
        (words("reading.join").join(who), words("reading.missed", names=names)) for names, who in found.items() if names
    ]


def short_table(runs: Sequence[ReportedRun], rows: Sequence[PlanRow], words: Words) -> Table:
    """Main results of several runs side by side and, where they are few, what each differs in from the first."""
    start, end = runs[0].start, runs[0].end
    parts = [_by_rule(run) for run in runs]
    figures: list[tuple[str, str, list[float]]] = [
        ("short.built", "ha", _since(runs, "built_ha")),
        ("short.erl", "ha", [run.value("erl_intrusion_ha", run.end) for run in runs]),
        ("short.pbf", "ha", [run.value("pbf_intrusion_ha", run.end) for run in runs]),
        ("short.arable", "ha", _since(runs, "arable_ha")),
        ("short.unmet", "ha", [sum(part.values()) for part in parts]),
    ]
    told = [(words(key, start=start, year=end), unit, values) for key, unit, values in figures]
    told += [
        (words("short.rule", rule=words(f"rules.{rule}")), "ha", [part.get(rule, 0.0) for part in parts])
        for rule in RULES
        if any(rule in part for part in parts)
    ]
    told += [
        (words(f"charts.{name}"), runs[0].units[name], [run.value(name, run.end) for run in runs])
        for name in ("population", "price")
        if name in runs[0].units
    ]
    counts = [lights(rows, place) for place in range(len(runs))]
    told += [
        (words(f"short.{light}"), "1", [float(len(count[light])) for count in counts])
        for light in ("met", "near", "missed")
    ]
    known = [row for row in told if any(map(math.isfinite, row[2]))]
    others = runs[1:] if len(runs) <= SIDE_BY_SIDE else []
    filled = [
        [
            name,
            words.unit(unit),
            *words.alike(values, unit, [value - values[0] for value in values[1 : 1 + len(others)]]),
        ]
        for name, unit, values in known
    ]
    head = [words("short.result"), words("tables.unit"), *(run.name for run in runs)]
    head += [words("tables.against", run=run.name, base=runs[0].name) for run in others]
    return Table(words("short.caption"), head, filled, 2)


def _since(runs: Sequence[ReportedRun], name: str) -> list[float]:
    return [run.value(name, run.end) - run.value(name, run.start) for run in runs]


def _by_rule(run: ReportedRun) -> dict[str, float]:
    """Unmet demand of the last year by the rule that binds, ha, the largest first."""
    unmet = run.folder.unmet
    last = unmet[unmet["year"] == run.end].groupby("rule", observed=True)["ha"].sum().sort_values(ascending=False)
    return {str(rule): float(area) for rule, area in last.items() if area > 0}


def _course(run: ReportedRun, key: str, name: str, words: Words) -> str:
    unit = run.units[name]
    start, end = run.value(name, run.start), run.value(name, run.end)
    texts = words.alike([start, end], unit)
    share = words.percent(100 * (end - start) / start if start else math.nan)
    return words(f"reading.{key}", start=texts[0], end=texts[1], unit=words.unit(unit), change=share)


def _lines(run: ReportedRun, words: Words) -> list[str]:
    """Say of each line that forbids construction, where the place has it, whether construction entered it."""
    found = {name: run.value(f"{name}_intrusion_ha", run.end) for name in ("erl", "pbf")}
    known = {name: value for name, value in found.items() if math.isfinite(value)}
    entered = {name: value for name, value in known.items() if value > 0}
    kept = words("reading.or").join(words(f"reading.{name}") for name in known if name not in entered)
    told = [
        words("reading.line_entered", line=words(f"reading.{name}"), area=words.amount(value, "ha"))
        for name, value in entered.items()
    ]
    return [*told, words("reading.lines_kept", lines=kept)] if kept else told


def _water(run: ReportedRun, words: Words) -> str:
    """Say how much was built where there was water; nothing where none was."""
    area = run.value("water_built_ha", run.end)
    return words("reading.water", area=words.amount(area, "ha")) if area > 0 else ""


def _met(run: ReportedRun, words: Words) -> str:
    parts, unit = _by_rule(run), words.unit("ha")
    if not parts:
        return words("reading.all_met", year=run.end)
    whole, *areas = words.alike([sum(parts.values()), *parts.values()], "ha")
    told = [
        words("reading.part", area=area, unit=unit, rule=words(f"rules.{rule}"))
        for area, rule in zip(areas, parts, strict=True)
    ]
    return words("reading.unmet", year=run.end, area=whole, unit=unit, parts=words("reading.join").join(told))


def _targets(rows: Sequence[PlanRow], words: Words) -> str:
    found = lights(rows, 0)
    if not any(found.values()):
        return ""
    names = words("reading.names", names=words("page.semicolon").join(found["missed"])) if found["missed"] else ""
    return words("reading.targets", **{light: len(items) for light, items in found.items()}, names=names)
