"""A comparison as a picture: differences of the main indicators with their intervals, and where building differs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from landsim.indicators.money import FLOWS
from landsim.io.atomic import new_file
from landsim.report.card.map import DARK, draw_scale, metres
from landsim.report.letters import picture_style
from landsim.report.page.charts import text_families
from landsim.report.page.maps import length_words
from landsim.report.page.run import stamps
from landsim.report.words import Words
from landsim.scenario.compare import RunComparison

SHOWN = (
    "built_ha", "urban_ha", "arable_ha", "erl_intrusion_ha", "pbf_intrusion_ha", "illegal_ha", "unmet_ha", "population",
    "urbanisation", "housing_queue", "vacancy", "price", "commute", "service_access", "income_gini", "form_compactness",
    "form_patches", "form_edge_density", "form_outlying", "use_mix", "land_revenue", "compensation", "grain",
    "ecological_share", "service_value", "carbon", "eq3",
)  # fmt: skip
"""Indicators that the figure and the table on the terminal show; the files hold them all."""
SUMMED = tuple(name for name in SHOWN if name in FLOWS)
"""Of these, those that are shown as sums over the years of the runs."""
PIXELS_AT_MOST = 1200


def write_compare_figure(path: Path, comparison: RunComparison, names: tuple[str, str], words: Words) -> None:
    """Draw a comparison into a PNG file, whole or not at all.

    Parameters
    ----------
    path : pathlib.Path
    comparison : RunComparison
    names : tuple of str
        What A and B are called.
    words : Words
        Of a language that this machine has letters for (`drawable`).

    Raises
    ------
    InputError
        If the disk is full or the place is not writable.
    """
    with picture_style():
        figure = compare_figure(comparison, names, words)
        with new_file(path) as aside:
            figure.savefig(aside, dpi=130, format="png", metadata={"Software": None})


def drawable(lang: str) -> str:
    """Language in which a picture can be drawn here: English where no Chinese font is found."""
    return lang if lang == "en" or len(text_families()) > 1 else "en"


def rows_of(comparison: RunComparison) -> dict[str, dict[str, Any]]:
    """Differences of the `SHOWN` indicators of the city: columns of the table by indicator.

    They are of the last year, and of the sum over all years for those `SUMMED`.
    """
    table = comparison.at_end(indicators=SHOWN, summed=SUMMED)
    found = {
        str(row["indicator"]): {str(name): value for name, value in row.items()} for row in table.to_dict("records")
    }
    return {name: found[name] for name in SHOWN if name in found}


def compare_figure(comparison: RunComparison, names: tuple[str, str], words: Words) -> Figure:
    """Draw differences in percent of A on the left, and the map of where building differs on the right."""
    figure = Figure(figsize=(13.5, 7.2), facecolor="white", layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.1))
    pairs = len(comparison.pairs)
    kind = words("compare.pairs", n=pairs) if pairs > 1 else words("compare.one_pair")
    title = words("compare.title", a=names[0], b=names[1], year=comparison.years[-1], kind=kind)
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    told = stamps([run.manifest for run in comparison.pairs[0]], words)
    figure.supxlabel("\n".join(told), x=0.01, ha="left", fontsize=8.5, fontweight="bold", color="#5c2e00")
    _draw_differences(left, comparison, words)
    _draw_map(right, figure, comparison, names, words)
    return figure


def _draw_differences(axis: Axes, comparison: RunComparison, words: Words) -> None:
    rows = rows_of(comparison)
    for place, row in enumerate(rows.values()):
        base = abs(float(row["a"]))
        scale = 100 / base if base else math.nan
        colour = DARK if row["significant"] or len(comparison.pairs) == 1 else "#8a8a8a"
        edges = [scale * float(row[edge]) for edge in ("low", "high")]
        if all(map(math.isfinite, edges)):
            axis.plot(edges, [place, place], color=colour, linewidth=1.6)
        axis.plot(scale * float(row["difference"]), place, "o", color=colour, markersize=4.5)
        if not base:
            unit = str(row["unit"])
            told = words("compare.from_zero", value=words.amount(float(row["b"]), unit), unit=words.unit(unit))
            axis.text(0, place, f"  {told}", va="center", fontsize=7.5, color=DARK)
    axis.axvline(0, color="#999999", linewidth=0.8)
    axis.set_xscale("symlog", linthresh=1.0)
    axis.margins(x=0.05)  # no dot is cut by the frame
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set(yticks=range(len(rows)), ylim=(max(len(rows), 1) - 0.5, -0.5))
    axis.set_yticklabels([_label(name, comparison, words) for name in rows], fontsize=8.5)
    axis.set_xlabel(words("compare.axis"), fontsize=8.5)
    axis.grid(axis="x", color="#dddddd", linewidth=0.5)
    axis.spines[["top", "right"]].set_visible(False)


def _label(name: str, comparison: RunComparison, words: Words) -> str:
    """Name of an indicator, with the years where it is a sum over them."""
    if name not in SUMMED:
        return words.indicator(name)
    return words("compare.summed", name=words.indicator(name), first=comparison.years[0] + 1, last=comparison.years[-1])


def _draw_map(axis: Axes, figure: Figure, comparison: RunComparison, names: Sequence[str], words: Words) -> None:
    """Draw the difference of the shares of seeds in which a cell is built up, over what is built in A in grey."""
    grid = comparison.pairs[0][0].grid
    difference, significant = comparison.built_difference()
    east, south = metres(grid)
    shown = _coarse(difference)
    first = comparison.pairs[0][0]
    built = _coarse(first.legend.built[first.landcover_at(comparison.years[-1])].astype(np.float32))
    axis.imshow(built, extent=(0, east, 0, south), cmap="Greys", norm=Normalize(0, 4), interpolation="nearest")
    image = axis.imshow(
        np.where(shown == 0, np.nan, shown),
        extent=(0, east, 0, south),
        cmap="PuOr_r",
        norm=Normalize(-1, 1),
        interpolation="nearest",
    )
    axis.set(xticks=[], yticks=[])
    axis.set_facecolor("#ffffff")
    axis.set_title(words("compare.map"), loc="left", fontsize=9.5)
    figure.colorbar(image, ax=axis, shrink=0.6, label=words("compare.bar", a=names[0], b=names[1]))
    if len(comparison.pairs) > 1:
        told = words("compare.significant", n=words.number(int(significant.sum())))
        axis.legend(
            handles=[Patch(color="none", label=told)],
            loc="lower left", fontsize=8, handlelength=0, frameon=True, edgecolor="none",
        )  # fmt: skip
    strip = axis.inset_axes((0, -0.09, 1, 0.07))
    draw_scale(strip, grid, words("maps.north"), lambda length: length_words(length, words))


def _coarse(difference: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Show of each block the value farthest from 0, so that a narrow band of difference stays in sight."""
    step = max(1, math.ceil(max(difference.shape) / PIXELS_AT_MOST))
    if step == 1:
        return difference
    starts = [np.arange(0, size, step) for size in difference.shape]
    known = np.nan_to_num(difference)
    high, low = (
        reduce.reduceat(reduce.reduceat(known, starts[0], axis=0), starts[1], axis=1)
        for reduce in (np.maximum, np.minimum)
    )
    return np.where(high >= -low, high, low)
