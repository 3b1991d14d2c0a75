"""Charts of a sweep: bands over the years, convergence over seeds, sensitivity, and the split of variance."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from landsim.io.atomic import new_file
from landsim.sweep.bases import AXES
from landsim.sweep.maps import folder_name

if TYPE_CHECKING:
    import pandas as pd

DOTS_AN_INCH = 110
MOST_PANELS, MOST_LINES = 9, 8
_COLUMNS = 3
_WIDE, _HIGH = 4.2, 3.0

Drawer = Callable[[Axes, "pd.DataFrame"], None]


def write_figure(path: Path, figure: Figure) -> None:
    """Write a figure as PNG, whole or not at all; equal data give equal bytes.

    Raises
    ------
    InputError
        If the disk is full or the place is not writable.
    """
    with new_file(path) as aside:
        figure.savefig(aside, dpi=DOTS_AN_INCH, format="png", metadata={"Software": None})


def yearly_figure(yearly: pd.DataFrame, names: Sequence[str]) -> Figure:
    """Mean and 5-95 % band of indicators over the years, a line a base."""

    def draw(axes: Axes, frame: pd.DataFrame) -> None:
        for label, line in _lines(frame):
            drawn = axes.plot(line["year"], line["mean"], label=label, linewidth=1.4)
            axes.fill_between(line["year"], line["q05"], line["q95"], alpha=0.2, color=drawn[0].get_color(), lw=0)
        axes.set_ylabel(str(frame["unit"].iloc[0]), fontsize=8)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))

    return _panels(yearly, names, draw, "mean and 5-95 % of the runs")


def convergence_figure(convergence: pd.DataFrame, names: Sequence[str], precision: float) -> Figure:
    """Half-width of the interval of the mean, of the mean, after each number of seeds."""

    def draw(axes: Axes, frame: pd.DataFrame) -> None:
        for label, line in _lines(frame):
            share = 100.0 * line["half"] / line["mean"].abs().replace(0.0, np.nan)
            axes.plot(line["seeds"], share, label=label, linewidth=1.4)
        axes.axhline(100.0 * precision, color="0.4", linestyle=":", linewidth=1)
        axes.set_yscale("log")
        axes.set_xlabel("seeds", fontsize=8)
        axes.set_ylabel("half-width, % of the mean", fontsize=8)

    return _panels(convergence[convergence["seeds"] > 1], names, draw, "how the mean settles as seeds are added")


def indices_figure(indices: pd.DataFrame, names: Sequence[str]) -> Figure:
    """Sensitivity indices with their intervals, a bar a parameter; of the first base."""
    first = indices[list(AXES)].iloc[0]
    mine = indices[(indices[list(AXES)] == first).all(axis=1)]
    shown = [name for name in ("S1", "ST", "mu_star") if name in set(mine["index"])]

    def draw(axes: Axes, frame: pd.DataFrame) -> None:
        parameters = list(dict.fromkeys(frame["parameter"]))
        height = 0.8 / len(shown)
        for i, index in enumerate(shown):
            rows = frame[frame["index"] == index].set_index("parameter").reindex(parameters)
            places = np.arange(len(parameters)) + (i - (len(shown) - 1) / 2) * height
            reach = np.nan_to_num((rows["high"] - rows["low"]).to_numpy() / 2.0)
            axes.barh(places, rows["value"], height, xerr=reach, label=index, error_kw={"lw": 0.8})
        axes.set_yticks(range(len(parameters)), parameters, fontsize=7)
        axes.invert_yaxis()

    return _panels(mine[mine["index"].isin(shown)], names, draw, "sensitivity, with 95 % intervals")


def variance_figure(variance: pd.DataFrame, names: Sequence[str]) -> Figure:
    """Shares of the variance by source, a bar an indicator."""
    table = variance.pivot(index="indicator", columns="source", values="share")
    sources = [name for name in dict.fromkeys(variance["source"]) if table[name].max() > 0.0]
    rows = [name for name in names if name in table.index]
    figure = Figure(figsize=(8.5, 1.1 + 0.32 * len(rows)), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    left = np.zeros(len(rows))
    for source in sources:
        share = 100.0 * table.loc[rows, source].to_numpy(dtype=float)
        axes.barh(rows, share, left=left, label=source)
        left += share
    axes.invert_yaxis()
    axes.set_xlabel("% of the variance")
    figure.legend(loc="outside right upper", fontsize=8, frameon=False)
    return figure


def _panels(frame: pd.DataFrame, names: Sequence[str], draw: Drawer, title: str) -> Figure:
    """Draw one panel an indicator, with one legend for all."""
    known = set(frame["indicator"])
    shown = [name for name in names if name in known][:MOST_PANELS]
    columns = min(_COLUMNS, len(shown)) or 1
    rows = math.ceil(len(shown) / columns) or 1
    figure = Figure(figsize=(_WIDE * columns, _HIGH * rows + 0.6), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=10)
    grid: Any = figure.subplots(rows, columns, squeeze=False)
    for axes, name in zip(grid.flat, shown, strict=False):
        draw(axes, frame[frame["indicator"] == name])
        axes.set_title(name, fontsize=9)
        axes.tick_params(labelsize=7)
    for axes in grid.flat[len(shown) :]:
        axes.set_axis_off()
    handles, labels = grid.flat[0].get_legend_handles_labels()
    if len(labels) > 1:
        figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 4), fontsize=8, frameon=False)
    return figure


def _lines(frame: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Rows of each base under its name, a few of them."""
    groups = frame.groupby(list(AXES), sort=False)
    named = [(folder_name(dict(zip(AXES, map(str, key), strict=True))), part) for key, part in groups]
    return named[:MOST_LINES]
