"""The report: one self-contained page of one run or of several that are compared, in Chinese or English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined

from landsim.core.errors import InputError, Problem
from landsim.io.atomic import new_file, writing
from landsim.io.store import is_run
from landsim.io.whole import open_whole_run
from landsim.report.page import charts, maps, plan, short, tables
from landsim.report.page.account import account_notes, account_table
from landsim.report.page.levers import lever_table, shock_lines
from landsim.report.page.lines import line_notes, line_table
from landsim.report.page.planes import land_planes
from landsim.report.page.run import ReportedRun, named, stamps
from landsim.report.words import Words
from landsim.scenario.pairs import refuse_unlike
from landsim.transition.conversion import Rule
from landsim.transition.events import KINDS

RUNS_AT_MOST = 8
"""More runs than this are a sweep, and no page shows them well."""
_RULES = tuple(rule.name.lower() for rule in Rule if rule is not Rule.PASSED)
_CHARTED = ("built_ha", "arable_ha", "population", "price", "service_value")


def write_report(
    runs: Sequence[Path | str], out: Path, lang: Literal["zh", "en"] = "en", targets: Path | None = None
) -> Path:
    """Write a page on one run, or on several runs of one place and period, the first of which is the base.

    Parameters
    ----------
    runs : sequence of path
        Run folders, at most eight.
    out : pathlib.Path
        The HTML file, outside of run folders; it needs no network and no other file.
    lang : {"zh", "en"}
    targets : pathlib.Path, optional
        The user's own targets of the plan indicators (`landsim.report.page.plan.read_targets`).

    Returns
    -------
    pathlib.Path
        `out`.

    Raises
    ------
    InputError
        If a run is missing, damaged or of another version, the runs do not belong together, the targets are at fault,
        or `out` is no place for a page or not writable.
    UsageError
        If there is no report in the language.
    """
    words = Words(lang)
    if not 1 <= len(runs) <= RUNS_AT_MOST:
        wanted = f"1 to {RUNS_AT_MOST}"
        raise InputError(Problem("report", "too many or no runs for one page", wanted=wanted, found=str(len(runs))))
    _refuse_place(out)
    folders = [open_whole_run(run) for run in runs]
    refuse_unlike(folders)
    reported = named(folders)
    given = None if targets is None else plan.read_targets(targets, reported)
    page = environment().get_template("page.html.j2").render(**_content(reported, words, given))
    with writing(out):
        out.parent.mkdir(parents=True, exist_ok=True)
    with new_file(out) as aside:
        aside.write_text(page, encoding="utf-8")
    return out


def _refuse_place(out: Path) -> None:
    """Refuse to put the page where it would take the place of something else."""
    mend = "Choose another --out, such as report.html"
    if out.suffix.lower() != ".html":
        raise InputError(Problem(str(out), "is no name for a page", wanted="a name that ends in .html", mend=mend))
    if out.is_dir():
        raise InputError(Problem(str(out), "is a folder", wanted="a file", mend=mend))
    if any(is_run(folder) for folder in out.resolve().parents):
        raise InputError(Problem(str(out), "lies in a run folder, which is kept as it was written", mend=mend))


def environment() -> Environment:
    """Give the templates of reports, which escape every text and miss none."""
    loader = PackageLoader("landsim.report", "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _content(runs: list[ReportedRun], words: Words, given: Mapping[int, plan.Item] | None) -> dict[str, Any]:
    """Everything that the template sets, as text, tables and drawings."""
    first, rows = runs[0], plan.plan_rows(runs, words, given)
    drawn = [_series(name, runs, words) for name in _CHARTED]
    content = {
        "unmet": [_unmet(run, words) for run in runs],
        "quota": [_quota(run, words) for run in runs],
        "events": [_events(run, words) for run in runs],
        "charts": [svg for svg in drawn if svg],
    }
    _keep_apart(content)
    return content | {
        "t": words,
        "fonts": charts.FONTS,
        "runs": runs,
        "first": first,
        "many": len(runs) > 1,
        "few": len(runs) <= 2,
        "stamps": stamps([run.manifest for run in runs], words),
        "other_seeds": len({run.manifest["seed"] for run in runs}) > 1,
        "reading": short.sentences(first, rows, words) if len(runs) == 1 else [],
        "short": short.short_table(runs, rows, words) if len(runs) > 1 else None,
        "missed": short.missed(runs, rows, words) if len(runs) > 1 else [],
        "levers": lever_table(runs, words),
        "shocks": {run.name: shock_lines(run, words) for run in runs},
        "maps": _maps(runs, words),
        "coarse": maps.coarse_note(first.folder.grid, words),
        "land": tables.land_table(runs, words),
        "indicators": tables.indicator_table(runs, words),
        "plan_rows": rows,
        "plan_basis": plan.basis_table(rows, words),
        "unknown_items": plan.unknown_items(runs, words),
        "accounts": [(run, account_table(run, words)) for run in runs],
        "account_notes": account_notes(runs, words),
        "ledger": tables.ledger_table(runs, words),
        "lines": line_table(runs, words),
        "line_map": maps.line_picture(first, words) if len(runs) == 1 else None,
        "line_notes": {run.name: line_notes(run, words) for run in runs},
        "rules": tables.rule_table(runs, words),
        "demand_notes": _demand_notes(runs, words),
        "provenance": [(run, tables.provenance(run, words), tables.data_table(run, words)) for run in runs],
    }


def _demand_notes(runs: list[ReportedRun], words: Words) -> list[str]:
    """What the sum of unmet demand over years means: a trend asks afresh, all else asks for what is left again."""
    afresh = {run.manifest["scenario"]["demand"]["mode"] == "markov" for run in runs}
    return [words("tables.afresh" if fresh else "tables.repeated") for fresh in sorted(afresh)]


def _maps(runs: list[ReportedRun], words: Words) -> list[maps.Picture]:
    """Maps in the order of the page: start, of several runs the lines, ends and changes, differences from the base."""
    first = runs[0]
    planes = [land_planes(run.folder, [run.start, run.end]) for run in runs]
    title = words("maps.start", year=first.start)
    pictures = [maps.land_picture(first, planes[0][first.start], first.start, title, words)]
    if len(runs) > 1 and (lines := maps.line_picture(first, words)) is not None:
        pictures.append(lines)
    for run, plane in zip(runs, planes, strict=True) if first.end > first.start else ():
        title = words("maps.end", year=run.end, run=run.name)
        pictures.append(maps.land_picture(run, plane[run.end], run.end, title, words))
        pictures.append(maps.change_picture(run, words, big=len(runs) == 1))
    few = len(runs) <= tables.SIDE_BY_SIDE
    return pictures + [maps.difference_picture(first, run, words, big=few) for run in runs[1:]]


def _series(name: str, runs: Sequence[ReportedRun], words: Words) -> str:
    """Draw the course of an indicator; empty where no run knows it."""
    known = [run for run in runs if name in run.units]
    if not known:
        return ""
    unit = known[0].units[name]
    scale = float(words.table["units"].get(unit, [1])[0])
    courses = {run.name: (run.series(name)[0], [scale * value for value in run.series(name)[1]]) for run in known}
    return charts.lines(words(f"charts.{name.removesuffix('_ha')}"), words.unit(unit), courses)


def _unmet(run: ReportedRun, words: Words) -> dict[str, Any]:
    """Chart by year and rule, and table, of the unmet demand."""
    table = tables.unmet_table(run, words)
    if table is None:
        return {"run": run, "table": None, "svg": ""}
    years = list(range(run.start + 1, run.end + 1))
    sums = run.folder.unmet.groupby(["rule", "year"], observed=True)["ha"].sum()
    parts = {words(f"rules.{rule}"): [float(sums.get((rule, year), 0.0)) for year in years] for rule in _RULES}
    return {"run": run, "table": table, "svg": charts.stacked(words("charts.unmet"), words.unit("ha"), years, parts)}


def _quota(run: ReportedRun, words: Words) -> dict[str, Any]:
    """Chart of the quota, given and used, with its table."""
    table = tables.quota_table(run, words)
    if table is None:
        return {"run": run, "table": None, "svg": ""}
    course = [(year, given) for year, given in zip(*run.series("quota_ha"), strict=True) if year > run.start]
    years, given = [year for year, _ in course], [given for _, given in course]
    used = {words("quota_rows.used"): [run.value("quota_used_ha", year) for year in years]}
    svg = charts.stacked(
        words("charts.quota"), words.unit("ha"), years, used, (years, given), words("quota_rows.given")
    )
    return {"run": run, "table": table, "svg": svg}


def _events(run: ReportedRun, words: Words) -> dict[str, Any]:
    """Chart by year and kind, and table, of the changes of land."""
    events = run.folder.events
    land = events[events["layer"].astype(str) == "lu"]
    years = list(range(run.start + 1, run.end + 1))
    cells = land.groupby([land["kind"].astype(str), "year"]).size() * run.folder.grid.cell_area_ha
    parts = {words(f"kinds.{kind}"): [float(cells.get((kind, year), 0.0)) for year in years] for kind in KINDS}
    svg = charts.stacked(words("charts.events"), words.unit("ha"), years, parts) if len(land) else ""
    return {"run": run, "table": tables.event_table(run, words), "svg": svg}


def _keep_apart(content: dict[str, Any]) -> None:
    """Make sure that no two drawings of the page use the same names inside."""
    holders: list[tuple[Any, Any]] = [(part, "svg") for key in ("unmet", "quota", "events") for part in content[key]]
    holders += [(content["charts"], i) for i in range(len(content["charts"]))]
    for (holder, key), svg in zip(holders, charts.apart(holder[key] for holder, key in holders), strict=True):
        holder[key] = svg
