"""Tables of a report: plain records of text that the template sets, and the words above them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from landsim.indicators.record import SECTORS
from landsim.io.columns import RULES
from landsim.report.page.run import ReportedRun
from landsim.report.words import Words

Row = list[str]

SIDE_BY_SIDE = 3
"""Runs whose ends stand side by side in a table."""


class Table(NamedTuple):
    """A table: caption, headings, rows of text, the first column of numbers, and headings before rows by number."""

    caption: str
    head: Row
    rows: list[Row]
    numbers_from: int = 1
    groups: Mapping[int, str] = MappingProxyType({})


GROUPS: dict[str, tuple[str, ...]] = {
    "land": (
        "built_ha", "urban_ha", "rural_built_ha", "arable_ha", "arable_net_loss_ha", "urbanised_share", "stock_share",
        "lcrpgr", "unmet_ha",
    ),
    "lines": ("erl_ha", "erl_intrusion_ha", "pbf_ha", "pbf_intrusion_ha", "illegal_ha"),
    "form": (
        "form_compactness", "form_patches", "form_patch_density", "form_mean_patch_ha", "form_largest_patch",
        "form_edge_density", "form_clumpiness", "form_outlying", "form_edge", "form_infill", "centre_distance",
        "use_mix", "clark_slope", "clark_density", "density_gini",
    ),
    "people": (
        "population", "urbanisation", "unregistered_share", "net_migration", "village_exodus", "housing_queue",
        "vacancy", "price", "price_village", "price_to_income", "built_per_person", "urban_per_person",
        "green_per_person",
    ),
    "access": (
        "commute", "jobs_45min", "centre_1h", "service_access", "service_gap", "service_access_gini",
        "service_access_theil", "facility_coverage", "income_gini", "income_theil", "dissimilarity_income",
        "dissimilarity_hukou",
    ),
    "economy": (
        "gva", "jobs", "jobs_per_worker", *(f"sector_jobs_{sector}" for sector in SECTORS), "innovation_share",
        "land_per_gva", "land_revenue", "land_dependence", "compensation", "works", "farmers_share", "debt_ratio",
    ),
    "farm": ("grain", "grain_loss", "persons_fed", "farm_grade", "abandoned_share", "non_grain_share", "farm_income"),
    "ecology": (
        "ecological_share", "forest_ha", "grass_ha", "wetland_ha", "mesh_ha", "service_value", "carbon", "co2_released",
    ),
    "risk": (
        "grain_self_sufficiency", "arable_per_person", "hazard_population", "hazard_jobs", "water_pressure",
        "urban_pressure", "arable_pressure",
    ),
    "composite": ("economy", "livelihood", "environment", "eq3"),
}  # fmt: skip
"""Indicators of the report by group."""


def indicator_table(runs: Sequence[ReportedRun], words: Words) -> Table:
    """Start and end of every indicator that a run knows; of one the change, of several what differs from the first."""
    rows: list[Row] = []
    groups: dict[int, str] = {}
    for group, names in GROUPS.items():
        shown = [name for name in names if any(run.tells(name) for run in runs)]
        if shown:
            groups[len(rows)] = words(f"groups.{group}")
        rows += [_indicator_row(name, runs, words) for name in shown]
    head = [words("tables.indicator"), words("tables.unit"), *_course_head(runs, words)]
    return Table(words("sections.indicators"), head, rows, 2, groups)


def _indicator_row(name: str, runs: Sequence[ReportedRun], words: Words) -> Row:
    unit = next(run.units[name] for run in runs if name in run.units)
    start, ends = runs[0].value(name, runs[0].start), [run.value(name, run.end) for run in runs]
    return [words.indicator(name), words.unit(unit), *course(start, ends, unit, words)]


def course(start: float, ends: Sequence[float], unit: str, words: Words) -> Row:
    """Write a value at the start and at the end of each run, and its changes, as `_course_head` names the columns."""
    if len(ends) == 1:
        return words.alike([start, ends[0]], unit, [ends[0] - start])
    shown = ends if len(ends) <= SIDE_BY_SIDE else ends[:1]
    return words.alike([start, *shown], unit, [end - ends[0] for end in ends[1:]])


def _course_head(runs: Sequence[ReportedRun], words: Words) -> Row:
    """Headings of the start, the ends and the changes; of many runs all but the base are told by their difference."""
    first = runs[0]
    head = [words("tables.start", year=first.start)]
    if len(runs) == 1:
        return [*head, words("tables.end", year=first.end), words("tables.change")]
    shown = runs if len(runs) <= SIDE_BY_SIDE else runs[:1]
    head += [words("tables.end_run", run=run.name, year=run.end) for run in shown]
    return head + [words("tables.against", run=run.name, base=first.name) for run in runs[1:]]


def land_table(runs: Sequence[ReportedRun], words: Words) -> Table:
    """Area of each class that occurs at the start and at the end of each run."""
    first, area = runs[0], runs[0].folder.grid.cell_area_ha
    rows = []
    for entry in first.folder.legend.rows:
        start = float(first.counts[first.start][entry.code] * area)
        ends = [float(run.counts[run.end][entry.code] * area) for run in runs]
        if start or any(ends):
            rows.append([words.land(entry, first.folder.legend), *course(start, ends, "ha", words)])
    head = [words("tables.class"), *_course_head(runs, words)]
    return Table(words.measured(words("sections.land"), "ha"), head, rows)


def quota_table(run: ReportedRun, words: Words) -> Table | None:
    """Quota given and used, year by year; None where there is no quota."""
    course_ = [(year, granted) for year, granted in zip(*run.series("quota_ha"), strict=True) if year > run.start]
    if not course_:
        return None
    years, given = [list(part) for part in zip(*course_, strict=True)]
    used = [run.value("quota_used_ha", year) for year in years]
    shares = [100 * part / granted if granted else float("nan") for part, granted in zip(used, given, strict=True)]
    areas = words.alike([*given, *used], "ha")
    columns = ([str(year) for year in years], areas[: len(years)], areas[len(years) :], words.alike(shares, "%"))
    names = [words(f"quota_rows.{name}") for name in ("given", "used", "share")]
    head = [words("page.year"), *map(words.measured, names, ("ha", "ha", "%"))]
    return Table(words("charts.quota"), head, [list(row) for row in zip(*columns, strict=True)])


def ledger_table(runs: Sequence[ReportedRun], words: Words) -> Table | None:
    """Opening, credits, debits and closing of the arable balance; None where it is off in every run."""
    kept = [run for run in runs if "balance_bank_ha" in run.units]
    if not kept:
        return None
    lines: list[float] = []
    for run in kept:
        moved = {name: sum(run.series(f"balance_{name}_ha")[1]) for name in ("credit", "debit")}
        ends = [run.value("balance_bank_ha", year) for year in (run.start, run.end)]
        lines += [ends[0], moved["credit"], -moved["debit"], ends[1]]
    names = [words(f"ledger.{name}") for name in ("opening", "credit", "debit", "closing")]
    figures = words.alike(lines, "ha")
    rows = [[name, *figures[i :: len(names)]] for i, name in enumerate(names)]
    head = [words("tables.entry"), *(run.name for run in kept)]
    return Table(words.measured(words("ledger_title"), "ha"), head, rows)


def unmet_table(run: ReportedRun, words: Words) -> Table | None:
    """Unmet demand by class and rule in the last year and in its worst one; None where all was met.

    A year's demand holds what was not met before, so that years are not added up.
    """
    table = run.folder.unmet
    if table.empty:
        return None
    legend = {row.name: words.land(row, run.folder.legend) for row in run.folder.legend.rows}
    rows, areas = [], []
    for (name, rule), part in table.groupby(["class", "rule"], observed=True):
        years = sorted(part["year"].unique())
        span = f"{years[0]}–{years[-1]}" if len(years) > 1 else str(years[0])
        rows.append([legend.get(str(name), str(name)), words(f"rules.{rule}"), span])
        yearly = part.groupby("year")["ha"].sum()
        areas += [float(yearly.get(run.end, 0.0)), float(yearly.max())]
    figures = words.alike(areas, "ha")
    head = [
        words("tables.class_lacking"), words("tables.rule"), words("tables.years"),
        words.measured(words("tables.at_end", year=run.end), "ha"),
        words.measured(words("tables.most_in_a_year"), "ha"),
    ]  # fmt: skip
    return Table(run.name, head, [[*row, *figures[2 * i : 2 * i + 2]] for i, row in enumerate(rows)], 2)


def rule_table(runs: Sequence[ReportedRun], words: Words) -> Table | None:
    """What each rule that binds somewhere means; None where all demand was met."""
    found = {str(rule) for run in runs for rule in run.folder.unmet["rule"].unique()}
    rows = [[words(f"rules.{rule}"), words(f"rule_means.{rule}")] for rule in RULES if rule in found]
    return Table(words("tables.meaning"), [words("tables.rule"), words("tables.meaning")], rows, 99) if rows else None


def event_table(run: ReportedRun, words: Words) -> Table | None:
    """Changes of land by kind and by who is behind them; None where nothing changed."""
    events = run.folder.events
    land = events[events["layer"].astype(str) == "lu"]
    lines = events[events["layer"].astype(str) != "lu"]
    rows: list[tuple[str, str, int]] = []
    for part in (land, lines):
        if not part.empty:
            who = part["agent"].astype(str).str.partition(":")[0]
            counts = part.groupby([part["kind"].astype(str), who]).size().sort_values(ascending=False)
            pairs = counts.reset_index(name="cells").itertuples(index=False, name=None)
            rows += [(str(kind), str(agent), int(cells)) for kind, agent, cells in pairs]
    areas = words.alike([cells * run.folder.grid.cell_area_ha for _, _, cells in rows], "ha")
    shown = [_event_row(*row, area, words) for row, area in zip(rows, areas, strict=True)]
    head = [words("tables.event"), words("tables.by"), words("tables.cells"), words.unit("ha")]
    return Table(run.name, head, shown, 2) if shown else None


def _event_row(kind: str, agent: str, cells: int, area: str, words: Words) -> Row:
    actor = words(f"agents.{agent}") if agent in words.table["agents"] else agent
    return [words(f"kinds.{kind}"), actor, words.number(cells), area]


def provenance(run: ReportedRun, words: Words) -> list[tuple[str, str]]:
    """Facts from which the run can be told apart and made again."""
    made, grid = run.manifest, run.folder.grid
    states = made.get("state_hash") or {}
    versions = ", ".join(f"{name} {number}" for name, number in made.get("versions", {}).items())
    results = ", ".join(f"{name} {digest[:16]}…" for name, digest in made.get("files", {}).items())
    crs = grid.crs if len(grid.crs) < 40 else grid.crs[:40] + "…"
    facts: list[tuple[str, Any]] = [
        ("question.seed", made["seed"]),
        ("question.rules", made["rules"]),
        ("method.grid", words(
            "method.grid_text", height=grid.height, width=grid.width, size=words.number(grid.cell_size),
            crs=crs or words("method.no_crs"),
        )),
        ("method.scenario_hash", made.get("config_sha256")),
        ("method.catalog_hash", made.get("catalog_sha256")),
        ("method.permission_hash", made.get("permission_sha256")),
        ("method.state_hash", states.get(str(run.end))),
        ("method.results", results),
        ("method.versions", versions),
        ("method.wall", f"{words.number(float(made.get('wall_s', float('nan'))))} s"),
    ]  # fmt: skip
    return [(words(key), str(value)) for key, value in facts if value not in (None, "")]


def data_table(run: ReportedRun, words: Words) -> Table | None:
    """Files that went into the run, with their source and hash; None where it says nothing of them."""
    rows = [
        [
            str(record.get("key", "")),
            str(record.get("file", "")),
            str(record.get("source") or words("page.not_known")),
            str(record.get("licence") or words("page.not_known")),
            str(record.get("sha256", ""))[:16],
        ]
        for record in run.manifest.get("data", [])
    ]
    head = [words("method.layer"), words("method.file"), words("page.source"), words("method.licence"), "sha256"]
    return Table(words("method.data"), head, rows, 99) if rows else None
