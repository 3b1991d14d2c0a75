"""A sweep as a whole: every executor gives the same bytes, nothing is made twice, and what is asked is answered."""

from __future__ import annotations

import itertools
import math
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio

from landsim.core.errors import InputError, UsageError
from landsim.io.store import open_run
from landsim.sweep import conduct as conducting
from landsim.sweep.analysis import _differences, _regret
from landsim.sweep.bases import Base
from landsim.sweep.conduct import Way, _analysed, read_shard, shard_of, sweep
from landsim.sweep.designs import Points
from landsim.sweep.folders import SweepFolder
from landsim.sweep.gather import Gathered
from landsim.sweep.jobs import Outcome
from landsim.sweep.ledger import Ledger, Watcher
from landsim.sweep.outcomes import Outcomes
from landsim.sweep.plan import Plan
from landsim.sweep.settings import Sweep, SweepSource
from landsim.sweep.tables import Tables
from tests.sweep.small import contents, files_below, of_function, write_sweep


class Tells(Watcher):
    """Keeps what is said."""

    def __init__(self, told: list[str]) -> None:
        self.told = told

    def say(self, text: str) -> None:
        self.told.append(text)


@pytest.mark.parametrize("executor", ["local", "dask"])
def test_every_executor_gives_the_bytes_of_the_serial_one(serial, tmp_path, executor) -> None:
    path, out, _, _ = serial
    sweep(path, tmp_path / "out", Way(executor, 2))
    assert contents(tmp_path / "out") == contents(out)
    assert len(contents(out)) > 20


def test_parts_make_each_run_once_and_the_whole_gathers_them(serial, tmp_path) -> None:
    path, out, _, _ = serial
    made = []
    for part in (1, 2, 3):
        _, result = sweep(path, tmp_path / "out", Way("serial", shard=(part, 3)))
        made += [outcome.run for outcome in result.ledger.outcomes]
        assert result.gathered is None
    assert len(made) == len(set(made)) == 6
    _, result = sweep(path, tmp_path / "out", Way("serial"))
    assert result.ledger.total == 0
    assert contents(tmp_path / "out") == contents(out)


def test_an_extended_plan_makes_what_is_new_and_the_same_command_makes_nothing(town, tmp_path) -> None:
    few = write_sweep(town)
    sweep(few, tmp_path / "out", Way("serial"))
    more = write_sweep(town, seeds=4)
    _, result = sweep(more, tmp_path / "out", Way("serial"))
    assert (result.ledger.total, result.gathered.done) == (2, 8)
    _, result = sweep(more, tmp_path / "out", Way("serial"))
    assert (result.ledger.total, result.gathered.done) == (0, 8)


def test_a_run_of_a_sweep_is_the_run_of_the_command_run(serial, tmp_path) -> None:
    from landsim.io.store import INDICATORS, digest
    from landsim.scenario.build import load_scenario
    from landsim.scenario.run import run

    path, out, plan, _ = serial
    row = next(row for row in plan.rows if plan.bases[row.base].labels["override"] == "tight" and row.seed == 2)
    run(load_scenario(path.parent, {"seed": 2}, ["tight"]), tmp_path / "alone")
    folder = SweepFolder(out).run(row.run)
    assert digest(folder / INDICATORS) == digest(tmp_path / "alone" / INDICATORS)
    swept, alone = open_run(folder), open_run(tmp_path / "alone")
    np.testing.assert_array_equal(swept.landcover_at(2021), alone.landcover_at(2021))
    assert swept.manifest["state_hash"] == alone.manifest["state_hash"]


def test_tables_answer_in_sql_what_the_run_folders_hold(serial) -> None:
    _, out, plan, _ = serial
    with Tables(out / "tables") as tables:
        asked = tables.query(
            "SELECT run, value FROM indicators WHERE indicator = ? AND district = 0 AND year = 2021", "built_ha"
        ).set_index("run")["value"]
    for run in plan.runs:
        table = open_run(SweepFolder(out).run(run)).indicators
        mine = table[(table.indicator == "built_ha") & (table.district == 0) & (table.year == 2021)]["value"].item()
        assert asked[run] == mine
    assert len(asked) == 6


