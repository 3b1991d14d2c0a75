"""The command calibrate: what it prints and writes, how it refuses bad input, and that no kill or full disk harms."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from landsim.io.hashes import file_hash
from tests.calibrate.conftest import HEIGHT, OTHER, URBAN, WIDTH, StudyFolder, town
from tests.calibrate.growth import SHAPE, GrownStudy, grown

ROOT = Path(__file__).parents[2]
RESULTS = {
    "REPORT.md", "card.json", "card.md", "card.png", "choice.json", "fit.json", "rules", "test_predicted.tif",
    "why.png",
}  # fmt: skip
RULES = {"behaviour.yaml", "demand.csv", "neighbourhood.csv", "patches.csv", "potential.yaml", "rules.yaml"}


def everything(folder: Path) -> dict[str, str]:
    """Hash of every file below a folder, hidden ones too."""
    return {str(p.relative_to(folder)): file_hash(p) for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture(scope="module")
def done(cli, tmp_path_factory):
    """A study calibrated in its own folder: the folder, and what the command said."""
    study = GrownStudy(tmp_path_factory.mktemp("grown"))
    study.save()
    return study.folder, cli("calibrate", study.folder)


@pytest.fixture
def again(done, tmp_path: Path) -> GrownStudy:
    """A copy of the calibrated study, to be spoilt."""
    shutil.copytree(done[0], tmp_path / "copy")
    return GrownStudy.at(tmp_path / "copy")


def test_it_says_what_was_chosen_the_verdict_and_where_it_lies(done) -> None:
    folder, said = done
    assert said.exit_code == 0, said.stderr
    fit = json.loads((folder / "fit.json").read_text("utf-8"))
    assert "logit" in said.stdout
    assert f"the figure of merit is {fit['test']['fom']:.4f}" in said.stdout
    assert f"{fit['test']['simulated']['fom_without_noise']:.4f} without scatter" in said.stdout
    assert str(folder / "rules") in said.stdout


def test_it_shows_its_steps_while_it_works(done) -> None:
    _, said = done
    assert [f"step {k} of 6" in said.stderr for k in range(1, 7)] == [True] * 6
    assert "candidates are judged from 2005 to 2010" in said.stderr


def test_it_writes_rules_and_evidence_beside_the_study(done) -> None:
    folder, _ = done
    made = {path.name for path in folder.iterdir()} - {"study.yaml", "slope.tif"} - {f"lc_{y}.tif" for y in grown()}
    assert made == RESULTS
    assert {path.name for path in (folder / "rules").iterdir()} == RULES


def test_out_takes_the_results_elsewhere_with_the_same_bytes(cli, done, tmp_path: Path) -> None:
    folder, _ = done
    said = cli("calibrate", folder / "study.yaml", "--out", tmp_path / "new" / "place", "--quiet")
    assert (said.exit_code, said.stdout, said.stderr) == (0, "", "")
    here = everything(folder)
    assert everything(tmp_path / "new" / "place") == {k: v for k, v in here.items() if k.partition("/")[0] in RESULTS}


def test_json_is_one_object_on_stdout(cli, done, tmp_path: Path) -> None:
    folder, _ = done
    said = cli("calibrate", folder, "--out", tmp_path / "out", "--json", "--quiet")
    found = json.loads(said.stdout)
    fit = json.loads((folder / "fit.json").read_text("utf-8"))
    assert found == {key: fit[key] for key in ("study", "chosen", "test")}


Spoil = Callable[[StudyFolder], object]


def constant_test(study: StudyFolder) -> None:
    for year in (2000, 2005, 2010):
        study.map(year, town(2000))


def only_in_the_lake(study: StudyFolder) -> None:
    for k, year in enumerate((2000, 2005, 2010)):
        codes = town(2000)
        codes[5 : 5 + k, 2] = URBAN
        study.map(year, codes)


def gaps(study: StudyFolder) -> None:
    values = np.ones((HEIGHT, WIDTH), np.float32)
    values[: HEIGHT // 2] = np.nan
    values[-1] = 2.0
    study.raster("slope.tif", values)


BAD: dict[str, tuple[Spoil, str]] = {
    "one date": (lambda s: s.data.update(fit=[2000, 2004]), "fewer than two dates"),
    "another grid": (lambda s: s.map(2005, town(2005)[:-1]), "landcover.2005"),
    "another CRS": (lambda s: s.map(2005, town(2005), crs="EPSG:32650"), "landcover.2005"),
    "no change": (constant_test, "no change at all"),
    "change in the mask": (only_in_the_lake, "change only outside the mask"),
    "no data": (lambda s: s.map(2005, np.full((HEIGHT, WIDTH), 255, np.uint8)), "holds no data at all"),
    "gaps": (gaps, "too many gaps"),
    "a driver is a map": (lambda s: s.raster("slope.tif", town(2010), nodata=255), "to be predicted"),
    "overlap": (lambda s: s.data.update(test=[2005, 2020]), "overlaps the fitting period"),
    "backwards": (lambda s: s.data.update(test=[2020, 2010]), "does not ascend"),
    "a class of no name": (lambda s: s.data.update(gains=["urbann"]), "Did you mean 'urban'?"),
    "an unknown key": (lambda s: s.data.update(gain=["urban"]), "gain"),
    "an unknown model": (lambda s: s.data.update(models=["oracle"]), "models"),
    "a missing file": (lambda s: (s.folder / "lc_2010.tif").unlink(), "missing file"),
    "a broken file": (lambda s: (s.folder / "lc_2010.tif").write_bytes(b"II*\0not a picture"), "landcover.2010"),
    "outside": (lambda s: s.data["drivers"].update(slope="../slope.tif"), "outside"),
    "no map of the test": (lambda s: s.data.update(test=[2010, 2021]), "no map of 2021"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_is_one_clear_error_and_nothing_is_written(cli, tmp_path: Path, case: str) -> None:
    study = StudyFolder(tmp_path)
    spoil, told = BAD[case]
    spoil(study)
    study.save()
    before = everything(tmp_path)
    said = cli("calibrate", tmp_path, "--out", tmp_path / "out", "--quiet")
    assert said.exit_code == 1, said.output
    assert told in said.stderr
    assert said.stderr.startswith("study.yaml")
    assert said.stderr.count("study.yaml: ") == 1
    assert "Traceback" not in said.stderr
    assert said.stdout == ""
    assert everything(tmp_path) == before
    assert not (tmp_path / "out").exists()


def missing_class(study: StudyFolder) -> None:
    codes = town(2005)
    codes[codes == 1] = OTHER
    study.map(2005, codes)


WARNED: dict[str, tuple[Spoil, str]] = {
    "a class is missing": (missing_class, "class 'water' is missing at 2005"),
    "a constant driver": (lambda s: s.raster("slope.tif", np.ones((HEIGHT, WIDTH), np.float32)), "is constant"),
    "a later driver": (lambda s: s.data["drivers"].update(slope={"file": "slope.tif", "date": 2005}), "dated after"),
}


@pytest.mark.parametrize("case", list(WARNED))
def test_what_may_be_meant_is_a_caution_in_the_report_and_on_the_screen(cli, tmp_path: Path, case: str) -> None:
    study = StudyFolder(tmp_path)
    spoil, told = WARNED[case]
    spoil(study)
    study.save(models=["density", "logit"], test=None)
    said = cli("calibrate", tmp_path)
    assert said.exit_code == 0, said.stderr
    assert said.stderr.count(told) == 1
    assert (tmp_path / "REPORT.md").read_text("utf-8").count(told) == 1
    cautions = json.loads((tmp_path / "fit.json").read_text("utf-8"))["cautions"]
    assert sum(told in caution for caution in cautions) == 1


def test_a_file_in_the_way_is_one_clear_error(cli, done, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for out in (tmp_path / "file", tmp_path / "file" / "inside"):
        said = cli("calibrate", done[0], "--out", out, "--quiet")
        assert (said.exit_code, "not writable" in said.stderr, "Traceback" in said.stderr) == (1, True, False)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_read_only_folder_is_one_clear_error(cli, done, tmp_path: Path, monkeypatch) -> None:
    real = Path.mkdir

    def refused(path: Path, *more: object, **named: object) -> None:
        if path.name == ".calibrating":
            raise PermissionError(13, "Permission denied", str(path))
        real(path, *more, **named)

    monkeypatch.setattr(Path, "mkdir", refused)
    said = cli("calibrate", done[0], "--out", tmp_path / "closed", "--quiet")
    assert said.exit_code == 1
    assert said.stderr == f"{tmp_path / 'closed'}: not writable: Permission denied. Choose another folder with --out.\n"


@pytest.mark.parametrize("package", ["lightgbm", "sklearn"])
def test_a_missing_package_is_told_by_name_and_harms_nothing(cli, again, monkeypatch, package: str) -> None:
    again.save(models=["density", "ensemble"])
    before = everything(again.folder)
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    said = cli("calibrate", again.folder, "--quiet")
    assert said.exit_code == 1, said.output
    assert "is not installed" in said.stderr
    assert "landsim[calibrate]" in said.stderr
    assert everything(again.folder) == before


@pytest.mark.parametrize("file", ["potential.yaml", "fit.json", "card.png"])
def test_a_full_disk_is_one_clear_error_and_leaves_the_earlier_results(cli, again, monkeypatch, file: str) -> None:
    again.save(seed=2)
    before = everything(again.folder)
    real = os.replace

    def full(source, target) -> None:
        if Path(target).name == file:
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "replace", full)
    said = cli("calibrate", again.folder, "--quiet")
    assert said.exit_code == 1, said.output
    assert "disk full" in said.stderr
    assert everything(again.folder) == before


def test_ctrl_c_leaves_the_earlier_results(cli, again, monkeypatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("landsim.calibrate.run.judge", stop)
    before = everything(again.folder)
    said = cli("calibrate", again.folder, "--quiet")
    assert said.exit_code == 130
    assert everything(again.folder) == before


WAITS = """
import pathlib, sys, time
from landsim.calibrate import run
real = run.judge
def judge(*args):
    pathlib.Path(sys.argv[1]).touch()
    time.sleep(600)
