"""Panels: the right-hand side of the page - indicators, quota and lines, unmet demand, and why."""

from __future__ import annotations

from html import escape

import solara

from landsim.dashboard.charts import (
    MAIN_INDICATORS,
    Gauge,
    gauges,
    indicator_label,
    indicator_names,
    plain,
    series_option,
    unmet_option,
)
from landsim.dashboard.desk import Desk
from landsim.dashboard.layers import class_name
from landsim.dashboard.track import Track
from landsim.dashboard.why import Happened, Prospect, Why
from landsim.dashboard.widgets import Choose, box, component, html, options_of, text
from landsim.dashboard.words import say, term
from landsim.indicators.record import CITY
from landsim.landscape.grid import MU_PER_HA

CHART = {"style": "height: 168px; width: 100%"}
MOST_CHARTS = 12


@component
def SeriesPanel(desk: Desk) -> None:  # noqa: N802
    """Indicators by year, of one run or of two."""
    with box("ls-stack"):
        lang, tracks = desk.lang.value, desk.tracks()
        chosen, choose = solara.use_state(MAIN_INDICATORS)
        if not tracks:
            return
        track = tracks[0][1]
        names = indicator_names(track)
        with box("ls-row"):
            _districts(desk, track, lang)
            rest = [("", "+ …"), *((name, indicator_label(lang, name)) for name in names if name not in chosen)]
            Choose(
                label=say(lang, "indicators"), value="", options=options_of(rest), hook="sel-indicator",
                event_set=lambda name: choose((*chosen, name)[-MOST_CHARTS:]) if name else None,
            )  # fmt: skip
        year = desk.year_shown()
        for name in chosen:
            if not any(one.series(name, desk.district.value) for _, one in tracks):
                continue
            with box("ls-chart"):
                solara.FigureEcharts(
                    series_option(tracks, name, lang, year, desk.district.value), attributes=CHART, responsive=True
                )
                if name not in MAIN_INDICATORS:
                    _remove(lang, indicator_label(lang, name), lambda name=name: choose(_without(chosen, name)))


