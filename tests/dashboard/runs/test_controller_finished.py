"""Finished runs in the controller: looked at, asked why, played again, and told in words where they are spoilt."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driven import Driven

from landsim.dashboard.shelf import Shelf
from landsim.io.store import Keeping, open_run
from landsim.scenario.build import load_scenario, prepare
from landsim.scenario.run import execute, replay, run

Begin = Callable[[bool], Driven]


def test_a_finished_run_is_looked_at(controller: Driven, folder: Path) -> None:
    result = run(folder / "small", folder / "runs" / "done")
    snap = controller.opened("runs/done")
    assert (snap.state, snap.year, snap.params) == ("finished", 2026, None)
    for year in (2020, 2023, 2026):
        assert np.array_equal(snap.track.history.at(year), result.landcover.sel(year=year).to_numpy())
    assert snap.track.value("built_ha", 2026) is not None
    controller.step()
    controller.play()
    controller.pull("enforcement", 0.5)
    assert controller.snapshot().waiting == ()
    controller.save("again")
    assert "only a live run can be saved" in controller.until(lambda snap: snap.problems != ()).problems[0]
    assert controller.snapshot().state == "finished"


def test_why_of_a_live_and_of_a_finished_run_tell_the_same_events(controller: Driven, shelf: Shelf) -> None:
    controller.opened("small")
    snap = controller.stepped(3)
    first, last = snap.track.history.at(2020), snap.track.history.at(2023)
    cell = int(np.flatnonzero(first != last)[0])
    controller.ask(cell)
    live = controller.until(lambda snap: snap.answer is not None).answer
    assert live.events
    assert (live.events[0].before, live.events[-1].after) == (first.flat[cell], last.flat[cell])
    assert live.code == last.flat[cell]
    controller.save("asked")
    controller.until(lambda snap: snap.saved)
    controller.opened("runs/asked")
    controller.ask(cell)
    finished = controller.until(lambda snap: snap.answer is not None).answer
    assert finished.events == live.events
    assert (finished.lacks, finished.district, finished.x) == (live.lacks, live.district, live.x)
    assert (live.basis, finished.basis) == ("live", "rebuilt")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda place: (place / "run.json").unlink(), "not a run folder"),
        (lambda place: (place / "events.parquet").unlink(), "incomplete run folder"),
        (lambda place: (place / "run.json").write_text('{"format": 99}'), "of another version"),
        (lambda place: (place / "run.json").write_text("{"), "not the manifest of a run"),
        (lambda place: (place / "landcover.zarr" / "zarr.json").write_text("{}"), "is damaged"),
        (lambda place: (place / "indicators.parquet").write_bytes(b"PAR1"), "is damaged"),
    ],
)
def test_a_spoilt_run_folder_is_told_in_words(controller: Driven, folder: Path, spoil: Any, words: str) -> None:
    place = folder / "runs" / "spoilt"
    run(folder / "small", place)
    spoil(place)
    snap = controller.opened("runs/spoilt")
    assert snap.state == "error"
    assert words in snap.problems[0]
    assert "Traceback" not in snap.problems[0]
    assert controller.opened("small").state == "ready"


def test_a_finished_run_is_played_again_from_its_start_and_steered(controller: Driven, folder: Path) -> None:
    result = run(load_scenario(folder / "small", {"horizon": 2023, "quota.multiplier": 0.3}), folder / "runs" / "done")
    controller.opened("runs/done")
    controller.play_again()
    snap = controller.until(lambda snap: snap.state == "ready")
    assert (snap.year, snap.name, snap.params.quota.multiplier) == (2020, "runs/done", 0.3)
    assert "quota.multiplier=0.3" in snap.track.about.applied
    snap = controller.stepped(3)
    assert np.array_equal(snap.track.history.at(2023), result.landcover.sel(year=2023).to_numpy())
    controller.reset()
    controller.until(lambda snap: snap.state == "ready" and snap.year == 2020)
    controller.pull("quota.multiplier", 0.0)
    controller.stepped(2)
    controller.save("again")
    controller.until(lambda snap: snap.saved)
    assert replay(open_run(folder / "runs" / "again")) == []


@pytest.mark.parametrize("zipped", [False, True])
def test_a_run_that_kept_no_events_is_read_off_its_maps(controller: Driven, folder: Path, zipped: bool) -> None:
    ready = prepare(load_scenario(folder / "small", {"horizon": 2023}))
    execute(ready, folder / "runs" / "whole")
    keeping = Keeping(("landcover.zarr", "unmet.parquet"), zipped)
    execute(ready, folder / "runs" / "lean", keeping=keeping)
    assert "runs/lean" in [choice.name for choice in controller.shelf.choices()]
    whole = controller.opened("runs/whole").track
    snap = controller.opened("runs/lean")
    assert snap.track.about.missing == ("events.parquet", "indicators.parquet")
    for year in range(2020, 2024):
        assert np.array_equal(snap.track.history.at(year), whole.history.at(year))
    changed = int(np.flatnonzero(whole.history.at(2020) != whole.history.at(2023))[0])
    answer = controller.call(lambda found: found.why(changed))
    assert "why_no_log" in answer.notes
    assert (answer.events[0].before, answer.events[-1].after) == (
        whole.history.at(2020).flat[changed], whole.history.at(2023).flat[changed],
    )  # fmt: skip
    assert {event.agent for event in answer.events} == {""}
    assert answer.prospects


def test_a_run_that_kept_no_maps_is_a_sentence(controller: Driven, folder: Path) -> None:
    ready = prepare(load_scenario(folder / "small", {"horizon": 2021}))
    execute(ready, folder / "runs" / "numbers", keeping=Keeping(("indicators.parquet",)))
    assert "runs/numbers" not in [choice.name for choice in controller.shelf.choices()]
    snap = controller.opened("runs/numbers")
    assert snap.state == "error"
    assert "was not kept by this run" in snap.problems[0]


def test_a_finished_run_learns_the_layers_of_its_place(controller: Driven, folder: Path) -> None:
    run(load_scenario(folder / "small", {"horizon": 2021}), folder / "runs" / "done")
    controller.opened("runs/done")
    assert set(controller.snapshot().track.statics) <= {"district"}
    controller.learn()
    controller.until(lambda snap: "slope" in snap.track.statics and not snap.doing)
