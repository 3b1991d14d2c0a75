"""Control lines of a report: their areas at start and end, what was built inside, and whether they overlap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.report.page.run import ReportedRun
from landsim.report.page.tables import Table
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
    first, rows, areas = runs[0], [], []
    for run in runs:
        built = [run.folder.legend.built[run.folder.landcover_at(year)] for year in (run.start, run.end)]
        for name, masks in lines_of(run).items():
            label = words(f"lines.{name}")
            if not run.manifest["scenario"]["lines"][name]:
                label += f" ({words('lines.is_off')})"
            rows.append([*([run.name] if len(runs) > 1 else []), label])
            areas += [_ha(mask, run) for mask in masks]
            areas += [_ha(mask & land, run) for mask, land in zip(masks, built, strict=True)]
    if not rows:
        return None
    heads = [words("tables.line")]
    for key, year in (("area_start", first.start), ("area_end", first.end)):
        heads.append(words.measured(words(f"tables.{key}", year=year), "ha"))
    for key, year in (("built_start", first.start), ("built_end", first.end)):
        heads.append(words.measured(words(f"tables.{key}", year=year), "ha"))
    if len(runs) > 1:
        heads.insert(0, words("page.run"))
    figures = words.alike(areas, "ha")
    filled = [[*row, *figures[4 * i : 4 * i + 4]] for i, row in enumerate(rows)]
    return Table(words("sections.lines"), heads, filled, len(heads) - 4)


def built_inside(run: ReportedRun, words: Words) -> str:
    """Say how much of the new construction lies inside the boundary; empty where there is none of one of them."""
    legend, lines = run.folder.legend, lines_of(run)
    before, after = (legend.built[run.folder.landcover_at(year)] for year in (run.start, run.end))
    new = after & ~before
    if "udb" not in lines or not new.any():
        return ""
    whole, part = _ha(new, run), _ha(new & lines["udb"][1], run)
    total, inside = words.alike([whole, part], "ha")
    return words("reading.inside" if part < whole else "reading.inside_all", total=total, inside=inside)


def line_notes(run: ReportedRun, words: Words) -> list[str]:
    """Say how much of the new construction lies inside the boundary, and how far lines overlap at the end."""
    lines = lines_of(run)
    notes = [built_inside(run, words)]
    if len(lines) > 1:
        ends: Any = [end.astype(np.uint8) for _, end in lines.values()]
        overlap: Layer = np.asarray(np.sum(ends, axis=0, dtype=np.uint8) > 1)
        notes.append(words("lines.overlap", ha=words.amount(_ha(overlap, run), "ha")))
    return [note for note in notes if note]


def _ha(mask: Layer, run: ReportedRun) -> float:
    return int(np.count_nonzero(mask)) * run.folder.grid.cell_area_ha
