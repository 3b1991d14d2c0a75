"""Control lines of a report: their areas at start and end, what was built inside, and whether they overlap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.report.page_run import ReportedRun
from landsim.report.page_tables import Table
from landsim.report.words import Words

NAMES = ("erl", "pbf", "udb")

Layer = npt.NDArray[np.bool_]


def lines_of(run: ReportedRun) -> dict[str, tuple[Layer, Layer]]:
    """Each line that the place has, as a mask at the start and at the end, which the events of its layer give."""
    events = run.folder.events
    layers = events["layer"].astype(str)
    found = {}
    for name in NAMES:
        start = run.folder.layer_at_start(name)
        if start.any():
            moved = events[layers == name]
            end = start.copy()
            end.reshape(-1)[moved["cell"].to_numpy()] = moved["to"].to_numpy()
            found[name] = (start > 0, end > 0)
    return found


def line_table(runs: Sequence[ReportedRun], words: Words) -> Table | None:
    """Area of every line and the construction land inside it, at the start and at the end; None without lines."""
    first, rows = runs[0], []
    for run in runs:
        built = [run.folder.legend.built[run.folder.landcover_at(year)] for year in (run.start, run.end)]
        for name, masks in lines_of(run).items():
            label = words(f"lines.{name}")
            if not run.manifest["scenario"]["lines"][name]:
                label += f" ({words('lines.is_off')})"
            areas = [_ha(mask, run, words) for mask in masks]
            inside = [_ha(mask & land, run, words) for mask, land in zip(masks, built, strict=True)]
            rows.append([*([run.name] if len(runs) > 1 else []), label, *areas, *inside])
    if not rows:
        return None
    heads = [words("tables.line")]
    for key, year in (("area_start", first.start), ("area_end", first.end)):
        heads.append(f"{words(f'tables.{key}', year=year)} ({words.unit('ha')})")
    for key, year in (("built_start", first.start), ("built_end", first.end)):
        heads.append(f"{words(f'tables.{key}', year=year)} ({words.unit('ha')})")
    if len(runs) > 1:
        heads.insert(0, words("page.run"))
    return Table(words("sections.lines"), heads, rows, len(heads) - 4)


def line_notes(run: ReportedRun, words: Words) -> list[str]:
    """Say how much of the new construction lies inside the boundary, and how far lines overlap at the end."""
    lines = lines_of(run)
    legend, area = run.folder.legend, run.folder.grid.cell_area_ha
    before, after = (legend.built[run.folder.landcover_at(year)] for year in (run.start, run.end))
    new, notes = after & ~before, []
    if "udb" in lines:
        inside = int(np.count_nonzero(new & lines["udb"][1])) * area
        total = int(np.count_nonzero(new)) * area
        notes.append(words("lines.inside", inside=words.number(inside), total=words.number(total)))
    if len(lines) > 1:
        ends: Any = [end.astype(np.uint8) for _, end in lines.values()]
        overlap = int(np.count_nonzero(np.sum(ends, axis=0, dtype=np.uint8) > 1)) * area
        notes.append(words("lines.overlap", ha=words.number(overlap)))
    return notes


def _ha(mask: Layer, run: ReportedRun, words: Words) -> str:
    return words.amount(int(np.count_nonzero(mask)) * run.folder.grid.cell_area_ha, "ha")
