"""Map of hits, misses and false alarms, with scale bar and north arrow, of any size and shape."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch, Rectangle

from landsim.indicators.maps import OUTSIDE, Codes, MapTrio
from landsim.landscape.grid import Grid

PIXELS_AT_MOST = 1500
DARK = "#222222"

OUTSIDE_MAP, STILL, STILL_BUILT, HIT, MISS, FALSE_ALARM, WRONG_HIT = range(7)
# Paul Tol's high-contrast set and a light cyan: apart in lightness too, so for every colour vision and in print.
KINDS = {
    STILL: ("no change in either map", "#ececec"),
    STILL_BUILT: ("the same, built-up at the start", "#b4b4b4"),
    HIT: ("hit", "#004488"),
    MISS: ("miss", "#ddaa33"),
    FALSE_ALARM: ("false alarm", "#bb5566"),
    WRONG_HIT: ("change to another class than observed", "#33bbee"),
}


def kinds_of_cells(trio: MapTrio, simulated: Codes, built: Collection[int] = ()) -> Codes:
    """Sort cells by what became of them, uint8, shape (height, width): the keys of `KINDS`, 0 where not compared.

    Parameters
    ----------
    trio : MapTrio
    simulated : numpy.ndarray of uint8, shape (height, width)
        Class index a cell in the map that is judged.
    built : collection of int
        Codes of built-up land.
    """
    start, observed = trio.start, trio.observed
    still = np.full(256, STILL, dtype=np.uint8)
    still[: trio.codes.size][np.isin(trio.codes, sorted(built))] = STILL_BUILT
    kinds = still[start]
    changed, moved = observed != start, simulated != start
    kinds[changed & ~moved] = MISS
    kinds[~changed & moved] = FALSE_ALARM
    kinds[changed & moved] = WRONG_HIT
    kinds[changed & (simulated == observed)] = HIT
    kinds[start == OUTSIDE] = OUTSIDE_MAP
    return kinds


def image_of(kinds: Codes) -> npt.NDArray[np.uint8]:
    """Colours of a map of kinds, uint8, shape (h, w, 3), at most `PIXELS_AT_MOST` a side.

    Where several cells share a pixel it shows their mean colour, so that no kind gains or loses area.
    """
    step = max(1, math.ceil(max(kinds.shape) / PIXELS_AT_MOST))
    palette = np.array([(1.0, 1.0, 1.0), *(to_rgb(colour) for _, colour in KINDS.values())], dtype=np.float32)
    image = np.zeros((*(-(-size // step) for size in kinds.shape), 3), dtype=np.float32)
    cells = np.zeros((*image.shape[:2], 1), dtype=np.float32)
    for row, col in np.ndindex(step, step):
        colours = palette[kinds[row::step, col::step]]
        height, width = colours.shape[:2]
        image[:height, :width] += colours
        cells[:height, :width] += 1
    return np.asarray(np.rint(255 * image / cells), dtype=np.uint8)


def draw_kinds(axis: Axes, kinds: Codes, grid: Grid, title: str) -> None:
    """Draw a map of kinds in metres, with its frame and title."""
    east, south = metres(grid)
    axis.imshow(image_of(kinds), extent=(0, east, 0, south), interpolation="antialiased", aspect="equal")
    axis.set(xticks=[], yticks=[])
    axis.set_title(title, loc="left", fontsize=9.5, color=DARK)
    for side in axis.spines.values():
        side.set(color="#999999", linewidth=0.6)


def draw_scale(axis: Axes, grid: Grid, north: str = "N", written: Callable[[float], str] | None = None) -> None:
    """Draw scale bar and north arrow into a strip as wide as the map, which no data lie under.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
    grid : Grid
    north : str
        Word beside the arrow.
    written : callable, optional
        Writes a length; `length_text` by default.
    """
    east, _ = metres(grid)
    axis.set(xlim=(0, east), ylim=(0, 1))
    axis.axis("off")
    bar = round_length(0.4 * east)
    axis.add_patch(Rectangle((0, 0.55), bar, 0.16, facecolor=DARK, edgecolor=DARK, linewidth=0.5))
    axis.add_patch(Rectangle((bar / 2, 0.55), bar / 2, 0.16, facecolor="white", edgecolor=DARK, linewidth=0.5))
    axis.text(0, 0.42, (written or length_text)(bar), va="top", fontsize=8, color=DARK)
    arrow = {"arrowstyle": "-|>", "color": DARK, "lw": 1.3, "shrinkA": 0, "shrinkB": 0}
    axis.annotate("", xy=(0.97 * east, 1.0), xytext=(0.97 * east, 0.15), arrowprops=arrow)
    axis.text(0.97 * east, 0.5, f"{north}  ", ha="right", va="center", fontsize=8.5, color=DARK)


def swatches(kinds: Collection[int]) -> list[Patch]:
    """Entries of the legend for the kinds that occur."""
    style: dict[str, Any] = {"edgecolor": "#777777", "linewidth": 0.5}
    return [Patch(facecolor=colour, label=label, **style) for kind, (label, colour) in KINDS.items() if kind in kinds]


def metres(grid: Grid) -> tuple[float, float]:
    """Width and height of a grid, m."""
    left, bottom, right, top = grid.bounds
    return abs(right - left), abs(top - bottom)


def round_length(most: float) -> float:
    """Greatest of 1, 2, 5 times a power of ten that is not above `most`.

    Examples
    --------
    >>> round_length(430.0), round_length(999.0), round_length(0.3)
    (200.0, 500.0, 0.2)
    """
    power = 10.0 ** math.floor(math.log10(most))
    return next(step * power for step in (5, 2, 1) if step * power <= most * (1 + 1e-9))


def length_text(length: float) -> str:
    """Write a length in m or km.

    Examples
    --------
    >>> length_text(30.0), length_text(5010.0), length_text(122880.0)
    ('30 m', '5 km', '123 km')
    """
    if length < 1000:
        return f"{length:.3g} m"
    return f"{length / 1000:.2g} km" if length < 10_000 else f"{length / 1000:.0f} km"
