"""Centre: the map with its layer, lines, legend and years, of one run, of two, or of their difference."""

from __future__ import annotations

from functools import partial
from typing import Any

import solara

from landsim.dashboard.layers import DIFFERENCE, LINE_COLOURS, LINES, comparable, difference, layer_names, picture
from landsim.dashboard.page.desk import Desk
from landsim.dashboard.page.maps import DifferenceMap, Legend, RunMap
from landsim.dashboard.page.widgets import Check, Choose, Range, Size, Tabs, box, component, options_of, text
from landsim.dashboard.runs.track import Track
from landsim.dashboard.views import Frame, whole
from landsim.dashboard.words import say, term

MORE = "more"
"""Choice that reads the layers that a finished run does not hold."""


@component
def Centre(desk: Desk, track: Track) -> None:  # noqa: N802
    """The map with its layer, lines, legend and years."""
    lang, other = desk.lang.value, desk.track_b()
    matching = other is not None and comparable(track, other)
    view = desk.view.value if other is not None else "a"
    view = "both" if view == "difference" and not matching else view
    year, names = desk.year_shown(), layer_names(track)
    layer = desk.map_shown(track).layer
    with box("ls-fill"):
        with box("ls-tools"):
            _layers(desk, track, names, layer, view, lang)
            _views(desk, other, matching, view, lang)
            _lines(desk, track, lang)
        if other is not None and not matching:
            text(say(lang, "not_comparable"), cls="ls-note")
        with box(f"ls-maps ls-maps-{view}"):
            _maps(desk, track, other, view, layer, year)
            Size(event_sized=lambda size: desk.sized(size["width"], size["height"]))
        shown = _legend_of(track, other, view, layer, year, lang)
        Legend(desk, track, DIFFERENCE if view == "difference" else layer, min(year, track.year), shown)
        newest = desk.last_year()
        Range(
            label=say(lang, "year_shown"), value=year, min=track.about.start, max=max(newest, track.about.start + 1),
            step=1, live=True, hook="rng-year", text="", disabled=newest == track.about.start,
            event_set=lambda value: desk.choose_year(int(value)),
        )  # fmt: skip


def _layers(desk: Desk, track: Track, names: list[str], layer: str, view: str, lang: str) -> None:
    """Layer, its opacity, and the way back to the whole map."""
    more = [] if track.about.live or len(track.statics) > 1 else [(MORE, say(lang, "more_layers"))]
    Choose(
        label=say(lang, "layer"), value=layer, options=options_of([*((n, term(lang, n)) for n in names), *more]),
        event_set=lambda name: desk.a.learn() if name == MORE else desk.layer.set(name),
        hook="sel-layer ls-inline", disabled=view == "difference",
    )  # fmt: skip
    Range(
        label=say(lang, "opacity"), value=desk.opacity.value, min=0.0, max=1.0, step=0.05, live=True,
        text=f"{desk.opacity.value * 100:.0f} %", event_set=desk.opacity.set, hook="rng-opacity",
    )  # fmt: skip
    if desk.place.value is not None:
        solara.Button(
            icon_name="mdi-fit-to-page-outline", icon=True, classes=["ls-button", "btn-whole"], on_click=desk.fit,
            attributes={"aria-label": say(lang, "whole_map"), "title": say(lang, "whole_map")},
        )  # fmt: skip


def _views(desk: Desk, other: Track | None, matching: bool, view: str, lang: str) -> None:
    if other is None:
        return
    modes = [("a", say(lang, "view_a")), ("both", say(lang, "view_both"))]
    modes += [("difference", say(lang, "view_difference"))] if matching else []
    Tabs(label=say(lang, "compare"), value=view, options=options_of(modes), event_set=desk.look_at)


def _lines(desk: Desk, track: Track, lang: str) -> None:
    with box("ls-lines"):
        for name in (line for line in LINES if line in track.history.first):
            Check(
                label=term(lang, name), value=name in desk.lines.value, colour=LINE_COLOURS[name],
                event_set=partial(desk.draw_line, name), hook=f"chk-line chk-{name}",
            )  # fmt: skip


def _maps(desk: Desk, track: Track, other: Track | None, view: str, layer: str, year: int) -> None:
    lang, names = desk.lang.value, dict(desk.names())
    if view == "difference" and other is not None:
        with _map("difference", say(lang, "map_of", what=term(lang, DIFFERENCE), year=year)):
            DifferenceMap(desk, track, other, year).key(f"difference {id(track)} {id(other)}")
        return
    pairs = [("A", track)] + ([("B", other)] if view == "both" and other is not None else [])
    for letter, one in pairs:
        moment = min(year, one.year)
        with _map(letter.lower(), say(lang, "map_of", what=f"{names[letter]}, {term(lang, layer)}", year=moment)):
            if len(pairs) > 1:
                text(f"{letter} · {names[letter]} · {moment}", cls="ls-map-name")
            RunMap(desk, one, layer, year, letter).key(f"{letter} {view} {one.grid}")


def _map(name: str, label: str) -> Any:
    return solara.v.Html(
        tag="div", class_=f"ls-map map-{name}", attributes={"role": "group", "aria-label": label}
    )  # fmt: skip


def _legend_of(track: Track, other: Track | None, view: str, layer: str, year: int, lang: str) -> Any:
    """Legend alone: drawn from a view of few pixels."""
    window = whole(Frame.of(track.grid), 10_000)
    if view == "difference" and other is not None:
        return difference(track, other, year, window, lang)
    return picture(track, layer, min(year, track.year), window, lang)
