"""Cities and finished sweeps that tests of sweeps share."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from landsim.cli import app
from landsim.sweep.conduct import Result, Way, sweep
from landsim.sweep.plan import Plan
from tests.sweep import small


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A project of a small city that a test may change."""
    return small.city(tmp_path / "town")


@pytest.fixture(scope="session")
def serial(tmp_path_factory) -> tuple[Path, Path, Plan, Result]:
    """A sweep made in this process, which tests only read: its file, its folder, its plan and what came of it."""
    folder = tmp_path_factory.mktemp("serial")
    path = small.write_sweep(small.city(folder / "town"))
    plan, result = sweep(path, folder / "out", Way("serial"))
    return path, folder / "out", plan, result


@pytest.fixture(scope="session")
def cli():
    """Call a command in this process; gives exit_code, stdout and stderr."""

    def call(*words):
        return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200", "TERM": "dumb"})

    return call


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 600 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"no small file system can be mounted here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)
