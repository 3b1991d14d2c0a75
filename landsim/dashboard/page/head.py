"""Head: the bar at the top - what is open, what it is compared with, and in which language the page speaks."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import solara

from landsim.dashboard.downloads import reservations
from landsim.dashboard.page.desk import Desk
from landsim.dashboard.page.widgets import Choose, Field, box, component, html, options_of
from landsim.dashboard.shelf import Choice
from landsim.dashboard.words import LANGUAGES, say
from landsim.scenario.manifest import UNCALIBRATED


@component
def Head(desk: Desk) -> None:  # noqa: N802
    """Name, what is open, comparison and language."""
    lang, snap = desk.lang.value, desk.snap_a.value
    looked, look = solara.use_state(0)
    naming, name_it = solara.use_state(False)
    choices = solara.use_memo(desk.shelf.choices, [looked, snap.saved])
    with solara.v.Html(tag="header", class_="ls-head"):
        html(f"<h1>landsim</h1><span>{escape(say(lang, 'subtitle'))}</span>", cls="ls-brand")
        with box("ls-open"):
            Choose(
                label=say(lang, "source"), value=snap.name, options=_known(choices, snap.name, lang),
                groups=_groups(choices, lang), event_set=lambda name: desk.open(name) if name else None,
                hook="sel-source ls-inline", quiet=True, hint=snap.name,
            )  # fmt: skip
            _icon("mdi-refresh", say(lang, "refresh"), "btn-refresh", lambda: look(looked + 1))
            _icon("mdi-folder-open-outline", say(lang, "by_path"), "btn-by-path", lambda: name_it(not naming))
            if naming:
                ByPath(desk, lambda: name_it(False))
        _stamp(desk, lang)
        Comparison(desk, choices)
        Choose(
            label=say(lang, "language"), value=lang, options=options_of(list(LANGUAGES.items())),
            event_set=desk.lang.set, hook="sel-language ls-inline", quiet=True,
        )  # fmt: skip


@component
def ByPath(desk: Desk, done: Callable[[], None]) -> None:  # noqa: N802
    """A line below the head for the path of what the list does not hold."""

    def named(path: str) -> None:
        if path.strip():
            done()
            desk.open(path.strip())

    with box("ls-by-path"):
        label = say(desk.lang.value, "path_hint", folder=desk.shelf.folder)
        Field(label=label, value="", hook="fld-path", event_set=named)


def _icon(icon: str, label: str, hook: str, act: Any) -> None:
    solara.Button(
        icon_name=icon, icon=True, classes=["ls-button", hook], on_click=act,
        attributes={"aria-label": label, "title": label},
    )  # fmt: skip


def _known(choices: list[Choice], name: str, lang: str) -> list[dict[str, str]]:
    """What stands in the list besides the choices: nothing chosen, or something that the list does not hold."""
    if not name:
        return options_of([("", say(lang, "source_short"))])
    return [] if any(choice.name == name for choice in choices) else options_of([(name, name)])


def _groups(choices: list[Choice], lang: str) -> list[dict[str, Any]]:
    return [
        {
            "label": say(lang, f"{kind}s"),
            "options": options_of([(c.name, c.label or c.name) for c in choices if c.kind == kind]),
        }
        for kind in ("scenario", "run")
        if any(choice.kind == kind for choice in choices)
    ]


def _stamp(desk: Desk, lang: str) -> None:
    """Say what a reader must not miss: that rules are not fitted, and that lines are made up."""
    track = desk.snap_a.value.track
    words = reservations(track, lang) if track is not None else []
    short = ""
    if track is not None and words:
        short = say(lang, "uncalibrated_short" if track.about.rules == UNCALIBRATED else "constructed_short")
    title = track.about.told(lang)[0] if track is not None else ""
    mark = f'<b class="ls-stamp" title="{escape(" ".join(words))}">{escape(short)}</b>' if words else ""
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
        html("<b>B</b>")
        Choose(
            label=say(lang, "compare_with"), value=b_name, groups=_groups(choices, lang), hook="sel-b ls-inline",
            options=_known(choices, b_name, lang), quiet=True, hint=b_name,
            event_set=lambda name: desk.open_b(name) if name else None,
        )  # fmt: skip
        if track.about.live:
            solara.Button(
                say(lang, "pin"), icon_name="mdi-pin", text=True, classes=["ls-button", "btn-pin"],
                on_click=desk.keep_as_b, attributes={"title": say(lang, "pin_hint")},
            )  # fmt: skip
        _icon("mdi-close", say(lang, "end_compare"), "btn-end-compare", desk.end_comparison)
