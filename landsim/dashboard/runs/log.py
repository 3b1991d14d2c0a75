"""Log: what changed in a finished run - year by year and cell by cell, from its events, or from its maps alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.dashboard.runs.history import LANDCOVER, History, Window
from landsim.dashboard.runs.why import Happened
from landsim.io.cube import CHUNK
from landsim.io.store import EVENTS, RunFolder
from landsim.transition.events import LAYERS

Changes = Mapping[str, npt.NDArray[Any]]
"""Columns ``layer``, ``cell`` and ``to``, as `History.add` takes them."""


def changes_of_the_log(run: Path) -> Iterator[tuple[int, Changes]]:
    """Yield the changes of land and lines of every year that has any, in order."""
    import pyarrow.parquet as pq

    table = pq.read_table(run / EVENTS, columns=["year", "layer", "cell", "to"])
    year, cell, to = (table[name].to_numpy() for name in ("year", "cell", "to"))
    texts = table["layer"].combine_chunks()
    words = texts.dictionary.to_pylist() if len(texts) else []
    codes = np.array([LAYERS.index(word) for word in words], dtype=np.uint8)
    layer: npt.NDArray[np.uint8] = codes[texts.indices.to_numpy()] if len(texts) else np.empty(0, np.uint8)
    for when in np.unique(year).tolist():
        rows = year == when
        yield int(when), {"layer": layer[rows], "cell": cell[rows], "to": to[rows]}


def changes_of_maps(run: RunFolder) -> Iterator[tuple[int, Changes]]:
    """Yield the changes of land of every year, read off the maps of a run that kept no events."""
    height, width = run.grid.shape
    found: dict[int, list[tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]]] = {year: [] for year in run.years[1:]}
    for top in range(0, height, CHUNK):
        maps = run.maps(run.years, slice(top, min(top + CHUNK, height)))
        maps = maps.reshape(len(run.years), -1)
        for i, year in enumerate(run.years[1:], start=1):
            changed = np.flatnonzero(maps[i] != maps[i - 1])
            found[year].append((changed + top * width, maps[i][changed]))
    for year, parts in found.items():
        cell, to = (np.concatenate(part) for part in zip(*parts, strict=True))
        yield year, {"layer": np.full(cell.size, LAYERS.index("lu"), np.uint8), "cell": cell, "to": to}


def logged_events(run: Path, cell: int) -> tuple[Happened, ...]:
    """Events of a cell, out of the log."""
    import pyarrow.parquet as pq

    table = pq.read_table(run / EVENTS, filters=[("cell", "==", cell)])
    return tuple(_event(row) for row in table.to_pylist())


def _event(row: Mapping[str, Any]) -> Happened:
    price = row["price"]
    return Happened(
        year=row["year"], layer=row["layer"], kind=row["kind"], before=row["from"], after=row["to"],
        agent=row["agent"], project=row["project"], tier=row["tier"],
        price=float(price) if price is not None and price > 0 else None,
    )  # fmt: skip


def mapped_events(history: History, cell: int) -> tuple[Happened, ...]:
    """Changes of a cell's land cover, read off the maps: when and into what, but not by whom."""
    row, col = divmod(cell, history.first[LANDCOVER].shape[1])
    window = Window(row, col, row + 1, col + 1)
    found, before = [], int(history.first[LANDCOVER][row, col])
    for year in history.years(LANDCOVER):
        after = int(history.at(year, LANDCOVER, window)[0, 0])
        if after != before:
            found.append(Happened(year, "lu", before, after))
        before = after
    return tuple(found)
