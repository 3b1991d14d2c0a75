"""Charts: what ECharts is told to draw - indicators by year, gauges of quota and lines, unmet demand by rule."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from landsim.dashboard.runs.track import Track
from landsim.dashboard.words import say, term, unit_text
from landsim.indicators.record import CITY
from landsim.report.words import Words

Option = dict[str, Any]

FONT = '"Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "Segoe UI", Roboto, sans-serif'
INK, QUIET, GRID = "#24303a", "#5a6672", "#e4e8ec"
RUN_COLOURS = ("#d55e00", "#0072b2")
RULE_COLOURS = {
    "quota": "#0072b2", "balance": "#009e73", "pace": "#e69f00", "zone": "#cc79a7", "no_land": "#8c8c8c",
}  # fmt: skip
MAIN_INDICATORS = ("built_ha", "arable_ha", "population", "unmet_ha")
"""Drawn until somebody chooses others."""


def indicator_names(track: Track) -> list[str]:
    """Indicators that a run holds, those that are drawn first in front."""
    known = [name for name in track.units if name not in ("pace_used_ha", "pace_left_ha", "bank_ha")]
    first = [name for name in MAIN_INDICATORS if name in known]
    return first + [name for name in known if name not in first]


def indicator_label(lang: str, name: str) -> str:
    """Name of an indicator for people: the page's own, or that of the report."""
    reported = str(Words(lang).table["indicators"].get(name, ""))
    return term(lang, f"{name}_indicator", term(lang, name, reported))


def series_option(tracks: Sequence[tuple[str, Track]], name: str, lang: str, year: int, district: int = CITY) -> Option:
    """Draw an indicator over the years of one or two runs, with a mark at the year that is shown.

    Parameters
    ----------
    tracks : sequence of (str, Track)
        Letter and run.
    """
    unit = next((track.units[name] for _, track in tracks if name in track.units), "")
    years = sorted({when for _, track in tracks for when in track.series(name, district)})
    lines = [_line(label, track.series(name, district), years, i, year) for i, (label, track) in enumerate(tracks)]
    title = indicator_label(lang, name)
    unit = unit_text(lang, unit)
    return {
        **_basics(f"{title} ({unit})" if unit else title),
        "legend": {"show": len(tracks) > 1, "right": 4, "top": 2, "itemWidth": 14, "textStyle": {"color": QUIET}},
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": _axis([str(when) for when in years]),
        "yAxis": {
            "type": "value", "scale": True, "splitNumber": 3, "axisLabel": {"color": QUIET, "fontSize": 11},
            "splitLine": {"lineStyle": {"color": GRID}},
        },
        "series": lines,
    }  # fmt: skip


def series_words(option: Option) -> str:
    """Say what a chart of `series_option` shows, for those who do not see it: first and last value of each run.

    Examples
    --------
    >>> series_words({"title": {"text": "Cropland (ha)"}, "xAxis": {"data": ["2020", "2021"]},
    ...               "series": [{"name": "A", "data": [9.0, 8.0]}]})
    'Cropland (ha): A 2020 9.00, 2021 8.00'
    """
    years = option["xAxis"]["data"]
    lines = []
    for line in option["series"]:
        known = [(year, value) for year, value in zip(years, line["data"], strict=True) if value is not None]
        ends = dict([known[0], known[-1]]) if known else {}
        lines.append(f"{line['name']} " + ", ".join(f"{year} {plain(value)}" for year, value in ends.items()))
    return f"{option['title']['text']}: " + "; ".join(lines)


def _line(label: str, values: Mapping[int, float], years: Sequence[int], i: int, year: int) -> Option:
    mark = [{"xAxis": str(year)}] if i == 0 and year in years else []
    return {
        "type": "line",
        "name": label,
        "data": [_number(values.get(when)) for when in years],
        "showSymbol": len(years) < 3,
        "lineStyle": {"width": 2, "type": "dashed" if i else "solid"},
        "itemStyle": {"color": RUN_COLOURS[i]},
        "markLine": {
            "symbol": "none", "silent": True, "label": {"show": False}, "data": mark,
            "lineStyle": {"color": QUIET, "type": "dotted"},
        },
    }  # fmt: skip


