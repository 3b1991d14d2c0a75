"""Saving: the panel on which a live run is saved, and maps, tables, scenario and report are downloaded."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import solara

from landsim.core.errors import InputError
from landsim.dashboard.downloads import map_geotiff, map_png, report_html, scenario_yaml, tables_csv, tables_xlsx
from landsim.dashboard.faults import logged, sentences
from landsim.dashboard.page.desk import Desk
from landsim.dashboard.page.widgets import Check, Field, Saver, box, component, text
from landsim.dashboard.runs.live import LiveRun
from landsim.dashboard.runs.snapshot import Snapshot
from landsim.dashboard.runs.track import Track
from landsim.dashboard.words import say


@dataclass(frozen=True)
class File:
    """A file on its way to the browser; every one has another number."""

    number: int = 0
    name: str = ""
    content: bytes | None = None


@component
def SavePanel(desk: Desk) -> None:  # noqa: N802
    """Save the run, and download what can be downloaded of it."""
    with box("ls-stack"):
        lang, snap = desk.lang.value, desk.snap_a.value
        track = snap.track
        if track is None:
            return
        if track.about.live:
            SaveRun(desk, snap, track)
        text(say(lang, "downloads"), "h2")
        view, lines, name = desk.map_shown(track), desk.lines.value, track.about.name
        runs = [(dict(desk.names())[letter], one) for letter, one in desk.tracks()]
        asked = [controller.call for controller in desk.running()]
        with box("ls-downloads"):
            Download(desk, "geotiff", lambda: map_geotiff(view), view.file_name("tif"))
            Download(desk, "png", lambda: map_png(view, lines, lang), view.file_name("png"))
            Download(desk, "csv", lambda: tables_csv(runs), f"{name}_tables.zip")
            Download(desk, "xlsx", lambda: tables_xlsx(runs), f"{name}_tables.xlsx")
            if track.about.live:
                Download(desk, "scenario", lambda: desk.a.call(_scenario), f"{name}_played.yaml")
            Download(desk, "report", lambda: report_html(asked, lang), f"{name}_report.html")


def _scenario(run: object) -> bytes:
    assert isinstance(run, LiveRun)
    return scenario_yaml(run)


@component
def SaveRun(desk: Desk, snap: Snapshot, track: Track) -> None:  # noqa: N802
    """Name the run and save it as a run folder."""
    with box("ls-stack"):
        lang = desk.lang.value
        name, set_name = solara.use_state(desk.shelf.free_name(track.about.name))
        keep, set_keep = solara.use_state(desk.a.keep)

        def save() -> None:
            desk.a.save(name)

        def keep_or_not(wanted: bool) -> None:
            for controller in desk.running():
                controller.keep = wanted
            set_keep(wanted)

        text(say(lang, "save_run"), "h2")
        text(say(lang, "save_hint"), cls="ls-note")
        with box("ls-row"):
            Field(label=say(lang, "save_name"), value=name, event_set=set_name, hook="fld-save-name")
            possible = snap.state in ("ready", "ended") and not snap.doing
            solara.Button(
                say(lang, "save_run"), icon_name="mdi-content-save", on_click=save, text=True, disabled=not possible,
                classes=["ls-button", "btn-save"],
            )  # fmt: skip
        if snap.saved:
            text(say(lang, "saved_as", path=snap.saved), cls="ls-saved")
        Check(label=say(lang, "keep_on_close"), value=keep, event_set=keep_or_not, hook="chk-keep")


@component
def Download(desk: Desk, kind: str, make: Callable[[], bytes], name: str) -> None:  # noqa: N802
    """One download; it is made when it is asked for, aside, and a fault is told in words."""
    busy, set_busy = solara.use_state(False)
    file, set_file = solara.use_state(File())

    def work() -> None:
        try:
            content = make()
            set_file(lambda last: File(last.number + 1, name, content))
        except InputError as fault:
            desk.told.set(sentences(fault))
        except Exception as fault:
            desk.told.set((logged(fault),))
        finally:
            set_busy(False)

    def ask(*_: object) -> None:
        set_busy(True)
        threading.Thread(target=work, name="landsim-download", daemon=True).start()

    lang = desk.lang.value
    Saver(
        label=say(lang, f"download_{kind}"), wait=say(lang, "preparing"), busy=busy, file=file.name,
        content=file.content, number=file.number, hook=f"dl-{kind}", event_ask=ask,
        event_done=lambda *_: set_file(lambda last: File(last.number, last.name)),
    )  # fmt: skip
