"""Compare: pairs by seed, refusals, paired differences of indicators, and maps of where building differs."""

from __future__ import annotations

import math
import shutil

import numpy as np
import pytest
from scipy import stats

import landsim
from landsim.core.errors import InputError
from landsim.landscape.grid import Grid
from landsim.landscape.legend import model_legend
from landsim.scenario.compare import RunComparison, compare
from landsim.scenario.new import new_project

SEEDS = (1, 2, 3)
FEW = {"horizon": 2022, "agents": {"households": 200, "firms": 30, "farms": 20}}


@pytest.fixture(scope="module")
def sides(tmp_path_factory):
    """Two folders of runs with the same seeds; those of B have hardly any quota."""
    folder = tmp_path_factory.mktemp("sides")
    project = new_project(folder / "city", shape=(40, 40))
    for name, more in (("a", {}), ("b", {"quota.multiplier": 0.05})):
        for seed in SEEDS:
            scenario = landsim.load_scenario(project, overrides={**FEW, **more, "seed": seed})
            landsim.run(scenario, out=folder / name / f"seed_{seed}")
    return folder


def test_runs_are_paired_by_seed_and_differences_are_theirs(sides):
    found = landsim.compare(sides / "a", sides / "b")
    assert found.seeds == list(SEEDS)
    assert not found.cautions
    assert repr(found) == "RunComparison(seeds=[1, 2, 3], years=2020..2022)"
    row = found.at_end().set_index("indicator").loc["built_ha"]
    each = [(b.landcover_at(2022), a.landcover_at(2022)) for a, b in found.pairs]
    legend, area = found.pairs[0][0].legend, found.pairs[0][0].grid.cell_area_ha
    expected = [(int(legend.built[b].sum()) - int(legend.built[a].sum())) * area for b, a in each]
    assert row["difference"] == pytest.approx(np.mean(expected))
    assert row["difference"] < 0
    assert row["b"] - row["a"] == pytest.approx(row["difference"])
    half = stats.t.ppf(0.975, 2) * np.std(expected, ddof=1) / math.sqrt(3)
    assert row["high"] - row["difference"] == pytest.approx(half)
    assert row["pairs"] == 3


def test_indicators_that_one_side_alone_knows_are_named(sides):
    assert compare(sides / "a", sides / "b").one_sided == []
    found = compare(sides / "a", sides / "b")
    for run, _ in found.pairs:
        run.indicators = run.indicators[run.indicators["indicator"] != "pbf_ha"]
    assert found.one_sided == ["pbf_ha"]


def test_the_same_runs_differ_in_nothing(sides):
    table = compare(sides / "a", sides / "a").table
    assert (table["difference"] == 0).all()
    assert table["p"].isna().all()
    assert not table["significant"].any()


def test_a_correction_counts_the_indicators_that_were_chosen(sides):
    found = compare(sides / "a", sides / "b")
    everything = found.at_end().set_index("indicator").loc["built_ha"]
    alone = found.at_end(indicators=["built_ha"]).iloc[0]
    assert alone["p_holm"] == pytest.approx(alone["p"])
    assert everything["p_holm"] >= alone["p_holm"]


def test_flows_are_summed_over_the_years_a_pair_at_a_time(sides):
    found = compare(sides / "a", sides / "b")
    each = [
        [run.indicators.query("indicator == 'compensation' and district == 0")["value"].sum() for run in pair]
        for pair in found.pairs
    ]
    chosen = ["compensation", "built_ha"]
    table = found.at_end(indicators=chosen, summed=["compensation", "tax"]).set_index("indicator")
    row, last = table.loc["compensation"], found.at_end(indicators=chosen).set_index("indicator")
    assert list(table.index) == ["built_ha", "compensation"]
    assert (row["a"], row["b"]) == pytest.approx(tuple(np.mean(each, axis=0)))
    assert row["difference"] == pytest.approx(row["b"] - row["a"])
    assert abs(row["a"]) > abs(last.loc["compensation", "a"])
    assert row["year"] == 2022
    assert table.loc["built_ha", "difference"] == last.loc["built_ha", "difference"]


def test_a_sum_takes_pairs_that_know_every_year(sides):
    found = compare(sides / "a", sides / "b")
    run = found.pairs[0][0]
    gone = (run.indicators["indicator"] == "tax") & (run.indicators["year"] == 2021)
    run.indicators = run.indicators[~gone]
    row = found.at_end(indicators=["tax"], summed=["tax"]).iloc[0]
    assert row["pairs"] == len(SEEDS) - 1


