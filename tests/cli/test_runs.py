"""The commands check, run and replay: what they print, what they write, and how they end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from landsim.io.store import differences, open_run
from landsim.scenario import run as running

ROOT = Path(__file__).parents[2]


def test_check_tells_the_place_and_the_estimate(cli, city) -> None:
    done = cli("check", city)
    assert done.exit_code == 0, done.stderr
    assert "40 x 40 cells of 100 m, EPSG:32650" in done.stdout
    assert "of memory" in done.stdout
    assert "No fault found" in done.stdout


def test_check_tells_every_fault_at_once_without_a_traceback(cli, city, tmp_path) -> None:
    for name in ("scenario.yaml", "overrides.yaml"):
        (tmp_path / name).write_text((city / name).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "data.yaml").write_text("landcover: gone.tif\nlayers: {slope: also_gone.tif, erl: neither.tif}\n")
    done = cli("check", tmp_path, "--set", "enforcement=2", "--set", "quota.multiplyer=1")
    assert done.exit_code == 1
    assert done.stderr.count("missing file") == 3
    assert "scenario.yaml: enforcement" in done.stderr
    assert "Did you mean 'multiplier'?" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_run_writes_the_folder_and_prints_indicators_and_the_stamp(cli, city, tmp_path) -> None:
    done = cli(
        "run", city, "--out", tmp_path / "run", "--with", "farmland_strict", "--set", "horizon=2022", "--seed", 7
    )
    assert done.exit_code == 0, done.stderr
    made = open_run(tmp_path / "run").manifest
    assert made["applied"] == ["farmland_strict", "horizon=2022", "seed=7"]
    assert (made["seed"], made["end"]) == (7, 2022)
    assert made["scenario"]["quota"]["multiplier"] == 0.7
    assert "built_ha" in done.stdout
    assert "UNCALIBRATED" in done.stdout
    assert str(tmp_path / "run") in done.stdout
    assert "2021  1 of 2" in done.stderr
    assert "of memory" in done.stderr


def test_without_out_a_run_goes_into_runs(cli, city, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli("run", city, "--set", "horizon=2020", "--with", "no_lines", "--quiet").exit_code == 0
    assert (tmp_path / "runs" / "mycity-no_lines" / "run.json").is_file()


def test_quiet_prints_nothing(cli, city, tmp_path) -> None:
    done = cli("run", city, "--out", tmp_path / "run", "--set", "horizon=2021", "--quiet")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")


def test_json_is_one_object_on_stdout(cli, city, tmp_path) -> None:
    done = cli("run", city, "--out", tmp_path / "run", "--json")
    facts = json.loads(done.stdout)
    assert facts["out"] == str(tmp_path / "run")
    assert facts["rules"] == "UNCALIBRATED"
    assert set(facts["indicators"]["built_ha"]) == {"start", "end", "unit"}
    table = open_run(tmp_path / "run").unmet
    for rule, row in facts["unmet"].items():
        years = table[table["rule"] == rule].groupby("year")["cells"].sum()
        assert row["last_year"]["cells"] == years.get(2023, 0)
        assert row["most"]["cells"] == years.max() == years[row["most"]["year"]]
        assert all(areas["mu"] == pytest.approx(15 * areas["ha"]) for areas in row.values())
    assert set(facts["unmet"]) == set(table["rule"])
    assert facts["timings"]["conversion"] >= 0


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["run", "demoo"], 1, "Did you mean 'demo'?"),
        (["run", "demo", "--with", "compcat"], 1, "Did you mean 'compact'?"),
        (["run", "demo", "--set", "quota.multiplyer=1"], 1, "Did you mean 'multiplier'?"),
        (["run", "demo", "--set", "enforcement=2"], 1, "enforcement"),
        (["run", "demo", "--set", "enforcement"], 2, "PATH=VALUE"),
        (["run", "demo", "--set", "horizon=[2021"], 2, "YAML"),
        (["run"], 2, "SCENARIO"),
        (["run", "demo", "--colour"], 2, "--colour"),
        (["rnu"], 2, "rnu"),
        (["replay", "nowhere"], 1, "no such run folder"),
        (["list", "everything"], 2, "everything"),
    ],
)
def test_faults_of_the_user_have_a_message_and_a_code(cli, words, code, told) -> None:
    done = cli(*words)
    assert done.exit_code == code
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_are_yaml_and_off_stays_a_word(cli, city, tmp_path) -> None:
    words = [
        *("--set", "horizon=2020"), *("--set", "quota.mode=off"), *("--set", "lines.udb=off"),
        *("--set", "demand={mode: given, targets: {urban: {2023: 9}}}"),
    ]  # fmt: skip
    assert cli("run", city, "--out", tmp_path / "run", "--quiet", *words).exit_code == 0
    scenario = open_run(tmp_path / "run").manifest["scenario"]
    assert scenario["quota"]["mode"] == "off"
    assert scenario["lines"]["udb"] is False
    assert scenario["demand"]["targets"] == {"urban": {"2023": 9}}


def test_a_fault_inside_leaves_a_log_with_the_traceback(cli, city, tmp_path, monkeypatch) -> None:
    def broken(*_, **__):
        raise ZeroDivisionError("the flux ran out")

    monkeypatch.setattr(running, "execute", broken)
    done = cli("run", city, "--out", tmp_path / "run", "--quiet")
    assert done.exit_code == 3
    assert "the flux ran out" in done.stderr
    assert "Traceback" not in done.stderr
    log = Path(done.stderr.split("Details: ")[1].strip())
    assert "ZeroDivisionError" in log.read_text()
    log.unlink()


def test_an_interrupted_run_says_how_to_go_on(cli, city, tmp_path, monkeypatch) -> None:
    save = running.save_checkpoint

    def save_and_interrupt(*given):
        save(*given)
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "save_checkpoint", save_and_interrupt)
    done = cli("run", city, "--out", tmp_path / "run", "--seed", 3, "--quiet")
    monkeypatch.undo()
    assert done.exit_code == 130
    words = done.stderr.split("resume with: landsim ")[1].split()
    assert words[0] == "run"
    assert words[-1] == "--resume"
    assert cli(*words, "--quiet").exit_code == 0
    assert open_run(tmp_path / "run").manifest["seed"] == 3


def test_replay_ends_with_0_on_equal_bytes_and_1_on_a_difference(cli, made, tmp_path) -> None:
    import shutil

    done = cli("replay", made)
    assert done.exit_code == 0
    assert "every byte is the same" in done.stdout
    copy = tmp_path / "copy"
    shutil.copytree(made, copy)
    manifest = json.loads((copy / "run.json").read_text())
    manifest["home"]["from_run"] = None
    (copy / "run.json").write_text(json.dumps(manifest))
    with (copy / "unmet.parquet").open("ab") as file:
        file.write(b"x")
    done = cli("replay", copy)
    assert done.exit_code == 1
    assert "differs in unmet.parquet" in done.stderr


def _wait_for(path: Path, process: subprocess.Popen) -> None:
    for _ in range(3000):
        if path.exists():
            return
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.02)
    raise AssertionError(f"{path} did not appear")


def test_a_run_killed_by_the_system_is_resumed_to_the_same_bytes(cli, city, tmp_path) -> None:
    """Also with another number of threads: nothing may depend on it."""
    more = ["--set", "horizon=2029"]
    assert cli("run", city, "--out", tmp_path / "whole", "--quiet", *more).exit_code == 0
    words = ["run", str(city), "--out", str(tmp_path / "killed"), "--quiet", *more]
    environment = {**os.environ, "NUMBA_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-m", "landsim.cli", *words], env=environment)
    _wait_for(tmp_path / "killed.partial" / "checkpoint" / "state.json", process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "killed").exists()
    assert cli("run", city, "--out", tmp_path / "killed", "--quiet", *more).exit_code == 1
    assert cli(*words, "--resume").exit_code == 0
    assert differences(tmp_path / "whole", tmp_path / "killed") == []
