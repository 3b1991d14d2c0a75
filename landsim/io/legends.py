"""Legends: shipped crosswalks, and a user's own table or mapping of codes to classes."""

from __future__ import annotations

import dataclasses
import re
from importlib.resources import files
from typing import Any

from landsim.core.errors import InputError, Problem, Problems
from landsim.core.registry import nearest
from landsim.io.class_names import guess_of, model_class_of
from landsim.io.paths import Places, resolve
from landsim.io.table import parse_csv, read_csv
from landsim.landscape.legend import Land, Legend, LegendRow, model_legend, model_row

CROSSWALKS = ("clcd", "globeland30", "worldcover", "cnlucc", "nlcd", "corine")
"""Names of the shipped tables: code of a land-cover product -> class."""

MAX_CODE = 254

_FLAGS = ("built", "arable", "water")
_KEYS = ("code", "name", "name_zh", "colour", "model_class", *_FLAGS)
_TRUTHS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


def crosswalk(name: str) -> Legend:
    """Read a shipped crosswalk, nodata 0.

    Raises
    ------
    InputError
        If no crosswalk has this name; the nearest one is given.
    """
    if name not in CROSSWALKS:
        raise InputError(_unknown_crosswalk("legend", name))
    text = (files("landsim.landscape") / "tables" / f"{name}.csv").read_text(encoding="utf-8")
    problems = Problems()
    legend = _from_rows(parse_csv(text), f"{name}.csv", problems)
    problems.raise_if_any()
    return legend


def read_legend(spec: Any, places: Places, where: str, problems: Problems) -> Legend:
    """Make the legend that a catalogue or study asks for.

    Parameters
    ----------
    spec : None, str or dict
        None: the codes of the map are model classes 1..15.  A text: the name of a crosswalk, or the path of a CSV
        file with the columns ``code, name`` and optionally ``name_zh, colour, model_class, built, arable, water``.
        A mapping: ``{code: name}``, or ``{code: {name: ..., model_class: ..., ...}}``.
    places : Places
        Folders from which a CSV file may come.
    where : str
        Key, for the messages.
    problems : Problems
        Gets the faults.

    Returns
    -------
    Legend
        Rows ascending by code, nodata 0; without the rows that are at fault.
    """
    if spec is None:
        return model_legend()
    if isinstance(spec, dict):
        rows = [{"code": code, **(row if isinstance(row, dict) else {"name": row})} for code, row in spec.items()]
        return _from_rows(rows, where, problems)
    if isinstance(spec, str) and spec in CROSSWALKS:
        return crosswalk(spec)
    if isinstance(spec, str) and spec.lower().endswith(".csv"):
        path = resolve(spec, places, where, problems)
        return _from_rows((path and read_csv(path, problems, f"{where} ({spec})")) or [], where, problems)
    problems.faults.append(_unknown_crosswalk(where, spec))
    return Legend(())


def _unknown_crosswalk(where: str, name: Any) -> Problem:
    near = nearest(str(name), list(CROSSWALKS))
    return Problem(
        where,
        "unknown legend",
        wanted="a mapping {code: name}, a .csv file, or one of " + ", ".join(CROSSWALKS),
        found=repr(name),
        mend=f"Did you mean {near!r}?" if near else None,
    )


def _from_rows(rows: list[dict[str, Any]], where: str, problems: Problems) -> Legend:
    read = [row for raw in rows if (row := _row(raw, where, problems)) is not None]
    kept: list[LegendRow] = []
    for row in sorted(read, key=lambda row: row.code):
        if any(row.code == other.code for other in kept):
            problems.add(f"{where}: {row.code}", "code given twice")
        elif any(row.name == other.name for other in kept):
            problems.add(f"{where}: {row.code}", f"class name {row.name!r} given twice", wanted="one name a code")
        else:
            kept.append(row)
    return Legend(tuple(kept))


def _row(raw: dict[str, Any], where: str, problems: Problems) -> LegendRow | None:
    place = f"{where}: {raw.get('code')}"
    for key in raw:
        if key not in _KEYS:
            near = nearest(str(key), list(_KEYS))
            problems.add(f"{place}.{key}", "unknown key", mend=f"Did you mean {near!r}?" if near else None)
            return None
    code = _code(raw.get("code"))
    name = str(raw.get("name") or "").strip().lower()
    if code is None or not name:
        what = "class without a name" if code is not None else "not a code of a class"
        problems.add(place, what, wanted=f"a whole number 0..{MAX_CODE} and a name")
        return None
    land = model_class_of(str(raw.get("model_class") or name))
    if land is not None and not raw.get("model_class") and (doubt := guess_of(name)):
        mend = f"Say what it is: {{name: {name}, model_class: ...}}"
        problems.warn(place, f"{name!r} is taken for {land.name.lower()}: {doubt}", mend=mend)
    if land is None:
        problems.add(
            place,
            f"no model class is known for {raw.get('model_class') or name!r}",
            wanted="one of " + ", ".join(land.name.lower() for land in Land if land is not Land.NODATA),
            mend=f"Write {{name: {name}, model_class: ...}}",
        )
        return None
    return _dressed(model_row(land, code, name), raw, place, problems)


def _dressed(row: LegendRow, raw: dict[str, Any], place: str, problems: Problems) -> LegendRow:
    """Put the colour, Chinese name and flags that were given over those of the model class."""
    given: dict[str, Any] = {}
    if raw.get("name_zh") or not row.name.isascii():
        given["name_zh"] = str(raw.get("name_zh") or row.name)
    if colour := str(raw.get("colour") or ""):
        if re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
            given["colour"] = colour.lower()
        else:
            problems.add(f"{place}.colour", "not a colour", found=colour, wanted="#rrggbb")
    for flag in _FLAGS:
        text = str(raw.get(flag, "")).strip().lower()
        if text in _TRUTHS:
            given[flag] = _TRUTHS[text]
        elif text:
            problems.add(f"{place}.{flag}", "not a yes or no", found=text, wanted="0 or 1")
    return dataclasses.replace(row, **given)


def _code(value: Any) -> int | None:
    try:
        code = int(str(value))
    except ValueError:
        return None
    return code if 0 <= code <= MAX_CODE else None
