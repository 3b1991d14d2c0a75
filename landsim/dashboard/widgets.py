"""Widgets: the few native controls of the page, each with its label, and the typed way to declare a component."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any, ParamSpec

import solara

P = ParamSpec("P")
Options = list[dict[str, str]]


def component(function: Callable[P, Any]) -> Callable[P, Any]:
    """Make a component of a function, as `solara.component` does, and keep the types of its parameters."""
    made: Callable[P, Any] = solara.component(function)
    return made


def _vue(file: str) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    made: Callable[[Callable[P, Any]], Callable[P, Any]] = solara.component_vue(f"vue/{file}")
    return made


@_vue("page.vue")
def Document(lang: str, title: str, event_sized: Callable[[dict[str, int]], None]) -> None:  # noqa: N802
    """Language and title of the document; hears of the size of the window."""


@_vue("choice.vue")
def Choose(  # noqa: N802
    label: str, value: str, options: Options, event_set: Callable[[str], None], groups: list[Any] = [],  # noqa: B006
    hook: str = "", disabled: bool = False, quiet: bool = False,
) -> None:  # fmt: skip
    """A list to choose from."""


@_vue("range.vue")
def Range(  # noqa: N802
    label: str, value: float, min: float, max: float, step: float, event_set: Callable[[float], None], text: str = "",
    hook: str = "", disabled: bool = False, live: bool = False,
) -> None:  # fmt: skip
    """A slider."""


@_vue("check.vue")
def Check(  # noqa: N802
    label: str, value: bool, event_set: Callable[[bool], None], hook: str = "", disabled: bool = False, colour: str = ""
) -> None:
    """A box to tick."""


@_vue("field.vue")
def Field(  # noqa: N802
    label: str,
    value: str,
    event_set: Callable[[str], None],
    hook: str = "",
    disabled: bool = False,
    quiet: bool = False,
) -> None:
    """A line of text."""


@_vue("tabs.vue")
def Tabs(label: str, value: str, options: Options, event_set: Callable[[str], None]) -> None:  # noqa: N802
    """Tabs, one of which is open."""


@_vue("download.vue")
def Saver(  # noqa: N802
    label: str, wait: str, busy: bool, file: str, content: bytes | None, number: int, event_ask: Callable[..., None],
    event_done: Callable[..., None], hook: str = "",
) -> None:  # fmt: skip
    """A button that asks for a file, and hands it to the browser when it comes."""


def options_of(pairs: Sequence[tuple[str, str]]) -> Options:
    """Turn (value, text) pairs into the options of a list or of tabs."""
    return [{"value": value, "text": text} for value, text in pairs]


def text(content: str, tag: str = "div", cls: str = "") -> Any:
    """Plain text, whatever it holds."""
    return solara.HTML(tag=tag, unsafe_innerHTML=escape(content), classes=[cls] if cls else [])


def html(content: str, cls: str = "") -> Any:
    """Markup made here; what comes from data must be escaped in it."""
    return solara.HTML(tag="div", unsafe_innerHTML=content, classes=[cls] if cls else [])


def box(cls: str) -> Any:
    """A block of the page's own layout."""
    return solara.Div(classes=cls.split())
