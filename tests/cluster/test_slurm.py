"""A sweep on a real SLURM, by workers of Dask and by a job array: through scancel to the bytes of the serial one."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from landsim.sweep.conduct import Way, sweep
from tests.sweep.small import ROOT, city, command, contents, write_sweep

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
