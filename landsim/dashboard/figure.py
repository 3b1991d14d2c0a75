"""Figure: the map that is on the page as a picture to hand out - title, legend, scale, north arrow and reservations."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landsim.dashboard.layers import Entry, Picture
from landsim.dashboard.outlines import Ring
from landsim.dashboard.runs.history import Window
from landsim.dashboard.views import Frame
from landsim.landscape.grid import Grid

DOTS_AN_INCH = 160
_WIDE, _LEGEND, _STRIP, _EDGE = 6.0, 2.3, 0.4, 0.1
"""Inches of the map, of the legend beside it, of the strip with the scale, and of the free edge."""
_LETTERS = 90


@dataclass(frozen=True)
class Line:
    """A control line that is drawn over the map."""

    label: str
    colour: str
    rings: Sequence[Ring]


def map_figure(
    shown: Picture, window: Window, grid: Grid, title: str, lines: Sequence[Line], notes: Sequence[str]
) -> bytes:
    """Draw a view with everything that a reader needs who has not seen the page, as a PNG.

    Parameters
    ----------
    shown : Picture
        Drawn for `window`.
    window : Window
    grid : Grid
    title : str
    lines : sequence of Line
    notes : sequence of str
        What a reader must not miss, below the map.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from landsim.report.card.map import DARK, draw_scale, metres
    from landsim.report.page.charts import text_families

    east, north = metres(grid)
    tall = min(max(_WIDE * north / east, 2.0), 12.0)
    heading, told = textwrap.wrap(title, _LETTERS), [part for note in notes for part in textwrap.wrap(note, _LETTERS)]
    head, foot = 0.12 + 0.2 * len(heading), 0.06 + 0.15 * len(told)
    wide, high = _WIDE + _LEGEND, head + tall + _STRIP + foot
    figure, family = Figure(figsize=(wide, high), facecolor="white"), text_families()
    FigureCanvasAgg(figure)
    left, across = _EDGE / wide, (_WIDE - 2 * _EDGE) / wide
    map_axis = figure.add_axes((left, (foot + _STRIP) / high, across, tall / high))
    _draw(map_axis, shown, window, grid, lines)
    draw_scale(figure.add_axes((left, foot / high, across, (_STRIP - 0.06) / high)), grid)
    figure.text(
        left, 1 - 0.08 / high, "\n".join(heading), fontsize=10.5, color=DARK, fontfamily=family, va="top"
    )  # fmt: skip
    figure.legend(
        handles=_handles(shown, lines), loc="upper left", bbox_to_anchor=(_WIDE / wide, 1 - head / high),
        frameon=False, prop={"family": family, "size": 8.5}, handlelength=1.4, handleheight=1.1, borderaxespad=0,
    )  # fmt: skip
    figure.text(left, 0.04 / high, "\n".join(told), fontsize=7.5, color="#5c2e00", fontfamily=family, va="bottom")
    out = io.BytesIO()
    figure.savefig(out, dpi=DOTS_AN_INCH, format="png", metadata={"Software": None})
    return out.getvalue()


def _draw(axis: object, shown: Picture, window: Window, grid: Grid, lines: Sequence[Line]) -> None:
    """Draw cells and lines in metres from the south-west corner."""
    from matplotlib.axes import Axes
    from matplotlib.colors import to_rgb

    assert isinstance(axis, Axes)
    frame = Frame.of(grid)
    palette = np.array([to_rgb(colour) for colour in shown.palette])
    (south, west), (north, east) = frame.bounds_of(window)
    axis.imshow(palette[shown.values], extent=(west, east, south, north), interpolation="nearest", aspect="equal")
    for line in lines:
        for colour, wide in (("white", 2.2), (line.colour, 1.0)):
            for ring in line.rings:
                up, right = np.array(ring).T
                axis.plot(right, up, color=colour, linewidth=wide)
    axis.set(xticks=[], yticks=[], xlim=(0, frame.bounds[1][1]), ylim=(0, frame.bounds[1][0]))


def _handles(shown: Picture, lines: Sequence[Line]) -> list[object]:
    """Entries of the legend: what occurs, with its area or value, and the lines."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    if shown.ramp is None:
        entries = [entry for entry in shown.legend if entry.colour in _occurring(shown)]
    else:
        ends = {shown.legend[0].label: "≤ ", shown.legend[-1].label: "≥ "}
        entries = [
            Entry(entry.colour, f"{ends.get(entry.label, '')}{entry.label} {shown.unit}".strip())
            for entry in shown.legend
        ]
    swatches: list[object] = [
        Patch(facecolor=entry.colour, label=entry.label, edgecolor="#777777", linewidth=0.5) for entry in entries
    ]
    return swatches + [Line2D([], [], color=line.colour, label=line.label, linewidth=1.6) for line in lines]


def _occurring(shown: Picture) -> set[str]:
    return {shown.palette[value] for value in np.unique(shown.values).tolist()}
