"""App: the page - head, run and levers on the left, map in the middle, charts and answers on the right."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import solara

from landsim.dashboard.page.centre import Centre
from landsim.dashboard.page.controls import Levers, Transport
from landsim.dashboard.page.desk import Desk
from landsim.dashboard.page.facts import Facts
from landsim.dashboard.page.following import use_desk
from landsim.dashboard.page.head import Head
from landsim.dashboard.page.panels import GaugesPanel, SeriesPanel, UnmetPanel
from landsim.dashboard.page.saving import SavePanel
from landsim.dashboard.page.welcome import Welcome
from landsim.dashboard.page.why_panel import WhyPanel
from landsim.dashboard.page.widgets import Document, Tabs, box, component, html, options_of, text
from landsim.dashboard.settings import current
from landsim.dashboard.words import say

STYLE = Path(__file__).with_name("style.css")
PANELS = {
    "series": SeriesPanel, "gauges": GaugesPanel, "unmet": UnmetPanel, "why": WhyPanel, "save": SavePanel,
}  # fmt: skip
PANEL = "ls-panel"
"""Id of the panel that the tabs open."""


@component
def Layout(children: Sequence[Any] = ()) -> Any:  # noqa: N802
    """Nothing but the page: no bar and no margin of Solara's own."""
    return solara.Div(children=list(children), classes=["ls-root"])


@component
def Page() -> None:  # noqa: N802
    """The page of one user."""
    desk = use_desk(current())
    lang, name, track = desk.lang.value, desk.snap_a.value.name, desk.snap_a.value.track
    solara.Style(STYLE)
    Document(lang=lang, title=f"{name} – landsim" if name else "landsim")
    with box("ls-app"):
        Head(desk)
        Problems(desk)
        with box("ls-main"):
            with solara.v.Html(tag="aside", class_="ls-left", attributes={"aria-label": say(lang, "levers")}):
                Transport(desk)
                Facts(desk)
                Levers(desk)
            with solara.v.Html(tag="main", class_="ls-centre"):
                if track is None:
                    Welcome(desk)
                else:
                    Centre(desk, track)
            with solara.v.Html(tag="aside", class_="ls-right", attributes={"aria-label": say(lang, "results")}):
                Right(desk)


@component
def Problems(desk: Desk) -> None:  # noqa: N802
    """What went wrong last, in words, until it is closed or something goes well."""
    lang = desk.lang.value
    told = (*desk.told.value, *desk.snap_a.value.problems, *(f"B: {line}" for line in desk.snap_b.value.problems))
    if not told:
        return
    with solara.v.Html(tag="div", class_="ls-problems", attributes={"role": "alert"}):
        rows = "".join(f"<li>{escape(line)}</li>" for line in told)
        html(f"<b>{escape(say(lang, 'problems'))}</b><ul>{rows}</ul>")
        solara.Button(
            icon_name="mdi-close", icon=True, on_click=desk.hush, classes=["ls-button", "btn-close-problems"],
            attributes={"aria-label": say(lang, "close")},
        )  # fmt: skip


@component
def Right(desk: Desk) -> None:  # noqa: N802
    """Panels of charts, gauges, unmet demand, answers and downloads."""
    lang, tab = desk.lang.value, desk.tab.value
    tabs = options_of([(name, say(lang, f"tab_{name}")) for name in PANELS])
    with box("ls-fill ls-flush"):
        Tabs(label=say(lang, "results"), value=tab, options=tabs, event_set=desk.tab.set, panel=PANEL)
        with solara.v.Html(
            tag="div", class_=f"ls-panel panel-{tab}",
            attributes={"role": "tabpanel", "tabindex": "0", "id": PANEL, "aria-label": say(lang, f"tab_{tab}")},
        ):  # fmt: skip
            if desk.snap_a.value.track is None:
                text(say(lang, "nothing_open"), cls="ls-note")
            else:
                PANELS[tab](desk)
