"""Report of a sweep: what was run, what came of it and how sure it is, as Markdown and as one HTML file."""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landsim.io.atomic import new_file
from landsim.io.store import open_run
from landsim.report import sweep_charts
from landsim.report.sweep_maps import map_figure
from landsim.sweep.conduct import Result
from landsim.sweep.folders import SweepFolder, is_done
from landsim.sweep.gather import replaced_folder
from landsim.sweep.maps import folder_name
from landsim.sweep.plan import Plan

if TYPE_CHECKING:
    import pandas as pd

MOST_MAPS, MOST_ROWS = 6, 60


@dataclass(frozen=True)
class Block:
    """A piece of the report: ``h1``, ``h2``, ``p``, ``table`` or ``figure``."""

    kind: str
    text: str = ""
    head: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


def write_sweep_report(plan: Plan, folder: SweepFolder, result: Result) -> Path:
    """Write ``report/report.md``, ``report.html`` and the figures; the HTML page, which holds its pictures.

    Raises
    ------
    InputError
        If the disk is full or the folder is not writable.
    """
    with replaced_folder(folder.report) as aside:
        blocks = list(_blocks(plan, folder, result, aside))
        for name, text in (("report.md", markdown(blocks)), ("report.html", page(blocks, aside, plan.sweep.name))):
            with new_file(aside / name) as file:
                file.write_text(text, encoding="utf-8")
    return folder.report / "report.html"


def _blocks(plan: Plan, folder: SweepFolder, result: Result, aside: Path) -> Iterator[Block]:
    sweep, tables = plan.sweep, result.tables
    yield Block("h1", sweep.title or sweep.name)
    yield Block("p", _what_was_run(plan, result))
    for stamp in _stamps(plan, folder):
        yield Block("p", stamp)
    names = list(dict.fromkeys(tables["convergence"]["indicator"])) if len(tables["convergence"]) else []
    names = names or [name for name in dict.fromkeys(tables["yearly"]["indicator"]) if "_ha_" not in name][:9]
    yield from _over_years(tables["yearly"], names, aside)
    yield from _maps(plan, folder, result, aside)
    yield from _convergence(tables["convergence"], names, sweep.questions.precision, aside)
    yield from _part(tables["differences"], "Strategies against the first one", DIFFERENCES, _DIFFERENCES)
    yield from _sensitivity(tables["indices"], names, aside)
    yield from _variance(tables["variance"], names, aside)
    yield from _part(tables["regret"], "Regret", REGRET, _REGRET)
    yield from _part(tables["satisficing"], "Satisficing", SATISFICING, _SATISFICING)
    yield from _failures(folder)


DIFFERENCES = ("scenario", "override", "indicator", "mean", "low", "high", "p_holm", "effect", "pairs")
_DIFFERENCES = (
    "Mean difference run by run with equal seeds, its 95 % interval, the chance of one as large by luck (corrected for "
    "the number of rows after Holm), and Cohen's d."
)
REGRET = ("scenario", "override", "indicator", "goal", "future", "mean", "regret", "largest")
_REGRET = "What the best strategy of each future would have given more; the largest over the futures is to be small."
SATISFICING = ("scenario", "override", "future", "runs", "share", "low", "high")
_SATISFICING = "Share of the runs that keep every threshold, with Wilson's 95 % interval."


def _what_was_run(plan: Plan, result: Result) -> str:
    gathered = result.gathered
    assert gathered is not None
    sweep = plan.sweep
    varied: dict[str, Sized] = {
        "scenarios": sweep.scenarios, "strategies": sweep.overrides, "structures": sweep.structures,
        "futures": sweep.futures, "points": plan.points.rows, "seeds": sweep.seeds,
    }  # fmt: skip
    sizes = ", ".join(f"{len(items)} {name}" for name, items in varied.items() if len(items) > 1)
    text = f"{len(plan.rows)} runs planned" + (f": {sizes}." if sizes else ".")
    distinct = len(plan.runs)
    if distinct < len(plan.rows):
        text += f" {distinct} of them are distinct."
    return text + f" {gathered.done} have ended and are counted here; {gathered.missing} are missing."


