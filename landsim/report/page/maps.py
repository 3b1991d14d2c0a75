"""Maps of a report: a small PNG in an SVG with scale bar and north arrow, and the legend beside it."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from landsim.landscape.grid import Grid
from landsim.landscape.legend import Land, Legend
from landsim.report.card.map import length_text, round_length
from landsim.report.page import planes
from landsim.report.page.lines import lines_of
from landsim.report.page.outline import outline
from landsim.report.page.planes import Plane, factor_of
from landsim.report.page.run import ReportedRun
from landsim.report.words import Words

# Colours of the model classes, in the families of planning maps (yellow, red, brown, green, blue): searched for the
# largest least difference between any two as normal, red-blind, green-blind and blue-blind readers see them.
LAND_COLOURS: dict[Land, str] = {
    Land.ARABLE: "#fbf3c0",
    Land.OTHER_AG: "#f2cd66",
    Land.FOREST: "#2e5829",
    Land.GRASS: "#a4d88d",
    Land.WETLAND: "#82f5ff",
    Land.WATER: "#80a8ff",
    Land.RURAL: "#c68dc4",
    Land.URB_RES: "#e78c0d",
    Land.URB_SVC: "#ef2657",
    Land.URB_IND: "#45021d",
    Land.TRANS: "#4e4354",
    Land.GREEN: "#029564",
    Land.SPECIAL_RES: "#6a4fd1",
    Land.UNUSED: "#c8c1b2",
    Land.SEA: "#181d53",
}
# After Okabe and Ito's set, on greys and farther apart in lightness.
CHANGE_COLOURS = ("#f4f4f4", "#b8b8b8", "#c1440e", "#f0a818", "#d38be0", "#009e73", "#08357a")
LINE_COLOURS = ("#f4f4f4", "#c1440e", "#f0d442", "#006d5b")
OUTLINE = "#1b1b1b"
DIFFERENCE_COLOURS = ("#f4f4f4", "#b8b8b8", "#08357a", "#c1440e", "#d38be0")
_WIDE, _TALLEST, _LEAST = 1000, 1250, 40
"""Width of a drawing, and the largest height and smallest side of the map in it, in its own units."""
_LABEL = 150
_STRIP, _FINE = 74, 0.6
"""Height of the strip below a map, and how much finer strip and text are where a map fills the page."""


class Swatch(NamedTuple):
    """An entry of a legend."""

    colour: str
    name: str
    area: str
    line: bool = False


class Picture(NamedTuple):
    """A map of the page: its title, its drawing as SVG, its legend, and whether it fills the page."""

    title: str
    svg: str
    legend: list[Swatch]
    big: bool = False


class Edge(NamedTuple):
    """An outline over a map, as the data of a path, and its entry in the legend."""

    path: str
    swatch: Swatch


class Frame(NamedTuple):
    """Size of the map in its drawing, and how fine the text around it is."""

    wide: float
    tall: float
    fine: float

    @classmethod
    def of(cls, plane: Plane, big: bool = False) -> Frame:
        """Fit a plane into a drawing; one that is very narrow or flat is drawn broader than it is."""
        rows, columns = plane.shape
        wide = min(_WIDE, _TALLEST * columns / rows)
        return cls(max(wide, _LEAST), max(wide * rows / columns, _LEAST), _FINE if big else 1.0)


def land_picture(run: ReportedRun, plane: Plane, year: int, title: str, words: Words) -> Picture:
    """Draw land cover with the classes that occur and their areas."""
    legend = run.folder.legend
    cells, colours = run.counts[year], land_colours(legend)
    there = [row for row in legend.rows if cells[row.code]]
    areas = _areas([cells[row.code] for row in there], run.folder.grid, words)
    entries = [Swatch(colours[row.code], words.land(row, legend), area) for row, area in zip(there, areas, strict=True)]
    return Picture(title, map_svg(plane, colours, run.folder.grid, title, words), entries)


def land_colours(legend: Legend) -> dict[int, str]:
    """Colour of each code; of several codes of one model class all but the first keep the legend's own."""
    colours: dict[int, str] = {}
    for row in legend.rows:
        colour = LAND_COLOURS.get(row.model_class, row.colour)
        colours[row.code] = row.colour if colour in colours.values() else colour
    return colours


def change_picture(run: ReportedRun, words: Words, big: bool = False) -> Picture:
    """Draw what changed between the first and the last year, with the outline of the boundary."""
    title = words("maps.change", start=run.start, end=run.end, run=run.name)
    plane, cells = planes.change_plane(run.folder, run.start, run.end)
    names = [words(f"change_kinds.{kind}") for kind in planes.CHANGES]
    edge = boundary(run, Frame.of(plane, big), words)
    return kinds_picture(plane, cells, CHANGE_COLOURS, names, run.folder.grid, title, words, big, edge)


def line_picture(run: ReportedRun, words: Words) -> Picture | None:
    """Draw the control lines at the start; None where there are none."""
    found = planes.line_plane(run.folder)
    if found is None:
        return None
    names = [words(f"line_kinds.{kind}") for kind in planes.LINES]
    title = words("maps.lines", year=run.start)
    return kinds_picture(*found, LINE_COLOURS, names, run.folder.grid, title, words)


def difference_picture(base: ReportedRun, run: ReportedRun, words: Words, big: bool = False) -> Picture:
    """Draw where a run ends otherwise than the base."""
    plane, cells = planes.difference_plane(base.folder, run.folder, run.end)
    named = {"run": run.name, "base": base.name}
    names = [words(f"difference_kinds.{kind}", **named) for kind in planes.DIFFERENCES]
    title, edge = words("maps.difference", year=run.end, **named), boundary(base, Frame.of(plane, big), words)
    return kinds_picture(plane, cells, DIFFERENCE_COLOURS, names, run.folder.grid, title, words, big, edge)


