"""A small project folder: a synthetic city of 40 x 40 cells, three years, few agents."""

from __future__ import annotations

from pathlib import Path

import pytest

SCENARIO = """\
name: small
start: 2020
horizon: 2023
demand: {mode: agents}
agents: {households: 400, firms: 60, farms: 40}
seed: 1
output: {checkpoint_seconds: 0}
"""
OVERRIDES = """\
tight: {about: "half the quota", quota.multiplier: 0.5}
far: {horizon: 2024}
empty:
"""
DATA = "synthetic: {shape: [40, 40], cell_size: 250.0, seed: 7, start: 2020}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "scenario.yaml").write_text(SCENARIO)
    (folder / "overrides.yaml").write_text(OVERRIDES)
    (folder / "data.yaml").write_text(DATA)
    return folder
