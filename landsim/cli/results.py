"""Results: the commands validate, report, compare and export."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from landsim.indicators.agreement import Comparison
    from landsim.io.store import RunFolder
    from landsim.scenario.compare import RunComparison

RunName = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")]

COUNTS = ("hits", "misses", "false_alarms", "wrong_hits")
BASELINES = {
    "null": "null, no change",
    "random": "random, observed changes",
    "density": "density, observed gains",
    "density_simulated": "density, simulated gains",
}
RATES = ("fom", "producer", "user", "quantity", "allocation")


class Language(StrEnum):
    """Languages of a report."""

    ZH = "zh"
    EN = "en"


def validate(
    run: RunName,
    observed: Annotated[Path, typer.Option(metavar="FILE", help="Observed map of the last year, in the run's codes.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the card; RUN/validation by default.")
    ] = None,
) -> None:
    """Compare the last map of a run with an observed one, beside baselines that know nothing of the place."""
    from landsim.cli.show import number, print_table, rate
    from landsim.cli.summary import show_stamp
    from landsim.io.whole import open_whole_run

    made = open_whole_run(run)
    comparison = _compare(made, observed)
    card = comparison.card
    folder = out or run / "validation"
    period = f"{made.manifest['name']} {made.years[0]}-{made.years[-1]}"
    _write_card(made, comparison, observed, folder, f"{period} against the observed map")
    maps = {"simulation": card, **{BASELINES[name]: row for name, row in card["baselines"].items()}}
    rows = [
        (
            name,
            _between(row["interval"]["fom"]),
            *(rate(row[part]) for part in RATES),
            *(number(row[part]) for part in COUNTS),
        )
        for name, row in maps.items()
    ]
    head = ("map", "fom, 95 %", *(part.replace("_", " ") for part in RATES + COUNTS))
    print_table(head, rows, f"{period} against {observed.name}", right=1)
    show_stamp(made.manifest)
    typer.echo(f"Card: {folder / 'card.md'}")


def report(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="One run folder, or several to set side by side.")
    ],
    out: Annotated[Path, typer.Option(metavar="FILE.html", help="The page; replaced if it is there.")],
    lang: Annotated[Language, typer.Option(help="Language of the page.")] = Language.EN,
    targets: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Your own targets of the plan indicators: a YAML list of \"- {item: 4, sense: '>=', value: 412}\", "
            "each item (1 to 35, as the page numbers them) once, sense >= or <=, value in the unit of the page.",
        ),
    ] = None,
) -> None:
    """Write a page on one run or several: maps, indicators, targets, lines, unmet demand, provenance; for print too."""
    from landsim.report.page.write import write_report

    typer.echo(str(write_report(runs, out, lang.value, targets)))


def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="A run folder, or a folder of runs.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="The same; runs are paired by their seeds.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of tables, maps and figure, new or empty.")
    ] = None,
    lang: Annotated[Language, typer.Option(help="Language of the figure.")] = Language.EN,
) -> None:
    """Set B against A: paired differences with intervals over shared seeds, and where building differs."""
    from landsim.cli.summary import stamps
    from landsim.report.page.run import short_names
    from landsim.scenario.compare import compare as set_against

    found = set_against(a, b)
    first, second = short_names((a, b))
    names = (first, second)
    _show_comparison(found, names)
    for caution in [*found.cautions, *_one_sided(found.one_sided)]:
        typer.echo(f"Note: {caution}", err=True)
    for line in dict.fromkeys(line for run in found.pairs[0] for line in stamps(run.manifest)):
        typer.echo(line)
    if out is not None:
        from landsim.report.compare.figure import drawable
        from landsim.report.compare.files import write_comparison

        if drawable(lang.value) != lang.value:
            typer.echo("Note: no Chinese font is installed here, so the figure is in English", err=True)
        write_comparison(out, found, names, lang.value)
        typer.echo(f"Results: {out}")


def export(
    run: RunName,
    format: Annotated[str, typer.Option(help="cog, gpkg, netcdf, csv or xlsx.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder, new or empty.")],
    years: Annotated[str | None, typer.Option(metavar="Y,Y", help="Years; all by default.")] = None,
) -> None:
    """Write a run in a format that planners' tools read."""
    from landsim.io.export import export_run
    from landsim.io.whole import open_whole_run

    chosen = None if years is None else [_year(text) for text in years.split(",")]
    for path in export_run(open_whole_run(run), format, chosen, out):
        typer.echo(str(path))


