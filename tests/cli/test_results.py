"""The commands validate, report, compare and export: cards, pages, differences, and formats of planners' tools."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import rasterio

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


@pytest.fixture(scope="module")
def strict(city, cli, tmp_path_factory):
    """A second run of the city under a fraction of the quota."""
    out = tmp_path_factory.mktemp("runs") / "strict"
    done = cli("run", city, "--set", "quota.multiplier=0.05", "--out", out, "--quiet")
    assert done.exit_code == 0, done.stderr
    return out


@pytest.mark.parametrize(("lang", "word"), [("zh", "土地利用模拟报告"), ("en", "Land-use simulation report")])
def test_report_writes_a_page_in_either_language(cli, made, strict, tmp_path, lang, word) -> None:
    page = tmp_path / "new" / "page.html"
    done = cli("report", made, strict, "--out", page, "--lang", lang)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.strip() == str(page)
    text = page.read_text(encoding="utf-8")
    assert word in text
    assert "UNCALIBRATED" in text


def test_report_takes_the_users_targets(cli, made, tmp_path) -> None:
    (tmp_path / "targets.yaml").write_text("- {item: 5, sense: '<=', value: 1}", encoding="utf-8")
    done = cli("report", made, "--out", tmp_path / "page.html", "--targets", tmp_path / "targets.yaml")
    assert done.exit_code == 0, done.stderr
    assert "given by the user" in (tmp_path / "page.html").read_text(encoding="utf-8")
    (tmp_path / "targets.yaml").write_text("- {item: 55, sense: '<=', value: 1}", encoding="utf-8")
    done = cli("report", made, "--out", tmp_path / "page.html", "--targets", tmp_path / "targets.yaml")
    assert done.exit_code == 1
    assert "no such item; found 55" in done.stderr


def test_compare_prints_and_writes_what_differs(cli, made, strict, tmp_path) -> None:
    out = tmp_path / "difference"
    done = cli("compare", made, strict, "--out", out)
    assert done.exit_code == 0, done.stderr
    assert "strict (B) against made (A), 2023, 1 pair of runs" in done.stdout
    assert "land_revenue, sum 2021-2023" in done.stdout
    assert "UNCALIBRATED" in done.stdout
    files = {"built_difference.tif", "comparison.png", "indicators.csv", "pairs.csv", "significant.tif"}
    assert {path.name for path in out.iterdir()} == files
    table = pd.read_csv(out / "indicators.csv").set_index(["year", "district", "indicator"])
    runs = [open_run(path) for path in (made, strict)]
    built = [run.legend.built[run.landcover_at(2023)] for run in runs]
    area = (int(built[1].sum()) - int(built[0].sum())) * runs[0].grid.cell_area_ha
    assert table.loc[(2023, 0, "built_ha"), "difference"] == pytest.approx(area)
    with rasterio.open(out / "built_difference.tif") as dataset:
        shown = dataset.read(1)
        assert dataset.crs.to_string() == runs[0].grid.crs
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    valid = runs[0].landcover_at(2023) != runs[0].legend.nodata
    assert np.array_equal(shown[valid], built[1][valid].astype(np.float32) - built[0][valid])
    assert (out / "comparison.png").read_bytes().startswith(b"\x89PNG")


def test_compare_draws_its_figure_in_the_language_or_says_why_not(cli, made, strict, tmp_path, monkeypatch) -> None:
    from landsim.report.compare import figure as compare_figure

    for fonts, note in ((["DejaVu Sans"], True), (compare_figure.text_families(), False)):
        monkeypatch.setattr(compare_figure, "text_families", lambda fonts=fonts: fonts)
        out = tmp_path / str(len(fonts))
        done = cli("compare", made, strict, "--out", out, "--lang", "zh")
        assert done.exit_code == 0, done.stderr
        if note or len(fonts) == 1:
            assert "no Chinese font is installed here, so the figure is in English" in done.stderr
        else:
            assert "font" not in done.stderr
        assert (out / "comparison.png").read_bytes().startswith(b"\x89PNG")
        if len(fonts) > 1:
            assert (out / "comparison.png").read_bytes() != (tmp_path / "1" / "comparison.png").read_bytes()


def test_compare_refuses_runs_that_do_not_belong_together(cli, city, made, tmp_path) -> None:
    assert cli("run", city, "--set", "horizon=2021", "--out", tmp_path / "short", "--quiet").exit_code == 0
    done = cli("compare", made, tmp_path / "short", "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "has another period" in done.stderr
    assert "2020..2021" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["report", "RUN", "--out", "OUT.html"],
        ["compare", "RUN", "RUN"],
        ["export", "RUN", "--format", "csv", "--out", "OUT"],
        ["validate", "RUN", "--observed", "OUT"],
    ],
)
@pytest.mark.parametrize("case", ["missing", "empty", "incomplete", "version", "broken"])
def test_what_is_no_whole_run_gets_one_sentence(cli, made, tmp_path, words, case) -> None:
    run = tmp_path / "run"
    if case != "missing":
        shutil.copytree(made, run) if case != "empty" else run.mkdir()
    if case == "incomplete":
        (run / "events.parquet").unlink()
    elif case == "version":
        facts = json.loads((run / "run.json").read_text(encoding="utf-8"))
        (run / "run.json").write_text(json.dumps({**facts, "format": 2}), encoding="utf-8")
    elif case == "broken":
        (run / "run.json").write_text("{not json", encoding="utf-8")
    told = {
        "missing": "no such run folder",
        "empty": "not a run folder",
        "incomplete": "incomplete run folder; found no events.parquet",
        "version": "run folder of another version; found 2; wanted 1",
        "broken": "is not the manifest of a run",
    }
    places = {"RUN": run, "OUT": tmp_path / "out", "OUT.html": tmp_path / "out" / "page.html"}
    done = cli(*(places.get(word, word) for word in words))
    assert done.exit_code == 1
    assert told[case] in done.stderr
    assert done.stderr.count("\n") <= 2
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["report", "RUN", "--out", "OUT.html"],
        ["compare", "GOOD", "RUN", "--out", "OUT"],
        ["export", "RUN", "--format", "csv", "--out", "OUT"],
        ["validate", "RUN", "--observed", "SEEN", "--out", "OUT"],
    ],
)
@pytest.mark.parametrize("case", ["landcover.zarr", "indicators.parquet", "scenario"])
def test_results_that_the_run_did_not_write_are_refused(cli, made, strict, observed, tmp_path, words, case) -> None:
    run = tmp_path / "run"
    shutil.copytree(made, run)
    if case == "landcover.zarr":
        shutil.rmtree(run / case / "landcover" / "c")
    elif case == "scenario":
        facts = json.loads((run / "run.json").read_text(encoding="utf-8"))
        del facts["scenario"]
        (run / "run.json").write_text(json.dumps(facts), encoding="utf-8")
    else:
        shutil.copy(strict / case, run / case)
    places = {"RUN": run, "GOOD": made, "OUT": tmp_path / "out", "OUT.html": tmp_path / "o.html", "SEEN": observed[0]}
    done = cli(*(places.get(word, word) for word in words))
    assert done.exit_code == 1
    assert case in done.stderr
    assert done.stderr.count("\n") <= 2
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "o.html").exists()


def test_compare_tells_runs_of_one_name_apart(cli, made, strict, tmp_path) -> None:
    for run, name in ((made, "as_usual"), (strict, "strict")):
        shutil.copytree(run, tmp_path / name / "1")
    done = cli("compare", tmp_path / "as_usual" / "1", tmp_path / "strict" / "1")
    assert done.exit_code == 0, done.stderr
    assert "strict/1 (B) against as_usual/1 (A)" in done.stdout


def test_names_of_folders_are_told_as_they_are(cli, made, strict, tmp_path) -> None:
    for run, name in ((made, "[red]a ["), (strict, "_$x^{ 方案")):
        shutil.copytree(run, tmp_path / name)
    runs = (tmp_path / "[red]a [", tmp_path / "_$x^{ 方案")
    done = cli("compare", *runs, "--out", tmp_path / "difference")
    assert done.exit_code == 0, done.stderr
    assert "_$x^{ 方案 (B) against [red]a [ (A)" in done.stdout
    done = cli("report", *runs, "--out", tmp_path / "page.html")
    assert done.exit_code == 0, done.stderr
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.count("> _$x^{ 方案</text>") >= 4  # in the legend of every chart


def test_a_damaged_table_or_map_is_a_sentence_too(cli, made, tmp_path) -> None:
    for name in ("indicators.parquet", "landcover.zarr/zarr.json"):
        run = tmp_path / name.partition(".")[0]
        shutil.copytree(made, run)
        (run / name).write_bytes(b"not what it was")
        done = cli("report", run, "--out", tmp_path / "page.html")
        assert done.exit_code == 1, done.stderr
        assert "is damaged" in done.stderr
        assert name.partition("/")[0] in done.stderr
