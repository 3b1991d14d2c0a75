"""Pages of the reference that the code itself knows: commands, keys of every file, lists.  Written at build time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tables import first_line, grouped_keys, keys, table

PUBLIC = {
    "Scenarios and runs": (
        "landsim.scenario.build.load_scenario",
        "landsim.scenario.build.build",
        "landsim.scenario.build.inputs_of",
        "landsim.scenario.run.run",
        "landsim.scenario.result.Result",
        "landsim.model.model.LandModel",
    ),
    "Run folders": (
        "landsim.io.store.open_run",
        "landsim.io.store.RunFolder",
        "landsim.io.export.export_run",
        "landsim.report.page.write.write_report",
    ),
    "Judging and comparing": (
        "landsim.indicators.agreement.validation_card",
        "landsim.scenario.compare.compare",
        "landsim.scenario.compare.RunComparison",
    ),
    "Calibration": ("landsim.report.study.calibrate.calibrate_study", "landsim.calibrate.run.Fit"),
    "Agents": (
        "landsim.agents.members.Member",
        "landsim.agents.columns.Column",
        "landsim.agents.rules.rule",
        "landsim.agents.population.Population",
        "landsim.agents.ids.set_apart",
        "landsim.model.phases.Phase",
        "landsim.model.phases.with_phase",
    ),
    "The place": (
        "landsim.landscape.grid.Grid",
        "landsim.landscape.landscape.Landscape",
        "landsim.landscape.legend.Legend",
        "landsim.landscape.synthetic.synthetic_city",
    ),
    "Foundations": (
        "landsim.core.params.Params",
        "landsim.core.params.param",
        "landsim.core.params.describe",
        "landsim.core.quantity.Quantity",
        "landsim.core.draws.uniform",
        "landsim.core.errors.InputError",
    ),
}
"""What a user's own Python calls, by subject."""

_WRITTEN = "*Written from the code when this site was built.*"


def pages() -> dict[str, str]:
    """Give the Markdown of every page by its path in the documentation."""
    written = {
        "commands": _commands,
        "scenario": _scenario,
        "data": _data,
        "study": _study,
        "sweep": _sweep,
        "indicators": _indicators,
        "phases": _phases,
        "quantities": _quantities,
        "legends": _legends,
        "python": _python,
    }
    return {f"reference/{name}.md": "\n".join(write()) for name, write in written.items()}


def _head(title: str, text: str) -> str:
    return f"# {title}\n\n{text}\n\n{_WRITTEN}\n"


def _commands() -> Iterator[str]:
    from typer.main import get_command

    from landsim.cli import app

    yield _head(
        "Commands",
        "Exit codes: 0 done, 1 a fault in what was given (told in sentences), 2 wrong usage, 3 an internal fault.",
    )
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        parameters = [parameter for parameter in command.params if parameter.name != "help"]
        options = [p for p in parameters if p.param_type_name == "option"]
        said = " ".join(_argument(p) for p in parameters if p not in options)
        yield f"## landsim {name}\n\n{_plain(command.help)}\n"
        yield f"```text\nlandsim {' '.join(filter(None, (name, said, '[OPTIONS]' if options else '')))}\n```\n"
        rows = [
            (f"`{_argument(p) if p not in options else ' '.join(p.opts)}`", _help(p), _given(p)) for p in parameters
        ]
        yield table(("", "meaning", "default"), rows)


def _argument(parameter: Any) -> str:
    shown = (parameter.metavar or parameter.name or "").strip("[]").upper()
    return shown if parameter.required else f"[{shown}]"


def _plain(text: str | None) -> str:
    return " ".join((text or "").split())


def _help(parameter: Any) -> str:
    return _plain(getattr(parameter, "help", None))


def _given(parameter: Any) -> str:
    if parameter.required:
        return "*required*"
    plain = isinstance(parameter.default, str | int | float) and not isinstance(parameter.default, bool)
    return f"`{getattr(parameter.default, 'value', parameter.default)}`" if plain else ""


def _scenario() -> Iterator[str]:
    from landsim.scenario.schema import Scenario, Shock

    yield _head(
        "Scenario",
        "Every key of `scenario.yaml`, of `overrides.yaml` and of `--set`, by its dotted path. **Levers** are what a "
        "government can move; they stand on the dashboard. Confidence: V checked against a published text, H well "
        "established, M right in structure, L weakly remembered, A an assumption of landsim.",
    )
    yield from grouped_keys(Scenario)
    yield f"## An entry of shocks\n\n{first_line(Shock)}\n"
    yield keys(Shock)


