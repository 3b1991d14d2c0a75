"""Faults: killed workers, a killed sweep, limits, damaged folders, a lost scheduler - nothing is lost."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from landsim import __version__
from landsim.core.errors import InputError
from landsim.io.checkpoint import load_checkpoint
from landsim.io.store import open_run
from landsim.sweep import conduct, losses, on_dask
from landsim.sweep.conduct import Way, sweep
from landsim.sweep.folders import SweepFolder
from landsim.sweep.hand import Hand
from landsim.sweep.jobs import VERSION, Job, Outcome
from landsim.sweep.ledger import Watcher
from landsim.sweep.plan import make_plan
from landsim.sweep.settings import load_sweep
from landsim.sweep.work import Workshop
from tests.sweep.small import city, command, contents, environment, of_function, workers_of, write_sweep

WAITING_S = 120.0


def wait_for(fact: Callable[[], object], process: subprocess.Popen | None = None) -> None:
    until = time.monotonic() + WAITING_S
    while not fact():
        assert process is None or process.poll() is None, "the sweep ended before it was disturbed"
        assert time.monotonic() < until
        time.sleep(0.02)


def started(path: Path, out: Path, *words: object) -> subprocess.Popen:
    return subprocess.Popen(
        command("sweep", path, "--out", out, "--quiet", *words), env=environment(), stderr=subprocess.PIPE, text=True
    )


def ends(process: subprocess.Popen) -> tuple[int, str]:
    _, told = process.communicate(timeout=WAITING_S)
    return process.returncode, told


def under_way(out: Path) -> list[Path]:
    return list((out / "runs").glob("*/*.partial"))


def finished(out: Path) -> list[Path]:
    return list((out / "runs").glob("*/*/run.json"))


@pytest.fixture(scope="module")
def long(tmp_path_factory) -> Path:
    """A sweep of runs over enough years that one can be met in its middle."""
    folder = city(tmp_path_factory.mktemp("long") / "town")
    return write_sweep(folder, set={"horizon": 2035, "output.checkpoint_seconds": 0}, seeds=2)


@pytest.fixture(scope="module")
def undisturbed(long, tmp_path_factory) -> dict[str, str]:
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    sweep(long, out, Way("serial"))
    return contents(out)


def test_a_worker_and_then_the_whole_sweep_are_killed_in_mid_run(long, undisturbed, tmp_path) -> None:
    out = tmp_path / "out"
    process = started(long, out, "--workers", 2)
    wait_for(lambda: under_way(out), process)
    victim = workers_of(process.pid)[0]
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: len(finished(out)) >= 1, process)
    assert victim not in workers_of(process.pid)
    orphans = workers_of(process.pid)
    process.kill()
    process.wait()
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in orphans))
    before = {path.parent.name: path.stat().st_mtime_ns for path in finished(out)}
    assert 1 <= len(before) < 4
    code, told = ends(started(long, out, "--workers", 2))
    assert code == 0, told
    assert contents(out) == undisturbed
    assert not under_way(out)
    assert before.items() <= {path.parent.name: path.stat().st_mtime_ns for path in finished(out)}.items()


def test_a_worker_that_another_asks_to_stop_is_replaced_and_its_run_goes_on(long, undisturbed, tmp_path) -> None:
    out = tmp_path / "out"
    process = started(long, out, "--workers", 1)
    wait_for(lambda: under_way(out), process)
    victim = workers_of(process.pid)[0]
    os.kill(victim, signal.SIGTERM)
    wait_for(lambda: victim not in workers_of(process.pid), process)
    code, told = ends(process)
    assert code == 0, told
    assert contents(out) == undisturbed
    assert not list((out / "failures").glob("*"))


def test_sigterm_stops_in_good_order_and_the_same_command_goes_on(long, undisturbed, tmp_path) -> None:
    out = tmp_path / "out"
    process = started(long, out, "--workers", 1)
    wait_for(lambda: under_way(out), process)
    process.send_signal(signal.SIGTERM)
    code, told = ends(process)
    assert code == 143
    assert "stopped by SIGTERM" in told
    assert "the same command goes on" in told
    assert not (out / "tables").exists()
    assert len(finished(out)) < 4
    code, told = ends(started(long, out, "--executor", "serial"))
    assert code == 0, told
    assert contents(out) == undisturbed


def test_a_run_that_always_fails_is_reported_and_costs_the_others_nothing(tmp_path) -> None:
    path = of_function(
        tmp_path, "pause", structures={"quick": {"seconds": 0.0}, "stuck": {"seconds": 600.0}}, seeds=2,
        limits={"timeout": 0.2, "retries": 1},
    )  # fmt: skip
    code, told = ends(started(path, tmp_path / "out", "--workers", 2))
    assert code == 1
    assert "2 of 4 runs failed" in told
    failures = pd.read_parquet(tmp_path / "out" / "tables" / "failures.parquet")
    runs = pd.read_parquet(tmp_path / "out" / "tables" / "runs.parquet")
    assert list(failures["cause"]) == ["timeout"] * 2
    assert list(failures["tries"]) == [2, 2]
    assert failures["error"].str.contains("limits.timeout").all()
    assert dict(runs.groupby("structure")["state"].unique().str[0]) == {"quick": "done", "stuck": "failed"}
    assert "Runs that failed" in (tmp_path / "out" / "report" / "report.md").read_text()


def test_a_worker_past_its_memory_is_ended_and_so_is_a_run_in_this_process(town, tmp_path) -> None:
    hand = Hand()
    try:
        job = Job("r", str(tmp_path / "r"), {"function": "pause", "values": {"seconds": 60}}, 1, memory=1.0)
        outcome = hand.run(job)
        assert (outcome.state, outcome.cause) == ("failed", "memory")
        assert hand.run(Job("s", str(tmp_path / "s"), {"function": "pause", "values": {}}, 1)).state == "done"
    finally:
        hand.close()
    path = write_sweep(town, limits={"memory": 1.0, "retries": 0}, seeds=1)
    _, result = sweep(path, tmp_path / "out", Way("serial"))
    assert [outcome.cause for outcome in result.ledger.outcomes] == ["memory"] * 2


def test_a_worker_tells_faults_inside_with_their_traceback(tmp_path) -> None:
    outcome = Workshop().perform(Job("r", str(tmp_path / "r"), {"function": "noisy_sum", "values": {"x": "a"}}, 1))
    assert (outcome.state, outcome.cause) == ("failed", "fault")
    assert "ValueError" in outcome.error
    assert "Traceback" in outcome.details


@pytest.mark.parametrize("subject", ["function", "scenario"])
def test_a_worker_of_another_version_refuses_to_run(town, tmp_path, subject) -> None:
    path = write_sweep(town) if subject == "scenario" else of_function(tmp_path, "pause", seeds=1)
    job = next(iter(make_plan(load_sweep(path)).jobs(SweepFolder(tmp_path / "out"))))
    outcome = Workshop().perform(replace(job, expected={**job.expected, VERSION: "0.0.1"}))
    assert (outcome.state, outcome.cause) == ("failed", "input")
    assert f"has another version of landsim than the plan; found {__version__}; wanted 0.0.1" in outcome.error


@pytest.mark.parametrize("harm", ["cut", "garbage", "missing", "emptied", "changed"])
def test_a_damaged_run_is_found_and_made_again(serial, tmp_path, harm) -> None:
    path, out, _, _ = serial
    copy = tmp_path / "out"
    shutil.copytree(out, copy)
    run = sorted((copy / "runs").glob("*/*"))[2]
    table = run / "indicators.parquet"
    if harm == "cut":
        table.write_bytes(table.read_bytes()[:-40])
    elif harm == "garbage":
        (run / "run.json").write_text('{"format": 1, ')
    elif harm == "missing":
        (run / "unmet.parquet").unlink()
    elif harm == "emptied":
        (run / "run.json").write_text('{"format": 1}')
    else:
        data = bytearray((run / "landcover.zarr.zip").read_bytes())
        data[len(data) // 2] ^= 1
        (run / "landcover.zarr.zip").write_bytes(bytes(data))
    told: list[str] = []

    class Listens(Watcher):
        def say(self, text: str) -> None:
            told.append(text)

    _, result = sweep(path, copy, Way("serial"), Listens())
    assert [outcome.run for outcome in result.ledger.outcomes] == [run.name]
    assert any("made again: damaged" in text and run.name in text for text in told)
    assert contents(copy) == contents(out)


def test_what_is_damaged_while_it_is_gathered_is_made_again(serial, tmp_path, monkeypatch) -> None:
    path, out, _, _ = serial
    real, calls = conduct.gather, []

    def harmed(plan, folder):
        if not calls:
            run = next(iter(plan.runs))
            (folder.run(run) / "indicators.parquet").write_bytes(b"PAR1")
        calls.append(1)
        return real(plan, folder)

    monkeypatch.setattr(conduct, "gather", harmed)
    sweep(path, tmp_path / "out", Way("serial"))
    assert len(calls) == 2
    assert contents(tmp_path / "out") == contents(out)


def test_two_processes_do_not_work_on_one_sweep(serial, tmp_path) -> None:
    path, _, _, _ = serial
    folder = SweepFolder(tmp_path / "out")
    folder.make()
    with folder.held(alone=True), pytest.raises(InputError, match="another process works on this sweep"):
        sweep(path, folder.path, Way("serial"))
    with folder.held(alone=False):
        sweep(path, folder.path, Way("serial", shard=(1, 6)))


def test_a_run_that_another_process_is_making_is_waited_for(tmp_path) -> None:
    folder = tmp_path / "r"
    code = (
        "import sys, time; from pathlib import Path; from landsim.sweep.functions import run_function\n"
        "from landsim.io.store import RunWriter; import landsim.sweep.functions as f\n"
        "real = RunWriter.finish\n"
        "RunWriter.finish = lambda self, record: (print('held', flush=True), time.sleep(1.5), real(self, record))\n"
        f"run_function('pause', {{}}, 1, Path({str(folder)!r}))"
    )
    other = subprocess.Popen([sys.executable, "-c", code], env=environment(), stdout=subprocess.PIPE, text=True)
    assert other.stdout.readline() == "held\n"
    outcome = Workshop().perform(Job("r", str(folder), {"function": "pause", "values": {}}, 1))
    assert outcome.state == "done"
    assert outcome.wall_s > 0.4
    assert other.wait() == 0


def test_a_run_that_is_stopped_keeps_the_year_that_it_is_in(town, tmp_path) -> None:
    path = write_sweep(town, set={"horizon": 2023}, overrides=None, seeds=1, keep=["indicators"])
    (job,) = make_plan(load_sweep(path)).jobs(SweepFolder(tmp_path / "out"))
    answers = iter([False, True])
    assert Workshop(lambda: next(answers)).perform(job).state == "stopped"
    _, scalars = load_checkpoint(Path(job.folder + ".partial") / "checkpoint")
    assert scalars["year"] == 2022


@pytest.mark.parametrize("harm", ["of another run", "damaged", "undisturbed"])
def test_what_cannot_be_gone_on_from_is_begun_anew(town, tmp_path, harm) -> None:
    asked = {"horizon": 2023, "output.checkpoint_seconds": 0}
    path = write_sweep(town, set=asked, overrides=None, seeds=2, keep=["indicators"])
    first, second = make_plan(load_sweep(path)).jobs(SweepFolder(tmp_path / "out"))
    answers = iter([False, True])
    assert Workshop(lambda: next(answers)).perform(first).state == "stopped"
    partial = Path(first.folder + ".partial")
    assert (partial / "checkpoint" / "state.json").is_file()
    if harm == "damaged":
        (partial / "checkpoint" / "state.json").write_text("{")
    elif harm == "of another run":
        Path(second.folder).parent.mkdir(parents=True)
        partial.rename(second.folder + ".partial")
    for job in (first, second):
        outcome = Workshop().perform(job)
        assert outcome.state == "done", outcome.error
    assert not list((tmp_path / "out").rglob("*.partial"))
    made = [open_run(job.folder).manifest["state_hash"] for job in (first, second)]
    sweep(path, tmp_path / "plain", Way("serial"))
    plain = [SweepFolder(tmp_path / "plain").run(job.run) for job in (first, second)]
    assert made == [open_run(run).manifest["state_hash"] for run in plain]


def test_data_that_changed_after_the_planning_fail_with_a_reason(town, tmp_path) -> None:
    plan = make_plan(load_sweep(write_sweep(town)))
    data = town / "data.yaml"
    data.write_text(data.read_text().replace("seed: 7", "seed: 8"))
    result = conduct.conduct(plan, SweepFolder(tmp_path / "out"), Way("serial"))
    assert result.ledger.failed == 6
    assert "data catalogue has changed" in result.ledger.outcomes[0].error
    assert result.gathered.done == 0


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [("scenario.yaml", "households: 300", "households: 200"), ("overrides.yaml", "multiplier: 0.5", "multiplier: 0.4")],
)
def test_a_configuration_that_changed_after_the_planning_makes_no_other_runs(town, tmp_path, name, old, new) -> None:
    plan = make_plan(load_sweep(write_sweep(town, overrides={"tight": ["tight"]}, seeds=1)))
    file = town / name
    file.write_text(file.read_text().replace(old, new))
    result = conduct.conduct(plan, SweepFolder(tmp_path / "out"), Way("serial"))
    assert [outcome.cause for outcome in result.ledger.outcomes] == ["input"]
    assert "since the sweep was planned: scenario has changed" in result.ledger.outcomes[0].error
    assert not finished(tmp_path / "out")


@pytest.fixture
def scheduler(tmp_path):
    """Starts a scheduler and a worker as processes of their own; gives a function that starts them again."""
    processes: list[subprocess.Popen] = []

    def start() -> str:
        file = tmp_path / f"scheduler-{len(processes)}.json"
        words = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0"]
        quiet = {"env": environment(), "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        processes.append(subprocess.Popen([*words, "--no-dashboard", "--scheduler-file", str(file)], **quiet))
        wait_for(lambda: file.is_file() and file.read_text().rstrip().endswith("}"), processes[-1])
        address = json.loads(file.read_text())["address"]
        join(address)
        return address

    def join(address: str) -> subprocess.Popen:
        words = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-dashboard"]
        words += ["--no-nanny", "--death-timeout", "120", "--local-directory", str(tmp_path)]
        quiet = {"env": environment(), "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        processes.append(subprocess.Popen(words, **quiet))
        return processes[-1]

    start.processes, start.join = processes, join
    yield start
    for process in processes:
        process.kill()
        process.wait()


def test_a_scheduler_that_dies_is_told_and_the_sweep_goes_on_with_another(
    serial, scheduler, tmp_path, monkeypatch
) -> None:
    path, out, _, _ = serial
    monkeypatch.setattr(on_dask, "SILENCE_S", 1.0)
    monkeypatch.setattr(on_dask, "_LOOK_S", 0.3)
    first = scheduler()

    class Kills(Watcher):
        def settled(self, outcome: Outcome, done: int, failed: int) -> None:
            scheduler.processes[0].kill()

    with pytest.raises(InputError, match=r"the Dask scheduler is gone.*the same command"):
        sweep(path, tmp_path / "out", Way("dask", scheduler=first), Kills())
    assert len(finished(tmp_path / "out")) < 6
    _, result = sweep(path, tmp_path / "out", Way("dask", scheduler=scheduler()))
    assert result.gathered.done == 6
    assert contents(tmp_path / "out") == contents(out)
    with pytest.raises(InputError, match="no Dask scheduler answers"), on_dask.connected("tcp://127.0.0.1:9", 1):
        pass


def test_a_run_whose_dask_workers_are_always_asked_to_leave_fails(scheduler, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(losses, "MOST", 2)
    monkeypatch.setattr(losses, "LULL_S", 0.0)
    path = of_function(tmp_path, "pause", set={"seconds": 30.0}, seeds=1)
    address = scheduler()

    def drive_away() -> None:
        for _ in range(3):
            worker = scheduler.processes[-1]
            wait_for(partial(workers_of, worker.pid), worker)
            scheduler.join(address)
            worker.terminate()

    driver = threading.Thread(target=drive_away)
    driver.start()
    _, result = sweep(path, tmp_path / "out", Way("dask", scheduler=address))
    driver.join()
    (outcome,) = result.ledger.outcomes
    assert (outcome.state, outcome.cause) == ("failed", "killed")
    assert "left, 2 times before the run had ended" in outcome.error
