"""Maps of a sweep: the share of the runs in which land changes, and where runs agree, over what was built before."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.io.store import RunFolder
from landsim.report.page.charts import FONTS
from landsim.report.page.maps import Frame, Picture, Swatch, coarse_note, kinds_picture, line_picture, outlined
from landsim.report.page.planes import Plane, factor_of, mode_of_blocks, slabs
from landsim.report.page.run import ReportedRun
from landsim.report.sweep.drawing import Drawing
from landsim.report.sweep.view import SweepView
from landsim.report.words import Words
from landsim.sweep.axes import folder_name
from landsim.sweep.bases import Base
from landsim.sweep.maps import CHANGES, CONTESTED, STAYS

BASES_AT_MOST = 6
EDGES = (0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
"""Upper ends of the classes of the share of runs."""
OPEN, BUILT = 1, 2

# Greys for what never changes, then one hue after another towards the dark, apart in lightness for every vision.
SHARE_COLOURS = ("#f4f4f4", "#b8b8b8", "#fde0a0", "#f9b24a", "#e5751f", "#b8366a", "#6f1d80", "#1d0a45")
AGREEMENT_COLOURS = ("#f4f4f4", "#b8b8b8", "#08357a", "#f0a818")
_LINE, _BELOW = 34, 12
_FONTS = FONTS.replace('"', "'")
_OPENING = re.compile(r'(<svg(?:[^>"]|"[^"]*")*>)(.*)', re.DOTALL)
_SLACK = 1e-6  # shares are written with single precision

Cells = npt.NDArray[np.int64]
Sort = Callable[[npt.NDArray[Any], npt.NDArray[np.bool_]], Plane]


def sweep_pictures(view: SweepView) -> Iterator[tuple[str, Picture]]:
    """Yield the maps with names for their files: two of each base that has maps, then the control lines."""
    for base in [view.plan.bases[number] for number in view.land][:BASES_AT_MOST]:
        folder, run = view.folder.maps / folder_name(base.labels), view.samples[base.number]
        yield f"change-{base.number + 1}", _share_picture(folder / "change.tif", run, base, view)
        if view.land[base.number].runs > 1:
            yield f"agreement-{base.number + 1}", _agreement_picture(folder / "robust.tif", run, base, view)
    for number, run in _first_of_scenarios(view):
        scenario = view.plan.bases[number].labels["scenario"]
        lines = line_picture(ReportedRun(run, scenario), view.words)
        if lines is not None:
            title = f"{lines.title}{view.words('page.colon')}{scenario}" if "scenario" in view.varying else lines.title
            yield f"lines-{number + 1}", lines._replace(title=title)


def map_notes(view: SweepView) -> list[str]:
    """Say how far the maps are simplified, and how many there are beyond those shown."""
    notes = [coarse_note(view.samples[number].grid, view.words) for number in list(view.land)[:1]]
    if len(view.land) > BASES_AT_MOST:
        notes.append(view.words("sweep.maps.further", n=BASES_AT_MOST, of=len(view.land)))
    return [note for note in notes if note]


def with_legend(name: str, picture: Picture, words: Words) -> Drawing:
    """Make a map a drawing that stands alone, with its legend under it."""
    opening = _OPENING.match(picture.svg)
    assert opening is not None, "a map is an SVG element"
    head, rest = opening.groups()
    wide, high = (int(size) for size in head.partition('viewBox="0 0 ')[2].partition('"')[0].split())
    tall = high + _BELOW + _LINE * -(-len(picture.legend) // 2)
    head = head.replace(f'viewBox="0 0 {wide} {high}"', f'viewBox="0 0 {wide} {tall}" width="{wide}" height="{tall}"')
    entries = []
    for i, entry in enumerate(picture.legend):
        x, y = (i % 2) * wide // 2, high + _BELOW + _LINE * (i // 2)
        told = f"{escape(entry.name)}{words('page.colon')}{entry.area} {words.unit('ha')}"
        entries.append(f'{_mark(entry, x, y)}<text x="{x + 40}" y="{y + 18}" font-size="21">{told}</text>')
    style = f'font-family="{_FONTS}" style="image-rendering:pixelated"'
    body = rest.removesuffix("</svg>") + "".join(entries)
    return Drawing(name, picture.title, f"{head}<g {style}>{body}</g></svg>")


def _mark(entry: Swatch, x: int, y: int) -> str:
    """Draw the colour of an entry as a box, or as a line where it is one."""
    if entry.line:
        return f'<path d="M{x + 1} {y + 10}h30" stroke="{entry.colour}" stroke-width="3"/>'
    return f'<rect x="{x + 1}" y="{y}" width="30" height="20" fill="{entry.colour}" stroke="#666"/>'


def _first_of_scenarios(view: SweepView) -> Iterator[tuple[int, RunFolder]]:
    seen = set[str]()
    for number in view.land:
        scenario = view.plan.bases[number].labels["scenario"]
        if scenario not in seen and len(seen) < BASES_AT_MOST:
            seen.add(scenario)
            yield number, view.samples[number]


def _share_picture(path: Path, run: RunFolder, base: Base, view: SweepView) -> Picture:
    """Draw the share of the runs in which a cell changes, in classes."""
    words = view.words

    def sort(share: npt.NDArray[Any], built: npt.NDArray[np.bool_]) -> Plane:
        kinds = np.digitize(share - _SLACK, EDGES, right=True).astype(np.uint8) + np.uint8(BUILT + 1)
        kinds[share <= 0.0] = OPEN
        kinds[(share <= 0.0) & built] = BUILT
        kinds[share < 0.0] = 0
        return kinds

    title = words("sweep.maps.change", name=view.name(base.labels))
    names = [words("sweep.maps.open"), words("sweep.maps.built"), *_share_names(words)]
    return _picture(path, run, sort, SHARE_COLOURS, names, title, words)


def _share_names(words: Words) -> list[str]:
    ends = [words.number(100 * edge) for edge in EDGES]
    first = words("sweep.maps.bin_first", high=ends[0])
    return [first, *(words("sweep.maps.bin", low=a, high=b) for a, b in itertools.pairwise(ends))]


def _agreement_picture(path: Path, run: RunFolder, base: Base, view: SweepView) -> Picture:
    """Draw robust and contested land."""
    words = view.words

    def sort(kind: npt.NDArray[Any], built: npt.NDArray[np.bool_]) -> Plane:
        kinds = np.zeros(kind.shape, dtype=np.uint8)
        kinds[kind == STAYS] = OPEN
        kinds[(kind == STAYS) & built] = BUILT
        kinds[kind == CHANGES], kinds[kind == CONTESTED] = BUILT + 1, BUILT + 2
        return kinds

    names = [words(f"sweep.maps.{name}") for name in ("stays_open", "stays_built")]
    names += [words(f"sweep.land_kinds.{name}") for name in ("robust_change", "contested")]
    title = words("sweep.maps.robust", name=view.name(base.labels))
    return _picture(path, run, sort, AGREEMENT_COLOURS, names, title, words)


def _picture(
    path: Path, run: RunFolder, sort: Sort, colours: Sequence[str], names: Sequence[str], title: str, words: Words
) -> Picture:
    """Sort the cells of a map into kinds, some rows at a time, and draw them."""
    import rasterio
    from rasterio.windows import Window

    grid, factor = run.grid, factor_of(run.grid.shape)
    parts, cells = [], np.zeros(256, dtype=np.int64)
    with rasterio.open(path) as dataset:
        for rows in slabs(grid, factor):
            values = dataset.read(1, window=Window(0, rows.start, grid.width, rows.stop - rows.start))
            kinds = sort(values, run.legend.built[run.maps([run.years[0]], rows)[0]])
            cells += np.bincount(kinds.reshape(-1), minlength=256)
            parts.append(mode_of_blocks(kinds, factor))
    plane = np.concatenate(parts)
    edge = outlined(run.layer_at_start("udb") > 0, grid, Frame.of(plane), words)
    return kinds_picture(plane, cells, colours, names, grid, title, words, edge=edge)