def unmet_option(track: Track, lang: str, district: int | None = None) -> Option:
    """Draw demand that was not met, by year and by the rule that binds, ha."""
    rows = [row for row in track.unmet() if district in (None, CITY) or row[2] == district]
    years = list(range(track.about.start + 1, track.year + 1))
    sums: dict[tuple[str, int], float] = {}
    for year, _, _, _, ha, _, rule in rows:
        sums[rule, year] = sums.get((rule, year), 0.0) + ha
    bars = [
        {
            "type": "bar", "stack": "unmet", "name": term(lang, f"{rule}_rule"), "itemStyle": {"color": colour},
            "barMaxWidth": 26, "data": [round(sums.get((rule, year), 0.0), 2) for year in years],
        }
        for rule, colour in RULE_COLOURS.items() if any(key[0] == rule for key in sums)
    ]  # fmt: skip
    return {
        **_basics(""),
        "grid": {"left": 8, "right": 12, "top": 12, "bottom": 64, "containLabel": True},
        "legend": {"show": True, "bottom": 0, "left": 4, "itemWidth": 14, "textStyle": {"color": INK}},
        "tooltip": {"trigger": "axis", "confine": True, "axisPointer": {"type": "shadow"}},
        "xAxis": _axis([str(year) for year in years]),
        "yAxis": {"type": "value", "axisLabel": {"color": QUIET}, "splitLine": {"lineStyle": {"color": GRID}}},
        "series": bars,
    }  # fmt: skip


@dataclass(frozen=True)
class Gauge:
    """A part of a limit that is used up, or an area that ought to be nothing.

    Attributes
    ----------
    key : str
        Name in `landsim.dashboard.words`.
    share : float or None
        Part that is used, 0 to 1 or above; None where there is no limit.
    text : str
        In words, with the unit.
    tone : {"good", "warn", "bad", "none"}
    """

    key: str
    share: float | None
    text: str
    tone: str


def gauges(track: Track, year: int, lang: str, district: int = CITY) -> list[Gauge]:
    """Gauges of quota, pace, balance and the lines in a year."""
    used, quota = (track.value(name, year, district) for name in ("quota_used_ha", "quota_ha"))
    wanted = [("gauge_erl", "erl_intrusion_ha"), ("gauge_pbf", "pbf_intrusion_ha"), ("gauge_illegal", "illegal_ha")]
    return [
        _limit("gauge_quota", used, quota, track, lang),
        _pace(track, year, lang),
        _stock("gauge_bank", track.value("bank_ha", year), track, lang),
        *(_none_wanted(key, track.value(name, year, district), lang) for key, name in wanted),
    ]


def _limit(key: str, used: float | None, limit: float | None, track: Track, lang: str) -> Gauge:
    if used is None or limit is None or math.isnan(limit):
        return _no_limit(key, track, lang)
    share = used / limit if limit > 0 else float(used > 0)
    tone = "bad" if share > 1.0 else "warn" if share >= 0.9 else "good"
    return Gauge(key, share, say(lang, "of_ha", used=plain(used), all=plain(limit)), tone)


def _no_limit(key: str, track: Track, lang: str) -> Gauge:
    """Say that a live run has no limit; what a finished one had of pace and balance its folder does not tell."""
    return Gauge(
        key, None, say(lang, "no_limit" if track.about.live or key == "gauge_quota" else "not_kept_here"), "none"
    )


def _pace(track: Track, year: int, lang: str) -> Gauge:
    used, left = track.value("pace_used_ha", year), track.value("pace_left_ha", year)
    return _limit("gauge_pace", used, None if left is None or used is None else used + left, track, lang)


def _stock(key: str, value: float | None, track: Track, lang: str) -> Gauge:
    if value is None:
        return _no_limit(key, track, lang)
    return Gauge(key, None, f"{plain(value)} {unit_text(lang, 'ha')}", "good" if value > 0 else "warn")


def _none_wanted(key: str, value: float | None, lang: str) -> Gauge:
    if value is None or math.isnan(value):
        return Gauge(key, None, say(lang, "not_known"), "none")
    return Gauge(key, None, f"{plain(value)} {unit_text(lang, 'ha')}", "bad" if value > 0 else "good")


def plain(value: float) -> str:
    """Write a number with few digits and thin groups.

    Examples
    --------
    >>> plain(1234567.8), plain(12.345), plain(0.0)
    ('1 234 568', '12.3', '0')
    """
    if value == 0:
        return "0"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}".replace(",", " ")


def _basics(title: str) -> Option:
    return {
        "animation": False,
        "textStyle": {"fontFamily": FONT, "color": INK},
        "title": {
            "text": title, "left": 4, "top": 2, "textStyle": {"fontSize": 12.5, "fontWeight": 600, "color": INK},
        },
        "grid": {"left": 8, "right": 16, "top": 34, "bottom": 6, "containLabel": True},
    }  # fmt: skip


def _axis(labels: list[str]) -> Option:
    return {
        "type": "category", "data": labels, "axisLabel": {"color": QUIET, "fontSize": 11},
        "axisLine": {"lineStyle": {"color": "#9aa5ae"}}, "axisTick": {"show": False},
    }  # fmt: skip


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else float(f"{value:.6g}")
