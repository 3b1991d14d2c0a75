"""Tables for a choice between strategies of a sweep: robust land, regret over futures, and thresholds kept."""

from __future__ import annotations

from landsim.report.page.tables import Table
from landsim.report.sweep.numbers import percent
from landsim.report.sweep.tables import capped
from landsim.report.sweep.view import Row, SweepView
from landsim.report.words import Words

CHOSEN = ("scenario", "override")


def land_table(view: SweepView) -> Table | None:
    """Robust and contested land of each base that has several runs, ha and percent; None where there is none."""
    words, rows = view.words, []
    for base, land in view.land.items():
        if land.runs > 1:
            parts = (land.stays, land.changes, land.contested)
            areas = [text for ha in parts for text in (words.amount(ha, "ha"), percent(ha / land.total, words))]
            rows.append([view.name(view.plan.bases[base].labels), words.number(land.runs), *areas])
    heads = [words(f"sweep.land_kinds.{kind}") for kind in ("robust_stay", "robust_change", "contested")]
    named = [text for head in heads for text in (f"{head} ({words.unit('ha')})", f"{head} (%)")]
    head = [words("sweep.tables.base"), words("sweep.tables.runs"), *named]
    return capped(words("sweep.captions.land"), head, rows, 1, "analysis/land.parquet", words) if rows else None


def regret_table(view: SweepView) -> Table | None:
    """Regret of each strategy in each future, and the largest, under each goal; None without goals."""
    words, rows = view.words, view.rows("regret")
    futures = list(dict.fromkeys(row["future"] for row in rows))
    lines, groups = list[list[str]](), dict[int, str]()
    for scenario, name in dict.fromkeys((row["scenario"], row["indicator"]) for row in rows):
        mine = [row for row in rows if (row["scenario"], row["indicator"]) == (scenario, name)]
        goal = words("sweep.asked.goal", goal=words(f"sweep.goals.{mine[0]['goal']}"))
        lead = f"{scenario} · " if "scenario" in view.varying else ""
        groups[len(lines)] = f"{lead}{view.heading(name)}{words('page.semicolon')}{goal}"
        for strategy in dict.fromkeys(row["override"] for row in mine):
            found = {row["future"]: row for row in mine if row["override"] == strategy}
            figures = [words.amount(found[future]["regret"], view.units[name]) for future in futures]
            largest = [words.amount(next(iter(found.values()))["largest"], view.units[name])]
            lines.append([view.label(strategy), *figures, *(largest if len(futures) > 1 else [])])
    many = len(futures) > 1
    heads = [*map(view.label, futures), words("sweep.tables.largest")] if many else [words("sweep.tables.regret")]
    head = [words("sweep.axes.override"), *heads]
    file = "analysis/regret.parquet"
    return capped(words("sweep.captions.regret"), head, lines, 1, file, words, groups) if lines else None


def satisficing_table(view: SweepView) -> Table | None:
    """Share of the runs of each strategy that keep all thresholds, in all futures and in each; None without any."""
    words, rows = view.words, view.rows("satisficing")
    futures = list(dict.fromkeys(row["future"] for row in rows))
    known: dict[tuple[str, str], dict[str, Row]] = {}
    for row in rows:
        known.setdefault((row["scenario"], row["override"]), {})[row["future"]] = row
    lines = []
    for (scenario, strategy), found in known.items():
        name = view.name({"scenario": scenario, "override": strategy}, CHOSEN)
        runs = words.number(int(found["all"]["runs"]))
        lines.append([name, runs, *(_share(found.get(future), words) for future in futures)])
    names = [words("sweep.tables.all_futures") if future == "all" else view.label(future) for future in futures]
    if len(futures) == 1:
        names = [words("sweep.tables.share")]
    head = [words("sweep.tables.base"), words("sweep.tables.runs"), *(f"{name} (%)" for name in names)]
    file = "analysis/satisficing.parquet"
    return capped(words("sweep.captions.satisficing"), head, lines, 1, file, words) if lines else None


def _share(row: Row | None, words: Words) -> str:
    if row is None:
        return words("page.not_known")
    edges = words("sweep.to", low=percent(row["low"], words), high=percent(row["high"], words))
    return f"{percent(row['share'], words)} ({edges})"
