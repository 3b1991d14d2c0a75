"""App: the page - head, run and levers on the left, map in the middle, charts and answers on the right."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import solara

from landsim.dashboard.controls import Levers, Transport
from landsim.dashboard.desk import Desk, use_desk
from landsim.dashboard.layers import DIFFERENCE, LINE_COLOURS, LINES, comparable, difference, layer_names, picture
from landsim.dashboard.maps import DifferenceMap, Legend, RunMap
from landsim.dashboard.panels import GaugesPanel, SeriesPanel, UnmetPanel, WhyPanel
from landsim.dashboard.saving import SavePanel
from landsim.dashboard.settings import current
from landsim.dashboard.shelf import Choice
from landsim.dashboard.track import Track
from landsim.dashboard.views import Frame, whole
from landsim.dashboard.widgets import Check, Choose, Document, Range, Tabs, box, component, html, options_of, text
from landsim.dashboard.words import LANGUAGES, say, term
from landsim.scenario.manifest import UNCALIBRATED

STYLE = Path(__file__).with_name("style.css")
PANELS = ("series", "gauges", "unmet", "why", "save")


@component
def Layout(children: Sequence[Any] = ()) -> Any:  # noqa: N802
    """Nothing but the page: no bar and no margin of Solara's own."""
    return solara.Div(children=list(children), classes=["ls-root"])


@component
def Page() -> None:  # noqa: N802
    """The page of one user."""
    desk = use_desk(current())
    track = desk.snap_a.value.track
    lang = desk.lang.value
    name = desk.snap_a.value.name
    solara.Style(STYLE)
    Document(
        lang=lang,
        title=f"{name} – landsim" if name else "landsim",
        event_sized=lambda size: desk.fit(size["width"], size["height"]),
    )
    with box("ls-app"):
        Head(desk)
        Problems(desk)
        with box("ls-main"):
            with solara.v.Html(tag="aside", class_="ls-left", attributes={"aria-label": say(lang, "levers")}):
                Transport(desk)
                Levers(desk)
            with solara.v.Html(tag="main", class_="ls-centre"):
                if track is None:
                    Welcome(desk)
                else:
                    Centre(desk, track)
            with solara.v.Html(tag="aside", class_="ls-right", attributes={"aria-label": say(lang, "indicators")}):
                Right(desk)


@component
def Head(desk: Desk) -> None:  # noqa: N802
    """Name, what is open, comparison and language."""
    lang, snap = desk.lang.value, desk.snap_a.value
    looked, look = solara.use_state(0)
    choices = solara.use_memo(desk.shelf.choices, [looked, snap.saved])
    with solara.v.Html(tag="header", class_="ls-head"):
        html(f"<h1>landsim</h1><span>{escape(say(lang, 'subtitle'))}</span>", cls="ls-brand")
        Choose(
            label=say(lang, "source"), value=snap.name, options=_known(choices, snap.name, lang),
            groups=_groups(choices, lang), event_set=lambda name: desk.open(name) if name else None,
            hook="sel-source ls-inline", quiet=True,
        )  # fmt: skip
        solara.Button(
            icon_name="mdi-refresh", icon=True, classes=["ls-button", "btn-refresh"], on_click=lambda: look(looked + 1),
            attributes={"aria-label": say(lang, "refresh"), "title": say(lang, "refresh")},
        )  # fmt: skip
        _stamp(desk, lang)
        Comparison(desk, choices)
        Choose(
            label=say(lang, "language"), value=lang, options=options_of(list(LANGUAGES.items())),
            event_set=desk.lang.set, hook="sel-language ls-inline", quiet=True,
        )  # fmt: skip


def _known(choices: list[Choice], name: str, lang: str) -> list[dict[str, str]]:
    """What stands in the list besides the choices: nothing chosen, or something that the list does not hold."""
    if not name:
        return options_of([("", say(lang, "source_short"))])
    return [] if any(choice.name == name for choice in choices) else options_of([(name, name)])


def _groups(choices: list[Choice], lang: str) -> list[dict[str, Any]]:
    return [
        {"label": say(lang, kind), "options": options_of([(c.name, c.name) for c in choices if c.kind == kind])}
        for kind in ("scenario", "run")
        if any(choice.kind == kind for choice in choices)
    ]


