"""Words: every text of the page in English and Chinese, read from words.yaml."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml

LANGUAGES = {"en": "English", "zh": "中文"}


def say(lang: str, key: str, **values: object) -> str:
    """Give a text of the page.

    Parameters
    ----------
    lang : {"en", "zh"}
    key : str
        Key of the text; a key that is not known is its own text.
    **values
        What goes into the braces of the text.
    """
    pair = _tables()["page"].get(key)
    if pair is None:
        return key
    text = pair[lang == "zh"]
    return text.format(**values) if values else text


def term(lang: str, name: str, fallback: str = "") -> str:
    """Name a lever, indicator, layer, rule or unit for people; else the fallback, or the bare name."""
    pair = _tables()["terms"].get(name)
    return pair[lang == "zh"] if pair is not None else fallback or name.replace("_", " ")


def unit_text(lang: str, unit: str) -> str:
    """Write a unit; a pure number has none."""
    if unit == "1":
        return ""
    return term(lang, f"{unit}_unit", term(lang, unit, unit))


@cache
def _tables() -> dict[str, dict[str, list[str]]]:
    text = (files("landsim.dashboard") / "words.yaml").read_text(encoding="utf-8")
    tables: dict[str, dict[str, list[str]]] = yaml.safe_load(text)
    return tables
