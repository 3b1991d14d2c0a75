"""Pictures of the README, drawn from a run: land use at the end, and what changed, over the control lines.

Usage: python docs/pictures.py RUN OUT.png
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import matplotlib
import numpy as np
import numpy.typing as npt
import pandas as pd

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from landsim.io.store import RunFolder, open_run

DOTS_AN_INCH = 100
DARK, BUILT_BEFORE = "#222222", "#a3a3ad"
LINES = {"red line": "#cfe8cf", "basic farmland": "#f6efc9"}
BOUNDARY = "#5e3c99"


class Change(NamedTuple):
    """One entry of the map of change; colours of Okabe and Ito (2008), told apart by every kind of colour vision."""

    label: str
    colour: str
    kind: str
    built: bool | None = None
    arable: bool | None = None


CHANGES = (
    Change("new urban building", "#d55e00", "legal", built=True),
    Change("renewal of built land", "#cc79a7", "renewal"),
    Change("orchard to arable", "#009e73", "legal", built=False, arable=True),
    Change("arable to orchard", "#e69f00", "legal", built=False, arable=False),
    Change("reclaimed for the balance", "#0072b2", "consolidation"),
    Change("village reclaimed", "#56b4e9", "linkage"),
    Change("abandoned", "#000000", "abandon"),
    Change("illegal building", "#7f0000", "illegal"),
)


def draw(folder: Path, target: Path) -> None:
    """Draw the land at the end and what changed since the start."""
    run = open_run(folder)
    first, last = run.years[0], run.years[-1]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 7.1))
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.19, top=0.95, wspace=0.03)
    seen = _draw_land(left, run, last)
    drawn = _draw_changes(right, run)
    left.set_title(f"Land use {last}", loc="left")
    right.set_title(f"What changed, {first} to {last}, over the control lines", loc="left")
    for axis, handles, columns in ((left, seen, 4), (right, drawn, 2)):
        _furnish(axis, run.grid.cell_size, run.grid.shape)
        axis.legend(
            handles=handles, loc="upper left", bbox_to_anchor=(0.0, -0.01), ncol=columns, frameon=False, fontsize=10,
            handlelength=1.3, handleheight=1.1, columnspacing=1.2, borderaxespad=0.2,
        )  # fmt: skip
    figure.savefig(target, dpi=DOTS_AN_INCH, pil_kwargs={"optimize": True})


def _draw_land(axis: Axes, run: RunFolder, year: int) -> list[Patch]:
    """Show every class in its own colour; gives the legend of those that occur."""
    land = run.landcover_at(year)
    palette = np.ones((256, 3))
    for row in run.legend.rows:
        palette[row.code] = to_rgb(row.colour)
    axis.imshow(palette[land], interpolation="nearest")
    here = np.bincount(land.reshape(-1), minlength=256) > 0
    return [_swatch(row.colour, row.name.replace("_", " ")) for row in run.legend.rows if here[row.code]]


def _draw_changes(axis: Axes, run: RunFolder) -> list[Artist]:
    """Show every conversion by what it came to; gives the legend with hectares."""
    image = np.ones((*run.grid.shape, 3))
    for layer, colour in zip(("erl", "pbf"), LINES.values(), strict=True):
        image[run.layer_at_start(layer) > 0] = to_rgb(colour)
    image[run.legend.built[run.landcover_at(run.years[0])]] = to_rgb(BUILT_BEFORE)
    handles: list[Artist] = [_swatch(colour, name) for name, colour in LINES.items()]
    handles.append(_swatch(BUILT_BEFORE, f"built up in {run.years[0]}"))
    flat = image.reshape(-1, 3)
    for change in CHANGES:
        cells = _cells(run, change)
        if cells.size:
            flat[cells] = to_rgb(change.colour)
            hectares = cells.size * run.grid.cell_area_ha
            handles.append(_swatch(change.colour, f"{change.label} ({hectares:,.0f} ha)"))
    axis.imshow(image, interpolation="nearest")
    axis.contour(np.isin(run.layer_at_start("udb"), (1, 2)), levels=[0.5], colors=BOUNDARY, linewidths=0.8)
    handles.insert(len(LINES), Line2D([], [], color=BOUNDARY, linewidth=1.2, label="development boundary"))
    return handles


def _cells(run: RunFolder, change: Change) -> npt.NDArray[np.int64]:
    """Cells of one entry, in the order of events."""
    events: pd.DataFrame = run.events
    to = events["to"].to_numpy()
    wanted = (events["layer"] == "lu").to_numpy() & (events["kind"] == change.kind).to_numpy()
    if change.built is not None:
        wanted &= run.legend.built[to] == change.built
    if change.arable is not None:
        wanted &= run.legend.arable[to] == change.arable
    return events["cell"].to_numpy()[wanted]


def _swatch(colour: str, label: str) -> Patch:
    return Patch(facecolor=colour, edgecolor="#777777", linewidth=0.5, label=label)


def _furnish(axis: Axes, cell_size: float, shape: tuple[int, int]) -> None:
    """Add a frame, a north arrow and a scale bar; no ticks."""
    axis.set(xticks=[], yticks=[])
    height, width = shape
    metres = 10.0 ** np.floor(np.log10(0.4 * width * cell_size))
    metres *= next(step for step in (5, 2, 1) if step * metres <= 0.4 * width * cell_size)
    bar, left, top = metres / cell_size, 0.04 * width, 0.94 * height
    axis.add_patch(Rectangle((0.02 * width, 0.895 * height), bar + 0.16 * width, 0.085 * height, fc="white", alpha=0.8))
    axis.add_patch(Rectangle((left, top), bar, 0.012 * height, color=DARK))
    axis.text(left, top - 0.01 * height, f"{metres / 1000:g} km", va="bottom", fontsize=10, color=DARK)
    arrow = {"arrowstyle": "-|>", "color": DARK, "lw": 1.6}
    x = left + bar + 0.08 * width
    axis.annotate("", xy=(x, 0.905 * height), xytext=(x, 0.972 * height), arrowprops=arrow)
    axis.text(x + 0.015 * width, 0.955 * height, "N", va="center", fontsize=10, color=DARK)


if __name__ == "__main__":
    draw(Path(sys.argv[1]), Path(sys.argv[2]))
