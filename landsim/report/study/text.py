"""Study in words: REPORT.md - the question, the verdict first, then how it came about and what to doubt."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from landsim.calibrate.observe_text import observation_text, table_text
from landsim.calibrate.output import demand_check
from landsim.calibrate.reliability import Reliability
from landsim.calibrate.run import Fit
from landsim.calibrate.verdict import Verdict

_TOP_COEFFICIENTS = 12


def study_text(fit: Fit) -> str:
    """Write the report of a calibrated study as Markdown; the same fit gives the same text.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    str
        Ends with a line break.
    """
    parts = [
        _opening(fit), _verdict(fit), _in_sample(fit), _selection(fit), _why(fit), _coefficients(fit), _demand(fit),
        _patches(fit), _behaviour(fit), observation_text(fit.observation), _doubts(fit), _provenance(fit),
    ]  # fmt: skip
    return "\n".join(part.strip() + "\n" for part in parts if part)


def verdict_line(fit: Fit) -> str:
    """Say in one sentence how the rules do on the test, beside the density of the class."""
    if fit.test is None:
        return "There is no test period: how the rules foretell is not known."
    fom, density = fit.test.fom, _density_fom(fit.test)
    years = f"{fit.test.span.start}-{fit.test.span.end}"
    if not fit.test.foretold:
        return f"In the test ({years}) no fitted class grows where it may: how the rules foretell is not known."
    beats = "beats" if fom > density else "does not beat"
    times = f", {fom / density:.3f} times" if density else ""
    return (
        f"Out of time ({years}) the figure of merit is {fom:.4f}; ranking by density, "
        f"with nothing fitted, has {density:.4f}: the rule set {beats} it{times}."
    )


def _density_fom(verdict: Verdict) -> float:
    return float(verdict.as_dict()["baselines"]["density"]["fom"])


def _opening(fit: Fit) -> str:
    study = fit.history.study
    lines = [f"# {study.title or study.name}", study.description.strip(), f"**{verdict_line(fit)}**"]
    return "\n\n".join(line for line in lines if line) + "\n"


def _verdict(fit: Fit) -> str:
    if fit.test is None or not fit.test.foretold:
        return ""
    text = [
        "## The test, looked at once",
        "Gain figure of merit H / (H + M + F) over the candidate cells, with the quantity that was observed. The "
        "choice below was written down before the maps of the test were opened.",
        _verdict_table(fit.test),
        _simulated(fit),
        _quantities(fit.test),
        "![Where the forecast is right and wrong](card.png)",
        "All measures, with intervals by resampling blocks and the multi-resolution curve: [card.md](card.md).",
    ]
    return "\n\n".join(part.strip() for part in text if part) + "\n"


def _verdict_table(verdict: Verdict) -> str:
    rows = []
    for name, row in verdict.as_dict()["by_class"].items():
        low, high = row["interval"]
        base = row["baselines"]
        density = base["density"]["fom"]
        rows.append([
            name, f"{row['gain_cells']:,}", f"{row['candidate_cells']:,}", f"{row['fom']:.4f}",
            _between(low, high), f"{density:.4f}", f"{base['random']['fom']:.4f}", _times(row["fom"], density),
            f"{row['auc']:.3f} ({row['density_auc']:.3f})",
        ])  # fmt: skip
    heads = ["class", "gained cells", "candidates", "figure of merit", "95 %", "density", "random", "to density",
             "AUC (density)"]  # fmt: skip
    return table_text(heads, rows)


def _simulated(fit: Fit) -> str:
    found = fit.simulated
    if found is None or fit.test is None:
        return ""
    return (
        f"Run through the simulator over the same years the rule set reaches {found.fom_without_noise:.4f} without "
        f"scatter ({_times(found.fom_without_noise, fit.test.fom)} of the figure above) and "
        f"{found.fom:.4f} on average over {len(found.by_seed)} seeds with its own scatter"
        + (f"; {found.unmet:,} cells of demand were not met." if found.unmet else ".")
    )


def _quantities(verdict: Verdict) -> str:
    card = verdict.comparison.card
    return (
        f"All classes together: figure of merit {card['fom']:.4f}, quantity disagreement {card['quantity']:.4f}, "
        f"allocation disagreement {card['allocation']:.4f}, Kappa simulation {card['kappa_simulation']:.4f}."
    )


def _in_sample(fit: Fit) -> str:
    if not fit.in_sample:
        return ""
    tables = [
        f"### {verdict.span.start}-{verdict.span.end}, partly in-sample\n\n{_verdict_table(verdict)}"
        for verdict in fit.in_sample
    ]
    note = "These years overlap the fitting period, so that the figures flatter the rules; for comparison only."
    return "\n".join(["## Further periods\n", note, "", *tables])


def _selection(fit: Fit) -> str:
    parts = ["## How the candidates were compared"]
    for name, found in fit.selections.items():
        by = (
            "forecasts inside the fitting period, crossed with parts of the map"
            if found.forecast
            else "parts of the map only: the dates do not tell how a candidate forecasts; skill over time is unselected"
        )
        if not found.folds:
            parts.append(f"### {name}\n\nTaken: **{found.chosen}**; {found.reason}.")
            continue
        rows = [
            [f"**{key}**" if key == found.chosen else key, f"{found.mean[key]:.4f}", f"{found.error[key]:.4f}"]
            for key in found.mean
        ]
        folds = ", ".join(sorted({f"{fold.start}-{fold.end}" for fold in found.folds}))
        parts.append(
            f"### {name}\n\nBy {by} ({folds}; {len(found.folds)} folds). "
            f"Chosen: **{found.chosen}**, {found.reason}.\n\n"
            + table_text(["candidate, from steady to bold", "mean figure of merit", "standard error to the best"], rows)
            + _reliable(found.reliability)
        )
    return "\n\n".join(parts)


def _reliable(found: Reliability | None) -> str:
    if found is None:
        return ""
    return (
        f"\nThe chosen one out of fold, after the last date to forecast from: AUC {found.auc:.3f}, Brier score "
        f"{found.brier:.5f} ({found.brier_of_share:.5f} without skill), log loss {found.log_loss:.4f} "
        f"({found.log_loss_of_share:.4f}), calibration slope {found.slope:.2f} (1 is right).\n"
    )


def _why(fit: Fit) -> str:
    parts = ["## Why: what the rules read", "![Importance and dependence](why.png)"]
    for name, found in fit.explanations.items():
        strong = [f"{item.group} ({item.loss:.3f})" for item in found.importance[:5] if item.loss > 0.0]
        parts.append(f"{name}: {', '.join(strong) or 'nothing beside the density of the class'}.")
    parts.append(
        "In brackets: the figure of merit that is lost when the measurement is shuffled among the cells of the fitting "
        "period. Importance is not cause: measurements that go together share it."
    )
    return "\n\n".join(parts)


def _coefficients(fit: Fit) -> str:
    """Strongest coefficients of the logits, with standard errors that know of blocks."""
    parts = []
    for name, potential in fit.potentials.items():
        for part in potential.parts:
            rows = part.facts.get("coefficients")
            if not rows:
                continue
            strongest = sorted(rows, key=lambda row: -abs(row["coefficient"] * row["deviation"]))[:_TOP_COEFFICIENTS]
            table = table_text(
                ["input", "unit", "coefficient", "standard error", "odds ratio of one deviation"],
                ([r["input"], r["unit"], f"{r['coefficient']:.4g}", f"{r['standard_error']:.2g}",
                  f"{r['odds_ratio']:.3f}"] for r in strongest),
            )  # fmt: skip
            parts.append(f"### Logit of {name} on {part.recipe} features, strongest inputs\n\n{table}")
    return "\n".join(parts)


def _demand(fit: Fit) -> str:
    found = fit.demand
    last = len(found.years) - 1
    picked = sorted({0, min(5, last), min(10, last), min(15, last), last})
    rows = [[found.years[i], *(f"{cells:,}" for cells in found.cells[i])] for i in picked]
    errors = ", ".join(f"{mode} {error:.3f}" for mode, error in found.errors.items())
    how = f" Error of telling the last date from earlier ones: {errors}." if errors else ""
    text = f"Mode: {found.mode}.{how} Cells at the end of the year; the path is in `rules/demand.csv`."
    return f"## Demand\n\n{text}\n\n{table_text(['year', *found.names], rows)}{_demand_test(fit)}"


def _demand_test(fit: Fit) -> str:
    """Growth foretold for the test beside what was observed: quantity is no part of the figures of merit above."""
    checked = {} if fit.test is None else demand_check(fit)
    if not checked:
        return ""
    rows = [
        [name, f"{row['foretold']:+,}", f"{row['observed']:+,}",
         "-" if row["relative_error"] is None else f"{100 * row['relative_error']:+.0f} %"]
        for name, row in checked.items()
    ]  # fmt: skip
    text = "\nGrowth foretold for the test period beside what was observed, cells:\n\n"
    return text + table_text(["class", "foretold", "observed", "error"], rows)


def _patches(fit: Fit) -> str:
    rows = [
        [name, f"{p.mean_ha:.2f}", f"{p.spread:.2f}", f"{p.compact:.2f}", f"{p.patches:,}",
         *(f"{100 * share:.0f}" for share in (p.outlying, p.edge, p.infill))]
        for name, p in fit.patches.items()
    ]  # fmt: skip
    heads = ["class", "mean, ha", "spread of ln", "compactness", "patches", "outlying, %", "edge, %", "infill, %"]
    return f"## Patches\n\n{table_text(heads, rows)}"


def _behaviour(fit: Fit) -> str:
    if fit.behaviour is None:
        return (
            "## Behaviour\n\nNot searched: the fitted chance is taken as it is, without a reacting neighbourhood "
            "or bids, and cells are drawn in proportion to it.\n"
        )
    found = fit.behaviour
    rows = [[path, f"{value:.4g}"] for path, value in sorted(found.values.items())]
    lines = [f"- {caution}" for caution in found.cautions]
    text = f"{len(found.trials)} trials on hindcasts inside the fitting period, on potentials that do not know its end."
    return "\n\n".join(["## Behaviour", text, table_text(["parameter", "value"], rows).strip(), "\n".join(lines)])


def _doubts(fit: Fit) -> str:
    lines = [str(caution) for caution in fit.history.cautions]
    if fit.test is not None and fit.test.foretold and not fit.test.fom > _density_fom(fit.test):
        lines.append("the rules do not beat density ranking out of time; use them with care, or `density` alone")
    lines += [f"{name}: judged by parts of the map only" for name, s in fit.selections.items() if not s.forecast]
    lines.append(
        "rules hold under the policies of the fitting period: a new line, quota or plan is applied on top of them"
    )
    return "## What to doubt\n\n" + _bullets(lines)


def _provenance(fit: Fit) -> str:
    record = sorted({(r.file, r.source, r.licence) for r in fit.history.records})
    rows: list[Sequence[object]] = [[f"`{file}`", source or "-", licence or "-"] for file, source, licence in record]
    return f"## Files\n\n{table_text(['file', 'source', 'licence'], rows)}\nHashes and versions are in `fit.json`.\n"


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines) + "\n"


def _between(low: float, high: float) -> str:
    return "-" if math.isnan(low) else f"{low:.4f}-{high:.4f}"


def _times(value: float, other: float) -> str:
    return f"{value / other:.3f}" if other else "-"
