"""Study: the whole of a calibration - nothing of the test leaks into the rules, and equal studies give equal bytes."""

from __future__ import annotations

import json
import shutil
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numba
import numpy as np
import pytest
import rasterio
import yaml

import landsim
from landsim.io.hashes import file_hash
from landsim.report.study.calibrate import calibrate_study
from tests.calibrate.conftest import OTHER, URBAN, StudyFolder, town
from tests.calibrate.growth import GrownStudy, grown

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "calibration" / "demo"
SEEN = {"fit.json", "REPORT.md", "card.json", "card.md", "card.png"}
"""Files that look at the end of the test; no other may, and the predicted map is as blind as the rules."""


BRIEF = {"trials": 3, "seeds": 1, "startup": 1, "scatter": False, "morris": "off"}
"""A search of behaviour that is over soon."""


def everything(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): file_hash(p) for p in sorted(folder.rglob("*")) if p.is_file()}


def of_the_fit(files: dict[str, str]) -> dict[str, str]:
    """Files that the end of the test may not decide."""
    return {name: digest for name, digest in files.items() if name not in SEEN}


def moved(start: np.ndarray, end: np.ndarray, code: int, other: int) -> np.ndarray:
    """Another end map of equal gain: as many cells of the open land, elsewhere."""
    gained = (end == code) & (start != code)
    rest = np.where(gained, start, end)
    places = np.flatnonzero((start == other) & (rest == other))
    out = rest.copy()
    out.flat[np.random.default_rng(5).choice(places, np.count_nonzero(gained), replace=False)] = code
    assert np.count_nonzero(out == code) == np.count_nonzero(end == code)
    return out


@pytest.fixture(scope="module")
def full(tmp_path_factory) -> GrownStudy:
    """The grown town with every model and a search of behaviour, calibrated into ``one``."""
    pytest.importorskip("lightgbm")
    study = GrownStudy(tmp_path_factory.mktemp("full"))
    every = ["density", "logit", "forest", "boosting", "mlp", "ensemble"]
    study.save(models=every, behaviour=BRIEF)
    calibrate_study(study.folder, study.folder / "one")
    return study


@pytest.mark.parametrize("make", [GrownStudy, StudyFolder])
def test_no_leak_from_the_test_map_into_the_rules_or_the_choice(tmp_path: Path, make: type[StudyFolder]) -> None:
    found, chosen = [], []
    for name in ("observed", "moved"):
        (tmp_path / name).mkdir()
        study = make(tmp_path / name)
        study.data["models"] = ["density", "logit"]
        maps = grown() if make is GrownStudy else {year: town(year) for year in (2010, 2020)}
        if name == "moved":
            study.map(2020, moved(maps[2010], maps[2020], URBAN, OTHER))
        (study.folder / "study.yaml").write_text(yaml.safe_dump(study.data), encoding="utf-8")
        calibrate_study(study.folder, study.folder / "out")
        found.append(everything(study.folder / "out"))
        chosen.append(json.loads((study.folder / "out" / "fit.json").read_text("utf-8")))
    assert of_the_fit(found[0]) == of_the_fit(found[1])
    blind = {"choice.json", "why.png", "test_predicted.tif", "rules/potential.yaml", "rules/demand.csv"}
    assert blind <= set(of_the_fit(found[0]))
    sealed = [{k: v for k, v in one.items() if k not in ("test", "inputs")} for one in chosen]
    assert sealed[0] == sealed[1]
    assert chosen[0]["test"]["fom"] > chosen[1]["test"]["fom"]


def test_the_same_study_gives_the_same_bytes_on_one_thread_and_on_more(full: GrownStudy) -> None:
    known = numba.get_num_threads()
    if known < 2:
        pytest.skip("one thread is all that there is")
    try:
        numba.set_num_threads(1)
        calibrate_study(full.folder, full.folder / "alone")
    finally:
        numba.set_num_threads(known)
    files = everything(full.folder / "one")
    assert files == everything(full.folder / "alone")
    assert any(name.startswith("rules/") and name.endswith(".txt") for name in files)  # trees among them
    assert "search.csv" in files