def _stamps(plan: Plan, folder: SweepFolder) -> Iterator[str]:
    """What must be said of the rules and lines behind the runs, from one run of each base."""
    told: dict[str, None] = {}
    for base in plan.bases:
        run = next((r.run for r in plan.rows if r.base == base.number and is_done(folder.run(r.run))), None)
        if run is None or plan.sweep.function:
            continue
        made = open_run(folder.run(run)).manifest
        if rules := made.get("rules"):
            told[f"Rules: {rules}."] = None
        if lines := made.get("constructed_lines"):
            told[f"Constructed lines, not those in force: {', '.join(lines)}."] = None
    yield from told


def _over_years(yearly: pd.DataFrame, names: Sequence[str], aside: Path) -> Iterator[Block]:
    yield Block("h2", "Outcomes")
    if yearly["year"].nunique() > 1:
        sweep_charts.write_figure(aside / "years.png", sweep_charts.yearly_figure(yearly, names))
        yield Block("figure", "years.png")
    last = yearly[(yearly["year"] == yearly["year"].max()) & yearly["indicator"].isin(names)]
    yield _table(last, ("scenario", "override", "structure", "future", "indicator", "unit", "runs", "mean", "low",
                        "high", "q05", "q95"))  # fmt: skip


def _maps(plan: Plan, folder: SweepFolder, result: Result, aside: Path) -> Iterator[Block]:
    if not result.shares:
        return
    yield Block("h2", "Where it changes")
    yield Block(
        "p",
        f"Robust: at least {100 * plan.sweep.questions.robust:g} % of the runs change a cell, or as many leave it. "
        "The maps are GeoTIFF files in the folder maps.",
    )
    for base in plan.bases[:MOST_MAPS]:
        name = folder_name(base.labels)
        if (folder.maps / name / "change.tif").is_file():
            runs = next(share.runs for share in result.shares if share.base == base.number)
            figure = map_figure(folder.maps / name, f"{name}: {runs} runs")
            sweep_charts.write_figure(aside / f"map-{name}.png", figure)
            yield Block("figure", f"map-{name}.png")
    yield _table(result.tables["land"], ("scenario", "override", "structure", "future", "kind", "cells", "ha", "runs"))


def _convergence(convergence: pd.DataFrame, names: Sequence[str], precision: float, aside: Path) -> Iterator[Block]:
    if not len(convergence):
        return
    yield Block("h2", "Are there enough seeds?")
    figure = sweep_charts.convergence_figure(convergence, names, precision)
    sweep_charts.write_figure(aside / "convergence.png", figure)
    yield Block("figure", "convergence.png")
    yield Block(
        "p",
        f"Seeds from which on the half-width of the 95 % interval stays below {100 * precision:g} % of the mean (-: "
        "not with those there are), and how many would be needed, judged by their spread.",
    )
    last = convergence.groupby(["scenario", "override", "structure", "future", "indicator"], sort=False).tail(1)
    columns = ("scenario", "override", "structure", "future", "indicator", "seeds", "enough", "needed")
    yield _table(last.assign(enough=last["enough"].where(last["enough"] > 0)), columns)


def _sensitivity(indices: pd.DataFrame, names: Sequence[str], aside: Path) -> Iterator[Block]:
    if not len(indices):
        return
    yield Block("h2", "Sensitivity")
    sweep_charts.write_figure(aside / "sensitivity.png", sweep_charts.indices_figure(indices, _known(indices, names)))
    yield Block("figure", "sensitivity.png")
    yield _table(indices, ("scenario", "override", "indicator", "parameter", "index", "value", "low", "high"))


