"""Facts: what a run is - scenario, overrides, seed, rules, place - and how a finished one is played again."""

from __future__ import annotations

from html import escape

import solara

from landsim.dashboard.page.desk import Desk
from landsim.dashboard.page.widgets import box, component, html, text
from landsim.dashboard.runs.track import Track
from landsim.dashboard.words import say
from landsim.scenario.manifest import UNCALIBRATED


@component
def Facts(desk: Desk) -> None:  # noqa: N802
    """The facts of run A, folded together where levers need the room."""
    lang, snap = desk.lang.value, desk.snap_a.value
    track = snap.track
    if track is None:
        return
    with box("ls-card ls-about"):
        rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts_of(track, lang))
        body = f'<dl class="ls-facts">{rows}</dl>{_prose(track, lang)}'
        unfolded = "" if track.about.live else " open"
        html(f"<details{unfolded}><summary>{escape(say(lang, 'about_run'))}</summary>{body}</details>")
        if not track.about.live:
            text(say(lang, "play_again_hint"), cls="ls-note")
            solara.Button(
                say(lang, "play_again"), icon_name="mdi-replay", text=True, classes=["ls-button", "btn-play-again"],
                on_click=desk.play_again, disabled=bool(snap.doing),
            )  # fmt: skip


def facts_of(track: Track, lang: str) -> list[tuple[str, str]]:
    """Name and value of every fact."""
    about, grid = track.about, track.grid
    rules = say(lang, "uncalibrated") if about.rules == UNCALIBRATED else about.rules
    lines = [(say(lang, "fact_lines"), say(lang, "constructed_short"))] if about.constructed else []
    return [
        (say(lang, "fact_scenario"), about.name),
        (say(lang, "fact_applied"), ", ".join(about.applied) or say(lang, "as_written")),
        (say(lang, "fact_years"), f"{about.start}–{about.horizon}"),
        (say(lang, "fact_seed"), str(about.seed)),
        (say(lang, "fact_rules"), rules),
        *lines,
        (say(lang, "fact_cells"), say(lang, "cells", rows=grid.height, cols=grid.width, size=f"{grid.cell_size:g}")),
    ]


def _prose(track: Track, lang: str) -> str:
    """Description of the scenario, and what was found remarkable about the data."""
    notes = "".join(f"<li>{escape(note)}</li>" for note in track.about.notes)
    description = track.about.told(lang)[1]
    return (f"<p>{escape(description)}</p>" if description else "") + (f"<ul>{notes}</ul>" if notes else "")