def _show_comparison(found: RunComparison, names: tuple[str, str]) -> None:
    """Print the main indicators of the last year, money of all years, with the difference and its interval."""
    from landsim.cli.show import number, print_table
    from landsim.report.compare.figure import SUMMED, rows_of

    span = f"sum {found.years[0] + 1}-{found.years[-1]}"
    rows = [
        (
            f"{name}, {span}" if name in SUMMED else name, row["unit"],
            *(number(row[side]) for side in ("a", "b", "difference")),
            _edges(row["low"], row["high"]), _edges(row["boot_low"], row["boot_high"]),
            number(row["cohen_d"]), number(row["p_holm"]),
        )
        for name, row in rows_of(found).items()
    ]  # fmt: skip
    head = ("indicator", "unit", "A", "B", "B - A", "95 % (t)", "95 % (bootstrap)", "Cohen's d", "p (Holm)")
    pairs = f"{len(found.pairs)} pair{'s' if len(found.pairs) > 1 else ''} of runs"
    print_table(head, rows, f"{names[1]} (B) against {names[0]} (A), {found.years[-1]}, {pairs}", right=2)


def _edges(low: float, high: float) -> str:
    from landsim.cli.show import number

    return "-" if math.isnan(low) else f"{number(low)} .. {number(high)}"


def _year(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a year", param_hint="--years") from None


def _between(edges: Sequence[float]) -> str:
    """Write an interval; "-" where there is none."""
    return "-" if math.isnan(edges[0]) else f"{edges[0]:.4f}-{edges[1]:.4f}"


def _compare(run: RunFolder, observed: Path) -> Comparison:
    """Measure the run against a map that must lie on its grid."""
    from landsim.core.errors import Problems
    from landsim.indicators.agreement import compare
    from landsim.indicators.maps import read_trio
    from landsim.io.band import Reading
    from landsim.io.place import CODE
    from landsim.io.raster import read_layer

    problems = Problems()
    seen = read_layer(
        observed, run.grid, CODE, str(observed), problems, Reading(reference=f"the run {run.path.name}"),
        fill=run.legend.nodata, known=run.legend.known,
    )  # fmt: skip
    problems.raise_if_any()
    assert seen is not None
    first, last = run.landcover_at(run.years[0]), run.landcover_at(run.years[-1])
    trio = read_trio(first, seen, last, nodata=run.legend.nodata, classes=run.legend.codes.tolist())
    return compare(trio, cell_size=run.grid.cell_size, built=_built(run))


def _built(run: RunFolder) -> list[int]:
    """Codes of built-up land."""
    return [row.code for row in run.legend.rows if row.built]


def _write_card(run: RunFolder, comparison: Comparison, observed: Path, folder: Path, title: str) -> None:
    """Write card.json, card.md and card.png, each whole or not at all."""
    import json

    from landsim.cli.summary import stamps
    from landsim.indicators.card_text import card_json, card_markdown
    from landsim.io.atomic import new_file, writing
    from landsim.io.hashes import file_hash
    from landsim.report.card.figure import write_card_figure

    made, card = run.manifest, comparison.card
    names = {row.code: row.name for row in run.legend.rows}
    head, _, body = card_markdown(card, names).partition("\n\n")
    heading = [
        head,
        f"{made['title'] or made['name']}. {made['description']}",
        *(f"**{line}**" for line in stamps(made)),
    ]
    facts = {
        "run": made["name"],
        "start": run.years[0],
        "end": run.years[-1],
        "rules": made["rules"],
        "notes": stamps(made),
        "observed": {"file": observed.name, "sha256": file_hash(observed)},
        "classes": names,
    }
    text = "\n\n".join([*(part.strip() for part in heading), f"![{title}](card.png)", body])
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_card_figure(folder / "card.png", comparison, run.grid, title, names, _built(run), stamps(made))
    with new_file(folder / "card.json") as aside:
        aside.write_text(
            json.dumps(card_json({**facts, **card}), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    with new_file(folder / "card.md") as aside:
        aside.write_text(text, encoding="utf-8")


def _one_sided(names: list[str]) -> list[str]:
    """Say which indicators only one side knows."""
    return [f"known to one side alone, and so not compared: {', '.join(names)}"] if names else []
