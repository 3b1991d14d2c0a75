"""Chart of the differences between strategies of a sweep: each indicator's, in percent of the first strategy's mean."""

from __future__ import annotations

import math
from collections.abc import Iterator

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from landsim.report.page.charts import COLOURS, plain_axis
from landsim.report.sweep.drawing import Draw, Drawing, draw_panels
from landsim.report.sweep.numbers import is_clear
from landsim.report.sweep.view import Row, SweepView

MARKS = "osD^vPX"
STRATEGIES_AT_MOST = len(MARKS)
_GREY, _DARK = "#767676", "#222222"
_LINEAR = 1.0
"""Percent up to which the axis is linear."""


def difference_charts(view: SweepView) -> Iterator[Drawing]:
    """Yield a chart a scenario: difference of each strategy from the first one with its interval."""
    rows, many = view.rows("differences"), "scenario" in view.varying
    for scenario in dict.fromkeys(row["scenario"] for row in rows):
        mine = [row for row in rows if row["scenario"] == scenario]
        title = view.words("sweep.charts.differences", first=view.label(mine[0]["against"]))
        panel = {scenario if many else "": _drawing(view, mine)}
        name = f"differences-{scenario}" if many else "differences"
        yield draw_panels(name, title, panel, view.words, 0.7 + 0.24 * len(view.names))


def _drawing(view: SweepView, rows: list[Row]) -> Draw:
    strategies = list(dict.fromkeys(row["override"] for row in rows))[:STRATEGIES_AT_MOST]

    def draw(axis: Axes) -> None:
        for i, strategy in enumerate(strategies):
            colour = COLOURS[view.sizes["override"].index(strategy) % len(COLOURS)]
            shift = 0.5 * ((i + 0.5) / len(strategies) - 0.5)
            axis.plot([], [], MARKS[i], color=colour, markersize=4.5, label=view.label(strategy))
            for row in [row for row in rows if row["override"] == strategy]:
                _mark(axis, row, view, view.names.index(row["indicator"]) + shift, MARKS[i], colour)
        axis.axvline(0.0, color=_DARK, linewidth=0.8)
        axis.set_yticks(range(len(view.names)), [view.indicator(name) for name in view.names])
        axis.set_ylim(len(view.names) - 0.5, -0.5)
        axis.set_xlabel("%", fontsize=8)
        _scale(axis)

    return draw


def _mark(axis: Axes, row: Row, view: SweepView, place: float, mark: str, colour: str) -> None:
    """Draw a difference with its interval, grey where it is not clear; in words where the first one's mean is 0."""
    base, unit = _mean_of_first(view, row), view.units[row["indicator"]]
    shade = colour if is_clear(row["low"], row["high"], row["p_holm"]) else _GREY
    if base:
        scale = 100.0 / abs(base)
        axis.plot([scale * row["low"], scale * row["high"]], [place, place], color=shade, linewidth=1.6)
        axis.plot(scale * row["mean"], place, mark, color=shade, markersize=4.5)
    elif row["mean"]:
        words = view.words
        told = words("compare.from_zero", value=words.amount(row["mean"], unit), unit=words.unit(unit))
        axis.text(0.0, place, f"  {told}", va="center", fontsize=7, color=shade)


def _scale(axis: Axes) -> None:
    """Give the axis a logarithmic scale beyond `_LINEAR` where something lies there."""
    axis.margins(x=0.06)
    plain_axis(axis, "x")
    if max(map(abs, axis.get_xlim())) > _LINEAR:
        axis.set_xscale("symlog", linthresh=_LINEAR)
        axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}".replace("-", "−")))


def _mean_of_first(view: SweepView, row: Row) -> float:
    """Mean of an indicator in the last year over all runs of the first strategy in a scenario."""
    labels = {"scenario": row["scenario"], "override": row["against"]}
    bases = [base for base in view.plan.bases if all(base.labels[axis] == label for axis, label in labels.items())]
    found = [last for base in bases if (last := view.last(base, row["indicator"])) is not None]
    runs = sum(last["runs"] for last in found)
    return math.fsum(last["mean"] * last["runs"] for last in found) / runs if runs else 0.0
