"""Cities and finished sweeps that tests of sweeps share."""

from __future__ import annotations

from pathlib import Path

import pytest

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
