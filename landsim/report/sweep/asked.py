"""What a sweep was asked, in its report: axes with their labels, design, goals, and how strategies differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from landsim.core.params import describe
from landsim.report.page.levers import lever_table, meaning, shown
from landsim.report.page.run import ReportedRun
from landsim.report.page.tables import Table
from landsim.report.sweep.numbers import spans
from landsim.report.sweep.view import SweepView
from landsim.scenario.schema import Scenario
from landsim.sweep.axes import AS_IS

STRATEGIES_AT_MOST = 5

Rows = list[list[str]]


def asked_table(view: SweepView) -> Table:
    """Set out every choice, under a heading for each axis."""
    words = view.words
    rows, groups = Rows(), dict[int, str]()
    for heading, lines in _choices(view):
        if lines:
            groups[len(rows)] = heading
            rows += lines
    head = [words("sweep.asked.name"), words("sweep.asked.what")]
    return Table(words("sweep.captions.asked"), head, rows, 99, groups)


def strategy_table(view: SweepView) -> Table | None:
    """Parameters in which the strategies differ, from a run of each; None where they cannot be told."""
    runs, scenario = [], view.plan.bases[0].labels["scenario"]
    for strategy in view.sizes["override"][:STRATEGIES_AT_MOST]:
        base = view.base_of({"scenario": scenario, "override": strategy})
        if base.number in view.samples:
            runs.append(ReportedRun(view.samples[base.number], view.label(strategy)))
    return lever_table(runs, view.words) if len(runs) > 1 else None


def _choices(view: SweepView) -> Iterator[tuple[str, Rows]]:
    sweep, words = view.sweep, view.words
    axes = {axis: words(f"sweep.axes.{axis}") for axis in ("scenario", "override", "structure", "future", "seed")}
    if sweep.function:
        yield words("sweep.asked.function"), [[sweep.function, words("page.not_known")]]
    yield axes["scenario"], [[label, _scenario(label, view)] for label in sweep.scenarios]
    yield axes["override"], [
        [view.label(label), words("sweep.asked.overrides", names=", ".join(names)) if names else _as_scenario(view)]
        for label, names in sweep.overrides.items() if label != AS_IS or "override" in view.varying
    ]  # fmt: skip
    for axis, labelled in (("structure", sweep.structures), ("future", sweep.futures)):
        yield axes[axis], [
            [view.label(label), _settings(settings, view) or _as_scenario(view)]
            for label, settings in labelled.items() if label != AS_IS or axis in view.varying
        ]  # fmt: skip
    yield words("sweep.asked.settings"), [[path, shown(value, words, path)] for path, value in sweep.set.items()]
    yield words("sweep.axes.parameters"), _parameters(view)
    yield axes["seed"], [[spans(sweep.seeds), words("sweep.asked.seeds") if len(sweep.seeds) > 1 else ""]]
    yield words("sweep.asked.goals"), _goals(view)


def _as_scenario(view: SweepView) -> str:
    return view.words("sweep.asked.as_scenario")


def _scenario(label: str, view: SweepView) -> str:
    """Title and description that a scenario gives of itself, from a run of it."""
    lang = view.words.lang
    for base in view.plan.bases:
        if base.labels["scenario"] == label and base.number in view.samples:
            run = ReportedRun(view.samples[base.number], label)
            told = [_sentence(text) for text in (run.said("title", lang), run.said("description", lang))]
            return " ".join(filter(None, told)) or view.words("page.not_known")
    return view.words("page.not_known")


def _sentence(text: str) -> str:
    """Write a text on one line with a stop at its end."""
    line = " ".join(text.split())
    return line if not line or line[-1] in ".!?。！？" else f"{line}."


def _settings(settings: Mapping[str, Any], view: SweepView) -> str:
    return view.words("page.semicolon").join(
        f"{path} = {shown(value, view.words, path)}" for path, value in settings.items()
    )


def _parameters(view: SweepView) -> Rows:
    """Method of the design, and the range or the values of each parameter with its meaning."""
    words, points = view.words, view.plan.points
    if not points.paths:
        return []
    facts = {row["path"]: row for row in describe(Scenario)}
    rows = [[words("sweep.asked.design"), words(f"sweep.asked.methods.{points.method}")]]
    for path in points.paths:
        values = [point[path] for point in points.rows]
        told = "" if view.sweep.function else meaning(path, facts, words)
        rows.append([path, f"{told}{words('page.colon') if told else ''}{_range(values, view, path)}"])
    return rows


def _range(values: list[Any], view: SweepView, path: str) -> str:
    words, distinct = view.words, list(dict.fromkeys(map(repr, values)))
    if path in view.plan.points.bounds:
        low, high = view.plan.points.bounds[path]
        return words("sweep.to", low=_number(low, view, path), high=_number(high, view, path))
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    if numbers and len(distinct) > 6:
        return words("sweep.to", low=_number(min(values), view, path), high=_number(max(values), view, path))
    return ", ".join(dict.fromkeys(shown(value, words, path) for value in values))


def _number(value: float, view: SweepView, path: str) -> str:
    return shown(float(value), view.words, path)


def _goals(view: SweepView) -> Rows:
    """Goals and thresholds by indicator; those that no run has are told elsewhere."""
    words, asked = view.words, view.sweep.questions
    rows = [
        [view.indicator(name), words("sweep.asked.goal", goal=words(f"sweep.goals.{goal}"))]
        for name, goal in asked.goals.items()
    ]
    return rows + [[view.indicator(name), bound] for name, bound in bounds(view).items()]


def bounds(view: SweepView) -> dict[str, str]:
    """Thresholds by indicator, as they are written."""
    words, found = view.words, dict[str, str]()
    for name, threshold in view.sweep.questions.thresholds.items():
        unit = view.units.get(name, "1")
        edges = [(sign, edge) for sign, edge in (("≥", threshold.min), ("≤", threshold.max)) if edge is not None]
        told = [f"{sign} {words.amount(edge, unit)} {words.unit(unit)}".strip() for sign, edge in edges]
        found[name] = ", ".join(told)
    return found
