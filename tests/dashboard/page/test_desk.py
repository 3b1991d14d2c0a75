"""The desk of a page: which part of a map is seen, what a question is about, and what the map shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from landsim.dashboard.page.desk import Desk
from landsim.dashboard.runs.snapshot import Snapshot
from landsim.dashboard.settings import Settings
from landsim.dashboard.shelf import Shelf
from landsim.dashboard.views import Bounds, Frame, Place

FRAME = Frame(240, 240, 100.0)
SEEN: Bounds = ((8_000.0, 8_000.0), (9_000.0, 9_000.0))


@pytest.fixture
def desk(folder: Path) -> Iterator[Desk]:
    made = Desk(Settings(Shelf(folder)))
    yield made
    made.close()
    assert made.a.join(60.0)


def _near(place: Place) -> Place:
    (north, east), zoom = place
    return (north + 7.0, east - 5.0), zoom + 0.004


def test_a_map_that_is_seen_whole_stays_so_when_its_block_grows(desk: Desk) -> None:
    small = desk.first_place(FRAME)
    desk.moved(FRAME, SEEN, _near(small))
    assert desk.place.value is None
    desk.sized(1200, 900)
    large = desk.first_place(FRAME)
    assert large[1] > small[1]
    desk.moved(FRAME, SEEN, _near(small))  # the browser tells late of where the map was before
    assert desk.place.value is None


def test_where_a_person_has_moved_to_is_kept_from_view_to_view(desk: Desk) -> None:
    desk.first_place(FRAME)
    place: Place = ((8_500.0, 8_500.0), -2.0)
    desk.moved(FRAME, SEEN, place)
    assert (desk.place.value, desk.seen.value) == (place, SEEN)
    desk.moved(FRAME, ((0.0, 0.0), (1.0, 1.0)), ((8_501.0, 8_500.0), -2.0))  # the other map, which follows
    assert (desk.place.value, desk.seen.value) == (place, SEEN)
    desk.look_at("both")
    assert desk.place.value == place
    desk.moved(FRAME, SEEN, desk.first_place(FRAME))
    assert (desk.place.value, desk.seen.value) == (None, None)


def test_a_block_without_a_size_is_not_heard(desk: Desk) -> None:
    before = desk.size.value
    desk.sized(0, 300)
    assert desk.size.value == before


def test_a_question_is_about_the_year_that_is_shown(desk: Desk) -> None:
    desk.snap_a.set(Snapshot(year=2030))
    assert desk.year_asked(desk.snap_a.value) is None
    assert desk.year_asked(Snapshot(year=2035)) == 2030, "run B has gone on, but its map of 2030 is shown"
    assert desk.year_asked(Snapshot(year=2025)) is None


def test_a_click_beside_the_map_takes_no_answer_away(desk: Desk) -> None:
    before = desk.a.snapshot().version
    desk.ask(None)
    assert (desk.missed.value, desk.tab.value) == (True, "why")
    assert desk.a.snapshot().version == before, "nothing was asked of the run"
    desk.ask(3)
    assert desk.missed.value is False


def test_what_is_only_kept_cannot_be_asked(desk: Desk) -> None:
    desk.ask(3, "b")
    assert "save it and open it as B" in desk.told.value[0]
    assert desk.answering()[0] == "a"
    desk.hush()
    assert desk.told.value == ()