run.judge = judge
import landsim
landsim.calibrate_study(sys.argv[2])
"""


def test_a_kill_in_mid_run_leaves_the_earlier_results_and_the_next_run_works(cli, done, again, tmp_path: Path) -> None:
    before = everything(again.folder)
    again.save(seed=2)
    there = tmp_path / "there"
    process = subprocess.Popen([sys.executable, "-c", WAITS, str(there), str(again.folder)], cwd=ROOT)
    while not there.exists() and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert there.exists()
    after = everything(again.folder)
    assert {k: v for k, v in after.items() if not k.startswith((".calibrating/", "study.yaml"))} == {
        k: v for k, v in before.items() if k != "study.yaml"
    }
    assert ".calibrating/rules/potential.yaml" in after  # the rules were written down before the test was opened
    shutil.copy(done[0] / "study.yaml", again.folder)
    said = cli("calibrate", again.folder, "--quiet")
    assert said.exit_code == 0, said.stderr
    assert everything(again.folder) == before


def odd(study: StudyFolder, shape: tuple[int, int]) -> None:
    """Maps of any shape that grow by a fifth of what is open."""
    codes = np.full(shape, OTHER, np.uint8)
    codes.flat[0], codes.flat[-1] = URBAN, 1
    for k, year in enumerate((2000, 2005, 2010, 2020)):
        if k:
            open_cells = np.flatnonzero(codes.reshape(-1) == OTHER)
            codes = codes.copy()
            codes.flat[open_cells[: max(1, open_cells.size // 5)]] = URBAN
        study.map(year, codes)
    study.raster("slope.tif", np.random.default_rng(1).random(shape).astype(np.float32))


@pytest.mark.parametrize("shape", [(5, 5), (1, 60), (2, 2)])
def test_tiny_maps_give_rules(cli, tmp_path: Path, shape: tuple[int, int]) -> None:
    study = StudyFolder(tmp_path)
    odd(study, shape)
    study.save(models=["density", "logit"])
    said = cli("calibrate", tmp_path, "--quiet")
    assert said.exit_code == 0, said.stderr
    assert json.loads((tmp_path / "fit.json").read_text("utf-8"))["chosen"] == {"urban": "density"}


def test_a_town_on_which_nothing_beats_density_says_so(cli, tmp_path: Path) -> None:
    study = StudyFolder(tmp_path)
    study.save(models=["density", "logit"])
    said = cli("calibrate", tmp_path)
    assert said.exit_code == 0, said.stderr
    assert "does not beat it" in said.stdout
    report = (tmp_path / "REPORT.md").read_text("utf-8")
    assert "nothing beats the density of the class by more than a standard error" in report
    assert "the rules do not beat density ranking out of time" in report
    assert json.loads((tmp_path / "fit.json").read_text("utf-8"))["chosen"] == {"urban": "density"}


def test_districts_and_people_are_read(cli, tmp_path: Path) -> None:
    study = GrownStudy(tmp_path)
    district = np.ones(SHAPE, np.int16)
    district[:, 36:] = 2
    study.raster("district.tif", district)
    rows = "".join(f"{year},{50_000 + 2_000 * (year - 2000)},{20_000}\n" for year in (2000, 2005, 2010, 2020, 2040))
    (tmp_path / "people.csv").write_text(f"year,persons,jobs\n{rows}")
    study.save(districts="district.tif", people="people.csv", demand={"mode": "population", "horizon": 2030}, test=None)
    said = cli("calibrate", tmp_path, "--quiet")
    assert said.exit_code == 0, said.stderr
    fit = json.loads((tmp_path / "fit.json").read_text("utf-8"))
    assert (fit["demand"]["mode"], fit["demand"]["end"], fit["test"]) == ("population", 2030, None)
    assert {"districts", "people"} <= set(fit["inputs"])
    assert "how the rules foretell is not known" in (tmp_path / "REPORT.md").read_text("utf-8")
    assert not (tmp_path / "card.json").exists()


def test_a_later_study_without_a_test_takes_the_old_card_away(cli, again) -> None:
    again.save(test=None)
    assert cli("calibrate", again.folder, "--quiet").exit_code == 0
    assert not {"card.json", "card.md", "card.png", "test_predicted.tif"} & {p.name for p in again.folder.iterdir()}
