"""Charts of a sweep by indicator: bands over the years, and how means settle as seeds are added."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from landsim.report.page.charts import COLOURS, DASHES, plain_axis
from landsim.report.sweep.drawing import Draw, Drawing, draw_panels
from landsim.report.sweep.view import SweepView
from landsim.sweep.axes import AXES
from landsim.sweep.bases import Base

LINES_AT_MOST = len(COLOURS)


def years_chart(view: SweepView) -> Drawing | None:
    """Mean and band of each indicator over the years, a line a base; None where runs have a single year."""
    if view.years[0] == view.years[1]:
        return None

    years = sorted({round(year) for year in np.linspace(*view.years, 4)})
    margin = 0.04 * (years[-1] - years[0])

    def drawing(name: str) -> Draw:
        scale = float(view.words.table["units"].get(view.units[name], [1])[0])

        def draw(axis: Axes) -> None:
            for base, style in _styled(view):
                course = view.course(base, name)
                low, mean, high = (scale * course[key] for key in ("q05", "mean", "q95"))
                axis.fill_between(course["year"], low, high, alpha=0.18, color=style["color"], linewidth=0)
                mark = "o" if len(course) == 1 else None
                axis.plot(course["year"], mean, label=view.name(base.labels), marker=mark, markersize=3, **style)
            plain_axis(axis)
            axis.set_xticks(years)
            axis.set_xlim(years[0] - margin, years[-1] + margin)

        return draw

    panels = {view.heading(name): drawing(name) for name in view.names}
    return draw_panels("years", view.words("sweep.charts.years"), panels, view.words)


def convergence_chart(view: SweepView) -> Drawing | None:
    """Half-width of the interval of each mean after each number of seeds; None with one seed."""
    rows = view.rows("convergence")
    if not rows:
        return None
    settled: dict[tuple[str, ...], list[tuple[int, float]]] = {}
    for row in rows:
        share = 100.0 * row["half"] / abs(row["mean"]) if row["mean"] else math.nan
        settled.setdefault((*(row[axis] for axis in AXES), row["indicator"]), []).append((int(row["seeds"]), share))
    wanted = 100.0 * view.sweep.questions.precision
    told = view.words("sweep.charts.wanted", precision=view.words.number(wanted))

    def drawing(name: str) -> Draw:
        def draw(axis: Axes) -> None:
            for base, style in _styled(view):
                seeds, shares = zip(*settled.get((*base.labels.values(), name), [(1, math.nan)]), strict=True)
                axis.plot(
                    seeds, np.where(np.array(shares) > 0.0, shares, math.nan), label=view.name(base.labels), **style
                )
            axis.axhline(wanted, color="#222222", linestyle=":", linewidth=1, label=told)
            axis.set_xlim(1.5, max(len(view.sweep.seeds), 3))
            axis.set_xlabel(view.words("sweep.charts.seeds"), fontsize=8)
            axis.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, min_n_ticks=1))
            _percent_log(axis)

        return draw

    panels = {view.indicator(name): drawing(name) for name in view.names}
    return draw_panels("convergence", view.words("sweep.charts.convergence"), panels, view.words, 1.95)


def _percent_log(axis: Axes) -> None:
    """Give an axis whose values are shares a logarithmic scale with plain numbers."""
    axis.set_yscale("log")
    plain_axis(axis)
    low, high = axis.get_ylim()
    axis.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < 50.0 * low else (1.0,), numticks=6))
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.yaxis.set_minor_locator(NullLocator())


def _styled(view: SweepView) -> Iterator[tuple[Base, dict[str, Any]]]:
    """Yield the bases that a chart has room for, each with its colour and dashes."""
    for base, colour, dash in zip(view.plan.bases, COLOURS, DASHES, strict=False):
        yield base, {"color": colour, "linestyle": dash, "linewidth": 1.5}
