"""A small finished run for the tests of store and export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from landsim.io.columns import INDICATORS, UNMET, rows_as_columns
from landsim.io.hashes import fingerprint
from landsim.io.legends import crosswalk
from landsim.io.store import RunRecord, RunWriter
from landsim.landscape.grid import Grid

GRID = Grid(300, 270, (30.0, 0.0, 500_000.0, 0.0, -30.0, 3_400_000.0), "EPSG:32649")
YEARS = (2003, 2004, 2005)
CATEGORIES = {
    "phase": ("convert", "farming"),
    "layer": ("lu", "erl", "pbf", "udb"),
    "kind": ("legal", "abandon"),
    "agent_kind": ("household", "government"),
    "tier": ("county", "city"),
}


def whole_manifest() -> dict[str, Any]:
    """What a run of a scenario says of itself, as far as readers of runs ask."""
    scenario = {"lines": {"erl": True, "pbf": True, "udb": False}, "shocks": [{"year": 2005, "path": "a", "value": 1}]}
    catalog = {"synthetic": {"shape": [300, 270]}}
    mark = fingerprint("anything")
    return {
        "name": "small", "title": "A small city", "description": "", "rules": "calibrated: study",
        "rule_set": {"study": "study", "files": {"rules.yaml": mark}, "home": {"folder": "fits", "from_run": None}},
        "start": 2003, "end": 2005, "seed": 1, "applied": ["compact"], "constructed_lines": ["erl"],
        "district_names": {},
        "scenario": scenario, "scenario_file": "scenario.yaml", "config_sha256": fingerprint(scenario),
        "catalog": catalog, "catalog_file": "data.yaml", "catalog_sha256": fingerprint(catalog),
        "home": {"shipped": "demo"}, "permission_sha256": mark, "versions": {"landsim": "0.1.0", "numpy": "2"},
        "data": [{"key": "landcover", "file": "a.tif", "sha256": mark, "source": "", "licence": ""}],
        "wall_s": 1.5, "timings": {"demand": 0.1}, "threads": 2, "state_hash": {"2004": mark[:32]},
        "demanded": [{"year": 2004, "class": "urban", "cells": 3}],
    }  # fmt: skip


def first_map() -> np.ndarray:
    """Columns of cropland, forest and water with a nodata corner."""
    land = np.repeat(np.array([1, 2, 5], dtype=np.uint8), 90)[None].repeat(300, 0)
    land[:20, :20] = 0
    return land


def events(count: int = 400, seed: int = 0) -> dict[str, Any]:
    """Events of two years whose `from` is what stands there; some cells change twice, a few are lines."""
    rng = np.random.default_rng(seed)
    cell = rng.integers(6000, GRID.size, count)
    cell[: count // 4] = cell[count // 4 : 2 * (count // 4)]
    to = rng.integers(1, 9, count).astype(np.uint8)
    layer = (rng.random(count) < 0.1).astype(np.uint8)
    land = {"0": first_map().reshape(-1), "1": np.zeros(GRID.size, dtype=np.uint8)}
    old = np.empty(count, dtype=np.uint8)
    for i in range(count):
        here = land[str(layer[i])]
        old[i], here[cell[i]] = here[cell[i]], to[i]
    return {
        "year": np.sort(rng.integers(2004, 2006, count)),
        "phase": rng.integers(0, 2, count),
        "layer": layer,
        "cell": cell,
        "from": old,
        "to": to,
        "district": np.ones(count, dtype=np.int32),
        "kind": np.zeros(count, dtype=np.uint8),
        "agent_kind": rng.integers(0, 2, count),
        "agent_id": rng.integers(-1, 50, count),
    }


def record(**changes: Any) -> RunRecord:
    """Everything of a small run."""
    district = np.ones(GRID.shape, dtype=np.int16)
    district[150:] = 2
    unmet = [{"year": 2004, "class": "urban", "district": 1, "cells": 5, "ha": 0.45, "mu": 6.75, "rule": "quota"}]
    values = [{"year": y, "district": 0, "indicator": "built", "value": 1.5, "unit": "ha"} for y in YEARS]
    facts: dict[str, Any] = {
        "grid": GRID,
        "legend": crosswalk("clcd"),
        "first": first_map(),
        "layers": {"erl": (first_map() == 2).astype(np.uint8), "district": district},
        "years": YEARS,
        "events": events(),
        "unmet": rows_as_columns(UNMET, unmet),
        "indicators": rows_as_columns(INDICATORS, values),
        "categories": CATEGORIES,
        "manifest": {"seed": np.int64(1), "name": "小城"},
        **changes,
    }
    return RunRecord(**facts)


def make_run(out: Path, **changes: Any) -> Path:
    """Write a small run."""
    return RunWriter(out).finish(record(**changes))
