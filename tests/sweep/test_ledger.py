"""The ledger: each job is settled once, faults are tried again up to the cap, and a stop loses nothing."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landsim.core.errors import InputError
from landsim.sweep import losses
from landsim.sweep.folders import SweepFolder
from landsim.sweep.jobs import Job, Outcome
from landsim.sweep.ledger import Ledger, Watcher, stopped_by_signals

DONE = Outcome("", "done")
FAULT = Outcome("", "failed", "fault", "ZeroDivisionError")


def ledger(tmp_path, count=3, retries=2) -> Ledger:
    jobs = [Job(f"r{i}", str(tmp_path / f"r{i}"), {"function": "pause", "values": {}}, i) for i in range(count)]
    return Ledger(jobs, SweepFolder(tmp_path), retries, Watcher())


def test_jobs_and_outcomes_travel_as_text() -> None:
    job = Job("r", "/f", {"function": "pause", "values": {"x": 0.1}}, 3, {"a": "b"}, ("x",), False, 2.5, None, ("/d",))
    assert Job.read(job.text()) == job
    outcome = Outcome("r", "failed", "timeout", "slow", "说明", 1.5, 2.0, "w")
    assert Outcome.read(outcome.text()) == outcome


def test_a_fault_is_tried_again_up_to_the_cap_and_then_written_down(tmp_path) -> None:
    book, tries = ledger(tmp_path, 1), 0
    while (job := book.take()) is not None:
        tries += 1
        book.settle(replace(FAULT, run=job.run))
    assert (tries, book.done, book.failed) == (3, 0, 1)
    told = json.loads((tmp_path / "failures" / "r0" / "r0.json").read_text())
    assert (told["tries"], told["cause"], told["error"]) == (3, "fault", "ZeroDivisionError")


def test_a_fault_of_the_input_is_not_tried_again(tmp_path) -> None:
    book = ledger(tmp_path, 1)
    job = book.take()
    book.settle(Outcome(job.run, "failed", "input", "no such district"))
    assert book.take() is None
    assert book.failed == 1


def test_success_takes_the_failure_away(tmp_path) -> None:
    book = ledger(tmp_path, 1, retries=0)
    job = book.take()
    book.settle(replace(FAULT, run=job.run))
    again = ledger(tmp_path, 1)
    again.settle(replace(DONE, run=again.take().run))
    assert not list((tmp_path / "failures").rglob("*.json"))


def test_a_full_disk_stops_the_sweep_and_keeps_the_job(tmp_path) -> None:
    book = ledger(tmp_path, 2)
    job = book.take()
    book.settle(Outcome(job.run, "failed", "disk", "disk full"))
    assert book.stopping
    assert isinstance(book.fault, InputError)
    assert (book.done, book.failed, book.open) == (0, 0, False)


def test_an_outcome_that_is_told_twice_counts_once(tmp_path) -> None:
    book = ledger(tmp_path, 1)
    job = book.take()
    for _ in range(2):
        book.settle(replace(DONE, run=job.run))
    assert book.done == 1


@given(st.lists(st.sampled_from(["done", "fault", "stopped", "lost", "twice"]), max_size=60), st.integers(0, 3))
def test_every_job_ends_done_or_failed_once_whatever_happens(tmp_path_factory, events, retries) -> None:
    book = ledger(tmp_path_factory.mktemp("ledger"), 4, retries)
    ended: list[str] = []
    steps = iter(events)
    while book.open:
        job = book.take()
        assert job is not None
        event = next(steps, "done")
        if event == "lost":
            book.give_back(job.run)
        elif event == "stopped":
            book.settle(Outcome(job.run, "stopped"))
        elif event == "fault":
            book.settle(replace(FAULT, run=job.run))
        else:
            for _ in range(1 + (event == "twice")):
                book.settle(replace(DONE, run=job.run))
    ended = [outcome.run for outcome in book.outcomes]
    assert sorted(ended) == ["r0", "r1", "r2", "r3"]
    assert book.done + book.failed == 4


def test_a_signal_stops_handing_out_and_a_second_one_does_not_wait(tmp_path) -> None:
    book = ledger(tmp_path)
    before = signal.getsignal(signal.SIGTERM)
    with stopped_by_signals(book):
        os.kill(os.getpid(), signal.SIGTERM)
        assert book.stop_reason == "SIGTERM"
        assert book.take() is None
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_run_whose_worker_always_leaves_fails_after_some_times(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(losses, "LULL_S", 0.0)
    book, times = ledger(tmp_path, 1), 0
    while (job := book.take()) is not None:
        times += 1
        book.settle(Outcome(job.run, "stopped", worker="node1:7"))
    assert (times, book.done, book.failed, book.open) == (losses.MOST, 0, 1, False)
    told = json.loads((tmp_path / "failures" / "r0" / "r0.json").read_text())
    assert (told["cause"], told["tries"], told["worker"]) == ("killed", losses.MOST, "node1:7")
    assert f"left, {losses.MOST} times before the run had ended" in told["error"]


def test_workers_that_leave_together_and_years_that_are_kept_cost_a_run_nothing(tmp_path, monkeypatch) -> None:
    book = ledger(tmp_path, 2)
    quick, long = book.take(), book.take()
    assert not any(book.lose(quick.run) for _ in range(5 * losses.MOST))
    monkeypatch.setattr(losses, "LULL_S", 0.0)
    state = tmp_path / "r1.partial" / "checkpoint" / "state.json"
    state.parent.mkdir(parents=True)
    state.touch()
    for year in range(3 * losses.MOST):
        os.utime(state, ns=(year, year))
        assert not book.lose(long.run)
    assert sum(book.lose(long.run) for _ in range(losses.MOST)) == 1
    assert book.failed == 1


def test_a_stop_counts_no_losses(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(losses, "MOST", 1)
    book = ledger(tmp_path, 2)
    job = book.take()
    book.stop("SIGTERM")
    assert not book.lose(job.run)
    book.settle(Outcome(job.run, "stopped"))
    assert (book.failed, book.open) == (0, False)
