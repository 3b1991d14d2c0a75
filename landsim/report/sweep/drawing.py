"""Drawing of a sweep's charts: panels with one legend under them, as SVG whose text is text."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from landsim.report.page.charts import empty_figure, page_style, prefixed, svg_element
from landsim.report.sweep.numbers import listed
from landsim.report.words import Words

COLUMNS, PANELS_AT_MOST = 3, 12
WIDE = 9.4
"""Inches; a page shows all charts at this width, so that their letters have one size."""
_LEGEND = 0.25

Draw = Callable[[Axes], None]


class Drawing(NamedTuple):
    """A chart: name of its file, title, and the SVG element."""

    name: str
    title: str
    svg: str


def draw_panels(
    name: str, title: str, panels: Mapping[str, Draw], words: Words, high: float = 1.75, *, shared: bool = False
) -> Drawing:
    """Draw some panels with their titles in rows of three, and one legend for all.

    Parameters
    ----------
    name, title : str
        Of the drawing; the title is spoken with those of the panels.
    panels : mapping of str to callable
        Title of a panel -> what draws into its axis.
    words : Words
    high : float
        Height of a panel, inches.
    shared : bool
        Whether the panels have one vertical axis, written once a row.
    """
    shown = dict(list(panels.items())[:PANELS_AT_MOST])
    columns = min(COLUMNS, len(shown)) or 1
    rows = math.ceil(len(shown) / columns) or 1
    with page_style():
        figure = empty_figure(WIDE, rows * high)
        grid: Any = figure.subplots(rows, columns, squeeze=False, sharey="row" if shared else False)
        for axis, (told, draw) in zip(grid.flat, shown.items(), strict=False):
            draw(axis)
            axis.set_title(told, loc="left", fontsize=9)
            axis.tick_params(labelsize=8)
        for axis in grid.flat[len(shown) :]:
            axis.set_axis_off()
        _add_legend(figure, grid.flat[0])
        spoken = words("sweep.charts.spoken", title=title)
        if any(shown):
            spoken += " " + words("sweep.charts.panels", names=listed(list(shown), words))
        return Drawing(name, title, prefixed(svg_element(figure, spoken), f"{name}-"))


def _add_legend(figure: Figure, axis: Axes) -> None:
    """Put the entries of the first panel under all, where there is more than one."""
    handles, labels = axis.get_legend_handles_labels()
    if len(labels) > 1:
        longest = max(map(len, labels))
        wide, high = figure.get_size_inches()
        columns = max(1, min(len(labels), int(wide / (0.45 + 0.08 * longest))))
        figure.set_size_inches(wide, high + _LEGEND * math.ceil(len(labels) / columns))
        figure.legend(handles, labels, loc="outside lower left", ncols=columns, frameon=False, fontsize=8.5)
