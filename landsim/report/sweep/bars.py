"""Charts of a sweep by source and by choice: sensitivity, split of the variance, regret, and thresholds kept."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from landsim.report.page.charts import COLOURS, HATCHES, plain_axis
from landsim.report.sweep.choice_tables import CHOSEN
from landsim.report.sweep.drawing import Draw, Drawing, draw_panels
from landsim.report.sweep.source_tables import variance_sources
from landsim.report.sweep.view import Row, SweepView
from landsim.sweep.axes import AXES
from landsim.sweep.bases import Base

_SHOWN = ("S1", "ST", "mu_star")
_CHANCE = "#c4c4c4"
_EDGE: dict[str, Any] = {"edgecolor": "white", "linewidth": 0.4}


def sensitivity_chart(view: SweepView, base: Base) -> Drawing | None:
    """Indices of a base with their intervals, a panel an indicator, a bar a parameter; None without any."""
    rows = [row for row in view.rows("indices") if all(row[axis] == base.labels[axis] for axis in AXES)]
    kinds = [kind for kind in _SHOWN if any(row["index"] == kind for row in rows)]
    parameters = list(dict.fromkeys(row["parameter"] for row in rows))
    known = {(row["indicator"], row["index"], row["parameter"]): row for row in rows}

    def drawing(name: str) -> Draw:
        def draw(axis: Axes) -> None:
            thick = 0.8 / len(kinds)
            for i, kind in enumerate(kinds):
                mine = [known.get((name, kind, path)) for path in parameters]
                values, reaches = np.array([_ends(row) for row in mine]).T
                places = np.arange(len(parameters)) + (i - (len(kinds) - 1) / 2) * thick
                label = view.words(f"sweep.indices.{kind}")
                axis.barh(places, values, thick, xerr=reaches, color=COLOURS[i], hatch=HATCHES[i], label=label,
                          error_kw={"lw": 0.8}, **_EDGE)  # fmt: skip
            axis.set_yticks(range(len(parameters)), parameters)
            axis.set_ylim(len(parameters) - 0.5, -0.5)
            plain_axis(axis, "x")

        return draw

    names = [name for name in view.names if any(row["indicator"] == name for row in rows)]
    if not names:
        return None
    file = "sensitivity" if base.number == 0 else f"sensitivity-{base.number + 1}"
    panels = {view.indicator(name): drawing(name) for name in names}
    high = 0.75 + 0.26 * len(parameters)
    return draw_panels(file, view.words("sweep.charts.sensitivity"), panels, view.words, high, shared=True)


def _ends(row: Row | None) -> tuple[float, float]:
    """Value of an index and half the width of its interval."""
    if row is None:
        return 0.0, 0.0
    reach = (row["high"] - row["low"]) / 2.0
    return row["value"], reach if reach > 0.0 else 0.0


def variance_chart(view: SweepView) -> Drawing | None:
    """Shares of the variance by source, a bar an indicator; None where nothing varies."""
    rows, sources = view.rows("variance"), variance_sources(view)
    share = {(row["indicator"], row["source"]): 100.0 * row["share"] for row in rows}
    names = [name for name in view.names if any(row["indicator"] == name for row in rows)]
    if not names or not sources:
        return None

    def draw(axis: Axes) -> None:
        left = np.zeros(len(names))
        for i, source in enumerate(sources):
            colour, hatch = (_CHANCE, "") if source == "seed" else (COLOURS[i], HATCHES[i])
            values = np.array([share[name, source] for name in names])
            label = view.words(f"sweep.axes.{source}")
            axis.barh(range(len(names)), values, 0.7, left=left, color=colour, hatch=hatch, label=label, **_EDGE)
            left += values
        axis.set_yticks(range(len(names)), [view.indicator(name) for name in names])
        axis.set_ylim(len(names) - 0.5, -0.5)
        plain_axis(axis, "x")
        axis.set_xlim(0.0, 100.0)
        axis.set_xlabel("%", fontsize=8)

    return draw_panels("variance", view.words("sweep.charts.variance"), {"": draw}, view.words, 0.7 + 0.24 * len(names))


def regret_chart(view: SweepView) -> Drawing | None:
    """Largest regret of each strategy and the regret in each future, a panel a goal; None without goals."""
    rows = view.rows("regret")
    strategies = list(dict.fromkeys(row["override"] for row in rows))
    many = len({row["future"] for row in rows}) > 1

    def drawing(scenario: str, name: str) -> Draw:
        mine = [row for row in rows if (row["scenario"], row["indicator"]) == (scenario, name)]
        scale = float(view.words.table["units"].get(view.units[name], [1])[0])

        def draw(axis: Axes) -> None:
            largest = {row["override"]: scale * row["largest"] for row in mine}
            told = view.words("sweep.tables.largest" if many else "sweep.tables.regret")
            axis.barh(range(len(strategies)), [largest[s] for s in strategies], 0.6, color=COLOURS[5], label=told)
            if many:
                places = [strategies.index(row["override"]) for row in mine]
                told = view.words("sweep.charts.future_regret")
                axis.plot(
                    [scale * row["regret"] for row in mine], places, "o", color="#222222", markersize=4, label=told
                )
            axis.set_yticks(range(len(strategies)), [view.label(strategy) for strategy in strategies])
            axis.set_ylim(len(strategies) - 0.5, -0.5)
            plain_axis(axis, "x")
            most = max(largest.values())
            axis.set_xlim(-0.03 * (most or 1.0), 1.05 * most or 1.0)

        return draw

    panels = {
        (f"{scenario} · " if "scenario" in view.varying else "") + view.heading(name): drawing(scenario, name)
        for scenario, name in dict.fromkeys((row["scenario"], row["indicator"]) for row in rows)
    }
    if not panels:
        return None
    high = 0.65 + 0.28 * len(strategies)
    return draw_panels("regret", view.words("sweep.charts.regret"), panels, view.words, high, shared=True)


def satisficing_chart(view: SweepView) -> Drawing | None:
    """Share of the runs of each strategy that keep all thresholds, with its interval; None without thresholds."""
    rows = [row for row in view.rows("satisficing") if row["future"] == "all"]
    if not rows:
        return None

    def draw(axis: Axes) -> None:
        for place, row in enumerate(rows):
            axis.plot([100.0 * row["low"], 100.0 * row["high"]], [place, place], color=COLOURS[0], linewidth=1.8)
            axis.plot(100.0 * row["share"], place, "o", color=COLOURS[0], markersize=5)
        axis.set_yticks(range(len(rows)), [view.name(row, CHOSEN) for row in rows])
        axis.set_ylim(len(rows) - 0.5, -0.5)
        plain_axis(axis, "x")
        axis.set_xlim(-2.0, 102.0)
        axis.set_xlabel("%", fontsize=8)

    high = 0.65 + 0.28 * len(rows)
    return draw_panels("satisficing", view.words("sweep.charts.satisficing"), {"": draw}, view.words, high)
