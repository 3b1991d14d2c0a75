"""The validation card as one picture: where the simulation is right and wrong, and how it stands beside baselines."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from landsim.indicators.agreement import Comparison
from landsim.indicators.bootstrap import FEW_BLOCKS
from landsim.indicators.maps import Codes
from landsim.io.atomic import new_file
from landsim.landscape.grid import Grid
from landsim.report.card import charts
from landsim.report.card.map import DARK, draw_kinds, draw_scale, kinds_of_cells, length_text, metres, swatches
from landsim.report.letters import Letters, picture_style

DOTS_AN_INCH = 130
_WIDE, _TALL = 0.42, 1.25
_RIM, _GAP, _SCALE = 0.3, 0.35, 0.42
_LINE = 0.19
_BROAD, _HIGH = 15.4, 7.6


class Box(NamedTuple):
    """A place on the page, inches from the top left corner."""

    left: float
    top: float
    width: float
    height: float

    def below(self, heading: float) -> Box:
        """Give the place below a heading of some height."""
        return self._replace(top=self.top + heading)


class Page(NamedTuple):
    """Size of the page below the heading, and the places of the two maps and of the four charts."""

    width: float
    height: float
    maps: tuple[Box, ...]
    charts: tuple[Box, ...]


def write_card_figure(
    path: Path,
    comparison: Comparison,
    grid: Grid,
    title: str,
    names: Mapping[int, str] | None = None,
    built: Collection[int] = (),
    notes: Sequence[str] = (),
) -> None:
    """Draw a validation card into a PNG file, whole or not at all; arguments of `card_figure`.

    Raises
    ------
    InputError
        If the disk is full or the place is not writable.
    """
    figure = card_figure(comparison, grid, title, names, built, notes)
    with picture_style(), new_file(path) as aside:
        figure.savefig(aside, dpi=DOTS_AN_INCH, format="png", metadata={"Software": None})


@picture_style()
def card_figure(
    comparison: Comparison,
    grid: Grid,
    title: str,
    names: Mapping[int, str] | None = None,
    built: Collection[int] = (),
    notes: Sequence[str] = (),
) -> Figure:
    """Draw a validation card: two maps, and four charts beside or below them as the shape of the place allows.

    Parameters
    ----------
    comparison : Comparison
        From `indicators.agreement.compare`.
    grid : Grid
        Of the maps.
    title : str
    names : mapping of int to str, optional
        Class names by code; one that no font here has the letters for is told by its code.
    built : collection of int
        Codes of built-up land, shown darker where nothing changed.
    notes : sequence of str
        Sentences that a reader must not miss.
    """
    card, letters = comparison.card, Letters()
    known = {code: name for code, name in (names or {}).items() if letters.has(name)}
    page, title = _arrange(grid), letters(title)
    heading = _heading(card, grid, page.width, [letters(note) for note in notes])
    titles = _map_titles(card, page.maps[0].width)
    planes = [comparison.trio.simulated, comparison.baselines["density"]]
    kinds = [kinds_of_cells(comparison.trio, plane, built) for plane in planes]
    handles = swatches(np.flatnonzero(sum(np.bincount(plane.reshape(-1), minlength=7) for plane in kinds)).tolist())
    columns = _columns(page.width, [str(handle.get_label()) for handle in handles])
    legend_top = 0.52 + _LINE * len(heading)
    top = legend_top + 0.21 * -(-len(handles) // columns) + 0.2 + 0.17 * max(told.count("\n") + 1 for told in titles)
    size = (page.width, top + page.height)
    figure = Figure(figsize=size, facecolor="white")
    FigureCanvasAgg(figure)
    _write_heading(figure, size, title, heading)
    figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(_RIM / size[0], 1 - legend_top / size[1]), ncol=columns,
        frameon=False, fontsize=8.5, handlelength=1.2, columnspacing=1.2, borderpad=0, borderaxespad=0,
    )  # fmt: skip
    for told, plane, box in zip(titles, kinds, page.maps, strict=True):
        _draw_map(figure, box.below(top), plane, grid, told)
    drawings: tuple[Callable[[Axes], None], ...] = (
        lambda axis: charts.draw_merits(axis, card),
        lambda axis: charts.draw_gains(axis, card, known),
        lambda axis: charts.draw_resolution(axis, card["resolution"], grid.cell_size),
        lambda axis: charts.draw_characteristic(axis, card, known, grid.cell_area_ha),
    )
    for draw, box in zip(drawings, page.charts, strict=True):
        draw(_axis(figure, box.below(top)))
    return figure


def _arrange(grid: Grid) -> Page:
    """Find room for maps of any shape: stacked where wide, side by side above the charts, or beside them where tall."""
    east, south = metres(grid)
    shape = south / east
    if shape > _TALL:
        side = max(1.6, _HIGH / shape)
        maps = tuple(Box(left, 0.0, side, _HIGH) for left in (_RIM, _RIM + side + _GAP))
        charts = _charts(maps[1].left + side + 0.2, 0.0, 2, 3.35)
        width = max(box.left + box.width for box in charts) + _RIM
        return Page(width, _HIGH + _SCALE + _RIM, maps, charts)
    across = _BROAD - 2 * _RIM
    if shape < _WIDE:
        step = across * shape + _SCALE + 0.4
        maps = tuple(Box(_RIM, top, across, across * shape) for top in (0.0, step))
        below = 2 * step
    else:
        height = min((across - _GAP) / 2 * shape, 6.6)
        maps = tuple(Box(left, 0.0, height / shape, height) for left in (_RIM, (_BROAD + _GAP) / 2))
        below = height + _SCALE + 0.4
    return Page(_BROAD, below + 2.7 + 0.75, maps, _charts(_RIM - 0.1, below, 4, 2.7))


def _charts(left: float, top: float, across: int, height: float) -> tuple[Box, ...]:
    """Places of the four charts in rows of so many; the first two have class names to their left."""
    names, figures, width = 1.3, 0.75, 2.65
    lefts = [names, names, figures, figures] if across == 4 else [names, figures, names, figures]
    boxes = []
    for i, margin in enumerate(lefts):
        row, column = divmod(i, across)
        before = sum(lefts[:column]) + column * width
        boxes.append(Box(left + before + margin, top + row * (height + 0.9), width, height))
    return tuple(boxes) if across == 4 else (boxes[0], boxes[2], boxes[1], boxes[3])


def _heading(card: Mapping[str, float], grid: Grid, width: float, notes: Sequence[str]) -> list[tuple[str, str]]:
    """Lines under the title and their weight: what was compared, how sure it is, and what a reader must not miss."""
    area = card["cells"] * grid.cell_area_ha
    facts = (
        f"{card['cells']:,} cells compared ({area / 100:,.0f} km²)."
        if area >= 1000
        else (f"{card['cells']:,} cells compared ({area:,.3g} ha).")
    )
    lines = [(facts + " " + _sureness(card), "normal"), *((note, "bold") for note in notes)]
    room = int((width - 2 * _RIM) * 13)
    return [(line, weight) for text, weight in lines for line in textwrap.wrap(text, room)]


def _sureness(card: Mapping[str, Any]) -> str:
    facts = card["bootstrap"]
    if not facts["samples"]:
        return "No intervals: the place is a single block."
    edge = length_text(facts["block_m"]) if math.isfinite(facts["block_m"]) else f"{facts['block_cells']} cells"
    few = " (too few: the intervals are too narrow)" if facts["blocks"] < FEW_BLOCKS else ""
    return f"Intervals: 95 %, {facts['samples']:,} samples of {facts['blocks']:,} blocks of {edge}{few}."


def _write_heading(figure: Figure, size: tuple[float, float], title: str, lines: Sequence[tuple[str, str]]) -> None:
    left = _RIM / size[0]
    figure.text(left, 1 - 0.22 / size[1], title, fontsize=13, fontweight="bold", va="top", color=DARK)
    for i, (line, weight) in enumerate(lines):
        y = 1 - (0.54 + i * _LINE) / size[1]
        figure.text(left, y, line, fontsize=9, fontweight=weight, va="top", color=DARK)


def _map_titles(card: Mapping[str, Any], width: float) -> list[str]:
    """Titles of the two maps, in lines that fit above them."""
    rows = (("Simulation", card), ("Density ranking, observed gains", card["baselines"]["density"]))
    told = [f"figure of merit {row['fom']:.3f}" if math.isfinite(row["fom"]) else "no change" for _, row in rows]
    room = max(16, int(width * 12))
    return [textwrap.fill(f"{name}: {figure}", room) for (name, _), figure in zip(rows, told, strict=True)]


def _draw_map(figure: Figure, box: Box, kinds: Codes, grid: Grid, title: str) -> None:
    """Draw a map with its scale below."""
    draw_kinds(_axis(figure, box), kinds, grid, title)
    draw_scale(_axis(figure, Box(box.left, box.top + box.height + 0.05, box.width, _SCALE - 0.1)), grid)


def _axis(figure: Figure, box: Box) -> Axes:
    width, height = figure.get_size_inches()
    bounds = (box.left / width, 1 - (box.top + box.height) / height, box.width / width, box.height / height)
    return figure.add_axes(bounds)


def _columns(width: float, labels: Sequence[str]) -> int:
    """Entries of the legend that fit into a line."""
    if sum(0.45 + 0.07 * len(label) for label in labels) <= width - 2 * _RIM:
        return len(labels)
    return max(1, int((width - 2 * _RIM) / (0.45 + 0.07 * max(map(len, labels)))))