def boundary(run: ReportedRun, frame: Frame, words: Words) -> Edge | None:
    """Outline of the urban development boundary at the end of a run; None where it has none or one too ragged."""
    masks = lines_of(run).get("udb")
    return None if masks is None else outlined(masks[1], run.folder.grid, frame, words)


def outlined(inside: npt.NDArray[np.bool_], grid: Grid, frame: Frame, words: Words) -> Edge | None:
    """Outline of the cells inside the urban development boundary; None where there are none, or it is too ragged."""
    coarse = planes.mode_of_blocks(inside.astype(np.uint8), factor_of(grid.shape))
    path = outline(coarse > 0, frame.wide, frame.tall)
    area = _areas([int(np.count_nonzero(inside))], grid, words)[0]
    named = Swatch(OUTLINE, words("maps.outline"), area, line=True)
    return Edge(path, named) if path else None


def coarse_note(grid: Grid, words: Words) -> str | None:
    """Say how far the maps are simplified; None where a pixel is a cell."""
    side = factor_of(grid.shape)
    return None if side == 1 else words("maps.coarse", metres=words.number(side * grid.cell_size), side=side)


def paletted_png(plane: Plane, colours: dict[int, str]) -> bytes:
    """Encode a plane as a PNG with a palette; codes without a colour are white."""
    paletted = Image.frombytes("P", plane.shape[::-1], np.ascontiguousarray(plane).tobytes())
    table = np.full((256, 3), 255, dtype=np.uint8)
    for code, colour in colours.items():
        table[code] = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    paletted.putpalette(table.tobytes())
    stream = io.BytesIO()
    paletted.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def kinds_picture(
    plane: Plane, cells: npt.NDArray[Any], colours: Sequence[str], names: Sequence[str],
    grid: Grid, title: str, words: Words, big: bool = False, edge: Edge | None = None,
) -> Picture:  # fmt: skip
    """Draw a plane of kinds that count from 1, with those that occur in the legend."""
    there = [code for code in range(1, len(colours) + 1) if cells[code]]
    areas = _areas([cells[code] for code in there], grid, words)
    entries = [Swatch(colours[code - 1], names[code - 1], area) for code, area in zip(there, areas, strict=True)]
    svg = map_svg(plane, dict(enumerate(colours, start=1)), grid, title, words, big, edge)
    return Picture(title, svg, [*entries, *([edge.swatch] if edge else [])], big)


def _areas(cells: Sequence[int], grid: Grid, words: Words) -> list[str]:
    return words.alike([float(count) * grid.cell_area_ha for count in cells], "ha")


def map_svg(
    plane: Plane, colours: dict[int, str], grid: Grid, title: str, words: Words, big: bool = False,
    edge: Edge | None = None,
) -> str:  # fmt: skip
    """Put a plane into an SVG; scale bar and north arrow stand in a strip below, where no data lie under them."""
    frame = Frame.of(plane, big)
    east = plane.shape[1] * factor_of(grid.shape) * grid.cell_size
    size = f'width="{frame.wide:.0f}" height="{frame.tall:.0f}"'
    data = base64.b64encode(paletted_png(plane, colours)).decode("ascii")
    parts = [
        f'<svg class="map" viewBox="0 0 {_WIDE} {frame.tall + _STRIP * frame.fine:.0f}" role="img" '
        'preserveAspectRatio="xMinYMin" '
        f'aria-label="{_attribute(words("maps.alt", title=title))}" xmlns="http://www.w3.org/2000/svg">',
        f'<image href="data:image/png;base64,{data}" {size} preserveAspectRatio="none"/>',
        f'<path d="{edge.path}" fill="none" stroke="{OUTLINE}" stroke-width="{2 * frame.fine}"/>' if edge else "",
        f'<rect {size} fill="none" stroke="#888" stroke-width="2"/>',
        f'<g transform="translate(0 {frame.tall:.0f}) scale({frame.fine})">',
        _scale_bar(round_length(0.35 * east), frame.wide / east / frame.fine, words),
        _north_arrow(max(frame.wide, _WIDE / 4) / frame.fine, words),
        "</g></svg>",
    ]
    return "".join(parts)


def _scale_bar(length: float, scale: float, words: Words) -> str:
    """Draw a bar of a round length in two halves, with the length in words; `scale` is units of the drawing a metre."""
    wide, text = length * scale, length_words(length, words)
    told = (
        f'<text x="2" y="62" font-size="30">0</text><text x="{wide:.1f}" y="62" font-size="30" '
        f'text-anchor="middle">{text}</text>'
    )
    if wide < _LABEL:
        told = f'<text x="2" y="62" font-size="30">{text}</text>'
    return (
        f'<rect x="2" y="16" width="{wide:.1f}" height="12" fill="#fff" stroke="#222" stroke-width="2"/>'
        f'<rect x="2" y="16" width="{wide / 2:.1f}" height="12" fill="#222"/>{told}'
    )


def length_words(length: float, words: Words) -> str:
    """Write a length in m or km in the language."""
    text = length_text(length)
    return text.replace(" km", " 公里").replace(" m", " 米") if words.lang == "zh" else text


def _north_arrow(right: float, words: Words) -> str:
    x = round(right - 30)
    return (
        f'<path d="M{x} 8 l14 50 l-14 -12 l-14 12 z" fill="#222"/>'
        f'<text x="{x - 24}" y="46" font-size="32" text-anchor="end">{words("maps.north")}</text>'
    )


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
