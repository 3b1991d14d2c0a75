"""Answers of a sweep about choices: what strategies change, which parameters matter, and which choice is safe."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from landsim.report.sweep.numbers import difference, is_clear, joined, listed, percent
from landsim.report.sweep.view import SweepView
from landsim.report.words import Words
from landsim.sweep.axes import AXES

ITEMS_AT_MOST, STRATEGIES_AT_MOST = 5, 6
_MAIN_INDEX = ("ST", "mu_star", "S1")


def differences(view: SweepView) -> Iterator[str]:
    """What each strategy changes against the first one, the surest first."""
    rows = view.rows("differences")
    pairs = dict.fromkeys((row["scenario"], row["override"]) for row in rows)
    for scenario, strategy in list(pairs)[:STRATEGIES_AT_MOST]:
        mine = [row for row in rows if (row["scenario"], row["override"]) == (scenario, strategy)]
        many = "scenario" in view.varying
        lead = view.words("sweep.answers.scenario", scenario=scenario) if many else ""
        yield from (lead + line for line in _against(mine, view))
    yield from _untold(set(pairs), view)


def _untold(told: set[tuple[str, str]], view: SweepView) -> Iterator[str]:
    """Say of which strategies no difference is told for lack of runs; one seed has a sentence of its own."""
    words, (first, *others) = view.words, view.sizes["override"]
    if len(view.sweep.seeds) == 1:
        return
    pairs = [(scenario, other) for scenario in view.sizes["scenario"] for other in others]
    labels = [{"scenario": scenario, "override": other} for scenario, other in pairs if (scenario, other) not in told]
    names = [view.name(named, ("scenario", "override")) for named in labels]
    if names:
        yield words("sweep.answers.untold_pairs", first=view.label(first), names=listed(names, words))


def _against(rows: list[dict[str, Any]], view: SweepView) -> Iterator[str]:
    words = view.words
    named = {"strategy": view.label(rows[0]["override"]), "first": view.label(rows[0]["against"])}
    clear = [row for row in rows if is_clear(row["low"], row["high"], row["p_holm"])]
    if not clear:
        yield words("sweep.answers.same", n=len(rows), **named)
        return
    told = _without_mirrors(sorted(clear, key=lambda row: -_size(row["effect"])), view)
    items = [_item(row, view) for row in told[:ITEMS_AT_MOST]]
    if len(told) > ITEMS_AT_MOST:
        items.append(words("sweep.answers.further", n=len(told) - ITEMS_AT_MOST))
    yield words("sweep.answers.differs", items=joined(items, words), **named)
    if len(clear) < len(rows):
        others = [view.indicator(row["indicator"]) for row in rows if row not in clear]
        yield words("sweep.answers.unclear", names=joined(others, words), **named)


def _item(row: dict[str, Any], view: SweepView) -> str:
    name, unit = view.indicator(row["indicator"]), view.units[row["indicator"]]
    change, interval = difference(row["mean"], row["low"], row["high"], unit, view.words)
    amount = f"{change} {view.words.unit(unit)}".rstrip()
    return view.words("sweep.answers.item", indicator=name, change=amount, interval=interval)


def _size(effect: float) -> float:
    """Size of an effect; that of pairs without any spread is the largest."""
    return abs(effect) if math.isfinite(effect) else math.inf


def _without_mirrors(rows: list[dict[str, Any]], view: SweepView) -> list[dict[str, Any]]:
    """Leave out what another indicator says with the other sign, as a loss of what is left."""
    kept: dict[tuple[str, float], dict[str, Any]] = {}
    for row in sorted(rows, key=lambda row: view.names.index(row["indicator"])):
        kept.setdefault((view.units[row["indicator"]], round(abs(row["mean"]), 9)), row)
    return [row for row in rows if row in kept.values()]


def influence(view: SweepView) -> Iterator[str]:
    """Which parameter matters most for each indicator, in the first base that says so."""
    words, rows = view.words, view.rows("indices")
    index = next((name for name in _MAIN_INDEX if any(row["index"] == name for row in rows)), None)
    best: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["index"] == index and all(row[axis] == rows[0][axis] for axis in AXES):
            held = best.get(row["indicator"])
            if held is None or row["value"] > held["value"]:
                best[row["indicator"]] = row
    by_parameter: dict[str, list[str]] = {}
    for name, row in best.items():
        by_parameter.setdefault(row["parameter"], []).append(view.indicator(name))
    if items := [
        words("sweep.answers.influence_item", parameter=parameter, indicator=_some(names, len(best), words))
        for parameter, names in by_parameter.items()
    ]:
        yield words("sweep.answers.influence", items=joined(items, words))


def spread(view: SweepView) -> Iterator[str]:
    """Which source the largest part of the spread of each indicator comes from."""
    words = view.words
    largest: dict[str, dict[str, Any]] = {}
    for row in view.rows("variance"):
        held = largest.get(row["indicator"])
        if row["share"] > (held["share"] if held else 0.0):
            largest[row["indicator"]] = row
    by_source: dict[str, list[str]] = {}
    for name, row in largest.items():
        by_source.setdefault(row["source"], []).append(view.indicator(name))
    items = [
        words(
            "sweep.answers.spread_item", source=words(f"sweep.axes.{source}"), names=_some(names, len(largest), words)
        )
        for source, names in by_source.items()
    ]
    if items and len(view.plan.rows) > len(view.sweep.seeds):
        yield words("sweep.answers.spread", items=joined(items, words))


def regret(view: SweepView) -> Iterator[str]:
    """Which strategy is safest by each goal."""
    words, rows = view.words, view.rows("regret")
    for scenario, name in dict.fromkeys((row["scenario"], row["indicator"]) for row in rows):
        mine = [row for row in rows if (row["scenario"], row["indicator"]) == (scenario, name)]
        known = [row for row in mine if math.isfinite(row["largest"])]
        if known:
            lead = words("sweep.answers.scenario", scenario=scenario) if "scenario" in view.varying else ""
            yield lead + _safest(known, view)


def _safest(rows: list[dict[str, Any]], view: SweepView) -> str:
    """Name the strategies with the smallest largest regret, or say that all have the same."""
    words, unit = view.words, view.units[rows[0]["indicator"]]
    facts = {"indicator": view.indicator(rows[0]["indicator"]), "goal": words(f"sweep.goals.{rows[0]['goal']}")}
    largest = {view.label(row["override"]): float(row["largest"]) for row in rows}
    best = min(largest.values())
    safest = [strategy for strategy, value in largest.items() if value == best]
    if len(safest) == len(largest):
        return words("sweep.answers.regret_alike", **facts)
    value = {"value": words.amount(best, unit), "unit": words.unit(unit)}
    return words("sweep.answers.regret", strategy=listed(safest, words), **facts, **value)


def kept(view: SweepView) -> Iterator[str]:
    """How often the strategies keep all thresholds."""
    words, items = view.words, list[str]()
    for row in [row for row in view.rows("satisficing") if row["future"] == "all"][:STRATEGIES_AT_MOST]:
        edges = words("sweep.to", low=percent(row["low"], words), high=percent(row["high"], words))
        facts = {"share": percent(row["share"], words), "interval": edges}
        items.append(words("sweep.answers.kept_item", strategy=view.name(row, ("scenario", "override")), **facts))
    if items:
        yield words("sweep.answers.kept", items=joined(items, words))


def _some(names: Sequence[str], of: int, words: Words) -> str:
    """List some of so many indicators; all of several are not listed."""
    return words("sweep.answers.every", n=of) if len(names) == of > 1 else listed(names, words)
