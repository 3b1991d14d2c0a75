"""Jobs that bring no worker, without a batch system: refused, ended too early, partly refused - told and bounded."""

from __future__ import annotations

from pathlib import Path

import pytest

from landsim.core.errors import InputError
from landsim.sweep import batch_jobs, on_dask
from landsim.sweep.batch_jobs import last_words, listed_jobs
from landsim.sweep.conduct import Way, sweep
from landsim.sweep.ledger import Watcher
from tests.sweep.small import ROOT, of_function

CLUSTER = {"interface": "lo", "queue": "nowhere", "memory": "1GB"}
NUMBERED = 'n=1; while ! mkdir "$HERE/job-$n" 2>/dev/null; do n=$((n + 1)); done\n'
TAKEN = 'echo "Submitted batch job $n"\n'


class Listens(Watcher):
    def __init__(self) -> None:
        self.told: list[str] = []

    def say(self, text: str) -> None:
        self.told.append(text)


@pytest.fixture
def answering(tmp_path, monkeypatch):
    """Puts programs in the place of those of SLURM, and has jobs looked after at short intervals."""
    monkeypatch.setenv("HERE", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(on_dask, "_LOOK_S", 0.1)
    monkeypatch.setattr(batch_jobs, "LOOK_S", 0.1)
    monkeypatch.setattr(batch_jobs, "_SETTLED_S", 0.0)

    def put(**programs: str) -> None:
        for name, text in {"scancel": "exit 0", "squeue": "exit 0", **programs}.items():
            path = tmp_path / name
            path.write_text(f"#!/bin/sh\n{text}\n")
            path.chmod(0o755)

    return put


@pytest.fixture
def asked(tmp_path) -> Path:
    return of_function(tmp_path / "plan", "pause", seeds=3, cluster=CLUSTER)


def working(seconds: float) -> str:
    """Shell lines by which a job is taken, and is begun after a while."""
    return f'{TAKEN}cp "$1" "$HERE/$n.sh"; (sleep {seconds}; exec sh "$HERE/$n.sh") >"$HERE/$n.txt" 2>&1 &\n'


def test_jobs_that_are_refused_end_the_sweep_with_the_words_of_the_batch_system(answering, asked, tmp_path) -> None:
    answering(sbatch='echo "sbatch: error: invalid partition specified: nowhere" >&2; exit 1')
    with pytest.raises(InputError) as raised:
        sweep(asked, tmp_path / "out", Way("slurm", workers=2))
    told = str(raised.value)
    assert told.startswith("sbatch: the batch system refuses the jobs; found sbatch: error: invalid partition")
    assert "queue, account, walltime" in told
    assert "the same command goes on" in told


def test_jobs_that_end_before_their_worker_joins_are_asked_for_a_bounded_number_of_times(
    answering, asked, tmp_path
) -> None:
    out, ears = tmp_path / "out", Listens()
    answering(sbatch=NUMBERED + f"echo 'module: command not found' > {out}/logs/$n.txt\n" + TAKEN)
    with pytest.raises(InputError) as raised:
        sweep(asked, out, Way("slurm", workers=2), ears)
    told = str(raised.value)
    assert "4 times in a row jobs ended before their worker had joined" in told
    assert "txt: module: command not found" in told
    assert str(out / "logs") in told
    times = len(list(tmp_path.glob("job-*")))
    assert 4 <= times <= 2 * (1 + batch_jobs.AGAIN)
    assert sum("ended before a worker had joined: asked for again" in text for text in ears.told) == batch_jobs.AGAIN


def test_a_job_that_ended_too_early_is_replaced_and_one_that_is_refused_is_done_without(
    answering, asked, tmp_path
) -> None:
    """The first of two jobs ends at once, the second is refused, those that come after them work."""
    ears = Listens()
    refused = 'echo "sbatch: error: QOSMaxSubmitJobPerUserLimit" >&2; exit 1'
    answering(
        sbatch=f"{NUMBERED}if [ $n = 1 ]; then {TAKEN}elif [ $n = 2 ]; then {refused}\nelse {working(2.0)}fi",
        squeue='for n in 3 4 5; do echo "$n|PD|Resources"; done',
    )
    _, result = sweep(asked, tmp_path / "out", Way("slurm", workers=2), ears)
    assert result.gathered.done == 3
    told = "\n".join(ears.told)
    assert "asked for again, 1 of 3 times" in told
    assert "some jobs are refused, and the sweep goes on with" in told
    assert "QOSMaxSubmitJobPerUserLimit" in told
    assert "jobs wait in the queue: Resources (1)" in ears.told


def test_an_interface_that_is_not_there_is_told(answering, tmp_path) -> None:
    answering(sbatch="exit 1")
    path = of_function(tmp_path / "plan", "pause", seeds=1, cluster={"interface": "nonesuch0"})
    with pytest.raises(InputError, match=r"the Dask scheduler does not start.*nonesuch0.*Mend cluster.interface"):
        sweep(path, tmp_path / "out", Way("slurm"))


def test_what_the_batch_system_lists_and_what_it_does_not_answer(answering, tmp_path) -> None:
    answering(squeue="echo '7|R|None'; echo '8|PD|Priority'; echo nonsense")
    assert listed_jobs("slurm") == {"7": "", "8": "Priority"}
    answering(squeue="exit 1")
    assert listed_jobs("slurm") is None
    assert listed_jobs("pbs") is None
    assert last_words(tmp_path / "nowhere") == "no log"
