"""The commands new and list, and the front door: help, version, usage."""

from __future__ import annotations

import pytest

import landsim
from landsim.indicators.record import INDICATORS
from landsim.model.phases import PHASE_NAMES


def test_a_new_project_runs(cli, tmp_path) -> None:
    folder = tmp_path / "mycity"
    done = cli("new", folder)
    assert done.exit_code == 0, done.stderr
    assert f"landsim run {folder}" in done.stdout
    few = ["--set", "horizon=2021", "--set", "agents={households: 500, firms: 50, farms: 50}"]
    assert cli("run", folder, *few, "--out", tmp_path / "run", "--quiet").exit_code == 0


def test_new_leaves_a_folder_with_something_in_it_alone(cli, tmp_path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    done = cli("new", tmp_path)
    assert done.exit_code == 1
    assert "not empty" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("what", "names"),
    [
        ("scenarios", ["demo", "wuhan", "wuhan_lines", "--with farmland_strict", "--with compact", "--with 300m"]),
        ("phases", list(PHASE_NAMES)),
        ("quantities", ["elevation", "income", "household", "firm", "farmer", "erl"]),
        ("policies", ["quota.multiplier", "enforcement", "pace.stages", "balance.mode", "[V]"]),
        ("indicators", INDICATORS.names()),
    ],
)
def test_list_names_everything(cli, what, names) -> None:
    done = cli("list", what)
    assert done.exit_code == 0, done.stderr
    assert [name for name in names if name not in done.stdout] == []


def test_help_names_every_command(cli) -> None:
    done = cli("--help")
    assert done.exit_code == 0
    for command in ("new", "check", "run", "replay", "validate", "export", "list"):
        assert command in done.stdout


def test_version(cli) -> None:
    assert cli("--version").stdout.strip() == landsim.__version__


def test_no_command_is_wrong_usage(cli) -> None:
    assert cli().exit_code == 2


def test_new_here_and_in_a_folder_with_blanks(cli, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "Next: landsim check 'my first city', then" in cli("new", "my first city").stdout
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    done = cli("new", ".")
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / "here" / "scenario.yaml").is_file()
    again = cli("new", ".")
    assert again.exit_code == 1
    assert "Choose another folder, or remove it" in again.stderr


def test_a_name_too_long_for_a_folder_is_a_sentence(cli, tmp_path) -> None:
    done = cli("new", tmp_path / ("n" * 300))
    assert done.exit_code == 1
    assert "File name too long" in done.stderr
