"""Why: what a fitted potential reads most, and how its chance goes with each measurement, as one picture."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from landsim.calibrate.explain import Curve, Explanation
from landsim.io.atomic import new_file
from landsim.report.letters import Letters, picture_style

DOTS_AN_INCH = 110
BARS = 12
"""Groups of features whose importance is drawn."""

_BLUE, _DARK, _GREY = "#004488", "#222222", "#bbbbbb"
_WIDE, _HIGH, _COLUMNS = 12.5, 4.6, 4


def write_why_figure(path: Path, explanations: Mapping[str, Explanation], units: Mapping[str, str]) -> None:
    """Draw the explanation of every class into a PNG file, whole or not at all.

    Parameters
    ----------
    path : pathlib.Path
    explanations : mapping of str to Explanation
        By class.
    units : mapping of str to str
        Feature -> unit, for the axes.

    Raises
    ------
    InputError
        If the disk is full or the place is not writable.
    """
    figure = why_figure(explanations, units)
    with picture_style(), new_file(path) as aside:
        figure.savefig(aside, dpi=DOTS_AN_INCH, format="png", metadata={"Software": None})


@picture_style()
def why_figure(explanations: Mapping[str, Explanation], units: Mapping[str, str]) -> Figure:
    """Give the figure of `write_why_figure`: a row a class, bars on the left and curves beside them.

    Names that no font here has the letters for are numbered, and the figure says so.
    """
    letters = Letters()
    figure = Figure(figsize=(_WIDE, _HIGH * max(len(explanations), 1)), layout="constrained")
    FigureCanvasAgg(figure)
    rows = figure.subfigures(max(len(explanations), 1), 1, squeeze=False)[:, 0]
    for row, (name, found) in zip(rows, explanations.items(), strict=False):
        title = f"What the growth of {letters(name)} is read from"
        axes = row.subplot_mosaic(_mosaic(len(found.curves)), width_ratios=[1.5, 1.0, 1.0, 1.0])
        _bars(axes["bars"], found, letters)
        for k in range(_COLUMNS * 2 - 2):
            if f"c{k}" in axes and k < len(found.curves):
                _curve(axes[f"c{k}"], found.curves[k], units, letters)
            elif f"c{k}" in axes:
                axes[f"c{k}"].axis("off")
        title += " (names without letters in the fonts of this machine are numbered)" if letters.numbered else ""
        row.suptitle(title, x=0.01, ha="left", fontsize=12, color=_DARK)
    return figure


def _mosaic(curves: int) -> list[list[str]]:
    """Places of the bars and of up to six curves in two rows."""
    rows = [["bars", "c0", "c1", "c2"]]
    return rows if curves <= _COLUMNS - 1 else [*rows, ["bars", "c3", "c4", "c5"]]


def _bars(axes: Axes, found: Explanation, letters: Letters) -> None:
    shown = [item for item in found.importance[:BARS] if item.loss > 0.0][::-1]
    axes.barh([letters(item.group) for item in shown], [item.loss for item in shown], color=_BLUE, height=0.65)
    whole = "" if math.isnan(found.fom) else f" (of {found.fom:.3f})"
    axes.set_xlabel(f"figure of merit lost when shuffled{whole}", fontsize=8.5)
    axes.set_title("importance", fontsize=10, loc="left")
    if not shown:
        axes.text(
            0.5, 0.5, "nothing else than the\ndensity is read", transform=axes.transAxes, ha="center", va="center"
        )
    _plain(axes)


def _curve(axes: Axes, curve: Curve, units: Mapping[str, str], letters: Letters) -> None:
    axes.plot(curve.values, curve.chance, color=_BLUE, marker="o", markersize=3, linewidth=1.5)
    axes.set_ylim(bottom=0.0)
    axes.set_title("\n".join(textwrap.wrap(letters(curve.group), 30)), fontsize=9.5, loc="left")
    unit = units.get(curve.feature, "1")
    axes.set_xlabel(letters(curve.feature) + ("" if unit == "1" else f", {unit}"), fontsize=8)
    axes.set_ylabel("mean chance of change", fontsize=8)
    _plain(axes)


def _plain(axes: Axes) -> None:
    axes.tick_params(labelsize=8, colors=_DARK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_GREY)
