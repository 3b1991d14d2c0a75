"""Desk: the state of one page - its runs A and B, what is shown of them, and how; no two pages share one."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import solara

from landsim.core.errors import InputError
from landsim.dashboard.downloads import View
from landsim.dashboard.faults import sentences
from landsim.dashboard.layers import comparable, layer_names
from landsim.dashboard.runs.controller import Controller
from landsim.dashboard.runs.history import LANDCOVER
from landsim.dashboard.runs.snapshot import Snapshot
from landsim.dashboard.runs.track import Track
from landsim.dashboard.settings import Settings
from landsim.dashboard.views import Bounds, Frame, Place, alike, fit
from landsim.dashboard.words import say

FIRST_SIZE = (620, 480)
"""Pixels of the map until the browser has said how large it is."""
MARGIN = 12
"""Pixels left free around a map that is seen whole."""


@dataclass(frozen=True)
class Kept:
    """A run that was kept as B while A went on or began again."""

    name: str
    track: Track


class Desk:
    """The state of one page.

    Parameters
    ----------
    settings : Settings
        Of the server.
    """

    def __init__(self, settings: Settings) -> None:
        self.shelf = settings.shelf
        self.a = Controller(self.shelf)
        self.snap_a = solara.reactive(self.a.snapshot())
        self.b: solara.Reactive[Controller | None] = solara.reactive(None)
        self.snap_b = solara.reactive(Snapshot())
        self.kept: solara.Reactive[Kept | None] = solara.reactive(None)
        self.lang = solara.reactive("en")
        self.size = solara.reactive(FIRST_SIZE)
        self.layer = solara.reactive(LANDCOVER)
        self.year: solara.Reactive[int | None] = solara.reactive(None)
        self.opacity = solara.reactive(1.0)
        self.lines: solara.Reactive[tuple[str, ...]] = solara.reactive(("udb",))
        self.view = solara.reactive("a")
        self.target = solara.reactive("a")
        self.tab = solara.reactive("series")
        self.asked = solara.reactive("a")
        self.missed = solara.reactive(False)
        self.district = solara.reactive(0)
        self.seen: solara.Reactive[Bounds | None] = solara.reactive(None)
        self._fitted: deque[Place] = deque(maxlen=4)
        self.place: solara.Reactive[Place | None] = solara.reactive(None)
        self.told: solara.Reactive[tuple[str, ...]] = solara.reactive(())
        self.comparing = solara.reactive(False)
        if settings.start is not None:
            self.open(settings.start)

    # --- runs ---

    def open(self, name: str) -> None:
        """Open something as A; a name that leads nowhere is told on the page."""
        try:
            self.a.open(self.shelf.find(name))
        except InputError as fault:
            self.told.set(sentences(fault))
            return
        self.told.set(())
        self.year.set(None)
        self.district.set(0)
        self.asked.set("a")
        self.fit()

    def open_b(self, name: str) -> None:
        """Open something as B, beside A."""
        try:
            choice = self.shelf.find(name)
        except InputError as fault:
            self.told.set(sentences(fault))
            return
        self.told.set(())
        self.kept.set(None)
        controller = self.b.value or Controller(self.shelf, keep=self.a.keep)
        controller.open(choice)
        self.b.set(controller)
        self.look_at("both")

    def keep_as_b(self) -> None:
        """Keep what was played of A as B."""
        snap = self.snap_a.value
        if snap.track is not None:
            self._close_b()
            self.kept.set(Kept(snap.name, snap.track.kept()))
            self.look_at("both")

    def play_again(self) -> None:
        """Let the finished run that is open as A be played and steered from its start."""
        self.told.set(())
        self.year.set(None)
        self.a.play_again()

    def end_comparison(self) -> None:
        """Close B."""
        self._close_b()
        self.kept.set(None)
        self.look_at("a")
        self.comparing.set(False)

    def _close_b(self) -> None:
        controller = self.b.value
        if controller is not None:
            self.b.set(None)
            self.snap_b.set(Snapshot())
            self.asked.set("a")
            self.target.set("a")
            controller.close()

    def close(self) -> None:
        """End what the page has begun; it is called when the page goes away."""
        self.a.close()
        if self.b.value is not None:
            self.b.value.close()

    def running(self) -> list[Controller]:
        """Controllers that the buttons of a play speak to."""
        return [self.a] if self.b.value is None else [self.a, self.b.value]

    def snapshots(self) -> list[Snapshot]:
        """What is known of the runs that the buttons of a play speak to."""
        return [self.snap_a.value] if self.b.value is None else [self.snap_a.value, self.snap_b.value]

    def steered(self) -> tuple[Controller, Snapshot]:
        """The run whose levers are shown, and what is known of it."""
        if self.target.value == "b" and self.b.value is not None:
            return self.b.value, self.snap_b.value
        return self.a, self.snap_a.value

    # --- questions ---

    def ask(self, cell: int | None, letter: str = "a") -> None:
        """Ask why of a run; of one that is only kept as B the map alone is at hand, which is told.

        No cell is what a click beside the map hits.
        """
        controller = self.b.value if letter == "b" else self.a
        self.tab.set("why")
        self.missed.set(cell is None)
        if cell is None:
            return
        if controller is None:
            self.told.set((say(self.lang.value, "kept_cannot_tell"),))
            return
        self.asked.set(letter)
        controller.ask(cell, self.year_asked(controller.snapshot()))

    def year_asked(self, snap: Snapshot) -> int | None:
        """Year that a question is about: the one that is shown, or the present one of a run, which is None."""
        year = self.year_shown()
        return None if year >= snap.year else year

    def answering(self) -> tuple[str, Controller, Snapshot]:
        """The run that was asked last: its letter, its controller and what is known of it."""
        if self.asked.value == "b" and self.b.value is not None:
            return "b", self.b.value, self.snap_b.value
        return "a", self.a, self.snap_a.value

    def hush(self) -> None:
        """Take back what went wrong, once it was read."""
        self.told.set(())
        for controller in self.running():
            controller.hush()

    # --- what is shown ---

    def track_b(self) -> Track | None:
        """Run B, where there is one."""
        kept: Kept | None = self.kept.value
        if kept is not None:
            return kept.track
        snap: Snapshot = self.snap_b.value
        return snap.track if self.b.value is not None else None

    def tracks(self) -> list[tuple[str, Track]]:
        """Letter and run, of those that are open."""
        pairs = (("A", self.snap_a.value.track), ("B", self.track_b()))
        return [(letter, track) for letter, track in pairs if track is not None]

    def names(self) -> list[tuple[str, str]]:
        """Letter and name, of the runs that are open."""
        b = self.kept.value.name if self.kept.value is not None else self.snap_b.value.name
        return [("A", self.snap_a.value.name), ("B", b)]

    def map_shown(self, track: Track) -> View:
        """What the map shows of run A, or of how it differs from B."""
        other, year = self.track_b(), min(self.year_shown(), track.year)
        layer = self.layer.value if self.layer.value in layer_names(track) else LANDCOVER
        if other is not None and self.view.value == "difference" and comparable(track, other):
            return View(track, layer, min(year, other.year), other)
        return View(track, layer, year)

    def look_at(self, view: str) -> None:
        """Show ``a``, ``both`` or the ``difference``, of the part of the map that is looked at."""
        self.view.set(view)

    def fit(self) -> None:
        """Let the whole map be seen again."""
        self.seen.set(None)
        self.place.set(None)

    def sized(self, width: int, height: int) -> None:
        """Hear how large the block of the maps is."""
        if (width, height) != self.size.value and min(width, height) > 0:
            self.size.set((width, height))

    def first_place(self, frame: Frame) -> Place:
        """Centre and zoom at which the map fills what the page leaves for it."""
        width, height = self.size.value
        columns = 2 if self.view.value == "both" and self.track_b() is not None else 1
        place = fit(frame, max(width / columns - MARGIN, 80), max(height - MARGIN, 80))
        if place not in self._fitted:
            self._fitted.append(place)
        return place

    def moved(self, frame: Frame, bounds: Bounds, place: Place) -> None:
        """Hear which part of a map is on the screen; the other map follows.

        A browser also tells, late, of places to which the page itself has brought a map, and rounds them.
        """
        if alike(place, self.first_place(frame)):
            if self.place.value is not None:
                self.fit()
        elif any(alike(place, known) for known in (*self._fitted, self.place.value) if known is not None):
            return
        else:
            self.seen.set(bounds)
            self.place.set(place)

    def draw_line(self, name: str, wanted: bool) -> None:
        """Draw a control line over the maps, or leave it out."""
        others = tuple(line for line in self.lines.value if line != name)
        self.lines.set((*others, name) if wanted else others)

    def year_shown(self) -> int:
        """Year that maps and gauges show: the one chosen, else the newest of A."""
        newest: int = self.snap_a.value.year
        chosen: int | None = self.year.value
        return newest if chosen is None else min(chosen, self.last_year())

    def last_year(self) -> int:
        """Last year that one of the runs has come to."""
        return max((track.year for _, track in self.tracks()), default=0)

    def choose_year(self, year: int) -> None:
        """Show a year; the newest one of A goes on with it."""
        self.year.set(None if year == self.snap_a.value.year else year)
