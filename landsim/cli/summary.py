"""Summary: what a run came to - main indicators, unmet demand by rule, and what a reader must not miss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from landsim.cli.show import number, print_table, stdout
from landsim.indicators.record import CITY
from landsim.scenario.manifest import UNCALIBRATED
from landsim.scenario.result import Result

MAIN_INDICATORS = (
    "built_ha", "urban_ha", "rural_built_ha", "arable_ha", "erl_intrusion_ha", "pbf_intrusion_ha", "illegal_ha",
    "population", "urbanisation", "housing_queue", "vacancy", "jobs", "price", "commute", "form_compactness",
    "form_patches", "ecological_share", "service_value", "carbon",
)  # fmt: skip

Facts = dict[str, Any]


def summary(result: Result) -> Facts:
    """Gather what a program wants to know of a run: where it is, indicators, unmet demand, timings."""
    made = result.manifest
    return {
        "out": None if result.path is None else str(result.path),
        "name": made["name"],
        "rules": made["rules"],
        "seed": made["seed"],
        "start": made["start"],
        "end": made["end"],
        "applied": made["applied"],
        "constructed_lines": made["constructed_lines"],
        "indicators": indicators(result),
        "unmet": unmet(result),
        "wall_s": made["wall_s"],
        "timings": made["timings"],
    }


def indicators(result: Result) -> dict[str, Facts]:
    """Main indicators of the whole city at the start and at the end."""
    table = result.indicators
    city = table[(table["district"] == CITY) & table["indicator"].isin(MAIN_INDICATORS)]
    rows: dict[str, Facts] = {name: {} for name in MAIN_INDICATORS}
    for row in city.itertuples():
        moment = {result.manifest["start"]: "start", result.manifest["end"]: "end"}.get(row.year)
        if moment is not None:
            rows[row.indicator] |= {moment: float(row.value), "unit": row.unit}
    return {name: facts for name, facts in rows.items() if facts}


def unmet(result: Result) -> dict[str, Facts]:
    """Unmet demand of all years by the rule that binds."""
    total = result.unmet.groupby("rule", observed=True)[["cells", "ha", "mu"]].sum()
    return {str(rule): {"cells": int(row.cells), "ha": float(row.ha), "mu": float(row.mu)} for rule, row in total.iterrows()}


def show_result(result: Result) -> None:
    """Print the indicators, the unmet demand, the stamp and the place of the results."""
    facts = summary(result)
    title = f"{facts['name']} {facts['start']}-{facts['end']}, seed {facts['seed']}"
    rows = [
        (name, row["unit"], number(row.get("start")), number(row.get("end")))
        for name, row in facts["indicators"].items()
    ]
    print_table(("indicator", "unit", str(facts["start"]), str(facts["end"])), rows, title, right=2)
    if facts["unmet"]:
        rows = [(rule, *(number(row[unit]) for unit in ("cells", "ha", "mu"))) for rule, row in facts["unmet"].items()]
        print_table(("unmet demand: rule that binds", "cells", "ha", "mu (亩)"), rows, right=1)
    else:
        print("unmet demand: none")
    show_stamp(result.manifest)
    if facts["out"]:
        print(f"Results: {facts['out']}")


def show_stamp(manifest: Mapping[str, Any]) -> None:
    """Print what a reader must not miss: that rules are not fitted, and that lines are made up."""
    for line in stamps(manifest):
        stdout().print(line, style="bold yellow", markup=False)


def stamps(manifest: Mapping[str, Any]) -> list[str]:
    """Sentences that belong beside every result of a run."""
    lines = []
    if manifest["rules"] == UNCALIBRATED:
        lines.append(f"{UNCALIBRATED}: built-in rules, not fitted to this place; no forecast.")
    if manifest["constructed_lines"]:
        names = ", ".join(manifest["constructed_lines"])
        lines.append(f"Constructed lines ({names}): drawn by rule, not official; a what-if, no hindcast.")
    return lines
