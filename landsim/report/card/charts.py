"""Charts of a validation card: figures of merit with intervals, agreement by resolution, the characteristic curve."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes

from landsim.report.card.map import DARK, length_text
from landsim.report.page.charts import width_of

CLASSES_AT_MOST = 12
_ROOM = 18
FAINT = "#d9d9d9"


class Look(NamedTuple):
    """How a map is named and drawn in every chart."""

    label: str
    colour: str
    marker: str
    line: str


LOOKS = {
    "simulation": Look("simulation", DARK, "o", "-"),
    "density": Look("density, observed gains", "#009988", "D", "-."),
    "density_simulated": Look("density, simulated gains", "#77cbc2", "d", "-."),
    "random": Look("random, observed changes", "#999999", "X", ":"),
    "null": Look("no change", "#cc6600", "s", "--"),
}


def draw_merits(axis: Axes, card: Mapping[str, Any]) -> None:
    """Bars of the figure of merit of the simulation and of the baselines, with 95 % intervals."""
    rows = {name: card if name == "simulation" else card["baselines"][name] for name in LOOKS}
    reach = max([0.01, *(_finite(edge) for row in rows.values() for edge in (row["fom"], *row["interval"]["fom"]))])
    for place, (name, row) in enumerate(rows.items()):
        value = _finite(row["fom"])
        axis.barh(place, value, height=0.62, color=LOOKS[name].colour)
        end = _draw_interval(axis, value, row["interval"]["fom"], place)
        told = f"{row['fom']:.3f}" if math.isfinite(row["fom"]) else "undefined"
        axis.text(end + 0.02 * reach, place, told, va="center", fontsize=8, color=DARK)
    axis.set(yticks=range(len(rows)), xlim=(0, 1.25 * reach), ylim=(len(rows) - 0.5, -0.5))
    axis.set_yticklabels([LOOKS[name].label.replace(", ", ",\n") for name in rows])
    _finish(axis, "Figure of merit, all classes", "hits, of all change observed or simulated", grid="x")


def draw_gains(axis: Axes, card: Mapping[str, Any], names: Mapping[int, str]) -> None:
    """Gain figure of merit of each class beside density and random placing, with 95 % intervals."""
    gains = list(card["by_class"].items())[:CLASSES_AT_MOST]
    _finish(axis, "Gain by class" + _left_out(card), "gain figure of merit", grid="x")
    if not gains:
        _say(axis, "no class gained a cell")
        return
    marks: dict[str, list[tuple[int, Mapping[str, Any]]]] = {"random": [], "density": [], "simulation": []}
    for place, (_, gain) in enumerate(gains):
        marks["simulation"].append((place, gain))
        for name in ("random", "density"):
            marks[name].append((place, gain["baselines"][name]["observed"]))
    for shift, (name, rows) in zip((0.24, 0.12, 0), marks.items(), strict=True):
        look = LOOKS[name]
        for place, row in rows:
            _draw_interval(axis, _finite(row["fom"]), row["interval"]["fom"], place + shift, look.colour)
        places, values = [place + shift for place, _ in rows], [row["fom"] for _, row in rows]
        axis.plot(values, places, look.marker, color=look.colour, markersize=5, label=look.label, clip_on=False)
    axis.set(yticks=range(len(gains)), ylim=(max(len(gains), 3) - 0.5, -0.5))
    axis.set_yticklabels([_short(names.get(code, f"code {code}")) for code, _ in gains])
    axis.set_xlim(0, max(0.02, 1.05 * axis.get_xlim()[1]))


def draw_resolution(axis: Axes, resolution: Mapping[str, Any], cell_size: float) -> None:
    """Agreement of the maps at coarser and coarser blocks, and where the simulation meets no change."""
    levels, meeting = resolution["levels"], resolution["null_resolution"]
    edges = [level["block"] * cell_size for level in levels]
    curves = {
        "simulation": [level["agreement"] for level in levels],
        "density": [level["agreement"] for level in resolution["baselines"]["density"]["levels"]],
        "random": [level["agreement"] for level in resolution["baselines"]["random"]["levels"]],
        "null": [level["null_agreement"] for level in levels],
    }
    for name, values in curves.items():
        look = LOOKS[name]
        met = f" (met at {length_text(meeting * cell_size)})" if name == "null" and math.isfinite(meeting) else ""
        axis.plot(
            edges, 100 * np.array(values), look.line, marker=look.marker, markersize=3, color=look.colour,
            linewidth=1.4, label=look.label + met,
        )  # fmt: skip
    if math.isfinite(meeting):
        axis.axvline(meeting * cell_size, color="#cc6600", linewidth=0.8, linestyle=":")
    axis.set_xscale("log", base=2)
    ticks = edges[:: max(1, math.ceil(len(edges) / 6))]
    low, high = axis.get_ylim()
    axis.set(xlim=(edges[0] / 1.4, edges[-1] * 1.4), ylim=(max(low, 0), min(high, 101)))
    axis.set_xticks(ticks, [length_text(edge).replace(" ", "\n") for edge in ticks], minor=False)
    axis.set_xticks([], minor=True)
    axis.legend(fontsize=7, loc="best", handlelength=2.6, edgecolor="none", framealpha=0.8)
    _finish(axis, "Agreement by resolution", "edge of a block", "cells that agree, %")


def draw_characteristic(axis: Axes, card: Mapping[str, Any], names: Mapping[int, str], cell_ha: float) -> None:
    """Total operating characteristic of the class that gained most, in its parallelogram, with the simulation in it."""
    known = [code for code, curve in card["toc"].items() if math.isfinite(curve["auc"])]
    if not known:
        _finish(axis, "Total operating characteristic", "", "")
        _say(axis, "no class gained some, but not all,\nof its candidate cells")
        return
    code = known[0]
    curve, gain = card["toc"][code], card["by_class"][code]
    cells, gained = gain["candidates"], gain["gain_observed"]
    unit, scale = ("km²", cell_ha / 100) if cells * cell_ha >= 1000 else ("ha", cell_ha)
    rim = np.array([[0, 0], [gained, gained], [cells, gained], [cells - gained, 0], [0, 0]]) * scale
    axis.plot(*rim.T, color="#999999", linewidth=0.8, linestyle="--", label="bounds")
    axis.plot(*np.array([[0, 0], [cells, gained]]).T * scale, color="#999999", linewidth=0.8, linestyle=":")
    score = LOOKS["density"]._replace(label="density") if curve["score"] == "density" else None
    look = score or LOOKS["simulation"]._replace(label="suitability")
    size, hits = np.array(curve["size"]) * scale, np.array(curve["hits"]) * scale
    axis.plot(size, hits, color=look.colour, linewidth=1.6, label=f"{look.label} (AUC {curve['auc']:.3f})")
    at = (gain["gain_simulated"] * scale, gain["hits"] * scale)
    axis.plot(*at, LOOKS["simulation"].marker, color=DARK, markersize=6, label="simulation", clip_on=False)
    axis.set(xlim=(0, cells * scale), ylim=(0, gained * scale * 1.02))
    axis.legend(fontsize=7, frameon=False, loc="lower right")
    title = f"TOC, gain of {_short(names.get(code, f'code {code}'))}"
    _finish(axis, title, f"hits + false alarms, {unit}", f"hits, {unit}")


def _draw_interval(axis: Axes, value: float, edges: Sequence[float], place: float, colour: str = "black") -> float:
    """Draw an interval if there is one; gives the right end of what is drawn."""
    if not math.isfinite(edges[0]):
        return value
    axis.plot(edges, [place, place], color="white", linewidth=3.0, solid_capstyle="butt", alpha=0.8)
    axis.plot(edges, [place, place], color=colour, linewidth=1.1, solid_capstyle="butt")
    axis.plot(edges, [place, place], "|", color=colour, markersize=5)
    return max(value, edges[1])


def _finish(axis: Axes, title: str, x: str, y: str = "", grid: Any = "both") -> None:
    axis.set_title(title, loc="left", fontsize=9.5, color=DARK)
    axis.set_xlabel(x, fontsize=8.5)
    axis.set_ylabel(y, fontsize=8.5)
    axis.tick_params(labelsize=8, length=2.5)
    axis.grid(axis=grid, color=FAINT, linewidth=0.5)
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)


def _say(axis: Axes, words: str) -> None:
    """Put a sentence where there is nothing to draw."""
    axis.set(xticks=[], yticks=[])
    axis.text(0.5, 0.5, words, transform=axis.transAxes, ha="center", va="center", fontsize=9, color="#666666")


def _left_out(card: Mapping[str, Any]) -> str:
    more = len(card["by_class"]) - CLASSES_AT_MOST
    return f" ({CLASSES_AT_MOST} greatest of {len(card['by_class'])})" if more > 0 else ""


def _short(name: str) -> str:
    """Write a name in the room of some letters: the first and the last of one that is longer."""
    name = name.replace("_", " ")
    if width_of(name) <= _ROOM:
        return name
    wide = 2 if width_of(name) > len(name) else 1
    return f"{name[: 8 // wide]}…{name[-(9 // wide) :]}"


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 0.0
