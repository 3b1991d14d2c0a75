"""Why panel: the answer about one cell - what it is, what happened, what may become of it, and what is not known."""

from __future__ import annotations

from html import escape

import solara

from landsim.dashboard.layers import class_name
from landsim.dashboard.page.charts import plain
from landsim.dashboard.page.desk import Desk
from landsim.dashboard.page.widgets import Field, box, component, html, text
from landsim.dashboard.runs.controller import Controller
from landsim.dashboard.runs.track import Track
from landsim.dashboard.runs.why import Happened, Prospect, Why
from landsim.dashboard.words import say, term
from landsim.io.store import UNMET
from landsim.policy.control import MASK
from landsim.policy.restriction import Restriction


@component
def WhyPanel(desk: Desk) -> None:  # noqa: N802
    """The answer about the cell that was asked for last, and a way to ask without a mouse."""
    with box("ls-stack"):
        lang = desk.lang.value
        letter, controller, snap = desk.answering()
        answer, track = snap.answer, snap.track
        if track is None:
            return
        AskCell(desk, track, letter, answer)
        if answer is None or desk.missed.value:
            text(say(lang, "why_missed" if desk.missed.value else "why_hint"), cls="ls-note")
            return
        _title(answer, track, lang, letter if desk.b.value is not None else "")
        if answer.code == track.legend.nodata:
            text(say(lang, "why_missed"), cls="ls-note ls-why")
            return
        _ask_again(desk, controller, answer, track, lang)
        html(_where(answer, track, lang) + _history(answer, track, lang) + _may(answer, track, lang)
             + _lacks(answer, track, lang), cls="ls-why")  # fmt: skip


@component
def AskCell(desk: Desk, track: Track, letter: str, answer: Why | None) -> None:  # noqa: N802
    """Row and column of a cell, to be asked for by keyboard, and to ask for the same one in another run."""
    lang = desk.lang.value
    row, set_row = solara.use_state("")
    col, set_col = solara.use_state("")

    def follow() -> None:
        if answer is not None:
            set_row(str(answer.row))
            set_col(str(answer.col))

    solara.use_effect(follow, [answer])
    height, width = track.grid.shape

    def ask() -> None:
        if not (row.isdecimal() and col.isdecimal() and int(row) < height and int(col) < width):
            desk.told.set((say(lang, "no_such_cell", rows=height - 1, cols=width - 1),))
            return
        desk.told.set(())
        desk.ask(int(row) * width + int(col), letter)

    with box("ls-ask"):
        Field(label=say(lang, "row"), value=row, event_set=set_row, hook="fld-row ls-inline")
        Field(label=say(lang, "column"), value=col, event_set=set_col, hook="fld-col ls-inline")
        solara.Button(say(lang, "ask"), text=True, classes=["ls-button", "btn-ask"], on_click=ask)


def _title(answer: Why, track: Track, lang: str, letter: str) -> None:
    title = say(lang, "why_title", row=answer.row, col=answer.col)
    if letter:
        title = f"{letter.upper()} · {title}"
    where = say(lang, "why_where", x=f"{answer.x:.0f}", y=f"{answer.y:.0f}")
    moment = say(lang, "why_asof", year=answer.year)
    html(f'<h2>{escape(title)}</h2><p class="ls-note">{escape(where)} · {escape(moment)}</p>', cls="ls-why-title")


def _ask_again(desk: Desk, controller: Controller, answer: Why, track: Track, lang: str) -> None:
    """Offer the answer for the year that is shown, where it is another one."""
    year = min(desk.year_shown(), track.year)
    if answer.year == year:
        return
    cell = answer.cell
    solara.Button(
        say(lang, "ask_again", year=year), icon_name="mdi-refresh", text=True, classes=["ls-button", "btn-ask-again"],
        on_click=lambda: controller.ask(cell, desk.year_asked(controller.snapshot())),
    )  # fmt: skip


def _where(answer: Why, track: Track, lang: str) -> str:
    names = {row.code: class_name(row.name, row.name_zh, lang) for row in track.legend.rows}
    place = track.districts.get(answer.district, str(answer.district) if answer.district else "–")
    overlays = [_overlay(lang, name) for name in answer.overlays] or [say(lang, "why_free")]
    facts = (
        (say(lang, "why_now"), names.get(answer.code, str(answer.code))),
        (say(lang, "district"), place),
        (say(lang, "why_lines"), (", " if lang == "en" else "、").join(overlays)),
    )
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    return f'<dl class="ls-facts">{rows}</dl>'


def _overlay(lang: str, name: str) -> str:
    """Name of an overlay, or of a mask of the place."""
    return say(lang, "mask", name=name.removeprefix(MASK)) if name.startswith(MASK) else term(lang, name)


def _history(answer: Why, track: Track, lang: str) -> str:
    head = f"<h3>{escape(say(lang, 'why_history'))}</h3>"
    if "why_no_log" in answer.notes:
        head += f'<p class="ls-note">{escape(say(lang, "why_no_log"))}</p>'
    if not answer.events:
        return head + f'<p class="ls-note">{escape(say(lang, "why_nothing", year=track.about.start))}</p>'
    rows = "".join(_event(one, answer.year, track, lang) for one in answer.events)
    return f'{head}<ol class="ls-events">{rows}</ol>'


