"""Finished: a run folder as a page sees it; it is looked at and not gone on with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.core.errors import InputError, Problem
from landsim.dashboard.history import LANDCOVER, History
from landsim.dashboard.live import LINES, lacks
from landsim.dashboard.track import About, Track
from landsim.dashboard.why import Happened, Why
from landsim.io.store import RunFolder, open_run
from landsim.transition.events import LAYERS

OVERLAY_WORDS = {
    ("erl", 1): "red line", ("erl", 2): "red line core", ("pbf", 1): "basic farmland", ("udb", 0): "outside boundary",
    ("udb", 1): "concentrated zone", ("udb", 2): "elastic zone", ("udb", 3): "special zone",
}  # fmt: skip


class FinishedRun:
    """A finished run.

    Parameters
    ----------
    path : pathlib.Path

    Raises
    ------
    InputError
        If it is no run folder, was not finished, is damaged, or has another layout.
    """

    def __init__(self, path: Path) -> None:
        self.folder: RunFolder = open_run(path)
        try:
            self.track = _track(self.folder)
        except (OSError, KeyError, ValueError, IndexError) as fault:
            mend = "Make the run again, or copy the whole folder once more"
            reason = " ".join(str(fault).split())[:160]
            raise InputError(Problem(str(path), "run folder cannot be read", found=reason, mend=mend)) from fault

    def why(self, cell: int) -> Why:
        """Tell what is known of a cell at the end of the run; what its rules would say is not kept.

        Raises
        ------
        InputError
            If there is no such cell.
        """
        track, grid, year = self.track, self.track.grid, self.track.year
        if not 0 <= cell < grid.size:
            raise InputError(Problem("cell", "lies outside the map", found=str(cell)))
        row, col = divmod(cell, grid.width)
        x, y = grid.centres([cell])
        layer = track.statics.get("district")
        district = 0 if layer is None else int(layer.reshape(-1)[cell])
        return Why(
            cell=cell, row=row, col=col, x=float(x[0]), y=float(y[0]), year=year,
            code=int(track.history.at(year)[row, col]), district=district, overlays=self._overlays(row, col),
            events=self._events(cell), lacks=lacks(track, year, district),
        )  # fmt: skip

    def _overlays(self, row: int, col: int) -> tuple[str, ...]:
        history = self.track.history
        values = [(name, int(history.at(self.track.year, name)[row, col])) for name in LINES if name in history.first]
        return tuple(OVERLAY_WORDS[pair] for pair in values if pair in OVERLAY_WORDS)

    def _events(self, cell: int) -> tuple[Happened, ...]:
        import pyarrow.parquet as pq

        table = pq.read_table(self.folder.path / "events.parquet", filters=[("cell", "==", cell)])
        return tuple(_event(row) for row in table.to_pylist())


def _event(row: dict[str, Any]) -> Happened:
    price = row["price"]
    return Happened(
        year=row["year"], layer=row["layer"], kind=row["kind"], before=row["from"], after=row["to"],
        agent=row["agent"], project=row["project"], tier=row["tier"],
        price=float(price) if price is not None and price > 0 else None,
    )  # fmt: skip


def _track(run: RunFolder) -> Track:
    made, years = run.manifest, run.years
    about = About(
        name=made["name"], title=made["title"], description=made["description"], rules=made["rules"],
        constructed=tuple(made["constructed_lines"]), start=years[0], horizon=years[-1], seed=made["seed"], live=False,
    )  # fmt: skip
    lines = {name: layer for name in LINES if (layer := run.layer_at_start(name)).any()}
    district = run.layer_at_start("district")
    history = History(years[0], {LANDCOVER: run.landcover_at(years[0]), **lines})
    _fill(history, run)
    track = Track(about, run.grid, run.legend, history, {"district": district} if district.any() else {})
    columns = ("year", "district", "indicator", "value", "unit")
    track.add(years[-1], _rows(run.indicators, columns), _rows(run.unmet, tuple(run.unmet.columns)))
    return track


def _fill(history: History, run: RunFolder) -> None:
    """Hand the events of every year to the history."""
    import pyarrow.parquet as pq

    table = pq.read_table(run.path / "events.parquet", columns=["year", "layer", "cell", "to"])
    year, cell, to = (table[name].to_numpy() for name in ("year", "cell", "to"))
    texts = table["layer"].combine_chunks()
    words = texts.dictionary.to_pylist() if len(texts) else []
    codes = np.array([LAYERS.index(word) for word in words], dtype=np.uint8)
    layer: npt.NDArray[np.uint8] = codes[texts.indices.to_numpy()] if len(texts) else np.empty(0, np.uint8)
    for when in np.unique(year).tolist():
        rows = year == when
        history.add(int(when), {"layer": layer[rows], "cell": cell[rows], "to": to[rows]})


def _rows(table: Any, columns: tuple[str, ...]) -> list[Any]:
    """Rows of a data frame as plain tuples."""
    plain = [table[name].astype(object).tolist() for name in columns]
    return list(zip(*plain, strict=True))
