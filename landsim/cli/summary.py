"""Summary: what a run came to - main indicators, unmet demand by rule, and what a reader must not miss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from landsim.cli.show import number, print_table, stdout
from landsim.indicators.record import CITY
from landsim.scenario.manifest import BY_BUILT_IN, UNCALIBRATED
from landsim.scenario.result import Result

MAIN_INDICATORS = (
    "built_ha", "urban_ha", "rural_built_ha", "arable_ha", "erl_intrusion_ha", "pbf_intrusion_ha", "illegal_ha",
    "population", "urbanisation", "housing_queue", "vacancy", "jobs", "price", "commute", "form_compactness",
    "form_patches", "ecological_share", "service_value", "carbon",
)  # fmt: skip
AREAS = ["cells", "ha", "mu"]
INDICATOR_FACTS = ("year", "indicator", "value", "unit")

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
    for year, name, value, unit in zip(*(city[column] for column in INDICATOR_FACTS), strict=True):
        for moment in ("start", "end"):
            if result.manifest[moment] == int(year):
                rows[str(name)] |= {moment: float(value), "unit": str(unit)}
    return {name: facts for name, facts in rows.items() if facts}


def unmet(result: Result) -> dict[str, Facts]:
    """Unmet demand by the rule that binds: of the last year, and of the year in which it was most.

    A year's demand holds what was not met before, so that years are not added up.
    """
    yearly = result.unmet.groupby(["rule", "year"], observed=True, as_index=False)[AREAS].sum()
    out = {}
    for rule, rows in yearly.groupby("rule", observed=True):
        most, last = rows.nlargest(1, "cells").iloc[0], rows[rows["year"] == result.manifest["end"]][AREAS].sum()
        out[str(rule)] = {"last_year": _areas(last), "most": {"year": int(most["year"]), **_areas(most)}}
    return out


def _areas(row: Any) -> Facts:
    return {"cells": int(row["cells"]), "ha": float(row["ha"]), "mu": float(row["mu"])}


def show_result(result: Result) -> None:
    """Print the indicators, the unmet demand, the stamp and the place of the results."""
    facts = summary(result)
    title = f"{facts['name']} {facts['start']}-{facts['end']}, seed {facts['seed']}"
    rows = [
        (name, row["unit"], number(row.get("start")), number(row.get("end")))
        for name, row in facts["indicators"].items()
    ]
    print_table(("indicator", "unit", str(facts["start"]), str(facts["end"])), rows, title, right=2)
    show_unmet(facts["unmet"], facts["end"])
    show_stamp(result.manifest)
    if facts["out"]:
        stdout().print(f"Results: {facts['out']}", markup=False, soft_wrap=True)


def show_unmet(rules: Mapping[str, Facts], year: int) -> None:
    """Print the unmet demand by the rule that binds."""
    head = ("unmet demand: rule that binds", f"cells {year}", f"ha {year}", f"mu (亩) {year}", "most, ha", "in")
    rows = [
        (rule, *(number(row["last_year"][unit]) for unit in AREAS), number(row["most"]["ha"]), str(row["most"]["year"]))
        for rule, row in rules.items()
    ]
    if rows:
        print_table(head, rows, right=1)
    else:
        stdout().print("unmet demand: none")


def show_stamp(manifest: Mapping[str, Any]) -> None:
    """Print what a reader must not miss: that rules are not fitted, and that lines are made up."""
    for line in stamps(manifest):
        stdout().print(line, style="bold yellow", markup=False)


def stamps(manifest: Mapping[str, Any]) -> list[str]:
    """Sentences that belong beside every result of a run."""
    lines = []
    if manifest["rules"] == UNCALIBRATED:
        lines.append(f"{UNCALIBRATED}: built-in rules, not fitted to this place; no forecast.")
    elif BY_BUILT_IN in manifest["rules"]:
        lines.append(f"Partly calibrated ({manifest['rules']}): what built-in rules place is no forecast.")
    if manifest["constructed_lines"]:
        names = ", ".join(manifest["constructed_lines"])
        lines.append(f"Constructed lines ({names}): drawn by rule, not official; a what-if, no hindcast.")
    return lines