def _stamp(desk: Desk, lang: str) -> None:
    """Say what a reader must not miss: that rules are not fitted, and that lines are made up."""
    track = desk.snap_a.value.track
    words, short = [], ""
    if track is not None and track.about.rules == UNCALIBRATED:
        words.append(say(lang, "uncalibrated"))
        short = say(lang, "uncalibrated_short")
    if track is not None and track.about.constructed:
        lines = ", ".join(term(lang, name) for name in track.about.constructed)
        words.append(say(lang, "constructed", lines=lines))
    title = track.about.title or track.about.name if track is not None else ""
    mark = f'<b class="ls-stamp" title="{escape(" ".join(words))}">{escape(short or "!")}</b>' if words else ""
    html(f'<span class="ls-title" title="{escape(title)}">{escape(title)}</span>{mark}', cls="ls-what")


@component
def Comparison(desk: Desk, choices: list[Choice]) -> None:  # noqa: N802
    """Open a second run, or keep this one as B."""
    lang, track = desk.lang.value, desk.snap_a.value.track
    if track is None:
        return
    if not desk.comparing.value:
        solara.Button(
            say(lang, "compare"), icon_name="mdi-compare", text=True, classes=["ls-button", "btn-compare"],
            on_click=lambda: desk.comparing.set(True),
        )  # fmt: skip
        return
    b_name = desk.kept.value.name if desk.kept.value is not None else desk.snap_b.value.name
    with box("ls-compare"):
        Choose(
            label=say(lang, "compare_with"), value=b_name, groups=_groups(choices, lang), hook="sel-b ls-inline",
            options=options_of([("", f"B: {say(lang, 'source_short')}")]) if not b_name else [], quiet=True,
            event_set=lambda name: desk.open_b(name) if name else None,
        )  # fmt: skip
        if track.about.live:
            solara.Button(
                say(lang, "pin"), icon_name="mdi-pin", text=True, classes=["ls-button", "btn-pin"],
                on_click=desk.keep_as_b, attributes={"title": say(lang, "pin_hint")},
            )  # fmt: skip
        solara.Button(
            icon_name="mdi-close", icon=True, classes=["ls-button", "btn-end-compare"], on_click=desk.end_comparison,
            attributes={"aria-label": say(lang, "end_compare"), "title": say(lang, "end_compare")},
        )  # fmt: skip


@component
def Problems(desk: Desk) -> None:  # noqa: N802
    """What went wrong last, in words, until it is closed or something goes well."""
    lang = desk.lang.value
    told = (*desk.told.value, *desk.snap_a.value.problems, *(f"B: {line}" for line in desk.snap_b.value.problems))
    hidden, hide = solara.use_state(())
    if not told or told == hidden:
        return

    def close() -> None:
        desk.told.set(())
        hide(told)

    with solara.v.Html(tag="div", class_="ls-problems", attributes={"role": "alert"}):
        rows = "".join(f"<li>{escape(line)}</li>" for line in told)
        html(f"<b>{escape(say(lang, 'problems'))}</b><ul>{rows}</ul>")
        solara.Button(
            icon_name="mdi-close", icon=True, on_click=close, classes=["ls-button", "btn-close-problems"],
            attributes={"aria-label": say(lang, "close")},
        )  # fmt: skip


@component
def Welcome(desk: Desk) -> None:  # noqa: N802
    """What stands where the map will be."""
    lang, snap = desk.lang.value, desk.snap_a.value
    with box("ls-welcome"):
        if snap.state == "loading":
            solara.ProgressLinear(True)
            text(say(lang, snap.doing or "opening"), "h2", cls="ls-doing")
        else:
            text(say(lang, "welcome_title"), "h2")
            text(say(lang, "welcome"), "p")


