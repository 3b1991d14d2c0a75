"""Runs: equal bytes, resuming, refusing, replaying, and results that agree with the folder."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

import landsim
from landsim.core.errors import InputError
from landsim.io.store import RESULTS, differences, open_run
from landsim.scenario import run as running
from landsim.scenario.run import Progress, replay


class Killed(BaseException):
    """Ends a run as a kill does, without a chance to tidy up."""


class Killer(Progress):
    """Kills a run at the end of a year, after the checkpoint of the year before."""

    def __init__(self, year: int) -> None:
        self.fatal = year

    def end_year(self, year: int) -> None:
        if year == self.fatal:
            raise Killed


class Stopper(Killer):
    """Stops a run at the end of a year."""

    def end_year(self, year: int) -> None:
        if year == self.fatal:
            raise RuntimeError("stopped")


class Listener(Progress):
    def __init__(self) -> None:
        self.heard: list[object] = []

    def say(self, text: str) -> None:
        self.heard.append(text)

    def begin(self, year: int, start: int, horizon: int) -> None:
        self.heard.append((year, start, horizon))

    def end_year(self, year: int) -> None:
        self.heard.append(year)


def test_a_run_in_memory_and_one_in_a_folder_are_the_same(project, tmp_path) -> None:
    scenario = landsim.load_scenario(project)
    one, two = landsim.run(scenario), landsim.run(scenario, out=tmp_path / "run")
    assert one.path is None
    assert two.path == tmp_path / "run"
    assert np.array_equal(one.landcover, two.landcover)
    assert one.manifest["state_hash"] == two.manifest["state_hash"]
    folder = open_run(two.path)
    assert np.array_equal(folder.landcover, two.landcover)
    assert one.legend.rows == two.legend.rows == folder.legend.rows
    for name in ("events", "unmet", "indicators"):
        assert getattr(folder, name).equals(getattr(two, name)), name


def test_events_lead_from_the_first_map_to_the_last(project) -> None:
    result = landsim.run(project)
    land = result.landcover.sel(year=2020).to_numpy().ravel().copy()
    events = result.events[result.events["layer"] == "lu"]
    assert events["seq"].is_monotonic_increasing
    for cell, before, after in events[["cell", "from", "to"]].itertuples(index=False):
        assert land[cell] == before
        land[cell] = after
    assert np.array_equal(land, result.landcover.sel(year=2023).to_numpy().ravel())
    assert (events["agent"].astype(str).str.len() > 0).all()


def test_two_runs_have_equal_bytes_and_a_replay_has_them_too(project, tmp_path) -> None:
    scenario = landsim.load_scenario(project, names=["tight"])
    for name in "ab":
        landsim.run(scenario, out=tmp_path / name)
    assert differences(tmp_path / "a", tmp_path / "b") == []
    assert replay(open_run(tmp_path / "a")) == []


def test_another_seed_is_another_run(project, tmp_path) -> None:
    landsim.run(landsim.load_scenario(project), out=tmp_path / "a")
    landsim.run(landsim.load_scenario(project, {"seed": 2}), out=tmp_path / "b")
    assert "events.parquet" in differences(tmp_path / "a", tmp_path / "b")


def test_a_horizon_at_the_start_returns_the_first_map(project, tmp_path) -> None:
    result = landsim.run(landsim.load_scenario(project, {"horizon": 2020}), out=tmp_path / "run")
    assert result.landcover["year"].to_numpy().tolist() == [2020]
    assert len(result.events) == 0
    assert len(result.unmet) == 0
    assert set(result.indicators["year"]) == {2020}
    assert np.array_equal(result.landcover[0], landsim.build(project).landscape.landcover)


@pytest.mark.parametrize("year", [2022, 2023])
def test_a_killed_run_is_resumed_to_the_same_bytes(project, tmp_path, year) -> None:
    landsim.run(project, out=tmp_path / "whole")
    with pytest.raises(Killed):
        landsim.run(project, out=tmp_path / "killed", progress=Killer(year))
    assert not (tmp_path / "killed").exists()
    listener = Listener()
    landsim.run(project, out=tmp_path / "killed", resume=True, progress=listener)
    assert (year - 1, 2020, 2023) in listener.heard
    assert differences(tmp_path / "whole", tmp_path / "killed") == []
    assert not (tmp_path / "killed.partial").exists()


@pytest.mark.parametrize("year", [2021, 2022, 2023])
def test_a_run_stopped_at_the_end_of_a_year_goes_on_after_it(project, tmp_path, year) -> None:
    scenario = landsim.load_scenario(project, {"output.checkpoint_seconds": 1e6})
    landsim.run(scenario, out=tmp_path / "whole")
    with pytest.raises(RuntimeError, match="stopped"):
        landsim.run(scenario, out=tmp_path / "stopped", progress=Stopper(year))
    listener = Listener()
    landsim.run(scenario, out=tmp_path / "stopped", resume=True, progress=listener)
    assert (year, 2020, 2023) in listener.heard
    assert [heard for heard in listener.heard if isinstance(heard, int)] == list(range(year + 1, 2024))
    assert differences(tmp_path / "whole", tmp_path / "stopped") == []


def test_a_killed_run_without_a_checkpoint_leaves_nothing(project, tmp_path) -> None:
    with pytest.raises(Killed):
        landsim.run(project, out=tmp_path / "killed", progress=Killer(2021))
    assert not list(tmp_path.glob("killed*"))


def test_what_is_left_of_a_killed_run_is_not_run_over(project, tmp_path) -> None:
    with pytest.raises(Killed):
        landsim.run(project, out=tmp_path / "killed", progress=Killer(2022))
    with pytest.raises(InputError, match="--resume"):
        landsim.run(project, out=tmp_path / "killed")


def test_resuming_with_another_scenario_is_refused_and_keeps_the_checkpoint(project, tmp_path) -> None:
    with pytest.raises(Killed):
        landsim.run(project, out=tmp_path / "killed", progress=Killer(2022))
    other = landsim.load_scenario(project, names=["tight"])
    with pytest.raises(InputError, match="scenario has changed"):
        landsim.run(other, out=tmp_path / "killed", resume=True)
    assert landsim.run(project, out=tmp_path / "killed", resume=True).path == tmp_path / "killed"


def test_a_run_does_not_write_into_a_folder_with_something_in_it(project, tmp_path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.txt").write_text("keep")
    with pytest.raises(InputError, match="not empty"):
        landsim.run(project, out=tmp_path / "run")
    assert (tmp_path / "run" / "mine.txt").read_text() == "keep"


def test_a_fault_of_the_data_writes_nothing(project, tmp_path) -> None:
    (project / "data.yaml").write_text("landcover: {file: gone.tif}\n")
    with pytest.raises(InputError):
        landsim.run(project, out=tmp_path / "run")
    assert not list(tmp_path.glob("run*"))


def test_checkpoints_are_kept_as_often_as_asked(project, tmp_path, monkeypatch) -> None:
    years = []
    monkeypatch.setattr(running, "save_checkpoint", lambda folder, arrays, scalars: years.append(scalars["year"]))
    for every in (0, 1, 2, 3):
        landsim.run(landsim.load_scenario(project, {"output.checkpoint_years": every}), out=tmp_path / str(every))
    assert years == [2021, 2022, 2022]


def test_progress_hears_every_year_once(project) -> None:
    listener = Listener()
    landsim.run(project, progress=listener)
    assert [what for what in listener.heard if not isinstance(what, str)] == [(2020, 2020, 2023), 2021, 2022, 2023]


def test_the_manifest_says_what_the_run_was_made_from(project, tmp_path) -> None:
    landsim.run(landsim.load_scenario(project, {"quota.multiplier": 0.9}, ["far"]), out=tmp_path / "run")
    made = json.loads((tmp_path / "run" / "run.json").read_text())
    assert made["rules"] == "UNCALIBRATED"
    assert (made["name"], made["start"], made["end"], made["seed"]) == ("small", 2020, 2024, 1)
    assert made["applied"] == ["far", "quota.multiplier=0.9"]
    assert made["scenario"]["quota"]["multiplier"] == 0.9
    assert {"landsim", "python", "numpy", "numba", "mesa"} <= set(made["versions"])
    assert sorted(made["state_hash"]) == ["2021", "2022", "2023", "2024"]
    assert {"demand", "conversion", "accounts"} <= set(made["timings"])
    assert set(made["files"]) == set(RESULTS)
    assert made["wall_s"] > 0
    assert all(row["cells"] >= 0 for row in made["demanded"])


def test_a_project_and_its_run_may_move_together(project, tmp_path) -> None:
    landsim.run(project, out=project / "runs" / "one")
    moved = tmp_path / "moved"
    shutil.move(project, moved)
    assert replay(open_run(moved / "runs" / "one")) == []


def test_replaying_with_changed_or_missing_data_is_a_clear_error(tmp_path) -> None:
    from landsim.scenario.new import new_project

    folder = new_project(tmp_path / "city", shape=(40, 40))
    small = {"horizon": 2021, "agents": {"households": 100, "firms": 20, "farms": 10}}
    landsim.run(landsim.load_scenario(folder, small), out=tmp_path / "run")
    shutil.copy(folder / "data" / "paddy.tif", folder / "data" / "heritage.tif")
    with pytest.raises(InputError, match=r"data data/heritage.tif has changed"):
        replay(open_run(tmp_path / "run"))
    (folder / "data" / "heritage.tif").unlink()
    with pytest.raises(InputError, match=r"layers.heritage: missing file"):
        replay(open_run(tmp_path / "run"))
    shutil.rmtree(folder)
    with pytest.raises(InputError, match="folder of the scenario is not there"):
        replay(open_run(tmp_path / "run"))


def test_compilation_is_told_once() -> None:
    from numba import njit

    listener = Listener()
    with running.telling_compilation(listener):
        njit(lambda x: x + 1)(1)
        njit(lambda x: x + 2)(1)
    assert listener.heard == [running.COMPILING]
