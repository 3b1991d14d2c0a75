"""The estimate: starts are charged once a worker, and runs that have ended tell better than constants."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from landsim.sweep.conduct import Way, sweep
from landsim.sweep.estimate import OVERHEAD_S, cost_of
from landsim.sweep.folders import SweepFolder
from landsim.sweep.plan import Plan, make_plan
from landsim.sweep.settings import load_sweep
from tests.sweep.small import of_function, write_sweep


def planned(folder, **changes) -> Plan:
    return make_plan(load_sweep(write_sweep(folder, **changes)))


def cost(plan: Plan, folder, workers: int = 1):
    return cost_of(plan, SweepFolder(folder), list(plan.runs), workers)


def test_the_cost_is_told_and_follows_workers_and_what_is_kept(town, tmp_path) -> None:
    plan = planned(town)
    one, two = cost(plan, tmp_path, 1), cost(plan, tmp_path, 2)
    assert (one.runs, one.there) == (6, 0)
    assert one.wall > two.wall > 0
    assert one.files == 6 * 5
    bare = planned(town, keep=["indicators"])
    assert cost(bare, tmp_path).files == 6 * 3
    text = "\n".join(one.lines(1))
    assert "6 runs" in text
    assert "with 1 worker\n" in text
    assert "30 files" in text


def test_a_worker_starts_once_whatever_the_number_of_its_runs(town, tmp_path) -> None:
    plan = planned(town)
    made = replace(plan, bases=tuple(replace(base, seconds=2.0, start=3.0) for base in plan.bases))
    known = [cost(made, tmp_path, n) for n in (1, 2, 6, 100)]
    run = 2.0 + OVERHEAD_S
    assert [one.seconds for one in known] == pytest.approx([6 * run + n * 3.0 for n in (1, 2, 6, 6)])
    assert [one.wall for one in known] == pytest.approx([n * run + 3.0 for n in (6, 3, 1, 1)])


def test_the_start_of_a_scenario_is_no_part_of_each_run(town) -> None:
    base = planned(town).bases[0]
    assert base.start > 10 * base.seconds > 0.0


def test_runs_that_have_ended_tell_how_long_the_others_take(town, tmp_path) -> None:
    """Three of the first strategy take 8 s: four times the estimate, and so the other is taken to be, too."""
    plan, folder = planned(town, seeds=5), SweepFolder(tmp_path / "out")
    plan = replace(plan, bases=tuple(replace(b, seconds=2.0 + b.number, start=3.0) for b in plan.bases))
    for row, took in zip(plan.rows[:3], (8.0, 222.0, 7.9), strict=True):  # one compiled kernels
        run = folder.run(row.run)
        run.mkdir(parents=True)
        (run / "run.json").write_text(json.dumps({"format": 1, "files": {}, "wall_s": took}))
    known = cost(plan, folder.path)
    assert (known.measured, known.there) == (True, 3)
    assert known.seconds == pytest.approx(3.0 + 2 * 8.0 + 5 * 12.0 + 7 * OVERHEAD_S)
    (folder.run(plan.rows[0].run) / "run.json").write_text("[]")
    assert not cost(plan, folder.path).measured


def test_runs_that_take_no_time_cost_what_a_worker_does_for_each(tmp_path) -> None:
    """20,480 of them took 64 s with two workers."""
    design = {"method": "sobol", "size": 4096, "of": {name: [-3.0, 3.0] for name in ("x1", "x2", "x3")}}
    plan = make_plan(load_sweep(of_function(tmp_path, "ishigami", parameters=design)))
    known = cost(plan, tmp_path / "out", 2)
    assert known.runs == 20_480
    assert known.wall == pytest.approx(64.0, rel=0.1)


def test_a_function_is_measured_too(tmp_path) -> None:
    path, out = of_function(tmp_path, "pause", set={"seconds": 0.05}, seeds=3), tmp_path / "out"
    sweep(path, out, Way("serial"))
    more = make_plan(load_sweep(of_function(tmp_path, "pause", set={"seconds": 0.05}, seeds=43)))
    known = cost(more, out)
    assert known.measured
    assert known.seconds - more.bases[0].start == pytest.approx(40 * 0.05, rel=0.5)
