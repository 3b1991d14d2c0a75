"""Charts of a report as SVG whose text is text, in fonts that a reader of Chinese has."""

from __future__ import annotations

import io
import itertools
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.ticker import FuncFormatter, MaxNLocator

FONTS = '"Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "Segoe UI", Arial, sans-serif'
"""Fonts of the page, the first that a reader's machine has."""
_LAYOUT_FONTS = ("Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC")

# Okabe and Ito's set, and dashes for those who cannot tell it either.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), "-.", (0, (8, 2)), (0, (3, 1, 1, 1, 1, 1)), "-")
HATCHES = ("", "///", "...", "xx", "\\\\\\", "++", "oo")
_WIDE, _HIGH = 4.1, 2.3

Series = tuple[Sequence[float], Sequence[float]]


def lines(title: str, unit: str, series: Mapping[str, Series]) -> str:
    """Draw one line a run over the years."""
    with _figure(title, unit, len(series) > 1) as (figure, axis):
        for (name, (years, values)), colour, dash in zip(
            series.items(), _endless(COLOURS), _endless(DASHES), strict=False
        ):
            axis.plot(years, values, color=colour, linestyle=dash, linewidth=1.7, label=name)
        axis.margins(y=0.15)
        _whole_years(axis, [year for years, _ in series.values() for year in years])
        return _svg(figure, title)


def stacked(
    title: str,
    unit: str,
    years: Sequence[int],
    parts: Mapping[str, Sequence[float]],
    line: Series | None = None,
    line_name: str = "",
) -> str:
    """Draw bars a year, one upon another, and a line of what was allowed."""
    with _figure(title, unit, bool(parts)) as (figure, axis):
        foot = [0.0] * len(years)
        for (name, values), colour, hatch in zip(parts.items(), _endless(COLOURS), _endless(HATCHES), strict=False):
            if not any(values):
                continue
            axis.bar(
                years, values, bottom=foot, color=colour, hatch=hatch, edgecolor="white", linewidth=0.4, label=name
            )
            foot = [a + b for a, b in zip(foot, values, strict=True)]
        if line is not None:
            axis.step(*line, where="mid", color="#000000", linewidth=1.4, label=line_name)
        axis.set_ylim(bottom=0)
        _whole_years(axis, years)
        return _svg(figure, title)


@contextmanager
def _figure(title: str, unit: str, legend: bool) -> Iterator[tuple[Figure, Axes]]:
    """Give an empty figure under the settings of the page; the legend is drawn above by `_svg`."""
    families = _families()
    settings: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "landsim",
        "font.family": families,
        "font.size": 9,
        "hatch.linewidth": 0.6,
    }
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        if len(families) == 1:
            warnings.filterwarnings("ignore", "Glyph .* missing")  # only the layout guesses; the page has the fonts
        figure = Figure(figsize=(_WIDE, _HIGH + (0.35 if legend else 0)), layout="constrained")
        FigureCanvasSVG(figure)
        axis = figure.add_subplot()
        axis.set_title(f"{title} ({unit})" if unit else title, loc="left", fontsize=10)
        axis.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, min_n_ticks=1))
        axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}".replace("-", "−")))
        axis.yaxis.set_major_locator(MaxNLocator(nbins=5))
        axis.grid(axis="y", color="#dddddd", linewidth=0.6)
        axis.set_axisbelow(True)
        axis.spines[["top", "right"]].set_visible(False)
        yield figure, axis


def _whole_years(axis: Axes, years: Sequence[float]) -> None:
    """Show half a year beyond the first and the last, so that even one year has an axis of whole years."""
    if years:
        axis.set_xlim(min(years) - 0.5, max(years) + 0.5)


def _families() -> list[str]:
    """Fonts to measure text with: a Chinese one as well where this machine has one."""
    known = {font.name for font in fontManager.ttflist}
    return ["DejaVu Sans", *(name for name in _LAYOUT_FONTS if name in known)][:2]


def _svg(figure: Figure, title: str) -> str:
    """Write a figure as an SVG element for a page: fonts of the page, a spoken title, names that are not used twice."""
    axis = figure.axes[0]
    handles, labels = axis.get_legend_handles_labels()
    if len(labels) > 1:
        figure.legend(handles, labels, loc="outside lower left", ncols=2, frameon=False, fontsize=8.5)
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"font-family: [^;\"]*", "font-family: " + FONTS.replace('"', "'"), text)
    spoken = title.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return text.replace("<svg ", f'<svg class="chart" role="img" aria-label="{spoken}" ', 1)


def apart(svgs: Iterable[str]) -> list[str]:
    """Give the names inside each of several SVG elements a prefix, so that one page can hold them all."""
    return [_prefixed(svg, f"c{number}-") for number, svg in enumerate(svgs, start=1)]


def _prefixed(svg: str, prefix: str) -> str:
    svg = re.sub(r'\bid="', f'id="{prefix}', svg)
    svg = re.sub(r'href="#', f'href="#{prefix}', svg)
    return svg.replace("url(#", f"url(#{prefix}")


def _endless(values: Sequence[Any]) -> Iterator[Any]:
    return itertools.cycle(values)
