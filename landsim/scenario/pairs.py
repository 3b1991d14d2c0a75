"""Pairs: two runs, or two folders of runs, matched by seed, and why runs cannot be set against each other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from landsim.core.errors import InputError, Problem, Problems
from landsim.io.store import MANIFEST, RunFolder, is_run
from landsim.io.whole import open_whole_run

Pair = tuple[RunFolder, RunFolder]


def match(a: str | Path, b: str | Path) -> tuple[list[Pair], list[str]]:
    """Match the runs of two places by seed.

    Parameters
    ----------
    a, b : str or pathlib.Path
        A run folder, or a folder of run folders, on either side.

    Returns
    -------
    pairs : list of (RunFolder, RunFolder)
        By ascending seed.
    cautions : list of str
        Runs that were left without a partner, and two single runs that do not share their seed.

    Raises
    ------
    InputError
        If a place holds no finished run, a seed comes twice, none is on both sides, or runs differ in grid, years or
        legend; every fault at once.
    """
    first, second = _runs_of(Path(a)), _runs_of(Path(b))
    cautions = []
    if is_run(a) and is_run(b):
        pairs = [(first[0], second[0])]
        seeds = [run.manifest["seed"] for run in pairs[0]]
        if seeds[0] != seeds[1]:
            cautions.append(f"the runs have other seeds ({seeds[0]} and {seeds[1]}): part of what differs is luck")
    else:
        pairs, cautions = _by_seed(first, second, Path(a), Path(b))
    refuse_unlike([run for pair in pairs for run in pair])
    return pairs, cautions


def refuse_unlike(runs: Sequence[RunFolder]) -> None:
    """Refuse runs that do not lie on one grid, in the same years, with one legend.

    Raises
    ------
    InputError
        One fault for each run and each thing in which it differs from the first.
    """
    problems = Problems()
    for run in runs[1:]:
        for name, here, there in _differences(runs[0], run):
            problems.add(
                str(run.path), f"has another {name} than {runs[0].path}", wanted=here, found=there,
                mend="Compare runs of one place and period",
            )  # fmt: skip
    problems.raise_if_any()


def _differences(first: RunFolder, run: RunFolder) -> list[tuple[str, Any, Any]]:
    found: list[tuple[str, Any, Any]] = []
    if first.grid != run.grid:
        found.append(("grid", _grid_text(first), _grid_text(run)))
    if first.years != run.years:
        found.append(("period", f"{first.years[0]}..{first.years[-1]}", f"{run.years[0]}..{run.years[-1]}"))
    if first.legend != run.legend:
        found.append(("legend", ", ".join(first.legend.names), ", ".join(run.legend.names)))
    return found


def _grid_text(run: RunFolder) -> str:
    grid = run.grid
    west, _, _, north = grid.bounds
    crs = grid.crs or "no CRS"
    return f"{grid.height} x {grid.width} cells of {grid.cell_size:g} m from ({west:.0f}, {north:.0f}) in {crs}"


def _runs_of(place: Path) -> list[RunFolder]:
    """Open the run at a place, or all runs in it in the order of their names."""
    if is_run(place) or not place.is_dir():
        return [open_whole_run(place)]
    inside = sorted(path for path in place.iterdir() if (path / MANIFEST).is_file())
    if not inside:
        return [open_whole_run(place)]  # which says what is wrong with it
    return [open_whole_run(path) for path in inside]


def _by_seed(first: list[RunFolder], second: list[RunFolder], a: Path, b: Path) -> tuple[list[Pair], list[str]]:
    problems = Problems()
    sides = [_seeds(runs, place, problems) for runs, place in ((first, a), (second, b))]
    problems.raise_if_any()
    shared = sorted(sides[0].keys() & sides[1].keys())
    if not shared:
        what, seeds = "no seed is on both sides", [", ".join(map(str, sorted(side))) for side in sides]
        raise InputError(
            Problem(f"{a} and {b}", what, found=f"{seeds[0]} and {seeds[1]}", mend="Run both with the same")
        )
    alone = [str(run.path) for side in sides for seed, run in sorted(side.items()) if seed not in shared]
    cautions = [f"without a partner of the same seed, left out: {', '.join(alone)}"] if alone else []
    return [(sides[0][seed], sides[1][seed]) for seed in shared], cautions


def _seeds(runs: list[RunFolder], place: Path, problems: Problems) -> dict[int, RunFolder]:
    """Runs by seed; a folder must hold one question, asked once a seed."""
    found: dict[int, RunFolder] = {}
    for run in runs:
        seed = int(run.manifest["seed"])
        if seed in found:
            problems.add(str(place), f"two runs of seed {seed}", found=f"{found[seed].path.name} and {run.path.name}")
        found[seed] = run
    questions = {json.dumps(_question(run), sort_keys=True): run for run in runs}
    if len(questions) > 1:
        names = " and ".join(run.path.name for run in list(questions.values())[:2])
        mend = "Put the runs of each scenario into a folder of their own"
        problems.add(str(place), "runs of different scenarios", found=names, mend=mend)
    return found


def _question(run: RunFolder) -> dict[str, Any]:
    return {name: value for name, value in run.manifest["scenario"].items() if name not in ("seed", "output")}
