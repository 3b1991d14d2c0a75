"""Downloads: maps, tables, the scenario with its levers and the report, as files in memory."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from landsim.core.errors import InputError, Problem
from landsim.dashboard.figure import Line, map_figure
from landsim.dashboard.layers import DIFFERENCE, LINE_COLOURS, Picture, changes_with_time, difference, picture
from landsim.dashboard.outlines import outlines
from landsim.dashboard.runs.finished import FinishedRun
from landsim.dashboard.runs.history import LANDCOVER, Window
from landsim.dashboard.runs.live import LiveRun
from landsim.dashboard.runs.track import Track
from landsim.dashboard.views import Frame, whole
from landsim.dashboard.words import say, term, unit_text
from landsim.scenario.manifest import UNCALIBRATED

if TYPE_CHECKING:
    import pandas as pd

_INDICATORS = ("year", "district", "indicator", "value", "unit")
_UNMET = ("year", "class", "district", "cells", "ha", "mu", "rule")


@dataclass(frozen=True)
class View:
    """What the map shows: a layer of a run in a year, or where another run differs from it.

    Attributes
    ----------
    track : Track
    layer : str
    year : int
    other : Track or None
        The other run, where the map shows the difference.
    """

    track: Track
    layer: str
    year: int
    other: Track | None = None

    @property
    def name(self) -> str:
        """Name of the layer."""
        return self.layer if self.other is None else DIFFERENCE

    def picture(self, window: Window, lang: str) -> Picture:
        """Draw it."""
        if self.other is not None:
            return difference(self.track, self.other, self.year, window, lang)
        return picture(self.track, self.layer, self.year, window, lang)

    def file_name(self, ending: str) -> str:
        """Name a file after run, layer and year."""
        moment = f"_{self.year}" if changes_with_time(self.name) else ""
        return f"{self.track.about.name}_{self.name}{moment}.{ending}"


def map_geotiff(view: View) -> bytes:
    """Write a layer as a cloud-optimised GeoTIFF, land cover with colours and names of its classes."""
    from landsim.io.geotiff import write_geotiff

    track, year, kinds = view.track, view.year, dict[str, Any]()
    if view.name == LANDCOVER:
        values, kinds = track.history.at(year), {"legend": track.legend}
    elif view.name in track.history.first:
        values = track.history.at(year, view.name)
    elif view.name in track.statics:
        values = track.statics[view.name]
    else:
        values = view.picture(whole(Frame.of(track.grid), track.grid.size), "en").values
        kinds = {"nodata": 0}
    with tempfile.TemporaryDirectory(prefix="landsim-map-") as folder:
        path = Path(folder) / "map.tif"
        write_geotiff(path, np.ascontiguousarray(values), track.grid, cog=True, **kinds)
        return path.read_bytes()


def map_png(view: View, lines: tuple[str, ...], lang: str) -> bytes:
    """Draw the map with legend, scale and reservations, in English where this machine has no Chinese font."""
    from landsim.report.compare.figure import drawable

    track, lang = view.track, drawable(lang)
    frame, window = Frame.of(track.grid), whole(Frame.of(track.grid))
    drawn = [
        Line(term(lang, name), LINE_COLOURS[name], outlines(track.history.at(view.year, name), frame)[0])
        for name in lines
        if name in track.history.first
    ]
    moment = f", {view.year}" if changes_with_time(view.name) else ""
    title = f"{track.about.title or track.about.name}: {term(lang, view.name)}{moment}"
    shown = view.picture(window, lang)
    shown = replace(shown, unit=unit_text(lang, shown.unit))
    return map_figure(shown, window, track.grid, title, drawn, reservations(track, lang))


def reservations(track: Track, lang: str) -> list[str]:
    """Say what a reader of results must not miss."""
    told = [say(lang, "uncalibrated")] if track.about.rules == UNCALIBRATED else []
    if track.about.constructed:
        lines = ", ".join(term(lang, name) for name in track.about.constructed)
        told.append(say(lang, "constructed", lines=lines))
    return told


def tables(runs: Sequence[tuple[str, Track]]) -> dict[str, pd.DataFrame]:
    """Indicators, unmet demand and the legend as data frames; of two runs, with a first column that says which.

    Parameters
    ----------
    runs : sequence of (str, Track)
        Name and run.
    """
    import pandas as pd

    parts = [_tables(track) for _, track in runs]
    if len(runs) > 1:
        for (name, _), found in zip(runs, parts, strict=True):
            for table in found.values():
                table.insert(0, "run", name)
    return {name: pd.concat([found[name] for found in parts], ignore_index=True) for name in parts[0]}


def _tables(track: Track) -> dict[str, pd.DataFrame]:
    import pandas as pd

    legend = [{**vars(row), "model_class": row.model_class.name} for row in track.legend.rows]
    return {
        "indicators": pd.DataFrame(track.indicator_rows(), columns=list(_INDICATORS)),
        "unmet": pd.DataFrame(track.unmet(), columns=list(_UNMET)),
        "legend": pd.DataFrame(legend),
    }


def tables_csv(runs: Sequence[tuple[str, Track]]) -> bytes:
    """Write the tables as CSV files in a ZIP archive, in UTF-8 with a mark, so that spreadsheets read Chinese names."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, table in tables(runs).items():
            text = table.to_csv(index=False, lineterminator="\n")
            archive.writestr(f"{name}.csv", ("\ufeff" + text).encode("utf-8"))
    return out.getvalue()


def tables_xlsx(runs: Sequence[tuple[str, Track]]) -> bytes:
    """Write the tables as sheets of an Excel file."""
    import pandas as pd

    out = io.BytesIO()
    with pd.ExcelWriter(out, engine="openpyxl") as book:
        for name, table in tables(runs).items():
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


Ask = Callable[[Callable[[LiveRun | FinishedRun], Any]], Any]
"""Lets the thread of a run do something with it, and waits for what comes of it."""


def report_html(runs: Sequence[Ask], lang: Literal["zh", "en"]) -> bytes:
    """Write the report of a run, or of two that are compared; a live one is saved aside first.

    Raises
    ------
    InputError
        If the runs do not go together, or this installation has no report.
    """
    try:
        from landsim.report.page.write import write_report
    except ImportError:
        raise InputError(Problem("report", say(lang, "no_report"))) from None
    with tempfile.TemporaryDirectory(prefix="landsim-report-") as folder:
        places = [Path(folder) / letter for letter in "AB"]
        paths = [ask(partial(_folder, place)) for ask, place in zip(runs, places, strict=False)]
        out = Path(folder) / "report.html"
        write_report(paths, out, lang)
        return out.read_bytes()


def _folder(place: Path, run: LiveRun | FinishedRun) -> Path:
    return run.save(place) if isinstance(run, LiveRun) else run.folder.path
