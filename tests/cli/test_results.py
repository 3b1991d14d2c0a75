"""The commands validate and export: the card with its baselines, and the formats of planners' tools."""

from __future__ import annotations

import json

import numpy as np
import pytest

from landsim.indicators.agreement import validation_card
from landsim.io.geotiff import write_geotiff
from landsim.io.store import open_run


@pytest.fixture
def observed(made, tmp_path):
    """A map that differs from the run's last one: the first map with every third change of the run."""
    run = open_run(made)
    first, last = run.landcover_at(2020), run.landcover_at(2023)
    seen = first.copy()
    changed = np.flatnonzero(first != last)[::3]
    seen.ravel()[changed] = last.ravel()[changed]
    write_geotiff(tmp_path / "observed.tif", seen, run.grid, legend=run.legend)
    return tmp_path / "observed.tif", seen


def test_validate_writes_the_card_and_prints_it_beside_the_baselines(cli, made, observed, tmp_path) -> None:
    path, seen = observed
    done = cli("validate", made, "--observed", path, "--out", tmp_path / "card")
    assert done.exit_code == 0, done.stderr
    run = open_run(made)
    expected = validation_card(run.landcover_at(2020), seen, run.landcover_at(2023), nodata=0)
    card = json.loads((tmp_path / "card" / "card.json").read_text())
    for name in ("fom", "hits", "misses", "false_alarms", "wrong_hits", "quantity", "allocation"):
        assert card[name] == expected[name], name
    assert {"null", "random", "density"} <= set(card["baselines"])
    assert card["rules"] == "UNCALIBRATED"
    assert (tmp_path / "card" / "card.png").read_bytes().startswith(b"\x89PNG")
    assert card["landscape"]["built"]["observed"]["patches"] > 0
    assert sorted(path.name for path in (tmp_path / "card").iterdir()) == ["card.json", "card.md", "card.png"]
    assert "UNCALIBRATED" in (tmp_path / "card" / "card.md").read_text(encoding="utf-8")
    for word in ("simulation", "null", "random", "density", "hits", "allocation", f"{expected['fom']:.4f}"):
        assert word in done.stdout


def test_validate_refuses_a_map_on_another_grid(cli, made, observed, tmp_path) -> None:
    run = open_run(made)
    write_geotiff(tmp_path / "small.tif", observed[1][:-1], type(run.grid)(39, 40, run.grid.transform, run.grid.crs))
    done = cli("validate", made, "--observed", tmp_path / "small.tif", "--out", tmp_path / "card")
    assert done.exit_code == 1
    assert "39 x 40 cells, not 40 x 40" in done.stderr
    assert not (tmp_path / "card").exists()


def test_validate_names_codes_that_the_run_does_not_know(cli, made, observed, tmp_path) -> None:
    strange = observed[1].copy()
    strange[0, :5] = 77
    write_geotiff(tmp_path / "strange.tif", strange, open_run(made).grid)
    done = cli("validate", made, "--observed", tmp_path / "strange.tif")
    assert done.exit_code == 1
    assert "77" in done.stderr


def test_the_card_of_constructed_lines_says_that_it_is_no_hindcast(cli, landsim_data, tmp_path) -> None:
    out = tmp_path / "run"
    few = ["--set", "agents={households: 500, firms: 50, farms: 50}", "--set", "horizon=2005"]
    assert cli("run", "wuhan_lines", "--with", "300m", *few, "--out", out, "--quiet").exit_code == 0
    done = cli("validate", out, "--observed", landsim_data / "wuhan_plus_300m" / "lc_2005.tif")
    assert done.exit_code == 0, done.stderr
    text = (out / "validation" / "card.md").read_text(encoding="utf-8")
    assert "no hindcast" in text
    assert "no hindcast" in done.stdout
    intruded = open_run(out).indicators.query("indicator in ('erl_intrusion_ha', 'pbf_intrusion_ha')")
    assert len(intruded) > 0
    assert (intruded["value"] <= 0).all()


@pytest.mark.parametrize(
    ("form", "file"),
    [
        ("cog", "landcover_2023.tif"),
        ("gpkg", "run.gpkg"),
        ("netcdf", "run.nc"),
        ("csv", "indicators.csv"),
        ("xlsx", "run.xlsx"),
    ],
)
def test_every_format_is_written(cli, made, tmp_path, form, file) -> None:
    done = cli("export", made, "--format", form, "--years", "2020,2023", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "out" / file).stat().st_size > 0
    assert str(tmp_path / "out" / file) in done.stdout


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--format", "cogg"], 1, "Did you mean 'cog'?"),
        (["--format", "cog", "--years", "1999"], 1, "1999"),
        (["--format", "cog", "--years", "first"], 2, "first"),
        ([], 2, "--format"),
    ],
)
def test_faults_of_an_export(cli, made, tmp_path, words, code, told) -> None:
    done = cli("export", made, *words, "--out", tmp_path / "out")
    assert done.exit_code == code
    assert told in done.stderr
    assert not (tmp_path / "out").exists()
