"""A worker process as its parent holds it: no line is overlooked, and a worker that leaves costs its run no try."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import sys
import time
from pathlib import Path

import numba
import pytest

from landsim.sweep import dask_worker
from landsim.sweep import hand as hand_module
from landsim.sweep.executors import local
from landsim.sweep.folders import SweepFolder
from landsim.sweep.hand import Hand, wait_for_any
from landsim.sweep.jobs import Job, Outcome
from landsim.sweep.ledger import Ledger, Watcher
from landsim.sweep.limits import Clock, heard_compiling

WAITING_S = 60.0

AT_ONCE = "out.write(b'\\n' + line)"
IN_PIECES = "[(out.write(bytes([one])), out.flush()) for one in b'\\n' + line]"
LEAVES = "sys.exit(0)"


def pause(folder: Path, run: str = "r", seconds: float = 0.0, **more: object) -> Job:
    return Job(run, str(folder / run), {"function": "pause", "values": {"seconds": seconds}}, 1, **more)


@pytest.fixture
def hand():
    hand = Hand()
    yield hand
    hand.close()


@pytest.fixture
def answering(tmp_path, monkeypatch):
    """Puts in the place of the worker a program that answers each job in a way of its own."""

    def put(answer: str) -> None:
        program = tmp_path / "worker"
        program.write_text(
            f"#!{sys.executable}\nimport json, sys, time\nout = sys.stdout.buffer\n"
            "for job in sys.stdin:\n"
            "    if job == '\\n': break\n"
            "    told = {'run': json.loads(job)['run'], 'state': 'done', 'error': '说明'}\n"
            "    line = json.dumps(told, ensure_ascii=False).encode() + b'\\n'\n"
            f"    {answer}\n"
            "    out.flush()\n"
        )
        program.chmod(0o755)
        monkeypatch.setattr(sys, "executable", str(program))

    return put


@pytest.mark.parametrize("answer", [AT_ONCE, IN_PIECES])
def test_an_outcome_is_read_however_its_bytes_come(answering, hand, tmp_path, answer) -> None:
    answering(answer)
    for run in ("a", "b"):
        hand.start(pause(tmp_path, run))
        assert hand.poll(WAITING_S) == Outcome(run, "done", error="说明")


def test_runs_that_end_at_once_are_not_taken_for_stuck(answering, tmp_path) -> None:
    answering(AT_ONCE)
    jobs = [pause(tmp_path, f"r{i}", timeout=WAITING_S) for i in range(20)]
    book = Ledger(jobs, SweepFolder(tmp_path), 0, Watcher())
    local(book, 2)
    assert (book.done, book.failed) == (20, 0)


def test_a_run_that_ended_while_nobody_looked_has_ended_well(hand, tmp_path) -> None:
    hand.start(pause(tmp_path, timeout=0.0))
    until = time.monotonic() + WAITING_S
    while not (tmp_path / "r" / "run.json").is_file():
        assert time.monotonic() < until
        time.sleep(0.02)
    outcome = hand.poll(WAITING_S)
    assert outcome is not None
    assert outcome.state == "done", outcome.error


@pytest.mark.parametrize("compiling", [True, False])
def test_the_time_in_which_kernels_are_compiled_counts_against_no_limit(
    answering, hand, tmp_path, monkeypatch, compiling
) -> None:
    monkeypatch.setattr(hand_module, "_GRACE_S", 0.1)
    begin = r"b'\t\n'" if compiling else r"b'\n'"
    answering(f"out.write(b'\\n'); out.write({begin}); out.flush(); time.sleep(1.5); out.write(b'\\n' + line)")
    outcome = hand.run(pause(tmp_path, timeout=0.2))
    assert (outcome.state, outcome.cause) == (("done", "") if compiling else ("failed", "timeout"))
    assert hand.has_compiled is compiling


def test_kernels_that_compile_others_are_heard_once_and_the_clock_stands_still() -> None:
    inner = numba.njit(lambda x: x + 1.0)
    outer = numba.njit(lambda x: inner(x) * 2.0)
    clock, heard = Clock(), list[bool]()

    def hear(now: bool) -> None:
        clock.compiling(now)
        heard.append(now)

    began = time.monotonic()
    with heard_compiling(hear):
        assert outer(1.0) == 4.0
        took = time.monotonic() - began
        outer(2.0)
    assert heard == [True, False]
    assert clock.took() < took


def test_a_worker_that_was_stopped_by_another_is_replaced(hand, tmp_path) -> None:
    assert hand.run(pause(tmp_path, "a")).state == "done"
    before = hand.pid
    hand.start(pause(tmp_path, "b", seconds=0.5))
    assert hand.poll(0.0) is None
    os.kill(before, signal.SIGTERM)
    tries = [hand.poll(WAITING_S)]
    while len(tries) < 4:
        tries.append(hand.run(pause(tmp_path, f"c{len(tries)}")))
    assert {outcome.state for outcome in tries} <= {"done", "stopped"}
    assert [outcome.state for outcome in tries[-2:]] == ["done"] * 2
    assert hand.pid != before


def test_a_job_that_crosses_with_the_leave_of_its_worker_costs_no_try(answering, hand, tmp_path) -> None:
    answering(LEAVES)
    assert hand.run(pause(tmp_path)) == Outcome("r", "stopped")
    assert hand.pid is None


@pytest.mark.parametrize("stopping", [True, False])
def test_a_worker_killed_while_all_are_asked_to_stop_gives_its_run_back(tmp_path, stopping) -> None:
    book = Ledger([pause(tmp_path)], SweepFolder(tmp_path), 0, Watcher())
    job = book.take()
    if stopping:
        book.stop("SIGTERM")
    book.settle(Outcome(job.run, "failed", "killed", "the worker was killed by signal 15"))
    assert (book.failed, book.open) == (0 if stopping else 1, False)
    assert (tmp_path / "failures" / "r" / "r.json").exists() is not stopping


def test_files_of_any_number_are_waited_for() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2000:
        pytest.skip("fewer than 2000 open files are allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2000), hard))
    reading, writing = os.pipe()
    far = fcntl.fcntl(reading, fcntl.F_DUPFD, 1500)
    try:
        assert not wait_for_any([far], 0.0)
        os.write(writing, b"x")
        assert wait_for_any([far], WAITING_S)
    finally:
        for file in (reading, writing, far):
            os.close(file)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_dask_worker_keeps_its_process_from_run_to_run(tmp_path) -> None:
    keeper = dask_worker._Keeper()
    try:
        first, second = (keeper.run(pause(tmp_path, run)) for run in ("a", "b"))
        assert (first.state, second.state) == ("done", "done")
        assert first.worker == second.worker
        keeper._rest()  # a timer that was cancelled too late
        assert keeper.hand.pid is not None
    finally:
        keeper.hand.close()


def test_a_dask_worker_ends_its_process_when_no_run_comes(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(dask_worker, "IDLE_S", 0.01)
    keeper = dask_worker._Keeper()
    for run in ("a", "b"):
        assert keeper.run(pause(tmp_path, run)).state == "done"
        keeper._timer.join(WAITING_S)
        assert keeper.hand.pid is None


def test_a_task_of_dask_is_done_by_the_process_of_its_thread(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(dask_worker, "IDLE_S", 0.01)
    outcome = Outcome.read(dask_worker.perform(pause(tmp_path).text()))
    dask_worker._OWN.keeper._timer.join(WAITING_S)
    assert outcome.state == "done"
    assert dask_worker._OWN.keeper.hand.pid is None
