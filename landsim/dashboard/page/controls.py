"""Controls: the buttons by which a run is played, and the levers by which it is steered."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import solara

from landsim.dashboard.levers import MAIN, Lever, lever, levers, shown, value_of
from landsim.dashboard.page.desk import Desk
from landsim.dashboard.page.widgets import Check, Choose, Field, Range, box, component, html, options_of, text
from landsim.dashboard.runs.controller import FASTEST, Controller
from landsim.dashboard.runs.snapshot import Snapshot
from landsim.dashboard.words import say, term, unit_text

SPEEDS = (0.5, 1.0, 2.0, 5.0, FASTEST)
FACTORS = ("quota.multiplier", "demand.growth")
"""Levers that multiply something."""


@component
def Transport(desk: Desk) -> None:  # noqa: N802
    """Play, pause, one year, start again, speed and progress."""
    lang, snap = desk.lang.value, desk.snap_a.value
    track = snap.track
    with box("ls-card ls-transport"):
        year = str(snap.year) if track is not None else "–"
        state = say(lang, f"state_{snap.state}")
        html(
            f'<div class="ls-year" data-year="{escape(year)}">{escape(year)}</div>'
            f'<div class="ls-state ls-state-{snap.state}" role="status"><span>{escape(state)}</span></div>',
            cls="ls-year-row",
        )
        if track is not None:
            _progress(lang, snap)
        if track is None or track.about.live:
            _buttons(desk, lang, snap)
        if snap.doing and snap.state != "playing":
            text(say(lang, snap.doing), cls="ls-doing")


def _progress(lang: str, snap: Snapshot) -> None:
    assert snap.track is not None
    about = snap.track.about
    total, done = max(about.horizon - about.start, 1), snap.year - about.start
    words = say(lang, "progress", done=done, total=about.horizon - about.start)
    html(
        f'<div class="ls-bar" role="progressbar" aria-label="{escape(words)}" aria-valuemin="0" '
        f'aria-valuemax="{total}" aria-valuenow="{done}"><i style="width:{100 * done / total:.1f}%"></i></div>'
        f'<div class="ls-bar-ends"><span>{about.start}</span><span>{escape(words)}</span>'
        f"<span>{about.horizon}</span></div>"
    )


def _buttons(desk: Desk, lang: str, snap: Snapshot) -> None:
    snaps = desk.snapshots()
    playing = any(one.state == "playing" for one in snaps)
    at_rest = any(one.state == "ready" for one in snaps)

    def each_now(order: Callable[[Controller], None]) -> None:
        for controller in desk.running():
            order(controller)

    def each(order: Callable[[Controller], None]) -> Callable[[], None]:
        def all_of_them() -> None:
            desk.year.set(None)
            each_now(order)

        return all_of_them

    with box("ls-buttons"):
        if playing:
            _button(say(lang, "pause"), "mdi-pause", each(Controller.pause), "btn-pause primary-button", True)
        else:
            _button(say(lang, "play"), "mdi-play", each(Controller.play), "btn-play primary-button", at_rest)
        _button(say(lang, "step"), "mdi-skip-next", each(Controller.step), "btn-step", at_rest)
        can_reset = not playing and any(_has_begun(one) for one in snaps)
        solara.Button(
            icon_name="mdi-restore", icon=True, on_click=each(Controller.reset), disabled=not can_reset,
            classes=["ls-button", "btn-reset"],
            attributes={"aria-label": say(lang, "reset"), "title": say(lang, "reset")},
        )  # fmt: skip
    speeds = [(str(speed), f"{speed:g}" if speed < FASTEST else say(lang, "fastest")) for speed in SPEEDS]
    Choose(
        label=say(lang, "speed"), value=str(snap.speed), options=options_of(speeds), hook="sel-speed ls-inline",
        event_set=lambda value: each_now(lambda controller: controller.set_speed(float(value))),
    )  # fmt: skip


def _button(label: str, icon: str, act: Callable[[], None], cls: str, enabled: bool) -> None:
    solara.Button(
        label, icon_name=icon, on_click=act, classes=["ls-button", *cls.split()], disabled=not enabled, text=True,
    )  # fmt: skip


def _has_begun(snap: Snapshot) -> bool:
    """Tell whether a run can be begun anew."""
    at_rest = snap.state in ("ready", "ended", "error")
    return at_rest and snap.track is not None and snap.year > snap.track.about.start


@component
def Levers(desk: Desk) -> None:  # noqa: N802
    """The levers in sight, what waits, what has been moved, and all others on demand."""
    lang = desk.lang.value
    controller, snap = desk.steered()
    open_all, set_open = solara.use_state(False)
    with box("ls-card ls-levers"):
        text(say(lang, "levers"), "h2")
        if desk.b.value is not None:
            _choose_target(desk, lang)
        if snap.params is None:
            if snap.state == "finished":
                text(say(lang, "finished_no_levers"), cls="ls-note")
            return
        html(f'<p class="ls-note">{escape(say(lang, "acts_from", year=snap.year + 1))}</p>')
        for path in MAIN:
            LeverControl(controller, lever(path), value_of(snap.params, path), _waits(snap, path), lang)
        _waiting(controller, snap, lang)
        _moved(snap, lang)
        solara.Button(
            say(lang, "all_levers"), icon_name="mdi-chevron-up" if open_all else "mdi-chevron-down", text=True,
            classes=["ls-button", "btn-all-levers"], on_click=lambda: set_open(not open_all),
        )  # fmt: skip
        if open_all:
            AllLevers(controller, snap.params, tuple(path for path, _ in snap.waiting), lang)


def _choose_target(desk: Desk, lang: str) -> None:
    Choose(
        label=say(lang, "levers_of"), value=desk.target.value, options=options_of([("a", "A"), ("b", "B")]),
        event_set=desk.target.set, hook="sel-target ls-inline",
    )  # fmt: skip


def _waits(snap: Snapshot, path: str) -> bool:
    return any(name == path for name, _ in snap.waiting)


@component
def AllLevers(controller: Controller, params: Any, waiting: tuple[str, ...], lang: str) -> None:  # noqa: N802
    """Every other lever, by mechanism."""
    group = ""
    for one in levers():
        if one.path in MAIN:
            continue
        if one.group != group:
            group = one.group
            text(term(lang, f"{group}_group"), "h3")
        LeverControl(controller, one, value_of(params, one.path), one.path in waiting, lang, precise=True)


@component
def LeverControl(  # noqa: N802
    controller: Controller, one: Lever, value: Any, waits: bool, lang: str, precise: bool = False
) -> None:
    """One lever in the form that suits it."""
    unit = unit_text(lang, one.unit)
    label = term(lang, one.path, one.doc) + (f" ({unit})" if unit else "")
    cls = f"lever lever-{one.path.replace('.', '-')}" + (" ls-waits" if waits else "")

    def pull(new: Any) -> None:
        controller.pull(one.path, new)

    hint = hint_of(one)
    if one.form == "switch":
        Check(label=label, value=bool(value), event_set=pull, hook=cls, hint=hint)
    elif one.form == "choice":
        options = options_of([(option, term(lang, option)) for option in one.options])
        Choose(label=label, value=str(value), options=options, event_set=pull, hook=cls + " ls-inline", hint=hint)
    elif one.slides is not None and not precise:
        low, high = one.slides
        # a factor is told by its sign; the text follows the hand, and so is made in the browser
        label += " ×" if one.path in FACTORS else ""
        Range(
            label=label, value=float(value), min=low, max=max(high, float(value)), step=0.05, event_set=pull,
            hook=cls, hint=hint,
        )  # fmt: skip
    else:
        Field(label=label, value=shown(value), event_set=pull, hook=cls + " ls-inline", hint=hint)


def hint_of(one: Lever) -> str:
    """Say what a lever means, between which bounds, and under which name a scenario moves it."""
    low, high = ("" if end is None else f"{end:g}" for end in (one.low, one.high))
    bounds = f" [{low} .. {high}]" if low or high else ""
    source = f" ({one.source})" if one.source else ""
    return f"{one.path}: {one.doc}{source}{bounds}"


def _waiting(controller: Controller, snap: Snapshot, lang: str) -> None:
    if not snap.waiting:
        return
    text(say(lang, "waiting", year=snap.year + 1), "h3")
    with box("ls-waiting"):
        for path, value in snap.waiting:
            with box("ls-waiting-row"):
                text(f"{term(lang, path)} → {term(lang, shown(value))}", "span")
                solara.Button(
                    say(lang, "take_back"), text=True, classes=["ls-button", "ls-small", "btn-take-back"],
                    on_click=lambda path=path: controller.drop(path),
                )  # fmt: skip


def _moved(snap: Snapshot, lang: str) -> None:
    if not snap.moves:
        return
    rows = "".join(
        f"<li><b>{move.year}</b> {escape(term(lang, move.path))} → {escape(term(lang, shown(move.value)))}</li>"
        for move in reversed(snap.moves)
    )
    html(f'<h3>{escape(say(lang, "moved"))}</h3><ul class="ls-moved">{rows}</ul>')
