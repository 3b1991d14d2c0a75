"""Two small runs of one made-up city under different rules, to report on and to compare."""

from __future__ import annotations

from pathlib import Path

import pytest

import landsim
from landsim.scenario.new import new_project

FEW = {"horizon": 2023, "agents": {"households": 300, "firms": 40, "farms": 30}}


@pytest.fixture(scope="session")
def two_runs(tmp_path_factory) -> tuple[Path, Path]:
    """Runs under the trend and under half the quota, which tests only read."""
    folder = tmp_path_factory.mktemp("reported")
    project = new_project(folder / "city", shape=(40, 40))
    for name, more in (("trend", {}), ("tight", {"quota.multiplier": 0.2, "quota.mode": "share"})):
        landsim.run(landsim.load_scenario(project, overrides={**FEW, **more}), out=folder / name)
    return folder / "trend", folder / "tight"
