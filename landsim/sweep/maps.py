"""Maps: each cell's probability of change and of its class over the runs, entropy, robust and contested land."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.core.errors import InputError, Problem
from landsim.io.geotiff import BLOCK, geotiff_rows
from landsim.io.potential import file_stem
from landsim.io.store import open_run
from landsim.landscape.focal import row_blocks
from landsim.landscape.legend import LegendRow
from landsim.sweep.axes import folder_name
from landsim.sweep.folders import SweepFolder
from landsim.sweep.gather import removed_folder, replaced_folder
from landsim.sweep.plan import Plan

OUTSIDE, STAYS, CHANGES, CONTESTED = 0, 1, 2, 3
KINDS = {STAYS: "robust_stay", CHANGES: "robust_change", CONTESTED: "contested"}
"""Codes of ``robust.tif``; `OUTSIDE` is nodata."""

_COUNT_BYTES = 500_000_000
_NO_VALUE = -1.0

Counts = npt.NDArray[np.uint32]


@dataclass(frozen=True)
class Share:
    """How much land of a base is of a kind: cells and ha, over so many rows of the plan that have a run."""

    base: int
    kind: str
    cells: int
    ha: float
    runs: int


def write_maps(plan: Plan, folder: SweepFolder, runs: set[str]) -> list[Share]:
    """Write the maps of every base into a folder of its own, as GeoTIFF, and tell the areas.

    ``change.tif``: share of the runs in which a cell ends in another class than it began with; ``entropy.tif``: of
    the classes that it ends in, 0..1; ``robust.tif``: `KINDS`; ``class_NAME.tif``: share of the runs that end in a
    class, for each class that some cell leaves or enters in some run, also where its area stays.  One block of rows
    of one run is in memory at a time.

    A run counts as often as rows of the plan ask for it, as in the tables: points of a posterior sample may repeat.
    Maps of an earlier plan are gone where this one keeps none.

    Raises
    ------
    InputError
        If the disk is full, or a run cannot be read.
    """
    shares: list[Share] = []
    if "landcover" not in plan.sweep.keep or plan.sweep.function:
        removed_folder(folder.maps)
        return shares
    with replaced_folder(folder.maps) as aside:
        for base in plan.bases:
            named = Counter(row.run for row in plan.rows if row.base == base.number and row.run in runs)
            mine = {folder.run(run): times for run, times in named.items()}
            if mine:
                target = aside / folder_name(base.labels)
                target.mkdir(parents=True)
                shares += _write_base(base.number, mine, target, plan.sweep.questions.robust)
    return shares


def _write_base(base: int, runs: Mapping[Path, int], target: Path, robust: float) -> list[Share]:
    first, total = open_run(next(iter(runs))), sum(runs.values())
    grid, legend, codes = first.grid, first.legend, first.legend.codes
    classes = [_class_name(row) for row in legend.rows]
    moving, totals = np.zeros(len(codes), dtype=np.bool_), np.zeros(4, dtype=np.int64)
    with ExitStack() as files:
        write = {
            name: files.enter_context(geotiff_rows(target / f"{name}.tif", grid, np.float32, nodata=_NO_VALUE))
            for name in ("change", "entropy", *classes)
        }
        write_kind = files.enter_context(geotiff_rows(target / "robust.tif", grid, np.uint8, nodata=OUTSIDE))
        for rows in _blocks(grid.height, grid.width, len(codes)):
            start, counts, changed = _count(runs, rows, codes)
            outside, share = start == legend.nodata, changed / np.float32(total)
            by_class = (count / np.float32(total) for count in counts)
            planes = itertools.chain((share, entropy(counts, total)), by_class)
            for put, values in zip(write.values(), planes, strict=True):
                put(rows, np.where(outside, np.float32(_NO_VALUE), values).astype(np.float32))
            kind = kinds(share, outside, robust)
            write_kind(rows, kind)
            totals += np.bincount(kind.reshape(-1), minlength=4)
            moving |= [(count != total * (start == code)).any() for count, code in zip(counts, codes, strict=True)]
    for name in itertools.compress(classes, ~moving):
        (target / f"{name}.tif").unlink()
    return [
        Share(base, name, int(totals[code]), float(totals[code] * grid.cell_area_ha), total)
        for code, name in KINDS.items()
    ]


def _class_name(row: LegendRow) -> str:
    """Name of the map of a class, without what a file name cannot hold."""
    return f"class_{file_stem(row.name, row.code)}"


def kinds(share: npt.NDArray[Any], outside: npt.NDArray[np.bool_], robust: float) -> npt.NDArray[np.uint8]:
    """Tell robust from contested land by the share of runs in which it changes.

    Examples
    --------
    >>> kinds(np.array([0.0, 0.5, 0.95]), np.array([False, False, False]), 0.9).tolist()
    [1, 3, 2]
    """
    kind = np.full(share.shape, CONTESTED, dtype=np.uint8)
    kind[share <= 1.0 - robust + 1e-9] = STAYS
    kind[share >= robust - 1e-9] = CHANGES
    kind[outside] = OUTSIDE
    return kind


def entropy(counts: Counts, runs: int) -> npt.NDArray[np.float32]:
    """Shannon's entropy of the classes of a cell over the runs, of the largest that so many classes can have.

    Parameters
    ----------
    counts : numpy.ndarray of uint32, shape (classes, ...)
        Runs that end in each class.
    runs : int

    Examples
    --------
    >>> entropy(np.array([[2, 4], [2, 0]], dtype=np.uint32), 4).tolist()
    [1.0, 0.0]
    """
    total = np.zeros(counts.shape[1:])
    for count in counts:  # one class at a time, because there may be many
        share = np.maximum(count, 1) / np.float64(runs)
        total -= np.where(count > 0, share * np.log(share), 0.0)
    found: npt.NDArray[np.float32] = np.abs(total / np.log(max(len(counts), 2))).astype(np.float32)
    return found


def _blocks(height: int, width: int, classes: int) -> Iterator[slice]:
    """Blocks of rows whose counts take no more than `_COUNT_BYTES`."""
    fitting = _COUNT_BYTES // (4 * (classes + 1) * width)
    rows = max(BLOCK, fitting // BLOCK * BLOCK)
    return (rows for _, _, rows in row_blocks(height, rows, 0))


def _count(
    runs: Mapping[Path, int], rows: slice, codes: npt.NDArray[np.uint8]
) -> tuple[npt.NDArray[np.uint8], Counts, Counts]:
    """First map of some rows, runs that end in each class, and runs that change, each so many times, streamed."""
    start: npt.NDArray[np.uint8] | None = None
    counts = changed = np.empty(0, dtype=np.uint32)
    for path, times in runs.items():
        first, last = _ends(path, rows)
        if start is None:
            start = first
            counts, changed = (np.zeros((*size, *first.shape), dtype=np.uint32) for size in ((len(codes),), ()))
        elif first.shape != start.shape:
            raise InputError(Problem(str(path), "has another grid than the other runs of its scenario"))
        for i, code in enumerate(codes):
            counts[i] += np.uint32(times) * (last == code)
        changed += np.uint32(times) * (last != first)
    assert start is not None
    return start, counts, changed


def _ends(path: Path, rows: slice) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    run = open_run(path)
    maps = run.maps([run.years[0], run.years[-1]], rows)
    return maps[0], maps[1]
