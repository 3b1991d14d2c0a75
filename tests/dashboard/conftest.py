"""A start folder with a small scenario, a shelf on it, and a controller that is waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from driven import Driven

from landsim.dashboard.shelf import Shelf

SCENARIO = """\
name: small
title: A small city
title_zh: 一座小城
start: 2020
horizon: 2026
demand: {mode: agents, growth: 3.0}
agents: {households: 400, firms: 60, farms: 40}
pace: {mode: "off"}
seed: 1
shocks: [{year: 2023, path: quota.yearly_growth, value: 0.1}]
"""
DATA = "synthetic: {shape: [40, 40], cell_size: 250.0, seed: 7, start: 2020}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "start"
    (place / "small").mkdir(parents=True)
    (place / "small" / "scenario.yaml").write_text(SCENARIO)
    (place / "small" / "data.yaml").write_text(DATA)
    return place


@pytest.fixture
def shelf(folder: Path) -> Shelf:
    return Shelf(folder)


@pytest.fixture
def begin(shelf: Shelf) -> Callable[[bool], Driven]:
    """Make a controller that the test closes itself; takes whether it keeps its run."""
    return lambda keep: Driven(shelf, keep=keep)


@pytest.fixture
def controller(shelf: Shelf) -> Iterator[Driven]:
    made = Driven(shelf, keep=False)
    yield made
    made.close()
    assert made.join(60.0)
