"""Maps of a sweep as pictures: how likely each cell is to change, and where the runs agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from landsim.sweep.maps import CHANGES, CONTESTED, STAYS

MOST_PIXELS = 900
_COLOURS = {STAYS: "#dcdcd6", CHANGES: "#b2182b", CONTESTED: "#f4a582"}
_NAMES = {STAYS: "robust: stays", CHANGES: "robust: changes", CONTESTED: "contested"}


def map_figure(folder: Path, title: str) -> Figure:
    """Draw ``change.tif`` and ``robust.tif`` of a base side by side, thinned where they are large."""
    share, kind = _read(folder / "change.tif"), _read(folder / "robust.tif")
    height = 5.2 * share.shape[0] / share.shape[1]
    figure = Figure(figsize=(11.5, min(max(height, 2.5), 9.0) + 0.9), layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(title, fontsize=10)
    left, right = figure.subplots(1, 2)
    shown = left.imshow(np.ma.masked_less(share, 0.0), cmap="magma_r", vmin=0.0, vmax=1.0, interpolation="nearest")
    figure.colorbar(shown, ax=left, shrink=0.7, label="share of runs in which a cell changes")
    codes = list(_COLOURS)
    colours = ListedColormap([_COLOURS[code] for code in codes])
    right.imshow(np.ma.masked_equal(kind, 0), cmap=colours, vmin=min(codes) - 0.5, vmax=max(codes) + 0.5,
                 interpolation="nearest")  # fmt: skip
    right.legend(handles=[Patch(color=_COLOURS[c], label=_NAMES[c]) for c in codes], fontsize=8, loc="lower right")
    for axes in (left, right):
        axes.set_xticks([])
        axes.set_yticks([])
    return figure


def _read(path: Path) -> npt.NDArray[Any]:
    """Read a map, every n-th cell of it, so that it has no more pixels a side than a picture shows."""
    with rasterio.open(path) as dataset:
        thin = max(1, -(-max(dataset.shape) // MOST_PIXELS))
        values: npt.NDArray[Any] = dataset.read(1, out_shape=tuple(-(-n // thin) for n in dataset.shape))
    return values
