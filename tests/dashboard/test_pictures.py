"""Layers, views and outlines: colours say what the map says, and windows and edges lie where the cells do."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from driven import Driven
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from landsim.dashboard.layers import CHANGE, CHANGES, LINES, difference, layer_names, picture, ramp_colour
from landsim.dashboard.outlines import outlines
from landsim.dashboard.runs.history import LANDCOVER, Window
from landsim.dashboard.runs.track import Track
from landsim.dashboard.views import Frame, alike, data_url, detail, fit, whole


@pytest.fixture
def track(controller: Driven) -> Track:
    controller.opened("small")
    found = controller.stepped(3).track
    assert found is not None
    return found


def _pixels(track: Track, name: str, window: Window) -> np.ndarray:
    """Colours of a view as a browser reads them: red, green, blue, alpha."""
    url = data_url(picture(track, name, 2023, window, "en"))
    data = base64.b64decode(url.removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))


def _rgb(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def test_land_cover_has_the_colours_of_its_legend(track: Track) -> None:
    pixels = _pixels(track, LANDCOVER, whole(Frame.of(track.grid)))
    land = track.history.at(2023)
    for row in track.legend.rows:
        if row.code != track.legend.nodata:
            assert (pixels[land == row.code][:, :3] == _rgb(row.colour)).all()
    assert (pixels[land == track.legend.nodata][:, 3] == 0).all()
    assert (pixels[land != track.legend.nodata][:, 3] == 255).all()


def test_change_is_shown_where_there_is_one(track: Track) -> None:
    window = whole(Frame.of(track.grid))
    values = picture(track, CHANGE, 2023, window, "en").values
    before, after = track.history.at(2020), track.history.at(2023)
    built, arable = track.legend.built, track.legend.arable
    names = np.array(["", *(key for key, _ in CHANGES)])[values]
    assert (np.isin(names, ["unchanged_open", "unchanged_built"]) == (before == after)).all()
    assert ((names == "new_built") == (built[after] & ~built[before])).all()
    assert ((names == "new_arable") == (arable[after] & ~arable[before])).all()
    assert (names == "new_built").any()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_layer_is_drawn_with_a_legend(track: Track, lang: str) -> None:
    window = Window(3, 5, 30, 40, 2)
    names = layer_names(track)
    assert {LANDCOVER, CHANGE, *LINES, "slope", "elevation", "district", "road"} <= set(names)
    for name in names:
        shown = picture(track, name, 2022, window, lang)
        assert shown.values.shape == window.shape
        assert shown.values.max(initial=0) < len(shown.palette) <= 256
        assert shown.legend
        assert all(entry.label for entry in shown.legend)


def test_a_quantity_is_drawn_from_low_to_high(track: Track) -> None:
    shown = picture(track, "elevation", 2020, whole(Frame.of(track.grid)), "en")
    order = np.argsort(track.statics["elevation"], axis=None)
    assert (np.diff(shown.values.reshape(-1)[order].astype(int)) >= 0).all()
    assert shown.unit == "m"
    assert shown.ramp is not None


def test_a_layer_of_few_cells_still_shows_where_the_map_ends(track: Track) -> None:
    window = whole(Frame.of(track.grid))
    for name in ("erl", "hazard", "quality"):
        pixels = _pixels(track, name, window)
        valid = track.history.at(2020) != track.legend.nodata
        assert ((pixels[:, :, 3] == 255) == valid).all()
    none = track.statics["quality"] == 0
    assert len(np.unique(_pixels(track, "quality", window)[none & valid], axis=0)) == 1


def test_the_difference_of_a_run_and_itself_is_none(track: Track) -> None:
    window = whole(Frame.of(track.grid))
    assert set(np.unique(difference(track, track, 2023, window, "en").values)) <= {0, 1, 2}


def test_the_difference_names_who_built(track: Track) -> None:
    other = track.kept()
    other.history = type(track.history)(2020, track.history.first)
    window = whole(Frame.of(track.grid))
    values = difference(track, other, 2023, window, "en").values
    now, start = track.history.at(2023), track.history.at(2020)
    built = track.legend.built
    assert ((values == 3) == (built[now] & ~built[start])).all()
    assert ((values == 4) == (~built[now] & built[start])).all()
    assert ((values == 5) == ((now != start) & (built[now] == built[start]))).all()


def test_what_is_kept_gains_no_years(controller: Driven, track: Track) -> None:
    kept = track.kept()
    controller.stepped()
    assert (kept.year, track.year) == (2023, 2024)
    assert set(kept.series("built_ha")) == {2020, 2021, 2022, 2023}
    assert kept.unmet() == [row for row in track.unmet() if row[0] <= 2023]


SIZES = st.integers(1, 400)


@given(SIZES, SIZES, st.integers(1, 5_000))
def test_the_whole_map_is_seen_in_as_many_pixels_as_allowed(height: int, width: int, most: int) -> None:
    window = whole(Frame(height, width, 30.0), most)
    rows, cols = window.shape
    assert rows * cols <= most
    assert (window.top, window.left, window.bottom, window.right) == (0, 0, height, width)
    finer = Window(0, 0, height, width, window.step - 1) if window.step > 1 else None
    assert finer is None or finer.shape[0] * finer.shape[1] > most


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 0.6))
def test_a_detail_covers_what_is_seen_and_is_finer(south: float, west: float, size: float) -> None:
    frame = Frame(300, 400, 30.0)
    high, wide = frame.bounds[1]
    seen = ((south * high, west * wide), (min(south + size, 1) * high, min(west + size, 1) * wide))
    window = detail(frame, seen, 9_000)
    if window is None:
        return
    assert window.step < whole(frame, 9_000).step
    assert window.shape[0] * window.shape[1] <= 9_000
    (low, left), (up, right) = frame.bounds_of(window)
    assert low <= seen[0][0]
    assert left <= seen[0][1]
    assert up >= seen[1][0]
    assert right >= seen[1][1]


def test_a_map_that_is_seen_whole_needs_no_detail() -> None:
    frame = Frame(30, 40, 100.0)
    assert detail(frame, frame.bounds) is None
    assert detail(Frame(3000, 4000, 30.0), ((-9e9, -9e9), (-8e9, -8e9))) is None


@given(st.integers(0, 299), st.integers(0, 399))
def test_a_cell_is_found_where_it_lies(row: int, col: int) -> None:
    frame = Frame(300, 400, 30.0)
    assert frame.cell_at(*frame.centre_of(row * 400 + col)) == row * 400 + col


def test_outside_the_map_there_is_no_cell() -> None:
    frame = Frame(3, 4, 10.0)
    assert frame.cell_at(29.9, 0.1) == 0
    assert frame.cell_at(0.1, 39.9) == 11
    assert [frame.cell_at(*place) for place in ((30.1, 1), (-0.1, 1), (1, -0.1), (1, 40.1))] == [None] * 4


def test_a_map_is_fitted_into_the_page() -> None:
    centre, zoom = fit(Frame(240, 240, 100.0), 700, 500)
    assert centre == (12_000.0, 12_000.0)
    assert 470 < 24_000 * 2**zoom <= 500


def test_a_place_is_the_same_where_only_the_browser_rounds() -> None:
    place = ((12_000.0, 12_000.0), -5.0)
    assert alike(place, ((12_040.0, 11_970.0), -5.01))
    assert not alike(place, ((12_000.0, 12_000.0), -4.9))
    assert not alike(place, ((12_100.0, 12_000.0), -5.0))


def test_outlines_enclose_the_cells() -> None:
    layer = np.zeros((6, 8), dtype=np.uint8)
    layer[1:3, 2:5] = 1
    rings, step = outlines(layer, Frame(6, 8, 10.0))
    assert step == 1
    assert len(rings) == 1
    assert {tuple(point) for point in rings[0]} == {(50.0, 20.0), (50.0, 50.0), (30.0, 50.0), (30.0, 20.0)}


def test_outlines_of_a_ragged_line_are_traced_more_coarsely() -> None:
    layer = np.indices((200, 200)).sum(axis=0).astype(np.uint8) % 2
    rings, step = outlines(layer, Frame(200, 200, 10.0), most=2_000)
    assert step > 1
    assert sum(map(len, rings)) <= 2_000


def test_outlines_have_holes() -> None:
    layer = np.ones((9, 9), dtype=np.uint8)
    layer[4, 4] = 0
    assert len(outlines(layer, Frame(9, 9, 1.0))[0]) == 2


def test_colours_of_a_ramp_grow_lighter() -> None:
    lightness = [np.dot(_rgb(ramp_colour(i / 20)), (0.2126, 0.7152, 0.0722)) for i in range(21)]
    assert (np.diff(lightness) > 0).all()


def test_a_large_map_is_drawn_from_few_cells(folder: Path) -> None:
    frame = Frame(10_000, 10_000, 30.0)
    assert whole(frame).step == 10
    assert whole(frame).shape == (1000, 1000)
