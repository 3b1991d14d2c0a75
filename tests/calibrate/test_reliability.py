"""Reliability: known answers of the scores, and chances that are too sure are told by their slope."""

from __future__ import annotations

import numpy as np
import pytest

from landsim.calibrate.reliability import reliability
from landsim.core.draws import uniform


def test_ranks_that_tell_all_have_an_area_of_one_and_beat_the_share() -> None:
    rank = ((np.arange(4000) + 0.5) / 4000).astype(np.float32)
    found = reliability(rank, rank > 0.9)
    assert found is not None
    assert found.auc == 1.0
    assert found.brier < 0.2 * found.brier_of_share
    assert found.log_loss < 0.3 * found.log_loss_of_share


def test_ranks_that_tell_nothing_are_no_better_than_the_share() -> None:
    cells = np.arange(20_000)
    rank = uniform(1, "rank", 0, cells).astype(np.float32)
    hit = uniform(1, "hit", 0, cells) < 0.1
    found = reliability(rank, hit)
    assert found is not None
    assert found.auc == pytest.approx(0.5, abs=0.02)
    assert found.brier == pytest.approx(found.brier_of_share, rel=0.02)
    assert found.log_loss_of_share == pytest.approx(-(0.1 * np.log(0.1) + 0.9 * np.log(0.9)), rel=0.03)


def test_chances_that_hold_have_a_slope_of_one() -> None:
    cells = np.arange(60_000)
    rank = ((cells + 0.5) / cells.size).astype(np.float32)
    hit = uniform(2, "hit", 0, cells) < 0.3 * rank**3
    found = reliability(rank, hit)
    assert found is not None
    assert found.slope == pytest.approx(1.0, abs=0.08)


def test_nothing_to_tell_apart_gives_nothing() -> None:
    assert reliability(np.full(10, 0.5, np.float32), np.zeros(10, np.bool_)) is None
