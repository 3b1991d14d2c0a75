"""A sweep on a real SLURM, by workers of Dask and by a job array: through scancel to the bytes of the serial one."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from landsim.core.errors import InputError
from landsim.sweep import batch_jobs, on_dask
from landsim.sweep.conduct import Way, sweep
from tests.sweep.small import ROOT, city, command, contents, of_function, write_sweep

LONGEST_S = 300.0
CLUSTER = {"interface": "lo", "memory": "1GB", "walltime": "00:20:00", "prologue": [f"export PYTHONPATH={ROOT}"]}


@pytest.fixture(scope="module")
def asked(tmp_path_factory) -> Path:
    """A sweep of 24 runs."""
    folder = city(tmp_path_factory.mktemp("cluster") / "town")
    return write_sweep(folder, seeds=12, cluster=CLUSTER, set={"horizon": 2024})


@pytest.fixture(scope="module")
def serial(asked) -> dict[str, str]:
    out = asked.parents[1] / "serial"
    _, result = sweep(asked, out, Way("serial"))
    assert result.gathered.done == 24
    return contents(out)


def call(slurm, *words: object) -> subprocess.CompletedProcess:
    environment = {**slurm, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        list(map(str, words)), env=environment, capture_output=True, text=True, timeout=LONGEST_S, check=False
    )


def jobs(slurm) -> list[str]:
    """Ids of the jobs that run."""
    return call(slurm, "squeue", "--noheader", "--states=RUNNING", "--format=%A").stdout.split()


def finished(out: Path) -> int:
    return len(list((out / "runs").glob("*/*/run.json")))


def wait_for(fact) -> None:
    until = time.monotonic() + LONGEST_S
    while not fact():
        assert time.monotonic() < until
        time.sleep(0.1)


def test_workers_that_are_jobs_of_which_one_is_cancelled(slurm, asked, serial, tmp_path) -> None:
    out = tmp_path / "out"
    words = command("sweep", asked, "--out", out, "--executor", "slurm", "--workers", 2, "--quiet")
    process = subprocess.Popen(words, env={**slurm, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: finished(out) >= 2 or process.poll() is not None)
    running = jobs(slurm)
    assert running, "the sweep ended before a job could be cancelled"
    assert call(slurm, "scancel", running[0]).returncode == 0
    _, told = process.communicate(timeout=LONGEST_S)
    assert process.returncode == 0, told
    assert contents(out) == serial
    wait_for(lambda: not jobs(slurm))


def test_a_job_array_of_which_one_job_is_cancelled_and_submitted_again(slurm, asked, serial, tmp_path) -> None:
    out = tmp_path / "out"
    made = call(slurm, sys.executable, "-m", "landsim.cli", "sweep", asked, "--out", out, "--script", 3, "--quiet")
    assert made.returncode == 0, made.stderr
    script = (out / "sweep.sbatch").read_text()
    assert "#SBATCH --array=1-3" in script
    submitted = call(slurm, "sbatch", "--parsable", out / "sweep.sbatch")
    assert submitted.returncode == 0, submitted.stderr
    job = submitted.stdout.strip()
    wait_for(lambda: finished(out) >= 1)
    assert call(slurm, "scancel", f"{job}_3").returncode == 0
    wait_for(lambda: not call(slurm, "squeue", "--noheader").stdout.strip())
    assert 1 <= finished(out) < 24
    assert call(slurm, "sbatch", "--array=3", out / "sweep.sbatch").returncode == 0
    wait_for(lambda: not call(slurm, "squeue", "--noheader").stdout.strip())
    assert finished(out) == 24, [path.read_text() for path in (out / "logs").iterdir()]
    whole = call(slurm, *command("sweep", asked, "--out", out, "--quiet"))
    assert whole.returncode == 0, whole.stderr
    assert contents(out) == serial


@pytest.fixture
def here(slurm, monkeypatch) -> None:
    """Lets this process find the SLURM, and look after its jobs at short intervals."""
    for name in ("PATH", "SLURM_CONF"):
        monkeypatch.setenv(name, slurm[name])
    monkeypatch.setattr(on_dask, "_LOOK_S", 0.5)
    monkeypatch.setattr(batch_jobs, "LOOK_S", 1.0)
    monkeypatch.setattr(batch_jobs, "_SETTLED_S", 2.0)


def refusal(folder: Path, **cluster: object) -> str:
    """What a sweep says that gets no worker of this cluster."""
    path = of_function(folder / "plan", "pause", seeds=4, cluster={**CLUSTER, **cluster})
    with pytest.raises(InputError) as raised:
        sweep(path, folder / "out", Way("slurm", workers=2))
    return str(raised.value)


def test_a_queue_that_slurm_does_not_have_ends_the_sweep_with_its_own_words(here, slurm, tmp_path) -> None:
    told = refusal(tmp_path, queue="nowhere")
    assert "sbatch: the batch system refuses the jobs; found sbatch: error: " in told
    assert "invalid partition" in told
    assert not jobs(slurm)


def test_jobs_whose_prologue_fails_are_asked_for_again_and_then_end_the_sweep(here, slurm, tmp_path) -> None:
    told = refusal(tmp_path, prologue=["echo no such module >&2", "exit 3"])
    assert f"{batch_jobs.AGAIN + 1} times in a row jobs ended before their worker had joined" in told
    assert "no such module" in told
    assert str(tmp_path / "out" / "logs") in told
    assert len(list((tmp_path / "out" / "logs").iterdir())) > batch_jobs.AGAIN
    assert not jobs(slurm)