def test_yearly_means_and_bands_are_those_of_pandas(serial) -> None:
    _, out, _, result = serial
    runs, values = pd.read_parquet(out / "tables" / "runs.parquet"), pd.read_parquet(out / "tables" / "indicators")
    both = runs.merge(values[values.district == 0], on="run")
    mine = both[(both.override == "tight") & (both.indicator == "area_ha_urban") & (both.year == 2021)]["value"]
    told = (
        result.tables["yearly"].query("override == 'tight' and indicator == 'area_ha_urban' and year == 2021").iloc[0]
    )
    assert told["runs"] == 3
    assert told["mean"] == pytest.approx(mine.mean())
    assert told["q95"] == pytest.approx(mine.quantile(0.95))
    assert told["high"] - told["mean"] == pytest.approx(4.302653 * mine.std() / np.sqrt(3), rel=1e-5)


def test_maps_are_shares_counted_run_by_run(serial) -> None:
    _, out, plan, result = serial
    runs = [
        open_run(SweepFolder(out).run(row.run))
        for row in plan.rows
        if plan.bases[row.base].labels["override"] == "trend"
    ]
    ends = np.stack([run.landcover_at(2021) for run in runs])
    start = runs[0].landcover_at(2020)

    def read(name):
        with rasterio.open(out / "maps" / "small-trend" / f"{name}.tif") as dataset:
            return dataset.read(1)

    np.testing.assert_allclose(read("change"), (ends != start).mean(axis=0), atol=1e-6)
    urban = next(row.code for row in runs[0].legend.rows if row.name == "urban")
    np.testing.assert_allclose(read("class_urban"), (ends == urban).mean(axis=0), atol=1e-6)
    kind, share = read("robust"), (ends != start).mean(axis=0)
    np.testing.assert_array_equal(kind == 1, share <= 0.1)
    np.testing.assert_array_equal(kind == 2, share >= 0.9)
    np.testing.assert_array_equal(
        read("entropy") > 0, [[len(set(cell)) > 1 for cell in row] for row in ends.transpose(1, 2, 0)]
    )
    land = result.tables["land"].query("override == 'trend'").set_index("kind")["cells"]
    assert land["robust_change"] == (kind == 2).sum()
    assert land.sum() == start.size


def test_strategies_are_compared_seed_by_seed(serial) -> None:
    _, out, _, result = serial
    row = result.tables["differences"].query("indicator == 'urban_ha'").iloc[0]
    with Tables(out / "tables") as tables:
        wide = tables.query(
            "PIVOT (SELECT override, seed, value FROM runs JOIN indicators USING (run) WHERE indicator = 'urban_ha' "
            "AND district = 0 AND year = 2021) ON override USING first(value) GROUP BY seed ORDER BY seed"
        )
    difference = wide["tight"] - wide["trend"]
    assert (row["override"], row["against"], row["pairs"]) == ("tight", "trend", 3)
    assert row["mean"] == pytest.approx(difference.mean())
    assert row["p_holm"] >= row["p"] or np.isnan(row["p"])


POINTS = {"method": "grid", "of": {"x": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]}}


def of_seeds(folder: Path, seeds: int) -> Path:
    """A sweep of two strategies, which differ by 4, at eight points."""
    return of_function(
        folder, "noisy_sum", overrides=None, structures={"a": {"s": 0.0}, "b": {"s": 4.0}}, seeds=seeds,
        parameters=POINTS,
    )  # fmt: skip


def test_points_of_one_seed_are_no_sample_and_have_no_interval(tmp_path) -> None:
    _, result = sweep(of_seeds(tmp_path, 1), tmp_path / "out", Way("serial"))
    yearly = result.tables["yearly"]
    assert (yearly["runs"] == 8).all()
    assert yearly[["low", "high"]].isna().all(axis=None)
    assert yearly[["mean", "sd", "q05", "median", "q95"]].notna().all(axis=None)


