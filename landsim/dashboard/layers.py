"""Layers: what a map can show of a run, with colours, legend and units, as one byte a pixel and a palette."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from landsim.dashboard.runs.history import LANDCOVER, Window
from landsim.dashboard.runs.track import Track
from landsim.dashboard.words import say
from landsim.landscape.landscape import LAYERS
from landsim.landscape.legend import Legend

CHANGE, DIFFERENCE = "change", "difference"
LINES = ("erl", "pbf", "udb")
LINE_COLOURS = {"erl": "#b2182b", "pbf": "#8a5a00", "udb": "#5e3c99"}

# Perceptually even from dark to light; anchors of a blue-green-yellow ramp that every kind of colour vision can order
_RAMP = ("#2d1e5f", "#3b4d8f", "#2f7a93", "#35a08a", "#7fc26a", "#f4e55c")
_HUES = (
    "#4e79a7", "#f28e2b", "#59a14f", "#edc948", "#b07aa1", "#76b7b2", "#ff9da7", "#9c755f", "#e15759", "#bab0ac",
    "#86bcb6", "#d37295", "#8cd17d", "#f1ce63", "#a0cbe8", "#d4a6c8",
)  # fmt: skip
_GROUND = "#fbfaf6"
"""Land on which nothing of what a layer shows lies; the map ends where it ends."""
_STEPS = 200
_FEW = 24

CHANGES = (
    ("unchanged_open", "#f1efe8"), ("unchanged_built", "#b9b9c3"), ("new_built", "#d55e00"), ("renewed", "#cc79a7"),
    ("new_arable", "#009e73"), ("lost_arable", "#e69f00"), ("other_change", "#56b4e9"),
)  # fmt: skip
DIFFERENCES = (
    ("same_open", "#f1efe8"), ("same_built", "#b9b9c3"), ("built_a", "#d55e00"), ("built_b", "#0072b2"),
    ("both_differ", "#009e73"),
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One line of a legend; the key names what it stands for, where there is a name."""

    colour: str
    label: str
    key: str = ""


@dataclass(frozen=True, eq=False)
class Picture:
    """A view as an image.

    Attributes
    ----------
    values : numpy.ndarray of uint8, shape (rows, columns)
        0 is transparent.
    palette : tuple of str
        Colours ``#rrggbb`` by value; the first stands for nothing.
    legend : tuple of Entry
    ramp : tuple of (str, str) or None
        Texts at both ends of a continuous legend, which then replaces the entries.
    unit : str
    """

    values: npt.NDArray[np.uint8]
    palette: tuple[str, ...]
    legend: tuple[Entry, ...]
    ramp: tuple[str, str] | None = None
    unit: str = ""


def layer_names(track: Track) -> list[str]:
    """Layers that a run can show, land cover first."""
    lines = [name for name in LINES if name in track.history.first]
    return [LANDCOVER, CHANGE, *lines, *track.statics]


def changes_with_time(name: str) -> bool:
    """Tell whether a layer is another one each year."""
    return name in (LANDCOVER, CHANGE, DIFFERENCE, *LINES)


def picture(track: Track, name: str, year: int, window: Window, lang: str) -> Picture:
    """Draw a layer as it stands at the end of a year."""
    if name == LANDCOVER:
        return _landcover(track.history.at(year, LANDCOVER, window), track.legend, lang)
    if name == CHANGE:
        first = window.of(track.history.first[LANDCOVER])
        values = _changes(first, track.history.at(year, LANDCOVER, window), track.legend)
        return _named(values, CHANGES, lang)
    valid = window.of(track.history.first[LANDCOVER]) != track.legend.nodata
    if name in track.history.first:
        return _kinds(track.history.at(year, name, window), valid, _LINE_VALUES[name], lang)
    return _static(name, window.of(track.statics[name]), valid, track, lang)


def difference(a: Track, b: Track, year: int, window: Window, lang: str) -> Picture:
    """Draw where two runs on one grid differ at the end of a year."""
    one, other = (track.history.at(min(year, track.year), LANDCOVER, window) for track in (a, b))
    built_a, built_b = a.legend.built[one], b.legend.built[other]
    values = np.where(built_a & built_b, 2, 1).astype(np.uint8)
    values[(one != other)] = 5
    values[built_a & ~built_b], values[built_b & ~built_a] = 3, 4
    values[one == a.legend.nodata] = 0
    return _named(values, DIFFERENCES, lang)


def comparable(a: Track, b: Track) -> bool:
    """Tell whether two runs lie on one grid and speak of the same classes."""
    return a.grid == b.grid and a.legend.rows == b.legend.rows


def _landcover(codes: npt.NDArray[np.uint8], legend: Legend, lang: str) -> Picture:
    place = np.zeros(256, dtype=np.uint8)
    place[legend.codes] = np.arange(1, len(legend.rows) + 1)
    place[legend.nodata] = 0
    rows = [row for row in legend.rows if row.code != legend.nodata]
    entries = tuple(Entry(row.colour, class_name(row.name, row.name_zh, lang), row.name) for row in rows)
    return Picture(place[codes], ("#ffffff", *(row.colour for row in legend.rows)), entries)


def class_name(name: str, chinese: str, lang: str) -> str:
    """Name of a land-cover class for people."""
    return chinese if lang == "zh" and chinese else name.replace("_", " ")


