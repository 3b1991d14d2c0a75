"""A small city and small sweeps of it, and what is compared between two ways of making the same sweep."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]

SCENARIO = """\
name: small
start: 2020
horizon: 2021
demand: {mode: agents}
agents: {households: 300, firms: 40, farms: 30}
seed: 1
"""
OVERRIDES = """\
tight: {about: "half the quota", quota.multiplier: 0.5}
compact: {quota.multiplier: 0.6, pace.mode: stages}
"""
DATA = "synthetic: {shape: [40, 40], cell_size: 250.0, seed: 7, start: 2020}\n"

SWEEP = {"name": "small_sweep", "scenarios": {"small": "."}, "overrides": {"trend": [], "tight": ["tight"]}, "seeds": 3}


def city(folder: Path) -> Path:
    """A project with a synthetic city of 40 x 40 cells that is run for a year."""
    folder.mkdir(parents=True)
    for name, text in (("scenario.yaml", SCENARIO), ("overrides.yaml", OVERRIDES), ("data.yaml", DATA)):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def write_sweep(folder: Path, **changes: object) -> Path:
    """Write a sweep of the city; `changes` are keys of the file, and None takes one away."""
    asked = {key: value for key, value in {**SWEEP, **changes}.items() if value is not None}
    path = folder / "sweep.yaml"
    path.write_text(yaml.safe_dump(asked, sort_keys=False), encoding="utf-8")
    return path


def of_function(folder: Path, name: str, **more: object) -> Path:
    """Write a sweep of a function."""
    folder.mkdir(parents=True, exist_ok=True)
    return write_sweep(
        folder, name=name, function=name, scenarios=None, keep=["indicators"], **{"overrides": None, "seeds": 1, **more}
    )


def contents(out: Path) -> dict[str, str]:
    """Hash of each table and map of a sweep; how long its runs took is no part of the result."""
    files = (path for part in ("tables", "analysis", "maps") for path in (out / part).rglob("*"))
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(files)
        if path.is_file() and path.name != "timings.parquet"
    }


def files_below(path: Path) -> int:
    """Count the files and folders below a folder."""
    return sum(len(folders) + len(files) for _, folders, files in os.walk(path))


def command(*words: object) -> list[str]:
    """The command line of a process of its own."""
    return [sys.executable, "-m", "landsim.cli", *map(str, words)]


def environment() -> dict[str, str]:
    """Environment in which such a process finds these sources."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def workers_of(pid: int) -> list[int]:
    """Process ids of the workers that a process has started."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if parent == str(pid) and b"landsim.sweep.worker" in words:
                found.append(int(entry.name))
    return found
