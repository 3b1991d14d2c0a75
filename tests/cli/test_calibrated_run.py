"""A calibrated run: rules of a study, named by a scenario, do over the test period what the study says of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml

from landsim.io.store import open_run
from tests.calibrate.conftest import URBAN
from tests.calibrate.growth import GrownStudy, grown

STILL = {"lines": {"erl": False, "pbf": False, "udb": False}, "quota": {"mode": "off"}, "pace": {"mode": "off"},
         "balance": {"mode": "off"}, "agents": {"households": 0, "firms": 0, "farms": 0}}  # fmt: skip


@pytest.fixture(scope="module")
def project(cli, tmp_path_factory) -> Path:
    """The grown town, calibrated, and a scenario of its test period beside it."""
    study = GrownStudy(tmp_path_factory.mktemp("grown"))
    study.save()
    done = cli("calibrate", study.folder, "--quiet")
    assert done.exit_code == 0, done.stderr
    cells = int(np.count_nonzero(grown()[2020] == URBAN))
    scenario = {
        "name": "town", "start": 2010, "horizon": 2020, "data": "data.yaml", "rules": "rules", "seed": 1,
        "demand": {"mode": "given", "targets": {"urban": {2020: cells}}}, **STILL,
    }  # fmt: skip
    data = {
        "landcover": {"file": "lc_2010.tif", "legend": study.data["legend"]},
        "layers": {"slope": "slope.tif"},
        "history": {2005: "lc_2005.tif"},
    }
    for name, record in (("scenario.yaml", scenario), ("data.yaml", data)):
        (study.folder / name).write_text(yaml.safe_dump(record), encoding="utf-8")
    return study.folder


def card(cli, project: Path, run: Path) -> dict:
    done = cli("validate", run, "--observed", project / "lc_2020.tif")
    assert done.exit_code == 0, done.stderr
    return json.loads((run / "validation" / "card.json").read_text("utf-8"))


def test_without_noise_the_run_validates_at_what_the_test_promised(cli, project: Path, tmp_path: Path) -> None:
    done = cli("run", project, "--out", tmp_path / "run", "--set", "engine.scatter=0")
    assert done.exit_code == 0, done.stderr
    fit = json.loads((project / "fit.json").read_text("utf-8"))
    found = card(cli, project, tmp_path / "run")
    assert found["by_class"][str(URBAN)]["fom"] >= 0.9 * fit["test"]["fom"]
    assert found["by_class"][str(URBAN)]["gain_simulated"] == fit["test"]["gain_cells"]


def test_with_noise_the_run_validates_near_the_seeds_of_the_study(cli, project: Path, tmp_path: Path) -> None:
    assert cli("run", project, "--out", tmp_path / "run", "--quiet").exit_code == 0
    simulated = json.loads((project / "fit.json").read_text("utf-8"))["test"]["simulated"]
    low, high = min(simulated["by_seed"]), max(simulated["by_seed"])
    assert low - 0.05 <= card(cli, project, tmp_path / "run")["by_class"][str(URBAN)]["fom"] <= high + 0.05


def test_a_run_by_fitted_rules_is_not_stamped(cli, project: Path, tmp_path: Path) -> None:
    done = cli("run", project, "--out", tmp_path / "run", "--set", "horizon=2012")
    made = json.loads((tmp_path / "run" / "run.json").read_text("utf-8"))
    assert made["rules"] == "calibrated: small"
    assert set(made["rule_set"]["files"]) == {path.name for path in (project / "rules").iterdir()}
    assert "UNCALIBRATED" not in done.stdout + json.dumps(made)
    bare = cli("run", project, "--out", tmp_path / "bare", "--set", "horizon=2012", "--set", "rules=null")
    assert "UNCALIBRATED" in bare.stdout


def test_replay_reads_the_same_rules(cli, project: Path, tmp_path: Path) -> None:
    assert cli("run", project, "--out", tmp_path / "run", "--set", "horizon=2012", "--quiet").exit_code == 0
    assert cli("replay", tmp_path / "run", "--quiet").exit_code == 0


def test_fitted_demand_takes_the_path_of_the_study(cli, project: Path, tmp_path: Path) -> None:
    said = cli(
        "run", project, "--out", tmp_path / "run", "--set", "demand={mode: fitted}", "--set", "horizon=2015", "--quiet"
    )
    assert said.exit_code == 0, said.stderr
    rows = [line.split(",") for line in (project / "rules" / "demand.csv").read_text("utf-8").splitlines()]
    wanted = next(int(row[2]) for row in rows if row[:2] == ["2015", "urban"])
    last = open_run(tmp_path / "run").landcover.sel(year=2015).values
    assert np.count_nonzero(last == URBAN) == wanted


def test_another_legend_is_refused(cli, project: Path, tmp_path: Path) -> None:
    data = yaml.safe_load((project / "data.yaml").read_text("utf-8"))
    data["landcover"]["legend"][URBAN] = "industry"
    (project / "other.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    said = cli("run", project, "--out", tmp_path / "run", "--set", "data=other.yaml", "--set", "demand.mode=fitted")
    assert said.exit_code == 1
    assert "scenario.yaml: rules" in said.stderr
    assert not (tmp_path / "run").exists()
