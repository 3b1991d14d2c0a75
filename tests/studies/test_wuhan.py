"""Wuhan at 30 m: the uncalibrated default holds its own beside density ranking, and lines are never crossed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import landsim
from landsim.indicators.agreement import validation_card
from landsim.io.store import open_run
from landsim.scenario.compose import load_source

pytestmark = pytest.mark.study
URBAN = 4


def observed_map(data: Path) -> np.ndarray:
    import rasterio

    with rasterio.open(data / "wuhan_plus" / "lc_2013.tif") as dataset:
        return dataset.read(1)


def run_of(name: str, out: Path, settings: dict | None = None):
    landsim.run(load_source(name, settings=settings), out=out)
    return open_run(out)


def test_default_without_scatter_is_not_below_nine_tenths_of_density_ranking(landsim_data, tmp_path) -> None:
    run = run_of("wuhan", tmp_path / "run", {"engine.scatter": 0.0, "patches.mean": {}})
    card = validation_card(run.landcover_at(2003), observed_map(landsim_data), run.landcover_at(2013), nodata=0)
    assert card["quantity"] < 0.001
    assert card["fom"] >= 0.9 * card["baselines"]["density_simulated"]["fom"]
    urban = card["by_class"][URBAN]
    density = urban["baselines"]["density"]
    assert urban["fom"] >= 0.9 * max(density["simulated"]["fom"], density["observed"]["fom"])
    assert card["fom"] > 2 * card["baselines"]["random"]["fom"]


def test_what_if_with_lines_has_no_breach_and_explains_what_was_not_built(landsim_data, tmp_path) -> None:
    run = run_of("wuhan_lines", tmp_path / "run")
    events = run.events[run.events["layer"] == "lu"]
    first = run.landcover_at(2003).reshape(-1)
    erl, pbf = (run.layer_at_start(name).reshape(-1) > 0 for name in ("erl", "pbf"))
    cells = events["cell"].to_numpy()
    built = (events["to"] == URBAN).to_numpy()
    assert built.sum() > 10_000
    assert not np.any(built & (erl | pbf)[cells])
    assert set(events["kind"][erl[cells]]) <= {"restoration"}
    assert not np.any(pbf[cells] & (first[cells] == 3) & (events["to"] != 3).to_numpy())
    assert (events["agent"].notna()).all()
    unmet = run.unmet[run.unmet["class"] == "urban"].groupby("year")["cells"].sum()
    for row in run.manifest["demanded"]:
        done = int((built & (events["year"] == row["year"]).to_numpy() & (events["phase"] == "conversion")).sum())
        assert done + int(unmet.get(row["year"], 0)) == row["cells"]
    assert set(run.unmet["rule"]) <= {"quota", "balance", "pace", "zone", "no_land"}
