"""The controller: play, pause, step, reset, levers, errors in words, saving, and a thread that ends."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from driven import Driven

from landsim.dashboard.downloads import scenario_yaml
from landsim.dashboard.runs.controller import THREADS
from landsim.dashboard.runs.history import History
from landsim.dashboard.runs.live import LiveRun
from landsim.dashboard.runs.snapshot import Snapshot
from landsim.dashboard.runs.track import Track
from landsim.dashboard.runs.waiting import Waiting
from landsim.dashboard.runs.why import Why
from landsim.dashboard.shelf import Shelf
from landsim.io.store import RESULTS, digest, open_run
from landsim.model.model import LandModel
from landsim.scenario import build
from landsim.scenario.build import load_scenario
from landsim.scenario.run import replay, run

Begin = Callable[[bool], Driven]


def test_a_scenario_is_built_in_the_background_and_stepped_year_by_year(controller: Driven) -> None:
    assert controller.snapshot().state == "empty"
    snap = controller.opened("small")
    assert (snap.state, snap.year, snap.problems) == ("ready", 2020, ())
    assert [snap.track.about.told(lang)[0] for lang in ("en", "zh")] == ["A small city", "一座小城"]
    snap = controller.stepped(2)
    assert snap.year == snap.track.year == 2022
    assert set(snap.track.series("built_ha")) == {2020, 2021, 2022}


def test_what_the_page_sees_is_what_a_headless_run_writes(controller: Driven, folder: Path) -> None:
    controller.opened("small")
    controller.set_speed(1000)
    controller.play()
    snap = controller.until(lambda snap: snap.state == "ended")
    result = run(folder / "small")
    for year in range(2020, 2027):
        assert np.array_equal(snap.track.history.at(year), result.landcover.sel(year=year).to_numpy())
    table = result.indicators[result.indicators["district"] == 0].set_index(["indicator", "year"])["value"]
    assert snap.track.value("built_ha", 2026) == table["built_ha", 2026]
    assert len(snap.track.unmet()) == len(result.unmet)


def test_pause_stops_after_the_year_in_work_and_no_later(controller: Driven) -> None:
    controller.opened("small")
    controller.set_speed(1000)
    controller.play()
    controller.until(lambda snap: snap.year >= 2021)
    controller.pause()
    year = controller.at_rest().year
    asked = controller.call(lambda live: live.year)  # the thread has worked off everything before it answers
    assert controller.snapshot().state == "ready"
    assert asked == controller.snapshot().year == year < 2026


def test_play_goes_no_faster_than_asked_and_ends_at_the_horizon(controller: Driven) -> None:
    controller.opened("small")
    controller.set_speed(0.01)
    assert controller.snapshot().speed == 0.05
    controller.play()
    assert controller.until(lambda snap: snap.year == 2021).state == "playing"
    assert controller.call(lambda live: live.year) == 2021  # the next year is due in 20 s
    controller.set_speed(1000)
    assert controller.until(lambda snap: snap.state == "ended").year == 2026
    controller.step()
    controller.play()
    assert controller.call(lambda live: live.year) == 2026


def test_reset_goes_back_to_the_start_and_to_the_same_years(controller: Driven) -> None:
    controller.opened("small")
    first = controller.stepped(2).track.history.at(2022)
    controller.pull("quota.multiplier", 0.1)
    controller.reset()
    snap = controller.until(lambda snap: snap.state == "ready" and snap.year == 2020)
    assert snap.waiting == snap.moves == ()
    assert snap.params.quota.multiplier == 1.0
    assert np.array_equal(controller.stepped(2).track.history.at(2022), first)


def test_a_lever_acts_from_the_next_year(controller: Driven) -> None:
    controller.opened("small")
    controller.stepped()
    controller.pull("quota.mode", "given")
    assert "given_ha is needed" in controller.snapshot().problems[0]
    controller.pull("quota.given_ha", "0")
    controller.pull("quota.mode", "given")
    snap = controller.snapshot()
    assert dict(snap.waiting) == {"quota.given_ha": 0, "quota.mode": "given"}
    assert snap.params.quota.mode == "given"
    assert snap.track.value("quota_ha", 2021) > 0
    snap = controller.stepped()
    assert snap.waiting == ()
    assert [(move.year, move.path, move.value) for move in snap.moves] == [
        (2022, "quota.given_ha", 0), (2022, "quota.mode", "given"),
    ]  # fmt: skip
    assert snap.track.value("quota_ha", 2022) == 0.0


def test_a_lever_that_is_moved_back_waits_no_longer(controller: Driven) -> None:
    controller.opened("small")
    controller.pull("enforcement", 0.5)
    controller.pull("enforcement", 0.25)
    assert controller.snapshot().waiting == (("enforcement", 0.25),)
    controller.pull("enforcement", 1.0)
    assert controller.snapshot().waiting == ()
    controller.pull("lines.udb", False)
    controller.drop("lines.udb")
    assert controller.snapshot().waiting == ()
    assert controller.snapshot().params.lines.udb is True


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("enforcement", 7, "less than or equal to 1"),
        ("quota.multiplier", "many", "is no number"),
        ("quota.per_district", "{1: -3}", "a quota is not negative"),
        ("pace.stages", "{2025: [}", "is no YAML value"),
        ("engine.scatter", 0.0, "is no lever"),
    ],
)
def test_a_lever_out_of_bounds_is_told_and_stays(controller: Driven, path: str, value: Any, words: str) -> None:
    before = controller.opened("small").params
    controller.pull(path, value)
    snap = controller.snapshot()
    assert words in snap.problems[0]
    assert path in snap.problems[0]
    assert snap.params == before
    assert snap.waiting == ()


def test_a_live_run_with_levers_is_replayed_to_the_byte(controller: Driven, shelf: Shelf, tmp_path: Path) -> None:
    controller.opened("small")
    controller.stepped()
    controller.pull("quota.given_ha", 300.0)
    controller.pull("quota.mode", "given")
    controller.pull("pace.stages", "{2022: 0.1, 2035: 1.0}")
    controller.stepped()
    controller.pull("lines.udb", False)
    controller.pull("enforcement", 0.4)
    controller.pull("quota.yearly_growth", 0.5)  # in the year in which the scenario moves it too
    controller.stepped()
    controller.pull("lines.udb", True)
    controller.stepped(2)
    controller.save("mine")
    assert controller.until(lambda snap: snap.saved).saved == "runs/mine"
    saved = open_run(shelf.folder / "runs" / "mine")
    assert saved.years == [2020, 2021, 2022, 2023, 2024, 2025]
    assert [(s["year"], s["path"]) for s in saved.manifest["scenario"]["shocks"]] == [
        (2022, "quota.given_ha"), (2022, "quota.mode"), (2022, "pace.stages"), (2023, "quota.yearly_growth"),
        (2023, "lines.udb"), (2023, "enforcement"), (2023, "quota.yearly_growth"), (2024, "lines.udb"),
    ]  # fmt: skip
    assert replay(saved) == []
    # the same years without levers are others, so that the comparison above has something to say
    run(load_scenario(shelf.folder / "small", {"horizon": 2025}), tmp_path / "plain")
    assert digest(tmp_path / "plain" / "events.parquet") != digest(saved.path / "events.parquet")
    # and the scenario that is downloaded leads to the same bytes
    text = controller.call(lambda live: scenario_yaml(live))
    (shelf.folder / "small" / "played.yaml").write_bytes(text)
    assert yaml.safe_load(text)["shocks"][0]["path"] == "quota.given_ha"
    run(shelf.folder / "small" / "played.yaml", tmp_path / "again")
    for name in RESULTS:
        assert digest(tmp_path / "again" / name) == digest(saved.path / name)


def test_a_run_goes_on_after_it_was_saved(controller: Driven, shelf: Shelf) -> None:
    controller.opened("small")
    controller.stepped()
    controller.save("one")
    controller.until(lambda snap: snap.saved == "runs/one")
    controller.stepped()
    controller.save("two")
    controller.until(lambda snap: snap.saved == "runs/two")
    assert replay(open_run(shelf.folder / "runs" / "two")) == []


@pytest.mark.parametrize("name", ["../outside", "a/b", "", ".hidden", "x" * 90])
def test_a_name_that_is_none_is_refused_in_words(controller: Driven, shelf: Shelf, name: str) -> None:
    controller.opened("small")
    controller.stepped()
    controller.save(name)
    snap = controller.until(lambda snap: snap.problems != ())
    assert "is no name for a run" in snap.problems[0]
    assert (snap.state, snap.saved) == ("ready", "")
    assert not (shelf.folder / "runs").exists()


def test_a_name_that_is_taken_is_refused_and_another_one_is_named(controller: Driven, shelf: Shelf) -> None:
    controller.opened("small")
    (shelf.folder / "runs" / "taken-1").mkdir(parents=True)
    controller.save("taken-1")
    problem = controller.until(lambda snap: snap.problems != ()).problems[0]
    assert "there is a run of that name" in problem
    assert "taken-2" in problem


def test_a_cell_outside_is_told(controller: Driven) -> None:
    controller.opened("small")
    controller.ask(40 * 40)
    assert "outside the map" in controller.until(lambda snap: snap.problems != ()).problems[0]
    assert controller.snapshot().state == "ready"


def test_a_scenario_is_opened_with_a_named_override(controller: Driven, folder: Path) -> None:
    (folder / "small" / "overrides.yaml").write_text("tight: {about: Little quota, quota.multiplier: 0.1}\n")
    snap = controller.opened("small --with tight")
    assert (snap.state, snap.params.quota.multiplier) == ("ready", 0.1)
    assert snap.track.about.applied == ("tight",)
    assert "no override named 'loose'" in controller.opened("small --with loose").problems[0]


def test_of_many_things_that_are_opened_only_the_last_one_is_built(
    controller: Driven, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []
    begun, go = threading.Event(), threading.Event()
    prepared = build.prepare

    def slowly(source: Any, *more: Any) -> Any:
        built.append(source.scenario.name)
        begun.set()
        assert go.wait(60.0)
        return prepared(source, *more)

    monkeypatch.setattr(build, "prepare", slowly)
    models: list[Any] = []
    monkeypatch.setattr(LiveRun, "__init__", _counted(LiveRun.__init__, models))
    controller.open(controller.shelf.find("small"))
    assert begun.wait(60.0)
    for _ in range(3):
        controller.open(controller.shelf.find("small"))
    go.set()
    assert controller.at_rest().state == "ready"
    assert (len(built), len(models)) == (2, 1)  # the first one was in work already, and is dropped before its model


def _counted(begin: Callable[..., None], models: list[Any]) -> Callable[..., None]:
    def counting(self: Any, *args: Any) -> None:
        models.append(self)
        begin(self, *args)

    return counting


def test_what_is_larger_than_the_memory_is_refused(controller: Driven, monkeypatch: pytest.MonkeyPatch) -> None:
    from landsim.io import doctor

    monkeypatch.setattr(doctor, "_free_memory", lambda: 1_000)
    snap = controller.opened("small")
    assert (snap.state, snap.track) == ("error", None)
    assert "memory: may not suffice" in snap.problems[0]
    assert "open a coarser map" in snap.problems[0]


def test_a_problem_that_was_read_is_taken_back_and_told_again(controller: Driven) -> None:
    controller.opened("small")
    for _ in range(2):
        controller.pull("enforcement", 7)
        assert controller.snapshot().problems
        controller.hush()
        assert controller.snapshot().problems == ()


def test_every_fault_of_a_scenario_is_told(controller: Driven, folder: Path) -> None:
    (folder / "bad").mkdir()
    (folder / "bad" / "scenario.yaml").write_text("name: bad\nstart: 2020\nhorizon: 2010\nqota: {}\n")
    (folder / "bad" / "data.yaml").write_text("landcover: nowhere.tif\n")
    snap = controller.opened("bad")
    told = " ".join(snap.problems)
    assert snap.state == "error"
    assert "Did you mean 'quota'?" in told
    assert "nowhere.tif" in told


def test_a_fault_inside_is_one_sentence_with_a_log(controller: Driven, monkeypatch: pytest.MonkeyPatch) -> None:
    controller.opened("small")
    monkeypatch.setattr(LiveRun, "step", lambda self, moves=(): 1 / 0)
    controller.step()
    snap = controller.until(lambda snap: snap.state == "error")
    assert "internal fault: ZeroDivisionError" in snap.problems[0]
    log = Path(snap.problems[0].rpartition("Details: ")[2])
    assert "ZeroDivisionError" in log.read_text()
    log.unlink()
    monkeypatch.undo()
    controller.reset()
    assert controller.until(lambda snap: snap.state == "ready").year == 2020


def test_closing_ends_the_thread_and_keeps_the_run_where_asked(shelf: Shelf, begin: Begin) -> None:
    kept, dropped = begin(True), begin(False)
    for controller in (kept, dropped):
        controller.opened("small")
        controller.stepped(2)
        controller.set_speed(1000)
        controller.play()
        controller.close()
        assert controller.join(60.0)
        assert controller.snapshot().state == "closed"
        assert controller.snapshot().track is None
    assert [path.name for path in (shelf.folder / "runs").iterdir()] == ["small-live-1"]
    saved = open_run(shelf.folder / "runs" / "small-live-1")
    assert saved.years[-1] >= 2022
    assert replay(saved) == []


def test_pages_that_close_at_once_all_keep_their_runs(shelf: Shelf, begin: Begin) -> None:
    made = [begin(True) for _ in range(4)]
    for controller in made:
        controller.opened("small")
        controller.stepped()
    for controller in made:
        controller.close()
    assert all(controller.join(60.0) for controller in made)
    kept = sorted(path.name for path in (shelf.folder / "runs").iterdir())
    assert kept == ["small-live-1", "small-live-2", "small-live-3", "small-live-4"]
    assert all(open_run(shelf.folder / "runs" / name).years == [2020, 2021] for name in kept)


def test_closing_does_not_keep_what_is_saved_or_was_not_begun(shelf: Shelf, begin: Begin) -> None:
    first, second = begin(True), begin(True)
    first.opened("small")
    first.stepped()
    first.save("mine")
    first.until(lambda snap: snap.saved)
    second.opened("small")
    for controller in (first, second):
        controller.close()
        assert controller.join(60.0)
    assert [path.name for path in (shelf.folder / "runs").iterdir()] == ["mine"]


def test_two_controllers_do_not_share_anything(begin: Begin) -> None:
    one, other = begin(False), begin(False)
    one.opened("small")
    other.opened("small")
    one.pull("quota.multiplier", 0.0)
    one.stepped(2)
    assert other.snapshot().year == 2020
    other.stepped(2)
    assert other.snapshot().moves == ()
    assert not np.array_equal(one.snapshot().track.history.at(2022), other.snapshot().track.history.at(2022))
    for controller in (one, other):
        controller.close()
        assert controller.join(60.0)


def test_no_thread_is_left_behind() -> None:
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith(THREADS)]


def _alive(*kinds: type) -> list[int]:
    gc.collect()
    found = gc.get_objects()
    return [sum(type(one) is kind for one in found) for kind in kinds]


def test_nothing_grows_from_reset_to_reset(controller: Driven) -> None:
    import mesa

    kinds = (LandModel, LiveRun, Track, History, Snapshot, Waiting, Why)
    before = np.array(_alive(*kinds))  # what other tests of this process have left
    controller.opened("small")
    counts, known = [], []
    for _ in range(3):
        controller.stepped(2)
        controller.ask(100)
        controller.until(lambda snap: snap.answer is not None)
        controller.reset()
        controller.until(lambda snap: snap.state == "ready" and snap.year == 2020)
        controller.call(lambda run: None)  # the thread has let go of the order before it answers
        counts.append((np.array(_alive(*kinds)) - before).tolist())
        known.append((len(mesa.Agent._ids), threading.active_count()))
    assert counts[1:] == counts[:1] * 2
    assert known[1:] == known[:1] * 2
    assert max(counts[0][:4]) <= 1  # less where what was left has gone meanwhile
