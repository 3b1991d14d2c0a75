"""The studies of real places, whole: the committed rules come out again, and beat density out of time."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

import landsim

STUDIES = Path(__file__).parents[2] / "calibration"
REAL = {"valledupar": "urban", "plum_island": "built", "wuhan_annual": "urban", "wuhan_plus": "urban"}

pytestmark = pytest.mark.study


def kept(name: str) -> dict[str, Any]:
    return json.loads((STUDIES / name / "fit.json").read_text("utf-8"))


def ratio(row: dict[str, Any]) -> float:
    return row["fom"] / row["baselines"]["density"]["fom"]


@pytest.mark.parametrize("name", REAL)
def test_a_study_comes_out_again(name: str, landsim_data: Path, tmp_path: Path) -> None:
    landsim.calibrate(STUDIES / name, tmp_path)
    made, before = json.loads((tmp_path / "fit.json").read_text("utf-8")), kept(name)
    assert made["chosen"] == before["chosen"]
    assert made["test"]["fom"] == pytest.approx(before["test"]["fom"], rel=0.03)
    if made["versions"] != before["versions"]:
        pytest.skip("other versions of the libraries: figures were compared, bytes may differ")
    for path in sorted((STUDIES / name / "rules").iterdir()):
        assert (tmp_path / "rules" / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize("name", ["demo", *REAL])
def test_no_study_is_behind_density_and_the_simulator_keeps_nine_tenths(name: str) -> None:
    test = kept(name)["test"]
    assert ratio(test) >= 0.995
    assert test["simulated"]["fom_without_noise"] >= 0.9 * test["fom"]
    assert len(test["simulated"]["by_seed"]) == 10


def test_the_geometric_mean_over_real_places_is_a_fifth_above_density() -> None:
    ratios = [ratio(kept(name)["test"]["by_class"][gained]) for name, gained in REAL.items()]
    assert math.exp(sum(map(math.log, ratios)) / len(ratios)) >= 1.20


def test_plum_island_in_sample_is_above_what_clue_s_reaches() -> None:
    row = next(row for row in kept("plum_island")["in_sample"] if row["period"] == [1985, 1999])
    assert row["label"] == "partly in-sample"
    assert row["fom"] > 0.087
