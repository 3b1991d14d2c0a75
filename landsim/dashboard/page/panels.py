"""Panels: the charts of the page - indicators, quota and lines, unmet demand."""

from __future__ import annotations

from html import escape

import solara

from landsim.dashboard.layers import class_name
from landsim.dashboard.page.charts import (
    MAIN_INDICATORS,
    Gauge,
    gauges,
    indicator_label,
    indicator_names,
    plain,
    series_option,
    series_words,
    unmet_option,
)
from landsim.dashboard.page.desk import Desk
from landsim.dashboard.page.widgets import Chart, Choose, box, component, html, options_of, text
from landsim.dashboard.runs.track import Track
from landsim.dashboard.words import say, term
from landsim.indicators.record import CITY
from landsim.io.store import UNMET
from landsim.landscape.grid import MU_PER_HA

CHART_HEIGHT, BARS_HEIGHT = 168, 280
"""Pixels."""
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
        if not names:
            text(say(lang, "not_kept"), cls="ls-note")
            return
        with box("ls-row"):
            _districts(desk, track, lang)
            rest = [
                ("", say(lang, "choose_one")),
                *((name, indicator_label(lang, name)) for name in names if name not in chosen),
            ]
            Choose(
                label=say(lang, "add_indicator"), value="", options=options_of(rest), hook="sel-indicator",
                event_set=lambda name: choose((*chosen, name)[-MOST_CHARTS:]) if name else None,
            )  # fmt: skip
        year = desk.year_shown()
        for name in chosen:
            if not any(one.series(name, desk.district.value) for _, one in tracks):
                continue
            with box("ls-chart"):
                option = series_option(tracks, name, lang, year, desk.district.value)
                Chart(option=option, label=series_words(option), height=CHART_HEIGHT)
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
                kept = UNMET not in track.about.missing
                text(say(lang, "nothing_unmet" if kept else "not_kept"), cls="ls-note")
                continue
            Chart(option=option, label=title, height=BARS_HEIGHT)
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
