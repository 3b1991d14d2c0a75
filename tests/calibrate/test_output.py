"""Output: files appear together, what stood before stays until then, and fit.json keeps its contract."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import rasterio

from landsim.calibrate import output
from landsim.calibrate.output import Workspace, fit_record, stale_files, write_fit
from landsim.calibrate.run import Fit, Watcher, calibrate_history
from landsim.core.errors import InputError
from tests.calibrate.conftest import OTHER, URBAN
from tests.calibrate.growth import GrownStudy, grown


@pytest.fixture(scope="module")
def fit(tmp_path_factory) -> Fit:
    study = GrownStudy(tmp_path_factory.mktemp("grown"))
    study.save(in_sample=[[2000, 2020]])
    return calibrate_history(study.history(), lambda fit: "written", Watcher())


@pytest.fixture(scope="module")
def written(fit, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("written")
    with Workspace(folder) as workspace:
        workspace.write_down(fit)
        write_fit(workspace, fit)
        workspace.finish()
    return folder


@pytest.fixture(scope="module")
def record(written: Path) -> dict:
    return json.loads((written / "fit.json").read_text("utf-8"), parse_constant=pytest.fail)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def failing(folder: Path, trials: str | None = None) -> None:
    """Write something aside, a search too, and fail."""
    with suppress(RuntimeError), Workspace(folder) as workspace:
        if trials is not None:
            workspace.cache.mkdir()
            (workspace.cache / "trials").write_text(trials)
        workspace.write("fit.json", "new")
        raise RuntimeError


def test_a_workspace_shows_nothing_until_it_is_finished(tmp_path: Path) -> None:
    (tmp_path / "fit.json").write_text("old")
    with Workspace(tmp_path) as workspace:
        workspace.write("fit.json", "new")
        assert (tmp_path / "fit.json").read_text() == "old"
        workspace.finish()
        assert (tmp_path / "fit.json").read_text() == "new"
    assert names(tmp_path) == {"fit.json"}


def test_what_fails_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "fit.json").write_text("old")
    failing(tmp_path)
    assert (tmp_path / "fit.json").read_text() == "old"
    assert names(tmp_path) == {"fit.json"}


def test_a_folder_made_for_what_fails_goes_again(tmp_path: Path) -> None:
    failing(tmp_path / "new")
    assert names(tmp_path) == set()


def test_a_search_outlives_what_fails_and_goes_when_all_is_done(tmp_path: Path) -> None:
    failing(tmp_path, trials="1")
    with Workspace(tmp_path) as workspace:
        assert names(workspace.aside) == {"search"}
        assert (workspace.cache / "trials").read_text() == "1"
        workspace.write("fit.json", "new")
        workspace.finish()
    assert names(tmp_path) == {"fit.json"}


def test_leavings_of_a_killed_run_do_not_get_in(tmp_path: Path) -> None:
    killed = Workspace(tmp_path)
    (killed.aside / "rules").mkdir()
    killed.write("posterior.csv", "of another study")
    with Workspace(tmp_path) as workspace:
        workspace.write("fit.json", "new")
        workspace.finish()
    assert names(tmp_path) == {"fit.json"}


@pytest.mark.parametrize("moved", [0, 1, 2])
def test_a_kill_while_files_are_moved_is_mended_by_the_next_run(tmp_path: Path, monkeypatch, moved: int) -> None:
    for name in ("choice.json", "fit.json"):
        (tmp_path / name).write_text("old")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "old.txt").write_text("old")
    workspace = Workspace(tmp_path)
    (workspace.aside / "rules").mkdir()
    (workspace.aside / "rules" / "new.txt").write_text("new")
    for name in ("choice.json", "fit.json"):
        workspace.write(name, "new")
    left = [moved]

    def killed(source, target) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        replace(source, target)

    replace = output._replace
    monkeypatch.setattr(output, "_replace", killed)
    with pytest.raises(KeyboardInterrupt):
        workspace.finish()
    monkeypatch.undo()
    with Workspace(tmp_path):
        pass
    assert {(tmp_path / name).read_text() for name in ("choice.json", "fit.json")} == {"new"}
    assert names(tmp_path / "rules") == {"new.txt"}
    assert names(tmp_path) == {"choice.json", "fit.json", "rules"}


def test_files_that_are_not_written_again_are_removed(tmp_path: Path) -> None:
    for name in ("fit.json", "test_predicted_urban.tif", "search.csv", "card.json", "notes.md"):
        (tmp_path / name).write_text("old")
    assert "notes.md" not in stale_files(tmp_path)
    with Workspace(tmp_path) as workspace:
        workspace.write("card.json", "new")
        workspace.finish(stale_files(tmp_path))
    assert names(tmp_path) == {"card.json", "fit.json", "notes.md"}
    assert (tmp_path / "card.json").read_text() == "new"


@pytest.mark.parametrize("what", ["file", "inside"])
def test_a_folder_that_cannot_be_is_one_clear_error(tmp_path: Path, what: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="not writable"):
        Workspace(tmp_path / "file" if what == "file" else tmp_path / "file" / "results")


def test_the_contract_of_fit_json(record: dict) -> None:
    test = record["test"]
    assert 0.0 < test["fom"] < 1.0
    assert test["fom"] == test["by_class"]["urban"]["fom"]
    assert set(test["baselines"]) == {"null", "random", "density"}
    assert all(0.0 <= row["fom"] < 1.0 for row in test["baselines"].values())
    assert 0.0 < test["simulated"]["fom"] < 1.0
    assert len(test["simulated"]["by_seed"]) == 10
    assert test["fom_all"] == pytest.approx(test["fom"])
    assert test["quantity_disagreement"] == 0.0
    assert 0.0 < test["allocation_disagreement"] < 1.0
    assert test["period"] == [2010, 2020]
    assert record["chosen"] == {"urban": "logit"}
    assert record["chosen_by"]["urban"].startswith("best by mean figure of merit")
    assert {"landsim", "python", "numpy", "lightgbm"} <= set(record["versions"])
    assert (record["study"], record["fit"], record["seed"]) == ("small", [2000, 2010], 1)


def test_counts_of_fit_json_are_those_of_the_maps(record: dict) -> None:
    maps = grown()
    candidates = maps[2010] == OTHER
    assert record["test"]["candidate_cells"] == np.count_nonzero(candidates)
    assert record["test"]["gain_cells"] == np.count_nonzero(candidates & (maps[2020] == URBAN))


def test_inputs_are_named_with_their_hashes(record: dict, fit: Fit) -> None:
    assert set(record["inputs"]) == {
        "landcover.2000",
        "landcover.2005",
        "landcover.2010",
        "landcover.2020",
        "drivers.slope",
    }
    assert all(len(digest) == 64 for digest in record["inputs"].values())
    assert "landcover.2020" not in fit.ruleset.inputs


def test_further_periods_are_labelled_as_partly_in_sample(record: dict) -> None:
    (extra,) = record["in_sample"]
    assert (extra["period"], extra["label"]) == ([2000, 2020], "partly in-sample")
    assert extra["fom"] > extra["baselines"]["density"]["fom"]


def test_coefficients_stand_with_their_errors(record: dict) -> None:
    (part,) = record["potential"]["urban"]
    assert (part["model"], part["recipe"]) == ("logit", "static")
    slope = next(row for row in part["coefficients"] if row["input"] == "slope")
    assert slope["coefficient"] < 0.0 < slope["standard_error"]


def test_the_choice_is_a_file_of_its_own(written: Path, record: dict) -> None:
    choice = json.loads((written / "choice.json").read_text("utf-8"))["chosen"]
    assert choice == {"urban": f"logit: {record['chosen_by']['urban']}"}


def test_the_predicted_map_agrees_with_the_figures(written: Path, record: dict) -> None:
    with rasterio.open(written / "test_predicted.tif") as file:
        plane = file.read(1)
        assert (file.nodata, file.dtypes, file.crs.to_epsg()) == (255.0, ("uint8",), 32649)
    maps = grown()
    assert set(np.unique(plane)) == {0, 1, 2, 255}
    assert np.count_nonzero(np.isin(plane, (1, 2))) == record["test"]["candidate_cells"]
    assert np.count_nonzero(plane == 2) == record["test"]["gain_cells"]
    hits = np.count_nonzero((plane == 2) & (maps[2020] == URBAN))
    assert record["test"]["fom"] == pytest.approx(hits / (2 * record["test"]["gain_cells"] - hits))
    assert not list(written.glob("test_predicted_*"))


def test_nothing_in_the_record_is_of_this_machine_or_hour(fit: Fit) -> None:
    text = json.dumps(fit_record(fit), default=str)
    assert str(fit.history.source.folder) not in text
    assert "seconds" not in text


def test_what_no_calibration_has_written_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "mine.md").write_text("my own")
    with pytest.raises(InputError, match="holds rules, which no calibration has written"):
        Workspace(tmp_path)
    assert (tmp_path / "rules" / "mine.md").read_text() == "my own"
