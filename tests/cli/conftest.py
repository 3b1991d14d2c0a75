"""A project folder of files with few agents, and a way to call the command line in this process."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from landsim.cli import app
from landsim.scenario.new import new_project

FEW = "agents: {households: 300, firms: 40, farms: 30}\noutput: {checkpoint_seconds: 0}"


@pytest.fixture(scope="session")
def city(tmp_path_factory) -> Path:
    """A project that tests only read."""
    folder = new_project(tmp_path_factory.mktemp("projects") / "mycity", shape=(40, 40))
    path = folder / "scenario.yaml"
    text = path.read_text(encoding="utf-8")
    many = next(line for line in text.splitlines() if line.startswith("agents:"))
    path.write_text(text.replace(many, FEW).replace("horizon: 2035", "horizon: 2023"), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def cli():
    """Call a command; gives exit_code, stdout and stderr."""

    def call(*words):
        return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200", "TERM": "dumb"})

    return call


@pytest.fixture(scope="session")
def made(city, cli, tmp_path_factory) -> Path:
    """A finished run that tests only read."""
    out = tmp_path_factory.mktemp("runs") / "made"
    done = cli("run", city, "--out", out, "--quiet")
    assert done.exit_code == 0, done.stderr
    return out
