"""Real places: the shared land-cover histories load without a fault, whatever their legend, nodata and cell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from landsim.core.errors import Problems
from landsim.io.catalog import make_catalog
from landsim.io.place import load_place

WUHAN = {1: "grass", 2: "deciduous forest", 3: "cropland", 4: "urban", 5: "bare", 6: "water", 7: "evergreen forest"}
ANNUAL = {0: "other", 1: "water", 2: "urban"}
PLUM = {1: "forest", 2: "built", 3: "other"}


@pytest.mark.parametrize(
    ("folder", "start", "legend", "layers", "cells"),
    [
        ("wuhan_plus_300m", "lc_2003", WUHAN, {"elevation": "dem", "slope": "slope_deg", "population": "pop"}, 53_264),
        ("wuhan_annual_90m", "lc_2010", ANNUAL, {"elevation": "dem", "district": "district"}, 1_060_810),
        ("plum_island", "lc_1985", PLUM, {"elevation": "elevation", "slope": "slope"}, 113_563),
        ("valledupar_colombia", "urban_1985", {0: "other", 1: "urban"}, {"district": "municipality"}, None),
    ],
)
def test_a_real_place_loads(
    landsim_data: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    folder: str,
    start: str,
    legend: dict[int, str],
    layers: dict[str, str],
    cells: int | None,
) -> None:
    monkeypatch.setenv("LANDSIM_DATA", str(landsim_data))
    base = f"${{LANDSIM_DATA}}/{folder}"
    data: dict[str, Any] = {
        "landcover": {"file": f"{base}/{start}.tif", "legend": legend},
        "layers": {name: f"{base}/{file}.tif" for name, file in layers.items()},
    }
    problems = Problems()
    catalog = make_catalog(data, tmp_path, "data.yaml", problems)
    assert catalog is not None
    place = load_place(catalog, problems)
    assert [str(fault) for fault in problems.faults] == []
    assert place is not None
    assert set(place.landscape.layers) == set(layers)
    assert cells is None or int(place.landscape.valid.sum()) == cells
    assert len(place.records) == 1 + len(layers)