def _event(one: Happened, year: int, track: Track, lang: str) -> str:
    names = {row.code: class_name(row.name, row.name_zh, lang) for row in track.legend.rows}
    if one.layer == "lu":
        what = f"{names.get(one.before, one.before)} → {names.get(one.after, one.after)}"
    else:
        what = say(lang, "line_redrawn", line=term(lang, one.layer), before=one.before, after=one.after)
    later = ' class="ls-later"' if one.year > year else ""
    details = " · ".join(_details(one, lang))
    return f"<li{later}><b>{one.year}</b> {escape(str(what))}<br><small>{escape(details)}</small></li>"


def _details(one: Happened, lang: str) -> list[str]:
    """How it happened, by whom, and at which price, as far as that is known."""
    details = [term(lang, f"{one.kind}_kind")] if one.kind else []
    if one.agent:
        kind, _, number = one.agent.partition(":")
        details.append(f"{say(lang, 'by_agent')} {term(lang, kind)} {number}".strip())
    if one.tier:
        details.append(say(lang, "tier_is", tier=term(lang, one.tier)))
    if one.price is not None:
        details.append(say(lang, "price_is", price=plain(one.price)))
    if one.project >= 0:
        details.append(say(lang, "project_is", number=one.project))
    return details


def _may(answer: Why, track: Track, lang: str) -> str:
    head = f"<h3>{escape(say(lang, 'why_may'))}</h3>"
    names = {row.code: class_name(row.name, row.name_zh, lang) for row in track.legend.rows}
    alike: dict[str, list[str]] = {}
    for one in answer.prospects:
        alike.setdefault(_verdict(one, lang) + _standing(one, lang), []).append(names.get(one.code, str(one.code)))
    comma = ", " if lang == "en" else "、"
    rows = "".join(
        f"<tr><th scope='row'>{escape(comma.join(classes))}</th><td>{words}</td></tr>"
        for words, classes in alike.items()
    )
    notes = "".join(
        f'<p class="ls-note">{escape(say(lang, note))}</p>' for note in answer.notes if note != "why_no_log"
    )
    table = f'<table class="ls-table ls-may"><tbody>{rows}</tbody></table>' if rows else ""
    if not rows and not notes:
        table = f'<p class="ls-note">{escape(say(lang, "why_no_class"))}</p>'
    return head + table + notes


def _verdict(one: Prospect, lang: str) -> str:
    """Say whether the change is permitted, what decides that, and what stops it now."""
    if one.chance >= 1:
        words = say(lang, "permitted")
    elif one.chance <= 0:
        words = say(lang, "forbidden")
    else:
        words = f"{say(lang, 'conditional_yes' if one.granted else 'conditional_no')} ({one.chance * 100:.0f} %)"
    held = [_held(restriction, lang) for restriction in _decisive(one)]
    if held:
        words += (": " if lang == "en" else "：") + ("; " if lang == "en" else "；").join(held)
    if one.rule not in ("passed", "zone"):
        return f"<b>{escape(say(lang, 'stops_now', rule=term(lang, f'{one.rule}_rule')))}</b><br>{escape(words)}"
    if one.rule == "zone":
        return f"<b>{escape(words)}</b>"
    return f"{escape(words)} · {escape(say(lang, f'bar_{one.bar}' if one.bar else 'nothing_stops'))}"


def _decisive(one: Prospect) -> list[Restriction]:
    """What decides: where something forbids the change for good, what depends on a permit need not be told."""
    never = [restriction for restriction in one.restrictions if restriction.chance <= 0]
    return never or list(one.restrictions)


def _held(one: Restriction, lang: str) -> str:
    """Say what restricts a change, and on which condition."""
    if one.overlay.startswith(MASK):
        return _overlay(lang, one.overlay)
    words = term(lang, f"{one.overlay}_row")
    if not one.condition:
        return words
    key = "on_condition" if one.chance > 0 else "lacks_condition"
    return say(lang, key, row=words, condition=term(lang, f"{one.condition}_condition"))


def _standing(one: Prospect, lang: str) -> str:
    """Place in the race, where it is known, and what closed the race this year."""
    words = []
    if one.of is not None:
        words.append(say(lang, "rank_of", rank=one.rank, of=one.of) if one.of else say(lang, "no_race"))
    if one.stopped != "passed":
        words.append(say(lang, "stopped_race", rule=term(lang, f"{one.stopped}_rule")))
    return f"<br><small>{escape(' · '.join(words))}</small>" if words else ""


def _lacks(answer: Why, track: Track, lang: str) -> str:
    chinese = {row.name: row.name_zh for row in track.legend.rows}
    head = f"<h3>{escape(say(lang, 'why_district', year=answer.year))}</h3>"
    if not answer.lacks:
        return head + f'<p class="ls-note">{escape(say(lang, _no_lack(answer, track)))}</p>'
    rows = "".join(
        f"<tr><td>{escape(class_name(one.name, chinese.get(one.name, ''), lang))}</td>"
        f"<td>{escape(term(lang, f'{one.rule}_rule'))}</td><td>{plain(one.ha)} {escape(say(lang, 'area_ha'))}</td></tr>"
        for one in answer.lacks
    )
    return f'{head}<table class="ls-table"><tbody>{rows}</tbody></table>'


def _no_lack(answer: Why, track: Track) -> str:
    """Why no unmet demand is told: there was none, none is known, or no year has been simulated."""
    if UNMET in track.about.missing:
        return "not_kept"
    return "why_district_start" if answer.year == track.about.start else "why_district_none"
