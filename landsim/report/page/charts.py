"""Charts of a report as SVG whose text is text, in fonts that a reader of Chinese has."""

from __future__ import annotations

import io
import itertools
import re
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Literal

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.font_manager import findSystemFonts, fontManager
from matplotlib.ticker import FuncFormatter, MaxNLocator

FONTS = '"Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "Segoe UI", Arial, sans-serif'
"""Fonts of the page, the first that a reader's machine has."""
_LAYOUT_FONTS = ("Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC")
_CHINESE_FILES = re.compile(r"(NotoSansCJK|SourceHanSans|msyh|PingFang)[^/]*$", re.IGNORECASE)

# Okabe and Ito's set, and dashes for those who cannot tell it either.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), "-.", (0, (8, 2)), (0, (3, 1, 1, 1, 1, 1)), "-")
HATCHES = ("", "///", "...", "xx", "\\\\\\", "++", "oo")
_LINES, _BARS = (3.2, 1.9), (4.1, 2.3)
"""Width and height of the two kinds of charts without their legends, inches: three, and two, stand side by side."""
_LEGEND_ROW = 0.18
_SHORT = 22

Series = tuple[Sequence[float], Sequence[float]]


def lines(title: str, unit: str, series: Mapping[str, Series]) -> str:
    """Draw one line a run over the years."""
    names = [f" {name}" if name.startswith("_") else name for name in series]  # matplotlib hides names like _x
    with _figure(title, unit, _LINES, names) as (figure, axis):
        looks = zip(names, series.values(), _endless(COLOURS), _endless(DASHES), strict=False)
        for name, (years, values), colour, dash in looks:
            mark = "o" if len(years) == 1 else None
            axis.plot(years, values, color=colour, linestyle=dash, linewidth=1.7, marker=mark, markersize=4, label=name)
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
    shown = [name for name, values in parts.items() if any(values)]
    with _figure(title, unit, _BARS, [*shown, *([line_name] if line else [])]) as (figure, axis):
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
def page_style() -> Iterator[None]:
    """Give matplotlib the settings of the page: text as text, names inside that do not change, fonts to measure by."""
    families = text_families()
    settings: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "landsim",
        "font.family": families,
        "font.size": 9,
        "hatch.linewidth": 0.6,
        "text.parse_math": False,  # names of runs may hold a dollar sign
    }
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        if len(families) == 1:
            warnings.filterwarnings("ignore", "Glyph .* missing")  # only the layout guesses; the page has the fonts
        yield


def empty_figure(wide: float, high: float) -> Figure:
    """Make a figure of so many inches that is written as SVG."""
    figure = Figure(figsize=(wide, high), layout="constrained")
    FigureCanvasSVG(figure)
    return figure


def plain_axis(axis: Axes, grid: Literal["x", "y"] = "y") -> None:
    """Give an axis the looks of the page, with amounts along one side."""
    amounts = axis.xaxis if grid == "x" else axis.yaxis
    amounts.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}".replace("-", "−")))
    amounts.set_major_locator(MaxNLocator(nbins=5))
    axis.grid(axis=grid, color="#dddddd", linewidth=0.6)
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)


@contextmanager
def _figure(title: str, unit: str, size: tuple[float, float], names: Sequence[str]) -> Iterator[tuple[Figure, Axes]]:
    """Give an empty figure under the settings of the page, with room for the legend that `_svg` draws."""
    with page_style():
        rows = -(-len(names) // _columns(names)) if len(names) > 1 else 0
        figure = empty_figure(size[0], size[1] + _LEGEND_ROW * rows)
        axis = figure.add_subplot()
        axis.set_title(title, loc="left", fontsize=10, pad=17 if unit else 6)
        axis.text(0, 1.03, unit, transform=axis.transAxes, fontsize=8.5, color="#444444")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, min_n_ticks=1))
        plain_axis(axis)
        yield figure, axis


def _whole_years(axis: Axes, years: Sequence[float]) -> None:
    """Show half a year beyond the first and the last, so that even one year has an axis of whole years."""
    if years:
        axis.set_xlim(min(years) - 0.5, max(years) + 0.5)


def text_families() -> list[str]:
    """Fonts to measure or draw text with: a Chinese one as well, the second, where this machine has one."""
    return ["DejaVu Sans", *_chinese_fonts()[:1]]


@cache
def _chinese_fonts() -> list[str]:
    """Chinese fonts of this machine, also those that came after matplotlib made its list of fonts."""
    if not (found := _listed_fonts()):
        for path in filter(_CHINESE_FILES.search, findSystemFonts()):
            fontManager.addfont(path)
        found = _listed_fonts()
    return found


def _listed_fonts() -> list[str]:
    known = {font.name for font in fontManager.ttflist}
    return [name for name in _LAYOUT_FONTS if name in known]


def _svg(figure: Figure, title: str) -> str:
    """Write a figure of one axis with its legend as an SVG element for a page."""
    axis = figure.axes[0]
    handles, labels = axis.get_legend_handles_labels()
    if len(labels) > 1:
        figure.legend(
            handles, labels, loc="outside lower left", ncols=_columns(labels), frameon=False, fontsize=8.5,
            handlelength=1.8, columnspacing=1.2, labelspacing=0.35,
        )  # fmt: skip
    return svg_element(figure, title)


def _columns(names: Sequence[str]) -> int:
    """Columns of a legend: two where the names are short."""
    return 2 if max(map(width_of, names), default=0) <= _SHORT else 1


def width_of(text: str) -> int:
    """Count the width of a text in letters; a Chinese character is as wide as two.

    Examples
    --------
    >>> width_of("ha"), width_of("公顷")
    (2, 4)
    """
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def svg_element(figure: Figure, spoken: str) -> str:
    """Write a figure as an SVG element: fonts of the page, and a text for those who do not see it."""
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"font-family: [^;\"]*", "font-family: " + FONTS.replace('"', "'"), text)
    spoken = spoken.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return text.replace("<svg ", f'<svg class="chart" role="img" aria-label="{spoken}" ', 1)


def apart(svgs: Iterable[str]) -> list[str]:
    """Give the names inside each of several SVG elements a prefix, so that one page can hold them all."""
    return [prefixed(svg, f"c{number}-") for number, svg in enumerate(svgs, start=1)]


def prefixed(svg: str, prefix: str) -> str:
    """Put a prefix before each name inside an SVG element."""
    svg = re.sub(r'\bid="', f'id="{prefix}', svg)
    svg = re.sub(r'href="#', f'href="#{prefix}', svg)
    return svg.replace("url(#", f"url(#{prefix}")


def _endless(values: Sequence[Any]) -> Iterator[Any]:
    return itertools.cycle(values)
