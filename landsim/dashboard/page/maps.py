"""Maps: the map of a run or of a difference on the page, with pan, zoom, lines, a mark and a click."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from math import log2
from typing import Any

import ipyleaflet
import solara
from ipywidgets import Layout

from landsim.dashboard.layers import LINE_COLOURS, LINES, Entry, Picture, difference, picture
from landsim.dashboard.outlines import outlines
from landsim.dashboard.page.desk import Desk
from landsim.dashboard.page.widgets import component, html, text
from landsim.dashboard.runs.history import LANDCOVER
from landsim.dashboard.runs.track import Track
from landsim.dashboard.views import LARGEST_SIDE, Frame, data_url, detail, whole
from landsim.dashboard.words import say, term, unit_text
from landsim.landscape.grid import MU_PER_HA

HA_PER_KM2 = 100.0
LARGEST_CELL = 32.0
"""Pixels of a cell at the closest."""
LINE_WEIGHTS = {"erl": 2, "pbf": 1, "udb": 2}
"""Pixels; basic farmland lies in many small pieces."""

Draw = Callable[[Any], Picture]


@component
def RunMap(desk: Desk, track: Track, layer: str, year: int, letter: str) -> None:  # noqa: N802
    """The map of one run."""
    frame, lang = Frame.of(track.grid), desk.lang.value
    shown_year = min(year, track.year)
    known = layer in track.history.first or layer in track.statics or layer == "change"
    if not known:
        text(say(lang, "no_layer_here"), cls="ls-note")
        return
    MapView(
        desk, frame, lambda window: picture(track, layer, shown_year, window, lang),
        (id(track), layer, shown_year, lang), _use_rings(desk, track, frame, shown_year), letter,
    )  # fmt: skip


@component
def DifferenceMap(desk: Desk, a: Track, b: Track, year: int) -> None:  # noqa: N802
    """The map of where two runs differ."""
    frame, lang = Frame.of(a.grid), desk.lang.value
    until = min(year, a.year, b.year)
    MapView(
        desk, frame, lambda window: difference(a, b, until, window, lang), (id(a), id(b), until, lang),
        _use_rings(desk, a, frame, until), "D",
    )  # fmt: skip


def _use_rings(desk: Desk, track: Track, frame: Frame, year: int) -> list[tuple[str, list[Any], int]]:
    """Name, edges and coarseness of the control lines that are to be drawn; traced again only when they change."""
    found = []
    for name in LINES:
        wanted = name in desk.lines.value and name in track.history.first
        moment = track.history.changed_in(year, name) if wanted else None

        def trace(name: str = name, wanted: bool = wanted) -> tuple[list[Any], int]:
            return outlines(track.history.at(year, name), frame) if wanted else ([], 1)

        rings, step = solara.use_memo(trace, [id(track), name, wanted, moment])
        if wanted:
            found.append((name, rings, step))
    return found


@component
def MapView(  # noqa: N802
    desk: Desk, frame: Frame, draw: Draw, what: tuple[Any, ...], lines: list[tuple[str, list[Any], int]], letter: str
) -> None:
    """A Leaflet map in metres; pictures are drawn for what is on the screen alone."""
    if max(frame.height, frame.width) > LARGEST_SIDE:
        facts = {"rows": frame.height, "cols": frame.width, "most": LARGEST_SIDE}
        text(say(desk.lang.value, "too_large", **facts), cls="ls-note")
        return
    seen, opacity = desk.seen.value, desk.opacity.value
    base = whole(frame)
    close = detail(frame, seen) if seen is not None else None
    pictures = [("base", base)] + ([("close", close)] if close is not None else [])
    urls = solara.use_memo(lambda: [data_url(draw(window)) for _, window in pictures], [what, base, close])
    overlays = [
        ipyleaflet.ImageOverlay.element(url=url, bounds=frame.bounds_of(window), opacity=opacity).key(name)
        for (name, window), url in zip(pictures, urls, strict=True)
    ]
    first = desk.first_place(frame)
    centre, zoom = desk.place.value or first
    lowest, highest = first[1] - 2.0, max(log2(LARGEST_CELL / frame.cell), first[1] + 1.0)
    view = ipyleaflet.Map.element(
        crs=ipyleaflet.projections.Simple, center=centre, zoom=zoom, min_zoom=lowest, max_zoom=highest, zoom_snap=0.05,
        zoom_delta=0.5, scroll_wheel_zoom=True, double_click_zoom=False, attribution_control=False, zoom_control=False,
        layers=[*overlays, *_strokes(lines), *_mark(desk, frame, letter)], controls=_controls(desk.lang.value),
        layout=Layout.element(height="100%", width="100%"), style=ipyleaflet.MapStyle.element(),
        default_style=ipyleaflet.MapStyle.element(), dragging_style=ipyleaflet.MapStyle.element(),
    )  # fmt: skip
    _use_events(desk, frame, view, letter)


def _controls(lang: str) -> list[Any]:
    """Zoom and scale; whatever a map makes for itself instead would outlive it."""
    return [
        ipyleaflet.ZoomControl.element(
            position="topleft", zoom_in_title=say(lang, "zoom_in"), zoom_out_title=say(lang, "zoom_out")
        ).key(f"zoom {lang}"),
        ipyleaflet.ScaleControl.element(position="bottomleft", imperial=False).key("scale"),
    ]


def _strokes(lines: list[tuple[str, list[Any], int]]) -> list[Any]:
    """Lines in their colours, over a white edge so that they show on every ground."""
    out = []
    for name, rings, _ in lines:
        wide = LINE_WEIGHTS[name]
        for colour, weight, part in (("#ffffff", wide + 2, "edge"), (LINE_COLOURS[name], wide, "line")):
            out.append(
                ipyleaflet.Polyline.element(
                    locations=rings, color=colour, weight=weight, opacity=0.9, fill=False, smooth_factor=0.5,
                ).key(f"{name}-{part}")
            )  # fmt: skip
    return out


def _mark(desk: Desk, frame: Frame, letter: str) -> list[Any]:
    """A ring around the cell that was asked for."""
    asked, _, snap = desk.answering()
    if snap.answer is None or (letter.lower() == "b") != (asked == "b"):
        return []
    place = frame.centre_of(snap.answer.cell)
    facts = {"fill": False, "radius": 9, "location": place}
    return [
        ipyleaflet.CircleMarker.element(color="#ffffff", weight=5, **facts).key("mark-edge"),
        ipyleaflet.CircleMarker.element(color="#111111", weight=2, **facts).key("mark"),
    ]


def _use_events(desk: Desk, frame: Frame, view: Any, letter: str) -> None:
    """Hear clicks and moves of a map."""

    def listen() -> Callable[[], None]:
        widget = solara.get_widget(view)

        def clicked(**event: Any) -> None:
            if event.get("type") == "click":
                desk.ask(frame.cell_at(*event["coordinates"]), "b" if letter == "B" else "a")

        def moved(_: Any) -> None:
            bounds = widget.bounds
            if bounds and bounds[0] != bounds[1]:
                (south, west), (north, east) = bounds
                desk.moved(frame, ((south, west), (north, east)), (tuple(widget.center), widget.zoom))

        widget.on_interaction(clicked)
        widget.observe(moved, "bounds")

        def ended() -> None:
            widget.on_interaction(clicked, remove=True)
            widget.unobserve_all("bounds")

        return ended

    solara.use_effect(listen, [frame])


@component
def Legend(desk: Desk, track: Track, layer: str, year: int, shown: Picture) -> None:  # noqa: N802
    """What the colours of the map mean, with the area of each class, and the control lines."""
    lang = desk.lang.value
    unit = f" ({unit_text(lang, shown.unit)})" if shown.unit else ""
    title = f"<h2>{escape(term(lang, layer) + unit)}</h2>"
    if shown.ramp is not None:
        items = _ramp(shown) + _hint(layer, lang)
    else:
        areas = [(entry, _area(track, layer, entry, year)) for entry in shown.legend]
        items = "".join(_item(entry, area) for entry, area in areas if area is None or area > 0)
    lines = "".join(
        f'<li><i class="ls-swatch-line" style="background:{LINE_COLOURS[name]}"></i>{escape(term(lang, name))}</li>'
        for name in LINES if name in desk.lines.value and name in track.history.first
    )  # fmt: skip
    notes = _notes(desk, track)
    named = f'class="ls-legend-items" tabindex="0" aria-label="{escape(say(lang, "legend"))}"'  # it may scroll
    html(f"{title}<ul {named}>{items}{lines}</ul>{notes}", cls="ls-legend")


def _item(entry: Entry, area: float | None) -> str:
    swatch = f'<i class="ls-swatch" style="background:{escape(entry.colour)}"></i>'
    title = "" if area is None else f"{area:.0f} ha, {area * MU_PER_HA:.0f} mu"
    small = "" if area is None else f' <small title="{title}">{area / HA_PER_KM2:.1f} km²</small>'
    return f"<li>{swatch}{escape(entry.label)}{small}</li>"


def _ramp(shown: Picture) -> str:
    low, high = shown.ramp or ("", "")
    colours = ", ".join(entry.colour for entry in shown.legend)
    bar = f'<i class="ls-ramp" style="background:linear-gradient(90deg, {colours})"></i>'
    return f"<li>≤ {escape(low)} {bar} ≥ {escape(high)}</li>"


def _hint(layer: str, lang: str) -> str:
    """Say which end of a quantity is the good one, where the number does not tell."""
    return f"<li>{escape(say(lang, 'quality_ends'))}</li>" if layer == "quality" else ""


def _area(track: Track, layer: str, entry: Entry, year: int) -> float | None:
    """Area of a land-cover class in the year that is shown, ha."""
    return track.value(f"area_ha_{entry.key}", year) if layer == LANDCOVER else None


def _notes(desk: Desk, track: Track) -> str:
    """Say where the page draws less than there is."""
    lang, frame = desk.lang.value, Frame.of(track.grid)
    window = whole(frame)
    close = detail(frame, desk.seen.value) if desk.seen.value is not None else None
    step = (close or window).step
    return f'<p class="ls-note">{escape(say(lang, "coarse", step=step))}</p>' if step > 1 else ""