def test_the_package_can_be_called(full: GrownStudy, tmp_path: Path) -> None:
    fit = landsim.calibrate(full.save(models=["density"], behaviour="off"), tmp_path / "out")
    assert fit.selections["urban"].chosen == "density"
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"rules", "fit.json", "REPORT.md"}


def test_the_committed_data_of_the_demo_are_those_that_its_script_makes(tmp_path: Path) -> None:
    spec = spec_from_file_location("make_data", DEMO / "make_data.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    module.write(tmp_path)
    kept = sorted(path.name for path in (DEMO / "data").glob("*.tif"))
    assert sorted(path.name for path in tmp_path.glob("*.tif")) == kept
    for name in kept:
        with rasterio.open(tmp_path / name) as made, rasterio.open(DEMO / "data" / name) as file:
            assert np.array_equal(made.read(), file.read()), name
            assert made.profile == file.profile


@pytest.fixture(scope="module")
def demo(tmp_path_factory) -> Path:
    """A copy of the study of the demo with its data, without its results, and without a search."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copytree(DEMO / "data", folder / "data")
    data = yaml.safe_load((DEMO / "study.yaml").read_text("utf-8")) | {"behaviour": None}
    (folder / "study.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    return folder


def test_no_leak_on_the_demo(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo, tmp_path / "moved")
    data = yaml.safe_load((demo / "study.yaml").read_text("utf-8")) | {
        "models": ["density", "logit"],
        "gains": ["urban"],
    }
    with rasterio.open(demo / "data" / "landcover_2010.tif") as file:
        start = file.read(1)
    with rasterio.open(tmp_path / "moved" / "data" / "landcover_2020.tif", "r+") as file:
        file.write(moved(start, file.read(1), 8, 1)[None])
    found, chosen = [], []
    for folder in (demo, tmp_path / "moved"):
        (folder / "quick.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
        out = tmp_path / f"out_{folder.name}"
        chosen.append(
            {name: one.chosen for name, one in calibrate_study(folder / "quick.yaml", out).selections.items()}
        )
        found.append(everything(out))
    assert of_the_fit(found[0]) == of_the_fit(found[1])
    assert chosen[0] == chosen[1]
    assert "test_predicted.tif" in of_the_fit(found[0])
    assert found[0]["card.json"] != found[1]["card.json"]


def test_the_demo_is_fitted_again_to_its_committed_rules(demo: Path, tmp_path: Path) -> None:
    """One class of three, that whose forest, boosting, network and logit are pooled; `make studies` fits all."""
    pytest.importorskip("lightgbm")
    data = yaml.safe_load((demo / "study.yaml").read_text("utf-8")) | {"gains": ["industry"]}
    (demo / "one.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    calibrate_study(demo / "one.yaml", tmp_path)
    fit, kept = (json.loads((folder / "fit.json").read_text("utf-8")) for folder in (tmp_path, DEMO))
    assert fit["chosen"]["industry"] == kept["chosen"]["industry"]
    made, ours = (one["test"]["by_class"]["industry"]["fom"] for one in (fit, kept))
    assert made == pytest.approx(ours, abs=0.02)
    if fit["versions"] != kept["versions"]:
        return  # another version of a library may round in another way
    assert made == ours
    rules, known = (
        yaml.safe_load((folder / "rules" / "potential.yaml").read_text("utf-8")) for folder in (tmp_path, DEMO)
    )
    assert rules["classes"]["industry"] == known["classes"]["industry"]
    same = [*(path.name for path in (tmp_path / "rules").glob("*.txt")), "demand.csv"]
    assert len(same) > 2
    assert all((DEMO / "rules" / name).read_bytes() == (tmp_path / "rules" / name).read_bytes() for name in same)
