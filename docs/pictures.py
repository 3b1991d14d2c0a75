"""Pictures of the README, drawn from a run of the demo city.

Usage: python docs/pictures.py RUN OUT.png
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.patches import Patch

from landsim.io.store import open_run

CHANGES = {
    "legal": "#d7301f",
    "renewal": "#7a0177",
    "consolidation": "#3690c0",
    "linkage": "#02818a",
    "abandon": "#636363",
}


def draw(folder: Path, target: Path) -> None:
    """Draw start, end and what changed in between, with the three lines."""
    run = open_run(folder)
    legend, (first, last) = run.legend, (run.years[0], run.years[-1])
    figure, axes = plt.subplots(1, 3, figsize=(15, 5.6), layout="constrained")
    palette = np.ones((256, 3))
    for row in legend.rows:
        palette[row.code] = to_rgb(row.colour)
    for axis, year in zip(axes, (first, last), strict=False):
        axis.imshow(palette[run.landcover_at(year)], interpolation="nearest")
        axis.set_title(f"Land use {year}")
    _changes(axes[2], run)
    names = {row.code: row for row in legend.rows if np.any(run.landcover_at(first) == row.code)}
    handles = [Patch(color=row.colour, label=row.name) for row in names.values()]
    figure.legend(handles=handles, loc="outside lower left", ncol=7, frameon=False, fontsize=9)
    for axis in axes:
        axis.set_axis_off()
    figure.savefig(target, dpi=110)


def _changes(axis: plt.Axes, run: object) -> None:
    """Show every conversion by its kind over the red line, basic farmland and boundary."""
    shape = run.grid.shape
    backdrop = np.ones((*shape, 3)) * 0.97
    backdrop[run.layer_at_start("pbf") > 0] = to_rgb("#fff7bc")
    backdrop[run.layer_at_start("erl") > 0] = to_rgb("#c7e9c0")
    udb = np.isin(run.layer_at_start("udb"), (1, 2))
    backdrop[udb] = backdrop[udb] * 0.88
    axis.imshow(backdrop, interpolation="nearest")
    events = run.events[run.events["layer"] == "lu"]
    handles = [Patch(color="#c7e9c0", label="red line"), Patch(color="#fff7bc", label="basic farmland"),
               Patch(color="#d6d6d6", label="development boundary")]  # fmt: skip
    for kind, colour in CHANGES.items():
        cells = events.loc[events["kind"] == kind, "cell"].to_numpy()
        if cells.size:
            mask = np.full(shape[0] * shape[1], np.nan)
            mask[cells] = 0.0
            axis.imshow(mask.reshape(shape), cmap=ListedColormap([colour]), interpolation="nearest")
            handles.append(Patch(color=colour, label=f"{kind} ({cells.size:,} ha)"))
    axis.set_title(f"What changed, {run.years[0]}-{run.years[-1]}")
    axis.legend(handles=handles, loc="upper right", fontsize=8)


if __name__ == "__main__":
    draw(Path(sys.argv[1]), Path(sys.argv[2]))
