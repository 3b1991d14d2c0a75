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
from landsim.report import page_planes as planes
from landsim.report.card_map import length_text, round_length
from landsim.report.page_planes import Plane, factor_of
from landsim.report.page_run import ReportedRun
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
DIFFERENCE_COLOURS = ("#f4f4f4", "#b8b8b8", "#08357a", "#c1440e", "#d38be0")
_WIDE = 1000
_STRIP = 74


class Swatch(NamedTuple):
    """An entry of a legend."""

    colour: str
    name: str
    area: str


class Picture(NamedTuple):
    """A map of the page: its title, its drawing as SVG and its legend."""

    title: str
    svg: str
    legend: list[Swatch]


def land_picture(run: ReportedRun, plane: Plane, year: int, title: str, words: Words) -> Picture:
    """Draw land cover with the classes that occur and their areas."""
    legend = run.folder.legend
    cells, colours = run.counts[year], land_colours(legend)
    entries = [
        Swatch(colours[row.code], words.land(row, legend), _area(cells[row.code], run.folder.grid, words))
        for row in legend.rows
        if cells[row.code]
    ]
    return Picture(title, _svg(plane, colours, run.folder.grid, title, words), entries)


def land_colours(legend: Legend) -> dict[int, str]:
    """Colour of each code; of several codes of one model class all but the first keep the legend's own."""
    colours: dict[int, str] = {}
    for row in legend.rows:
        colour = LAND_COLOURS.get(row.model_class, row.colour)
        colours[row.code] = row.colour if colour in colours.values() else colour
    return colours


def change_picture(run: ReportedRun, words: Words) -> Picture:
    """Draw what changed between the first and the last year."""
    title = words("maps.change", start=run.start, end=run.end, run=run.name)
    plane, cells = planes.change_plane(run.folder, run.start, run.end)
    names = [words(f"change_kinds.{kind}") for kind in planes.CHANGES]
    return _kinds(plane, cells, CHANGE_COLOURS, names, run, title, words)


def line_picture(run: ReportedRun, words: Words) -> Picture | None:
    """Draw the control lines at the start; None where there are none."""
    found = planes.line_plane(run.folder)
    if found is None:
        return None
    names = [words(f"line_kinds.{kind}") for kind in planes.LINES]
    return _kinds(*found, LINE_COLOURS, names, run, words("maps.lines", year=run.start), words)


def difference_picture(base: ReportedRun, run: ReportedRun, words: Words) -> Picture:
    """Draw where a run ends otherwise than the base."""
    plane, cells = planes.difference_plane(base.folder, run.folder, run.end)
    named = {"run": run.name, "base": base.name}
    names = [words(f"difference_kinds.{kind}", **named) for kind in planes.DIFFERENCES]
    title = words("maps.difference", year=run.end, **named)
    return _kinds(plane, cells, DIFFERENCE_COLOURS, names, run, title, words)


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


def _kinds(
    plane: Plane, cells: npt.NDArray[Any], colours: Sequence[str], names: list[str],
    run: ReportedRun, title: str, words: Words,
) -> Picture:  # fmt: skip
    """Draw a plane of kinds that count from 1, with those that occur in the legend."""
    grid = run.folder.grid
    entries = [
        Swatch(colour, name, _area(cells[code], grid, words))
        for code, (colour, name) in enumerate(zip(colours, names, strict=True), start=1)
        if cells[code]
    ]
    return Picture(title, _svg(plane, dict(enumerate(colours, start=1)), grid, title, words), entries)


def _area(cells: int, grid: Grid, words: Words) -> str:
    return words.amount(float(cells) * grid.cell_area_ha, "ha")


def _svg(plane: Plane, colours: dict[int, str], grid: Grid, title: str, words: Words) -> str:
    """Put a plane into an SVG; scale bar and north arrow stand in a strip below, where no data lie under them."""
    factor = factor_of(grid.shape)
    east, south = plane.shape[1] * factor * grid.cell_size, plane.shape[0] * factor * grid.cell_size
    tall = round(_WIDE * south / east)
    data = base64.b64encode(paletted_png(plane, colours)).decode("ascii")
    parts = [
        f'<svg class="map" viewBox="0 0 {_WIDE} {tall + _STRIP}" role="img" '
        f'aria-label="{_attribute(words("maps.alt", title=title))}" xmlns="http://www.w3.org/2000/svg">',
        f'<image href="data:image/png;base64,{data}" width="{_WIDE}" height="{tall}" preserveAspectRatio="none"/>',
        f'<rect width="{_WIDE}" height="{tall}" fill="none" stroke="#888" stroke-width="2"/>',
        _scale_bar(round_length(0.35 * east), east, tall, words),
        _north_arrow(tall, words),
        "</svg>",
    ]
    return "".join(parts)


def _scale_bar(length: float, east: float, top: int, words: Words) -> str:
    """Draw a bar of a round length in two halves, with the length in words."""
    wide = _WIDE * length / east
    text = length_text(length)
    if words.lang == "zh":
        text = text.replace(" km", " 公里").replace(" m", " 米")
    return (
        f'<rect x="2" y="{top + 16}" width="{wide:.1f}" height="12" fill="#fff" stroke="#222" stroke-width="2"/>'
        f'<rect x="2" y="{top + 16}" width="{wide / 2:.1f}" height="12" fill="#222"/>'
        f'<text x="2" y="{top + 62}" font-size="30">0</text>'
        f'<text x="{wide:.1f}" y="{top + 62}" font-size="30" text-anchor="middle">{text}</text>'
    )


def _north_arrow(top: int, words: Words) -> str:
    x = _WIDE - 30
    return (
        f'<path d="M{x} {top + 8} l14 50 l-14 -12 l-14 12 z" fill="#222"/>'
        f'<text x="{x - 24}" y="{top + 46}" font-size="32" text-anchor="end">{words("maps.north")}</text>'
    )


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
