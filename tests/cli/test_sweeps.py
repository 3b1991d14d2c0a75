"""The command sweep: what it prints, what it writes, and how it ends."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from landsim.sweep import conduct
from landsim.sweep.folders import SweepFolder
from landsim.sweep.jobs import Outcome
from tests.sweep.small import city, of_function, write_sweep

RANGES = {name: [-3.0, 3.0] for name in ("x1", "x2", "x3")}


@pytest.fixture(scope="module")
def swept(tmp_path_factory, cli):
    """A sweep of a city made by the command; its folder and what it told."""
    path = write_sweep(city(tmp_path_factory.mktemp("swept") / "town"), title="A small <sweep>")
    done = cli("sweep", path, "--out", path.parent / "out", "--executor", "serial")
    assert done.exit_code == 0, done.stderr
    return path, path.parent / "out", done


def test_it_tells_the_cost_first_then_the_progress_and_where_the_results_are(swept) -> None:
    _, out, done = swept
    lines = done.stderr.splitlines()
    assert lines[0] == "6 runs, 0 of them there already"
    assert "with" in lines[1]
    assert "files on disk" in lines[2]
    assert any(re.match(r"6 of 6 runs, .* runs a minute, about 0 s left", line) for line in lines)
    assert str(out / "report" / "report.html") in done.stderr


def test_the_same_command_makes_nothing_again_and_resume_is_no_other(swept, cli) -> None:
    path, out, _ = swept
    done = cli("sweep", path, "--out", out, "--resume")
    assert done.exit_code == 0
    assert "6 runs, 6 of them there already" in done.stderr
    assert "to make" not in done.stderr


def test_a_damaged_run_does_not_stop_the_command(cli, tmp_path) -> None:
    path, out = of_function(tmp_path, "pause", seeds=3), tmp_path / "out"
    assert cli("sweep", path, "--out", out, "--executor", "serial", "--quiet").exit_code == 0
    for run, text in zip(sorted((out / "runs").glob("*/*")), ('{"format": 1, ', '{"format": 1}', "[]"), strict=True):
        (run / "run.json").write_text(text)
    done = cli("sweep", path, "--out", out, "--executor", "serial")
    assert done.exit_code == 0, done.stderr
    assert done.stderr.count("made again: damaged") == 3


def test_a_relative_folder_is_one_place_for_all_and_lost_runs_are_an_error(cli, tmp_path, monkeypatch) -> None:
    path, folders = of_function(tmp_path / "plan", "pause", seeds=3), []

    def elsewhere(ledger) -> None:
        while job := ledger.take():
            folders.append(job.folder)
            ledger.settle(Outcome(job.run, "done"))

    monkeypatch.setattr(conduct, "serial", elsewhere)
    monkeypatch.chdir(tmp_path)
    done = cli("sweep", path, "--out", "out", "--executor", "serial")
    assert done.exit_code == 1
    assert "3 of 3 runs are missing, though they were reported as made" in done.stderr
    assert all(folder.startswith(str(tmp_path / "out")) for folder in folders)
    assert not (tmp_path / "out" / "report").exists()


def test_more_workers_than_the_memory_holds_are_a_caution(cli, swept, tmp_path) -> None:
    done = cli("sweep", swept[0], "--out", tmp_path / "out", "--estimate", "--workers", 100_000)
    assert "caution: memory: may not suffice" in done.stderr
    done = cli("sweep", swept[0], "--out", tmp_path / "out", "--estimate", "--workers", 100_000, "--executor", "slurm")
    assert "caution" not in done.stderr


def test_an_estimate_runs_and_writes_nothing(cli, swept, tmp_path) -> None:
    done = cli("sweep", swept[0], "--out", tmp_path / "out", "--estimate", "--quiet")
    assert done.exit_code == 0
    assert "6 runs, 0 of them there already" in done.stdout
    assert "of memory a worker" in done.stdout
    assert not (tmp_path / "out").exists()


def test_the_cost_of_a_job_array_is_told_with_its_jobs(cli, swept, tmp_path) -> None:
    done = cli("sweep", swept[0], "--out", tmp_path / "out", "--script", 3)
    assert done.exit_code == 0, done.stderr
    assert "with 3 jobs" in done.stderr
    assert "of memory a job" in done.stderr
    done = cli("sweep", swept[0], "--out", tmp_path / "none", "--script", 1200, "--estimate")
    assert "with 1,200 jobs" in done.stdout
    assert not (tmp_path / "none").exists()


def test_gathering_runs_nothing_and_tells_what_is_missing(cli, tmp_path) -> None:
    path, out = of_function(tmp_path, "noisy_sum", seeds=5), tmp_path / "out"
    assert cli("sweep", path, "--out", out, "--shard", "1/2").exit_code == 0
    (harmed,) = sorted((out / "runs").glob("*/*/indicators.parquet"))[:1]
    harmed.write_bytes(harmed.read_bytes()[:-4])
    with SweepFolder(out).held(alone=False):  # as a job of an array does that goes on
        done = cli("sweep", path, "--out", out, "--gather", "--lang", "zh")
    assert done.exit_code == 1
    assert "3 of 5 runs are not there; the same command without --gather makes them" in done.stderr
    assert f"left out: damaged: {harmed.parent}" in done.stderr
    assert harmed.is_file()
    assert len(list((out / "runs").glob("*/*"))) == 3
    assert len(pd.read_parquet(out / "tables" / "timings.parquet").dropna(subset="wall_s")) == 2
    assert "5 次模拟" in (out / "report" / "report.md").read_text()
    assert cli("sweep", path, "--out", out).exit_code == 0
    done = cli("sweep", path, "--out", out, "--gather")
    assert (done.exit_code, "missing" in done.stderr) == (0, False)
    with SweepFolder(out).held(alone=True):
        assert "another process works on this sweep" in cli("sweep", path, "--out", out, "--gather").stderr
    with SweepFolder(out).gathering():
        assert "another process gathers this sweep" in cli("sweep", path, "--out", out, "--gather").stderr


def test_the_report_holds_figures_tables_and_the_stamp(swept) -> None:
    _, out, _ = swept
    text = (out / "report" / "report.md").read_text()
    html = (out / "report" / "report.html").read_text()
    sections = ("In short", "Outcomes", "Strategies against the first one", "Where the land changes")
    for said in ("UNCALIBRATED", *(f"## {name}" for name in (*sections, "Are there enough seeds?"))):
        assert said in text
        assert said.removeprefix("## ") in html
    names = re.findall(r"!\[.*?\]\((.*?)\)", text)
    assert len(names) >= 8
    assert all((out / "report" / name).read_text().startswith("<svg") for name in names)
    assert "A small &lt;sweep&gt;" in html
    assert not re.search(r'(src|href)="http', html)


def test_the_report_is_in_the_language_that_is_asked_for(cli, swept) -> None:
    path, out, _ = swept
    done = cli("sweep", path, "--out", out, "--lang", "zh", "--quiet")
    assert (done.exit_code, done.stdout) == (0, "")
    for name in ("report.md", "report.html"):
        assert "各方案与首个方案的差异" in (out / "report" / name).read_text("utf-8")


def test_sensitivity_is_in_the_report_of_a_function(cli, tmp_path) -> None:
    path = of_function(tmp_path, "ishigami", parameters={"method": "sobol", "size": 16, "of": RANGES})
    done = cli("sweep", path, "--out", tmp_path / "out", "--executor", "serial", "--quiet")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "out" / "report" / "sensitivity.svg").is_file()
    assert "total index ST" in (tmp_path / "out" / "report" / "report.md").read_text()


def test_a_sweep_whose_runs_all_failed_has_a_report_of_that(cli, tmp_path) -> None:
    path = of_function(tmp_path, "ishigami", seeds=2)
    done = cli("sweep", path, "--out", tmp_path / "out", "--executor", "serial")
    assert done.exit_code == 1
    assert "2 of 2 runs failed" in done.stderr
    assert "No run has ended" in (tmp_path / "out" / "report" / "report.md").read_text()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["sweep"], 2, "PLAN"),
        (["sweep", "nowhere.yaml"], 1, "missing file"),
        (["sweep", "FILE", "--executor", "ray"], 2, "wanted one of serial, local, dask, slurm"),
        (["sweep", "FILE", "--shard", "7/3"], 2, "wanted I/N"),
        (["sweep", "FILE", "--gather", "--shard", "1/3"], 2, "--gather runs nothing"),
        (["sweep", "FILE", "--workers", "0"], 2, "--workers"),
        (["sweep", "FILE", "--lang", "fr"], 2, "--lang"),
        (["sweep", "FILE", "--executor", "slurm", "--out", "OUT"], 1, "sbatch: no such command"),
        (["sweep", "FILE", "--executor", "dask", "--scheduler", "tcp://127.0.0.1:9", "--out", "OUT"], 1, "answers"),
    ],
)
def test_faults_have_a_message_and_a_code(cli, swept, tmp_path, monkeypatch, words, code, told) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    given = {"FILE": swept[0], "OUT": tmp_path / "out"}
    done = cli(*(given.get(word, word) for word in words))
    assert done.exit_code == code
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--scheduler", "tcp://127.0.0.1:1"), "--scheduler is for --executor dask"),
        (("--script", "4", "--shard", "1/2"), "give one of the two"),
    ],
)
def test_options_that_contradict_each_other_are_refused(cli, tmp_path, words: tuple[str, ...], told: str) -> None:
    done = cli("sweep", of_function(tmp_path, "noisy_sum", seeds=2), "--out", tmp_path / "out", *words)
    assert done.exit_code == 2
    assert told in done.stderr
