"""The map as widgets, without a browser: what is handed over, and what is told where nothing can be."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import solara
from ipyleaflet import ImageOverlay, Map, Polyline

from landsim.dashboard.layers import Entry, Picture
from landsim.dashboard.page.desk import Desk
from landsim.dashboard.page.following import LEAST_PAUSE, follow
from landsim.dashboard.page.maps import MapView
from landsim.dashboard.settings import Settings
from landsim.dashboard.shelf import Shelf
from landsim.dashboard.views import LARGEST_SIDE, Frame


@pytest.fixture
def desk(shelf: Shelf) -> Iterator[Desk]:
    made = Desk(Settings(shelf))
    yield made
    made.close()
    assert made.a.join(60.0)


def _draw(window: Any) -> Picture:
    drawn.append(window)
    return Picture(np.ones(window.shape, dtype=np.uint8), ("#ffffff", "#123456"), (Entry("#123456", "one"),))


drawn: list[Any] = []


def _view(desk: Desk, frame: Frame) -> Any:
    drawn.clear()
    return solara.render(MapView(desk, frame, _draw, ("what",), [("udb", [[[0.0, 0.0], [1.0, 1.0]]], 1)], "A"))


def test_a_map_that_is_too_large_is_a_sentence(desk: Desk) -> None:
    _, view = _view(desk, Frame(LARGEST_SIDE + 1, 10, 30.0))
    told = view.find(solara.widgets.HTML).widget.unsafe_innerHTML
    assert "30001 × 10 cells" in told
    assert "landsim export" in told
    assert drawn == []
    view.close()


def test_a_large_map_is_handed_over_thinned_and_only_what_is_seen_is_drawn_finely(desk: Desk) -> None:
    frame = Frame(4000, 3000, 30.0)
    _, view = _view(desk, frame)
    view.find(Map).assert_single()
    assert [window.step for window in drawn] == [4]
    desk.seen.set(((0.0, 0.0), (15_000.0, 15_000.0)))
    assert [window.step for window in drawn][-1] == 1
    close = drawn[-1]
    assert close.bottom == 4000
    assert close.shape[0] * close.shape[1] <= 1_200_000
    overlays = [layer for layer in view.find(Map).widget.layers if isinstance(layer, ImageOverlay)]
    assert len(overlays) == 2
    assert all(layer.url.startswith("data:image/png;base64,") for layer in overlays)
    assert tuple(overlays[0].bounds) == frame.bounds
    view.close()


def test_lines_are_drawn_over_a_white_edge(desk: Desk) -> None:
    _, view = _view(desk, Frame(40, 30, 30.0))
    lines = [layer for layer in view.find(Map).widget.layers if isinstance(layer, Polyline)]
    assert [line.color for line in lines] == ["#ffffff", "#5e3c99"]
    view.close()


def test_another_year_is_followed_by_a_pause_and_nothing_is_left_out_at_the_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    class Recorded(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            pauses.append(timeout or 0.0)
            return super().wait(0.0)

    monkeypatch.setattr(
        "landsim.dashboard.page.following.threading", SimpleNamespace(Event=Recorded, Thread=threading.Thread)
    )
    shown: list[Any] = []
    last = threading.Condition()

    def show(snap: Any) -> None:
        with last:
            shown.append(snap)
            last.notify_all()

    desk.open("small")
    end = follow(desk.a, show)
    with last:
        assert last.wait_for(lambda: shown and shown[-1].state == "ready", 120.0)
        desk.a.set_speed(1000)
        desk.a.play()
        assert last.wait_for(lambda: shown[-1].state == "ended", 120.0)
    end()
    years = [snap.year for snap in shown]
    assert (years, years[-1]) == (sorted(years), 2026)
    changed = [True, *(a != b for a, b in itertools.pairwise(years))]
    assert pauses[: len(years) - 1] == [LEAST_PAUSE if other else 0.0 for other in changed][: len(years) - 1]
    assert LEAST_PAUSE >= 1 / 5
