"""Welcome: what stands where the map will be - what there is to open, with the question that it answers."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import solara

from landsim.core.errors import InputError
from landsim.dashboard.page.desk import Desk
from landsim.dashboard.page.widgets import Card, box, component, text
from landsim.dashboard.shelf import Choice
from landsim.dashboard.words import say
from landsim.io.store import MANIFEST
from landsim.scenario.compose import overrides_of, read_settings

MOST = 12
"""Scenarios, and finished runs, that are shown; the list at the top has all."""
_LARGEST = 4_000_000
"""Bytes of a manifest that is looked into for a title."""


@component
def Welcome(desk: Desk) -> None:  # noqa: N802
    """Progress while something is opened, else what can be opened."""
    lang, snap = desk.lang.value, desk.snap_a.value
    choices = solara.use_memo(desk.shelf.choices, [snap.state])
    if snap.state == "loading":
        with box("ls-welcome"):
            solara.ProgressLinear(True)
            text(say(lang, snap.doing or "opening"), "h2", cls="ls-doing")
            text(snap.name, cls="ls-note")
        return
    with box("ls-welcome ls-offer"):
        text(say(lang, "welcome_title"), "h2")
        text(say(lang, "welcome"), "p")
        for kind in ("scenario", "run"):
            found = [choice for choice in choices if choice.kind == kind]
            found.sort(key=lambda choice: desk.shelf.ships(choice))  # what stands in the folder comes first
            if found:
                text(say(lang, f"{kind}s"), "h3")
                _cards(desk, found, lang)


def _cards(desk: Desk, choices: list[Choice], lang: str) -> None:
    plain = [choice for choice in choices if not choice.names]
    with box("ls-cards"):
        for choice in plain[:MOST]:
            more = [
                {"value": one.name, "text": ", ".join(one.names), "hint": title_of(one, lang)}
                for one in choices
                if one.names and one.path == choice.path
            ]
            Card(
                value=choice.name, name=choice.label or choice.name, title=title_of(choice, lang), more=more,
                event_chosen=desk.open,
            ).key(choice.name)  # fmt: skip
    if len(plain) > MOST:
        text(say(lang, "more_in_list", count=len(plain) - MOST), cls="ls-note")


def title_of(choice: Choice, lang: str) -> str:
    """Say in a line what a choice is; nothing where its file does not tell, which opening it will."""
    file = choice.path / MANIFEST if choice.kind == "run" else choice.path
    try:
        facts = file.stat()
        return _title(file, choice.names, lang, facts.st_mtime_ns) if facts.st_size < _LARGEST else ""
    except (OSError, ValueError, InputError):
        return ""


@lru_cache(maxsize=500)
def _title(file: Path, names: tuple[str, ...], lang: str, _: int) -> str:
    """Title in a scenario file, its overrides or a manifest, as of a moment at which the file was written."""
    if file.name == MANIFEST:
        made = json.loads(file.read_text(encoding="utf-8"))
        applied = made.get("applied") if isinstance(made, dict) else None
        settings = ", ".join(map(str, applied)) if isinstance(applied, list) else ""
        scenario = made.get("scenario") if isinstance(made, dict) else None
        return " · ".join(part for part in (_title_in(scenario, lang) or _text(made, "title"), settings) if part)
    if names:
        known = overrides_of(file.parent)
        return "; ".join(_text(known.get(name), "about") for name in names)
    return _title_in(read_settings(file), lang)


def _title_in(settings: Any, lang: str) -> str:
    """Title of a scenario in a language, or as it has one."""
    return (lang == "zh" and _text(settings, "title_zh")) or _text(settings, "title")


def _text(content: Any, key: str) -> str:
    found = content.get(key) if isinstance(content, dict) else None
    return " ".join(found.split()) if isinstance(found, str) else ""
