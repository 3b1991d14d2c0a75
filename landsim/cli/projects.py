"""Projects: the commands new and list."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from landsim.core.quantity import Quantity


class Listing(StrEnum):
    """What can be listed."""

    SCENARIOS = "scenarios"
    PHASES = "phases"
    QUANTITIES = "quantities"
    POLICIES = "policies"
    INDICATORS = "indicators"


def new(folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make; must be new or empty.")]) -> None:
    """Make a project folder: a small synthetic city in files, to be replaced by your own data step by step."""
    from landsim.scenario.new import new_project

    new_project(folder)
    typer.echo(f"{folder}: scenario.yaml, overrides.yaml, data.yaml and data/ of a synthetic city")
    shown = shlex.quote(str(folder))
    typer.echo(f"Next: landsim check {shown}, then landsim run {shown}")


def list_known(what: Annotated[Listing, typer.Argument(help="What to list.")]) -> None:
    """List what landsim knows: scenarios, phases, quantities, policies (levers) or indicators."""
    from landsim.cli.show import print_table

    head, rows = {
        Listing.SCENARIOS: _scenarios,
        Listing.PHASES: _phases,
        Listing.QUANTITIES: _quantities,
        Listing.POLICIES: _policies,
        Listing.INDICATORS: _indicators,
    }[what]()
    print_table(head, rows)


Lines = tuple[tuple[str, ...], list[tuple[Any, ...]]]


def _scenarios() -> Lines:
    """Shipped scenarios, each with its named overrides below it."""
    from landsim.scenario.compose import overrides_of, read_settings
    from landsim.scenario.shipped import shipped_names, shipped_root

    rows: list[tuple[Any, ...]] = []
    for name in shipped_names():
        tree = read_settings(shipped_root() / name / "scenario.yaml")
        rows.append((name, f"{tree['start']}-{tree['horizon']}", tree.get("title", "")))
        for override, entry in overrides_of(shipped_root() / name).items():
            rows.append((f"  --with {override}", "", (entry or {}).get("about", "")))
    return ("scenario", "years", "what it asks"), rows


def _phases() -> Lines:
    from landsim.model.phases import PHASES

    rows = [(i, p.name, p.doc, ", ".join(p.reads), ", ".join(p.writes)) for i, p in enumerate(PHASES, start=1)]
    return ("no.", "phase", "what it does", "reads", "writes"), rows


def _quantities() -> Lines:
    rows = [(kind, q.name, q.dtype, q.unit, _span(q), q.doc) for kind, q in _all_quantities()]
    return ("of", "quantity", "type", "unit", "range", "meaning"), rows


def _all_quantities() -> Iterator[tuple[str, Quantity]]:
    """Layers, and the columns of each population."""
    from landsim.agents.columns import columns_of
    from landsim.agents.farmers import Farmer
    from landsim.agents.firms import Firm
    from landsim.agents.households import Household
    from landsim.landscape.landscape import LAYERS

    yield from (("layer", quantity) for quantity in LAYERS.values())
    for kind, member in (("household", Household), ("firm", Firm), ("farmer", Farmer)):
        yield from ((kind, column.quantity) for column in columns_of(member).values())


def _span(quantity: Quantity) -> str:
    if quantity.low is None and quantity.high is None:
        return ""
    low = "" if quantity.low is None else f"{quantity.low:g}"
    high = "" if quantity.high is None else f"{quantity.high:g}"
    return f"{low} .. {high}"


def _policies() -> Lines:
    """Levers with default, unit, source and confidence."""
    from landsim.core.params import describe
    from landsim.model.params import ModelParams

    rows = [
        (row["path"], row["default"], row["unit"], row["doc"], f"{row['source']} [{row['confidence']}]")
        for row in describe(ModelParams)
        if row["lever"]
    ]
    return ("lever", "default", "unit", "meaning", "source [confidence]"), rows


def _indicators() -> Lines:
    from landsim.indicators.record import INDICATORS
    from landsim.indicators.table import FILED_BY

    assert FILED_BY  # the modules that file indicators are there once they are imported
    facts = [(item.quantity, item.scope) for _, item in INDICATORS.items()]
    return ("indicator", "unit", "by", "meaning"), [(q.name, q.unit, scope, q.doc) for q, scope in facts]
