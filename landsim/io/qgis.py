"""QGIS styles: colours and names of land classes and control lines, in files and inside a GeoPackage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.sax.saxutils import quoteattr

from landsim.io.atomic import new_file
from landsim.landscape.legend import Legend, LegendRow

Entry = tuple[int, str, str]

LINES: dict[str, list[Entry]] = {
    "erl": [(1, "#4c9a8a", "生态保护红线 ecological red line"), (2, "#006d5b", "核心区 core of the red line")],
    "pbf": [(1, "#f0d442", "永久基本农田 permanent basic farmland")],
    "udb": [
        (1, "#c1440e", "城镇集中建设区 concentrated zone"),
        (2, "#e8a07a", "城镇弹性发展区 elastic zone"),
        (3, "#8a5a83", "特别用途区 special zone"),
    ],
}
"""Values of the control lines, with colour and label."""

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


def polygon_style(entries: Iterable[Entry], column: str) -> str:
    """Give a style (``.qml``) that fills polygons by the value of a column.

    Parameters
    ----------
    entries : iterable of (int, str, str)
        Value, ``#rrggbb`` and label of each category.
    column : str
        Column of integers.
    """
    categories, symbols = zip(*map(_category, enumerate(entries)), strict=True)
    return (
        f'{_HEAD}  <renderer-v2 type="categorizedSymbol" attr={quoteattr(column)}>\n    <categories>\n'
        + "\n".join(categories)
        + "\n    </categories>\n    <symbols>\n"
        + "\n".join(symbols)
        + "\n    </symbols>\n  </renderer-v2>\n</qgis>\n"
    )


def class_entries(legend: Legend) -> list[Entry]:
    """Categories of the classes of a legend, by code."""
    return [(row.code, row.colour, label_of(row)) for row in legend.rows]


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
    with new_file(path) as aside:
        aside.write_text(polygon_style(class_entries(legend), column), encoding="utf-8")


def write_default_styles(path: Path, styles: Mapping[str, str]) -> None:
    """Put styles into a GeoPackage, in the table in which QGIS looks for them when it opens a layer.

    Parameters
    ----------
    path : pathlib.Path
        A GeoPackage that holds the layers.
    styles : mapping of str to str
        Style by layer.
    """
    import pandas as pd
    from pyogrio import write_dataframe

    table = pd.DataFrame(
        [
            {
                "f_table_catalog": "", "f_table_schema": "", "f_table_name": layer, "f_geometry_column": "geom",
                "styleName": layer, "styleQML": style, "styleSLD": "", "useAsDefault": True, "description": "",
                "owner": "", "ui": "", "update_time": pd.Timestamp(0),
            }
            for layer, style in styles.items()
        ]
    )  # fmt: skip
    write_dataframe(table, path, layer="layer_styles", driver="GPKG", layer_options={"FID": "id"})


def label_of(row: LegendRow) -> str:
    """Name of a class in Chinese, where it has one, and in English."""
    return f"{row.name_zh} {row.name}".strip()


def _category(placed: tuple[int, Entry]) -> tuple[str, str]:
    """Category and symbol of an entry at a place of the list."""
    place, (value, colour, label) = placed
    rgb = ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    facts = {"color": f"{rgb},255", "outline_style": "no", "style": "solid"}
    options = "".join(f'<Option type="QString" name="{name}" value="{text}"/>' for name, text in facts.items())
    return (
        f'      <category value="{value}" symbol="{place}" label={quoteattr(label)} render="true"/>',
        f'      <symbol type="fill" name="{place}" alpha="1">'
        f'<layer class="SimpleFill" enabled="1" pass="0" locked="0"><Option type="Map">{options}</Option></layer>'
        f"</symbol>",
    )
