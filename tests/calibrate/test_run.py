"""Run: the steps stand in order, and the test is opened once, after the choice was written down."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from landsim.calibrate.run import STEPS, Fit, Watcher, calibrate_history
from tests.calibrate.conftest import OTHER, URBAN
from tests.calibrate.growth import GrownStudy, grown


class Listener(Watcher):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, int, int]] = []
        self.said: list[str] = []

    def step(self, name: str, done: int, total: int) -> None:
        self.steps.append((name, done, total))

    def say(self, text: str) -> None:
        self.said.append(text)


def calibrated(study: GrownStudy, watcher: Watcher | None = None, **changes: object) -> Fit:
    study.save(**changes)
    return calibrate_history(study.history(), lambda fit: "written", watcher)


def test_the_steps_are_told_in_order(tmp_path: Path) -> None:
    listener = Listener()
    fit = calibrated(GrownStudy(tmp_path), listener)
    assert listener.steps == [(name, k, len(STEPS)) for k, name in enumerate(STEPS)]
    assert any("logit is fitted to all dates" in text for text in listener.said)
    assert set(fit.seconds) == set(STEPS)


def test_the_choice_is_written_while_the_test_is_sealed(tmp_path: Path) -> None:
    study = GrownStudy(tmp_path)
    study.save()
    history = study.history()
    seen = []

    def write_down(fit: Fit) -> str:
        seen.append((fit.ruleset.chosen["urban"], fit.test, history.choice))
        return "urban: logit"

    fit = calibrate_history(history, write_down)
    assert seen == [(fit.ruleset.chosen["urban"], None, None)]
    assert history.choice == "urban: logit"
    assert fit.test is not None
    with pytest.raises(ValueError, match="opened before"):
        history.open_test("again")


def test_a_choice_that_is_not_written_keeps_the_test_shut(tmp_path: Path) -> None:
    study = GrownStudy(tmp_path)
    study.save()
    with pytest.raises(ValueError, match="write the choice down"):
        calibrate_history(study.history(), lambda fit: " ")


def test_a_study_without_a_test_ends_with_its_rules(tmp_path: Path) -> None:
    fit = calibrated(GrownStudy(tmp_path), test=None)
    assert (fit.test, fit.simulated, fit.in_sample) == (None, None, ())
    assert fit.ruleset.potentials["urban"].parts
    assert "test" not in fit.seconds


def test_a_test_in_which_nothing_grows_is_told_and_not_run(tmp_path: Path) -> None:
    study = GrownStudy(tmp_path)
    codes = grown()[2010].copy()
    assert codes[25, 33] == URBAN
    codes[25, 33] = OTHER
    study.map(2020, codes)
    fit = calibrated(study)
    assert fit.test is not None
    assert fit.test.foretold == ()
    assert fit.simulated is None


def test_every_class_can_be_fitted_at_once(tmp_path: Path) -> None:
    fit = calibrated(GrownStudy(tmp_path), gains="all")
    assert list(fit.ruleset.potentials) == ["urban"]  # other land and water only lose
    assert any("water" in str(caution) for caution in fit.history.cautions)


def test_two_gained_classes_have_their_own_selection(tmp_path: Path) -> None:
    study = GrownStudy(tmp_path)
    for k, (year, codes) in enumerate(grown().items()):
        park = codes.copy()
        park[50 : 52 + k, 20:60][np.isin(park[50 : 52 + k, 20:60], (0,))] = 3
        study.map(year, park)
    study.data["legend"][3] = {"name": "park", "model_class": "green"}
    fit = calibrated(study, gains=["urban", "park"])
    assert set(fit.selections) == {"urban", "park"}
    assert set(fit.test.as_dict()["by_class"]) == {"urban", "park"}
    assert fit.simulated.unmet == 0