def _variance(variance: pd.DataFrame, names: Sequence[str], aside: Path) -> Iterator[Block]:
    if not len(variance):
        return
    yield Block("h2", "Where the spread comes from")
    sweep_charts.write_figure(aside / "variance.png", sweep_charts.variance_figure(variance, _known(variance, names)))
    yield Block("figure", "variance.png")
    text = (
        "Seeds: all that varies between seeds while everything else stays; interaction: what no single source explains."
    )
    yield Block("p", text)


def _failures(folder: SweepFolder) -> Iterator[Block]:
    import pandas as pd

    failed = pd.read_parquet(folder.tables / "failures.parquet")
    if len(failed):
        yield Block("h2", "Runs that failed")
        yield _table(failed, ("run", "cause", "tries", "error"))


def _known(frame: pd.DataFrame, names: Sequence[str]) -> list[str]:
    known = dict.fromkeys(frame["indicator"])
    return [name for name in names if name in known] or list(known)


def _part(frame: pd.DataFrame, title: str, columns: Sequence[str], text: str) -> Iterator[Block]:
    if len(frame):
        yield Block("h2", title)
        yield Block("p", text)
        yield _table(frame, columns)


def _table(frame: pd.DataFrame, columns: Sequence[str]) -> Block:
    """Make a table, without columns that say the same in each row of a label, and not longer than people read."""
    labels = ("scenario", "override", "structure", "future")
    shown = [c for c in columns if c not in labels or frame[c].nunique() > 1]
    rows = [[_cell(value) for value in row] for row in frame[shown].head(MOST_ROWS).itertuples(index=False)]
    more = len(frame) - len(rows)
    if more > 0:
        rows.append([f"... and {more} more", *[""] * (len(shown) - 1)])
    return Block("table", head=shown, rows=rows)


def _cell(value: Any) -> str:
    """Write a value with the digits that it needs.

    Examples
    --------
    >>> _cell(1234567.8), _cell(0.012345), _cell(float("nan")), _cell("a")
    ('1,234,568', '0.01235', '-', 'a')
    """
    if isinstance(value, str):
        return value
    number = float(value)
    if math.isnan(number):
        return "-"
    if math.isinf(number):
        return "never" if number > 0 else "-"
    return f"{number:,.0f}" if number == int(number) or abs(number) >= 10_000 else f"{number:.4g}"


def markdown(blocks: Iterable[Block]) -> str:
    """Text of the report as Markdown."""
    parts = []
    for block in blocks:
        if block.kind == "table":
            lines = [block.head, ["---"] * len(block.head), *block.rows]
            parts.append("\n".join("| " + " | ".join(_plain(cell) for cell in line) + " |" for line in lines))
        else:
            before = {"h1": "# ", "h2": "## ", "p": ""}.get(block.kind)
            parts.append(f"![{block.text}]({block.text})" if before is None else before + block.text)
    return "\n\n".join(parts) + "\n"


def _plain(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", " ")


def page(blocks: Iterable[Block], folder: Path, title: str) -> str:
    """Text of the report as one HTML page, with its pictures inside."""
    body = "\n".join(_element(block, folder) for block in blocks)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{html.escape(title)}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "img{max-width:100%}table{border-collapse:collapse;font-size:13px;margin:1rem 0}"
    "th,td{padding:.15rem .6rem;border-bottom:1px solid #ddd;text-align:right}"
    "th:first-child,td:first-child{text-align:left}"
)


def _element(block: Block, folder: Path) -> str:
    if block.kind == "table":
        head = "".join(f"<th>{html.escape(cell)}</th>" for cell in block.head)
        rows = "\n".join("<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in row) + "</tr>" for row in block.rows)
        return f"<table>\n<tr>{head}</tr>\n{rows}\n</table>"
    if block.kind == "figure":
        data = base64.b64encode((folder / block.text).read_bytes()).decode("ascii")
        return f'<p><img alt="{html.escape(block.text)}" src="data:image/png;base64,{data}"></p>'
    return f"<{block.kind}>{html.escape(block.text)}</{block.kind}>"
