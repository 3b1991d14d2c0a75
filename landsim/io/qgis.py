"""QGIS styles: colours and names of land classes for rasters, and for polygons by a column of codes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import quoteattr

from landsim.io.atomic import new_file
from landsim.landscape.legend import Legend, LegendRow

_HEAD = '<!DOCTYPE qgis PUBLIC "http://mrcc.com/qgis.dtd" "SYSTEM">\n<qgis>\n'


def write_raster_style(path: Path, legend: Legend) -> None:
    """Write a style (``.qml``) of class colours and names; beside a raster of the same stem QGIS takes it up.

    Parameters
    ----------
    path : pathlib.Path
    legend : Legend

    Raises
    ------
    InputError
        If the disk is full or the folder not writable.
    """
    entries = "\n".join(
        f'        <paletteEntry value="{row.code}" color="{row.colour}" alpha="255" label={quoteattr(label_of(row))}/>'
        for row in legend.rows
    )
    text = (
        f'{_HEAD}  <pipe>\n    <rasterrenderer type="paletted" band="1" opacity="1" alphaBand="-1">\n'
        f"      <colorPalette>\n{entries}\n      </colorPalette>\n    </rasterrenderer>\n  </pipe>\n</qgis>\n"
    )
    with new_file(path) as aside:
        aside.write_text(text, encoding="utf-8")


def write_polygon_style(path: Path, legend: Legend, column: str) -> None:
    """Write a style (``.qml``) that fills polygons by the land-cover code in a column.

    Parameters
    ----------
    path : pathlib.Path
    legend : Legend
    column : str
        Column of integer codes.

    Raises
    ------
    InputError
        If the disk is full or the folder not writable.
    """
    categories, symbols = zip(*_categories(legend), strict=True)
    text = (
        f'{_HEAD}  <renderer-v2 type="categorizedSymbol" attr={quoteattr(column)}>\n    <categories>\n'
        + "\n".join(categories)
        + "\n    </categories>\n    <symbols>\n"
        + "\n".join(symbols)
        + "\n    </symbols>\n  </renderer-v2>\n</qgis>\n"
    )
    with new_file(path) as aside:
        aside.write_text(text, encoding="utf-8")


def label_of(row: LegendRow) -> str:
    """Name of a class in Chinese, where it has one, and in English."""
    return f"{row.name_zh} {row.name}".strip()


def _categories(legend: Legend) -> Iterator[tuple[str, str]]:
    """Category and symbol of each class."""
    for place, row in enumerate(legend.rows):
        rgb = ",".join(str(int(row.colour[i : i + 2], 16)) for i in (1, 3, 5))
        facts = {"color": f"{rgb},255", "outline_style": "no", "style": "solid"}
        options = "".join(f'<Option type="QString" name="{name}" value="{value}"/>' for name, value in facts.items())
        yield (
            f'      <category value="{row.code}" symbol="{place}" label={quoteattr(label_of(row))} render="true"/>',
            f'      <symbol type="fill" name="{place}" alpha="1">'
            f'<layer class="SimpleFill" enabled="1" pass="0" locked="0"><Option type="Map">{options}</Option></layer>'
            f"</symbol>",
        )
