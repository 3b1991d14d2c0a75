"""Analysis: the gathered tables become tables of means, convergence, differences, indices, variance and regret."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landsim.indicators.intervals import half_width, t_interval, wilson
from landsim.indicators.paired import cohen_d, holm, t_chance
from landsim.sweep.axes import AXES
from landsim.sweep.choices import regrets, satisfied
from landsim.sweep.convergence import running, seeds_enough, seeds_needed
from landsim.sweep.folders import SweepFolder
from landsim.sweep.gather import replaced_folder, write_table
from landsim.sweep.indices import indices
from landsim.sweep.maps import Share
from landsim.sweep.outcomes import Outcomes, means_by_seed, read_outcomes, whole_block
from landsim.sweep.plan import Plan
from landsim.sweep.settings import Questions
from landsim.sweep.tables import Tables
from landsim.sweep.variance import split

if TYPE_CHECKING:
    import pandas as pd

_LABELS = ", ".join(AXES)
_OF_A_YEAR = f"""
WITH found AS (
    SELECT {_LABELS}, point, seed, indicator, year, unit, value FROM runs JOIN indicators USING (run)
    WHERE district = 0 AND year = ? AND isfinite(value)
), points AS (
    SELECT {_LABELS}, indicator, point, count(*) AS seeds FROM found GROUP BY ALL
), whole AS (
    SELECT {_LABELS}, indicator, point FROM points
    QUALIFY seeds = max(seeds) OVER (PARTITION BY {_LABELS}, indicator)
), means AS (
    SELECT {_LABELS}, indicator, seed, avg(value) AS mean
    FROM found JOIN whole USING ({_LABELS}, indicator, point) GROUP BY ALL
), spreads AS (
    SELECT {_LABELS}, indicator, stddev_samp(mean) AS spread, count(*) AS seeds FROM means GROUP BY ALL
), told AS (
    SELECT {_LABELS}, indicator, year, any_value(unit) AS unit, count(*) AS runs, avg(value) AS mean,
        stddev_samp(value) AS sd, quantile_cont(value, 0.05) AS q05, quantile_cont(value, 0.5) AS median,
        quantile_cont(value, 0.95) AS q95
    FROM found GROUP BY ALL
)
SELECT told.*, spread, seeds FROM told JOIN spreads USING ({_LABELS}, indicator)
ORDER BY {_LABELS}, indicator
"""

_ENDS = f"""
SELECT {_LABELS}, min(last) AS shortest, max(last) AS longest
FROM runs JOIN (SELECT run, max(year) AS last FROM indicators WHERE district = 0 GROUP BY run) USING (run)
GROUP BY ALL ORDER BY min(number)
"""

Rows = list[dict[str, Any]]
Values = npt.NDArray[np.float64]

USUAL = (
    "built_ha", "urban_ha", "arable_ha", "arable_net_loss_ha", "unmet_ha", "population", "vacancy", "price",
    "price_to_income", "commute", "service_value", "eq3",
)  # fmt: skip
"""Indicators that are weighed where a sweep names none."""


def analyse(plan: Plan, folder: SweepFolder, shares: Sequence[Share]) -> dict[str, pd.DataFrame]:
    """Write the tables of analysis beside the gathered ones, and give them by name.

    ``absent`` tells the indicators that were asked for and that no run has, since its data do not give them,
    ``unsplit`` those of which no variance is told, and ``ends`` the last years of the runs of each base.

    Raises
    ------
    InputError
        If nothing was gathered, a library is missing, or the disk is full.
    """
    import pandas as pd

    with Tables(folder.tables) as tables:
        known = tables.query("SELECT DISTINCT indicator FROM indicators WHERE district = 0")["indicator"].tolist()
        outcomes = read_outcomes(plan, tables, weighed(plan.sweep.questions, known))
        frames = {"yearly": yearly(tables), "ends": tables.query(_ENDS)}
    made: dict[str, Callable[[], Rows]] = {
        "convergence": lambda: _convergence(plan, outcomes),
        "differences": lambda: _differences(plan, outcomes),
        "indices": lambda: _indices(plan, outcomes),
        "variance": lambda: _variance(plan, outcomes),
        "unsplit": lambda: _unsplit(plan, outcomes),
        "regret": lambda: _regret(plan, outcomes),
        "satisficing": lambda: _satisficing(plan, outcomes),
        "absent": lambda: _absent(plan, known),
        "land": lambda: [{**plan.bases[share.base].labels, **asdict(share)} for share in shares],
    }
    frames |= {name: pd.DataFrame(make()) for name, make in made.items()}
    _write(folder, frames)
    return frames


def _write(folder: SweepFolder, frames: dict[str, pd.DataFrame]) -> None:
    import pyarrow as pa

    with replaced_folder(folder.path / "analysis") as aside:
        for name, frame in frames.items():
            if len(frame):
                write_table(aside / f"{name}.parquet", pa.Table.from_pandas(frame, preserve_index=False))


def weighed(asked: Questions, known: Collection[str]) -> list[str]:
    """Indicators to weigh, of those that the runs have."""
    wanted = [*(asked.indicators or USUAL), *asked.goals, *asked.thresholds]
    found = [name for name in dict.fromkeys((*wanted, *USUAL)) if name in known]
    return [name for name in found if name in wanted] or found or sorted(known)


def _absent(plan: Plan, known: Sequence[str]) -> Rows:
    """Indicators that were asked for by name and that no run has, and by which key they were."""
    asked = plan.sweep.questions
    named = {"indicators": asked.indicators, "goals": asked.goals, "thresholds": asked.thresholds}
    return [
        {"asked": f"questions.{key}", "indicator": name} for key, names in named.items() for name in names
        if name not in known
    ]  # fmt: skip


def yearly(tables: Tables) -> pd.DataFrame:
    """Mean, interval and quantiles of every indicator of the whole place, by base and year, a year at a time.

    Mean and quantiles are over all runs.  The interval is that of the means of the seeds, over the points that have
    as many of them as any, since only seeds are independent: points of a design are chosen.
    """
    import pandas as pd

    years = tables.query("SELECT DISTINCT year FROM indicators ORDER BY year")["year"].tolist()
    parts = [tables.query(_OF_A_YEAR, int(year)) for year in years]
    frame = pd.concat(parts, ignore_index=True)
    half = half_width(frame.pop("spread"), frame.pop("seeds"))
    return frame.assign(low=frame["mean"] - half, high=frame["mean"] + half)


def _convergence(plan: Plan, outcomes: Outcomes) -> Rows:
    """For each base and indicator, the mean over points after each number of seeds."""
    rows: Rows = []
    if len(plan.sweep.seeds) < 2:
        return rows
    precision = plan.sweep.questions.precision
    for base, name in itertools.product(plan.bases, outcomes.names):
        values = outcomes.by_seed(base.number, name)
        if values.size < 2:
            continue
        mean, half = running(values)
        facts = {
            **base.labels,
            "indicator": name,
            "enough": seeds_enough(values, precision) or -1,
            "needed": seeds_needed(values, precision),
        }
        rows += [{**facts, "seeds": n + 1, "mean": float(mean[n]), "half": float(half[n])} for n in range(values.size)]
    return rows


def _differences(plan: Plan, outcomes: Outcomes) -> Rows:
    """Each strategy against the first one, seed by seed, over the points, structures and futures that both have.

    Only seeds are independent: pairs of points of a single seed say nothing about chance, so there is no row then.
    """
    strategies = list(plan.sweep.overrides)
    rows: Rows = []
    for override, name in itertools.product(strategies[1:], outcomes.names):
        for scenario in plan.sweep.scenario_labels:
            a, b = (outcomes.over_seeds(name, scenario=scenario, override=o) for o in (strategies[0], override))
            pairs = means_by_seed(b - a)
            if pairs.size < 2:
                continue
            kept = int(whole_block(np.isfinite(b - a))[0].sum())
            facts: dict[str, Any] = {"scenario": scenario, "override": override, "against": strategies[0]}
            facts |= {"indicator": name, "combinations": kept, "left_out": len(b) - kept}
            rows.append({**facts, **_difference(pairs)})
    corrected = holm([row["p"] for row in rows])
    return [{**row, "p_holm": float(p)} for row, p in zip(rows, corrected, strict=True)]


def _difference(pairs: Values) -> dict[str, float]:
    """Mean of paired differences with its interval, the chance of one as large by luck, and Cohen's d."""
    mean, low, high = map(float, t_interval(pairs))
    p, effect = float(t_chance(pairs)), float(cohen_d(pairs))
    return {"mean": mean, "low": low, "high": high, "p": p, "effect": effect, "pairs": pairs.size}


