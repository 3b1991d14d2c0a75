"""Batch systems without one: what is asked of them, and the script of a job array as people read it."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from landsim.core.errors import InputError
from landsim.sweep.batch import array_caution, array_script, jobs_as_workers, make_cluster, write_array_script
from landsim.sweep.batch_jobs import JobWatch
from landsim.sweep.folders import SweepFolder
from landsim.sweep.ledger import Watcher
from landsim.sweep.settings import Cluster

ASKED = Cluster(
    queue="long", account="city", memory="3 GB", walltime="02:30:00", interface="lo", directives=("--qos=low",),
    prologue=("module load python",),
)  # fmt: skip


def test_the_script_says_what_it_asks_for_and_how_to_go_on(tmp_path) -> None:
    text = array_script(ASKED, "city", tmp_path, Path("/p/sweep.yaml"), 24, ["/d"], {"LANDSIM_DATA": "/my data"})
    for line in (
        "#SBATCH --array=1-24", "#SBATCH --mem=3072M", "#SBATCH --time=02:30:00", "#SBATCH --partition=long",
        "#SBATCH --account=city", "#SBATCH --qos=low", "#SBATCH --signal=B:TERM@60", "export NUMBA_NUM_THREADS=1",
        "export LANDSIM_DATA='/my data'", "module load python",
    ):  # fmt: skip
        assert line in text.splitlines()
    assert text.splitlines()[-1].endswith('--shard "$SLURM_ARRAY_TASK_ID/24"')
    assert "--allow /d" in text
    assert subprocess.run(["bash", "-n"], input=text, text=True, check=False).returncode == 0


def test_paths_with_blanks_and_percent_signs_stay_what_they_are(tmp_path, monkeypatch) -> None:
    out, plan = tmp_path / 'my 50% "out"', Path("/p q/sweep.yaml")
    monkeypatch.chdir(tmp_path)
    text = array_script(Cluster(memory="1.5GB"), "city", out, plan, 3, [], {"LANDSIM_DATA": "my data"})
    written = str(out).replace("%", "%%").replace('"', '\\"')
    assert f'#SBATCH --output="{written}/logs/%A_%a.txt"' in text.splitlines()
    assert "#SBATCH --mem=1536M" in text.splitlines()
    assert f"export LANDSIM_DATA='{tmp_path}/my data'" in text.splitlines()
    *_, last = text.splitlines()
    assert {str(plan), str(out)} <= set(shlex.split(last))


def test_a_path_of_two_lines_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="control characters"):
        write_array_script(ASKED, "city", SweepFolder(tmp_path / "a\nb"), Path("sweep.yaml"), 3)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("answer", "jobs", "told"),
    [
        ("echo 'MaxArraySize            = 51'", 50, None),
        ("echo 'MaxArraySize            = 51'", 51, "at most 50 jobs, the limit of SLURM here"),
        ("exit 1", 1000, None),
        ("exit 1", 2000, "at most 1000 jobs, the usual limit"),
    ],
)
def test_more_jobs_than_an_array_may_have_are_told(tmp_path, monkeypatch, answer, jobs, told) -> None:
    asked = tmp_path / "scontrol"
    asked.write_text(f"#!/bin/sh\n{answer}\n")
    asked.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    caution = array_caution(jobs)
    assert caution is None if told is None else told in str(caution)


def test_a_script_of_too_many_jobs_says_so(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = write_array_script(ASKED, "city", SweepFolder(tmp_path / "out"), Path("sweep.yaml"), 1001)
    assert path.read_text().splitlines()[-1].startswith("# caution: --script: more jobs")


def test_the_script_is_written_for_slurm_only(tmp_path) -> None:
    path = write_array_script(ASKED, "city", SweepFolder(tmp_path / "out"), Path("sweep.yaml"), 3)
    assert path.read_text().startswith("#!/bin/bash\n")
    assert (tmp_path / "out" / "logs").is_dir()
    with pytest.raises(InputError, match="for slurm only"):
        write_array_script(Cluster(system="pbs"), "city", SweepFolder(tmp_path / "out"), Path("sweep.yaml"), 3)


@pytest.mark.parametrize(
    ("system", "lines"),
    [
        ("slurm", ["#SBATCH -p long", "#SBATCH -A city", "#SBATCH --cpus-per-task=1", "#SBATCH -t 02:30:00"]),
        ("pbs", ["#PBS -q long", "#PBS -A city", "#PBS -l walltime=02:30:00"]),
        ("lsf", ["#BSUB -q long", '#BSUB -P "city"', "#BSUB -W 02:30"]),
    ],
)
def test_workers_are_asked_of_each_system_in_its_words(tmp_path, monkeypatch, system, lines) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANDSIM_DATA", "my data")
    asked, folder = ASKED.model_copy(update={"system": system}), SweepFolder(Path("my out"))
    with make_cluster(asked, "city", folder, JobWatch(asked, folder.logs, 1, Watcher())) as cluster:
        script = cluster.job_script()
    assert f"export LANDSIM_DATA='{tmp_path}/my data'" in script.splitlines()
    assert f'"{tmp_path}/my out/logs/' in script
    for line in (*lines, "module load python", "export OMP_NUM_THREADS=1"):
        assert line in script


def test_a_machine_without_the_batch_system_is_told(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(InputError, match="sbatch: no such command"),
        jobs_as_workers(ASKED, "x", SweepFolder(tmp_path), 1, Watcher()),
    ):
        pass