def _data() -> Iterator[str]:
    from landsim.io import catalog
    from landsim.policy.lines import LinesParams

    yield _head("Data catalogue", f"`data.yaml`. {first_line(catalog.Catalog)}")
    sections = {
        "landcover": catalog.StartEntry,
        "history.YEAR": catalog.Entry,
        "layers.NAME": catalog.LayerEntry,
        "masks.NAME": catalog.MaskEntry,
        "drivers.NAME": catalog.DriverEntry,
        "synthetic": catalog.SyntheticEntry,
        "construct_lines": LinesParams,
    }
    for name, record in sections.items():
        yield f"## {name}\n\n{first_line(record)}\n"
        yield keys(record)


def _study() -> Iterator[str]:
    from landsim.calibrate.behaviour.settings import BehaviourParams
    from landsim.calibrate.study import DriverEntry, Study

    yield _head("Study", f"`study.yaml`, for `landsim calibrate`. {first_line(Study)}")
    yield from grouped_keys(Study)
    yield f"## drivers.NAME\n\n{first_line(DriverEntry)}\n"
    yield keys(DriverEntry)
    yield f"## behaviour\n\n{first_line(BehaviourParams)}\n"
    yield keys(BehaviourParams)


def _sweep() -> Iterator[str]:
    from landsim.sweep.settings import Sweep

    yield _head("Sweep", f"`sweep.yaml`, for `landsim sweep`. {first_line(Sweep)}")
    yield from grouped_keys(Sweep)


def _indicators() -> Iterator[str]:
    from landsim.indicators.record import INDICATORS
    from landsim.indicators.table import FILED_BY

    assert FILED_BY  # the modules that file indicators are there once they are imported
    yield _head(
        "Indicators", "What `indicators.parquet` holds, a row a year and district; district 0 is the whole place."
    )
    facts = [(item.quantity, item.scope) for _, item in INDICATORS.items()]
    yield table(("indicator", "unit", "by", "meaning"), ((f"`{q.name}`", q.unit, by, q.doc) for q, by in facts))


def _phases() -> Iterator[str]:
    from landsim.model.phases import PHASES

    yield _head("Phases", "The year of the model, in order. [The model](../model.md) says how each one works.")
    rows = ((i, p.name, p.doc, ", ".join(p.reads), ", ".join(p.writes)) for i, p in enumerate(PHASES, start=1))
    yield table(("no.", "phase", "what it does", "reads", "writes"), rows)


def _quantities() -> Iterator[str]:
    from landsim.agents.columns import columns_of
    from landsim.agents.farmers import Farmer
    from landsim.agents.firms import Firm
    from landsim.agents.households import Household
    from landsim.landscape.landscape import LAYERS

    yield _head("Layers and traits", "What a place may be made of, and what every agent is known by.")
    parts = {"Layers of a place": list(LAYERS.values())}
    parts |= {first_line(kind): [c.quantity for c in columns_of(kind).values()] for kind in (Household, Firm, Farmer)}
    for title, quantities in parts.items():
        yield f"## {title.rstrip('.')}\n"
        rows = ((f"`{q.name}`", q.dtype, q.unit, _span(q.low, q.high), q.doc) for q in quantities)
        yield table(("name", "type", "unit", "range", "meaning"), rows)


def _span(low: float | None, high: float | None) -> str:
    return (
        " … ".join("" if edge is None else f"{edge:g}" for edge in (low, high)) if (low, high) != (None, None) else ""
    )


def _legends() -> Iterator[str]:
    from landsim.io.legends import CROSSWALKS, crosswalk
    from landsim.landscape.legend import model_legend

    yield _head(
        "Legends",
        "Known land-cover products, for `legend:` in `data.yaml` and `study.yaml`, and the model's own classes. Rules "
        "and agents read the model class; maps, events and validation keep the code.",
    )
    for name, legend in {"model classes": model_legend(), **{name: crosswalk(name) for name in CROSSWALKS}}.items():
        yield f"## {name}\n"
        rows = ((r.code, r.name, r.name_zh, _swatch(r.colour), r.model_class.name, _flags(r)) for r in legend.rows)
        yield table(("code", "name", "名称", "colour", "model class", ""), rows)


def _swatch(colour: str) -> str:
    return f'<span class="swatch" style="background: {colour}"></span> `{colour}`'


def _flags(row: Any) -> str:
    return ", ".join(name for name in ("built", "arable", "water") if getattr(row, name))


def _python() -> Iterator[str]:
    yield _head(
        "Python",
        "`import landsim` gives `load_scenario`, `build`, `run`, `compare`, `calibrate` and `LandModel`; everything "
        "else comes from where it is written here. Names that are not on this page may change.",
    )
    for subject, names in PUBLIC.items():
        yield f"## {subject}\n"
        yield "".join(f"::: {name}\n\n" for name in names)