def test_the_interval_of_a_mean_is_that_of_its_seeds(tmp_path) -> None:
    _, result = sweep(of_seeds(tmp_path, 4), tmp_path / "out", Way("serial"))
    noise = np.array([np.random.default_rng(seed).standard_normal() for seed in range(1, 5)])
    row = result.tables["yearly"].query("structure == 'a'").iloc[-1]
    assert row["mean"] == pytest.approx(3.5 + noise.mean())
    assert row["high"] - row["mean"] == pytest.approx(3.182446 * noise.std(ddof=1) / 2, rel=1e-5)


def test_differences_are_paired_by_seed_over_points_and_futures(tmp_path) -> None:
    """Points and futures of a seed are averaged first; a point that fails in one strategy is left out of both."""
    futures, strategies = {"low": {}, "high": {}}, {"trend": [], "tight": ["tight"]}
    asked = Sweep(name="pairs", scenarios={"town": "."}, overrides=strategies, futures=futures, seeds=2)
    labels = itertools.product(strategies, futures)
    bases = tuple(
        Base(n, {"scenario": "town", "override": o, "structure": "as_is", "future": f}, {}, {}, str(n))
        for n, (o, f) in enumerate(labels)
    )
    plan = Plan(SweepSource(asked, tmp_path / "sweep.yaml"), bases, Points(({"x": 1.0}, {"x": 2.0})))
    trend = [[[10.0, 20.0], [10.0, 20.0]], [[30.0, 40.0], [30.0, 40.0]]]
    tight = [[[11.0, 23.0], [12.0, 22.0]], [[33.0, 44.0], [99.0, math.nan]]]  # future, point, seed
    values = np.array([*trend, *tight])
    (row,) = _differences(plan, Outcomes(plan, {"urban_ha": values}))
    assert (row["pairs"], row["mean"]) == (2, pytest.approx((2.0 + 3.0) / 2))  # of 1, 2, 3 and of 3, 2, 4
    assert (row["combinations"], row["left_out"]) == (3, 1)
    assert row["high"] - row["low"] == pytest.approx(2 * 12.706205 * math.sqrt(0.5) / math.sqrt(2), rel=1e-5)
    assert _differences(plan, Outcomes(plan, {"urban_ha": values[:, :, :1]})) == []


def test_results_of_an_earlier_plan_do_not_stay(town, tmp_path) -> None:
    out = tmp_path / "out"
    sweep(write_sweep(town, seeds=1), out, Way("serial"))
    assert {path.name for path in (out / "maps").iterdir()} == {"small-trend", "small-tight"}
    (out / "report").mkdir()
    sweep(write_sweep(town, seeds=1, overrides={"trend": []}), out, Way("serial"))
    assert {path.name for path in (out / "maps").iterdir()} == {"small-trend"}
    assert set(pd.read_parquet(out / "analysis" / "yearly.parquet")["override"]) == {"trend"}
    assert not (out / "report").exists()
    sweep(write_sweep(town, seeds=1, overrides={"trend": []}, keep=["indicators"]), out, Way("serial"))
    assert not (out / "maps").exists()


def test_results_are_gone_where_no_run_is_left(tmp_path) -> None:
    path, out = of_function(tmp_path, "pause", seeds=1), tmp_path / "out"
    plan, _ = sweep(path, out, Way("serial"))
    for name in ("maps", "report"):
        (out / name).mkdir(exist_ok=True)
    assert (out / "analysis").is_dir()
    shutil.rmtree(out / "runs")
    result = _analysed(plan, SweepFolder(out), Ledger([], SweepFolder(out), 0, Watcher()), Gathered(0, 1))
    assert result.tables == {}
    assert not any((out / name).exists() for name in ("analysis", "maps", "report"))


