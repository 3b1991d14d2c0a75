"""Control: the overlays of every cell packed into one byte, and what each combination permits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from landsim.core.errors import InputError, Problem
from landsim.landscape.landscape import LAYERS, Landscape
from landsim.landscape.legend import Land, Legend
from landsim.policy.lines import LineSwitches
from landsim.policy.permission import (
    N_CLASSES,
    OUTSIDE,
    PermissionTable,
    PermitParams,
    Site,
    allowed_transitions,
    uses_of_classes,
)

MAX_CODES = 256
_SITE_LAYERS = ("hazard", "water_source", "heritage")
MASK = "mask:"
"""How the names of masks begin among the overlays of a combination."""
_VALUE_NAMES = {
    ("erl", 1): "red line",
    ("erl", 2): "red line core",
    ("pbf", 1): "basic farmland",
    ("udb", 0): "outside boundary",
    ("udb", 1): "concentrated zone",
    ("udb", 2): "elastic zone",
    ("udb", 3): "special zone",
    ("hazard", 1): "extreme hazard",
    ("water_source", 1): "water source",
    ("heritage", 1): "heritage core",
    ("steep", 1): "steep",
}
_LINE_VALUE = {
    ("erl", 2): "erl_core",
    ("erl", 1): "erl_general",
    ("pbf", 1): "pbf",
    ("udb", 1): "udb_concentrated",
    ("udb", 2): "udb_elastic",
    ("udb", 3): "udb_special",
    ("hazard", 1): "hazard",
    ("water_source", 1): "water_source",
    ("heritage", 1): "heritage",
    ("steep", 1): "steep",
}

Combination = dict[str, int]


class Zone(IntEnum):
    """The strictest line that a cell lies in."""

    OTHER = 0
    PBF = 1
    ERL = 2


@dataclass(frozen=True)
class Control:
    """What may become of every cell.

    Attributes
    ----------
    code : numpy.ndarray of uint8, shape (height, width)
        Control code: which combination of overlays lies on a cell.
    chance : numpy.ndarray of float32, shape (n_codes, 16, 16)
        Probability that an ordinary conversion [code, from class, to class] is permitted: 0 never, 1 always,
        between on a conditional permit.  Equal classes mean a change between two codes of one model class.
    chance_project : numpy.ndarray of float32, shape (n_codes, 16, 16)
        The same for projects: reclamation, restoration, demolition.
    names : list of str
        The overlays of each code in words.
    zone : numpy.ndarray of uint8, shape (n_codes,)
        `Zone` of each code.
    inside : numpy.ndarray of uint8, shape (n_codes,)
        1 where a code lies in the concentrated or elastic zone of the urban development boundary.
    combinations : list of dict of str to int
        Value of every overlay in force, by code.
    """

    code: npt.NDArray[np.uint8]
    chance: npt.NDArray[np.float32]
    chance_project: npt.NDArray[np.float32]
    names: list[str]
    zone: npt.NDArray[np.uint8]
    inside: npt.NDArray[np.uint8]
    combinations: list[Combination]


def compile_control(
    landscape: Landscape, switches: LineSwitches, table: PermissionTable, params: PermitParams
) -> Control:
    """Pack lines, site overlays and masks into control codes, and say what each code permits.

    A line that is switched off, or that the place has no layer of, restricts nothing.  Site overlays (hazard,
    water source, heritage, steep slope) bind while at least one line does; with all lines off only the masks
    and `allowed_transitions` are left.

    Parameters
    ----------
    landscape : Landscape
        Layers ``erl, pbf, udb, hazard, water_source, heritage, slope`` where present, and the masks.
    switches : LineSwitches
        Which lines are in force.
    table : PermissionTable
        The zone x use matrix.
    params : PermitParams
        Chances and conditions.

    Raises
    ------
    InputError
        If more than 256 combinations of overlays occur, or a mask names an unknown class.
    ValueError
        If an overlay holds values outside its range.
    """
    overlays = _overlays(landscape, switches, params)
    code, combinations = _palette(landscape.grid.shape, overlays)
    forbidden = {name: forbidden_classes(names, landscape.legend) for name, (_, names) in landscape.masks.items()}
    chances = [_class_chance(combination, table, params, forbidden) for combination in combinations]
    return Control(
        code=code,
        chance=np.stack([ordinary for ordinary, _ in chances]),
        chance_project=np.stack([project for _, project in chances]),
        names=[_words(combination) for combination in combinations],
        zone=np.array([_zone(combination) for combination in combinations], dtype=np.uint8),
        inside=np.array([combination.get("udb", 0) in (1, 2) for combination in combinations], dtype=np.uint8),
        combinations=combinations,
    )


def _overlays(
    landscape: Landscape, switches: LineSwitches, params: PermitParams
) -> dict[str, tuple[npt.NDArray[np.uint8], int]]:
    """Name each overlay in force, with its layer and number of values; masks last."""
    found: dict[str, tuple[npt.NDArray[Any], int]] = {}
    lines = [name for name in ("erl", "pbf", "udb") if getattr(switches, name)]
    for name in [*lines, *(_SITE_LAYERS if lines else ())]:
        layer = landscape.get(name)
        if layer is not None:
            found[name] = (layer, int(LAYERS[name].high or 1) + 1)
    slope = landscape.get("slope")
    if lines and slope is not None:
        found["steep"] = (slope > params.steep_deg, 2)
    for name, (mask, _) in landscape.masks.items():
        found[MASK + name] = (mask, 2)
    return {name: (np.ascontiguousarray(layer, dtype=np.uint8), n) for name, (layer, n) in found.items()}


def _palette(
    shape: tuple[int, int], overlays: dict[str, tuple[npt.NDArray[np.uint8], int]]
) -> tuple[npt.NDArray[np.uint8], list[Combination]]:
    """Give every cell the index of its combination; combinations ascend by the values of their overlays."""
    code = np.zeros(shape, dtype=np.uint8)
    combinations: list[Combination] = [{}]
    for name, (layer, n_values) in overlays.items():
        seen = np.zeros((len(combinations), n_values), dtype=np.bool_)
        if not _mark(code.reshape(-1), layer.reshape(-1), seen):
            raise ValueError(f"layer {name}: values above {n_values - 1}")
        olds, values = np.nonzero(seen)
        if olds.size > MAX_CODES:
            raise InputError(_too_many(list(overlays)))
        lookup = np.zeros(seen.shape, dtype=np.uint8)
        lookup[olds, values] = np.arange(olds.size, dtype=np.uint8)
        _recode(code.reshape(-1), layer.reshape(-1), lookup)
        combinations = [{**combinations[old], name: int(value)} for old, value in zip(olds, values, strict=True)]
    return code, combinations


def _too_many(names: list[str]) -> Problem:
    return Problem(
        "control lines and masks",
        "too many combinations of overlays",
        wanted=f"at most {MAX_CODES}",
        found="more, from " + ", ".join(names),
        mend="Join masks that forbid the same classes.",
    )


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _mark(code: Any, layer: Any, seen: Any) -> Any:
    """Note which pairs of code and layer value occur; False if a value is out of range."""
    for i in range(code.size):
        if layer[i] >= seen.shape[1]:
            return False
        seen[code[i], layer[i]] = True
    return True


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _recode(code: Any, layer: Any, lookup: Any) -> None:
    """Replace each code by that of its pair with the layer value."""
    for i in range(code.size):
        code[i] = lookup[code[i], layer[i]]


def binding_rows(combination: Combination) -> list[tuple[str, list[int]]]:
    """Rows of the permission table that bind, each with the present classes for which it does."""
    every = list(range(N_CLASSES))
    rows = [(_LINE_VALUE[item], every) for item in combination.items() if item in _LINE_VALUE]
    if combination.get("udb") == 0:
        rows += [(row, [int(land) for land in classes]) for row, classes in OUTSIDE.items()]
    if any(not name.startswith(MASK) for name in combination):
        rows.append(("sea", [int(Land.SEA)]))
    return rows


def _class_chance(
    combination: Combination, table: PermissionTable, params: PermitParams, forbidden: dict[str, list[int]]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Chance of ordinary and of project conversions under one combination, two float32 (16, 16)."""
    site = Site(steep=combination.get("steep", 0) == 1, land=np.arange(N_CLASSES, dtype=np.uint8))
    lowest = np.ones((N_CLASSES, len(table.codes[0])), dtype=np.float32)
    for overlay, classes in binding_rows(combination):
        lowest[classes] = np.minimum(lowest[classes], table.chance(overlay, site, params)[classes])
    masked = sorted({land for name, classes in forbidden.items() if combination[MASK + name] for land in classes})
    ordinary, project = (_by_class(lowest, projects) for projects in (False, True))
    ordinary[:, masked] = 0.0
    project[:, masked] = 0.0
    return ordinary, project


def _by_class(by_use: npt.NDArray[np.float32], project: bool) -> npt.NDArray[np.float32]:
    """Turn chances by use into chances by the class that arises."""
    chance = by_use[:, uses_of_classes(project)]
    return np.where(allowed_transitions(project), chance, np.float32(0.0))


def forbidden_classes(names: tuple[str, ...], legend: Legend) -> list[int]:
    """Model classes that may not arise under a mask; all of them where it names none."""
    if not names:
        return list(range(N_CLASSES))
    return [int(legend.row(name).model_class) for name in names]


def _zone(combination: Combination) -> Zone:
    if combination.get("erl", 0) > 0:
        return Zone.ERL
    return Zone.PBF if combination.get("pbf", 0) > 0 else Zone.OTHER


def _words(combination: Combination) -> str:
    """Say which overlays make up a combination, e.g. ``"basic farmland + outside boundary"``."""
    words = [_VALUE_NAMES[item] for item in combination.items() if item in _VALUE_NAMES]
    words += [name for name, value in combination.items() if name.startswith(MASK) and value]
    return " + ".join(words) or "free"
