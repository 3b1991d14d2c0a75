"""The validation card as text: a Markdown page for people, clean JSON for programs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from landsim.indicators.bootstrap import FEW_BLOCKS

_ROWS = (
    ("simulation", None), ("no change", "null"), ("random", "random"), ("density ranking", "density"),
    ("density ranking, simulated gains", "density_simulated"),
)  # fmt: skip
_PLACED = ("random", "density", "suitability")


def card_json(record: Any) -> Any:
    """Return a record as plain JSON values: NaN and infinities become None, keys text, arrays lists.

    Examples
    --------
    >>> card_json({2: {"fom": float("nan"), "cells": np.int64(3)}})
    {'2': {'fom': None, 'cells': 3}}
    """
    if isinstance(record, Mapping):
        return {str(key): card_json(value) for key, value in record.items()}
    if isinstance(record, (list, tuple)):
        return [card_json(value) for value in record]
    if isinstance(record, np.ndarray | np.generic):
        return card_json(record.tolist())
    if isinstance(record, float) and not math.isfinite(record):
        return None
    return record


def card_markdown(card: Mapping[str, Any], names: Mapping[int, str] | None = None) -> str:
    """Write a validation card as a Markdown page, the baselines beside the simulation.

    Parameters
    ----------
    card : mapping
        From `validation_card`.
    names : mapping of int to str, optional
        Class names by code; the code itself where there is none.
    """
    known = names or {}
    parts = [
        "# Validation card (验证卡)",
        f"{card['cells']:,} cells compared.",
        "## All classes",
        _all_classes(card),
        _all_intervals(card),
        _kappas(card),
        _bootstrap(card["bootstrap"]),
        "## Gains by class",
        _gains(card, known) or "No class gained a cell.",
        _gain_margins(card, known),
        "## Resolution",
        _resolution(card["resolution"]),
        "## Landscape",
        _landscape(card["landscape"], known),
    ]
    parts = [part for part in parts if part]
    return "\n\n".join(parts) + "\n"


def _all_classes(card: Mapping[str, Any]) -> str:
    head = (
        "map", "figure of merit (FoM, 品质因数)", "hits (命中)", "misses (漏报)", "false alarms (误报)", "wrong hits",
        "producer's (生产者精度)", "user's (用户精度)", "quantity disagreement (数量差异)",
        "allocation disagreement (位置差异)",
    )  # fmt: skip
    rows = []
    for label, key in _ROWS:
        row = card if key is None else card["baselines"][key]
        parts = [_count(row[part]) for part in ("hits", "misses", "false_alarms", "wrong_hits")]
        rates = [_rate(row[rate]) for rate in ("producer", "user", "quantity", "allocation")]
        rows.append([label, _rate(row["fom"]), *parts, *rates])
    return _table(head, rows)


def _all_intervals(card: Mapping[str, Any]) -> str:
    head = (
        "95 % interval", "figure of merit", "simulation less this map", "producer's", "user's", "quantity",
        "allocation", "Kappa simulation",
    )  # fmt: skip
    rows = []
    for label, key in _ROWS:
        row = card if key is None else card["baselines"][key]
        spans = {rate: _span(edges) for rate, edges in row["interval"].items()}
        lead = "–" if key is None else _margin(row["margin"])
        others = [spans[rate] for rate in ("producer", "user", "quantity", "allocation", "kappa_simulation")]
        rows.append([label, spans["fom"], lead, *others])
    return _table(head, rows)


def _bootstrap(facts: Mapping[str, Any]) -> str:
    if not facts["samples"]:
        return "No intervals: the place is a single block, or none were asked for."
    edge = f"{facts['block_cells']} cells"
    if math.isfinite(facts["block_m"]):
        edge += f" ({facts['block_m'] / 1000:g} km)"
    few = " So few blocks make an interval too narrow." if facts["blocks"] < FEW_BLOCKS else ""
    return (
        f"Intervals are percentiles of {facts['samples']:,} samples of {facts['blocks']:,} square blocks of {edge}"
        f" drawn with replacement (block bootstrap, 分块自助法); differences are of pairs.{few}"
    )


def _kappas(card: Mapping[str, Any]) -> str:
    null = card["baselines"]["null"]
    return (
        f"Kappa simulation (模拟卡帕) {_rate(card['kappa_simulation'])} = transition {_rate(card['kappa_transition'])}"
        f" x location {_rate(card['kappa_transloc'])}; of the random map"
        f" {_rate(card['baselines']['random']['kappa_simulation'])}, of density ranking"
        f" {_rate(card['baselines']['density']['kappa_simulation'])}. Plain kappa is {_rate(card['kappa'])},"
        f" and {_rate(null['kappa'])} if nothing changes: it says little."
        f" Expected figure of merit of random placing: {_rate(card['baselines']['random']['expected_fom'])}."
    )


def _gains(card: Mapping[str, Any], names: Mapping[int, str]) -> str:
    head = (
        "class", "observed gain", "simulated gain", "candidates", "gain FoM", "hits", "misses", "false alarms",
        "random, simulated gain", "random, observed gain", "density, simulated gain", "density, observed gain",
        "area under the curve (AUC, 曲线下面积)",
    )  # fmt: skip
    rows = []
    for code, gain in card["by_class"].items():
        counts = [_count(gain[key]) for key in ("gain_observed", "gain_simulated", "candidates")]
        parts = [_count(gain[key]) for key in ("hits", "misses", "false_alarms")]
        placed = [
            _rate(gain["baselines"][kind][quantity]["fom"])
            for kind in ("random", "density")
            for quantity in ("simulated", "observed")
        ]
        area = card["toc"][code]
        skill = f"{_rate(area['auc'])} ({area['score']})"
        rows.append([names.get(code, str(code)), *counts, _rate(gain["fom"]), *parts, *placed, skill])
    return _table(head, rows) if rows else ""


def _gain_margins(card: Mapping[str, Any], names: Mapping[int, str]) -> str:
    gains = card["by_class"]
    kinds = [kind for kind in _PLACED if any(kind in gain["baselines"] for gain in gains.values())]
    lessened = [f"less {kind}, {quantity} gain" for kind in kinds for quantity in ("simulated", "observed")]
    rows = []
    for code, gain in gains.items():
        placed = [gain["baselines"].get(kind, {}) for kind in kinds]
        leads = [_margin(row[of]["margin"]) if row else "–" for row in placed for of in ("simulated", "observed")]
        rows.append([names.get(code, str(code)), _span(gain["interval"]["fom"]), *leads])
    return _table(("class, 95 % interval", "gain FoM", *lessened), rows) if rows else ""


def _landscape(landscape: Mapping[str, Any], names: Mapping[int, str]) -> str:
    units = landscape["units"]
    head = (
        "class, map",
        *(name if unit == "1" else f"{name}, {unit}" for name, unit in _labelled(units)),
        "mean error",
    )
    places = {names.get(code, str(code)): found for code, found in landscape["by_class"].items()}
    if landscape["built"] and not any(landscape["built"] is found for found in landscape["by_class"].values()):
        places["built-up land"] = landscape["built"]
    rows = []
    for place, found in places.items():
        for label, key in (("observed", "observed"), ("simulation", "simulated"), *_ROWS[1:4]):
            error = "" if key == "observed" else _rate(found["errors"][key]["mean"])
            rows.append([f"{place}, {label}", *(_figure(found[key][name]) for name in units), error])
    note = (
        "Patches join cells at sides and corners; the largest is a share of the compared area. Outlying, edge and"
        " infill are shares of the cells gained, by landscape expansion index (景观扩张指数). Moran's I is of the share"
        f" in blocks of {landscape['share_block_cells']} cells. The mean error is that of the relative errors of the"
        " measures that have one. Built-up land (建设用地) is all its classes as one."
    )
    return _table(head, rows) + "\n\n" + note


def _labelled(units: Mapping[str, str]) -> list[tuple[str, str]]:
    return [("Moran's I" if name == "moran" else name.replace("_", " "), unit) for name, unit in units.items()]


def _resolution(resolution: Mapping[str, Any]) -> str:
    head = (
        "block, cells", "agreement", "of no change", "of random", "of density ranking", "figure of merit",
        "of random", "of density ranking",
    )  # fmt: skip
    random, density = (resolution["baselines"][name]["levels"] for name in ("random", "density"))
    rows = [
        [
            _count(own["block"]),
            *(_rate(value) for value in (own["agreement"], own["null_agreement"])),
            *(_rate(level["agreement"]) for level in baselines),
            *(_rate(level["fom"]) for level in (own, *baselines)),
        ]
        for own, *baselines in zip(resolution["levels"], random, density, strict=True)
    ]
    return _table(head, rows) + "\n\n" + _null_resolution(resolution["null_resolution"])


def _null_resolution(block: float) -> str:
    if math.isnan(block):
        return "Null resolution (零模型分辨率): none; the error is above that of no change at every block size."
    return f"Null resolution (零模型分辨率), cells: {int(block)}, the least block with no more error than no change."


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _rate(value: float) -> str:
    return "–" if math.isnan(value) else f"{round(value, 4) + 0.0:.4f}"


def _span(edges: Sequence[float]) -> str:
    return "–" if math.isnan(edges[0]) else f"{edges[0]:.4f} to {edges[1]:.4f}"


def _margin(found: Mapping[str, Any]) -> str:
    """Write a difference with its interval."""
    if math.isnan(found["value"]):
        return "–"
    return f"{found['value']:+.4f} ({_span(found['interval'])})"


def _figure(value: float) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.3g}"


def _count(value: float) -> str:
    return f"{int(value):,}"