@pytest.mark.parametrize("name", ["a[1]*? it's", "a\\b", "a\\*b", "a=1,{b}%20"])
def test_a_folder_whose_name_is_a_pattern_is_read(tmp_path, name) -> None:
    out = tmp_path / name / "year=2020"
    sweep(of_function(tmp_path, "pause", seeds=3), tmp_path / "axb" / "year=2020", Way("serial"))
    _, result = sweep(of_function(tmp_path, "pause", seeds=2), out, Way("serial"))
    assert result.gathered.done == 2
    assert len(result.tables["yearly"]) > 0
    with Tables(out / "tables") as tables:
        assert set(tables.query("SELECT * FROM runs").columns) == set(
            pd.read_parquet(out / "tables" / "runs.parquet", partitioning=None).columns
        )


def test_runs_that_are_told_and_not_there_are_an_error(tmp_path, monkeypatch) -> None:
    """Workers that see another file system under the same path."""

    def elsewhere(ledger: Ledger) -> None:
        while job := ledger.take():
            ledger.settle(Outcome(job.run, "done"))

    monkeypatch.setattr(conducting, "serial", elsewhere)
    with pytest.raises(InputError, match="3 of 3 runs are missing, though they were reported as made"):
        sweep(of_function(tmp_path, "pause", seeds=3), tmp_path / "out", Way("serial"))


def test_the_folder_of_a_sweep_is_absolute_for_workers_that_stand_elsewhere(tmp_path, monkeypatch) -> None:
    folders = []

    def noted(ledger: Ledger) -> None:
        while job := ledger.take():
            folders.append(job.folder)
            ledger.settle(Outcome(job.run, "failed", cause="input"))

    monkeypatch.setattr(conducting, "serial", noted)
    monkeypatch.chdir(tmp_path)
    sweep(of_function(tmp_path, "pause", seeds=2), "out", Way("serial"))
    assert len(folders) == 2
    assert all(folder.startswith(str(tmp_path / "out")) for folder in folders)


def test_few_files_are_left_and_fewer_where_less_is_kept(serial, town, tmp_path) -> None:
    _, out, _, _ = serial
    assert files_below(out / "runs") <= 6 * 5 + 6
    sweep(write_sweep(town, keep=["indicators"], seeds=1), tmp_path / "bare", Way("serial"))
    assert files_below(tmp_path / "bare" / "runs") <= 2 * 3 + 2
    assert not (tmp_path / "bare" / "maps").exists()
    sweep(write_sweep(town, zipped=False, keep=["indicators", "unmet", "landcover", "events"], seeds=1),
          tmp_path / "all", Way("serial"))  # fmt: skip
    run = next((tmp_path / "all" / "runs").glob("*/*"))
    assert (run / "landcover.zarr" / "zarr.json").is_file()
    assert len(open_run(run).events) > 0


def test_what_is_to_be_kept_in_addition_is_made(town, tmp_path) -> None:
    sweep(write_sweep(town, keep=["indicators"], seeds=1), tmp_path / "out", Way("serial"))
    more = write_sweep(town, seeds=1)
    _, result = sweep(more, tmp_path / "out", Way("serial"))
    assert (result.ledger.total, result.gathered.done, result.gathered.damaged) == (2, 2, {})
    assert len(list((tmp_path / "out" / "runs").glob("*/*/landcover.zarr.zip"))) == 2
    _, result = sweep(write_sweep(town, keep=["indicators"], seeds=1), tmp_path / "out", Way("serial"))
    assert result.ledger.total == 0