def _indices(plan: Plan, outcomes: Outcomes) -> Rows:
    """Of each base: outcomes averaged over seeds, against the parameters."""
    rows: Rows = []
    for base, name in itertools.product(plan.bases, outcomes.names):
        found = indices(plan.points, outcomes.by_point(base.number, name))
        rows += [{**base.labels, "indicator": name, **row} for row in found]
    return rows


def _variance(plan: Plan, outcomes: Outcomes) -> Rows:
    """Shares of scenario, strategy, structure, future, parameters and seeds, over the full table of runs."""
    rows: Rows = []
    for name in outcomes.names:
        table, seeds, points = outcomes.full(name)
        if table.size < 2:
            continue
        for source, share in split(table, (*AXES, "parameters", "seed")).items():
            rows.append({"indicator": name, "source": source, "share": share, "seeds": seeds, "points": points})
    return rows


def _unsplit(plan: Plan, outcomes: Outcomes) -> Rows:
    """Indicators that no two runs have which are comparable over all bases, so that no variance can be split."""
    names = outcomes.names if len(plan.rows) > 1 else []
    return [{"indicator": name} for name in names if outcomes.full(name)[0].size < 2]


def _means(plan: Plan, outcomes: Outcomes, name: str, scenario: str) -> Values:
    """Mean of an outcome over the runs that every strategy has in a future, shape (strategies, futures)."""
    sweep = plan.sweep
    means = np.full((len(sweep.overrides), len(sweep.futures)), np.nan)
    for j, future in enumerate(sweep.futures):
        alike = [outcomes.of(name, scenario=scenario, override=o, future=future) for o in sweep.overrides]
        shared = np.isfinite(alike).all(axis=0)
        if shared.any():
            means[:, j] = np.asarray(alike)[:, shared].mean(axis=1)
    return means


