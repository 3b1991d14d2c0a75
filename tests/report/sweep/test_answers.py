"""Answers of a sweep: each sentence is what its table says, and only clear differences are called differences."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from landsim.report.sweep.answers import answers, counts
from landsim.report.sweep.view import SweepView
from landsim.report.words import Words
from landsim.sweep.axes import AXES
from landsim.sweep.conduct import Result
from landsim.sweep.folders import SweepFolder
from landsim.sweep.gather import Gathered
from landsim.sweep.maps import Share
from landsim.sweep.plan import make_plan
from landsim.sweep.settings import load_sweep
from tests.sweep.small import of_function

LABELS = {"scenario": "as_is", "override": "trend", "structure": "as_is", "future": "as_is"}
STRICT = {**LABELS, "override": "strict"}


def yearly(name, unit, values):
    """Rows of the yearly table of the first strategy: a mean a year."""
    shape = {"runs": 4, "sd": 1.0, "q05": 0.0, "median": 0.0, "q95": 0.0, "low": 0.0, "high": 0.0}
    return [{**LABELS, "indicator": name, "unit": unit, "year": y, "mean": mean, **shape} for y, mean in values.items()]


def difference(name, mean, low, high, p, effect):
    """A row of the differences."""
    facts = {"scenario": "as_is", "override": "strict", "against": "trend", "indicator": name, "pairs": 4, "p": p}
    return {**facts, "mean": mean, "low": low, "high": high, "p_holm": p, "effect": effect}


OUTCOMES = [
    *yearly("built_ha", "ha", {2020: 100.0, 2030: 150.0}),
    *yearly("arable_ha", "ha", {2020: 900.0, 2030: 855.0}),
    *yearly("arable_net_loss_ha", "ha", {2021: 5.0, 2030: 45.0}),
    *yearly("price", "CNY/m2", {2020: 8000.0, 2030: 9000.0}),
    *yearly("population", "persons", {2020: 1e6, 2030: 1.2e6}),
]
DIFFERENCES = [
    difference("built_ha", -20.0, -24.0, -16.0, 0.001, -1.5),
    difference("arable_ha", 18.0, 15.0, 21.0, 0.0001, 3.0),
    difference("arable_net_loss_ha", -18.0, -21.0, -15.0, 0.0001, -3.0),
    difference("price", 40.0, 1.0, 79.0, 0.2, 0.9),
    difference("population", 0.0, 0.0, 0.0, 1.0, 0.0),
]


@pytest.fixture
def told(tmp_path):
    """Give the sentences of a sweep of two strategies, which run alike, from tables of one's own."""

    def say(lang="en", done=4, shares=(), **tables):
        path = of_function(tmp_path, "noisy_sum", overrides={"trend": [], "strict": []}, seeds=4)
        plan = make_plan(load_sweep(path))
        frames = {"yearly": pd.DataFrame(OUTCOMES), **{name: pd.DataFrame(rows) for name, rows in tables.items()}}
        result = Result(None, Gathered(done, 4 - done), frames, list(shares))
        return answers(SweepView(plan, SweepFolder(tmp_path / "out"), result, Words(lang)))

    return say


def test_what_differs_is_told_by_size_without_mirrors_and_with_intervals(told):
    lines = told(differences=DIFFERENCES)
    assert lines[1] == "trend: Construction land goes from 100 to 150 ha on average (+50 %)."
    assert lines[2] == "trend: Cropland goes from 900 to 855 ha on average (−5 %)."
    assert lines[3] == (
        "strict against trend, in brackets the 95 % interval: "
        "Cropland +18.0 ha (+15.0 to +21.0); Construction land −20.0 ha (−24.0 to −16.0)."
    )
    assert lines[4] == "No difference beyond chance between strict and trend: Price of floor space; Population."


def test_strategies_that_do_not_differ_are_told_so_in_both_languages(told):
    assert "strict differs from trend in none of the 2 indicators beyond chance." in told(differences=DIFFERENCES[3:])
    assert "strict 与 trend 的全部 2 项指标差异均未超出随机波动。" in told("zh", differences=DIFFERENCES[3:])


def test_strategies_without_pairs_of_runs_are_told(told):
    assert "Nothing is said about differences from trend of strict: fewer than two seeds have runs of both." in told()
    assert "以下策略与trend的差异未予比较，因为双方都有结果的种子不足两个：strict。" in told("zh")
    assert not any("Nothing is said" in line for line in told(differences=DIFFERENCES))