def test_the_map_of_differences_is_the_mean_over_pairs(sides):
    found = compare(sides / "a", sides / "b")
    difference, significant = found.built_difference(2021)
    built = found.pairs[0][0].legend.built
    valid = found.pairs[0][0].landcover_at(2021) != found.pairs[0][0].legend.nodata
    expected = np.mean(
        [built[b.landcover_at(2021)] * 1.0 - built[a.landcover_at(2021)] for a, b in found.pairs], axis=0
    )
    assert np.allclose(difference[valid], expected[valid])
    assert np.isnan(difference[~valid]).all()
    assert difference[valid].any()
    assert not significant.any(), "three pairs can tell nothing at 5 %"


def test_single_runs_have_a_difference_and_no_interval(sides):
    found = compare(sides / "a" / "seed_1", sides / "b" / "seed_1")
    row = found.at_end(indicators=["built_ha"]).iloc[0]
    assert row["pairs"] == 1
    assert math.isnan(row["low"])
    assert not found.cautions
    assert "luck" in compare(sides / "a" / "seed_1", sides / "b" / "seed_2").cautions[0]


def test_runs_without_a_partner_are_named(sides, tmp_path):
    shutil.copytree(sides / "b" / "seed_2", tmp_path / "some" / "seed_2")
    found = compare(sides / "a", tmp_path / "some")
    assert found.seeds == [2]
    assert "seed_1" in found.cautions[0]
    assert "seed_3" in found.cautions[0]


def test_what_cannot_be_paired_is_refused_with_every_reason(sides, tmp_path):
    other = new_project(tmp_path / "other", shape=(30, 30))
    scenario = landsim.load_scenario(other, overrides={**FEW, "horizon": 2021})
    landsim.run(scenario, out=tmp_path / "run")
    with pytest.raises(InputError) as refused:
        compare(sides / "a" / "seed_1", tmp_path / "run")
    told = [problem.what for problem in refused.value.problems]
    assert [any(word in line for line in told) for word in ("grid", "period")] == [True, True]


@pytest.mark.parametrize("case", ["nothing", "empty", "no_shared", "twice", "mixed"])
def test_folders_that_are_no_side(sides, tmp_path, case):
    side = tmp_path / case
    if case == "empty":
        side.mkdir()
    elif case == "no_shared":
        shutil.copytree(sides / "b" / "seed_3", side / "x")
    elif case == "twice":
        for name in ("x", "y"):
            shutil.copytree(sides / "b" / "seed_1", side / name)
    elif case == "mixed":
        shutil.copytree(sides / "a" / "seed_1", side / "x")
        shutil.copytree(sides / "b" / "seed_2", side / "y")
    told = {
        "nothing": "no such run folder",
        "empty": "not a run folder",
        "no_shared": "no seed is on both sides",
        "twice": "two runs of seed 1",
        "mixed": "runs of different scenarios",
    }
    first = sides / "a"
    if case == "no_shared":
        first = tmp_path / "first"
        shutil.copytree(sides / "a" / "seed_1", first / "x")
    with pytest.raises(InputError, match=told[case]):
        compare(first, side)


class Maps:
    """A run that is nothing but two maps on one row."""

    def __init__(self, seed, built):
        self.manifest = {"seed": seed}
        self.legend, self.years = model_legend(), [2020, 2021]
        self.grid = Grid(1, len(built), (100.0, 0.0, 0.0, 0.0, -100.0, 0.0))
        self.plane = np.array([[{1: 8, 0: 1, None: 0}[cell] for cell in built]], dtype=np.uint8)

    def maps(self, years, rows):
        return np.stack([self.plane[rows]] * len(years))


def test_six_pairs_that_agree_are_significant_and_fewer_are_not():
    pairs = [(Maps(s, [0, 1, 0, 0, None]), Maps(s, [1, 0, 1 if s < 5 else 0, 0, 0])) for s in range(6)]
    difference, significant = RunComparison(pairs, []).built_difference()
    assert difference[0, :4] == pytest.approx([1, -1, 5 / 6, 0])
    assert np.isnan(difference[0, 4])
    assert significant.tolist() == [[True, True, False, False, False]]
    _, fewer = RunComparison(pairs[:5], []).built_difference()
    assert not fewer.any()