def _changes(before: npt.NDArray[np.uint8], after: npt.NDArray[np.uint8], legend: Legend) -> npt.NDArray[np.uint8]:
    """Number of the entry of `CHANGES`, from 1; 0 outside the study."""
    pairs = np.empty((256, 256), dtype=np.uint8)
    old, new = np.ogrid[:256, :256]
    built, arable = legend.built, legend.arable
    pairs[:] = 7
    pairs[arable[old] & ~arable[new]] = 6
    pairs[~arable[old] & arable[new]] = 5
    pairs[built[old] & built[new]] = 4
    pairs[~built[old] & built[new]] = 3
    pairs[np.arange(256), np.arange(256)] = np.where(built, 2, 1)
    pairs[legend.nodata] = 0
    out: npt.NDArray[np.uint8] = pairs[before, after]
    return out


def _named(values: npt.NDArray[np.uint8], entries: tuple[tuple[str, str], ...], lang: str) -> Picture:
    legend = tuple(Entry(colour, say(lang, key), key) for key, colour in entries)
    return Picture(values, ("#ffffff", *(colour for _, colour in entries)), legend)


_LINE_VALUES = {
    "erl": (("erl_1", "#f4a582"), ("erl_2", "#b2182b")),
    "pbf": (("pbf_1", "#c9a227"),),
    "udb": (("udb_1", "#9e8ac8"), ("udb_2", "#d0c6e6"), ("udb_3", "#66a61e")),
}
_FLAGS = {
    "road": (("road_1", "#9e9e9e"), ("road_2", "#e08214"), ("road_3", "#b2182b"), ("road_4", "#252525")),
    "paddy": (("paddy_1", "#4393c3"),),
    "hazard": (("hazard_1", "#b2182b"),),
    "water_source": (("water_source_1", "#2166ac"),),
    "heritage": (("heritage_1", "#762a83"),),
}
_ABSENT_AT_0 = ("quality", "population")
"""Quantities whose 0 means that there is none."""


def _kinds(
    layer: npt.NDArray[Any], valid: npt.NDArray[np.bool_], entries: tuple[tuple[str, str], ...], lang: str
) -> Picture:
    """Draw values that have names; where there is none of them, the bare ground."""
    shown = _named(np.where(layer > 0, layer, len(entries) + 1).astype(np.uint8), entries, lang)
    return replace(shown, values=np.where(valid, shown.values, np.uint8(0)), palette=(*shown.palette, _GROUND))


def _static(name: str, layer: npt.NDArray[Any], valid: npt.NDArray[np.bool_], track: Track, lang: str) -> Picture:
    if name in _FLAGS:
        return _kinds(layer, valid, _FLAGS[name], lang)
    if name in ("district", "town"):
        return _areas(np.where(valid, layer, 0), track.districts if name == "district" else {}, lang)
    return _ramp(name, layer, valid, track)


def _areas(layer: npt.NDArray[Any], names: dict[int, str], lang: str) -> Picture:
    """Draw numbered areas, neighbours mostly in different hues."""
    ids = [int(number) for number in np.flatnonzero(np.bincount(layer.reshape(-1))) if number > 0]
    values = np.where(layer > 0, (layer - 1) % len(_HUES) + 1, 0).astype(np.uint8)
    entries = tuple(Entry(_HUES[(number - 1) % len(_HUES)], names.get(number, str(number))) for number in ids[:_FEW])
    if len(ids) > _FEW:
        entries = (*entries, Entry("#ffffff", say(lang, "and_more", count=len(ids) - _FEW)))
    return Picture(values, ("#ffffff", *_HUES), entries)


def _ramp(name: str, layer: npt.NDArray[Any], valid: npt.NDArray[np.bool_], track: Track) -> Picture:
    """Draw a quantity between its 2nd and 98th percentile over the whole map."""
    low, high = _ends(name, track.statics[name])
    scaled = np.clip((np.nan_to_num(layer) - low) / (high - low), 0.0, 1.0)
    values = 1 + np.rint(scaled * (_STEPS - 1))
    values[_absent(name, layer)] = _STEPS + 1
    colours = tuple(ramp_colour(i / (_STEPS - 1)) for i in range(_STEPS))
    entries = tuple(Entry(ramp_colour(i / 4), f"{low + (high - low) * i / 4:.4g}") for i in range(5))
    known = LAYERS.get(name)
    unit = known.unit if known is not None and known.unit != "1" else ""
    seen = np.where(valid, values, 0).astype(np.uint8)
    return Picture(seen, ("#ffffff", *colours, _GROUND), entries, (f"{low:.4g}", f"{high:.4g}"), unit)


def _ends(name: str, whole: npt.NDArray[Any]) -> tuple[float, float]:
    """2nd and 98th percentile of what there is, on some cells of a large map."""
    thinned = whole[:: max(whole.shape[0] // 500, 1), :: max(whole.shape[1] // 500, 1)]
    known = thinned[np.isfinite(thinned) & ~_absent(name, thinned)]
    low, high = np.percentile(known, (2, 98)).tolist() if known.size else (0.0, 1.0)
    return low, high if high > low else low + 1.0


def _absent(name: str, layer: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    return np.asarray((layer <= 0) & (name in _ABSENT_AT_0), dtype=np.bool_)


def ramp_colour(share: float) -> str:
    """Colour of the ramp at a share between 0 and 1.

    Examples
    --------
    >>> ramp_colour(0.0), ramp_colour(1.0)
    ('#2d1e5f', '#f4e55c')
    """
    position = share * (len(_RAMP) - 1)
    i = min(int(position), len(_RAMP) - 2)
    part = position - i
    mixed = (
        round((1 - part) * int(_RAMP[i][c : c + 2], 16) + part * int(_RAMP[i + 1][c : c + 2], 16)) for c in (1, 3, 5)
    )
    return "#" + "".join(f"{value:02x}" for value in mixed)