def test_runs_under_the_ids_of_others_are_made_again_and_no_others(town, tmp_path) -> None:
    design = {"method": "grid", "of": {"quota.multiplier": [0.5, 1], "patches.mean_factor": [1.0, 1.5]}}
    path, out = write_sweep(town, parameters=design, overrides=None, keep=["indicators"], seeds=2), tmp_path / "out"
    plan, _ = sweep(path, out, Way("serial"))
    before = contents(out)
    _, result = sweep(path, out, Way("serial"))
    assert result.ledger.total == 0
    rows = {(row.point, row.seed): SweepFolder(out).run(row.run) for row in plan.rows}
    swapped = (((0, 1), (0, 2)), ((1, 1), (3, 1)), ((2, 2), (3, 2)))  # another seed, parameter, factor of sizes
    for one, other in swapped:
        aside = tmp_path / "aside"
        rows[one].rename(aside)
        rows[other].rename(rows[one])
        aside.rename(rows[other])
    told: list[str] = []
    _, result = sweep(path, out, Way("serial"), Tells(told))
    assert {outcome.run for outcome in result.ledger.outcomes} == {rows[key].name for pair in swapped for key in pair}
    assert sum("another run stands under this id" in text for text in told) == 6
    assert contents(out) == before


def test_a_run_that_no_sweep_has_made_is_made_again(town, tmp_path) -> None:
    from landsim.scenario.build import load_scenario
    from landsim.scenario.run import run

    path = write_sweep(town, overrides=None, seeds=1, keep=["indicators", "unmet", "landcover", "events"], zipped=False)
    plan, _ = sweep(path, tmp_path / "out", Way("serial"))
    folder = SweepFolder(tmp_path / "out").run(next(iter(plan.runs)))
    before = contents(tmp_path / "out")
    shutil.rmtree(folder)
    run(load_scenario(town), folder)
    _, result = sweep(path, tmp_path / "out", Way("serial"))
    assert result.ledger.total == 1
    assert contents(tmp_path / "out") == before


def test_an_indicator_that_no_run_has_is_told_once_and_the_others_are_weighed(town, tmp_path) -> None:
    questions = {
        "indicators": ["urban_ha", "urban_pressure"], "goals": {"water_pressure": "min", "unmet_ha": "min"},
        "thresholds": {"urban_pressure": {"max": 1}, "urban_ha": {"min": 0}},
    }  # fmt: skip
    path, told = write_sweep(town, questions=questions, keep=["indicators"], seeds=2), list[str]()
    _, result = sweep(path, tmp_path / "out", Way("serial"), Tells(told))
    assert [text for text in told if text.startswith("caution")] == [
        f"caution: sweep.yaml: questions.{where}: is left out: no run has it, because its data do not give it."
        for where in ("indicators: urban_pressure", "goals: water_pressure", "thresholds: urban_pressure")
    ]
    assert set(result.tables["convergence"]["indicator"]) == {"urban_ha", "unmet_ha"}
    assert set(result.tables["regret"]["indicator"]) == {"unmet_ha"}
    kept = pd.read_parquet(tmp_path / "out" / "analysis" / "absent.parquet")
    assert list(kept["indicator"]) == ["urban_pressure", "water_pressure", "urban_pressure"]


def test_the_ishigami_indices_come_out_of_the_same_path(tmp_path) -> None:
    """Analytic: S1 = .3139, .4424, 0; ST = .5576, .4424, .2437 (Ishigami & Homma 1990, a = 7, b = 0.1)."""
    design = {"method": "sobol", "size": 512, "of": {name: [-math.pi, math.pi] for name in ("x1", "x2", "x3")}}
    _, result = sweep(of_function(tmp_path, "ishigami", parameters=design), tmp_path / "out", Way("serial"))
    found = result.tables["indices"].set_index(["index", "parameter"])
    known = {"S1": (0.3139, 0.4424, 0.0), "ST": (0.5576, 0.4424, 0.2437)}
    for index, values in known.items():
        for name, value in zip(("x1", "x2", "x3"), values, strict=True):
            row = found.loc[index, name]
            assert row["value"] == pytest.approx(value, abs=0.05)
            assert row["low"] <= value <= row["high"]