def _without(chosen: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(one for one in chosen if one != name)


def _remove(lang: str, label: str, act: object) -> None:
    solara.Button(
        "×", on_click=act, text=True, classes=["ls-remove"], attributes={"aria-label": f"{say(lang, 'close')}: {label}"}
    )


def _districts(desk: Desk, track: Track, lang: str) -> None:
    """A list of the districts, where there is more than the city."""
    layer = track.statics.get("district")
    ids = sorted({key for key in _district_ids(track)}) if layer is not None else []
    names = [(str(CITY), say(lang, "whole_city"))]
    names += [(str(number), track.districts.get(number, f"{say(lang, 'district')} {number}")) for number in ids]
    Choose(
        label=say(lang, "district"), value=str(desk.district.value), options=options_of(names), hook="sel-district",
        event_set=lambda value: desk.district.set(int(value)),
    )  # fmt: skip


def _district_ids(track: Track) -> set[int]:
    return {district for _, district, name, _, _ in track.indicator_rows() if name == "built_ha" and district != CITY}


@component
def GaugesPanel(desk: Desk) -> None:  # noqa: N802
    """Quota, pace, balance and what was built inside the lines, in the year that is shown."""
    with box("ls-stack"):
        lang, year = desk.lang.value, desk.year_shown()
        tracks = desk.tracks()
        for letter, track in tracks:
            if len(tracks) > 1:
                text(letter, "h2")
            moment = min(year, track.year)
            html("".join(_gauge(one, lang) for one in gauges(track, moment, lang)), cls="ls-gauges")
            html(f'<p class="ls-note">{escape(say(lang, "why_asof", year=moment))}</p>')


def _gauge(one: Gauge, lang: str) -> str:
    bar = ""
    if one.share is not None:
        bar = f'<div class="ls-bar"><i class="ls-{one.tone}" style="width:{min(one.share, 1) * 100:.1f}%"></i></div>'
        share = f" · {one.share * 100:.0f} %"
    else:
        share = ""
    return (
        f'<div class="ls-gauge ls-tone-{one.tone}"><span>{escape(say(lang, one.key))}</span>'
        f"<b>{escape(one.text + share)}</b>{bar}</div>"
    )


@component
def UnmetPanel(desk: Desk) -> None:  # noqa: N802
    """Demand that was not met, by the rule that binds, over the years and in the year that is shown."""
    with box("ls-stack"):
        lang, year = desk.lang.value, desk.year_shown()
        tracks = desk.tracks()
        if tracks:
            _districts(desk, tracks[0][1], lang)
        district = desk.district.value
        for letter, track in tracks:
            title = say(lang, "unmet_title") + (f" · {letter}" if len(tracks) > 1 else "")
            text(title, "h2")
            option = unmet_option(track, lang, district)
            if not option["series"]:
                text(say(lang, "nothing_unmet"), cls="ls-note")
                continue
            attributes = {"style": "height: 280px; width: 100%"}
            solara.FigureEcharts(option, attributes=attributes, responsive=True)
            _unmet_table(track, min(year, track.year), lang, district)
        if tracks:
            text(say(lang, "unmet_note"), cls="ls-note")


def _unmet_table(track: Track, year: int, lang: str, district: int) -> None:
    sums: dict[tuple[str, str], float] = {}
    for _, name, place, _, ha, _, rule in track.unmet(year):
        if district in (CITY, place):
            sums[name, rule] = sums.get((name, rule), 0.0) + ha
    chinese = {row.name: row.name_zh for row in track.legend.rows}
    rows = "".join(
        f"<tr><td>{escape(class_name(name, chinese.get(name, ''), lang))}</td>"
        f"<td>{escape(term(lang, f'{rule}_rule'))}</td><td>{plain(ha)}</td><td>{plain(ha * MU_PER_HA)}</td></tr>"
        for (name, rule), ha in sorted(sums.items(), key=lambda item: -item[1])
    )
    head = "".join(f"<th>{escape(say(lang, key))}</th>" for key in ("class", "rule", "area_ha", "area_mu"))
    title = escape(say(lang, "unmet_year", year=year))
    if rows:
        html(f'<h3>{title}</h3><table class="ls-table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>')


@component
def WhyPanel(desk: Desk) -> None:  # noqa: N802
    """The answer about the cell that was clicked."""
    with box("ls-stack"):
        lang, snap = desk.lang.value, desk.snap_a.value
        answer, track = snap.answer, snap.track
        if answer is None or track is None:
            text(say(lang, "why_hint"), cls="ls-note")
            return
        html(_where(answer, track, lang) + _history(answer, track, lang) + _may(answer, track, lang)
             + _lacks(answer, track, lang), cls="ls-why")  # fmt: skip
        if answer.year != snap.year:
            cell = answer.cell
            solara.Button(
                say(lang, "ask_again"), icon_name="mdi-refresh", text=True, classes=["ls-button", "btn-ask-again"],
                on_click=lambda: desk.a.ask(cell),
            )  # fmt: skip


def _where(answer: Why, track: Track, lang: str) -> str:
    names = {row.code: class_name(row.name, row.name_zh, lang) for row in track.legend.rows}
    place = track.districts.get(answer.district, str(answer.district) if answer.district else "–")
    overlays = [term(lang, name) for name in answer.overlays] or [say(lang, "why_free")]
    facts = (
        (say(lang, "why_now"), names.get(answer.code, say(lang, "outside_map"))),
        (say(lang, "district"), place),
        (say(lang, "why_lines"), ", ".join(overlays) if lang == "en" else "、".join(overlays)),
    )
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    title = escape(say(lang, "why_title", row=answer.row, col=answer.col))
    where = say(lang, "why_where", x=f"{answer.x:.0f}", y=f"{answer.y:.0f}")
    moment = say(lang, "why_asof", year=answer.year)
    return f'<h2>{title}</h2><p class="ls-note">{escape(where)} · {escape(moment)}</p><dl class="ls-facts">{rows}</dl>'


def _history(answer: Why, track: Track, lang: str) -> str:
    head = f"<h3>{escape(say(lang, 'why_history'))}</h3>"
    if not answer.events:
        return head + f'<p class="ls-note">{escape(say(lang, "why_nothing", year=track.about.start))}</p>'
    rows = "".join(_event(one, track, lang) for one in answer.events)
    return f'{head}<ol class="ls-events">{rows}</ol>'


def _event(one: Happened, track: Track, lang: str) -> str:
    names = {row.code: class_name(row.name, row.name_zh, lang) for row in track.legend.rows}
    if one.layer == "lu":
        what = f"{names.get(one.before, one.before)} → {names.get(one.after, one.after)}"
    else:
        what = say(lang, "line_redrawn", line=term(lang, one.layer), before=one.before, after=one.after)
    kind, _, number = one.agent.partition(":")
    details = [term(lang, f"{one.kind}_kind"), f"{say(lang, 'by_agent')} {term(lang, kind)} {number}".strip()]
    if one.tier:
        details.append(say(lang, "tier_is", tier=term(lang, one.tier)))
    if one.price is not None:
        details.append(say(lang, "price_is", price=plain(one.price)))
    if one.project >= 0:
        details.append(say(lang, "project_is", number=one.project))
    return f"<li><b>{one.year}</b> {escape(str(what))}<br><small>{escape(' · '.join(details))}</small></li>"


def _may(answer: Why, track: Track, lang: str) -> str:
    head = f"<h3>{escape(say(lang, 'why_may'))}</h3>"
    if not answer.live:
        return head + f'<p class="ls-note">{escape(say(lang, "why_may_finished"))}</p>'
    names = {row.code: class_name(row.name, row.name_zh, lang) for row in track.legend.rows}
    rows = "".join(
        f"<tr><td>{escape(names.get(one.code, str(one.code)))}</td><td>{escape(_verdict(one, lang))}"
        f"<br><small>{escape(_standing(one, lang))}</small></td></tr>"
        for one in answer.prospects
    )
    return f'{head}<table class="ls-table ls-may"><tbody>{rows}</tbody></table>'


def _verdict(one: Prospect, lang: str) -> str:
    if one.chance >= 1:
        words = say(lang, "permitted")
    elif one.chance <= 0:
        words = say(lang, "forbidden")
    else:
        words = f"{say(lang, 'conditional_yes' if one.granted else 'conditional_no')} ({one.chance * 100:.0f} %)"
    if one.rule != "passed":
        return f"{words} · " + say(lang, "stops_now", rule=term(lang, f"{one.rule}_rule"))
    return f"{words} · " + say(lang, f"bar_{one.bar}" if one.bar else "nothing_stops")


def _standing(one: Prospect, lang: str) -> str:
    words = say(lang, "rank_of", rank=one.rank, of=one.of) if one.of else say(lang, "no_race")
    if one.stopped != "passed":
        words += " · " + say(lang, "stopped_race", rule=term(lang, f"{one.stopped}_rule"))
    return words


def _lacks(answer: Why, track: Track, lang: str) -> str:
    chinese = {row.name: row.name_zh for row in track.legend.rows}
    head = f"<h3>{escape(say(lang, 'why_district'))}</h3>"
    if not answer.lacks:
        return head + f'<p class="ls-note">{escape(say(lang, "why_district_none"))}</p>'
    rows = "".join(
        f"<tr><td>{escape(class_name(one.name, chinese.get(one.name, ''), lang))}</td>"
        f"<td>{escape(term(lang, f'{one.rule}_rule'))}</td><td>{plain(one.ha)} {escape(say(lang, 'area_ha'))}</td></tr>"
        for one in answer.lacks
    )
    return f'{head}<table class="ls-table"><tbody>{rows}</tbody></table>'