@component
def Centre(desk: Desk, track: Track) -> None:  # noqa: N802
    """The map with its layer, lines, legend and years."""
    lang, layer = desk.lang.value, desk.layer.value
    other = desk.track_b()
    view = desk.view.value if other is not None else "a"
    matching = other is not None and comparable(track, other)
    year = desk.year_shown()
    names = layer_names(track)
    layer = layer if layer in names else names[0]
    with box("ls-fill"):
        with box("ls-tools"):
            Choose(
                label=say(lang, "layer"), value=layer, options=options_of([(n, term(lang, n)) for n in names]),
                event_set=desk.layer.set, hook="sel-layer ls-inline", disabled=view == "difference",
            )  # fmt: skip
            Range(
                label=say(lang, "opacity"), value=desk.opacity.value, min=0.1, max=1.0, step=0.05, live=True,
                event_set=desk.opacity.set, text=f"{desk.opacity.value * 100:.0f} %", hook="rng-opacity",
            )  # fmt: skip
            if other is not None:
                modes = [("a", say(lang, "view_a")), ("both", say(lang, "view_both"))]
                modes += [("difference", say(lang, "view_difference"))] if matching else []
                Tabs(label=say(lang, "compare"), value=view, options=options_of(modes), event_set=desk.look_at)
            with box("ls-lines"):
                for name in (line for line in LINES if line in track.history.first):
                    Check(
                        label=term(lang, name), value=name in desk.lines.value, colour=LINE_COLOURS[name],
                        event_set=partial(desk.draw_line, name), hook=f"chk-line chk-{name}",
                    )  # fmt: skip
        if other is not None and not matching:
            text(say(lang, "not_comparable"), cls="ls-note")
        with box(f"ls-maps ls-maps-{view}"):
            _maps(desk, track, other, view, layer, year)
        shown = _legend_of(track, other, view, layer, year, lang)
        Legend(desk, track, DIFFERENCE if view == "difference" else layer, min(year, track.year), shown)
        newest = desk.last_year()
        Range(
            label=say(lang, "year_shown"), value=year, min=track.about.start, max=max(newest, track.about.start + 1),
            step=1, live=True, hook="rng-year", text=str(year), disabled=newest == track.about.start,
            event_set=lambda value: desk.choose_year(int(value)),
        )  # fmt: skip


def _maps(desk: Desk, track: Track, other: Track | None, view: str, layer: str, year: int) -> None:
    if view == "difference" and other is not None:
        with box("ls-map map-difference"):
            DifferenceMap(desk, track, other, year).key(f"difference {id(track)} {id(other)}")
        return
    pairs = [("A", track)] + ([("B", other)] if view == "both" and other is not None else [])
    for letter, one in pairs:
        with box(f"ls-map map-{letter.lower()}"):
            if len(pairs) > 1:
                moment = min(year, one.year)
                text(f"{letter} · {one.about.name} · {moment}", cls="ls-map-name")
            RunMap(desk, one, layer, year, letter).key(f"{letter} {view} {one.grid}")


def _legend_of(track: Track, other: Track | None, view: str, layer: str, year: int, lang: str) -> Any:
    """Legend alone: drawn from a view of few pixels."""
    window = whole(Frame.of(track.grid), 10_000)
    if view == "difference" and other is not None:
        return difference(track, other, year, window, lang)
    return picture(track, layer, min(year, track.year), window, lang)


@component
def Right(desk: Desk) -> None:  # noqa: N802
    """Panels of charts, gauges, unmet demand, answers and downloads."""
    lang, tab = desk.lang.value, desk.tab.value
    tabs = options_of([(name, say(lang, f"tab_{name}")) for name in PANELS])
    with box("ls-fill ls-flush"):
        Tabs(label=say(lang, "indicators"), value=tab, options=tabs, event_set=desk.tab.set)
        panels = {
            "series": SeriesPanel, "gauges": GaugesPanel, "unmet": UnmetPanel, "why": WhyPanel, "save": SavePanel,
        }  # fmt: skip
        with solara.v.Html(
            tag="div", class_=f"ls-panel panel-{tab}", attributes={"role": "tabpanel", "tabindex": "0",
                                                                    "aria-label": say(lang, f"tab_{tab}")},
        ):  # fmt: skip
            if desk.snap_a.value.track is None:
                text(say(lang, "nothing_open"), cls="ls-note")
            else:
                panels[tab](desk)
