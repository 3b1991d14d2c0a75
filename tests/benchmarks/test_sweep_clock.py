"""The clock of the benchmark of sweeps counts parts of runs, so that it tells the rates of workers exactly."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landsim.sweep.jobs import Outcome

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "sweep.py"


def _module() -> ModuleType:
    """The script alone: its folder is no package."""
    spec = importlib.util.spec_from_file_location("benchmark_sweep", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BENCHMARK = _module()


def _clock(workers: int, *of_each: list[float]):
    """A clock that has heard runs of workers that are never idle, given how long each took."""
    clock = BENCHMARK.Clock(workers, 0.0)
    for number, took in enumerate(of_each):
        for i, seconds in enumerate(took):
            outcome = Outcome("r", "done", wall_s=seconds, worker=str(number))
            clock.runs.append((sum(took[: i + 1]), outcome))
    clock.runs.sort(key=lambda run: run[0])
    return clock


def test_runs_that_lie_partly_in_the_time_count_by_that_part() -> None:
    """From 3 s, when the slower is warm, to 8 s, when the quicker has no more."""
    count, wall = _clock(2, [2.0] * 4, [3.0] * 3).counted()
    assert wall == 5.0
    assert count == pytest.approx((0.5 + 1 + 1) + (1 + 2 / 3))


@given(st.lists(st.integers(1, 9), min_size=1, max_size=3), st.integers(30, 60))
def test_the_rate_is_the_sum_of_those_of_the_workers(seconds, runs) -> None:
    count, wall = _clock(len(seconds), *([float(took)] * runs for took in seconds)).counted()
    assert count / wall == pytest.approx(sum(1 / took for took in seconds))


def test_nothing_is_counted_before_every_worker_has_made_two_runs() -> None:
    assert _clock(2, [1.0] * 9).counted() == (0.0, 0.0)
    assert _clock(2, [1.0] * 9, [5.0]).counted() == (0.0, 0.0)


def test_blocks_weigh_a_drift_on_both_numbers_alike() -> None:
    places = {workers: [i for i, n in enumerate(BENCHMARK.BLOCKS) if n == workers] for workers in (1, 2)}
    assert sum(places[1]) == sum(places[2])
    assert len(places[1]) == len(places[2])