def test_robust_and_contested_land_is_told_in_ha(told):
    areas = {"robust_stay": 900.0, "robust_change": 60.0, "contested": 40.0}
    shares = [Share(0, kind, int(ha), ha, 4) for kind, ha in areas.items()]
    line = "trend: at least 90 % of the 4 runs agree on 960 ha, 60 ha of which change; 40 ha are contested (4 %)."
    assert line in told(shares=shares)
    alone = [Share(0, kind, int(ha), ha, 1) for kind, ha in areas.items()]
    assert not any("contested" in line for line in told(shares=alone))


def test_seeds_that_lack_are_told_with_how_many_would_do(told):
    def row(labels, name, enough, needed):
        return {**labels, "indicator": name, "enough": enough, "needed": needed, "seeds": 4, "mean": 1.0, "half": 0.1}

    rows = [
        row(LABELS, "built_ha", 3, 2.0), row(LABELS, "price", -1, 40.0), row(STRICT, "price", 2, 2.0),
        row(LABELS, "population", -1, math.inf),
    ]  # fmt: skip
    assert (
        "4 seeds are enough for 1 of 3 indicators, whose means are known to within 2 %; not for "
        "Price of floor space (about 40); Population (its mean is near 0)."
    ) in told(convergence=rows)
    assert "4 seeds are enough: the mean of every indicator is known to within 2 %." in told(convergence=rows[:1])


def test_the_source_of_the_spread_and_the_parameter_that_matters_are_named(told):
    shares = {"built_ha": (0.7, 0.3), "price": (0.2, 0.8)}
    variance = [
        {"indicator": name, "source": source, "share": share}
        for name, pair in shares.items() for source, share in zip(("override", "seed"), pair, strict=True)
    ]  # fmt: skip
    indices = [
        {**LABELS, "indicator": name, "parameter": path, "index": "ST", "value": value, "low": 0.0, "high": 1.0}
        for name in ("built_ha", "price") for path, value in (("quota", 0.8), ("growth", 0.3))
    ]  # fmt: skip
    lines = told(variance=variance, indices=indices)
    assert "What matters most: quota for all 2 indicators." in lines
    spread = "Strategy (Construction land); Seeds (Price of floor space)"
    assert f"What the largest part of the spread comes from: {spread}." in lines


def test_the_safest_strategy_and_the_share_that_keeps_thresholds_are_named(told):
    def regret(strategy, largest):
        facts = {"scenario": "as_is", "override": strategy, "indicator": "built_ha", "goal": "min", "future": "as_is"}
        return {**facts, "mean": 1.0, "regret": largest, "largest": largest}

    kept = {
        "scenario": "as_is",
        "override": "strict",
        "future": "all",
        "runs": 4,
        "share": 0.5,
        "low": 0.15,
        "high": 0.85,
    }
    lines = told(regret=[regret("trend", 20.0), regret("strict", 5.0)], satisficing=[kept])
    assert "Construction land, of which less is better: the largest regret is smallest with strict (5 ha)." in lines
    line = "All thresholds are kept, in brackets the 95 % interval: in 50 % of the runs of strict (15 to 85 %)."
    assert line in lines
    alike = told(regret=[regret("trend", 5.0), regret("strict", 5.0)])
    assert "Construction land, of which less is better: all strategies have the same largest regret." in alike


def test_what_lacks_is_told_first(told):
    assert told()[0] == "All 4 runs have ended and are counted here."
    assert told(done=3)[0] == "3 of 4 runs have ended and are counted here."
    assert told("zh", done=0) == ["没有已完成的模拟，尚无结果可分析。"]


def test_what_was_varied_is_counted(tmp_path):
    design = {"method": "grid", "of": {"a": [0, 1, 2]}}
    path = of_function(tmp_path, "noisy_sum", futures={"low": {}, "high": {"b": 1}}, parameters=design, seeds=5)
    view = SweepView(make_plan(load_sweep(path)), SweepFolder(tmp_path / "out"), Result(None), Words("en"))
    assert counts(view) == "2 futures × 3 points of parameters × 5 seeds = 30 runs"
    assert view.across == "future"
    assert view.name({axis: "as_is" for axis in AXES}, ()) == "all runs"
