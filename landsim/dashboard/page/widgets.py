"""Widgets: the few native controls of the page, each with its label, and the typed way to declare a component."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from html import escape
from typing import Any, ParamSpec

import solara

from landsim.dashboard.faults import logged

P = ParamSpec("P")
Options = list[dict[str, str]]


def component(function: Callable[P, Any]) -> Callable[P, Any]:
    """Make a component of a function, as `solara.component` does, and keep the types of its parameters.

    A fault inside stands as a sentence in place of this part of the page; the others stay.
    """

    @wraps(function)
    def told(*args: P.args, **kwargs: P.kwargs) -> Any:
        try:
            return function(*args, **kwargs)
        except Exception as fault:
            return text(logged(fault), cls="ls-broken")

    made: Callable[P, Any] = solara.component(told)
    return made


def _vue(file: str) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    made: Callable[[Callable[P, Any]], Callable[P, Any]] = solara.component_vue(f"vue/{file}")
    return made


@_vue("page.vue")
def Document(lang: str, title: str) -> None:  # noqa: N802
    """Language and title of the document."""


@_vue("size.vue")
def Size(event_sized: Callable[[dict[str, int]], None]) -> None:  # noqa: N802
    """Hears how large the block is in which it stands, in pixels."""


@_vue("chart.vue")
def Chart(option: dict[str, Any], label: str, height: int) -> None:  # noqa: N802
    """A figure of ECharts, with a label for those who do not see it."""


@_vue("choice.vue")
def Choose(  # noqa: N802
    label: str, value: str, options: Options, event_set: Callable[[str], None], groups: list[Any] = [],  # noqa: B006
    hook: str = "", disabled: bool = False, quiet: bool = False, hint: str = "",
) -> None:  # fmt: skip
    """A list to choose from."""


@_vue("range.vue")
def Range(  # noqa: N802
    label: str, value: float, min: float, max: float, step: float, event_set: Callable[[float], None], text: str = "",
    hook: str = "", disabled: bool = False, live: bool = False, hint: str = "",
) -> None:  # fmt: skip
    """A slider; a live one tells of every place that it passes, as fast as it is answered."""


@_vue("check.vue")
def Check(  # noqa: N802
    label: str, value: bool, event_set: Callable[[bool], None], hook: str = "", disabled: bool = False,
    colour: str = "", hint: str = "",
) -> None:  # fmt: skip
    """A box to tick."""


@_vue("field.vue")
def Field(  # noqa: N802
    label: str, value: str, event_set: Callable[[str], None], hook: str = "", disabled: bool = False,
    quiet: bool = False, hint: str = "",
) -> None:  # fmt: skip
    """A line of text."""


@_vue("tabs.vue")
def Tabs(  # noqa: N802
    label: str, value: str, options: Options, event_set: Callable[[str], None], panel: str = ""
) -> None:
    """Tabs, one of which is open; `panel` is the id of what they open."""


@_vue("card.vue")
def Card(  # noqa: N802
    value: str, name: str, title: str, more: Options, event_chosen: Callable[[str], None]
) -> None:
    """A button with a name and a line about it, and small ones for what there is more of the kind."""


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
