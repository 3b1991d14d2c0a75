"""Two small runs of one made-up city under different rules, and a small sweep of another, to report on."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

import landsim
from landsim.report.page import charts as page_charts
from landsim.scenario.new import new_project
from landsim.sweep.conduct import Result, Way, sweep
from landsim.sweep.folders import SweepFolder
from landsim.sweep.plan import Plan
from tests.required import lacking
from tests.sweep import small

FEW = {"horizon": 2023, "agents": {"households": 300, "firms": 40, "farms": 30}}


@pytest.fixture(scope="session")
def two_runs(tmp_path_factory) -> tuple[Path, Path]:
    """Runs under the trend and under half the quota, which tests only read."""
    folder = tmp_path_factory.mktemp("reported")
    project = new_project(folder / "city", shape=(40, 40))
    for name, more in (("trend", {}), ("tight", {"quota.multiplier": 0.2, "quota.mode": "share"})):
        landsim.run(landsim.load_scenario(project, overrides={**FEW, **more}), out=folder / name)
    return folder / "trend", folder / "tight"


class Swept(NamedTuple):
    """A finished sweep: its plan, its folder and what came of it."""

    plan: Plan
    folder: SweepFolder
    result: Result


def sweep_into(path: Path, out: Path, way: Way | None = None) -> Swept:
    """Carry out a sweep in this process."""
    plan, result = sweep(path, out, way or Way("serial"))
    return Swept(plan, SweepFolder(out), result)


@pytest.fixture(scope="session")
def swept(tmp_path_factory) -> Swept:
    """Strategies, futures and seeds of a small city with all questions asked, which tests only read."""
    folder = tmp_path_factory.mktemp("swept")
    asked = {
        "indicators": ["built_ha", "arable_ha", "area_ha_forest", "population", "price", "erl_built_ha"],
        "goals": {"arable_net_loss_ha": "min"},
        "thresholds": {"built_ha": {"max": 1050}},
    }
    path = small.write_sweep(
        small.city(folder / "town"), title="Growth <b>or</b> cropland & grain?", questions=asked,
        futures={"calm": {}, "boom": {"demography.attraction": 3.0}},
    )  # fmt: skip
    return sweep_into(path, folder / "out")


@pytest.fixture
def chinese_font() -> None:
    """A machine with a Chinese font, which is required under CI=true."""
    if len(page_charts.text_families()) == 1:
        lacking("no Chinese font on this machine: apt-get install fonts-noto-cjk")


@pytest.fixture
def no_chinese_font(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a Chinese font."""
    monkeypatch.setattr(page_charts, "_chinese_fonts", list)
