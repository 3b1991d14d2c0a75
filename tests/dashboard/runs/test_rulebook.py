"""The rules of a run put together again say what the model itself says, of every cell, and of earlier years too."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from driven import Driven

from landsim import __version__
from landsim.dashboard.runs.finished import FinishedRun
from landsim.dashboard.runs.live import LiveRun
from landsim.dashboard.runs.rulebook import Rulebook
from landsim.dashboard.runs.why import Prospect, Why
from landsim.dashboard.shelf import Shelf

CELLS = range(0, 40 * 40, 7)
COUNTERS = ("quota", "pace", "balance", "no_land")


@pytest.fixture
def played(controller: Driven) -> Driven:
    """Three years with levers that move lines, permits and the quota."""
    controller.opened("small")
    controller.stepped()
    controller.pull("lines.pbf", False)
    controller.pull("permits.elastic_swap", True)
    controller.stepped()
    controller.pull("quota.multiplier", 0.05)
    controller.stepped()
    return controller


def _law(one: Prospect) -> Prospect:
    """A prospect without what only the race knows."""
    rule = one.rule if one.rule not in COUNTERS else "passed"
    return replace(one, rule=rule, stopped="passed", rank=None, of=None)


def _answers(controller: Driven, year: int | None = None) -> list[Why]:
    found: list[Why] = controller.call(lambda run: [run.why(cell, year) for cell in CELLS])
    return found


def test_a_finished_run_knows_zone_permit_and_ground_as_the_live_one(played: Driven) -> None:
    live = _answers(played)
    played.save("done")
    played.until(lambda snap: snap.saved)
    played.opened("runs/done")
    finished = _answers(played)
    assert {one.basis for one in finished} == {"rebuilt"}
    for one, other in zip(live, finished, strict=True):
        assert (other.overlays, other.code, other.district) == (one.overlays, one.code, one.district)
        assert (other.events, other.lacks) == (one.events, one.lacks)
        assert [_law(found) for found in other.prospects] == [_law(found) for found in one.prospects]
    rules = {found.rule for one in live for found in one.prospects}
    assert {"zone", "quota", "passed"} <= rules, "the comparison would say little"
    assert {found.bar for one in live for found in one.prospects} >= {"", "origin"}


def test_a_quota_that_is_used_up_is_told_of_a_finished_run(played: Driven) -> None:
    live = _answers(played)
    played.save("done")
    played.until(lambda snap: snap.saved)
    played.opened("runs/done")
    pairs = [
        (mine.rule, found.rule)
        for one, other in zip(live, _answers(played), strict=True)
        for mine, found in zip(one.prospects, other.prospects, strict=True)
        if mine.rule == "quota"
    ]
    assert pairs
    assert all(found == "quota" for _, found in pairs)


def test_an_earlier_year_is_answered_as_it_was(controller: Driven) -> None:
    controller.opened("small")
    controller.stepped()
    then = _answers(controller)
    controller.pull("lines.udb", False)
    controller.pull("permits.village_plan", False)
    controller.pull("demography.attraction", 5.0)  # so that something is built meanwhile
    controller.stepped(2)
    again, now = _answers(controller, 2021), _answers(controller)
    for one, other in zip(then, again, strict=True):
        assert (other.year, other.code, other.overlays) == (2021, one.code, one.overlays)
        assert [_law(found) for found in other.prospects] == [_law(found) for found in one.prospects]
        assert (other.basis, other.notes) == ("rebuilt", ("why_no_rank",))
    assert [one.overlays for one in now] != [one.overlays for one in then]
    land = controller.call(lambda run: [run.track.history.at(year, "landcover") for year in (2021, 2023)])
    cell = int(np.flatnonzero(land[0] != land[1])[0])
    assert any(event.year > 2021 for event in controller.call(lambda run: run.why(cell, 2021)).events)


def test_a_year_outside_the_run_is_its_first_or_last(played: Driven) -> None:
    assert {one.year for one in _answers(played, 1900)} == {2020}
    assert {one.year for one in _answers(played, 2900)} == {2023}


def test_nothing_lies_outside_the_study(played: Driven) -> None:
    def empty(run: LiveRun | FinishedRun) -> Why:
        assert isinstance(run, LiveRun)
        book = Rulebook(run.ready.inputs, run.track, ())
        run.track.history.first["landcover"].flat[5] = run.track.legend.nodata
        try:
            assert book.at(5, 2020, 0) == ((), ())
            return run.why(5, 2020)
        finally:
            run.track.history.first["landcover"].flat[5] = run.track.legend.rows[0].code

    answer = played.call(empty)
    assert (answer.overlays, answer.prospects) == ((), ())


def test_fitted_rules_tell_where_a_class_may_not_grow(controller: Driven) -> None:
    controller.opened("demo --with fitted")
    live = controller.call(lambda run: [run.why(cell) for cell in range(0, 240 * 240, 997)])
    book = controller.call(lambda run: Rulebook(run.ready.inputs, run.track, ()))
    for one in live:
        overlays, found = book.at(one.cell, one.year, one.district)
        assert overlays == one.overlays
        assert [(p.code, p.chance, p.granted, p.restrictions) for p in found] == [
            (p.code, p.chance, p.granted, p.restrictions) for p in one.prospects
        ]


def _gone(shelf: Shelf) -> None:
    (shelf.folder / "small").rename(shelf.folder / "moved")


def _of_another_version(shelf: Shelf) -> None:
    file = shelf.folder / "runs" / "done" / "run.json"
    file.write_text(file.read_text().replace(f'"landsim": "{__version__}"', '"landsim": "0.0.0"'))


def _outside(shelf: Shelf) -> None:
    (shelf.folder / "small").rename(shelf.folder.parent / "small")
    file = shelf.folder / "runs" / "done" / "run.json"
    made = json.loads(file.read_text())
    made["home"] = {"folder": str(shelf.folder.parent / "small"), "from_run": "../../../small"}
    file.write_text(json.dumps(made))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_gone, "the folder of the scenario is not there"),
        (_of_another_version, "version of landsim has changed"),
        (_outside, "outside the folder of the dashboard"),
    ],
)
def test_what_is_not_at_hand_is_told(played: Driven, shelf: Shelf, spoil: Callable[[Shelf], None], words: str) -> None:
    played.save("done")
    played.until(lambda snap: snap.saved)
    spoil(shelf)
    snap = played.opened("runs/done")
    answer = _answers(played)[10]
    assert (answer.basis, answer.prospects) == ("log", ())
    assert answer.notes[0] == "why_no_rules"
    assert words in " ".join(answer.notes[1:])
    assert answer.overlays, "the lines of the run folder are told in any case"
    assert answer.code == snap.track.history.at(2023).flat[answer.cell]
    played.learn()
    assert words in " ".join(played.until(lambda snap: snap.problems != ()).problems)
    played.play_again()
    assert words in " ".join(played.until(lambda snap: snap.problems != () and snap.state == "finished").problems)
