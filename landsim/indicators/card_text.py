"""The validation card as text: a Markdown page for people, clean JSON for programs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_ROWS = (
    ("simulation", None), ("no change", "null"), ("random", "random"), ("density ranking", "density"),
    ("density ranking, simulated gains", "density_simulated"),
)  # fmt: skip


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
        _kappas(card),
        "## Gains by class",
        _gains(card, known) or "No class gained a cell.",
        "## Resolution",
        _resolution(card["resolution"]),
    ]
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


def _kappas(card: Mapping[str, Any]) -> str:
    null = card["baselines"]["null"]
    return (
        f"Kappa simulation (模拟卡帕) {_rate(card['kappa_simulation'])} = transition {_rate(card['kappa_transition'])}"
        f" x location {_rate(card['kappa_transloc'])}. Plain kappa is {_rate(card['kappa'])},"
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


def _resolution(resolution: Mapping[str, Any]) -> str:
    head = ("block, cells", "agreement", "agreement of no change", "figure of merit")
    rows = [
        [_count(level["block"]), _rate(level["agreement"]), _rate(level["null_agreement"]), _rate(level["fom"])]
        for level in resolution["levels"]
    ]
    return _table(head, rows) + "\n\n" + _null_resolution(resolution["null_resolution"])


def _null_resolution(block: float) -> str:
    if math.isnan(block):
        return "Null resolution (零模型分辨率): none; the error is above that of no change at every block size."
    return f"Null resolution (零模型分辨率): {int(block)} cells, the least block with no more error than no change has."


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _rate(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.4f}"


def _count(value: float) -> str:
    return f"{int(value):,}"