def test_the_variance_of_a_sum_is_split_as_by_hand(tmp_path) -> None:
    """y = 4 (structure) + 3 x (parameter) + noise of the seed: no interplay, and shares as the squares tell."""
    path = of_function(
        tmp_path, "noisy_sum", structures={"a": {"s": 0.0}, "b": {"s": 4.0}}, seeds=6,
        parameters={"method": "grid", "of": {"x": [0.0, 3.0]}},
    )  # fmt: skip
    _, result = sweep(path, tmp_path / "out", Way("serial"))
    share = result.tables["variance"].set_index("source")["share"]
    noise = np.var([np.random.default_rng(seed).standard_normal() for seed in range(1, 7)])
    total = 4.0 + 2.25 + noise
    assert share["structure"] == pytest.approx(4.0 / total)
    assert share["parameters"] == pytest.approx(2.25 / total)
    assert share["seed"] == pytest.approx(noise / total)
    assert share["interaction"] == pytest.approx(0.0, abs=1e-9)


def test_regret_and_satisficing_weigh_strategies_over_futures(town, tmp_path) -> None:
    questions = {
        "indicators": ["urban_ha", "unmet_ha"],
        "goals": {"unmet_ha": "min"},
        "thresholds": {"unmet_ha": {"max": 1e9}, "urban_ha": {"min": 0.0}},
    }
    path = write_sweep(
        town, futures={"low": {"demand.growth": 0.5}, "high": {"demand.growth": 1.5}}, questions=questions,
        keep=["indicators"], seeds=2,
    )  # fmt: skip
    _, result = sweep(path, tmp_path / "out", Way("serial"))
    regret = result.tables["regret"]
    assert len(regret) == 4
    for future, rows in regret.groupby("future"):
        assert rows["regret"].min() == 0.0, future
        assert (rows["regret"] == rows["mean"] - rows["mean"].min()).all()
    satisfied = result.tables["satisficing"]
    assert set(satisfied["future"]) == {"all", "low", "high"}
    assert (satisfied["share"] == 1.0).all()
    assert (satisfied["low"] < 1.0).all()


def test_what_no_two_strategies_have_is_told_and_not_split(tmp_path) -> None:
    """One of two forms never ends: there is no full table of which the variance could be split."""
    path = of_function(
        tmp_path, "pause", structures={"quick": {"seconds": 0.0}, "stuck": {"seconds": "no number"}}, seeds=2,
        limits={"retries": 0},
    )  # fmt: skip
    _, result = sweep(path, tmp_path / "out", Way("serial"))
    assert list(result.tables["unsplit"]["indicator"]) == ["waited"]
    assert "variance: no shares are told: no point has runs with it in every combination; found waited." in map(
        str, result.cautions
    )


def test_shards_hold_every_run_once() -> None:
    runs = [str(i) for i in range(25)]
    for parts in (1, 4, 25, 40):
        held = list(itertools.chain.from_iterable(shard_of(runs, (part, parts)) for part in range(1, parts + 1)))
        assert sorted(held) == sorted(runs)


@pytest.mark.parametrize("text", ["0/3", "4/3", "3", "a/b", "1/", "-1/3"])
def test_a_part_that_is_none_is_refused(text) -> None:
    with pytest.raises(UsageError, match="wanted I/N"):
        read_shard(text)


def test_regret_is_of_runs_that_every_strategy_has(tmp_path) -> None:
    """A seed that lacks for one strategy counts for none, or its luck would be taken for the strategy's."""
    asked = Sweep(
        name="alike", scenarios={"town": "."}, overrides={"trend": [], "tight": ["tight"]}, seeds=3,
        questions={"goals": {"price": "min"}},
    )  # fmt: skip
    bases = tuple(
        Base(n, {"scenario": "town", "override": o, "structure": "as_is", "future": "as_is"}, {}, {}, str(n))
        for n, o in enumerate(("trend", "tight"))
    )
    plan = Plan(SweepSource(asked, tmp_path / "sweep.yaml"), bases, Points(({},)))
    values = np.array([[[10.0, 20.0, math.nan]], [[9.0, 18.0, 90.0]]])
    rows = _regret(plan, Outcomes(plan, {"price": values}))
    assert {row["override"]: (row["mean"], row["regret"]) for row in rows} == {
        "trend": (15.0, 1.5),
        "tight": (13.5, 0.0),
    }
