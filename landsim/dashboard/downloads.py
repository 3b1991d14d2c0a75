"""Downloads: maps, tables, the scenario with its levers and the report, as files in memory."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from landsim.core.errors import InputError, Problem
from landsim.dashboard.history import LANDCOVER
from landsim.dashboard.layers import Picture, changes_with_time, picture
from landsim.dashboard.live import LiveRun
from landsim.dashboard.track import Track
from landsim.dashboard.views import Frame, png, whole
from landsim.dashboard.words import say, term

if TYPE_CHECKING:
    import pandas as pd

    from landsim.dashboard.finished import FinishedRun

_INDICATORS = ("year", "district", "indicator", "value", "unit")
_UNMET = ("year", "class", "district", "cells", "ha", "mu", "rule")


def map_geotiff(track: Track, layer: str, year: int) -> bytes:
    """Write a layer as a cloud-optimised GeoTIFF, land cover with colours and names of its classes."""
    from landsim.io.geotiff import write_geotiff

    kinds: dict[str, Any] = {}
    if layer == LANDCOVER:
        values, kinds = track.history.at(year), {"legend": track.legend}
    elif layer in track.history.first:
        values = track.history.at(year, layer)
    elif layer in track.statics:
        values = track.statics[layer]
    else:
        values, kinds = (
            picture(track, layer, year, whole(Frame.of(track.grid), track.grid.size), "en").values,
            {"nodata": 0},
        )
    with tempfile.TemporaryDirectory(prefix="landsim-map-") as folder:
        path = Path(folder) / "map.tif"
        write_geotiff(path, np.ascontiguousarray(values), track.grid, cog=True, **kinds)
        return path.read_bytes()


def map_png(shown: Picture) -> bytes:
    """Write a view as it is on the page."""
    return png(shown)


def file_name(track: Track, layer: str, year: int, ending: str) -> str:
    """Name a file after run, layer and year."""
    moment = f"_{year}" if changes_with_time(layer) else ""
    return f"{track.about.name}_{layer}{moment}.{ending}"


def tables(track: Track) -> dict[str, pd.DataFrame]:
    """Indicators, unmet demand and the legend as data frames."""
    import pandas as pd

    legend = [{**vars(row), "model_class": row.model_class.name} for row in track.legend.rows]
    return {
        "indicators": pd.DataFrame(track.indicator_rows(), columns=list(_INDICATORS)),
        "unmet": pd.DataFrame(track.unmet(), columns=list(_UNMET)),
        "legend": pd.DataFrame(legend),
    }


def tables_csv(track: Track) -> bytes:
    """Write the tables as CSV files in a ZIP archive, in UTF-8 with a mark, so that spreadsheets read Chinese names."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, table in tables(track).items():
            text = table.to_csv(index=False, lineterminator="\n")
            archive.writestr(f"{name}.csv", ("﻿" + text).encode("utf-8"))
    return out.getvalue()


def tables_xlsx(track: Track) -> bytes:
    """Write the tables as sheets of an Excel file."""
    import pandas as pd

    out = io.BytesIO()
    with pd.ExcelWriter(out, engine="openpyxl") as book:
        for name, table in tables(track).items():
            table.to_excel(book, sheet_name=name, index=False, freeze_panes=(1, 0))
    return out.getvalue()


def scenario_yaml(run: LiveRun) -> bytes:
    """Write the scenario as it was played, the levers that were moved as dated shocks.

    It goes into the folder of the scenario that was opened: its data catalogue is named as there.
    """
    import yaml

    played = run.scenario()
    tree = played.model_dump(mode="json", exclude_defaults=True)
    plain = {**{"name": played.name, "start": played.start, "horizon": played.horizon}, **tree}
    head = (
        f"# {played.name} as it was played up to {run.year}; the levers that were moved are shocks.\n"
        f"# Put it beside {run.ready.source.path.name}, from where its data are named, then: landsim run THIS_FILE\n"
    )
    return (head + yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=110)).encode("utf-8")


def report_html(run: LiveRun | FinishedRun, lang: Literal["zh", "en"]) -> bytes:
    """Write the report of a run; a live one is saved aside first.

    Raises
    ------
    InputError
        If this installation has no report.
    """
    try:
        from landsim.report.page import write_report  # type: ignore[import-untyped, import-not-found, unused-ignore]
    except ImportError:
        raise InputError(Problem("report", say(lang, "no_report"))) from None
    with tempfile.TemporaryDirectory(prefix="landsim-report-") as folder:
        path = run.save(Path(folder) / "run") if isinstance(run, LiveRun) else run.folder.path
        out = Path(folder) / "report.html"
        write_report([path], out, lang)
        return out.read_bytes()


def layer_label(lang: str, name: str) -> str:
    """Name of a layer for people."""
    return term(lang, name)