def _regret(plan: Plan, outcomes: Outcomes) -> Rows:
    rows: Rows = []
    sweep = plan.sweep
    for name, goal in sweep.questions.goals.items():
        if name not in outcomes.names or len(sweep.overrides) < 2:
            continue
        for scenario in sweep.scenario_labels:
            means = _means(plan, outcomes, name, scenario)
            regret = regrets(means, goal)
            for i, override in enumerate(sweep.overrides):
                facts = {"scenario": scenario, "override": override, "indicator": name, "goal": goal}
                worst = float(np.nanmax(regret[i])) if np.isfinite(regret[i]).any() else float("nan")
                rows += [
                    {**facts, "future": f, "mean": float(means[i, j]), "regret": float(regret[i, j]), "largest": worst}
                    for j, f in enumerate(sweep.futures)
                ]
    return rows


def _satisficing(plan: Plan, outcomes: Outcomes) -> Rows:
    """Share of the runs of each strategy that keep every bound, with Wilson's interval, in each future and in all."""
    sweep = plan.sweep
    bounds = {name: (t.min, t.max) for name, t in sweep.questions.thresholds.items() if name in outcomes.names}
    if not bounds:
        return []
    rows: Rows = []
    for labels in _choices(plan):
        values = {name: outcomes.of(name, **labels) for name in bounds}
        finite = np.logical_and.reduce([np.isfinite(v) for v in values.values()])
        good = satisfied({name: v[finite] for name, v in values.items()}, bounds)
        share = wilson(int(good.sum()), good.size)
        facts = {"scenario": labels["scenario"], "override": labels["override"], "future": labels.get("future", "all")}
        rows.append({**facts, "runs": good.size, "share": share.value, "low": share.low, "high": share.high})
    return rows


def _choices(plan: Plan) -> Iterator[dict[str, str]]:
    sweep = plan.sweep
    for scenario, override in itertools.product(sweep.scenario_labels, sweep.overrides):
        labels = {"scenario": scenario, "override": override}
        yield labels
        if len(sweep.futures) > 1:
            yield from ({**labels, "future": future} for future in sweep.futures)
